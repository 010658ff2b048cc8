"""The geometries of a layer, kept as arrays that are ready to be drawn in any spatial reference at any
scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from typing import Any, Final, TypeVar

import numpy as np
import shapely
from pyproj import CRS

from mapexplorer.service.crowds import Crowd
from mapexplorer.service.datum import Change
from mapexplorer.service.frame import Frame, to_pixels
from mapexplorer.service.kept import Kept
from mapexplorer.service.render.coverage import Coverage, Mosaic, fitting, mosaic_of
from mapexplorer.service.render.domain import changed
from mapexplorer.service.render.line_clipping import clipped_lines
from mapexplorer.service.render.packed import Packed
from mapexplorer.service.render.ragged import (
    Flags,
    Floats,
    Geometries,
    Indices,
    Numbers,
    Ragged,
    clipped,
    generalised,
    join,
    ragged_of,
    reaching_beyond,
)
from mapexplorer.service.render.seams import Seams, joined_at_seam, seams_of, without_spikes
from mapexplorer.service.render.thinning import Thinning
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.worlds import copies

KEPT_SYSTEMS: Final = 3
KEPT_LEVELS: Final = 6
"""Generalised levels kept at most, of together no more than the bytes of the coordinates."""
KEPT_FINDINGS: Final = 4
KEPT_NOTES: Final = 16
NOTE_BYTES: Final = 32
"""Bytes a row that notes fill at most, but always some megabytes."""
EDGE_TOLERANCE: Final = 1e-6
"""Pixels by which a geometry may miss the frame and still meet it: the rounding of the frame's arithmetic."""
_STRIP: Final = 8
"""Share of the width of points up to which a frame that meets their edge is compared by that edge first."""
GUARD: Final = 32.0
"""Pixels beyond the frame (and beyond the widest symbol) at which long geometries are clipped."""

T = TypeVar("T")


class Projection:
    """The geometries of a layer in one reference system, with its generalised levels; ``length`` is the
    number of its rows."""

    def __init__(self, full: Ragged, length: int, seams: Seams | None = None) -> None:
        self.full = full
        self.seams = seams
        self.crowd = Crowd(full, length) if full.dimension == 0 else None
        self._found = Kept(KEPT_FINDINGS)
        self._levels = Kept(KEPT_LEVELS, full.vertices.nbytes)
        self._spacing = _typical_spacing(full)

    @property
    def nbytes(self) -> int:
        """Bytes of the levels that are kept beside the geometries in full."""
        return self._levels.nbytes

    def at(self, resolution: float) -> Ragged | Packed:
        """Return the geometries generalised for map units per pixel, or in full where that gains nothing.

        The tolerance is an eighth to a quarter of a pixel: neighbours are generalised each on its own, and
        more would open gaps between them. Between lines there are none: twice as much is not seen.
        """
        if self.full.dimension == 0 or not resolution > 0:
            return self.full
        level = math.floor(math.log2(resolution)) - (1 if self.full.dimension == 1 else 2)
        if 2.0**level < self._spacing / 4:
            return self.full
        return self._levels.get(level, lambda: self._generalised(2.0**level))

    def _generalised(self, tolerance: float) -> Ragged | Packed:
        simple = generalised(self.full, tolerance)
        # Whether an edge lies on the date line is seen in full precision only.
        return simple if self.seams is not None else Packed.of(simple, tolerance)

    def mosaic_at(self, resolution: float) -> Mosaic | None:
        """Return the polygons as a coverage generalised for map units per pixel, None when they overlap.

        Its borders are generalised once for both sides, so that half a pixel opens no gaps.
        """
        sound = self._found.get("fitting", lambda: fitting(self.full))
        if sound is None or not resolution > 0:
            return None
        level = round(math.log2(resolution)) - 1
        tolerance = 2.0**level if 2.0**level >= self._spacing / 8 else None
        return self._levels.get(
            ("mosaic", tolerance), lambda: mosaic_of(self.full, sound, tolerance, self.seams)
        )

    def anchors(self) -> Ragged:
        """Return a point inside the largest part of each polygon, where its marker stands."""
        return self._found.get("anchors", lambda: _anchors(self.full))


def _projection(own: Ragged, change: Change, length: int) -> Projection:
    joined = joined_at_seam(own, change)
    image = without_spikes(joined, changed(joined, change), change)
    return Projection(image, length, seams_of(image, change))


