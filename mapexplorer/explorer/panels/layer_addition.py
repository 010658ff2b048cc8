"""A form for a layer from data that the service has registered beside its map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.protocol import (
    DataLayerSource,
    DrawingInfo,
    DynamicLayer,
    RasterSource,
    SimpleRenderer,
    TableSource,
    WorkspaceLayerSource,
)

from . import controls
from .symbol_edits import plain_symbol

if TYPE_CHECKING:
    from .symbols import SymbolsPanel

_TABLE, _RASTER, _FILE = "Table of features", "Picture", "Layer file"
_GEOMETRIES = {
    "Points": "esriGeometryPoint",
    "Lines": "esriGeometryPolyline",
    "Areas": "esriGeometryPolygon",
}


class AdditionForm:
    """Workspace, name and kind of a data source, and the button that puts it on top of the map."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self.workspace = controls.labelled(
            ipywidgets.Text, "Workspace", "The id under which the service has registered the data"
        )
        self.name = controls.labelled(
            ipywidgets.Text, "Name", "The table, picture or layer file in the workspace"
        )
        self.kind = controls.labelled(ipywidgets.Dropdown, "Kind", options=(_TABLE, _RASTER, _FILE))
        self.geometry = controls.labelled(
            ipywidgets.Dropdown, "Geometry", "What its features are", options=tuple(_GEOMETRIES)
        )
        self.message = controls.prose()
        add = controls.button("Add on top", "Draw it above the other layers", self._add)
        note = controls.prose(
            controls.hint("Services do not list their workspaces: ask the publisher for the ids and names.")
        )
        self.widget = ipywidgets.VBox(
            (note, self.workspace, self.name, self.kind, self.geometry, self.message, controls.row(add))
        )
        self.widget.add_class("me-stack")
        self.kind.observe(self._fit, names="value")

    def _fit(self, change: Any) -> None:
        controls.shown(self.geometry, self.kind.value == _TABLE)

    def _add(self) -> None:
        workspace, name = self.workspace.value.strip(), self.name.value.strip()
        missing = "the id of the workspace" if not workspace else "" if name else "the name of the data"
        controls.say(self.message, controls.alert(f"Type {missing} first.") if missing else None)
        if not missing:
            self._panel.add(self._element(workspace, name))

    def _element(self, workspace: str, name: str) -> DynamicLayer:
        layer_id = self._panel.explorer.composer.free_id()
        if self.kind.value == _FILE:
            return DynamicLayer(
                id=layer_id, name=name, source=WorkspaceLayerSource(workspace_id=workspace, layer_id=name)
            )
        if self.kind.value == _RASTER:
            raster = RasterSource(workspace_id=workspace, data_source_name=name)
            return DynamicLayer(id=layer_id, name=name, source=DataLayerSource(data_source=raster))
        table = TableSource(workspace_id=workspace, data_source_name=name)
        renderer = SimpleRenderer(symbol=plain_symbol(_GEOMETRIES[self.geometry.value]))
        return DynamicLayer(
            id=layer_id,
            name=name,
            source=DataLayerSource(data_source=table),
            drawing_info=DrawingInfo(renderer=renderer),
        )
