"""The identify operation: what is at a place on a map that is shown (Esri, Identify (Map Service))."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from mapexplorer.protocol import IDENTIFY_FILTERS, SpatialReference
from mapexplorer.protocol.layers import LayerSelection
from mapexplorer.protocol.numerals import shorten, write_number
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.features.given import Given
from mapexplorer.service.features.results import ResultForm, feature_results, room_for
from mapexplorer.service.features.search import SearchShape, matching, read_shape
from mapexplorer.service.features.selection import filtered_view
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.projection import transformer
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.view import MapView
from mapexplorer.service.worlds import world_of

Pairs = Sequence[tuple[str, str]]

LARGEST_TOLERANCE: Final = 500
_LAYERS: Final = re.compile(r"(top|visible|all|show)?\s*(?::?\s*([-0-9, ]*))?", re.IGNORECASE)
_NAMES: Final = {
    "bbox": "mapExtent",
    "bboxSR": "sr",
    "imageSR": "sr",
    "size": "imageDisplay",
    "dpi": "imageDisplay",
}


@dataclass(frozen=True)
class _Choice:
    """Which layers are looked at: `top` (the first with something), `visible` or `all`, and their ids."""

    mode: str
    ids: LayerSelection | None


def identify(catalog: MapCatalog, pairs: Pairs, limits: Limits) -> dict[str, Any]:
    """Return what is within some pixels of a geometry, the topmost layer first. Raises `RequestErrors`."""
    given = Given(pairs)
    given.form("json", "pjson")
    reference = given.reference("sr")
    shape = _shape(catalog, given, reference)
    choice = given.read("layers", _choice) or _Choice("top", None)
    tolerance = given.number("tolerance") or 0.0
    if tolerance > LARGEST_TOLERANCE:
        given.fault("tolerance", f"expected at most {LARGEST_TOLERANCE} pixels, not {tolerance:g}")
    form = ResultForm.read(given, reference or catalog.spatial_reference)
    wire = _map_of(given, reference)
    given.check()
    assert shape is not None  # noqa: S101 - checked
    view = _view(catalog, wire, choice, limits)
    widened = _widened(shape, tolerance, view)
    results: list[dict[str, Any]] = []
    for shown in view.layers:
        check_time()
        if isinstance(shown.layer, FeatureLayer):
            rows = matching(shown.layer, shown.rows, widened)
            room = room_for(shown.layer, rows, len(results), form, limits)
            results += feature_results(shown.layer, rows[:room], form)
            if room < len(rows):
                return {"results": results, "exceededTransferLimit": True}
        else:
            results += _raster_results(shown.layer, shape)
        if results and choice.mode == "top":
            break
    return {"results": results}


def _shape(catalog: MapCatalog, given: Given, reference: SpatialReference | None) -> SearchShape | None:
    geometry_type = given.text("geometryType") or "esriGeometryPoint"
    if given.text("geometry") is None:
        given.fault("geometry", "is required")
    return given.read("geometry", lambda text: read_shape(text, geometry_type, reference, catalog.crs))


def _choice(text: str) -> _Choice:
    found = _LAYERS.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"expected top, visible or all with layer ids, such as visible:0,2, not {shorten(text)}"
        )
    mode = (found[1] or "top").lower()
    # MapProxy sends here what it sends to export.
    return _Choice("visible" if mode == "show" else mode, LayerSelection.parse(found[2] or ""))


def _map_of(given: Given, reference: SpatialReference | None) -> list[tuple[str, str]]:
    """Return the map that is shown as the wire parameters of export."""
    wire = [(name, text) for name in IDENTIFY_FILTERS if (text := given.text(name))]
    extent, display = given.text("mapExtent"), given.text("imageDisplay")
    if extent is None:
        given.fault("mapExtent", "is required")
    if display is None:
        given.fault("imageDisplay", "is required")
        return wire
    sides = display.split(",")
    if len(sides) not in (2, 3):
        given.fault("imageDisplay", f"expected width,height,dpi, not {shorten(display)}")
        return wire
    wire += [("bbox", extent or ""), ("size", ",".join(sides[:2]))]
    wire += [("dpi", sides[2])] if len(sides) == 3 else []
    if reference is not None:
        wire += [("bboxSR", reference.to_text()), ("imageSR", reference.to_text())]
    return wire


def _view(catalog: MapCatalog, wire: Sequence[tuple[str, str]], choice: _Choice, limits: Limits) -> MapView:
    every = choice.mode == "all"
    ids = choice.ids
    if ids is None and every:
        ids = LayerSelection.of([layer.id for layer in catalog.layers if not layer.is_group])
    dynamic = any(name == "dynamicLayers" for name, _ in wire)
    given = {} if ids is None or dynamic else {"layers": ids}
    view = filtered_view(catalog, wire, limits, names=_NAMES, any_scale=every, given=given)
    if not dynamic or choice.ids is None:
        return view
    kept = tuple(shown for shown in view.layers if shown.layer.id in choice.ids.ids)
    return MapView(view.request, view.frame, kept, view.background)


def _widened(shape: SearchShape, tolerance: float, view: MapView) -> SearchShape:
    """Return the shape with what is within some pixels of it, in the system of the map that is shown."""
    return shape if tolerance == 0 else shape.widened(tolerance * view.frame.resolution, view.frame.crs)


def _raster_results(layer: RasterLayer, shape: SearchShape) -> list[dict[str, Any]]:
    """Return the pixel of a raster in the middle of the shape, nothing beside it or where it has no data."""
    place = shapely.centroid(shape.geometry)
    x, y = transformer(shape.crs, layer.crs).transform(place.x, place.y)
    extent, world = layer.extent, world_of(layer.crs)
    if world is not None:
        x = extent.xmin + (x - extent.xmin) % world.width
    high, wide = layer.image.shape[:2]
    column = (x - extent.xmin) / extent.width * wide
    row = (extent.ymax - y) / extent.height * high
    if not (np.isfinite([column, row]).all() and 0 <= column <= wide and 0 <= row <= high):
        return []
    pixel = layer.image[min(int(row), high - 1), min(int(column), wide - 1)]
    if pixel[3] == 0:
        return []
    bands = pixel[:3] if layer.bands >= 3 else pixel[:1]
    value = ", ".join(write_number(int(band)) for band in bands)
    return [
        {
            "layerId": layer.id,
            "layerName": layer.name,
            "displayFieldName": "",
            "value": value,
            "attributes": {"Pixel Value": value},
        }
    ]
