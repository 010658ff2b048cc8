"""Draw polygons: feature by feature in row order, hatches as patterns through a mask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from mapexplorer.protocol.symbols import PictureFillSymbol, SimpleFillSymbol, SimpleLineSymbol
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass
from mapexplorer.service.render.coverage import Coverage
from mapexplorer.service.render.drawing import Drawing, Outline, outline_of, outlines_of, whole_outline
from mapexplorer.service.render.points import runs_of
from mapexplorer.service.render.ragged import Floats, Indices, Ragged
from mapexplorer.service.render.seams import Seams
from mapexplorer.service.render.symbols import NO_STROKE, THIN_LINE, Fill, Stroke, fill_of, stroke_of
from mapexplorer.service.render.tiling import draw_pictured

HATCH_SPACING: Final = 6.0
"""Points between the lines of a hatch."""

_DIRECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "esriSFSHorizontal": ("-",),
    "esriSFSVertical": ("|",),
    "esriSFSCross": ("-", "|"),
    "esriSFSForwardDiagonal": ("\\",),
    "esriSFSBackwardDiagonal": ("/",),
    "esriSFSDiagonalCross": ("\\", "/"),
}


def width_of(classes: Sequence[SymbolClass], pixels_per_point: float) -> float:
    """Return the pixels of the widest line or outline."""
    widths = [0.0]
    for entry in classes:
        symbol = entry.symbol
        if isinstance(symbol, SimpleFillSymbol | PictureFillSymbol):
            widths.append(stroke_of(symbol.outline, pixels_per_point).width)
        elif isinstance(symbol, SimpleLineSymbol):
            widths.append(stroke_of(symbol, pixels_per_point).width)
    return max(widths)


def draw_polygons(
    surface: Drawing,
    polygons: Ragged,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
    *,
    ordered: bool = False,
    seams: Seams | None = None,
) -> None:
    """Draw polygons in pixels, each with its fill and then its outline, centred on the edge, and none along
    ``seams``.
    """
    fills = [fill_of(entry.symbol, pixels_per_point) for entry in classes]
    visible = np.array(
        [fill.color[3] > 0 or fill.outline.width > 0 or fill.picture is not None for fill in fills] + [False]
    )[numbers]
    polygons, which = polygons.take_features(visible), numbers[visible].astype(np.int64)
    if len(which) == 0:
        return
    hatched = np.array([number if fill.hatch or fill.picture else -1 for number, fill in enumerate(fills)])[
        which
    ]
    for run in runs_of(hatched, ordered=ordered):
        part = polygons
        if len(run) < len(which):
            chosen = np.zeros(len(which), dtype=bool)
            chosen[run] = True
            part = polygons.take_features(chosen)
        fill = fills[hatched[run[0]]]
        outlines = outlines_of(part)
        borders = None if seams is None else seams.strokes(part, outlines)
        if hatched[run[0]] >= 0 and fill.picture is not None:
            draw_pictured(surface, outlines, fill.picture, pixels_per_point, borders)
        elif hatched[run[0]] >= 0:
            _draw_hatched(surface, outlines, fill, pixels_per_point, borders)
        else:
            _draw_solid(surface, outlines, borders or outlines, which[run], fills)


def order_free(classes: Sequence[SymbolClass], drawn: ClassNumbers, pixels_per_point: float) -> bool:
    """Tell whether polygons that do not overlap may be drawn class by class, and their borders once.

    That asks for plain fills, and solid outlines of one width, so that the later of two neighbours covers the
    outline of the earlier.
    """
    symbols = [classes[number].symbol for number in np.unique(drawn).tolist()]
    fills = [fill_of(symbol, pixels_per_point) for symbol in symbols]
    return (
        all(isinstance(symbol, SimpleFillSymbol) for symbol in symbols)
        and len({fill.outline.width for fill in fills}) == 1
        and not any(fill.hatch or fill.outline.dashes for fill in fills)
    )


def draw_coverage(
    surface: Drawing,
    coverage: Coverage,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
) -> None:
    """Draw polygons that do not overlap: all areas of a class as one path, then every border once.

    ``numbers`` gives the class of each row.
    """
    which = numbers[coverage.areas.feature_rows]
    for number in np.unique(which).tolist():
        color = fill_of(classes[number].symbol, pixels_per_point).color
        if color[3] > 0:
            together = whole_outline(coverage.areas.take_features(which == number))
            surface.draw_each([together], np.array([color]), [Stroke()])
    drawn_by = numbers[coverage.owners[:, 0]]
    strokes: dict[Stroke, list[int]] = {}
    for number in np.unique(drawn_by).tolist():
        strokes.setdefault(fill_of(classes[number].symbol, pixels_per_point).outline, []).append(number)
    for stroke, sharing in strokes.items():
        if stroke.width > 0:
            chosen = np.flatnonzero(np.isin(drawn_by, sharing)).astype(np.int64)
            surface.draw_each([whole_outline(coverage.borders.take_parts(chosen))], None, [stroke])


def _draw_solid(
    surface: Drawing,
    outlines: Sequence[Outline],
    borders: Sequence[Outline],
    which: Indices,
    fills: Sequence[Fill],
) -> None:
    """Draw polygons at once; those whose border is not their whole outline by fill and border.

    Round ends close the corner where a ring begins.
    """
    colors: Floats = np.array([fill.color for fill in fills], dtype=np.float64)[which]
    strokes = [fill.outline for fill in fills]
    cut = [number for number, outline in enumerate(outlines) if borders[number] is not outline]
    start = 0
    for number in [*cut, len(outlines)]:
        if start < number:
            part = slice(start, number)
            inside = colors[part] if colors[part, 3].any() else None
            surface.draw_each(outlines[part], inside, strokes, which=which[part], round_ends=False)
        if number < len(outlines):
            fill = fills[which[number]]
            if fill.color[3] > 0:
                surface.draw_each([outlines[number]], np.array([fill.color]), [NO_STROKE])
            surface.draw_each([borders[number]], None, [fill.outline], round_ends=not fill.outline.dashes)
        start = number + 1


def _draw_hatched(
    surface: Drawing,
    outlines: Sequence[Outline],
    fill: Fill,
    pixels_per_point: float,
    borders: Sequence[Outline] | None,
) -> None:
    """Draw hatched polygons of one symbol: the lines inside their areas, then the borders."""
    size = surface.width, surface.height
    surface.fill_within(outlines, lambda part: draw_hatch(part, fill, pixels_per_point, size))
    surface.draw_each(borders or outlines, None, [fill.outline], round_ends=False)


def draw_hatch(surface: Drawing, fill: Fill, pixels_per_point: float, size: tuple[int, int]) -> None:
    """Draw hatch lines over a picture of a size; they start from its upper left corner."""
    gap = max(HATCH_SPACING * pixels_per_point, 3.0)
    thickness = max(THIN_LINE * pixels_per_point, 0.75)
    lines: list[Floats] = []
    for direction in _DIRECTIONS[fill.hatch or "esriSFSHorizontal"]:
        lines.extend(_parallels(direction, gap, thickness, *size))
    # One path of all lines, so that a translucent colour is not doubled where they cross.
    stroke = Stroke(fill.color, thickness)
    surface.draw_each([outline_of(lines, closed=False)], None, [stroke], round_ends=False)


def _parallels(direction: str, gap: float, thickness: float, width: int, height: int) -> list[Floats]:
    if direction in "-|":
        whole = float(round(gap))
        # On the middle of a pixel or between two, so that the lines are crisp.
        start = math.floor(whole / 2) + (0.5 if round(thickness) % 2 else 0.0)
        if direction == "-":
            return [np.array([[0.0, y], [width, y]]) for y in np.arange(start, height, whole)]
        return [np.array([[x, 0.0], [x, height]]) for x in np.arange(start, width, whole)]
    step = gap * math.sqrt(2)
    starts = np.arange(-math.ceil(height / step) * step + step / 2, width, step)
    if direction == "\\":
        return [np.array([[x, 0.0], [x + height, height]]) for x in starts]
    return [np.array([[x, float(height)], [x + height, 0.0]]) for x in starts]
