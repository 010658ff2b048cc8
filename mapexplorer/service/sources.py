"""Read feature sources: GeoJSON, GeoPackage, GeoParquet and Shapefile, each file and layer once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from mapexplorer.service.expressions.values import Columns
from mapexplorer.service.fields import OBJECT_ID, FieldInfo, columns_of, describe, tidy

if TYPE_CHECKING:
    import geopandas

SUFFIXES: Final = frozenset({".geojson", ".json", ".gpkg", ".parquet", ".geoparquet", ".shp"})

POINT: Final = "esriGeometryPoint"
MULTIPOINT: Final = "esriGeometryMultipoint"
POLYLINE: Final = "esriGeometryPolyline"
POLYGON: Final = "esriGeometryPolygon"

_TYPES: Final = {0: POINT, 1: POLYLINE, 2: POLYLINE, 3: POLYGON, 4: MULTIPOINT, 5: POLYLINE, 6: POLYGON}
MIXED: Final = "mixed"
"""The geometry type of a source that holds several kinds and must be taken apart before it is a layer."""
_NAMES: Final = {"point": POINT, "multipoint": MULTIPOINT, "linestring": POLYLINE, "polygon": POLYGON}


class SourceProblem(ValueError):  # noqa: N818 - errors are named after causes
    """A source that cannot be read or drawn, in one sentence."""


@dataclass(frozen=True, eq=False)
class FeatureSource:
    """What a source holds: attributes (rows numbered from 0), geometries, their type and their CRS (None:
    none given).

    The table has an OBJECTID column 1…n unless the file brings its own; `hidden` names columns that are no
    fields unless a layer makes one its object id.
    """

    table: pd.DataFrame
    geometry: npt.NDArray[np.object_]
    geometry_type: str | None
    crs: Any
    hidden: frozenset[str]

    def fields(self, object_id_field: str) -> tuple[FieldInfo, ...]:
        """Return the fields for a layer whose object ids stand in that column."""
        hidden = self.hidden if object_id_field == OBJECT_ID else self.hidden | {OBJECT_ID}
        return describe(self.table, object_id_field, hidden)

    def by_kind(self) -> dict[str, FeatureSource]:
        """Return the source itself under an empty name, or points, lines and areas where they are mixed."""
        if self.geometry_type != MIXED:
            return {"": self}
        kinds = np.array([_TYPES.get(number, "") for number in shapely.get_type_id(self.geometry)])
        parts = {}
        for name, types in (("points", (POINT, MULTIPOINT)), ("lines", (POLYLINE,)), ("areas", (POLYGON,))):
            chosen = np.isin(kinds, types)
            if chosen.any():
                table = self.table[chosen].reset_index(drop=True)
                geometry = self.geometry[chosen]
                kind = _geometry_type(geometry, "")
                parts[name] = FeatureSource(table, geometry, kind, self.crs, self.hidden)
        return parts

    def columns(self) -> Columns:
        """Return all columns for expressions."""
        fields = describe(self.table, OBJECT_ID, frozenset())
        return columns_of(self.table, fields)


def read_source(path: Path, layer: str | None, *, alone: bool = False) -> FeatureSource:
    """Read one layer of a file. Raises `SourceProblem`.

    GeoJSON without a `crs` member names no spatial reference: in a map document it is in that of the map.
    `alone`, without a map document, it is in degrees (RFC 7946), unless its numbers cannot be degrees, and
    the source may be mixed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SourceProblem(f"{path.name} is no GeoJSON, GeoPackage, GeoParquet or Shapefile")
    if not path.is_file():
        raise SourceProblem(f"there is no file {path.name}")
    try:
        if suffix in (".parquet", ".geoparquet"):
            return _read_parquet(path, layer, alone)
        return _read_with_gdal(path, layer, alone)
    except SourceProblem:
        raise
    except Exception as error:
        raise SourceProblem(f"{path.name} cannot be read: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _read_parquet(path: Path, layer: str | None, alone: bool) -> FeatureSource:
    import geopandas

    if layer is not None:
        raise SourceProblem(f"a GeoParquet file has no layers, but layer {layer!r} is asked for")
    return source_of(geopandas.read_parquet(path), mixed=alone)


def _read_with_gdal(path: Path, layer: str | None, alone: bool) -> FeatureSource:
    import pyogrio

    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(names) > 1:
        raise SourceProblem(f"{path.name} holds several layers, name one: {', '.join(names[:20])}")
    if layer is not None and layer not in names:
        raise SourceProblem(f"{path.name} has no layer {layer!r}, only {', '.join(names[:20])}")
    info = pyogrio.read_info(path, layer=layer)
    fid = info.get("fid_column") or None
    frame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=fid is not None)
    if "geometry" not in frame.columns:
        raise SourceProblem(f"{path.name} holds a table without geometries")
    hidden: frozenset[str] = frozenset()
    if fid is not None and fid not in frame.columns:
        frame.insert(0, fid, frame.index.to_numpy())
        hidden = frozenset({fid})
    declared = str(info.get("geometry_type") or "")
    source = source_of(frame, hidden=hidden, declared=declared, mixed=alone)
    if (
        path.suffix.lower() in (".geojson", ".json")
        and not _names_crs(path)
        and not (alone and in_degrees(source.geometry))
    ):
        return FeatureSource(source.table, source.geometry, source.geometry_type, None, hidden)
    return source


