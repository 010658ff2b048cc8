"""Symbols in pixels: marker shapes, strokes and fills at a resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mapexplorer.protocol.symbols import (
    Color,
    PictureFillSymbol,
    SimpleFillSymbol,
    SimpleLineSymbol,
    SimpleMarkerSymbol,
    Symbol,
)
from mapexplorer.service.render.ragged import Floats

Rgba = tuple[float, float, float, float]
INVISIBLE: Final[Rgba] = (0.0, 0.0, 0.0, 0.0)

_DASHES: Final[dict[str, tuple[float, ...]]] = {
    "esriSLSDash": (5, 3),
    "esriSLSDot": (1, 2),
    "esriSLSDashDot": (5, 2, 1, 2),
    "esriSLSDashDotDot": (5, 2, 1, 2, 1, 2),
}
"""Dashes and gaps in line widths, with flat ends."""

_STROKED: Final = frozenset({"esriSMSCross", "esriSMSX"})
_CIRCLE_ERROR: Final = 0.04
"""Pixels by which the polygon drawn for a circle may miss it."""
THIN_LINE: Final = 0.75
"""Points: the width of crosses without an outline, and of hatch lines."""

HATCHES: Final = frozenset(
    {
        "esriSFSHorizontal",
        "esriSFSVertical",
        "esriSFSCross",
        "esriSFSDiagonalCross",
        "esriSFSForwardDiagonal",
        "esriSFSBackwardDiagonal",
    }
)


@dataclass(frozen=True)
class Stroke:
    """A line in pixels; ``dashes`` are pixels drawn and left out in turn, empty for a solid line."""

    color: Rgba = INVISIBLE
    width: float = 0.0
    dashes: tuple[float, ...] = ()


NO_STROKE: Final = Stroke()


@dataclass(frozen=True)
class Fill:
    """The inside of a polygon: a colour, lines of that colour when ``hatch`` names a style, or a picture."""

    color: Rgba = INVISIBLE
    outline: Stroke = NO_STROKE
    hatch: str | None = None
    picture: PictureFillSymbol | None = None


@dataclass(frozen=True)
class Marker:
    """A marker in pixels round its point: x right, y down.

    ``rings`` holds the lines or the one ring of the shape; ``offset`` is added after turning. ``mitred``
    tells whether its corners may be drawn pointed without growing beyond size and outline, ``hides`` whether
    four copies one pixel away cover it.
    """

    rings: tuple[Floats, ...]
    closed: bool
    color: Rgba
    outline: Stroke
    offset: tuple[float, float]
    size: float
    mitred: bool
    hides: bool

    @property
    def reach(self) -> float:
        """Pixels from the point to the farthest pixel that can be touched."""
        shift = math.hypot(*self.offset)
        return self.size * math.sqrt(0.5) + self.outline.width + shift + 1

    @property
    def opaque(self) -> bool:
        """True when every pixel inside is covered in full."""
        return self.closed and self.color[3] == 1 and (not self.outline.width or self.outline.color[3] == 1)


def rgba(color: Color) -> Rgba:
    """Return a colour as four fractions, invisible for None."""
    if color is None:
        return INVISIBLE
    red, green, blue, alpha = (channel / 255 for channel in color)
    return red, green, blue, alpha


@lru_cache(maxsize=1_024)
def stroke_of(symbol: SimpleLineSymbol | None, pixels_per_point: float) -> Stroke:
    """Return a line symbol in pixels; nothing for None, the null style, no colour or no width."""
    if symbol is None or symbol.style == "esriSLSNull" or symbol.color is None or not symbol.color[3]:
        return NO_STROKE
    width = symbol.width * pixels_per_point
    if width <= 0:
        return NO_STROKE
    unit = max(width, 1.0)
    return Stroke(rgba(symbol.color), width, tuple(step * unit for step in _DASHES.get(symbol.style, ())))


def fill_of(symbol: Symbol | None, pixels_per_point: float) -> Fill:
    """Return a symbol as the fill of a polygon; a line symbol gives the outline alone."""
    if isinstance(symbol, SimpleLineSymbol):
        return Fill(outline=stroke_of(symbol, pixels_per_point))
    if isinstance(symbol, PictureFillSymbol):
        return Fill(outline=stroke_of(symbol.outline, pixels_per_point), picture=symbol)
    if not isinstance(symbol, SimpleFillSymbol):
        return Fill()
    outline = stroke_of(symbol.outline, pixels_per_point)
    if symbol.style == "esriSFSNull" or symbol.color is None or not symbol.color[3]:
        return Fill(outline=outline)
    return Fill(rgba(symbol.color), outline, symbol.style if symbol.style in HATCHES else None)


def marker_of(symbol: SimpleMarkerSymbol, pixels_per_point: float) -> Marker:
    """Return a marker symbol in pixels, turned and with its offset."""
    size = symbol.size * pixels_per_point
    rings = _shape(symbol.style, size / 2)
    angle = math.radians(symbol.angle % 360)
    if angle:
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        rings = tuple(ring @ turn for ring in rings)
    outline = stroke_of(symbol.outline, pixels_per_point)
    if symbol.style in _STROKED and not outline.width and symbol.color is not None:
        outline = Stroke(rgba(symbol.color), THIN_LINE * pixels_per_point)
    return Marker(
        rings=rings,
        closed=symbol.style not in _STROKED,
        color=rgba(symbol.color),
        outline=outline,
        offset=(symbol.xoffset * pixels_per_point, -symbol.yoffset * pixels_per_point),
        size=size,
        mitred=symbol.style in ("esriSMSSquare", "esriSMSCircle"),
        hides=symbol.style in ("esriSMSSquare", "esriSMSCircle", "esriSMSDiamond"),
    )


def _shape(style: str, half: float) -> tuple[Floats, ...]:
    """Return the rings or lines of a marker style within a square of side 2·half."""
    match style:
        case "esriSMSSquare":
            return (half * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]),)
        case "esriSMSDiamond":
            return (half * np.array([[0.0, -1], [1, 0], [0, 1], [-1, 0], [0, -1]]),)
        case "esriSMSTriangle":
            return (half * np.array([[0.0, -1], [1, 1], [-1, 1], [0, -1]]),)
        case "esriSMSCross":
            return half * np.array([[-1.0, 0], [1, 0]]), half * np.array([[0.0, -1], [0, 1]])
        case "esriSMSX":
            return half * np.array([[-1.0, -1], [1, 1]]), half * np.array([[-1.0, 1], [1, -1]])
        case _:
            return (_circle(half),)


def _circle(radius: float) -> Floats:
    error = min(_CIRCLE_ERROR / max(radius, 1e-9), 1.0)
    count = min(max(12, math.ceil(math.pi / math.acos(1 - error))), 256)
    count += -count % 4
    turns = np.arange(count + 1) * (2 * math.pi / count)
    # Slightly larger than inscribed, so that the polygon covers as much as the circle.
    radius *= math.sqrt((2 * math.pi / count) / math.sin(2 * math.pi / count))
    return np.column_stack([np.cos(turns), np.sin(turns)]) * radius
