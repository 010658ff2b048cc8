"""Controls for the labels of a layer: on or off, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.protocol import DrawingInfo, LabelClass, LayerInfo, TextSymbol

from . import controls

if TYPE_CHECKING:
    from .symbols import SymbolsPanel

_CHOOSE = "Insert a field …"
_PLACEMENTS = {
    "esriGeometryPoint": "esriServerPointLabelPlacementAboveRight",
    "esriGeometryMultipoint": "esriServerPointLabelPlacementAboveRight",
    "esriGeometryPolyline": "esriServerLinePlacementAboveAlong",
    "esriGeometryPolygon": "esriServerPolygonPlacementAlwaysHorizontal",
}


class LabelControls:
    """Labels on or off, and their expression: typed, or a field chosen from the list."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self._drawing = DrawingInfo()
        self._layer: LayerInfo | None = None
        self.on = ipywidgets.Checkbox(description="Labels", indent=False)
        self.field = controls.labelled(ipywidgets.Dropdown, "Field", "Put a field into the label")
        self.expression = controls.labelled(
            ipywidgets.Text,
            "Expression",
            'Fields in brackets, text in quotation marks: [NAME] CONCAT ", " CONCAT [STATE]',
            continuous_update=False,
            placeholder="[NAME]",
        )
        self.expression.add_class("me-code-field")
        self.made = ipywidgets.VBox((self.field, self.expression))
        self.made.add_class("me-stack")
        self.widget = ipywidgets.VBox((self.on, self.made))
        self.widget.add_class("me-stack")
        panel.listen(self.on, self._switch)
        panel.listen(self.field, self._insert)
        panel.listen(self.expression, lambda: self._write(self.expression.value))

    def show(self, layer: LayerInfo | None, drawing: DrawingInfo, *, possible: bool) -> None:
        """Show the labels of a drawing info; `possible` is false for pictures."""
        self._layer, self._drawing = layer, drawing
        controls.shown(self.widget, possible)
        classes = drawing.labeling_info or ()
        on = bool(classes) and drawing.show_labels is not False
        self.on.value = on
        controls.shown(self.made, on)
        names = tuple(
            field.name for field in (layer.fields if layer is not None else ()) if _writable(field.type)
        )
        options = (_CHOOSE, *names)
        if tuple(self.field.options) != options:
            self.field.options = options
        self.field.value = _CHOOSE
        self.expression.value = (classes[0].label_expression or "") if classes else ""

    def _switch(self) -> None:
        if not self.on.value:
            self._panel.change(show_labels=False)
        elif self._drawing.labeling_info:
            self._panel.change(show_labels=None)
        else:
            display = self._layer.display_field if self._layer is not None else ""
            first = next((name for name in self.field.options if name != _CHOOSE), "")
            self._write(f"[{display or first}]" if display or first else "")

    def _insert(self) -> None:
        if self.field.value != _CHOOSE:
            self._write(f"[{self.field.value}]")

    def _write(self, expression: str) -> None:
        if not expression.strip():
            self._panel.change(show_labels=False)
            return
        classes = self._drawing.labeling_info or ()
        first = classes[0] if classes else self._plain()
        changed = first.model_copy(update={"label_expression": expression.strip()})
        self._panel.change(show_labels=True, labeling_info=(changed,))

    def _plain(self) -> LabelClass:
        geometry = self._layer.geometry_type if self._layer is not None else None
        return LabelClass.model_validate(
            {
                "labelPlacement": _PLACEMENTS.get(geometry or ""),
                "symbol": TextSymbol(color=(30, 30, 30, 255), halo_size=1.0, halo_color=(255, 255, 255, 255)),
            }
        )


def _writable(kind: str) -> bool:
    return not kind.endswith(("Geometry", "Blob", "Raster", "XML"))
