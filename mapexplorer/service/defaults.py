"""Map documents for data that has none: sensible symbols, spatial reference and drawing order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mapexplorer.protocol import DocumentError, SpatialReference
from mapexplorer.service import coordinates
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import FEATURE_LAYER, load_document
from mapexplorer.service.projection import reference_of
from mapexplorer.service.sources import (
    MULTIPOINT,
    POINT,
    POLYGON,
    POLYLINE,
    FeatureSource,
    SourceProblem,
    read_source,
    source_of,
)

if TYPE_CHECKING:
    import geopandas

Color = tuple[int, int, int]

# Hues that stay apart side by side and on a light or dark base map, also for most colour-blind readers.
_PALETTE: Final[tuple[Color, ...]] = (
    (38, 120, 142),
    (222, 124, 58),
    (110, 89, 165),
    (74, 148, 90),
    (199, 77, 98),
    (176, 140, 38),
)
_ORDER: Final = {POINT: 0, MULTIPOINT: 0, POLYLINE: 1, POLYGON: 2}
_MANY_POINTS: Final = 5000
_MERCATOR_LATITUDE: Final = 85.06


def document_from_frames(
    frames: Mapping[str, geopandas.GeoDataFrame], name: str = "data"
) -> tuple[dict[str, Any], dict[int, FeatureSource]]:
    """Return a map document for GeoDataFrames by name, and the source of each of its layers by id.

    Points are drawn over lines over polygons; a frame that mixes them becomes a layer of each. Raises
    `DocumentError` for a frame that is no layer.
    """
    sources: dict[str, FeatureSource] = {}
    faults = []
    for title, frame in frames.items():
        if not hasattr(frame, "geometry") or not hasattr(frame, "crs"):
            faults.append(f"{title}: expected a GeoDataFrame, not {type(frame).__name__}")
            continue
        try:
            sources.update(_layers_of(title, source_of(frame, mixed=True)))
        except SourceProblem as problem:
            faults.append(f"{title}: {problem}")
    if faults:
        raise DocumentError(faults)
    return document_from_sources(sources, name)


def _layers_of(title: str, source: FeatureSource) -> dict[str, FeatureSource]:
    return {f"{title} ({kind})" if kind else title: part for kind, part in source.by_kind().items()}


def document_from_sources(
    sources: Mapping[str, FeatureSource], name: str
) -> tuple[dict[str, Any], dict[int, FeatureSource]]:
    """Return a map document for sources by layer name, and the sources by layer id."""
    if not sources:
        raise DocumentError(["$: there is no layer to show"])
    kinds = {title: source.geometry_type or POINT for title, source in sources.items()}
    ordered = sorted(sources, key=lambda title: _ORDER[kinds[title]])
    colors = {title: _PALETTE[number % len(_PALETTE)] for number, title in enumerate(sources)}
    layers = [
        {
            "id": number,
            "name": title or f"Layer {number}",
            "type": FEATURE_LAYER,
            **_time_keys(sources[title]),
            "drawingInfo": {
                "renderer": {
                    "type": "simple",
                    "label": "",
                    "symbol": _symbol(kinds[title], colors[title], len(sources[title].table)),
                }
            },
        }
        for number, title in enumerate(ordered)
    ]
    document = {
        "name": name.replace("/", "-") or "data",
        "spatialReference": _reference(list(sources.values())).to_json(),
        "layers": layers,
    }
    return document, {number: sources[title] for number, title in enumerate(ordered)}


def catalog_from_frames(frames: Mapping[str, geopandas.GeoDataFrame], name: str = "data") -> MapCatalog:
    """Return the catalog of GeoDataFrames by layer name. Raises `DocumentError`."""
    document, by_id = document_from_frames(frames, name)
    return MapCatalog(load_document(document), by_id)


def catalog_from_sources(sources: Mapping[str, FeatureSource], name: str) -> MapCatalog:
    """Return the catalog of sources by layer name."""
    document, by_id = document_from_sources(sources, name)
    return MapCatalog(load_document(document), by_id)


def sources_of_file(path: Path) -> dict[str, FeatureSource]:
    """Return every layer of a data file by name. Raises `DocumentError`."""
    names: Sequence[str | None] = [None]
    try:
        if path.suffix.lower() == coordinates.SUFFIX:
            return _layers_of(path.stem, coordinates.read_csv(path))
        if path.suffix.lower() in (".gpkg", ".geojson", ".json", ".shp") and path.is_file():
            import pyogrio

            names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        sources: dict[str, FeatureSource] = {}
        for name in names:
            title = path.stem if len(names) == 1 else str(name)
            sources.update(_layers_of(title, read_source(path, name, alone=True)))
        return sources
    except (SourceProblem, RuntimeError) as problem:
        raise DocumentError([f"{path.name}: {problem}"]) from None


def _symbol(geometry_type: str, color: Color, count: int) -> dict[str, Any]:
    red, green, blue = color
    darker = [round(channel * 0.62) for channel in color]
    if geometry_type == POLYGON:
        outline = {"type": "esriSLS", "style": "esriSLSSolid", "color": [*darker, 255], "width": 0.75}
        fill = [red, green, blue, 120]
        return {"type": "esriSFS", "style": "esriSFSSolid", "color": fill, "outline": outline}
    if geometry_type == POLYLINE:
        return {"type": "esriSLS", "style": "esriSLSSolid", "color": [red, green, blue, 255], "width": 1.5}
    many = count > _MANY_POINTS
    return {
        "type": "esriSMS",
        "style": "esriSMSCircle",
        "color": [red, green, blue, 200 if many else 235],
        "size": 4 if many else 7.5,
        "outline": {
            "type": "esriSLS",
            "style": "esriSLSSolid",
            "color": [255, 255, 255, 255],
            "width": 0.4 if many else 0.9,
        },
    }


def _time_keys(source: FeatureSource) -> dict[str, Any]:
    """Make the first date field of a layer its time, so that the time slider works."""
    for name in source.table.columns:
        if (
            pd.api.types.is_datetime64_any_dtype(source.table[name].dtype)
            and source.table[name].notna().any()
        ):
            return {"timeInfo": {"startTimeField": str(name)}}
    return {}


def _reference(sources: Sequence[FeatureSource]) -> SpatialReference:
    """Choose a map's spatial reference: that of the data, and Web Mercator for degrees, which draw badly."""
    references = [reference_of(source.crs) for source in sources if source.crs is not None]
    known = next((reference for reference in references if reference is not None), None)
    geographic = all(source.crs is None or source.crs.is_geographic for source in sources)
    if known is not None and not geographic:
        projected = [
            source.crs for source in sources if source.crs is not None and not source.crs.is_geographic
        ]
        return reference_of(projected[0]) or known
    bounds = np.array([shapely.total_bounds(source.geometry) for source in sources if len(source.geometry)])
    if known is None:
        degrees = bounds.size == 0 or bool(np.nanmax(np.abs(bounds)) <= 180)
        return SpatialReference(wkid=4326 if degrees else 102100)
    polar = bounds.size > 0 and bool(np.nanmax(np.abs(bounds[:, [1, 3]])) > _MERCATOR_LATITUDE)
    return known if polar else SpatialReference(wkid=102100)
