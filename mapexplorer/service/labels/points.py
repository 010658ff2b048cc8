"""Labels of points: nine positions round the marker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np

from mapexplorer.service.labels.blocks import Block, ground_of
from mapexplorer.service.labels.occupancy import Occupancy, cells_of
from mapexplorer.service.labels.options import Option
from mapexplorer.service.render.ragged import Flags, Floats

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


@dataclass(frozen=True, eq=False)
class Around:
    """The places of a label round a marker at (0, 0), the best first.

    ``corners`` (n, 2) are the upper left corners of the text, ``boxes`` (n, 4) what it covers, ``justify``
    how its lines are set; ``shuns`` as for an `Option`.
    """

    block: Block
    corners: tuple[tuple[float, float], ...]
    boxes: Floats
    justify: tuple[str, ...]
    shuns: bool

    def option(self, number: int, at: Sequence[float]) -> Option:
        """Return one of the places for a marker that stands elsewhere."""
        left, top = self.corners[number][0] + at[0], self.corners[number][1] + at[1]
        box = self.block.box(left, top)
        write = partial(self.block.runs, left, top, self.justify[number])
        return Option(write, (box,), ground_of(self.block.style, box), self.shuns)


@lru_cache(maxsize=8_192)
def around(block: Block, position: str, reach: tuple[float, float], gap: float) -> Around:
    """Return the places of a label at a point, first ``position`` (AboveRight and so on), then the others.

    ``reach`` is half the width and height of the marker; ``gap`` lies between marker and text. A label on
    its point (CenterCenter) stays there.
    """
    positions = [position]
    if position != "CenterCenter":
        positions += [other for other in _OTHERS if other != position]
    found = [_corner(block, each, reach, gap) for each in positions]
    corners = tuple((left, top) for left, top, _ in found)
    boxes = np.array([block.box(left, top) for left, top, _ in found])
    return Around(block, corners, boxes, tuple(justify for *_, justify in found), position != "CenterCenter")


def _corner(block: Block, position: str, reach: tuple[float, float], gap: float) -> tuple[float, float, str]:
    """Return the upper left corner of a label at a position, and how its lines are set."""
    vertical = (
        "Above" if position.startswith("Above") else "Below" if position.startswith("Below") else "Center"
    )
    side = position.removeprefix(vertical)
    style = block.style
    margin = style.margin if style.boxed else 0.0
    diagonal = vertical != "Center" and side != "Center"
    across = reach[0] * (_DIAGONAL if diagonal else 1.0) + gap + margin
    away = reach[1] * (_DIAGONAL if diagonal else 1.0) + (0.5 * gap if diagonal else gap) + margin
    x, y = style.shift
    left = {"Right": x + across, "Left": x - across - block.width}.get(side, x - block.width / 2)
    # A label beside its point is centred by the capitals, since most letters have no lower part.
    capitals = block.height - block.metrics.descent
    top = {"Above": y - away - block.height, "Below": y + away}.get(vertical, y - capitals / 2)
    if vertical == "Above":
        top += 0.5 * block.metrics.descent
    return left, top, style.justify or {"Right": "left", "Left": "right"}.get(side, "center")


class PointOptions:
    """The options of the labels of many points, whose places are worked out at once."""

    def __init__(
        self, labels: Sequence[Around], places: Floats, padding: float, size: tuple[int, int]
    ) -> None:
        self._labels, self._places = labels, places.tolist()
        boxes = np.stack([label.boxes for label in labels]) + np.tile(places, 2)[:, None]
        within = (boxes[..., :2] >= 0) & (boxes[..., 2:] <= size)
        self._inside: Flags = np.asarray(within.all(axis=2), dtype=bool)
        self._whole: list[bool] = np.asarray(self._inside.all(axis=1)).tolist()
        self._cells = cells_of(boxes + np.array([-padding, -padding, padding, padding]))

    def of(self, number: int, occupancy: Occupancy) -> Iterator[Option]:
        """Yield the options of one label that lie in the picture where no label is yet."""
        cells = self._cells[number].tolist()
        places: Sequence[int] = range(len(cells))
        if not self._whole[number]:
            places = np.flatnonzero(self._inside[number]).tolist()
            cells = [cells[place] for place in places]
        for room in occupancy.rooms(cells):
            yield self._labels[number].option(places[room], self._places[number])
