"""Layers of layer files: their data from the same workspace, drawn as the file says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from mapexplorer.protocol import DrawingInfo, ExpressionError, Renderer, WorkspaceLayerSource
from mapexplorer.protocol.model import ValueFaults, validate
from mapexplorer.protocol.numerals import shorten
from mapexplorer.service.cim import LayerFile, Unreadable, read_layer_file
from mapexplorer.service.document import TimeInfo
from mapexplorer.service.dynamic.data import WorkspaceData
from mapexplorer.service.dynamic.drawing import fitting_renderer
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.expressions import parse_expression
from mapexplorer.service.fields import find_name
from mapexplorer.service.labels.classes import label_faults
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.reader import drawn_type
from mapexplorer.service.sources import SourceProblem
from mapexplorer.service.tables import Table
from mapexplorer.service.temporal import FeatureTimes, instants

_RENDERER: TypeAdapter[Renderer] = TypeAdapter(Renderer)
_DRAWING: TypeAdapter[DrawingInfo] = TypeAdapter(DrawingInfo)


def layer_of_file(
    data: WorkspaceData, source: WorkspaceLayerSource, asked: DrawingInfo | None, place: str, limits: Limits
) -> FeatureLayer:
    """Return the layer of a layer file, as long as it is remembered the same one.

    With a renderer in the drawing info that is asked for, that of the file is not looked at, and so with
    labels. Raises `ElementProblem` naming what of the file cannot be read or drawn.
    """
    if source.workspace_id not in data.workspaces:
        problem = f"there is no workspace {shorten(source.workspace_id)}"
        raise ElementProblem(f"{place}.workspaceId", problem)
    own_renderer = asked is None or asked.renderer is None
    own_labels = asked is None or (asked.show_labels is not False and not asked.labeling_info)
    return data.workspaces.kept(
        ("layer file", source, own_renderer, own_labels),
        lambda: _LayerReader(data, source, place, limits).layer(own_renderer, own_labels),
    )


class _LayerReader:
    """Makes the layer of one file."""

    def __init__(self, data: WorkspaceData, source: WorkspaceLayerSource, place: str, limits: Limits) -> None:
        self._data = data
        self._source = source
        self._place = f"{place}.layerId"
        self._limits = limits

    def layer(self, own_renderer: bool, own_labels: bool) -> FeatureLayer:
        try:
            text = self._data.workspaces.layer_file(self._source.workspace_id, self._source.layer_id)
            file = read_layer_file(text)
            layer = self._data.features(self._table(file), self._place)
            layer = self._drawn(file, layer, own_renderer, own_labels)
        except (SourceProblem, Unreadable) as problem:
            raise self._problem(str(problem)) from None
        except ExpressionError as problem:
            raise self._problem(f"definitionExpression: {problem.problem}") from None
        return layer

    def _problem(self, problem: str) -> ElementProblem:
        return ElementProblem(self._place, f"{shorten(self._source.layer_id)}: {problem}")

    def _table(self, file: LayerFile) -> Table:
        for name in file.names:
            if self._data.workspaces.has_table(self._source.workspace_id, name):
                return self._data.workspaces.table(self._source.workspace_id, name)
        place = f"{file.node.place}.featureTable.dataConnection.dataset"
        raise Unreadable(place, f"the workspace has no table {shorten(file.names[-1])}")

    def _drawn(
        self, file: LayerFile, layer: FeatureLayer, own_renderer: bool, own_labels: bool
    ) -> FeatureLayer:
        drawing: dict[str, Any] = {"transparency": file.transparency, "scaleSymbols": file.scale_symbols}
        changes: dict[str, Any] = {}
        if own_renderer:
            renderer = self._checked(_RENDERER, file.renderer(), f"{file.node.place}.renderer")
            layer = replace(layer, geometry_type=layer.geometry_type or drawn_type(renderer))
            renderer, faults = fitting_renderer(renderer, layer, f"{file.node.place}.renderer", self._limits)
            if faults:
                raise Unreadable("", "; ".join(str(fault) for fault in faults[:5]))
            changes["renderer"] = renderer
        if own_labels and file.labelled:
            drawing |= {"showLabels": True, "labelingInfo": file.labels(layer.geometry_type)}
        info: DrawingInfo = self._checked(_DRAWING, drawing, file.node.place)
        wrong = label_faults(
            info.labeling_info or (),
            layer.expression_fields,
            layer.geometry_type,
            f"{file.node.place}.labelClasses",
        )
        if wrong:
            raise Unreadable("", "; ".join(wrong[:5]))
        changes["document"] = layer.document.model_copy(
            update={
                "name": file.name or self._source.layer_id,
                "min_scale": file.min_scale,
                "max_scale": file.max_scale,
                "display_field": find_name(layer.fields, file.display_field) or None,
                "time_info": self._time_info(file, layer),
                "drawing_info": info,
            }
        )
        if file.definition_expression:
            changes["definition"] = parse_expression(
                file.definition_expression, layer.expression_fields, parameter="definitionExpression"
            )
        return replace(layer, time=_times(changes["document"].time_info, layer), **changes)

    def _checked(self, adapter: TypeAdapter[Any], value: Any, place: str) -> Any:
        try:
            return validate(adapter, value)
        except ValueFaults as faults:
            raise Unreadable(place, str(faults)) from None

    def _time_info(self, file: LayerFile, layer: FeatureLayer) -> TimeInfo | None:
        names = []
        for name in (file.start_time_field, file.end_time_field):
            found = None if name is None else find_name(layer.fields, name)
            if name is not None and found is None:
                raise Unreadable(f"{file.node.place}.featureTable.timeFields", f"there is no field {name!r}")
            names.append(found)
        if not any(names):
            return None
        return TimeInfo(start_time_field=names[0], end_time_field=names[1])


def _times(info: TimeInfo | None, layer: FeatureLayer) -> FeatureTimes | None:
    if info is None:
        return None
    read = []
    for name in (info.start_time_field, info.end_time_field):
        try:
            read.append(None if name is None else instants(layer.table[name]))
        except (ValueError, OverflowError) as error:
            raise Unreadable("featureTable.timeFields", f"{name!r} holds no times: {error}") from None
    return FeatureTimes.of(*read)
