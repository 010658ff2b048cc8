"""One line of the selection: a layer, how many of its features, their colours, and away with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.selections import ids_in
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import SelectionDefinition

from . import controls

CYAN = (0, 255, 255)
"""The colour of a selection that names none (Export Map, selectionDefinitions)."""


class SelectionRow:
    """Gives `changed` the definition with other colours, or None to take it away."""

    def __init__(
        self,
        name: str,
        definition: SelectionDefinition,
        changed: Callable[[SelectionDefinition | None], None],
        quietly: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.name, self.definition = name, definition
        self._changed = changed
        self._telling = False
        self.label = controls.prose()
        self.color = _well("Line", f"Colour of the selection in {name}")
        self.fill = _well("Fill", f"Fill of selected areas and points in {name}")
        self.filled = create(
            ipywidgets.Checkbox, description="Filled", indent=False, layout={"width": "auto"}
        )
        self.remove = controls.button("✕", f"Select nothing in {name}", lambda: changed(None), "me-icon")
        for control in (self.color, self.fill, self.filled):
            control.observe(self._chosen, names="value")
        self.widget = create(
            ipywidgets.VBox,
            (
                controls.row(self.label, self.remove, classes=("me-selection-head",)),
                controls.row(self.color, self.filled, self.fill),
            ),
        )
        self.widget.add_class("me-selection")

    def show(self, definition: SelectionDefinition) -> None:
        """Show a definition."""
        self.definition = definition
        count = len(ids_in(definition))
        words = "1 feature" if count == 1 else f"{count:,} features"
        controls.say(self.label, tag("span", tag("strong", self.name), f" {words}"))
        self._telling = True
        try:
            self.color.value = write_color(definition.selection_color or CYAN)
            self.filled.value = definition.selection_fill_color is not None
            if definition.selection_fill_color is not None:
                self.fill.value = write_color(definition.selection_fill_color)
            controls.shown(self.fill, self.filled.value)
        finally:
            self._telling = False

    def close(self) -> None:
        """Release the widgets."""
        for widget in (self.label, self.color, self.fill, self.filled, self.remove, self.widget):
            widget.close()

    def _chosen(self, _: Any) -> None:
        if self._telling:
            return
        line, fill = read_color(self.color.value), read_color(self.fill.value)
        self._changed(
            self.definition.model_copy(
                update={
                    "selection_color": None if line in (None, CYAN) else line,
                    "selection_fill_color": (fill or CYAN) if self.filled.value else None,
                }
            )
        )


def _well(label: str, hint: str) -> Any:
    made = create(
        ipywidgets.ColorPicker, concise=True, description=label, tooltip=hint, layout={"width": "auto"}
    )
    made.add_class("me-color")
    return made


def write_color(color: tuple[int, int, int]) -> str:
    """A colour as the picker writes it."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def read_color(text: str | None) -> tuple[int, int, int] | None:
    """The colour of six hexadecimal digits, None for names and anything else."""
    digits = (text or "").removeprefix("#")
    if len(digits) != 6:
        return None
    try:
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    except ValueError:
        return None
