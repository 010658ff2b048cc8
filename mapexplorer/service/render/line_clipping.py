"""Cut lines to a box, and note how much of its line lies before each piece."""

from __future__ import annotations

import numpy as np

from mapexplorer.service.render.ragged import Box, Flags, Floats, Indices, Ragged


def clipped_lines(lines: Ragged, box: Box) -> Ragged:
    """Return what of lines lies in a box, each piece a part that knows the length ``skipped`` before it."""
    inner = np.ones(len(lines.vertices), dtype=bool)
    inner[lines.rings[1:] - 1] = False
    begin: Indices = np.flatnonzero(inner).astype(np.int64)
    line = np.repeat(np.arange(len(lines.rows)), np.diff(lines.rings) - 1)
    start, end = lines.vertices[begin], lines.vertices[begin + 1]
    step = end - start
    enter, leave = _shares_inside(start, step, box)
    kept: Indices = np.flatnonzero(enter < leave).astype(np.int64)
    length = np.hypot(step[:, 0], step[:, 1])
    before = np.cumsum(length) - length
    firsts = lines.rings[:-1] - np.arange(len(lines.rows))
    before = before - before[np.minimum(firsts, len(before) - 1)][line] + lines.skipped_lengths[line]
    fresh = _begins_piece(kept, enter, leave, begin)
    piece = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    vertices = np.empty((len(kept) + len(first), 2))
    share = leave[kept, None]
    vertices[np.arange(len(kept)) + piece + 1] = np.where(
        share == 1, end[kept], start[kept] + step[kept] * share
    )
    head = kept[first]
    vertices[first + np.arange(len(first))] = start[head] + step[head] * enter[head, None]
    rings = np.append(first + np.arange(len(first)), len(vertices))
    parts = np.arange(len(first) + 1, dtype=np.int64)
    skipped = before[head] + enter[head] * length[head]
    return Ragged(1, vertices, rings, parts, lines.rows[line[head]], skipped)


def _begins_piece(kept: Indices, enter: Floats, leave: Floats, begin: Indices) -> Flags:
    """Return which of the segments that are kept do not go on from the one before."""
    fresh = np.ones(len(kept), dtype=bool)
    follows = np.diff(begin[kept]) == 1
    fresh[1:] = ~(follows & (leave[kept[:-1]] == 1) & (enter[kept[1:]] == 0))
    return fresh


def _shares_inside(start: Floats, step: Floats, box: Box) -> tuple[Floats, Floats]:
    """Return the shares of segments at which they enter a box and leave it; the second is smaller outside."""
    enter, leave = np.zeros(len(start)), np.ones(len(start))
    for axis in (0, 1):
        low, high = box[axis] - start[:, axis], box[axis + 2] - start[:, axis]
        along = step[:, axis]
        still = along == 0
        moving = np.where(still, 1.0, along)
        one, other = low / moving, high / moving
        beside = still & ((low > 0) | (high < 0))
        enter = np.maximum(enter, np.where(still, np.where(beside, 2.0, 0.0), np.minimum(one, other)))
        leave = np.minimum(leave, np.where(still, np.where(beside, -1.0, 1.0), np.maximum(one, other)))
    return enter, leave
