"""What a request shows: the frame, and the layers with the rows that pass every filter.

Picture and legend are both made from it, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import (
    ImageFormat,
    LabelClass,
    LayerTimeOptions,
    MapRequest,
    Operation,
    ParameterError,
    Renderer,
    RequestErrors,
    TimeExtent,
)
from mapexplorer.protocol.selection import SelectionDefinition
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.clipping import Clip
from mapexplorer.service.dynamic import with_dynamic_layers
from mapexplorer.service.filters import RowQuery
from mapexplorer.service.frame import Frame, build_frame
from mapexplorer.service.labels.classes import labels_on
from mapexplorer.service.layer_values import own_parameters, own_ranges, stray_values
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.limits import DEFAULT_LIMITS, Limits, dpi_faults, patch_faults, size_faults
from mapexplorer.service.selection import Highlight, highlights, selection_faults
from mapexplorer.service.spatial_filter import SpatialTest
from mapexplorer.service.temporal import Window, time_rule, window
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.versions import in_version
from mapexplorer.service.visibility import in_scale_range

FORMATS: Final = (
    ImageFormat.PNG32,
    ImageFormat.PNG24,
    ImageFormat.PNG8,
    ImageFormat.PNG,
    ImageFormat.JPG,
    ImageFormat.GIF,
    ImageFormat.BMP,
    ImageFormat.PDF,
    ImageFormat.SVG,
    ImageFormat.SVGZ,
    ImageFormat.PS,
    ImageFormat.EMF,
)


@dataclass(frozen=True, eq=False)
class ViewLayer:
    """A layer to draw: `rows` are the ascending numbers of the rows that pass every filter but the frame, of
    which `highlights` are drawn once more above the layer.
    """

    layer: FeatureLayer | RasterLayer
    rows: npt.NDArray[np.int64]
    highlights: tuple[Highlight, ...] = ()

    @property
    def renderer(self) -> Renderer | None:
        """The renderer of a feature layer, None for a raster."""
        return self.layer.renderer if isinstance(self.layer, FeatureLayer) else None

    @property
    def transparency(self) -> float:
        """From 0, opaque, to 100, invisible."""
        return self.layer.transparency

    @property
    def labeling(self) -> tuple[LabelClass, ...]:
        """The label classes, none where labels are off."""
        return labels_on(self.layer.document) if isinstance(self.layer, FeatureLayer) else ()

    @property
    def min_scale(self) -> float:
        """The layer's own published minScale."""
        return self.layer.min_scale

    @property
    def max_scale(self) -> float:
        """The layer's own published maxScale."""
        return self.layer.max_scale


@dataclass(frozen=True, eq=False)
class MapView:
    """A request made concrete: its frame and its layers, the first drawn on top, over a background."""

    request: MapRequest
    frame: Frame
    layers: tuple[ViewLayer, ...]
    background: tuple[int, int, int, int]
    clip: Clip | None = None

    def clipped(self, shown: ViewLayer) -> bool:
        """Tell whether a layer is drawn inside the shape of the clipping only."""
        return self.clip is not None and self.clip.masks(shown.layer.id)


def build_view(
    catalog: MapCatalog,
    request: MapRequest,
    operation: Operation,
    limits: Limits = DEFAULT_LIMITS,
    *,
    any_scale: bool = False,
) -> MapView:
    """Return what a request shows, with `any_scale` also layers out of their scale range.

    Raises `RequestErrors` with every fault: limits passed, expressions that are wrong, also of layers that
    are not drawn.
    """
    faults = list(_over_limits(catalog, request, operation, limits))
    if faults:
        raise RequestErrors(faults)
    asked = request
    try:
        catalog = in_version(catalog, request.gdb_version)
    except ParameterError as fault:
        raise RequestErrors([fault]) from fault
    catalog, request = with_dynamic_layers(catalog, request, limits)
    frame = _frame(catalog, request)
    clip = _clip(catalog, request, frame)
    queries = _row_queries(catalog, request)
    selections = _selections(catalog, request, operation)
    selected = catalog.tree.selected(request.layers)
    layers = []
    for layer in catalog.layers:
        check_time()
        scales = (0.0, 0.0) if any_scale else catalog.tree.effective_scales(layer.id)
        if layer.id not in selected or not in_scale_range(frame.scale, *scales):
            continue
        if isinstance(layer, FeatureLayer):
            rows = layer.filters.rows(layer, queries[layer.id])
            layers.append(ViewLayer(layer, rows, highlights(layer, rows, selections)))
        elif isinstance(layer, RasterLayer):
            layers.append(ViewLayer(layer, np.empty(0, dtype=np.int64)))
    return MapView(asked, frame, tuple(layers), catalog.document.background_color, clip)


