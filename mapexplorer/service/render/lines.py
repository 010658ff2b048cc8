"""Draw lines: in row order, or class by class where there are many; dashes from where each line begins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from mapexplorer.protocol.symbols import SimpleLineSymbol
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass
from mapexplorer.service.render.dashes import begun_at_dash
from mapexplorer.service.render.drawing import Drawing, Outline, outlines_of, whole_outline
from mapexplorer.service.render.points import runs_of
from mapexplorer.service.render.ragged import Indices, Ragged, gather
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import NO_STROKE, Stroke, stroke_of

MOST_IN_ORDER: Final = 4_000
"""Up to so many lines are drawn in row order; more opaque ones are drawn class by class."""
_TOGETHER: Final = 250
"""Vertices that are drawn as one path: of fewer Agg begins too often, of more it sorts too much at once."""


def draw_lines(
    surface: Drawing,
    lines: Ragged,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
    *,
    ordered: bool = False,
) -> None:
    """Draw lines in pixels; ``numbers`` gives the class of each feature; ``ordered`` as for `runs_of`."""
    strokes = [
        stroke_of(entry.symbol, pixels_per_point) if isinstance(entry.symbol, SimpleLineSymbol) else NO_STROKE
        for entry in classes
    ]
    visible = np.array([stroke.width > 0 for stroke in strokes] + [False])[numbers]
    lines, which = lines.take_features(visible), numbers[visible].astype(np.int64)
    if len(which) == 0:
        return
    periods = np.array([sum(stroke.dashes) for stroke in strokes])
    lines = begun_at_dash(lines, np.repeat(periods[which], np.diff(lines.features)))
    many = len(which) > MOST_IN_ORDER and not ordered
    if many and isinstance(surface, Surface) and _opaque(strokes, which):
        _draw_by_class(surface, lines, which, strokes)
        return
    outlines = outlines_of(lines)
    dashed = np.array([bool(stroke.dashes) for stroke in strokes])[which].astype(np.int64)
    for run in runs_of(dashed, ordered=ordered):
        surface.draw_each(
            [outlines[position] for position in run],
            None,
            strokes,
            which=which[run],
            round_ends=not dashed[run[0]],
        )


def _opaque(strokes: Sequence[Stroke], which: Indices) -> bool:
    return all(strokes[number].color[3] == 1 for number in np.unique(which).tolist())


def _draw_by_class(surface: Surface, lines: Ragged, which: Indices, strokes: Sequence[Stroke]) -> None:
    """Draw opaque lines class by class, many as one path.

    Those that leave the picture come first: their dashes are made another way.
    """
    kinds = 2 * which + np.where(lines.leaving(surface.box), 0, 1)
    order = np.argsort(kinds, kind="stable")
    features = order if len(lines.rows) == len(which) else gather(lines.features, order)[0]
    lines, kinds = lines.take_parts(features), kinds[order]
    whole, ends = whole_outline(lines), lines.feature_vertices
    batch = ends[:-1] // _TOGETHER
    breaks = np.flatnonzero((np.diff(batch) > 0) | (np.diff(kinds) > 0)) + 1
    firsts = np.append(0, breaks)
    edges = np.append(ends[firsts], ends[-1]).tolist()
    outlines = [Outline(whole.vertices[start:end], whole.codes[start:end]) for start, end in pairwise(edges)]
    drawn = kinds[firsts] // 2
    for number in np.unique(drawn).tolist():
        low, high = np.searchsorted(drawn, (number, number + 1)).tolist()
        stroke = strokes[number]
        surface.draw_each(outlines[low:high], None, [stroke], round_ends=not stroke.dashes)