def in_degrees(geometry: npt.NDArray[np.object_]) -> bool:
    """Tell whether all coordinates could be longitudes and latitudes; nothing at all could be."""
    xmin, ymin, xmax, ymax = shapely.total_bounds(geometry) if len(geometry) else (0, 0, 0, 0)
    return not (max(abs(xmin), abs(xmax)) > 360 or max(abs(ymin), abs(ymax)) > 90)


def _names_crs(path: Path) -> bool:
    """Tell whether a GeoJSON file has a crs member, which is an object beside the features."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if re.search(r'"crs"\s*:\s*\{', text) is None:
        return False
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return isinstance(top, dict) and isinstance(top.get("crs"), dict)


def source_of(
    frame: geopandas.GeoDataFrame,
    *,
    hidden: frozenset[str] = frozenset(),
    declared: str = "",
    mixed: bool = False,
) -> FeatureSource:
    """Return the source of a GeoDataFrame. Raises `SourceProblem` for geometries a layer cannot hold.

    With `mixed`, points, lines and polygons may stand together.
    """
    geometry = _flat(np.array(frame.geometry.array, dtype=object))
    table = tidy(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    if OBJECT_ID not in table.columns:
        table.insert(0, OBJECT_ID, np.arange(1, len(table) + 1, dtype=np.int64))
    kind = _geometry_type(geometry, declared, mixed)
    return FeatureSource(table, geometry, kind, frame.crs, hidden)


def _flat(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return geometries without heights and measures, None for empty ones; those that are flat themselves."""
    high = shapely.get_coordinate_dimension(geometry) > 2
    if high.any():
        geometry[high] = shapely.force_2d(geometry[high])
    geometry[shapely.is_empty(geometry)] = None
    return geometry


def _geometry_type(geometry: npt.NDArray[np.object_], declared: str, mixed: bool = False) -> str | None:
    present = set(np.unique(shapely.get_type_id(geometry)).tolist()) - {-1}
    if present - set(_TYPES):
        raise SourceProblem("geometry collections cannot be drawn")
    found = {_TYPES[number] for number in present}
    if found == {POINT, MULTIPOINT}:
        return MULTIPOINT
    if len(found) > 1 and mixed:
        return MIXED
    if len(found) > 1:
        raise SourceProblem("points, lines and polygons stand in one layer; a layer holds one of these kinds")
    if found:
        return found.pop()
    word = declared.lower().replace("multilinestring", "linestring").replace("multipolygon", "polygon")
    return _NAMES.get(word.split()[0] if word else "")
