"""Draw highlights: outlines of selected polygons, lines on lines, circles round markers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from mapexplorer.protocol.symbols import PictureMarkerSymbol, SimpleMarkerSymbol, Symbol
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass
from mapexplorer.service.render.drawing import Drawing, Outline, outline_of, outlines_of
from mapexplorer.service.render.pictures import picture_size
from mapexplorer.service.render.ragged import Floats, Ragged
from mapexplorer.service.render.symbols import NO_STROKE, Stroke, marker_of

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame
    from mapexplorer.service.selection import Highlight, Rgb
    from mapexplorer.service.shapes import Shapes

WIDTH: Final = 2.0
"""Points of the line round what is highlighted."""
_CIRCLE_STEPS: Final = 64


def draw_highlight(
    drawing: Drawing,
    shapes: Shapes,
    frame: Frame,
    highlight: Highlight,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
) -> None:
    """Draw one highlight; ``pixels_per_point`` is that of the layer's symbols, which may be scaled.

    Features that no class of the renderer draws are not highlighted.
    """
    rows = highlight.rows[numbers[highlight.rows] >= 0]
    width = WIDTH * frame.pixels_per_point
    stroke = Stroke((*_fractions(highlight.color), 1.0), width)
    circles = [_circle_round(entry.symbol, pixels_per_point, width / 2) for entry in classes]
    reach = max((radius + math.hypot(*offset) for radius, offset in circles), default=0.0) + width
    found = shapes.in_frame(frame, rows, reach)
    if len(found.rows) == 0:
        return
    if found.dimension == 0:
        _draw_circles(drawing, found, numbers, circles, highlight.fill, stroke)
        return
    outlines = outlines_of(found)
    fill = highlight.fill if found.dimension == 2 else None
    seams = shapes.seams_in(frame)
    borders = None if seams is None else seams.strokes(found, outlines)
    if borders is None:
        drawing.draw_each(outlines, _colors(fill, len(outlines)), [stroke])
        return
    if fill is not None:
        drawing.draw_each(outlines, _colors(fill, len(outlines)), [NO_STROKE])
    drawing.draw_each(borders, None, [stroke])


def _draw_circles(
    drawing: Drawing,
    places: Ragged,
    numbers: ClassNumbers,
    circles: Sequence[tuple[float, tuple[float, float]]],
    fill: Rgb | None,
    stroke: Stroke,
) -> None:
    outlines = [_circle(radius) for radius, _ in circles]
    offsets = np.array([offset for _, offset in circles])
    which = numbers[places.rows]
    drawing.draw_each(
        [outlines[number] for number in which],
        _colors(fill, len(which)),
        [stroke],
        offsets=places.vertices + offsets[which],
    )


def _circle_round(
    symbol: Symbol | None, pixels_per_point: float, gap: float
) -> tuple[float, tuple[float, float]]:
    """Return the radius of the circle just round a marker, in pixels, and where its middle lies."""
    if isinstance(symbol, SimpleMarkerSymbol):
        marker = marker_of(symbol, pixels_per_point)
        farthest = max(float(np.hypot(*ring.T).max()) for ring in marker.rings)
        return farthest + marker.outline.width / 2 + gap, marker.offset
    if isinstance(symbol, PictureMarkerSymbol):
        offset = (symbol.xoffset * pixels_per_point, -symbol.yoffset * pixels_per_point)
        return math.hypot(*picture_size(symbol, pixels_per_point)) / 2 + gap, offset
    return 2 * gap, (0.0, 0.0)


def _circle(radius: float) -> Outline:
    angle = np.linspace(0, 2 * np.pi, _CIRCLE_STEPS + 1)
    return outline_of([radius * np.column_stack([np.cos(angle), np.sin(angle)])], closed=True)


def _fractions(color: Rgb) -> tuple[float, float, float]:
    red, green, blue = color
    return red / 255, green / 255, blue / 255


def _colors(fill: Rgb | None, count: int) -> Floats | None:
    return None if fill is None else np.tile([*_fractions(fill), 1.0], (count, 1))
