"""Projecting geometries without streaks: seams, poles and singular points of a projection are cut out.

Most features are projected in one call over the whole coordinate array. A part is suspicious when a vertex
has no finite image, when the middle of a long projected edge lies elsewhere than halfway (the edge jumps
over a seam), or when a ring changes its sense (it went round a singular point, and would fill the
outside). Such parts are cut along the seam where it is known, else into ever smaller cells until every
piece is sound; the cells that never are vanish.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from mapexplorer.service.projection import METRES_PER_DEGREE, metres_per_unit, same_crs, transformer
from mapexplorer.service.render.ragged import Flags, Floats, Ragged, join, ragged_of

FARTHEST: Final = 1e12
"""Projected coordinates beyond this are taken as infinite: they occur only at singular points."""
LONGEST_EDGE_DEGREES: Final = 1.0
"""Longer edges get vertices in between, so that they bend with the projection."""
SUSPICIOUS_EDGE_METRES: Final = 300_000.0
POLE_MARGIN_DEGREES: Final = 0.1
SEAM_MARGIN_DEGREES: Final = 1e-7
MOST_CELLS: Final = 3_000
CELL_DEPTH: Final = 10
OFF_CENTRE: Final = 0.4837
"""Where cells are divided: not in the middle, on which straight lines of a graticule like to lie."""

Box = tuple[float, float, float, float]


def projected(ragged: Ragged, source: CRS, target: CRS) -> Ragged:
    """Return the geometries in another reference system; what has no place there is left out."""
    if same_crs(source, target):
        return _finite(ragged) if ragged.dimension == 0 else ragged
    if ragged.dimension == 0:
        return _finite(ragged.with_vertices(_transform(ragged.vertices, source, target)))
    longest = LONGEST_EDGE_DEGREES * METRES_PER_DEGREE / metres_per_unit(source)
    dense = densified(ragged, longest)
    image = dense.with_vertices(_transform(dense.vertices, source, target))
    bad = _unsound_parts(dense, image, source, target)
    if not bad.any():
        return image
    good = image.take_parts(np.flatnonzero(~bad).astype(np.int64))
    broken = dense.take_parts(np.flatnonzero(bad).astype(np.int64))
    return join(good, _repaired(broken, source, target, longest))


def _finite(points: Ragged) -> Ragged:
    sound = (np.abs(points.vertices) < FARTHEST).all(axis=1)
    return points if sound.all() else points.take_parts(np.flatnonzero(sound).astype(np.int64))


def _transform(vertices: Floats, source: CRS, target: CRS) -> Floats:
    """Project (n, 2) coordinates; infinite where PROJ has no answer."""
    try:
        x, y = transformer(source, target).transform(vertices[:, 0], vertices[:, 1])
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
    if (pieces == 1).all():
        return ragged
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(pieces)])
    at = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(starts[-1]) - starts[at]) / pieces[at]
    vertices = ragged.vertices[at] + step[at] * share[:, None]
    return Ragged(ragged.dimension, vertices, starts[ragged.rings], ragged.parts, ragged.rows)


def _unsound_parts(dense: Ragged, image: Ragged, source: CRS, target: CRS) -> Flags:
    """Return which parts did not survive the projection in one piece."""
    lost: Flags = np.asarray(~(np.abs(image.vertices) < FARTHEST).all(axis=1))
    start, end = image.vertices[:-1], image.vertices[1:]
    inside = np.ones(max(len(image.vertices) - 1, 0), dtype=bool)
    inside[image.rings[1:-1] - 1] = False
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.hypot(*(end - start).T)
        long = np.flatnonzero(inside & (length > SUSPICIOUS_EDGE_METRES / metres_per_unit(target)))
        if len(long):
            middle = _transform((dense.vertices[long] + dense.vertices[long + 1]) / 2, source, target)
            off = np.hypot(*(middle - (start[long] + end[long]) / 2).T)
            lost[long[~(off < 0.25 * length[long])]] = True
    vertex_ring = np.repeat(np.arange(len(image.rings) - 1), np.diff(image.rings))
    ring_part = np.repeat(np.arange(len(image.parts) - 1), np.diff(image.parts))
    bad = np.zeros(len(image.rows), dtype=bool)
    bad[ring_part[vertex_ring[lost]]] = True
    if dense.dimension == 2:
        bad[ring_part[_turned(dense, image)]] = True
    return bad


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


def _repaired(broken: Ragged, source: CRS, target: CRS, longest: float) -> Ragged:
    pieces: list[shapely.Geometry] = []
    rows: list[int] = []
    for part, row in zip(broken.part_geometries(), broken.rows, strict=True):
        for half in _cut_along_seam(part, source, target):
            for piece in _sound_pieces(half, broken.dimension, source, target, longest):
                pieces.append(piece)
                rows.append(int(row))
    geometries = np.empty(len(pieces), dtype=object)
    geometries[:] = pieces
    return ragged_of(geometries, np.array(rows, dtype=np.int64), broken.dimension)


def _cut_along_seam(part: shapely.Geometry, source: CRS, target: CRS) -> list[shapely.Geometry]:
    """Cut a part in degrees along the meridian opposite to the projection's centre, and off the poles."""
    if not source.is_geographic:
        return [part]
    west, _, east, _ = part.bounds
    limit = 90 - POLE_MARGIN_DEGREES
    seam = _central_meridian(target) + 180
    seams = [meridian for meridian in (seam - 720, seam - 360, seam, seam + 360) if west <= meridian <= east]
    margin = SEAM_MARGIN_DEGREES
    return [
        shapely.clip_by_rect(part, left + margin, -limit, right - margin, limit)
        for left, right in pairwise((west - 1, *seams, east + 1))
    ]


