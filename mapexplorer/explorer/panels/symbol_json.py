"""The JSON of a layer's drawing info, to be read, changed and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets
from pydantic import TypeAdapter

from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import DrawingInfo, ValueFaults, strict_json, validate, write_path

from . import controls

if TYPE_CHECKING:
    from .symbols import SymbolsPanel

_DRAWING: TypeAdapter[DrawingInfo] = TypeAdapter(DrawingInfo)
ROOT = "drawingInfo"


class JsonEditor:
    """A text box with the drawing info; what cannot be read is said with the path of its place."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self._shown = ""
        self.text = create(
            ipywidgets.Textarea,
            description="drawingInfo as JSON",
            layout={"width": "auto"},
        )
        self.text.add_class("me-json-editor")
        self.apply = controls.button("Apply", "Draw the layer as this JSON says", self._apply)
        self.message = controls.prose()
        self.widget = create(ipywidgets.VBox, (self.text, self.message, controls.row(self.apply)))
        self.widget.add_class("me-stack")

    def show(self, drawing: DrawingInfo) -> None:
        """Show a drawing info; a text that is being changed stays while that is the same."""
        text = strict_json.pretty(drawing.to_json())
        if text != self._shown:
            self._shown = text
            self.text.value = text
            controls.say(self.message, None)

    def _apply(self) -> None:
        try:
            drawing = validate(_DRAWING, strict_json.loads(self.text.value, what=ROOT))
        except ValueFaults as faults:
            found = "; ".join(f"{write_path(ROOT, path)}: {problem}" for path, problem in faults.faults[:3])
            self._say(found)
        except ValueError as error:
            self._say(str(error))
        else:
            self._say("")
            self._shown = ""
            self._panel.replace(drawing)

    def _say(self, sentence: str) -> None:
        controls.say(self.message, controls.alert(sentence))
