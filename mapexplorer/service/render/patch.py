"""Swatches: the little pictures of a legend, drawn with the same code as the map."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely

from mapexplorer.protocol.symbols import (
    PictureFillSymbol,
    PictureMarkerSymbol,
    SimpleFillSymbol,
    SimpleLineSymbol,
    SimpleMarkerSymbol,
    Symbol,
    TextSymbol,
)
from mapexplorer.service.labels.marks import centred_on_ink, draw_marks, swatch_mark
from mapexplorer.service.render.classify import SymbolClass
from mapexplorer.service.render.drawing import Pixels
from mapexplorer.service.render.lines import draw_lines
from mapexplorer.service.render.paths import draw_polygons
from mapexplorer.service.render.pictures import picture_size
from mapexplorer.service.render.points import draw_points
from mapexplorer.service.render.ragged import Ragged, ragged_of
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import marker_of

PatchPixels = tuple[int, int]

LARGEST_SWATCH: Final = 4096
_ONE: Final = np.zeros(1, dtype=np.int16)


def to_whole_pixels(points: float, dpi: float) -> int:
    """Return a length in points as whole pixels, at least one (Query Legends, patchSize).

    >>> to_whole_pixels(15, 200), to_whole_pixels(20, 96)
    (42, 27)
    """
    return max(1, math.floor(points * dpi / 72 + 0.5))


def swatch(symbol: Symbol, polygon: bool, size: PatchPixels, dpi: float) -> Pixels:
    """Return the swatch of a symbol as RGBA on a transparent ground.

    Lines and fills fill a patch of ``size`` pixels; markers come at their own size with outline, whatever
    the patch. ``polygon`` tells whether a line symbol is the outline of a polygon. An unknown symbol gives
    an empty patch.
    """
    entry = (SymbolClass("", symbol),)
    scale = dpi / 72
    width, height = _size_of(symbol, size, scale)
    surface = Surface(width, height)
    match symbol:
        case SimpleMarkerSymbol() | PictureMarkerSymbol():
            centred = (SymbolClass("", symbol.model_copy(update={"xoffset": 0.0, "yoffset": 0.0})),)
            middle = np.array([[width / 2, height / 2]])
            draw_points(surface, middle, _ONE, centred, scale)
        case TextSymbol():
            mark = swatch_mark(symbol, scale)
            if mark is not None:
                middle = np.array([[width / 2, height / 2]])
                draw_marks(surface, [centred_on_ink(mark)], np.zeros(1, dtype=np.int64), middle, None)
        case SimpleLineSymbol() if not polygon:
            draw_lines(surface, _line(symbol, width, height, scale), _ONE, entry, scale)
        case SimpleLineSymbol():
            draw_polygons(surface, _rectangle(symbol, width, height, scale), _ONE, entry, scale)
        case SimpleFillSymbol() | PictureFillSymbol():
            draw_polygons(surface, _rectangle(symbol.outline, width, height, scale), _ONE, entry, scale)
        case _:
            pass
    return surface.pixels


def _size_of(symbol: Symbol, size: PatchPixels, scale: float) -> PatchPixels:
    """Return the pixels of a swatch: of a marker with its outline, else of the patch."""
    if isinstance(symbol, PictureMarkerSymbol):
        width, height = picture_size(symbol, scale)
        cosine, sine = abs(math.cos(math.radians(symbol.angle))), abs(math.sin(math.radians(symbol.angle)))
        return _whole(cosine * width + sine * height), _whole(sine * width + cosine * height)
    if isinstance(symbol, TextSymbol):
        mark = swatch_mark(symbol, scale)
        if mark is None:
            return size
        left, top, right, bottom = mark.box
        return _whole(right - left), _whole(bottom - top)
    if not isinstance(symbol, SimpleMarkerSymbol):
        return size
    marker = marker_of(symbol, scale)
    outline = marker.outline.width if marker.closed or symbol.outline is not None else 0.0
    if symbol.style == "esriSMSCircle" or symbol.angle % 90 == 0:
        side = _whole(marker.size + outline)
        return side, side
    reach = np.abs(np.concatenate(marker.rings)).max(axis=0) * 2 + outline
    return _whole(float(reach[0])), _whole(float(reach[1]))


def _whole(length: float) -> int:
    return min(max(1, math.floor(length + 0.5)), LARGEST_SWATCH)


def _line(symbol: SimpleLineSymbol, width: int, height: int, scale: float) -> Ragged:
    """Return a line across the patch, on the middle of a pixel or between two so that it is crisp."""
    across = symbol.width * scale
    odd = max(1, math.floor(across + 0.5)) % 2 == 1
    y = math.floor(height / 2) + 0.5 if odd else math.floor(height / 2 + 0.5)
    inset = min(across / 2, width / 4) if symbol.style == "esriSLSSolid" else 0.0
    return ragged_of(np.array([shapely.LineString([(inset, y), (width - inset, y)])], dtype=object))


def _rectangle(outline: SimpleLineSymbol | None, width: int, height: int, scale: float) -> Ragged:
    """Return the largest rectangle whose outline lies inside the patch."""
    drawn = outline is not None and outline.color is not None and outline.style != "esriSLSNull"
    inset = min(outline.width * scale, min(width, height) / 2) / 2 if outline is not None and drawn else 0.0
    box = shapely.box(inset, inset, width - inset, height - inset)
    return ragged_of(np.array([box], dtype=object))


def color_patch(upper: tuple[int, int, int], lower: tuple[int, int, int], size: PatchPixels) -> Pixels:
    """Return an opaque patch that runs from one colour to another, for the entries of rasters."""
    share = np.linspace(0, 1, size[1])[:, None]
    column = np.array(upper) * (1 - share) + np.array(lower) * share
    pixels = np.full((size[1], size[0], 4), 255, dtype=np.uint8)
    pixels[..., :3] = np.rint(column)[:, None, :]
    return pixels
