"""Makes the tables of lakes and rivers from topologies of the world and, finer, of single continents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import geopandas
import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from mapexplorer.sample.antimeridian import cut_area
from mapexplorer.sample.topojson import Topology
from mapexplorer.sample.world import rounded

_APART = 0.06
"""Degrees: nearer than this to a finer shape, a coarse one shows the same water."""


def lakes(sources: Iterable[bytes]) -> geopandas.GeoDataFrame:
    """Returns the lakes of topologies, finest first; the largest lake first, with areas on the ellipsoid."""
    table = _table("lake", [cut_area(shape) for shape in _collected(sources, "lakes")])
    earth = Geod(ellps="WGS84")
    sizes = [abs(earth.geometry_area_perimeter(area)[0]) / 1e6 for area in table.geometry]
    table.insert(1, "area_km2", np.array(sizes).round().astype("int32"))
    return table.sort_values("area_km2", ascending=False, kind="stable").reset_index(drop=True)


def rivers(sources: Iterable[bytes]) -> geopandas.GeoDataFrame:
    """Returns the rivers of topologies, finest first, as lines."""
    return _table("river", _collected(sources, "rivers"))


def _collected(sources: Iterable[bytes], name: str) -> list[BaseGeometry]:
    kept: list[BaseGeometry] = []
    for source in sources:
        kept = finest(_shapes(source, name), kept)
    return kept


def finest(coarse: Sequence[BaseGeometry], finer: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Returns the finer shapes, and the coarse ones whose middle lies apart from them.

    A finer shape that a remaining coarse one covers is a piece cut off at the edge of its region; the
    coarse one, being whole, takes its place.
    """
    missing = _apart(coarse, finer)
    return [*_apart(finer, missing), *missing]


def _apart(shapes: Sequence[BaseGeometry], others: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Returns the shapes whose middle is near none of the others."""
    if not shapes or not others:
        return list(shapes)
    middles = [_middle(shape) for shape in shapes]
    tree = shapely.STRtree(others)
    near = {int(place) for place in tree.query(middles, predicate="dwithin", distance=_APART)[0]}
    return [shape for place, shape in enumerate(shapes) if place not in near]


def _middle(shape: BaseGeometry) -> BaseGeometry:
    if shapely.get_dimensions(shape) == 2:
        return shapely.point_on_surface(shape)
    longest = max(shapely.get_parts(shape), key=shapely.length)
    return shapely.line_interpolate_point(longest, 0.5, normalized=True)


def _shapes(topology: bytes, name: str) -> list[BaseGeometry]:
    """Returns the shapes of a collection without the parts that the grid collapsed to a point."""
    shapes = []
    for feature in Topology(json.loads(topology)).features(name):
        parts = [part for part in shapely.get_parts(feature.geometry) if shapely.length(part) > 0]
        if len(parts) > 1:
            whole = shapely.MultiPolygon if parts[0].geom_type == "Polygon" else shapely.MultiLineString
            shapes.append(whole(parts))
        else:
            shapes.extend(parts)
    return shapes


def _table(kind: str, shapes: Sequence[BaseGeometry]) -> geopandas.GeoDataFrame:
    geometry = rounded(np.array(shapes, dtype=object))
    return geopandas.GeoDataFrame({"kind": [kind] * len(shapes)}, geometry=geometry, crs=4326)