def _anchors(polygons: Ragged) -> Ragged:
    parts = polygons.part_geometries()
    order = np.lexsort((-shapely.area(parts), polygons.rows))
    largest = order[polygons.features[:-1]]
    points = shapely.point_on_surface(parts[largest])
    return ragged_of(np.asarray(points, dtype=object), polygons.rows[largest], 0)


def _typical_spacing(ragged: Ragged) -> float:
    """Return the median distance of neighbouring vertices; below a fraction of it generalising gains
    nothing."""
    if ragged.dimension == 0 or len(ragged.vertices) < 2:
        return math.inf
    every = max(1, len(ragged.vertices) // 100_000)
    step = (ragged.vertices[1:] - ragged.vertices[:-1])[::every]
    return float(np.median(np.hypot(step[:, 0], step[:, 1])))


class Shapes:
    """The geometries of a layer and their reference system; immutable to its users and safe between threads.

    ``geometry`` is an object array of shapely geometries, None where a row has none; ``crs`` their
    reference system. Row numbers are positions in that array.
    """

    def __init__(self, geometry: Geometries, crs: CRS) -> None:
        self.geometry: Geometries = np.asarray(geometry, dtype=object)
        self.crs = crs
        self._projections = Kept(KEPT_SYSTEMS)
        self._notes = Kept(KEPT_NOTES, max(2**24, NOTE_BYTES * len(self.geometry)))

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """Envelope (xmin, ymin, xmax, ymax) of all geometries in their own system, None when there is
        none."""
        box = shapely.total_bounds(self.geometry) if len(self.geometry) else np.full(4, np.nan)
        if not np.isfinite(box).all():
            return None
        return float(box[0]), float(box[1]), float(box[2]), float(box[3])

    def in_system(self, frame: Frame) -> Projection:
        """Return the geometries projected to the system of a frame by the datum transformation it asks; the
        last few ways are kept."""
        change = frame.datum.between(self.crs, frame.crs)
        return self._projections.get(
            (frame.crs.to_wkt(), change.chain),
            lambda: _projection(ragged_of(self.geometry), change, len(self.geometry)),
        )

    def noted(self, key: Any, compute: Callable[[], T]) -> T:
        """Return something computed once about this layer, such as the class of every row; a few are kept."""
        return self._notes.get(key, compute)

    def meeting(self, frame: Frame, rows: Indices) -> Indices:
        """Return those of the rows whose geometry meets the turned frame, edges included, judged on full
        detail.

        ``rows`` are ascending row numbers (Query Legends, returnVisibleOnly).
        """
        projection = self.in_system(frame)
        full, crowd = projection.full, projection.crowd
        met = [
            crowd.meeting(copy, rows, EDGE_TOLERANCE)
            if crowd is not None
            else _meeting(self._chosen(full, rows, copy, EDGE_TOLERANCE), copy)
            for copy in copies(frame, full.extent, EDGE_TOLERANCE)
        ]
        return met[0] if len(met) == 1 else np.unique(np.concatenate(met))

    def in_frame(self, frame: Frame, rows: Indices, margin: float = 0.0) -> Ragged:
        """Return the geometries of rows in pixels (x right, y down), generalised and clipped round the frame.

        ``margin`` is the reach of the widest symbol in pixels: features that far outside still count.
        """
        detail = self.in_system(frame).at(frame.resolution)
        return _joined(
            _in_pixels(self._chosen(detail, rows, copy, margin), copy, margin)
            for copy in copies(frame, detail.extent, margin)
        )

    def crowd_in_frame(self, frame: Frame, rows: Indices, margin: float, thinning: Thinning) -> Ragged | None:
        """Return the points of rows as `in_frame` does, without those whose markers are hidden by others.

        None where the points are so few that every one is drawn.
        """
        projection = self.in_system(frame)
        if projection.crowd is None:
            return None
        seen = []
        for copy in copies(frame, projection.full.extent, margin):
            part = projection.crowd.seen(copy, rows, margin, thinning)
            if part is None:
                return None
            seen.append(part)
        return _joined(seen)

    def coverage_in_frame(self, frame: Frame, rows: Indices, margin: float = 0.0) -> Coverage | None:
        """Return polygons that do not overlap as `in_frame` does, with each border once; None if they do.

        A border is there when one of its two owners is among the rows; that owner then comes first.
        """
        projection = self.in_system(frame)
        mosaic = projection.mosaic_at(frame.resolution)
        if mosaic is None:
            return None
        polygons = mosaic.polygons
        wanted = np.zeros(len(self.geometry) + 1, dtype=bool)
        wanted[rows] = True
        everywhere = copies(frame, projection.full.extent, margin)
        fitting_rows = rows if not len(mosaic.loose) else np.setdiff1d(rows, mosaic.loose, assume_unique=True)
        loose_rows = mosaic.loose[wanted[mosaic.loose]]

        def seen(choose: Callable[[Frame], Ragged]) -> Ragged:
            return _joined(_in_pixels(choose(copy), copy, margin) for copy in everywhere)

        def bordering(copy: Frame) -> Ragged:
            owners = mosaic.borders.owners
            near = np.zeros(len(wanted), dtype=bool)
            low, high = polygons.bounds[:, :2], polygons.bounds[:, 2:]
            near[polygons.feature_rows] = _near_envelope(low, high, copy, margin)
            return mosaic.borders.lines(polygons, wanted[owners].any(axis=1) & near[owners[:, 0]])

        areas = seen(lambda copy: self._chosen(polygons, fitting_rows, copy, margin))
        loose = seen(lambda copy: self._chosen(polygons, loose_rows, copy, margin))
        borders = seen(bordering)
        owners = mosaic.borders.owners[borders.rows].astype(np.int64)
        owners = np.where(wanted[owners[:, :1]], owners, owners[:, ::-1])
        return Coverage(areas, borders, owners, loose)

    def seams_in(self, frame: Frame) -> Seams | None:
        """Return where the polygons of `in_frame` are cut at the date line, None where they are not."""
        seams = self.in_system(frame).seams
        return None if seams is None else replace(seams, frame=frame)

    def anchors_in_frame(self, frame: Frame, rows: Indices, margin: float = 0.0) -> Ragged:
        """Return the places of the markers of polygons, one a row, in pixels."""
        anchors = self.in_system(frame).anchors()
        return _joined(
            _in_pixels(self._chosen(anchors, rows, copy, margin), copy, margin)
            for copy in copies(frame, anchors.extent, margin)
        )

    def _chosen(self, ragged: Ragged | Packed, rows: Indices, frame: Frame, margin: float) -> Ragged:
        """Return the features of rows whose envelope meets that of the turned frame, widened by pixels."""
        if isinstance(ragged, Ragged) and len(ragged.rows) == 0:
            return ragged
        if isinstance(ragged, Ragged) and ragged.dimension == 0:
            return self._chosen_points(ragged, rows, frame, margin)
        near = _near_envelope(ragged.bounds[:, :2], ragged.bounds[:, 2:], frame, margin)
        return ragged.take_features(self._of_rows(near, ragged.feature_rows, rows))

    def _chosen_points(self, points: Ragged, rows: Indices, frame: Frame, margin: float) -> Ragged:
        points = self._near_points(points, frame, margin)
        # Points are judged one by one, without arrays of envelopes four times their size.
        near = _near_envelope(points.vertices, points.vertices, frame, margin)
        near = self._of_rows(near, points.rows, rows)
        return points if near.all() else points.take_parts(np.flatnonzero(near).astype(np.int64))

    def _of_rows(self, flags: Flags, owners: Numbers, rows: Indices) -> Flags:
        """Return the flags without those of other rows."""
        if len(rows) == len(self.geometry):
            return flags
        wanted = np.zeros(len(self.geometry), dtype=bool)
        wanted[rows] = True
        return np.asarray(flags & wanted[owners], dtype=bool)

    def _near_points(self, points: Ragged, frame: Frame, margin: float) -> Ragged:
        """Return points without most of those that do not lie near a frame."""
        projection = self.in_system(frame)
        if projection.crowd is not None and points is projection.full:
            near = projection.crowd.near(frame, margin)
            if near is not None:
                return points.take_parts(near)
        strip = _strip(points, frame, margin)
        return points if strip is None else strip


def _meeting(found: Ragged, frame: Frame) -> Indices:
    """Return the rows of lines and polygons that meet the turned frame, edges included."""
    if len(found.rows) == 0:
        return np.empty(0, dtype=np.int64)
    pixels = found.with_vertices(to_pixels(found.vertices, frame))
    low, high = -EDGE_TOLERANCE, np.array([frame.size.width, frame.size.height]) + EDGE_TOLERANCE
    inside = ((pixels.vertices >= low) & (pixels.vertices <= high)).all(axis=1)
    meets = np.logical_or.reduceat(inside, pixels.feature_vertices[:-1])
    if not meets.all():
        rest = pixels.take_features(~meets)
        screen = shapely.box(low, low, high[0], high[1])
        shapely.prepare(screen)
        crossing = shapely.intersects(screen, rest.part_geometries())
        meets[~meets] = np.logical_or.reduceat(crossing, rest.features[:-1])
    return pixels.feature_rows[meets]


def _strip(points: Ragged, frame: Frame, margin: float) -> Ragged | None:
    """Return the points that one comparison leaves, where the frame meets but the edge of all of them."""
    xmin, _, xmax, _ = points.extent or (0.0, 0.0, 0.0, 0.0)
    west, _, east, _ = frame.envelope
    wider = margin * frame.resolution
    part = (xmax - xmin) / _STRIP
    if west - wider > xmax - part:
        inside = points.vertices[:, 0] >= west - wider
    elif east + wider < xmin + part:
        inside = points.vertices[:, 0] <= east + wider
    else:
        return None
    return points.take_parts(np.flatnonzero(inside).astype(np.int64))


def _near_envelope(low: Floats, high: Floats, frame: Frame, margin: float) -> Flags:
    """Return which envelopes, from (n, 2) to (n, 2), meet that of the turned frame, widened by pixels."""
    xmin, ymin, xmax, ymax = frame.envelope
    wider = margin * frame.resolution
    return (
        (low[:, 0] <= xmax + wider)
        & (high[:, 0] >= xmin - wider)
        & (low[:, 1] <= ymax + wider)
        & (high[:, 1] >= ymin - wider)
    )


def _joined(pieces: Iterable[Ragged]) -> Ragged:
    """Return what is seen of geometries in the worlds of a picture as one."""
    return reduce(join, pieces)


def _in_pixels(found: Ragged, frame: Frame, margin: float) -> Ragged:
    """Return geometries in pixels, without what lies far outside the picture and its margin."""
    check_time()
    if found.dimension == 0:
        return _near(found, frame, margin)
    pixels = found.with_vertices(to_pixels(found.vertices, frame))
    return _clipped(pixels, frame, margin + GUARD)


def _near(points: Ragged, frame: Frame, margin: float) -> Ragged:
    """Return points in pixels, without those outside the picture and its margin."""
    pixels = points.with_vertices(to_pixels(points.vertices, frame))
    reach = np.array([frame.size.width, frame.size.height]) + margin
    near = ((pixels.vertices >= -margin) & (pixels.vertices <= reach)).all(axis=1)
    return pixels if near.all() else pixels.take_parts(np.flatnonzero(near).astype(np.int64))


def _clipped(pixels: Ragged, frame: Frame, guard: float) -> Ragged:
    """Return the geometries with the parts that reach beyond the guard clipped to it."""
    if len(pixels.rows) == 0:
        return pixels
    box = (-guard, -guard, frame.size.width + guard, frame.size.height + guard)
    ends = pixels.rings[pixels.parts]
    over = reaching_beyond(pixels.vertices, ends, box)
    if not over.any():
        return pixels
    # From the begin of each such part to its end, and on to the next.
    edges = np.column_stack([ends[:-1][over], ends[1:][over]]).ravel()
    edges = edges[: len(edges) - (edges[-1] == len(pixels.vertices))]
    low = np.minimum.reduceat(pixels.vertices, edges, axis=0)[::2]
    high = np.maximum.reduceat(pixels.vertices, edges, axis=0)[::2]
    meets = ((high >= box[:2]) & (low <= box[2:])).all(axis=1)
    kept = pixels.take_parts(np.flatnonzero(~over).astype(np.int64))
    if not meets.any():
        return kept
    crossing = pixels.take_parts(np.flatnonzero(over)[meets].astype(np.int64))
    if pixels.dimension == 1:
        return join(kept, clipped_lines(crossing, box))
    cut = clipped(crossing.part_geometries(), box)
    # Rings that turned round with the y axis must all run the same way: opposite ones cancel out in one path.
    return join(kept, ragged_of(cut, crossing.rows, pixels.dimension).backwards())
