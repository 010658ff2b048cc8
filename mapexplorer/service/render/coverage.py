"""Polygons that fit together without overlaps, as counties do: their areas, and every border once.

Where polygons do not overlap, the order in which they are drawn does not show. All areas of a class can then
be filled as one path and every border stroked once instead of by both its neighbours, which halves the work
and leaves no seams: shared borders are generalised once for both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from mapexplorer.service.render.packed import Packed
from mapexplorer.service.render.ragged import Flags, Floats, Indices, Ragged, join, ragged_of
from mapexplorer.service.render.seams import Seams

MOST_VERTICES: Final = 400_000
"""Vertices of a layer up to which it is tested for overlaps; the test is slower than drawing."""
_MOST_LOOSE: Final = 0.2
NOBODY: Final = -1
"""The row number of no area; as an index it means the last entry."""
NONE: Final[Indices] = np.empty(0, dtype=np.int64)

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Coverage:
    """Areas that fit together and the borders between them, as they are drawn.

    ``borders`` are lines, one a row; ``owners`` (borders, 2) are the row numbers of the areas on both sides:
    first the one whose outline is seen, which is the larger, and `NOBODY` where there is no neighbour.
    ``loose`` are the polygons that do not fit.
    """

    areas: Ragged
    borders: Ragged
    owners: Indices
    loose: Ragged


@dataclass(frozen=True, eq=False)
class Borders:
    """Every border of polygons once, as a run of so many of their vertices from the ``first`` one on.

    ``owners`` are those of `Coverage`; a border is part of the outline of the larger one.
    """

    first: Numbers
    counts: Numbers
    owners: Numbers

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.first.nbytes + self.counts.nbytes + self.owners.nbytes

    def lines(self, polygons: Ragged | Packed, keep: Flags) -> Ragged:
        """Return the borders flagged as lines, the number of the border as their row."""
        chosen = np.flatnonzero(keep).astype(np.int64)
        rings = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self.counts[chosen])])
        numbers = np.repeat(self.first[chosen] - rings[:-1], self.counts[chosen])
        numbers += np.arange(len(numbers), dtype=np.int64)
        parts = np.arange(len(chosen) + 1, dtype=np.int64)
        return Ragged(1, polygons.vertices_at(numbers), rings, parts, chosen)


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Polygons most of which fit together, as they are kept: ``loose`` are the rows of those that do not.

    Where they are not generalised the polygons are those of the layer itself.
    """

    polygons: Ragged | Packed
    loose: Indices
    borders: Borders
    generalised: bool

    @property
    def nbytes(self) -> int:
        """Bytes that are kept beside those of the layer."""
        return self.borders.nbytes + (self.polygons.nbytes if self.generalised else 0)


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


def mosaic_of(polygons: Ragged, sound: Flags, tolerance: float | None, seams: Seams | None = None) -> Mosaic:
    """Return polygons with their borders, the flagged ones generalised together when a tolerance is given."""
    loose = polygons.feature_rows[~sound]
    if tolerance is None:
        return Mosaic(polygons, loose, borders_of(polygons, loose, seams), generalised=False)
    areas = polygons.take_features(sound)
    simple = shapely.coverage_simplify(areas.part_geometries(), tolerance)
    areas = ragged_of(np.asarray(simple, dtype=object), areas.rows, 2)
    every = join(areas, polygons.take_features(~sound))
    # Whether an edge lies on the date line is seen in full precision only.
    kept = every if seams is not None else Packed.of(every, tolerance)
    return Mosaic(kept, loose, borders_of(every, loose, seams), generalised=True)


def borders_of(polygons: Ragged, loose: Indices = NONE, seams: Seams | None = None) -> Borders:
    """Return every border of polygons once, without those of ``loose`` rows.

    A border ends where the neighbour changes and where the ring of its owner begins. What is cut at
    ``seams`` has none there.
    """
    last = np.zeros(len(polygons.vertices), dtype=bool)
    last[polygons.rings[1:] - 1] = True
    edges = np.flatnonzero(~last).astype(np.int64)
    ring_rows = np.repeat(polygons.rows, np.diff(polygons.parts))
    rows = np.repeat(ring_rows, np.diff(polygons.rings) - 1)
    if len(loose):
        fits = ~np.isin(rows, loose)
        edges, rows = edges[fits], rows[fits]
    others = _neighbours(polygons.vertices, edges, rows)
    shown = rows > others if seams is None else (rows > others) & ~seams.edges(polygons)[edges]
    kept = shown.nonzero()[0]
    edges, rows, others = edges[kept], rows[kept], others[kept]
    begins = np.ones(len(edges), dtype=bool)
    begins[1:] = (np.diff(edges) != 1) | (np.diff(rows) != 0) | (np.diff(others) != 0)
    first = np.flatnonzero(begins)
    counts = np.diff(np.append(first, len(edges))) + 1
    owners = np.stack([rows[first], others[first]], axis=1)
    return Borders(edges[first].astype(np.int32), counts.astype(np.int32), owners.astype(np.int32))


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