def _over_limits(
    catalog: MapCatalog, request: MapRequest, operation: Operation, limits: Limits
) -> Iterator[ParameterError]:
    dpi = request.effective("dpi")
    resolution = dpi_faults(dpi, limits)
    yield from resolution
    yield from size_faults(request.effective("size"), catalog.document, limits)
    if operation is Operation.QUERY_LEGENDS and not resolution:
        yield from patch_faults(request.effective("patch_size"), dpi, catalog.document, limits)


def _frame(catalog: MapCatalog, request: MapRequest) -> Frame:
    try:
        return build_frame(request, catalog.spatial_reference, catalog.full_extent)
    except ParameterError as fault:
        raise RequestErrors([fault]) from fault


def _row_queries(catalog: MapCatalog, request: MapRequest) -> Mapping[int, RowQuery]:
    """Return the filters of every feature layer, each checked whether or not the layer is drawn."""
    faults = list(stray_values(catalog.layers, request))
    queries: dict[int, RowQuery] = {}
    definitions = request.layer_defs or {}
    options = request.layer_time_options or {}
    spatial = _spatial_test(catalog, request, faults)
    for layer in catalog.layers:
        if not isinstance(layer, FeatureLayer):
            continue
        expression = definitions.get(layer.id) or None
        try:
            if expression is not None:
                layer.filters.parse(layer, expression, "layerDefs")
            queries[layer.id] = RowQuery(
                expression=expression,
                window=_window(layer, request, options.get(layer.id)),
                relation=request.effective("time_relation"),
                ranges=own_ranges(layer, request),
                parameters=own_parameters(layer, request),
                moment=None if layer.archive is None else request.historic_moment,
                spatial=spatial,
            )
        except ParameterError as fault:
            faults += [fault, *fault.others]
    if faults:
        raise RequestErrors(faults)
    return queries


def _clip(catalog: MapCatalog, request: MapRequest, frame: Frame) -> Clip | None:
    if request.clipping is None:
        return None
    try:
        return Clip.of(request.clipping, frame, catalog.crs, catalog.tree)
    except ParameterError as fault:
        raise RequestErrors([fault]) from fault


def _selections(
    catalog: MapCatalog, request: MapRequest, operation: Operation
) -> tuple[SelectionDefinition, ...]:
    """Return the selections of an export; a legend has none. Raises `RequestErrors`."""
    if operation is not Operation.EXPORT or request.selection_definitions is None:
        return ()
    faults = list(selection_faults(request.selection_definitions, catalog.layers))
    if faults:
        raise RequestErrors(faults)
    definitions: tuple[SelectionDefinition, ...] = request.selection_definitions
    return definitions


def _spatial_test(
    catalog: MapCatalog, request: MapRequest, faults: list[ParameterError]
) -> SpatialTest | None:
    """Return the spatial filter, which a clipping displaces, and note what is wrong with it."""
    if request.spatial_filter is None or request.clipping is not None:
        return None
    try:
        return SpatialTest.of(request.spatial_filter, catalog.crs)
    except ParameterError as fault:
        faults.append(fault)
        return None


def _window(layer: FeatureLayer, request: MapRequest, asked: LayerTimeOptions | None) -> Window | None:
    """Return the window a layer is filtered by, None when time does not filter it (Export Map, time)."""
    info = layer.document.time_info
    if info is None:
        return None
    rule = time_rule(asked, info.export_options)
    if request.time is None or request.time.unbounded:
        if asked is not None and rule.offset:
            window(TimeExtent(0, 0), rule)
        return None
    return window(request.time, rule) if rule.use_time else None