def _central_meridian(target: CRS) -> float:
    operation = target.coordinate_operation
    if operation is None:
        return 0.0
    for parameter in operation.params:
        if parameter.name.startswith("Longitude of") and parameter.unit_name == "degree":
            return float(parameter.value)
    return 0.0


def _sound_pieces(
    geometry: shapely.Geometry, dimension: int, source: CRS, target: CRS, longest: float
) -> list[shapely.Geometry]:
    """Return the projected pieces of a geometry, cut into cells where it does not project in one piece."""
    if geometry.is_empty:
        return []
    xmin, ymin, xmax, ymax = geometry.bounds
    # A little larger, because a straight line along an axis has an envelope without area.
    rim = longest / 1000
    cells: list[tuple[Box, int]] = [((xmin - rim, ymin - rim, xmax + rim, ymax + rim), 0)]
    sound: list[shapely.Geometry] = []
    for _ in range(MOST_CELLS):
        if not cells:
            break
        box, depth = cells.pop()
        piece = geometry if depth == 0 else shapely.clip_by_rect(geometry, *box)
        if piece.is_empty:
            continue
        done, whole = _projected_if_sound(piece, dimension, source, target, longest)
        if whole:
            sound.extend(done)
        elif depth < CELL_DEPTH:
            cells.extend((quarter, depth + 1) for quarter in _quarters(box))
    return _merged(sound) if dimension == 2 else sound


def _projected_if_sound(
    piece: shapely.Geometry, dimension: int, source: CRS, target: CRS, longest: float
) -> tuple[list[shapely.Geometry], bool]:
    ragged = ragged_of(np.array([piece], dtype=object), dimension=dimension)
    if len(ragged.rows) == 0:
        return [], True
    dense = densified(ragged, longest)
    image = dense.with_vertices(_transform(dense.vertices, source, target))
    if _unsound_parts(dense, image, source, target).any():
        return [], False
    return list(image.part_geometries()), True


def _quarters(box: Box) -> tuple[Box, Box, Box, Box]:
    xmin, ymin, xmax, ymax = box
    x, y = xmin + (xmax - xmin) * OFF_CENTRE, ymin + (ymax - ymin) * OFF_CENTRE
    return (xmin, ymin, x, y), (x, ymin, xmax, y), (xmin, y, x, ymax), (x, y, xmax, ymax)


def _merged(pieces: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """Join the cells of one polygon again, so that their borders are not drawn as outlines."""
    if len(pieces) < 2:
        return pieces
    try:
        whole = shapely.union_all(pieces)
    except shapely.GEOSException:
        return pieces
    return [whole]
