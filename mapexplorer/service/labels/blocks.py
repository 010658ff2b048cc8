"""Label texts in a style: lines set under each other, and labels that have found their place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from mapexplorer.protocol.symbols import TextSymbol
from mapexplorer.service.labels.lettering import Font, Metrics, joined, metrics_of, shape, width_of
from mapexplorer.service.render.ragged import Floats
from mapexplorer.service.render.symbols import INVISIBLE, NO_STROKE, Rgba, Stroke, rgba

MOST_LINES: Final = 16
"""Lines of one label; the rest is left out."""
_PADDING: Final = 1.5
"""Points between a text and the edge of its background."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class Style:
    """A text symbol in pixels. ``justify`` is left, center, right or justify, None when it was not given."""

    font: Font
    color: Rgba
    halo: float
    halo_color: Rgba
    background: Rgba
    border: Stroke
    decoration: str
    justify: str | None
    shift: tuple[float, float]

    def __hash__(self) -> int:
        return self._number

    @cached_property
    def _number(self) -> int:
        # A style is part of the key of everything that is remembered about texts.
        return hash((self.font, self.color, self.halo, self.halo_color, self.background, self.shift))

    @cached_property
    def boxed(self) -> bool:
        """Whether there is a background or a border round the text."""
        return self.background[3] > 0 or self.border.width > 0

    @cached_property
    def margin(self) -> float:
        """Pixels that halo and background need round the text."""
        halo = self.halo if self.halo_color[3] else 0.0
        padding = _PADDING * self.font.size / 10 + self.border.width / 2 if self.boxed else 0.0
        return max(halo, padding)


@lru_cache(maxsize=1_024)
def style_of(symbol: TextSymbol, pixels_per_point: float) -> Style:
    """Return a text symbol in pixels; what is not given has no colour, text is black."""
    font = symbol.font
    halo = (symbol.halo_size or 0.0) * pixels_per_point
    border = NO_STROKE
    if symbol.border_line_size and symbol.border_line_color and symbol.border_line_color[3]:
        border = Stroke(rgba(symbol.border_line_color), symbol.border_line_size * pixels_per_point)
    given = "horizontal_alignment" in symbol.model_fields_set
    colored = "color" in symbol.model_fields_set
    return Style(
        font=Font(
            font.family,
            font.size * pixels_per_point,
            font.style,
            font.weight,
            symbol.kerning,
            symbol.right_to_left,
        ),
        color=rgba(symbol.color) if colored else (0.0, 0.0, 0.0, 1.0),
        halo=halo,
        halo_color=rgba(symbol.halo_color) if halo else INVISIBLE,
        background=rgba(symbol.background_color),
        border=border,
        decoration=font.decoration,
        justify=symbol.horizontal_alignment if given else None,
        shift=(symbol.xoffset * pixels_per_point, -symbol.yoffset * pixels_per_point),
    )


@dataclass(frozen=True)
class Run:
    """A piece of text in one direction: its pen starts at (x, y) on the base line and moves at ``angle``.

    ``angle`` is in degrees clockwise on the screen. ``piece`` is the number of the glyph group of the shaped
    text that stands here, None for the whole text. ``wide`` is the length in pixels.
    """

    text: str
    x: float
    y: float
    angle: float
    wide: float
    piece: int | None = None


