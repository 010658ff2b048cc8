"""Dashes of lines: cut out of all lines at once, and begun where the line truly begins.

Agg begins the dashes of a line anew where the line enters the picture, so that they would run along with the
edge of a map that is moved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mapexplorer.service.render.drawing import MOVE, Outline, outlines_of
from mapexplorer.service.render.ragged import Floats, Ragged


def begun_at_dash(lines: Ragged, periods: Floats) -> Ragged:
    """Return lines that were cut off at the edge, lengthened backwards to where a pattern begins.

    ``periods`` are the lengths of the pattern of each part, zero for a solid line. What is added lies outside
    whatever the lines were cut to.
    """
    if lines.skipped is None or len(lines.rows) == 0:
        return lines
    starts = lines.rings[:-1]
    ahead = lines.vertices[starts + 1] - lines.vertices[starts]
    length = np.hypot(ahead[:, 0], ahead[:, 1])
    back = np.where(periods > 0, np.mod(lines.skipped, np.where(periods > 0, periods, 1.0)), 0.0)
    moved = (back > 0) & (length > 0)
    share = (back[moved] / length[moved])[:, None]
    before = lines.vertices[starts[moved]] - ahead[moved] * share
    rings = lines.rings + np.concatenate([[0], np.cumsum(moved)])
    return Ragged(1, np.insert(lines.vertices, starts[moved], before, axis=0), rings, lines.parts, lines.rows)


def cut_into_dashes(lines: Ragged, pattern: Sequence[float]) -> Ragged:
    """Return the dashes of lines as lines; ``pattern`` are lengths drawn and left out in turn.

    Every dash is a part with the row of its line.
    """
    if len(lines.rows) == 0:
        return lines
    along = _Along(lines)
    ends = np.cumsum(pattern)
    period = float(ends[-1])
    starts, stops = (ends - pattern)[::2], ends[::2]
    turns = np.ceil(along.lengths / period).astype(np.int64)
    owner = np.repeat(np.arange(len(turns)), turns * len(starts))
    turn = np.arange(len(owner)) - np.repeat((np.cumsum(turns) - turns) * len(starts), turns * len(starts))
    base, kind = (turn // len(starts)) * period, turn % len(starts)
    low = base + starts[kind]
    drawn = low < along.lengths[owner]
    owner, low = owner[drawn], low[drawn]
    high = np.minimum((base + stops[kind])[drawn], along.lengths[owner])
    low, high = low + along.begins[owner], high + along.begins[owner]
    # Between the ends of a dash stand the vertices of its line that it passes.
    begun, ended = np.searchsorted(low, along.at), np.searchsorted(high, along.at, side="right")
    passed = np.flatnonzero(begun > ended)
    first = 2 * np.arange(len(low)) + np.searchsorted(along.at[passed], low)
    last = 2 * np.arange(len(low)) + np.searchsorted(along.at[passed], high) + 1
    vertices = np.empty((2 * len(low) + len(passed), 2))
    vertices[first], vertices[last] = along.place(low), along.place(high)
    between = np.ones(len(vertices), dtype=bool)
    between[first] = between[last] = False
    vertices[between] = lines.vertices[passed]
    count = np.arange(len(low) + 1, dtype=np.int64)
    return Ragged(1, vertices, np.append(first, len(vertices)), count, lines.rows[owner])


def cut_outlines(outlines: Sequence[Outline], pattern: Sequence[float]) -> list[Outline]:
    """Return the dashes of each outline as an outline."""
    if not outlines:
        return []
    vertices = np.concatenate([outline.vertices for outline in outlines])
    moves = np.concatenate([outline.codes for outline in outlines]) == MOVE
    ends = np.cumsum([len(outline.vertices) for outline in outlines])
    starts = np.flatnonzero(moves).astype(np.int64)
    rows = np.searchsorted(ends, starts, side="right").astype(np.int64)
    parts = np.arange(len(starts) + 1, dtype=np.int64)
    dashes = cut_into_dashes(Ragged(1, vertices, np.append(starts, len(vertices)), parts, rows), pattern)
    found = dict(zip(dashes.feature_rows.tolist(), outlines_of(dashes), strict=True))
    nothing = outlines[0].vertices[:1], outlines[0].codes[:1]
    return [found.get(number) or Outline(*nothing) for number in range(len(outlines))]


class _Along:
    """How far along its line every vertex lies, the lines one after the other with a gap between them."""

    def __init__(self, lines: Ragged) -> None:
        self._vertices = lines.vertices
        steps = np.diff(lines.vertices, axis=0)
        step = np.hypot(steps[:, 0], steps[:, 1])
        step[lines.rings[1:-1] - 1] = 1.0
        self.at: Floats = np.concatenate([[0.0], np.cumsum(step)])
        self.begins: Floats = self.at[lines.rings[:-1]]
        self.lengths: Floats = self.at[lines.rings[1:] - 1] - self.begins

    def place(self, at: Floats) -> Floats:
        """Return the places, (n, 2), at distances along."""
        x, y = self._vertices[:, 0], self._vertices[:, 1]
        return np.column_stack([np.interp(at, self.at, x), np.interp(at, self.at, y)])
