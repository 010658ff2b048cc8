"""Make the layers that the elements of dynamicLayers describe, and the map that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mapexplorer.protocol import (
    DataLayerSource,
    DynamicLayer,
    LayerSource,
    LayerTimeOptions,
    MapRequest,
    ParameterError,
    RequestErrors,
    TimeExtent,
    WorkspaceLayerSource,
)
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.dynamic.data import WorkspaceData
from mapexplorer.service.dynamic.drawing import fitting_renderer, label_problems, laid_over
from mapexplorer.service.dynamic.layer_files import layer_of_file
from mapexplorer.service.dynamic.ordering import drawing_ranks
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.layers import FeatureLayer, GroupLayer, RasterLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.reader import drawn_type
from mapexplorer.service.temporal import time_rule, window
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.versions import check_version
from mapexplorer.service.visibility import LayerTree, TreeNode

Scales = tuple[float, float]


@dataclass(frozen=True)
class DynamicTree(LayerTree):
    """Dynamic layers in their drawing order, without groups, each with the scales it is drawn at."""

    scales: Mapping[int, Scales] = field(default_factory=dict)

    def effective_scales(self, layer_id: int) -> Scales:
        """Return (minScale, maxScale) of a layer and of the groups that its source stands in."""
        return self.scales[layer_id]


def with_dynamic_layers(
    catalog: MapCatalog, request: MapRequest, limits: Limits
) -> tuple[MapCatalog, MapRequest]:
    """Return the map of a request's dynamic layers and what the request asks of it.

    The dynamic layers are the layers of that map, the first on top and all of them on; their definition
    expressions and time options become those of the request, in place of the displaced parameters. A request
    without dynamicLayers comes back as it is. Raises `RequestErrors` with every fault and its JSON path.
    """
    elements = request.dynamic_layers
    if elements is None:
        return catalog, request
    if len(elements) > limits.dynamic_layers:
        problem = f"expected at most {limits.dynamic_layers} layers, not {len(elements)}"
        raise RequestErrors([ParameterError("dynamicLayers", problem)])
    faults: list[ParameterError] = []
    made: list[FeatureLayer | RasterLayer] = []
    scales: dict[int, Scales] = {}
    for number, element in enumerate(elements):
        check_time()
        maker = _Maker(catalog, request, element, f"dynamicLayers[{number}]", limits)
        try:
            made.append(maker.layer())
            scales[element.id] = maker.scales
        except ElementProblem as problem:
            maker.faults.append(problem.fault())
        except ParameterError as fault:
            maker.faults.append(fault)
        faults += maker.faults
    if faults:
        raise RequestErrors(faults)
    asked = request.replace(
        layers=None,
        layer_defs={e.id: e.definition_expression for e in elements if e.definition_expression} or None,
        layer_time_options={e.id: e.layer_time_options for e in elements if e.layer_time_options} or None,
    )
    return catalog.showing(tuple(made), DynamicTree(made, scales)), asked


def drawn_source(
    catalog: MapCatalog, source: LayerSource, layer_id: int, limits: Limits, place: str
) -> tuple[FeatureLayer | RasterLayer, DynamicTree]:
    """Return the layer of a source that says itself how it is drawn, and the tree of it alone.

    Raises `ElementProblem` or `ParameterError`.
    """
    element = DynamicLayer(id=layer_id, source=source)
    maker = _Maker(catalog, MapRequest(), element, place, limits)
    layer = maker.layer()
    return layer, DynamicTree([layer], {layer_id: maker.scales})


class _Maker:
    """Makes the layer of one element and notes what is wrong with it."""

    def __init__(
        self, catalog: MapCatalog, request: MapRequest, element: DynamicLayer, place: str, limits: Limits
    ) -> None:
        self._catalog = catalog
        self._request = request
        self._element = element
        self._place = place
        self._limits = limits
        self.faults: list[ParameterError] = []
        self._groups: tuple[TreeNode, ...] = ()
        self.scales: Scales = (0.0, 0.0)

    def layer(self) -> FeatureLayer | RasterLayer:
        """Return the layer. Raises `ElementProblem` or `ParameterError` for what makes it impossible."""
        source = self._source()
        self.scales = self._scales(source)
        if isinstance(source, RasterLayer):
            return self._raster(source)
        return self._features(source)

    def _source(self) -> FeatureLayer | RasterLayer:
        source = self._element.source
        if source is None:
            return self._published(self._element.id, f"{self._place}.id")
        if isinstance(source, WorkspaceLayerSource):
            return self._of_file(source)
        if isinstance(source, DataLayerSource):
            return self._data(source)
        layer = self._published(source.map_layer_id, f"{self._place}.source.mapLayerId")
        if not source.gdb_version:
            return layer
        check_version(self._catalog, source.gdb_version, f"{self._place}.source.gdbVersion")
        return layer.in_version(source.gdb_version) if isinstance(layer, FeatureLayer) else layer

    def _of_file(self, source: WorkspaceLayerSource) -> FeatureLayer:
        """Return the layer of a layer file, drawn as the file says unless the element says otherwise."""
        data = WorkspaceData(self._catalog.workspaces, self._catalog.crs)
        drawing = self._element.drawing_info
        layer = layer_of_file(data, source, drawing, f"{self._place}.source", self._limits)
        own = layer.document.drawing_info
        scaled = own is None or own.scale_symbols is not False
        if drawing is not None and drawing.renderer is not None:
            layer = replace(layer, geometry_type=layer.geometry_type or drawn_type(drawing.renderer))
        return replace(layer, reference_scale=self._catalog.document.reference_scale if scaled else 0.0)

    def _data(self, source: DataLayerSource) -> FeatureLayer | RasterLayer:
        """Return the layer of a data source, drawn by the renderer of the element."""
        data = WorkspaceData(self._catalog.workspaces, self._catalog.crs)
        layer = data.layer(source, f"{self._place}.source")
        if isinstance(layer, RasterLayer):
            return layer
        drawing = self._element.drawing_info
        if drawing is None or drawing.renderer is None:
            raise ElementProblem(f"{self._place}.drawingInfo.renderer", "is required for a data layer")
        return replace(
            layer,
            geometry_type=layer.geometry_type or drawn_type(drawing.renderer),
            reference_scale=self._catalog.document.reference_scale,
        )

    def _published(self, layer_id: int, place: str) -> FeatureLayer | RasterLayer:
        layer = self._catalog.layer(layer_id)
        if layer is None:
            raise ElementProblem(place, f"there is no layer {layer_id}")
        if isinstance(layer, GroupLayer):
            raise ElementProblem(place, f"{layer_id} is a group layer")
        self._groups = tuple(self._catalog.tree.ancestors(layer_id))
        return layer

    def _scales(self, source: FeatureLayer | RasterLayer) -> Scales:
        """Return the range in which the layer is drawn: its own, asked or published, within its groups'."""
        own_min, own_max = self._own_scales(source)
        minimums = [scale for scale in (own_min, *(group.min_scale for group in self._groups)) if scale > 0]
        return min(minimums, default=0.0), max(own_max, *(group.max_scale for group in self._groups), 0.0)

    def _own_scales(self, source: FeatureLayer | RasterLayer) -> Scales:
        asked = self._element
        return (
            source.min_scale if asked.min_scale is None else asked.min_scale,
            source.max_scale if asked.max_scale is None else asked.max_scale,
        )

    def _document(self, source: FeatureLayer | RasterLayer) -> Any:
        own_min, own_max = self._own_scales(source)
        return source.document.model_copy(
            update={
                "id": self._element.id,
                "name": self._element.name or source.name,
                "parent_layer_id": -1,
                "default_visibility": True,
                "min_scale": own_min,
                "max_scale": own_max,
                "drawing_info": laid_over(self._element.drawing_info, source.document.drawing_info),
            }
        )

    def _raster(self, source: RasterLayer) -> RasterLayer:
        asked, drawing = self._element, self._element.drawing_info
        if drawing is not None and drawing.renderer is not None:
            raise ElementProblem(f"{self._place}.drawingInfo.renderer", "a raster layer takes no renderer")
        if drawing is not None and (drawing.show_labels or drawing.labeling_info):
            raise ElementProblem(f"{self._place}.drawingInfo.showLabels", "a raster layer takes no labels")
        if (asked.definition_expression or "").strip():
            raise ElementProblem(f"{self._place}.definitionExpression", "a raster layer has no fields")
        if asked.order_by:
            raise ElementProblem(f"{self._place}.orderBy", "a raster layer has no features to order")
        return replace(source, document=self._document(source))

    def _features(self, source: FeatureLayer) -> FeatureLayer:
        asked, drawing = self._element, self._element.drawing_info
        changes: dict[str, Any] = {"document": self._document(source)}
        if drawing is not None and drawing.renderer is not None:
            place = f"{self._place}.drawingInfo.renderer"
            renderer, faults = fitting_renderer(drawing.renderer, source, place, self._limits)
            self.faults += faults
            changes["renderer"] = renderer
        if drawing is not None and drawing.scale_symbols is not None:
            reference = self._catalog.document.reference_scale
            changes["reference_scale"] = reference if drawing.scale_symbols else 0.0
        if asked.order_by is not None:
            changes["drawing_ranks"] = drawing_ranks(source, asked.order_by, f"{self._place}.orderBy")
        layer = replace(source, **changes)
        self.faults += label_problems(drawing, layer, f"{self._place}.drawingInfo")
        if (asked.definition_expression or "").strip():
            place = f"{self._place}.definitionExpression"
            layer.filters.parse(layer, asked.definition_expression or "", place)
        self._check_time(layer, asked.layer_time_options)
        return layer

    def _check_time(self, layer: FeatureLayer, asked: LayerTimeOptions | None) -> None:
        """Refuse time options that lead nowhere, naming the element they stand in."""
        info = layer.document.time_info
        if asked is None or info is None:
            return
        rule = time_rule(asked, info.export_options)
        time = self._request.time
        try:
            window(TimeExtent(0, 0) if time is None or time.unbounded else time, rule)
        except ParameterError as fault:
            raise ElementProblem(f"{self._place}.layerTimeOptions", fault.problem) from None
