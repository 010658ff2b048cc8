"""Geometries that a person types or pastes: Esri JSON, GeoJSON, WKT, or bare coordinates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from mapexplorer.explorer.outlines import Shape
from mapexplorer.protocol import Envelope, Multipoint, Polygon, Polyline, SpatialReference
from mapexplorer.protocol import Point as PointGeometry
from mapexplorer.protocol.geometry import MAXIMUM_VERTICES, parse_geometry
from mapexplorer.protocol.model import ValueFaults
from mapexplorer.protocol.numerals import shorten, write_number
from mapexplorer.protocol.strict_json import dumps, loads

_SIDES = "xmin, ymin, xmax, ymax"
FORMS = f"Esri JSON, GeoJSON, WKT, or {_SIDES}"
WGS_84 = SpatialReference.of(4326)

_GEOJSON = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
    | {"Feature", "FeatureCollection"}
)
_ESRI = {
    "rings": "esriGeometryPolygon",
    "paths": "esriGeometryPolyline",
    "points": "esriGeometryMultipoint",
    "xmin": "esriGeometryEnvelope",
    "x": "esriGeometryPoint",
}
_NUMBERS = re.compile(r"[\s,;]*([-+0-9.eE]+(?:[\s,;]+[-+0-9.eE]+)*)[\s,;]*")
_EWKT = re.compile(r"\s*SRID\s*=\s*(\d{1,9})\s*;\s*", re.IGNORECASE)
_CRS_NAME = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:{1,2}(?:[0-9.]*:)?(\d{1,9})", re.IGNORECASE)


def read_geometry(text: str, reference: SpatialReference | None) -> Shape:
    """Read a geometry; its coordinates are in its own spatial reference where the text names one.

    Otherwise they are in `reference`, but those of GeoJSON are degrees (RFC 7946). Raises ValueError with one
    sentence.

    >>> read_geometry("POINT (8 47)", SpatialReference.of(4326)).x
    8.0
    """
    text = text.strip()
    if not text:
        raise ValueError(f"Expected {FORMS}.")
    try:
        if text.startswith("{"):
            return _of_json(loads(text, what="the geometry"), reference)
        numbers = _NUMBERS.fullmatch(text)
        if numbers is not None:
            return _of_numbers([float(part) for part in re.split(r"[\s,;]+", numbers[1])], reference)
        return _of_wkt(text, reference)
    except ValueFaults as faults:
        first = ValueFaults(faults.faults[:1])
        raise ValueError(f"This is no complete geometry: {first}.") from None
    except RecursionError:
        raise ValueError("This nests too deep to be a geometry.") from None


def write_geometry(geometry: Shape) -> str:
    """The Esri JSON of a geometry, without its spatial reference; numbers as short as they can be."""
    body = geometry.to_json()
    body.pop("spatialReference", None)
    return dumps(_short(body))


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list | tuple) else value


def describe(geometry: Shape) -> str:
    """A few words about a geometry: what it is, and where it begins and ends."""
    shape = _loose(geometry)
    count = int(shapely.get_num_coordinates(shape))
    west, south, east, north = (_brief(side) for side in shapely.bounds(shape))
    if isinstance(geometry, PointGeometry):
        return f"Point at {west}, {south}"
    if isinstance(geometry, Envelope):
        return f"Rectangle, x {west} … {east}, y {south} … {north}"
    what = {Polygon: "Polygon", Polyline: "Line", Multipoint: "Points"}[type(geometry)]
    return f"{what} of {count:,} points, x {west} … {east}, y {south} … {north}"


def seem_degrees(geometry: Shape) -> bool:
    """Whether coordinates in metres or feet are so small that longitudes and latitudes may be meant."""
    from mapexplorer.service.projection import UnknownSpatialReference, crs_of

    reference = geometry.spatial_reference
    west, south, east, north = shapely.bounds(_loose(geometry))
    if reference is None or not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        return False
    try:
        return not crs_of(reference).is_geographic
    except UnknownSpatialReference:
        return False


def _brief(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else write_number(round(number, 4))


def _loose(geometry: Shape) -> shapely.Geometry:
    if isinstance(geometry, PointGeometry):
        return shapely.Point(geometry.x, geometry.y)
    if isinstance(geometry, Envelope):
        return shapely.box(geometry.xmin, geometry.ymin, geometry.xmax, geometry.ymax)
    if isinstance(geometry, Multipoint):
        return shapely.MultiPoint(geometry.points)
    parts = geometry.rings if isinstance(geometry, Polygon) else geometry.paths
    return shapely.MultiLineString([list(part) for part in parts])


def _of_numbers(numbers: Sequence[float], reference: SpatialReference | None) -> Shape:
    if len(numbers) == 2:
        point = dict(zip("xy", numbers, strict=True))
        return parse_geometry({**point, **_said(reference)}, "esriGeometryPoint")
    if len(numbers) == 4:
        sides = dict(zip(("xmin", "ymin", "xmax", "ymax"), numbers, strict=True))
        return parse_geometry({**sides, **_said(reference)}, "esriGeometryEnvelope")
    raise ValueError(
        f"Expected two numbers for a point or four for a rectangle ({_SIDES}), not {len(numbers)}."
    )


def _of_json(value: Any, reference: SpatialReference | None) -> Shape:
    if isinstance(value.get("type"), str) and value["type"] in _GEOJSON:
        own = _crs_of_geojson(value) or WGS_84
        return _of_shape(_of_geojson(value), own)
    if isinstance(value.get("geometry"), Mapping):
        value = value["geometry"]  # an Esri feature
    for key, kind in _ESRI.items():
        if key in value:
            if reference is not None and value.get("spatialReference") is None:
                value = {**value, "spatialReference": reference.as_given()}
            return parse_geometry(value, kind)
    raise ValueError(f"This JSON is no geometry; expected {FORMS}.")


def _crs_of_geojson(value: Mapping[str, Any]) -> SpatialReference | None:
    crs = value.get("crs")
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    found = _CRS_NAME.fullmatch(name.strip()) if isinstance(name, str) else None
    return SpatialReference.of(found[1]) if found else None


def _of_geojson(value: Mapping[str, Any]) -> shapely.Geometry:
    if value["type"] == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list) or len(features) != 1 or not isinstance(features[0], Mapping):
            count = len(features) if isinstance(features, list) else 0
            raise ValueError(f"Expected one feature, not a collection of {count}.")
        value = features[0]
    if value.get("type") == "Feature":
        geometry = value.get("geometry")
        if not isinstance(geometry, Mapping):
            raise ValueError("This feature has no geometry.")
        value = geometry
    try:
        return shapely.from_geojson(dumps(dict(value)))
    except (shapely.GEOSException, ValueError):
        raise ValueError("This GeoJSON is not a complete geometry.") from None


def _of_wkt(text: str, reference: SpatialReference | None) -> Shape:
    named = _EWKT.match(text)
    if named is not None:
        reference, text = SpatialReference.of(named[1]), text[named.end() :]
    try:
        shape = shapely.from_wkt(text)
    except (shapely.GEOSException, ValueError, TypeError):
        raise ValueError(f"{shorten(text)} is no geometry; expected {FORMS}.") from None
    return _of_shape(shape, reference)


def _of_shape(shape: shapely.Geometry | None, reference: SpatialReference | None) -> Shape:
    if shape is None or shape.is_empty:
        raise ValueError("The geometry is empty.")
    if shapely.get_num_coordinates(shape) > MAXIMUM_VERTICES:
        raise ValueError(f"The geometry has more than {MAXIMUM_VERTICES:,} points.")
    shape = shapely.force_2d(shape)
    parts = shapely.get_parts(shape)
    kind = shape.geom_type.removeprefix("Multi")
    if kind == "Polygon":
        rings = [shapely.get_coordinates(ring).tolist() for part in parts for ring in shapely.get_rings(part)]
        return parse_geometry({"rings": rings, **_said(reference)}, "esriGeometryPolygon")
    if kind in ("LineString", "LinearRing"):
        paths = [shapely.get_coordinates(part).tolist() for part in parts]
        return parse_geometry({"paths": paths, **_said(reference)}, "esriGeometryPolyline")
    if shape.geom_type == "Point":
        return parse_geometry({"x": shape.x, "y": shape.y, **_said(reference)}, "esriGeometryPoint")
    if kind == "Point":
        points = shapely.get_coordinates(shape).tolist()
        return parse_geometry({"points": points, **_said(reference)}, "esriGeometryMultipoint")
    raise ValueError("A collection of different geometries cannot be used; expected one kind.")


def _said(reference: SpatialReference | None) -> dict[str, Any]:
    return {} if reference is None else {"spatialReference": reference.as_given()}
