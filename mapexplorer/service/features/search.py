"""The geometry that features are searched with: read from its several spellings, compared with theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
from mapexplorer.service.projection import crs_of
from mapexplorer.service.request_geometry import carried, shape_of
from mapexplorer.service.spatial_filter import SpatialTest

Rows = npt.NDArray[np.int64]

_BARE_POINT: Final = re.compile(r"\{\s*x\s*:([^,{}]{1,60}),\s*y\s*:([^,{}]{1,60})\}")
"""A point as QGIS writes it, without quotes."""


@dataclass(frozen=True)
class SearchShape:
    """A geometry to search with, and the reference system of its coordinates."""

    geometry: shapely.Geometry
    crs: CRS

    def widened(self, distance: float, crs: CRS) -> SearchShape:
        """Return the shape with everything within a distance of it, in units of a reference system."""
        own = carried(self.geometry, self.crs, crs)
        return self if shapely.is_empty(own) else SearchShape(shapely.buffer(own, distance), crs)


def read_shape(
    text: str, geometry_type: str, reference: SpatialReference | None, default: CRS
) -> SearchShape:
    """Read the geometry of a request.

    JSON of a type, or `x,y` for a point and `xmin,ymin,xmax,ymax` for an envelope. Its spatial reference is
    the one given beside it, else its own, else that of the map. Raises ValueError and `ParameterError`.
    """
    value = _value(text, geometry_type)
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if key not in ("hasZ", "hasM")}
    geometry = parse_geometry(value, geometry_type)
    own = reference or geometry.spatial_reference
    crs = default if own is None else crs_of(own)
    return SearchShape(shape_of(geometry, "geometry"), crs)


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


def matching(
    layer: FeatureLayer,
    rows: Rows,
    shape: SearchShape,
    relation: SpatialRelation = SpatialRelation.INTERSECTS,
    pattern: str | None = None,
) -> Rows:
    """Return those of the rows whose geometry stands in the relation to the shape, read shape → feature."""
    test = SpatialTest(shape.geometry, shape.crs, relation, pattern or "")
    found: Rows = rows[test.holds(layer.shapes.geometry[rows], layer.crs)]
    return found
