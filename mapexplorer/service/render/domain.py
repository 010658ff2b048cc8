"""Projecting geometries without streaks: seams, poles and singular points of a projection are cut out.

Most features are projected in one call over the whole coordinate array. A part is suspicious when a vertex
has no finite image, when the middle of a long projected edge lies elsewhere than halfway (the edge jumps
over a seam), or when a ring changes its sense (it went round a singular point, and would fill the
outside). Such parts are cut along the seam where it is known, else into ever smaller cells until every
piece is sound; the cells that never are vanish.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from mapexplorer.service.datum import Change
from mapexplorer.service.projection import METRES_PER_DEGREE, metres_per_unit, same_crs
from mapexplorer.service.render.ragged import Flags, Floats, Geometries, Indices, Ragged, join, ragged_of
from mapexplorer.service.worlds import central_meridian

FARTHEST: Final = 1e12
"""Projected coordinates beyond this are taken as infinite: they occur only at singular points."""
LONGEST_EDGE_DEGREES: Final = 1.0
"""Longer edges get vertices in between, so that they bend with the projection."""
SUSPICIOUS_EDGE_METRES: Final = 300_000.0
LARGEST_BOW_METRES: Final = 100_000.0
POLE_MARGIN_DEGREES: Final = 0.1
SEAM_MARGIN_DEGREES: Final = 1e-7
MOST_CELLS: Final = 600
CELL_DEPTH: Final = 9
OFF_CENTRE: Final = 0.4837
"""Where cells are divided: not in the middle, on which straight lines of a graticule like to lie."""


def projected(ragged: Ragged, source: CRS, target: CRS) -> Ragged:
    """Return the geometries in another reference system; what has no place there is left out."""
    return changed(ragged, Change(source, target))


def changed(ragged: Ragged, change: Change) -> Ragged:
    """Return the geometries projected the way a change says; what has no place there is left out."""
    if same_crs(change.source, change.target):
        return _finite(ragged) if ragged.dimension == 0 else ragged
    if ragged.dimension == 0:
        return _finite(ragged.with_vertices(_transform(ragged.vertices, change)))
    longest = LONGEST_EDGE_DEGREES * METRES_PER_DEGREE / metres_per_unit(change.source)
    dense = densified(ragged, longest)
    image = dense.with_vertices(_transform(dense.vertices, change))
    bad = _unsound_parts(dense, image, change)
    if not bad.any():
        return image
    good = image.take_parts(np.flatnonzero(~bad).astype(np.int64))
    broken = dense.take_parts(np.flatnonzero(bad).astype(np.int64))
    return join(good, _repaired(broken, change, longest))


def _finite(points: Ragged) -> Ragged:
    sound = (np.abs(points.vertices) < FARTHEST).all(axis=1)
    return points if sound.all() else points.take_parts(np.flatnonzero(sound).astype(np.int64))


def _transform(vertices: Floats, change: Change) -> Floats:
    """Project (n, 2) coordinates; infinite where PROJ has no answer."""
    try:
        x, y = change.transform(vertices[:, 0], vertices[:, 1])
    except ProjError:
        return np.full_like(vertices, np.inf)
    return np.column_stack([x, y])


def densified(ragged: Ragged, longest: float) -> Ragged:
    """Return lines or rings with equally spaced vertices put into edges longer than ``longest``."""
    step = np.diff(ragged.vertices, axis=0, append=ragged.vertices[-1:])
    if len(ragged.rings) > 1:
        step[ragged.rings[1:] - 1] = 0
    with np.errstate(invalid="ignore"):
        pieces = np.ceil(np.hypot(step[:, 0], step[:, 1]) / longest)
    pieces = np.clip(np.nan_to_num(pieces, nan=1.0, posinf=1.0), 1, 10_000).astype(np.int64)
    return divided(ragged, pieces)


def divided(ragged: Ragged, pieces: Indices) -> Ragged:
    """Return lines or rings with the edge after each vertex divided into so many pieces; 1 where none is."""
    if (pieces == 1).all():
        return ragged
    step = np.diff(ragged.vertices, axis=0, append=ragged.vertices[-1:])
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(pieces)])
    at = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(starts[-1]) - starts[at]) / pieces[at]
    vertices = ragged.vertices[at] + step[at] * share[:, None]
    return Ragged(ragged.dimension, vertices, starts[ragged.rings], ragged.parts, ragged.rows)


def _unsound_parts(dense: Ragged, image: Ragged, change: Change) -> Flags:
    """Return which parts did not survive the projection in one piece."""
    lost: Flags = np.asarray(~(np.abs(image.vertices) < FARTHEST).all(axis=1))
    start, end = image.vertices[:-1], image.vertices[1:]
    inside = np.ones(max(len(image.vertices) - 1, 0), dtype=bool)
    inside[image.rings[1:-1] - 1] = False
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.hypot(*(end - start).T)
        long = np.flatnonzero(inside & (length > SUSPICIOUS_EDGE_METRES / metres_per_unit(change.target)))
        if len(long):
            middle = _transform((dense.vertices[long] + dense.vertices[long + 1]) / 2, change)
            bow = LARGEST_BOW_METRES / metres_per_unit(change.target)
            lost[long[_leaps(start[long], end[long], middle, bow)]] = True
    vertex_ring = np.repeat(np.arange(len(image.rings) - 1), np.diff(image.rings))
    ring_part = np.repeat(np.arange(len(image.parts) - 1), np.diff(image.parts))
    bad = np.zeros(len(image.rows), dtype=bool)
    bad[ring_part[vertex_ring[lost]]] = True
    if dense.dimension == 2:
        bad[ring_part[_turned(dense, image)]] = True
    return bad


def _leaps(start: Floats, end: Floats, middle: Floats, bow: float) -> Flags:
    """Return which edges do not pass by the projected middle of what they stand for, by more than ``bow``.

    The middle may lie anywhere along the edge, because scales grow without bound towards some poles.
    """
    edge, way = end - start, middle - start
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        square = (edge**2).sum(axis=1)
        along = (edge * way).sum(axis=1) / square
        aside = np.abs(edge[:, 0] * way[:, 1] - edge[:, 1] * way[:, 0]) / square
        near = (aside < 0.005) | ((aside < 0.08) & (aside * np.sqrt(square) < bow))
        passed: Flags = (along > 0.02) & (along < 0.98) & near
    return ~passed


def _turned(dense: Ragged, image: Ragged) -> Flags:
    """Return which rings changed their sense of rotation."""
    before, after = _signed_area(dense), _signed_area(image)
    with np.errstate(invalid="ignore"):
        flipped: Flags = np.sign(before) * np.sign(after) < 0
    return flipped


def _signed_area(ragged: Ragged) -> Floats:
    """Return twice the signed area of each ring, from coordinates relative to its first vertex."""
    with np.errstate(invalid="ignore", over="ignore"):
        origin = np.repeat(ragged.vertices[ragged.rings[:-1]], np.diff(ragged.rings), axis=0)
        x, y = (ragged.vertices - origin).T
        cross = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    cross[ragged.rings[1:] - 1] = 0.0
    return np.add.reduceat(cross, ragged.rings[:-1])


def _repaired(broken: Ragged, change: Change, longest: float) -> Ragged:
    """Return parts cut along the seam and into cells, until every piece is sound or too small to matter."""
    halves = [_cut_along_seam(part, change) for part in broken.part_geometries()]
    pieces = _geometries(half for cut in halves for half in cut)
    owners = np.repeat(np.arange(len(halves)), [len(cut) for cut in halves])
    sound: list[list[shapely.Geometry]] = [[] for _ in halves]
    for _ in range(CELL_DEPTH):
        filled = ~shapely.is_empty(pieces)
        pieces, owners = pieces[filled], owners[filled]
        if len(pieces) == 0:
            break
        whole, unsound = _projected_pieces(pieces, broken.dimension, change, longest)
        for number, geometry in whole:
            sound[owners[number]].append(geometry)
        cells = [_quarters(piece, longest / 1000) for piece in pieces[unsound][:MOST_CELLS]]
        owners = np.repeat(owners[unsound][:MOST_CELLS], 4)
        pieces = _geometries(quarter for four in cells for quarter in four)
    if broken.dimension == 2:
        sound = [_merged(found) for found in sound]
    rows = np.repeat(broken.rows, [len(found) for found in sound])
    return ragged_of(_geometries(piece for found in sound for piece in found), rows, broken.dimension)


def _geometries(items: Iterable[shapely.Geometry]) -> Geometries:
    found = list(items)
    geometries: Geometries = np.empty(len(found), dtype=object)
    geometries[:] = found
    return geometries


def _projected_pieces(
    pieces: Geometries, dimension: int, change: Change, longest: float
) -> tuple[list[tuple[int, shapely.Geometry]], Flags]:
    """Return the projected parts of the sound pieces with the numbers of these, and which pieces are
    unsound."""
    unsound = np.zeros(len(pieces), dtype=bool)
    dense = densified(ragged_of(pieces, dimension=dimension), longest)
    if len(dense.rows) == 0:
        return [], unsound
    image = dense.with_vertices(_transform(dense.vertices, change))
    unsound[dense.rows[_unsound_parts(dense, image, change)]] = True
    kept = image.take_parts(np.flatnonzero(~unsound[image.rows]).astype(np.int64))
    return list(zip(kept.rows.tolist(), kept.part_geometries(), strict=True)), unsound


def _cut_along_seam(part: shapely.Geometry, change: Change) -> list[shapely.Geometry]:
    """Cut a part in degrees along the meridian opposite to the projection's centre, and off the poles."""
    if not change.source.is_geographic:
        return [part]
    west, _, east, _ = part.bounds
    limit = 90 - POLE_MARGIN_DEGREES
    seam = central_meridian(change.target) + 180
    seams = [meridian for meridian in (seam - 720, seam - 360, seam, seam + 360) if west <= meridian <= east]
    margin = SEAM_MARGIN_DEGREES
    return [
        _clip(part, (left + margin, -limit, right - margin, limit))
        for left, right in pairwise((west - 1, *seams, east + 1))
    ]


def _clip(geometry: shapely.Geometry, box: tuple[float, float, float, float]) -> shapely.Geometry:
    """Return a geometry clipped to a box; nothing of a degenerate one that GEOS cannot clip."""
    try:
        return shapely.clip_by_rect(geometry, *box)
    except shapely.GEOSException:
        return shapely.Polygon()


def _quarters(piece: shapely.Geometry, rim: float) -> list[shapely.Geometry]:
    """Cut a piece in four; the envelope is widened by ``rim``, because that of a straight line has no
    area."""
    west, south, east, north = piece.bounds
    west, south, east, north = west - rim, south - rim, east + rim, north + rim
    x, y = west + (east - west) * OFF_CENTRE, south + (north - south) * OFF_CENTRE
    return [
        _clip(piece, box)
        for box in ((west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north))
    ]


def _merged(pieces: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """Join the cells of one polygon again, so that their borders are not drawn as outlines."""
    if len(pieces) < 2:
        return pieces
    cells = _geometries(pieces)
    valid = shapely.is_valid(cells)
    try:
        return [shapely.union_all(cells[valid]), *cells[~valid]]
    except shapely.GEOSException:
        return pieces