@dataclass(frozen=True)
class PlacedLabel:
    """A label that has found its place: what is written where, and in which style.

    ``layer`` is the position of its layer in the view; ``ground`` the corners of its background, (n, 2).
    """

    layer: int
    row: int
    text: str
    style: Style
    runs: tuple[Run, ...]
    ground: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """The lines of a label in a style; the same for the same text as long as it is remembered."""

    lines: tuple[str, ...]
    style: Style

    @cached_property
    def metrics(self) -> Metrics:
        """The heights of the font."""
        return metrics_of(self.style.font)

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """The length of every line in pixels."""
        return tuple(width_of(line, self.style.font) for line in self.lines)

    @cached_property
    def width(self) -> float:
        """Pixels of the longest line."""
        return max(self.widths)

    @cached_property
    def height(self) -> float:
        """Pixels from the top of the capitals of the first line to the lower end of the last."""
        return self.metrics.ascent + (len(self.lines) - 1) * self.metrics.line + self.metrics.descent

    @cached_property
    def ink(self) -> Box:
        """Pixels by which letters reach beyond width and height: left, above (accents), right and below."""
        over = [0.0, 0.0, 0.0, 0.0]
        for number, (line, wide) in enumerate(zip(self.lines, self.widths, strict=True)):
            vertices, _ = joined(shape(line, self.style.font, hinted=False))
            if not len(vertices):
                continue
            (left, top), (right, bottom) = vertices.min(axis=0).tolist(), vertices.max(axis=0).tolist()
            over[0], over[2] = max(over[0], -left), max(over[2], right - wide)
            if number == 0:
                over[1] = max(over[1], -top - self.metrics.ascent)
            if number == len(self.lines) - 1:
                over[3] = max(over[3], bottom - self.metrics.descent)
        return over[0], over[1], over[2], over[3]

    def box(self, left: float, top: float) -> Box:
        """Return what a horizontal label covers with halo and background, its upper left corner given."""
        ink, margin = self.ink, self.style.margin
        return (
            left - ink[0] - margin,
            top - ink[1] - margin,
            left + self.width + ink[2] + margin,
            top + self.height + ink[3] + margin,
        )

    def runs(self, left: float, top: float, justify: str) -> tuple[Run, ...]:
        """Return the lines set in a box whose upper left corner is given, on whole pixels."""
        found: list[Run] = []
        left = float(round(left))
        for number, (line, wide) in enumerate(zip(self.lines, self.widths, strict=True)):
            y = float(round(top + self.metrics.ascent + number * self.metrics.line))
            rest = self.width - wide
            if justify == "justify" and number < len(self.lines) - 1 and " " in line.strip():
                found += self._spread(line.split(), left, y)
                continue
            share = {"center": 0.5, "right": 1.0}.get(justify, 0.0)
            if justify == "justify" and self.style.font.right_to_left:
                share = 1.0
            found.append(Run(line, left + rest * share, y, 0.0, wide))
        return tuple(found)

    def _spread(self, words: list[str], left: float, y: float) -> Iterator[Run]:
        """Yield the words of a line so that it fills the block."""
        lengths = [width_of(word, self.style.font) for word in words]
        gap = (self.width - sum(lengths)) / max(len(words) - 1, 1)
        ordered = list(zip(words, lengths, strict=True))
        x = left
        for word, length in reversed(ordered) if self.style.font.right_to_left else ordered:
            yield Run(word, x, y, 0.0, length)
            x += length + gap


@lru_cache(maxsize=8_192)
def block_of(text: str, style: Style) -> Block | None:
    """Return the lines of a text, None when there is nothing to see in it."""
    lines = tuple(line.strip() for line in text.split("\n"))[:MOST_LINES]
    while lines and not lines[-1]:
        lines = lines[:-1]
    while lines and not lines[0]:
        lines = lines[1:]
    if not lines or style.font.size < 1:
        return None
    block = Block(lines, style)
    return block if block.width > 0 else None


def ground_of(style: Style, box: Box) -> tuple[tuple[float, float], ...]:
    """Return the corners of the background of a horizontal label, none where it has no background."""
    if not style.boxed:
        return ()
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def turned_corners(
    x: float, y: float, angle: float, ahead: tuple[float, float], up: tuple[float, float]
) -> Floats:
    """Return the corners of a strip along a direction, from and to ``ahead``, ``up`` above and below it."""
    turn = math.radians(angle)
    along = np.array([math.cos(turn), math.sin(turn)])
    above = np.array([math.sin(turn), -math.cos(turn)])
    origin = np.array([x, y])
    return np.array(
        [
            origin + along * ahead[0] + above * up[0],
            origin + along * ahead[1] + above * up[0],
            origin + along * ahead[1] - above * up[1],
            origin + along * ahead[0] - above * up[1],
        ]
    )
