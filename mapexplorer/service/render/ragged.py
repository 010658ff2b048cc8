"""Ragged arrays: the coordinates of many geometries in one array, with offsets for rings and parts.

A *ring* is a closed ring of a polygon, or one line; a *part* is a polygon with its holes, or one line; a
*feature* is all parts with the same row number. Exterior rings run counter-clockwise and holes clockwise,
because Agg fills by the non-zero rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]

_DIMENSION = np.array([0, 1, 1, 2, 0, 1, 2, -1])
"""Dimension by shapely's type number: point, line, ring, polygon, multi-point, -line, -polygon,
collection."""
_MANY = 4
"""From this shapely type number on a geometry is made of others."""

LARGEST_COORDINATE = 1e30
"""Parts with larger coordinates, infinite ones or NaN are left out."""


@dataclass(frozen=True)
class Ragged:
    """Geometries of one dimension as arrays.

    ``vertices`` is (n, 2); ``rings`` and ``parts`` are offsets (one more than there are rings or parts)
    into vertices and rings; ``rows`` gives the row number of each part, ascending. For points (dimension
    0) rings and parts are empty and ``rows`` has one number per vertex. ``skipped`` is the length of its line
    that was cut off before each part; None where nothing was.
    """

    dimension: int
    vertices: Floats
    rings: Indices
    parts: Indices
    rows: Indices
    skipped: Floats | None = None

    @property
    def skipped_lengths(self) -> Floats:
        """The length that was cut off before each part."""
        return np.zeros(len(self.rows)) if self.skipped is None else self.skipped

    @cached_property
    def features(self) -> Indices:
        """Offsets of the features into the parts (into the vertices for points), one more than there are
        features."""
        if len(self.rows) == 0:
            return np.zeros(1, dtype=np.int64)
        starts = np.flatnonzero(np.diff(self.rows, prepend=self.rows[0] - 1))
        return np.append(starts, len(self.rows)).astype(np.int64)

    @cached_property
    def feature_rows(self) -> Indices:
        """Row number of each feature."""
        return self.rows[self.features[:-1]]

    @cached_property
    def feature_vertices(self) -> Indices:
        """Offsets of the features into the vertices."""
        return self.features if self.dimension == 0 else self.rings[self.parts[self.features]]

    @cached_property
    def bounds(self) -> Floats:
        """Envelope (xmin, ymin, xmax, ymax) of each feature, (features, 4)."""
        starts = self.feature_vertices[:-1]
        if len(starts) == 0:
            return np.empty((0, 4))
        low = np.minimum.reduceat(self.vertices, starts, axis=0)
        return np.hstack([low, np.maximum.reduceat(self.vertices, starts, axis=0)])

    @cached_property
    def extent(self) -> tuple[float, float, float, float] | None:
        """Envelope (xmin, ymin, xmax, ymax) of everything, None of nothing."""
        if len(self.vertices) == 0:
            return None
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def leaving(self, box: Box) -> Flags:
        """Return which features of lines or polygons reach beyond a box (left, top, right, bottom)."""
        return reaching_beyond(self.vertices, self.feature_vertices, box)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, with those that have been worked out."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def vertices_at(self, numbers: Indices) -> Floats:
        """Return the vertices with these numbers."""
        return self.vertices[numbers]

    def with_vertices(self, vertices: Floats) -> Ragged:
        """Return the same structure over other coordinates."""
        return Ragged(self.dimension, vertices, self.rings, self.parts, self.rows, self.skipped)

    def take_parts(self, chosen: Numbers) -> Ragged:
        """Return the parts with these numbers (vertices for points), in that order; their rows must
        ascend."""
        if self.dimension == 0:
            return Ragged(0, self.vertices[chosen], self.rings, self.parts, self.rows[chosen])
        ring_numbers, parts = gather(self.parts, chosen)
        vertex_numbers, rings = gather(self.rings, ring_numbers)
        skipped = None if self.skipped is None else self.skipped[chosen]
        return Ragged(self.dimension, self.vertices[vertex_numbers], rings, parts, self.rows[chosen], skipped)

    def take_features(self, keep: Flags) -> Ragged:
        """Return the features flagged."""
        if keep.all():
            return self
        return self.take_parts(np.flatnonzero(np.repeat(keep, np.diff(self.features))).astype(np.int64))

    def backwards(self) -> Ragged:
        """Return the same rings or lines run through from their ends."""
        mirror = np.repeat(self.rings[:-1] + self.rings[1:] - 1, np.diff(self.rings))
        return self.with_vertices(self.vertices[mirror - np.arange(len(mirror))])

    def part_geometries(self) -> Geometries:
        """Return each part as a shapely Point, LineString or Polygon."""
        if self.dimension == 0:
            return np.asarray(shapely.points(self.vertices), dtype=object)
        offsets: tuple[Indices, ...] = (self.rings,)
        kind = shapely.GeometryType.LINESTRING
        if self.dimension == 2:
            kind, offsets = shapely.GeometryType.POLYGON, (self.rings, self.parts)
        return np.asarray(shapely.from_ragged_array(kind, self.vertices, offsets), dtype=object)


def reaching_beyond(vertices: Floats, offsets: Indices, box: Box) -> Flags:
    """Return which groups of vertices have one outside a box (left, top, right, bottom)."""
    x, y = vertices[:, 0], vertices[:, 1]
    beyond = (x < box[0]) | (x > box[2]) | (y < box[1]) | (y > box[3])
    # Counting them takes less than the envelope of every group.
    count = np.concatenate([[0], np.cumsum(beyond)])
    return np.asarray(count[offsets[1:]] > count[offsets[:-1]], dtype=bool)


def gather(offsets: Numbers, chosen: Numbers) -> tuple[Indices, Indices]:
    """Return the item numbers of the chosen groups, and the offsets of these groups among them."""
    lengths = offsets[chosen + 1] - offsets[chosen]
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    items = np.arange(ends[-1], dtype=np.int64) + np.repeat(offsets[chosen] - ends[:-1], lengths)
    return items, ends


def ragged_of(geometries: Geometries, rows: Indices | None = None, dimension: int | None = None) -> Ragged:
    """Return the ragged arrays of shapely geometries; None and empty ones have no part.

    ``rows`` (ascending) are their row numbers, 0… by default. Of mixed dimensions, and inside collections,
    only ``dimension`` is kept: the largest that occurs unless given. Heights are dropped.
    """
    rows = np.arange(len(geometries), dtype=np.int64) if rows is None else rows
    kinds = shapely.get_type_id(geometries)
    if (kinds == 7).any():
        geometries, owner = _flatten(geometries)
        rows, kinds = rows[owner], shapely.get_type_id(geometries)
    present = kinds >= 0
    dimensions = np.where(present, _DIMENSION[np.maximum(kinds, 0)], -1)
    if dimension is None:
        dimension = int(dimensions.max(initial=0))
    fitting = dimensions == dimension
    if not fitting.all():
        geometries, rows = geometries[fitting], rows[fitting]
    return _ragged_of_dimension(geometries, rows, max(dimension, 0))


def _flatten(geometries: Geometries) -> tuple[Geometries, Indices]:
    """Return the members of collections, also of nested ones, beside the other geometries, and whose they
    are."""
    owner = np.arange(len(geometries), dtype=np.int64)
    while (shapely.get_type_id(geometries) == 7).any():
        geometries, index = shapely.get_parts(geometries, return_index=True)
        owner = owner[index]
    return geometries, owner


def _ragged_of_dimension(geometries: Geometries, rows: Indices, dimension: int) -> Ragged:
    none = np.zeros(1, dtype=np.int64)
    if dimension == 0:
        vertices, owner = shapely.get_coordinates(geometries, return_index=True)
        known = (np.abs(vertices) < LARGEST_COORDINATE).all(axis=1)
        if not known.all():
            vertices, owner = vertices[known], owner[known]
        return Ragged(0, vertices, none, none, rows[owner])
    if (shapely.get_type_id(geometries) >= _MANY).any():
        geometries, owner = shapely.get_parts(geometries, return_index=True)
        rows = rows[owner]
    sound = _with_places(geometries)
    parts, rows = geometries[sound], rows[sound]
    if dimension == 1:
        vertices, ring = shapely.get_coordinates(parts, return_index=True)
        rings = _offsets(ring, len(parts))
        return Ragged(1, vertices, rings, np.arange(len(parts) + 1, dtype=np.int64), rows)
    rings_of, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    vertices, ring = shapely.get_coordinates(rings_of, return_index=True)
    return Ragged(2, vertices, _offsets(ring, len(rings_of)), _offsets(part, len(parts)), rows)


def _with_places(parts: Geometries) -> Flags:
    """Return which parts have coordinates, all of them numbers that can be calculated with."""
    vertices, owner = shapely.get_coordinates(parts, return_index=True)
    sound = ~shapely.is_empty(parts)
    sound[owner[~(np.abs(vertices) < LARGEST_COORDINATE).all(axis=1)]] = False
    return np.asarray(sound, dtype=bool)


def _offsets(group: npt.NDArray[Any], count: int) -> Indices:
    """Return offsets from the ascending group number of each item."""
    ends = np.cumsum(np.bincount(group, minlength=count)) if count else np.empty(0)
    return np.concatenate([np.zeros(1), ends]).astype(np.int64)


def join(first: Ragged, second: Ragged) -> Ragged:
    """Return the parts of both, ordered by row."""
    if len(second.rows) == 0:
        return first
    if len(first.rows) == 0:
        return second
    rings = np.concatenate([first.rings, second.rings[1:] + first.rings[-1]])
    parts = np.concatenate([first.parts, second.parts[1:] + first.parts[-1]])
    rows = np.concatenate([first.rows, second.rows])
    skipped = None
    if first.skipped is not None or second.skipped is not None:
        skipped = np.concatenate([first.skipped_lengths, second.skipped_lengths])
    vertices = np.concatenate([first.vertices, second.vertices])
    both = Ragged(first.dimension, vertices, rings, parts, rows, skipped)
    order = np.argsort(rows, kind="stable").astype(np.int64)
    return both.take_parts(order)


def generalised(ragged: Ragged, tolerance: float) -> Ragged:
    """Return lines and polygons simplified by Douglas and Peucker to a tolerance in map units.

    A polygon that collapses keeps its envelope, so that an island smaller than a pixel still leaves its
    trace.
    """
    if ragged.dimension == 0 or len(ragged.rows) == 0:
        return ragged
    parts = ragged.part_geometries()
    simple = np.asarray(shapely.simplify(parts, tolerance, preserve_topology=False), dtype=object)
    collapsed = shapely.is_empty(simple)
    if collapsed.any():
        box = shapely.bounds(parts[collapsed])
        simple[collapsed] = (
            shapely.box(*box.T) if ragged.dimension == 2 else shapely.linestrings(box.reshape(-1, 2, 2))
        )
    return ragged_of(simple, ragged.rows, ragged.dimension)


def clipped(geometries: Geometries, box: Box) -> Geometries:
    """Return geometries clipped to a box; degenerate ones that GEOS cannot clip are left as they are."""
    try:
        return np.asarray(shapely.clip_by_rect(geometries, *box), dtype=object)
    except shapely.GEOSException:
        if len(geometries) == 1:
            return geometries
        return np.concatenate([clipped(geometries[at : at + 1], box) for at in range(len(geometries))])
