"""Legends: the classes of every layer with their swatches, all of them or those that a view shows.

The id of a swatch tells what it shows (entry, patch and resolution) and ends in a digest of the bytes, so
that it can be drawn again at any time and never stands for another picture.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mapexplorer.protocol.symbols import Symbol
from mapexplorer.service.clipping import extent_meets
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.render.classes import class_numbers
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass, classes_of
from mapexplorer.service.render.encode import write_png
from mapexplorer.service.render.gradations import listed, seen_variables
from mapexplorer.service.render.patch import PatchPixels, color_patch, swatch, to_whole_pixels
from mapexplorer.service.render.ragged import Indices
from mapexplorer.service.time_limit import check_time

if TYPE_CHECKING:
    from mapexplorer.protocol import PatchSize
    from mapexplorer.service.catalog import MapCatalog
    from mapexplorer.service.view import MapView, ViewLayer

Link = Callable[[bytes], str]

_IMAGE_ID: Final = re.compile(r"(\d{1,4})-(\d{1,4})x(\d{1,4})-(\d{1,4}(?:\.\d{1,17})?)-([0-9a-f]{16})")
_LARGEST_PATCH: Final = 4096
_LARGEST_DPI: Final = 1200.0
_BATCH: Final = 2**17

_COMPOSITE: Final = (
    ("Red", (255, 0, 0), (255, 0, 0)),
    ("Green", (0, 255, 0), (0, 255, 0)),
    ("Blue", (0, 0, 255), (0, 0, 255)),
)
_STRETCHED: Final = (("High", (255, 255, 255), (128, 128, 128)), ("Low", (128, 128, 128), (0, 0, 0)))


@dataclass(frozen=True)
class _Patch:
    """The size of line, fill and raster swatches in pixels, and the resolution."""

    size: PatchPixels
    dpi: float


def query_legends(
    view: MapView, *, return_visible_only: bool, patch_size: PatchSize, link: Link | None = None
) -> dict[str, Any]:
    """Return the answer of queryLegends: the layers of a view in service order with their entries.

    With ``return_visible_only`` a class stays when a feature of it passes every filter and meets the
    frame; a layer without any keeps an empty list. ``patch_size`` is in points (Query Legends). ``link``
    gives the url of a swatch from its bytes, for dynamic layers.
    """
    dpi = view.frame.dpi
    patch = _Patch((to_whole_pixels(patch_size.width, dpi), to_whole_pixels(patch_size.height, dpi)), dpi)
    layers = []
    for shown in view.layers:
        check_time()
        visible = _visible_entries(shown, view) if return_visible_only else None
        layers.append(_layer_body(shown.layer, patch, visible, link))
    return {"layers": layers}


def static_legend(
    catalog: MapCatalog, *, dpi: float = 96.0, size: PatchPixels = (20, 20), link: Link | None = None
) -> dict[str, Any]:
    """Return the answer of the legend resource: every class of every layer; ``size`` is in pixels, ``link``
    as for `query_legends`.
    """
    patch = _Patch(size, dpi)
    leaves = [layer for layer in catalog.layers if isinstance(layer, FeatureLayer | RasterLayer)]
    return {"layers": [_layer_body(layer, patch, None, link) for layer in leaves]}


def get_image(catalog: MapCatalog, layer_id: int, image_id: str) -> bytes | None:
    """Return the PNG behind the url of a legend entry, None when there is no such swatch."""
    layer = catalog.layer(layer_id)
    found = _IMAGE_ID.fullmatch(image_id)
    if found is None or not isinstance(layer, FeatureLayer | RasterLayer):
        return None
    number, width, height, dpi = int(found[1]), int(found[2]), int(found[3]), float(found[4])
    allowed = 0 < width <= _LARGEST_PATCH and 0 < height <= _LARGEST_PATCH and 0 < dpi <= _LARGEST_DPI
    if not allowed:
        return None
    for entry, _, image in _images(layer, _Patch((width, height), dpi), {number}):
        if entry == number and _image_id(entry, _Patch((width, height), dpi), image) == image_id:
            return image
    return None


def count_entries(layers: Iterable[FeatureLayer | RasterLayer]) -> int:
    """Return how many entries the whole legend of some layers has."""
    return sum(
        3 if isinstance(layer, RasterLayer) else len(listed(layer.renderer).entries) for layer in layers
    )


def _layer_body(
    layer: FeatureLayer | RasterLayer, patch: _Patch, visible: set[int] | None, link: Link | None
) -> dict[str, Any]:
    """Return one layer of a legend; ``visible`` are the numbers of the entries to list, None for all."""
    raster = isinstance(layer, RasterLayer)
    body: dict[str, Any] = {
        "layerId": layer.id,
        "layerName": layer.name,
        "layerType": "Raster Layer" if raster else "Feature Layer",
        "minScale": layer.min_scale,
        "maxScale": layer.max_scale,
    }
    if isinstance(layer, RasterLayer):
        body["legendType"] = "RGB Composite" if layer.bands >= 3 else "Stretched"
    entries = []
    groups: set[int] = set()
    for number, entry, image in _images(layer, patch, visible):
        body_of_entry = _entry_body(number, entry, image, patch)
        if link is not None:
            body_of_entry["url"] = link(image)
        entries.append(body_of_entry)
        if entry.group is not None:
            groups.add(entry.group)
    body["legend"] = entries
    if isinstance(layer, FeatureLayer) and (headings := listed(layer.renderer).headings):
        body["legendGroups"] = [
            {"id": str(number), "heading": heading}
            for number, heading in enumerate(headings)
            if number in groups or visible is None
        ]
    return body


def _entry_body(number: int, entry: SymbolClass, image: bytes, patch: _Patch) -> dict[str, Any]:
    width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    body: dict[str, Any] = {
        "label": entry.label,
        "url": _image_id(number, patch, image),
        "imageData": base64.b64encode(image).decode("ascii"),
        "contentType": "image/png",
        "height": height,
        "width": width,
    }
    if entry.values is not None:
        body["values"] = [_plain(value) for value in entry.values]
    if entry.group is not None:
        body["groupId"] = str(entry.group)
    return body


def _plain(value: str | float) -> str | float | int:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _image_id(number: int, patch: _Patch, image: bytes) -> str:
    digest = hashlib.sha256(image).hexdigest()[:16]
    dpi = int(patch.dpi) if float(patch.dpi).is_integer() else patch.dpi
    return f"{number}-{patch.size[0]}x{patch.size[1]}-{dpi}-{digest}"


def _images(
    layer: FeatureLayer | RasterLayer, patch: _Patch, wanted: set[int] | None
) -> Iterator[tuple[int, SymbolClass, bytes]]:
    """Yield number, class and PNG of the wanted entries of a layer, in its order; all for None."""
    if isinstance(layer, RasterLayer):
        for number, (label, upper, lower) in enumerate(_raster_entries(layer)):
            if wanted is None or number in wanted:
                pixels = color_patch(upper, lower, patch.size)
                yield number, SymbolClass(label, None), write_png(pixels, patch.dpi)
        return
    polygon = layer.geometry_type == "esriGeometryPolygon"
    for number, entry in enumerate(listed(layer.renderer).entries):
        if entry.symbol is not None and (wanted is None or number in wanted):
            yield number, entry, _swatch_png(entry.symbol, polygon, patch)


@lru_cache(maxsize=2_000)
def _swatch_png(symbol: Symbol, polygon: bool, patch: _Patch) -> bytes:
    return write_png(swatch(symbol, polygon, patch.size, patch.dpi), patch.dpi)


def _raster_entries(
    layer: RasterLayer,
) -> Sequence[tuple[str, tuple[int, int, int], tuple[int, int, int]]]:
    return _COMPOSITE if layer.bands >= 3 else _STRETCHED


def _visible_entries(shown: ViewLayer, view: MapView) -> set[int]:
    """Return the numbers of the entries of which something meets the frame, inside the clip of a clipped
    layer.
    """
    layer, frame = shown.layer, view.frame
    clip = view.clip if view.clipped(shown) else None
    if isinstance(layer, RasterLayer):
        region = frame.polygon if clip is None else clip.region
        seen = extent_meets(layer.extent, layer.crs, region, frame)
        return set(range(len(_raster_entries(layer)))) if seen else set()
    rows = layer.shapes.meeting(frame, shown.rows)
    if clip is not None:
        rows = clip.meeting(layer.shapes, rows)
    classes = _present(class_numbers(layer, layer.renderer), rows, len(classes_of(layer.renderer)))
    variables = seen_variables(layer, rows)
    return classes | {
        number for number, variable in enumerate(listed(layer.renderer).variables) if variable in variables
    }


def _present(numbers: ClassNumbers, rows: Indices, count: int) -> set[int]:
    """Return the numbers of the classes of some rows; looks no further when all classes are found."""
    found = np.zeros(count + 1, dtype=bool)
    for low in range(0, len(rows), _BATCH):
        found[numbers[rows[low : low + _BATCH]]] = True
        if found[:-1].all():
            break
    return set(np.flatnonzero(found[:-1]).tolist())
