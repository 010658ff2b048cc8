"""The geometry that features are searched with: read from its several spellings, compared with theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from mapexplorer.protocol import Extent, SpatialReference, strict_json
from mapexplorer.protocol.geometry import GEOMETRY_TYPES, parse_geometry
from mapexplorer.protocol.numerals import parse_number, shorten
from mapexplorer.protocol.spatial_filter import SpatialRelation
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.projection import crs_of, same_crs, transformer
from mapexplorer.service.render.domain import projected
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.time_limit import check_time

Rows = npt.NDArray[np.int64]

_BATCH: Final = 20_000
_BARE_POINT: Final = re.compile(r"\{\s*x\s*:([^,{}]{1,60}),\s*y\s*:([^,{}]{1,60})\}")
"""A point as QGIS writes it, without quotes."""

_PREDICATES: Final[dict[SpatialRelation, Callable[..., Any]]] = {
    SpatialRelation.INTERSECTS: shapely.intersects,
    SpatialRelation.CONTAINS: shapely.contains,
    SpatialRelation.WITHIN: shapely.within,
    SpatialRelation.CROSSES: shapely.crosses,
    SpatialRelation.OVERLAPS: shapely.overlaps,
    SpatialRelation.TOUCHES: shapely.touches,
}
_BY_ENVELOPE: Final = (SpatialRelation.ENVELOPE_INTERSECTS, SpatialRelation.INDEX_INTERSECTS)


@dataclass(frozen=True)
class SearchShape:
    """A geometry to search with, and the reference system of its coordinates."""

    geometry: shapely.Geometry
    crs: CRS

    def widened(self, distance: float) -> SearchShape:
        """Return the shape with everything within a distance of it."""
        return self if distance == 0 else SearchShape(shapely.buffer(self.geometry, distance), self.crs)

    def in_system(self, crs: CRS) -> shapely.Geometry | None:
        """Return the geometry in another system, densified on the way; None when it cannot be there."""
        if same_crs(self.crs, crs):
            return self.geometry
        if shapely.get_dimensions(self.geometry) == 0:
            moved = shapely.transform(self.geometry, _change(self.crs, crs))
            return moved if np.isfinite(shapely.get_coordinates(moved)).all() else None
        pieces = projected(
            ragged_of(np.array([self.geometry], dtype=object)), self.crs, crs
        ).part_geometries()
        if len(pieces) == 0:
            return None
        return pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)


def _change(source: CRS, target: CRS) -> Callable[[Any], Any]:
    change = transformer(source, target)
    return lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1]))


def read_shape(
    text: str, geometry_type: str, reference: SpatialReference | None, default: CRS
) -> SearchShape:
    """Read the geometry of a request.

    JSON of a type, or `x,y` for a point and `xmin,ymin,xmax,ymax` for an envelope. Its spatial reference is
    the one given beside it, else its own, else that of the map. Raises ValueError.
    """
    value = _value(text, geometry_type)
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if key not in ("hasZ", "hasM")}
    geometry = parse_geometry(value, geometry_type)
    own = reference or geometry.spatial_reference
    crs = default if own is None else crs_of(own)
    shape = _shape(geometry)
    if not shapely.is_valid(shape):
        raise ValueError("the geometry crosses itself")
    return SearchShape(shape, crs)


def _value(text: str, geometry_type: str) -> Any:
    if geometry_type not in GEOMETRY_TYPES:
        raise ValueError(f"expected a geometry of one of {', '.join(GEOMETRY_TYPES)}")
    bare = _BARE_POINT.fullmatch(text)
    if bare is not None:
        return {"x": parse_number(bare[1]), "y": parse_number(bare[2])}
    if text.startswith("{"):
        return strict_json.loads(text, what="the geometry")
    numbers = [parse_number(part) for part in text.split(",", 5)]
    if geometry_type == "esriGeometryPoint" and len(numbers) == 2:
        return {"x": numbers[0], "y": numbers[1]}
    if geometry_type == "esriGeometryEnvelope" and len(numbers) == 4:
        extent = Extent.of(numbers)
        return {"xmin": extent.xmin, "ymin": extent.ymin, "xmax": extent.xmax, "ymax": extent.ymax}
    raise ValueError(f"expected a geometry as JSON, not {shorten(text)}")


def _shape(geometry: Any) -> shapely.Geometry:
    match geometry.geometry_type:
        case "esriGeometryPoint":
            return shapely.Point(geometry.x, geometry.y)
        case "esriGeometryMultipoint":
            return shapely.MultiPoint(geometry.points)
        case "esriGeometryPolyline":
            return shapely.MultiLineString([list(path) for path in geometry.paths])
        case "esriGeometryEnvelope":
            return _box(geometry.xmin, geometry.ymin, geometry.xmax, geometry.ymax)
    rings = [shapely.Polygon(ring) for ring in geometry.rings]
    if not all(shapely.is_valid(ring) for ring in rings):
        raise ValueError("a ring of the polygon crosses itself")
    return reduce(shapely.symmetric_difference, rings)


def _box(xmin: float, ymin: float, xmax: float, ymax: float) -> shapely.Geometry:
    """Return a rectangle, which may be as thin as a line or a point."""
    if xmin == xmax and ymin == ymax:
        return shapely.Point(xmin, ymin)
    if xmin == xmax or ymin == ymax:
        return shapely.LineString([(xmin, ymin), (xmax, ymax)])
    return shapely.box(xmin, ymin, xmax, ymax)


def matching(
    layer: FeatureLayer,
    rows: Rows,
    shape: SearchShape,
    relation: SpatialRelation = SpatialRelation.INTERSECTS,
    pattern: str | None = None,
) -> Rows:
    """Return those of the rows whose geometry stands in the relation to the shape, read shape → feature.

    Compared in the plane of the layer's own system; features without a geometry never match.
    """
    own = shape.in_system(layer.crs)
    if own is None or shapely.is_empty(own) or len(rows) == 0:
        return rows[:0]
    geometries = layer.shapes.geometry
    bounds = layer.shapes.noted("bounds", lambda: shapely.bounds(geometries))[rows]
    xmin, ymin, xmax, ymax = shapely.bounds(own)
    # Missing geometries have bounds that are no numbers, which no comparison holds for.
    near = (bounds[:, 0] <= xmax) & (bounds[:, 2] >= xmin) & (bounds[:, 1] <= ymax) & (bounds[:, 3] >= ymin)
    if relation is SpatialRelation.RELATION:
        near = np.isfinite(bounds[:, 0])
    candidates: Rows = rows[near]
    if relation in _BY_ENVELOPE:
        return candidates
    shapely.prepare(own)
    kept = []
    for low in range(0, len(candidates), _BATCH):
        check_time()
        batch = candidates[low : low + _BATCH]
        if relation is SpatialRelation.RELATION:
            holds = shapely.relate_pattern(own, geometries[batch], pattern or "*********")
        else:
            holds = _PREDICATES[relation](own, geometries[batch])
        kept.append(batch[holds])
    return np.concatenate(kept) if kept else candidates
