"""Geometries of features on the wire: Esri JSON and GeoJSON, in the spatial reference that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.projection import same_crs, transformer
from mapexplorer.service.render.domain import projected
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.time_limit import check_time

Geometries = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]

_POINT, _MULTIPOINT, _LINES, _POLYGONS = (0,), (4,), (1, 5), (3, 6)
MOST_DIGITS: Final = 15


@dataclass(frozen=True)
class GeometryForm:
    """How geometries are written: their system, the offset they may be simplified by, decimals to keep."""

    crs: CRS
    max_offset: float | None = None
    precision: int | None = None


def geometries_of(layer: FeatureLayer, rows: Rows, form: GeometryForm) -> Geometries:
    """Return the geometries of rows in the system of a form; None where there is none there."""
    geometries: Geometries = layer.shapes.geometry[rows].copy()
    if not same_crs(layer.crs, form.crs):
        geometries = _moved(geometries, layer.crs, form.crs)
    if form.max_offset:
        simple = np.asarray(shapely.simplify(geometries, form.max_offset), dtype=object)
        geometries = np.where(shapely.is_empty(simple), geometries, simple)
    return geometries


def _moved(geometries: Geometries, source: CRS, target: CRS) -> Geometries:
    """Project geometries vertex by vertex; those that reach beyond the target system are cut to it."""
    change = transformer(source, target)

    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    check_time()
    moved = np.asarray(shapely.transform(geometries, move), dtype=object)
    vertices, owner = shapely.get_coordinates(moved, return_index=True)
    beyond = np.unique(owner[~np.isfinite(vertices).all(axis=1)])
    for row in beyond.tolist():
        check_time()
        pieces = projected(ragged_of(geometries[row : row + 1]), source, target).part_geometries()
        moved[row] = _joined(pieces)
    return moved


def _joined(pieces: Geometries) -> shapely.Geometry | None:
    if len(pieces) == 0:
        return None
    if len(pieces) == 1:
        return pieces[0]
    make = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    return make[shapely.get_dimensions(pieces[0])](pieces)


def fitting(layer: FeatureLayer, rows: Rows, most: int) -> int:
    """Return how many of the rows, from the first on, have no more vertices together than that."""
    counts = np.cumsum(shapely.get_num_coordinates(layer.shapes.geometry[rows]))
    return int(np.searchsorted(counts, most, "right"))


def esri_geometries(
    geometries: Geometries, geometry_type: str, precision: int | None
) -> Iterator[dict[str, Any] | None]:
    """Yield geometries as Esri JSON: outer rings clockwise, holes the other way."""
    if geometry_type == "esriGeometryPolygon":
        geometries = np.asarray(shapely.orient_polygons(geometries, exterior_cw=True), dtype=object)
    for number, geometry in enumerate(geometries):
        if number % 256 == 0:
            check_time()
        if geometry is None:
            yield None
        elif geometry_type == "esriGeometryPoint":
            x, y = _places(geometry, precision)[0]
            yield {"x": x, "y": y}
        elif geometry_type == "esriGeometryMultipoint":
            yield {"points": _places(geometry, precision)}
        elif geometry_type == "esriGeometryPolyline":
            yield {"paths": [_places(part, precision) for part in shapely.get_parts(geometry)]}
        else:
            rings = shapely.get_rings(shapely.get_parts(geometry))
            yield {"rings": [_places(ring, precision) for ring in rings]}


def geojson_geometries(geometries: Geometries, precision: int | None) -> Iterator[dict[str, Any] | None]:
    """Yield geometries as GeoJSON: outer rings counter-clockwise (RFC 7946)."""
    polygons = np.isin(shapely.get_type_id(geometries), _POLYGONS)
    if polygons.any():
        geometries = geometries.copy()
        geometries[polygons] = shapely.orient_polygons(geometries[polygons])
    for number, geometry in enumerate(geometries):
        if number % 256 == 0:
            check_time()
        yield None if geometry is None else _geojson(geometry, precision)


def _geojson(geometry: shapely.Geometry, precision: int | None) -> dict[str, Any]:
    kind = shapely.get_type_id(geometry)
    parts: list[Any]
    if kind in _POINT:
        return {"type": "Point", "coordinates": _places(geometry, precision)[0]}
    if kind in _MULTIPOINT:
        return {"type": "MultiPoint", "coordinates": _places(geometry, precision)}
    if kind in _LINES:
        name = "LineString"
        parts = [_places(part, precision) for part in shapely.get_parts(geometry)]
    else:
        name = "Polygon"
        pieces = shapely.get_parts(geometry)
        parts = [[_places(ring, precision) for ring in shapely.get_rings(piece)] for piece in pieces]
    if kind in (5, 6):
        return {"type": f"Multi{name}", "coordinates": parts}
    return {"type": name, "coordinates": parts[0]}


def _places(geometry: shapely.Geometry, precision: int | None) -> list[list[float]]:
    vertices = shapely.get_coordinates(geometry)
    if precision is not None:
        vertices = vertices.round(precision) + 0.0
    places: list[list[float]] = vertices.tolist()
    return places
