"""Controls for the labels of a layer: on or off, what they say, how they look and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import DrawingInfo, LabelClass, LayerInfo
from mapexplorer.protocol.symbols import LARGEST_FONT, LARGEST_WIDTH

from . import controls
from .label_edits import (
    PLAIN,
    expression_of,
    halo_of,
    is_arcade,
    lettered,
    placement_of,
    placements,
    plain_class,
    saying,
    with_field,
)
from .published import plain_fields
from .symbol_look import color_picker, hex_of, length_box, rgb_of

if TYPE_CHECKING:
    from .symbols import SymbolsPanel

_CHOOSE = "Append a field …"
_HINT = 'Fields in brackets, text in quotation marks: [NAME] CONCAT ", " CONCAT [STATE]'
_ARCADE_HINT = 'Arcade: $feature.NAME + ", " + $feature.STATE'


class LabelControls:
    """Labels on or off, and of one label class the expression, the letters, their halo and their place."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self._drawing = DrawingInfo()
        self._layer: LayerInfo | None = None
        self.on = create(ipywidgets.Checkbox, description="Labels", indent=False)
        self.part = controls.labelled(
            ipywidgets.Dropdown, "Label class", "Which labels are changed: the first that fits is drawn"
        )
        self.expression = controls.labelled(
            ipywidgets.Text, "Expression", _HINT, continuous_update=False, placeholder="[NAME]"
        )
        self.expression.add_class("me-code-field")
        self.field = controls.labelled(
            ipywidgets.Dropdown,
            "Field",
            "Put a field at the end of the expression: the page does not tell where the cursor stands",
        )
        self.placement = controls.labelled(ipywidgets.Dropdown, "Place", "Where labels stand")
        self.size = length_box("Text size", "In points: 72 are an inch", LARGEST_FONT)
        self.color = color_picker("Text colour", "Colour of the letters")
        self.halo = length_box("Halo", "Width round the letters, in points; 0 is no halo", LARGEST_WIDTH)
        self.halo_color = color_picker("Halo colour", "Colour round the letters")
        self.made = create(ipywidgets.VBox,
            (
                self.part, self.expression, self.field, self.placement,
                self.size, self.color, self.halo, self.halo_color,
            )
        )  # fmt: skip
        self.widget = create(ipywidgets.VBox, (self.on, self.made))
        for stack in (self.made, self.widget):
            stack.add_class("me-stack")
        self.widget.add_class("me-labels")
        self._listen(panel)

    def _listen(self, panel: SymbolsPanel) -> None:
        panel.listen(self.on, self._switch)
        panel.listen(self.part, self._refill)
        panel.listen(self.field, self._append)
        panel.listen(self.expression, lambda: self._say(self.expression.value))
        changes: tuple[tuple[Any, Callable[[LabelClass], LabelClass]], ...] = (
            (self.size, lambda label: lettered(label, size=self.size.value)),
            (self.color, lambda label: lettered(label, rgb=rgb_of(self.color.value))),
            (self.halo, lambda label: lettered(label, halo=self.halo.value)),
            (self.halo_color, lambda label: lettered(label, halo_rgb=rgb_of(self.halo_color.value))),
            (
                self.placement,
                lambda label: label.model_copy(update={"label_placement": self.placement.value}),
            ),
        )
        for control, change in changes:
            panel.listen(control, self._changer(change))

    def show(self, layer: LayerInfo | None, drawing: DrawingInfo, *, possible: bool) -> None:
        """Show the labels of a drawing info; `possible` is false for pictures."""
        self._layer, self._drawing = layer, drawing
        controls.shown(self.widget, possible)
        classes = drawing.labeling_info or ()
        on = bool(classes) and drawing.show_labels is not False
        self.on.value = on
        controls.shown(self.made, on)
        parts = tuple(
            (f"{number}. {label.name or label.where or 'all features'}", number - 1)
            for number, label in enumerate(classes, start=1)
        )
        if tuple(self.part.options) != parts:
            chosen = self.part.value
            self.part.options = parts
            self.part.value = chosen if chosen is not None and chosen < len(parts) else 0 if parts else None
        controls.shown(self.part, len(parts) > 1)
        fields = layer.fields if layer is not None else ()
        options = (_CHOOSE, *(field.name for field in plain_fields(fields) if _writable(field.type)))
        if tuple(self.field.options) != options:
            self.field.options = options
        self.field.value = _CHOOSE
        self._fill()

    def _refill(self) -> None:
        with self._panel.quietly():
            self._fill()

    def _fill(self) -> None:
        label = self._label()
        if label is None:
            return
        symbol, geometry = label.symbol or PLAIN, self._geometry()
        self.expression.value = expression_of(label)
        self.expression.tooltip = _ARCADE_HINT if is_arcade(label) else _HINT
        places = tuple((words, name) for name, words in placements(geometry).items())
        if tuple(self.placement.options) != places:
            self.placement.options = places
        place = placement_of(label, geometry)
        self.placement.value = place if place in dict(places).values() else None
        controls.shown(self.placement, len(places) > 1)
        self.size.value = symbol.font.size
        self.color.value = hex_of((symbol.color or (0, 0, 0, 0))[:3])
        width, shade = halo_of(symbol)
        self.halo.value, self.halo_color.value = width, hex_of(shade)
        controls.shown(self.halo_color, width > 0)

    def _geometry(self) -> str | None:
        return self._layer.geometry_type if self._layer is not None else None

    def _label(self) -> LabelClass | None:
        """The label class that is shown."""
        classes = self._drawing.labeling_info or ()
        place = self.part.value or 0
        return classes[place] if place < len(classes) else None

    # ---- what a person does

    def _switch(self) -> None:
        if not self.on.value:
            self._panel.change(show_labels=False)
        elif self._drawing.labeling_info:
            own = self._panel.published().labeling_info == self._drawing.labeling_info
            self._panel.change(show_labels=None if own else True)
        else:
            display = self._layer.display_field if self._layer is not None else ""
            first = next((name for name in self.field.options if name != _CHOOSE), "")
            if display or first:
                self._say(f"[{display or first}]")
            else:
                with self._panel.quietly():
                    self.on.value = False
                self._panel.refuse("The fields of this layer are not known: give its labels as JSON.")

    def _append(self) -> None:
        if self.field.value != _CHOOSE:
            label = self._label()
            arcade = label is not None and is_arcade(label)
            self._say(with_field(self.expression.value, self.field.value, arcade=arcade))

    def _say(self, expression: str) -> None:
        if expression.strip():
            self._write(saying(self._label() or plain_class(self._geometry()), expression.strip()))
        else:
            self._panel.change(show_labels=False)

    def _changer(self, change: Callable[[LabelClass], LabelClass]) -> Callable[[], None]:
        def changed() -> None:
            label = self._label()
            if label is None:
                return
            try:
                wanted = change(label)
            except ValueError as error:
                self._panel.refuse(str(error))
                return
            self._write(wanted)

        return changed

    def _write(self, label: LabelClass) -> None:
        classes = list(self._drawing.labeling_info or ())
        classes[self.part.value or 0 : (self.part.value or 0) + 1] = [label]
        self._panel.change(show_labels=True, labeling_info=tuple(classes))


def _writable(kind: str) -> bool:
    return not kind.endswith(("Geometry", "Blob", "Raster", "XML"))
