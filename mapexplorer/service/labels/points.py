"""Labels of points: nine positions round the marker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from mapexplorer.service.labels.blocks import Block, ground_of
from mapexplorer.service.labels.options import Option

_DIAGONAL: Final = 0.75
"""Share of the marker's reach at which labels on the diagonal begin: most markers are round."""

_OTHERS: Final = (
    "AboveRight",
    "CenterRight",
    "BelowRight",
    "AboveLeft",
    "CenterLeft",
    "BelowLeft",
    "AboveCenter",
    "BelowCenter",
)
"""Where a label goes when its own position is taken, best legible first."""


def point_options(
    block: Block,
    position: str,
    place: tuple[float, float],
    reach: tuple[float, float],
    gap: float,
) -> Iterator[Option]:
    """Yield the places of a label at a point, first ``position`` (AboveRight and so on), then the others.

    ``reach`` is half the width and height of the marker; ``gap`` lies between marker and text. A label on
    its point (CenterCenter) stays there.
    """
    yield _option(block, position, place, reach, gap)
    if position != "CenterCenter":
        for other in _OTHERS:
            if other != position:
                yield _option(block, other, place, reach, gap)


def _option(
    block: Block, position: str, place: tuple[float, float], reach: tuple[float, float], gap: float
) -> Option:
    vertical = (
        "Above" if position.startswith("Above") else "Below" if position.startswith("Below") else "Center"
    )
    side = position.removeprefix(vertical)
    style = block.style
    margin = style.margin if style.boxed else 0.0
    diagonal = vertical != "Center" and side != "Center"
    across = reach[0] * (_DIAGONAL if diagonal else 1.0) + gap + margin
    away = reach[1] * (_DIAGONAL if diagonal else 1.0) + (0.5 * gap if diagonal else gap) + margin
    x, y = place[0] + style.shift[0], place[1] + style.shift[1]
    left = {"Right": x + across, "Left": x - across - block.width}.get(side, x - block.width / 2)
    # A label beside its point is centred by the capitals, since most letters have no lower part.
    capitals = block.height - block.metrics.descent
    top = {"Above": y - away - block.height, "Below": y + away}.get(vertical, y - capitals / 2)
    if vertical == "Above":
        top += 0.5 * block.metrics.descent
    justify = style.justify or {"Right": "left", "Left": "right"}.get(side, "center")
    box = block.box(left, top)
    write = partial(block.runs, left, top, justify)
    return Option(write, (box,), ground_of(style, box), position != "CenterCenter")
