"""Geometries of a request: from wire values to shapely, checked, and carried to another reference system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from mapexplorer.protocol import ParameterError
from mapexplorer.protocol.geometry import Envelope, Multipoint, Point, Polygon, Polyline
from mapexplorer.service.datum import Change
from mapexplorer.service.projection import POINTS_PER_EDGE, UnknownSpatialReference, crs_of, same_crs
from mapexplorer.service.render.domain import FARTHEST, changed, divided
from mapexplorer.service.render.ragged import Floats, Ragged, ragged_of
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.worlds import ChangeBeyond, goes_beyond, world_of

RequestGeometry = Point | Multipoint | Polyline | Polygon | Envelope

_MOST_EDGES: Final = 5_000
"""Up to so many edges all are divided on their way to another system; of more only the long ones."""
_SHARE_OF_LONG: Final = 1 / 2_000
_SAME_AREA: Final = 1e-9
_BATCH: Final = 20
_MOST_NODED: Final = 200
"""Vertices up to which a ring is searched for places where it touches the middle of its own edge."""


def crs_of_geometry(geometry: RequestGeometry, map_crs: CRS, place: str) -> CRS:
    """Return the reference system of a geometry, by default that of the map. Raises `ParameterError`."""
    if geometry.spatial_reference is None:
        return map_crs
    try:
        return crs_of(geometry.spatial_reference)
    except UnknownSpatialReference as error:
        raise ParameterError(f"{place}.spatialReference", str(error)) from None


def shape_of(geometry: RequestGeometry, place: str) -> shapely.Geometry:
    """Return a geometry as shapely knows it, polygons by the even-odd rule.

    An envelope without width or height becomes a line or a point. Raises `ParameterError` for a polygon
    whose rings cross themselves or each other, or enclose nothing.
    """
    if isinstance(geometry, Point):
        return shapely.Point(geometry.x, geometry.y)
    if isinstance(geometry, Multipoint):
        return shapely.MultiPoint(geometry.points)
    if isinstance(geometry, Polyline):
        return shapely.MultiLineString([shapely.LineString(path) for path in geometry.paths])
    if isinstance(geometry, Envelope):
        return _rectangle(geometry)
    if max(abs(side) for ring in geometry.rings for vertex in ring for side in vertex) > FARTHEST:
        raise ParameterError(f"{place}.rings", f"expected coordinates of at most {FARTHEST:g}")
    try:
        return _area(geometry.rings)
    except (ValueError, shapely.GEOSException) as error:
        problem = str(error) if isinstance(error, _Crossing) else "its rings enclose no area"
        raise ParameterError(f"{place}.rings", problem) from None


class _Crossing(ValueError):  # noqa: N818 - errors are named after causes
    """A polygon that crosses itself."""


def _rectangle(envelope: Envelope) -> shapely.Geometry:
    sides = (envelope.xmin, envelope.ymin, envelope.xmax, envelope.ymax)
    # Some clients write "everywhere" with the largest numbers there are.
    xmin, ymin, xmax, ymax = (max(-FARTHEST, min(FARTHEST, side)) for side in sides)
    if xmin == xmax and ymin == ymax:
        return shapely.Point(xmin, ymin)
    if xmin == xmax or ymin == ymax:
        return shapely.LineString([(xmin, ymin), (xmax, ymax)])
    return shapely.box(xmin, ymin, xmax, ymax)


def _area(rings: Sequence[Sequence[tuple[float, float]]]) -> shapely.Geometry:
    """Return the area of rings by the even-odd rule. Raises `_Crossing`, and ValueError for no area."""
    loops: list[shapely.Polygon] = []
    for ring in rings:
        own = _loops(ring)
        # A ring that touches itself encloses as much by its winding as by the even-odd rule; one that crosses
        # itself has places round which it runs twice, or in the other sense.
        wound, enclosed = shapely.area([shapely.Polygon(ring), _nested(own)])
        if not np.isclose(wound, enclosed, rtol=_SAME_AREA, atol=0):
            raise _Crossing("a ring crosses itself")
        loops += own
    return _nested(loops)


def _loops(ring: Sequence[tuple[float, float]]) -> list[shapely.Polygon]:
    """Take a ring apart where it comes back to a vertex, into rings that are simple."""
    loops: list[shapely.Polygon] = []
    path: list[tuple[float, float]] = []
    place: dict[tuple[float, float], int] = {}
    for vertex in (*ring, ring[0]):
        if vertex not in place:
            place[vertex] = len(path)
            path.append(vertex)
            continue
        start = place[vertex]
        if len(path) - start > 2:
            loops += _simple(shapely.Polygon(path[start:]))
        for passed in path[start + 1 :]:
            del place[passed]
        del path[start + 1 :]
    if not loops:
        raise ValueError("a ring without an area")
    return loops


def _simple(loop: shapely.Polygon) -> list[shapely.Polygon]:
    if shapely.is_valid(loop):
        return [loop]
    if shapely.get_num_coordinates(loop) > _MOST_NODED:
        raise _Crossing("a ring crosses itself")
    return [part for part in shapely.get_parts(even_odd(loop)) if not part.is_empty]


def _nested(loops: Sequence[shapely.Polygon]) -> shapely.Geometry:
    """Return the area of simple rings by the even-odd rule. Raises `_Crossing` when they cross."""
    if len(loops) < 2:
        return loops[0] if loops else shapely.Polygon()
    tree = shapely.STRtree(loops)
    for start in range(0, len(loops), _BATCH):
        check_time()
        if tree.query(loops[start : start + _BATCH], predicate="overlaps").size:
            raise _Crossing("the rings cross each other")
    edges = shapely.unary_union(shapely.boundary(loops))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    of_face, _ = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    depth = np.bincount(of_face, minlength=len(faces))
    return shapely.union_all(faces[depth % 2 == 1])


def even_odd(loose: shapely.Polygon) -> shapely.Geometry:
    """Return a polygon whose rings may lie in any way as the valid area they enclose by the even-odd rule."""
    if shapely.is_valid(loose):
        return loose
    rings = shapely.get_rings(loose)
    edges = shapely.unary_union(shapely.multilinestrings(rings))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    if len(faces) == 0:
        return shapely.Polygon()
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    passed = np.zeros(len(faces), dtype=np.int64)
    for ring in rings:
        passed += _crossed(shapely.get_coordinates(ring), inner)
    return shapely.union_all(faces[passed % 2 == 1])


def _crossed(ring: Floats, points: Floats) -> npt.NDArray[np.int64]:
    """Return how many edges of a ring a ray to the right crosses from each point."""
    x1, y1 = ring[:-1].T
    x2, y2 = ring[1:].T
    counts = np.zeros(len(points), dtype=np.int64)
    west, south, east, north = x1.min(), y1.min(), x1.max(), y1.max()
    near = (points[:, 0] >= west) & (points[:, 0] <= east) & (points[:, 1] >= south) & (points[:, 1] <= north)
    for number in np.flatnonzero(near).tolist():
        if number % _BATCH == 0:
            check_time()
        x, y = points[number]
        high = (y1 > y) != (y2 > y)
        at = x1[high] + (y - y1[high]) / (y2[high] - y1[high]) * (x2[high] - x1[high])
        counts[number] = np.count_nonzero(at > x)
    return counts


def carried(
    shape: shapely.Geometry, source: CRS, target: CRS, change: Change | None = None
) -> shapely.Geometry:
    """Return a geometry in another reference system, empty where it has no place there.

    Every edge is followed by 21 points between its ends, as extents are. ``change`` tells the way, which is
    the best one PROJ has where none is given.
    """
    if same_crs(source, target):
        return shape
    change = change or Change(source, target)
    world = world_of(source)
    if world is not None and not shapely.is_empty(shape):
        west, _, east, _ = shapely.bounds(shape).tolist()
        if goes_beyond(west, east, source, target):
            change = ChangeBeyond(source, target, change.chain)
        else:
            shape = world.wrapped(shape)
    ragged = ragged_of(np.array([shape], dtype=object))
    if ragged.dimension > 0:
        ragged = divided(ragged, _pieces(ragged))
    image = changed(ragged, change)
    parts = image.part_geometries()
    if len(parts) == 0:
        return shapely.GeometryCollection()
    if image.dimension == 0:
        return shapely.MultiPoint(image.vertices)
    if image.dimension == 1:
        return shapely.MultiLineString(list(parts))
    try:
        return shapely.union_all(np.array([even_odd(part) for part in parts], dtype=object))
    except shapely.GEOSException:
        return shapely.MultiPolygon(list(parts))


def _pieces(ragged: Ragged) -> npt.NDArray[np.int64]:
    """Return into how many pieces the edge after each vertex is divided."""
    step = np.diff(ragged.vertices, axis=0, append=ragged.vertices[-1:])
    step[ragged.rings[1:] - 1] = 0
    length = np.hypot(step[:, 0], step[:, 1])
    pieces = np.where(length > 0, POINTS_PER_EDGE + 1, 1)
    if len(length) > _MOST_EDGES:
        pieces[length < length.sum() * _SHARE_OF_LONG] = 1
    return pieces.astype(np.int64)
