"""Polygons that fit together without overlaps, as counties do: their areas, and every border once.

Where polygons do not overlap, the order in which they are drawn does not show. All areas of a class can then
be filled as one path and every border stroked once instead of by both its neighbours, which halves the work
and leaves no seams: shared borders are generalised once for both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from mapexplorer.service.render.ragged import Flags, Floats, Indices, Ragged, ragged_of
from mapexplorer.service.render.seams import Seams

MOST_VERTICES: Final = 400_000
"""Vertices of a layer up to which it is tested for overlaps; the test is slower than drawing."""
_MOST_LOOSE: Final = 0.2
NOBODY: Final = -1
"""The row number of no area; as an index it means the last entry."""


@dataclass(frozen=True)
class Coverage:
    """Areas that fit together and the borders between them.

    ``borders`` are lines, one a row; ``owners`` (borders, 2) are the row numbers of the areas on both sides:
    first the one whose outline is seen, which is the larger, and `NOBODY` where there is no neighbour.
    ``loose`` are the polygons that do not fit.
    """

    areas: Ragged
    borders: Ragged
    owners: Indices
    loose: Ragged


def fitting(polygons: Ragged) -> Flags | None:
    """Return which features share their borders exactly and overlap nothing, None where too few do."""
    if polygons.dimension != 2 or not 2 <= len(polygons.rows) <= len(polygons.vertices) <= MOST_VERTICES:
        return None
    parts = polygons.part_geometries()
    try:
        odd = ~shapely.is_empty(shapely.coverage_invalid_edges(parts))
        # What lies inside another is found odd, but not what it lies in: the order of the two counts as well.
        tree = shapely.STRtree(parts)
        odd[tree.query(parts[odd], predicate="intersects")[1]] = True
    except shapely.GEOSException:
        return None
    sound = ~np.logical_or.reduceat(odd, polygons.features[:-1])
    vertices = np.diff(polygons.feature_vertices)
    return sound if vertices[~sound].sum() <= _MOST_LOOSE * vertices.sum() else None


def coverage_of(
    polygons: Ragged, sound: Flags, tolerance: float | None, seams: Seams | None = None
) -> Coverage:
    """Return the coverage of polygons, the flagged ones generalised together when a tolerance is given."""
    areas = polygons.take_features(sound)
    if tolerance is not None:
        simple = shapely.coverage_simplify(areas.part_geometries(), tolerance)
        areas = ragged_of(np.asarray(simple, dtype=object), areas.rows, 2)
    borders, owners = borders_of(areas, seams)
    return Coverage(areas, borders, owners, polygons.take_features(~sound))


def borders_of(areas: Ragged, seams: Seams | None = None) -> tuple[Ragged, Indices]:
    """Return every border of the areas once, as lines, and whose it is: the larger row number first.

    A border ends where the neighbour changes and where the ring of its owner begins. What is cut at
    ``seams`` has none there.
    """
    last = np.zeros(len(areas.vertices), dtype=bool)
    last[areas.rings[1:] - 1] = True
    edges = np.flatnonzero(~last).astype(np.int64)
    ring_rows = np.repeat(areas.rows, np.diff(areas.parts))
    rows = np.repeat(ring_rows, np.diff(areas.rings) - 1)
    others = _neighbours(areas.vertices, edges, rows)
    shown = rows > others if seams is None else (rows > others) & ~seams.edges(areas)[edges]
    kept = shown.nonzero()[0]
    edges, rows, others = edges[kept], rows[kept], others[kept]
    begins = np.ones(len(edges), dtype=bool)
    begins[1:] = (np.diff(edges) != 1) | (np.diff(rows) != 0) | (np.diff(others) != 0)
    first = np.flatnonzero(begins)
    counts = np.diff(np.append(first, len(edges)))
    numbers = np.repeat(edges[first] - np.concatenate([[0], np.cumsum(counts + 1)[:-1]]), counts + 1)
    numbers += np.arange(len(numbers), dtype=np.int64)
    rings = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts + 1)])
    count = np.arange(len(first) + 1, dtype=np.int64)
    lines = Ragged(1, areas.vertices[numbers], rings, count, count[:-1])
    return lines, np.stack([rows[first], others[first]], axis=1)


def _neighbours(vertices: Floats, edges: Indices, rows: Indices) -> Indices:
    """Return the row on the other side of each edge (a vertex and the next), `NOBODY` where there is none."""
    start, end = vertices[edges], vertices[edges + 1]
    swapped = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swapped[:, None], end, start), np.where(swapped[:, None], start, end)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high = low[order], high[order]
    same = ((low[1:] == low[:-1]) & (high[1:] == high[:-1])).all(axis=1)
    others = np.full(len(edges), NOBODY, dtype=np.int64)
    first = np.flatnonzero(same)
    others[order[first]] = rows[order[first + 1]]
    others[order[first + 1]] = rows[order[first]]
    others[others == rows] = NOBODY
    return others
