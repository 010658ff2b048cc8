"""Controls that make one symbol, a symbol for each value, or classes from a field of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import (
    ClassBreaksRenderer,
    FieldInfo,
    Renderer,
    SimpleRenderer,
    Symbol,
    UniqueValueRenderer,
)

from . import controls
from .classification import METHODS, MOST_CLASSES, breaks, class_breaks, unique_values
from .color_schemes import NAMES, RAMPS, SETS, colors, scheme_of
from .published import plain_fields
from .symbol_edits import Rgb, colored, entries, field_of, look, plain_symbol, with_each
from .value_counts import ValueCounts, read_range, read_values

if TYPE_CHECKING:
    from .symbols import SymbolsPanel

ONE, VALUES, CLASSES = "simple", "uniqueValue", "classBreaks"
_MODES = (("One symbol", ONE), ("By value", VALUES), ("By class", CLASSES))
OWN = "As they are"
_NUMBERS = ("Integer", "Double", "Single")
_VALUES = (*_NUMBERS, "String")


class ClassControls:
    """Which symbol a feature gets: the same for all, by the value of a field, or by its class."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self._shown: ShownLayer | None = None
        self._renderer: Renderer | None = None
        self._known: tuple[ShownLayer, str, bool, ValueCounts] | None = None
        self._asked = 0
        self.mode = create(
            ipywidgets.ToggleButtons,
            options=_MODES,
            tooltips=(
                "All features look the same",
                "Each value of a field has its own symbol",
                "Classes of numbers have their own symbols",
            ),
        )
        self.mode.add_class("me-modes")
        self.field = controls.labelled(ipywidgets.Dropdown, "Field", "What the symbols tell")
        self.number = controls.labelled(
            ipywidgets.BoundedIntText, "Classes", "How many at most", min=1, max=MOST_CLASSES, value=5
        )
        self.method = controls.labelled(
            ipywidgets.Dropdown, "Method", "Where one class ends and the next begins", options=list(METHODS)
        )
        self.scheme = controls.labelled(
            ipywidgets.Dropdown,
            "Colours",
            "Colours from low to high, or without an order",
            options=(OWN, *NAMES),
        )
        self.reverse = create(ipywidgets.Checkbox, description="In reverse order", indent=False)
        self.reverse.add_class("me-indented")
        self.note = controls.prose()
        self.reason = controls.prose()
        self.made = create(ipywidgets.VBox, (self.field, self.number, self.method, self.scheme, self.reverse))
        self.made.add_class("me-stack")
        self.widget = create(ipywidgets.VBox, (self.mode, self.reason, self.made, self.note))
        self.widget.add_class("me-stack")
        panel.listen(self.mode, self._switch)
        for control in (self.field, self.number, self.method):
            panel.listen(control, self._make)
        panel.listen(self.scheme, lambda: self._recolor() if self.scheme.value != OWN else None)
        panel.listen(self.reverse, self._recolor)

    def show(self, shown: ShownLayer | None, renderer: Renderer | None) -> None:
        """Show how a layer is classed; None for a layer that the service is still asked about."""
        if not _same(shown, self._shown):
            self._asked += 1
            controls.say(self.note, None)
        self._shown, self._renderer = shown, renderer
        mode = renderer.type if renderer is not None else ONE
        self.mode.value = mode
        reason = self._reason()
        self.mode.disabled = reason is not None
        for control in (self.field, self.number, self.method):
            control.disabled = reason is not None
        controls.say(self.reason, controls.hint(reason or ""))
        self._fill(mode)

    def _fill(self, mode: str) -> None:
        if self._renderer is not None and classed(self._renderer) and self._renderer.type == mode:
            found = scheme_of(self._shades_of(self._renderer))
            self.scheme.value, self.reverse.value = found or (OWN, False)
        controls.shown(self.made, mode != ONE)
        controls.shown(self.number, mode == CLASSES)
        controls.shown(self.method, mode == CLASSES)
        names = self._names(mode)
        present = field_of(self._renderer) if self._renderer is not None else ""
        spelled = next((name for name in names if name.casefold() == present.casefold()), None)
        as_drawn = self._renderer is not None and self._renderer.type == mode
        if present and spelled is None and as_drawn:
            names, spelled = (*names, present), present
        if tuple(self.field.options) != names:
            self.field.options = names
            self.field.value = names[0] if names else None
        if spelled is not None:
            self.field.value = spelled
        if isinstance(self._renderer, ClassBreaksRenderer) and as_drawn:
            self.number.value = min(len(self._renderer.class_break_infos) or 1, MOST_CLASSES)

    def _reason(self) -> str | None:
        if self._shown is None:
            return "The service is being asked about this layer …"
        if self._shown.problem:
            return f"The fields of this layer are not known. {self._shown.problem}"
        offered = str(self._shown.info.raw.get("capabilities", "Query"))
        if "query" not in offered.casefold():
            return "The service does not let anyone ask for the values of this layer."
        return None

    def _names(self, mode: str) -> tuple[str, ...]:
        fields: tuple[FieldInfo, ...] = self._shown.info.fields if self._shown is not None else ()
        kinds = _NUMBERS if mode == CLASSES else _VALUES
        return tuple(field.name for field in plain_fields(fields) if field.type.endswith(kinds))

    def _symbol(self) -> Symbol:
        listed = entries(self._renderer) if self._renderer is not None else ()
        if listed:
            return listed[0][1]
        return plain_symbol(self._shown.info.geometry_type if self._shown is not None else None)

    # ---- what a person does

    def _switch(self) -> None:
        mode = self.mode.value
        if mode == ONE:
            self._asked += 1
            controls.say(self.note, None)
            self._panel.change(renderer=SimpleRenderer(symbol=self._symbol()))
            return
        with self._panel.quietly():
            self.scheme.value = next(iter(SETS if mode == VALUES else RAMPS))
            if mode == CLASSES:
                self.number.value = 5
            self._fill(mode)
        if self.field.value is None:
            self._say(controls.hint("The layer has no field for that."))
            return
        self._make()

    def _make(self) -> None:
        """Make the renderer from the values of the field, asking for them when they are not known."""
        shown, name = self._shown, self.field.value
        if shown is None or not name:
            return
        mode, method = self.mode.value, self.method.value
        ends_only = mode == CLASSES and method == "Equal interval"
        known = self._known
        if known is not None and _same(known[0], shown) and known[1:3] == (name, ends_only):
            self._use(known[3], mode)
            return
        self._asked += 1
        asked = self._asked
        self._say(controls.hint(f"Reading the values of {name} …"))
        read = read_range if ends_only else read_values
        service = self._panel.explorer.service

        def take(values: ValueCounts) -> None:
            if asked != self._asked:
                return
            if not values.problem:
                self._known = shown, name, ends_only, values
            self._use(values, mode)

        self._panel.in_background(lambda: read(service, shown, name), take)

    def _use(self, found: ValueCounts, mode: str) -> None:
        if found.problem:
            self._say(controls.alert(found.problem))
            return
        shades = self._shades
        try:
            renderer: Renderer
            if mode == VALUES:
                renderer = unique_values(found.field, found.values, found.counts, self._symbol(), shades)
            else:
                ends = breaks(found.values, found.counts, self.number.value, self.method.value)
                renderer = class_breaks(found.field, ends, self._symbol(), shades(len(ends) - 1))
        except ValueError as error:
            self._say(controls.alert(f"{found.field}: {error}."))
            return
        self._say(None)
        self._panel.change(renderer=renderer)

    def _shades(self, count: int) -> tuple[Rgb, ...]:
        name = self.scheme.value
        if name == OWN:
            name = next(iter(SETS if self.mode.value == VALUES else RAMPS))
        return colors(name, count, reverse=self.reverse.value)

    @staticmethod
    def _shades_of(renderer: Renderer) -> list[Rgb]:
        """The colours of the classes, without that of the other values; white where a symbol has none."""
        shown = entries(renderer)
        if not isinstance(renderer, SimpleRenderer) and renderer.default_symbol is not None:
            shown = shown[:-1]
        return [look(symbol).color or (255, 255, 255) for _, symbol in shown]

    def _recolor(self) -> None:
        renderer = self._renderer
        if renderer is None or not classed(renderer):
            return
        given = self._shades_of(renderer)
        count = len(given)
        shades = given[::-1] if self.scheme.value == OWN else self._shades(count)
        self._panel.change(
            renderer=with_each(
                renderer, lambda place, symbol: colored(symbol, shades[place]) if place < count else symbol
            )
        )

    def _say(self, content: Any) -> None:
        with self._panel.quietly():
            controls.say(self.note, content)


def _same(one: ShownLayer | None, other: ShownLayer | None) -> bool:
    """Whether both are the same layer with the same rows, however it is drawn."""
    return one is other or (one is not None and other is not None and one.info is other.info)


def classed(renderer: Renderer | None) -> bool:
    """Whether a renderer tells values or classes apart."""
    return isinstance(renderer, (UniqueValueRenderer, ClassBreaksRenderer))
