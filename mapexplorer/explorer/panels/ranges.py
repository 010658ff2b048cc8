"""Ranges: a slider for each named range of values that layers of the service publish."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol.ranges import MapRangeValue, RangeValue

from . import controls
from .bound_panel import BoundPanel
from .fold import Fold
from .published import member
from .range_control import RangeControl, published_ranges


class RangesPanel(BoundPanel):
    """One control for each range name of the service, and under it one for each layer that uses it.

    Writes ``map_range_values`` and ``layer_range_values``. Values for names and layers that the service does
    not publish, set from code, are kept.
    """

    title: ClassVar[str] = "Ranges"
    bound: ClassVar[tuple[str, ...]] = ("map_range_values", "layer_range_values")

    def build(self) -> tuple[Any, ...]:
        """Make the place for the controls."""
        self.ranges: dict[str, RangeControl] = {}
        self.layers: dict[tuple[int, str], RangeControl] = {}
        self._active: RangeControl | None = None
        self._places = create(ipywidgets.VBox)
        self.message = controls.prose()
        self.reset = controls.button("Reset", "All ranges as published", self._reset)
        return (self._places, self.message, controls.row(self.reset))

    def on_service(self) -> None:
        """Make the controls for the ranges of the service in use."""
        previous = self._places.children
        self._active = None
        infos = self.explorer.layer_infos or ()
        self.ranges = {
            found.name: RangeControl(found, self.listen, self.set_range) for found in published_ranges(infos)
        }
        self.layers = {
            (member(layer, "id"), found.name): RangeControl(
                found,
                self.listen,
                partial(self.set_layer_range, member(layer, "id")),
                str(member(layer, "name") or f"Layer {member(layer, 'id')}"),
            )
            for layer in infos
            for found in published_ranges([layer])
        }
        self._places.children = tuple(part for name in self.ranges for part in self._parts(name))
        for part in previous:
            close_whole(part)
        controls.shown(self.reset, bool(self.ranges))
        controls.say(
            self.message, None if self.ranges else controls.hint("This service publishes no ranges.")
        )
        super().on_service()

    def _parts(self, name: str) -> tuple[Any, ...]:
        single = [control.widget for (_, used), control in self.layers.items() if used == name]
        fold = Fold("Layer by layer", f"Another {name} for single layers", single)
        return (self.ranges[name].widget, fold.widget)

    def show(self) -> None:
        """Set every control to its value."""
        values = self._values()
        for name, control in self.ranges.items():
            control.show(values.get(name))
        by_layer = self._layer_values()
        for (layer_id, name), control in self.layers.items():
            control.show(by_layer.get(layer_id, {}).get(name))

    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken, at the control that asked for it."""
        if self._active is not None:
            self._active.say(sentence)

    def set_range(self, control: RangeControl, value: RangeValue | None) -> None:
        """Set or, with None, drop the value of one range of the map."""
        self._active = control
        values = _with(self._values(), control.published.name, value)
        self._write(map_range_values=values)

    def set_layer_range(self, layer_id: int, control: RangeControl, value: RangeValue | None) -> None:
        """Set or, with None, drop the value of one range of one layer."""
        self._active = control
        by_layer = self._layer_values()
        by_layer[layer_id] = _with(by_layer.get(layer_id, {}), control.published.name, value)
        self._write(layer_range_values=by_layer)

    def _write(self, **wanted: Mapping[Any, Any]) -> None:
        try:
            values = {name: _listed(name, given) for name, given in wanted.items()}
        except ValueError:
            self.refuse("Expected two numbers in rising order.")
            return
        self.write(**values)
        with self.quietly():
            self.show()

    def _values(self) -> dict[str, RangeValue]:
        return {item.name: item.value for item in self.explorer.parameters.map_range_values or ()}

    def _layer_values(self) -> dict[int, dict[str, RangeValue]]:
        given = self.explorer.parameters.layer_range_values or {}
        return {layer_id: {item.name: item.value for item in items} for layer_id, items in given.items()}

    def _reset(self) -> None:
        values = {name: value for name, value in self._values().items() if name not in self.ranges}
        by_layer = {
            layer_id: {name: value for name, value in given.items() if (layer_id, name) not in self.layers}
            for layer_id, given in self._layer_values().items()
        }
        for control in (*self.ranges.values(), *self.layers.values()):
            control.say("")
        self._write(map_range_values=values, layer_range_values=by_layer)


def _with(values: Mapping[str, RangeValue], name: str, value: RangeValue | None) -> dict[str, RangeValue]:
    changed = {known: given for known, given in values.items() if known != name}
    if value is not None:
        changed[name] = value
    return changed


def _listed(name: str, given: Mapping[Any, Any]) -> Any:
    """The value of a parameter; None when nothing is left in it."""
    if name == "map_range_values":
        return tuple(MapRangeValue(name=key, value=value) for key, value in given.items()) or None
    by_layer = {layer_id: _listed("map_range_values", values) for layer_id, values in sorted(given.items())}
    return {layer_id: items for layer_id, items in by_layer.items() if items} or None
