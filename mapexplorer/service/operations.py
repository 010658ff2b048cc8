"""What the service does for a decoded request: draw a map, list a legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mapexplorer.protocol import (
    MapRequest,
    Operation,
    ParameterError,
    RequestErrors,
    ResponseFormat,
    ServiceFault,
    Size,
)
from mapexplorer.service import legend
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.dynamic import with_dynamic_layers
from mapexplorer.service.kmz import PartOnEarth, part_on_earth, write_kmz
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.limits import Limits, dpi_faults
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.render.encode import encode
from mapexplorer.service.render.vector import draw_vectors
from mapexplorer.service.view import MapView, build_view

Pairs = list[tuple[str, str]]
Link = Callable[[bytes], str]

_LEGEND_DPI: Final = 96.0
_LEGEND_SIZE: Final = Size(20, 20)


@dataclass(frozen=True)
class Picture:
    """A drawn map: the bytes, their content type and format, and the view they show."""

    content: bytes
    content_type: str
    suffix: str
    view: MapView

    def body(self, href: str) -> dict[str, Any]:
        """Return the JSON answer of export (Export Map, JSON response)."""
        frame = self.view.frame
        return {
            "href": href,
            "width": frame.size.width,
            "height": frame.size.height,
            "extent": frame.extent.to_json(),
            "scale": frame.scale,
        }

    def kmz(self, name: str) -> bytes:
        """Return the picture as KMZ under the name of its map. Raises `RequestErrors`."""
        return write_kmz(self.content, self.suffix, name, part_on_earth(self.view.frame).frame)


def export(catalog: MapCatalog, pairs: Pairs, limits: Limits) -> Picture:
    """Draw the map of a request. Raises `RequestErrors`."""
    request = MapRequest.decode(Operation.EXPORT, pairs)
    image_format = request.effective("format")
    if request.f is ResponseFormat.KMZ and not image_format.raster:
        problem = f"expected a raster format for f=kmz, not {image_format.value}"
        raise RequestErrors([ParameterError("format", problem)])
    view = build_view(catalog, request, Operation.EXPORT, limits)
    suffix = "png" if image_format.value.startswith("png") else image_format.value
    part = part_on_earth(view.frame) if request.f is ResponseFormat.KMZ else None
    return Picture(drawn(view, part), image_format.content_type, suffix, view)


def drawn(view: MapView, part: PartOnEarth | None = None) -> bytes:
    """Return the picture of a view, or a part of it, in the format of its request."""
    request = view.request
    image_format = request.effective("format")
    if not image_format.raster:
        return draw_vectors(view)
    pixels = draw(view)
    if part is not None:
        pixels = np.ascontiguousarray(pixels[part.rows, part.columns])
    return encode(
        pixels,
        image_format,
        transparent=request.effective("transparent"),
        background=view.background,
        dpi=view.frame.dpi,
    )


def query_legends(catalog: MapCatalog, pairs: Pairs, limits: Limits, link: Link) -> dict[str, Any]:
    """Return the legend of what a request shows; `link` gives the full url of a swatch of a dynamic layer.

    Raises `RequestErrors`.
    """
    request = MapRequest.decode(Operation.QUERY_LEGENDS, pairs)
    view = build_view(catalog, request, Operation.QUERY_LEGENDS, limits)
    dynamic = request.dynamic_layers is not None
    if dynamic:
        _check_entries((shown.layer for shown in view.layers), limits)
    return legend.query_legends(
        view,
        return_visible_only=request.effective("return_visible_only"),
        patch_size=request.effective("patch_size"),
        link=link if dynamic else None,
    )


def whole_legend(catalog: MapCatalog, pairs: Pairs, limits: Limits, link: Link) -> dict[str, Any]:
    """Return the legend of all layers as published, or of all dynamic layers; here `size` is that of a patch,
    in pixels (Esri, Legend). `link` as for `query_legends`.
    """
    dpi, size, request = legend_parameters(pairs, limits)
    patch = (size.width, size.height)
    if request.dynamic_layers is None:
        return legend.static_legend(catalog, dpi=dpi, size=patch)
    dynamic, _ = with_dynamic_layers(catalog, request, limits)
    leaves = [layer for layer in dynamic.layers if isinstance(layer, FeatureLayer | RasterLayer)]
    _check_entries(leaves, limits)
    return legend.static_legend(dynamic, dpi=dpi, size=patch, link=link)


def _check_entries(layers: Iterable[FeatureLayer | RasterLayer], limits: Limits) -> None:
    count = legend.count_entries(layers)
    if count > limits.legend_entries:
        problem = f"a legend has at most {limits.legend_entries} entries, not {count}"
        raise RequestErrors([ParameterError("dynamicLayers", problem)])


def legend_parameters(pairs: Pairs, limits: Limits) -> tuple[float, Size, MapRequest]:
    """Return the `dpi`, the patch `size` and what else is asked of the legend resource.

    Raises `RequestErrors`.
    """
    given = {name.casefold(): value for name, value in pairs if value.strip()}
    faults: list[ParameterError] = []
    request = MapRequest()
    try:
        chosen = [(name, given[name]) for name in ("dpi", "size", "dynamiclayers") if name in given]
        request = MapRequest.decode(Operation.QUERY_LEGENDS, chosen)
    except RequestErrors as errors:
        faults += errors.faults
    dpi = request.dpi if request.dpi is not None else _LEGEND_DPI
    size: Size = request.size if request.size is not None else _LEGEND_SIZE
    faults += dpi_faults(dpi, limits)
    most = limits.max_patch * min(dpi, limits.max_dpi) / 72
    if max(size.width, size.height) > max(most, 1):
        faults.append(ParameterError("size", f"a patch of the legend has at most {most:.0f} pixels a side"))
    if faults:
        raise RequestErrors(faults)
    return dpi, size, request


def swatch(catalog: MapCatalog, layer_id: int, image_id: str) -> bytes:
    """Return the swatch behind a legend entry's url. Raises `ServiceFault` when there is none."""
    from mapexplorer.service.legend import get_image

    content = get_image(catalog, layer_id, image_id)
    if content is None:
        raise ServiceFault(400, "Invalid URL")
    return content
