"""Ranges: a slider for each named range of values that layers of the service publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.protocol.ranges import MapRangeValue, RangeValue

from . import controls
from .bound_panel import BoundPanel
from .published import interval, member, number

AS_PUBLISHED, ALL, VALUE, INTERVAL = "published", "all", "value", "interval"
EVERYTHING = (None, None)


@dataclass(frozen=True)
class PublishedRange:
    """A range name with what the layers that use it say: limits None where nobody gives them."""

    name: str
    limits: tuple[float, float] | None
    current: tuple[float, float] | None
    whole: bool
    layers: tuple[str, ...]
    fields: tuple[str, ...]


def published_ranges(layer_infos: Iterable[Any]) -> tuple[PublishedRange, ...]:
    """Every range name of a service, in the order of its layers, with the union of the limits."""
    uses: dict[str, list[tuple[Any, Any]]] = {}
    for layer in layer_infos or ():
        infos = member(layer, "range_infos")
        for info in infos if isinstance(infos, list | tuple) else ():
            name = member(info, "name")
            if name:
                uses.setdefault(str(name), []).append((layer, info))
    return tuple(_united(name, found) for name, found in uses.items())


def _united(name: str, uses: list[tuple[Any, Any]]) -> PublishedRange:
    full = [interval(member(info, "full_range_extent", "fullRangeExtent")) for _, info in uses]
    current = [interval(member(info, "current_range_extent", "currentRangeExtent")) for _, info in uses]
    known = [limits for limits in (*full, *current) if limits]
    fields = [str(member(info, "field") or "") for _, info in uses]
    return PublishedRange(
        name=name,
        limits=(min(low for low, _ in known), max(high for _, high in known)) if known else None,
        current=next((limits for limits in current if limits), None),
        whole=all(_is_whole(layer, field) for (layer, _), field in zip(uses, fields, strict=True)),
        layers=tuple(dict.fromkeys(str(member(layer, "name") or "") for layer, _ in uses)),
        fields=tuple(dict.fromkeys(field for field in fields if field)),
    )


def _is_whole(layer: Any, name: str) -> bool:
    fields = member(layer, "fields")
    for field in fields if isinstance(fields, list | tuple) else ():
        if str(member(field, "name") or "").lower() == name.lower():
            return str(member(field, "type") or "").endswith(("Integer", "OID"))
    return False


class RangeControl:
    """The controls of one range: a mode, a slider, and two boxes for exact or open ends."""

    def __init__(self, published: PublishedRange, panel: RangesPanel) -> None:
        self.published = published
        self._panel = panel
        self.mode = controls.labelled(ipywidgets.Dropdown, published.name, options=_modes(published))
        low, high = published.limits or (0.0, 1.0)
        step = 1.0 if published.whole else _fine_step(low, high)
        bounds = {"min": low, "max": max(high, low + step), "step": step, "readout": False}
        self.slider = controls.labelled(ipywidgets.FloatSlider, "Value", value=low, **bounds)
        self.range = controls.labelled(ipywidgets.FloatRangeSlider, "Interval", value=(low, high), **bounds)
        self.low = controls.labelled(ipywidgets.Text, "From", "Empty: no lower end", continuous_update=False)
        self.high = controls.labelled(ipywidgets.Text, "To", "Empty: no upper end", continuous_update=False)
        self.message = controls.prose()
        about = f"{', '.join(published.fields)} in {', '.join(published.layers)}" if published.fields else ""
        self.about = controls.prose(controls.hint(about))
        self.note = controls.prose()
        parts = (self.mode, self.slider, self.range, self.low, self.high, self.message, self.note, self.about)
        self.widget = ipywidgets.VBox(parts)
        self.widget.add_class("me-stack")
        self.widget.add_class("me-range")
        panel.listen(self.mode, self._mode_chosen)
        panel.listen(self.slider, lambda: self._write(self.slider.value))
        panel.listen(self.range, lambda: self._write(tuple(self.range.value)))
        panel.listen(self.low, self._typed)
        panel.listen(self.high, self._typed)

    def show(self, value: RangeValue | None) -> None:
        """Set the controls to a requested value; None is the range as published."""
        if value is None:
            mode = AS_PUBLISHED
        elif isinstance(value, tuple):
            mode = ALL if value == EVERYTHING and self.published.current else INTERVAL
        else:
            mode = VALUE
        self.mode.value = mode
        low, high = value if isinstance(value, tuple) else (value, value)
        if value is not None:
            self.slider.value = self._inside(low if low is not None else high, self.slider.min)
            self.range.value = (self._inside(low, self.range.min), self._inside(high, self.range.max))
        controls.shown(self.slider, mode == VALUE and self.published.limits is not None)
        controls.shown(self.range, mode == INTERVAL and self.published.limits is not None)
        for box, end in ((self.low, low), (self.high, high)):
            box.value = "" if end is None else f"{end:.15g}"
            box.placeholder = "open"
        controls.shown(self.low, mode in (VALUE, INTERVAL))
        controls.shown(self.high, mode == INTERVAL)
        self.low.description = "Exactly" if mode == VALUE else "From"
        words = "Features without a value are left out." if mode == VALUE or _closed(value) else ""
        controls.say(self.note, controls.hint(words))

    def _inside(self, value: float | None, otherwise: float) -> float:
        return otherwise if value is None else min(max(value, self.range.min), self.range.max)

    def _mode_chosen(self) -> None:
        mode = self.mode.value
        start = self.published.current or (self.range.min, self.range.max)
        self._write({AS_PUBLISHED: None, ALL: EVERYTHING, VALUE: self.slider.value, INTERVAL: start}[mode])

    def _typed(self) -> None:
        ends: list[float | None] = []
        for box in (self.low, self.high):
            end = number(box.value) if box.value.strip() else None
            if box.value.strip() and end is None:
                self.say(f"{self.published.name}: expected a number, not {box.value.strip()[:40]}.")
                return
            ends.append(end)
        low, high = ends
        if self.mode.value == VALUE and low is None:
            self.say(f"{self.published.name}: expected a number.")
            return
        self._write(low if self.mode.value == VALUE else (low, high))

    def _write(self, value: RangeValue | None) -> None:
        self._panel.set_range(self, value)

    def say(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def close(self) -> None:
        """Release the widgets."""
        for widget in (*self.widget.children, self.widget):
            close_whole(widget)


class RangesPanel(BoundPanel):
    """One control for each range name of the service; writes ``map_range_values``.

    Values for names that the service does not publish, set from code, are kept.
    """

    title: ClassVar[str] = "Ranges"
    bound: ClassVar[tuple[str, ...]] = ("map_range_values",)

    def build(self) -> tuple[Any, ...]:
        """Make the place for the controls."""
        self.ranges: dict[str, RangeControl] = {}
        self._active: RangeControl | None = None
        self._places = ipywidgets.VBox()
        self.message = controls.prose()
        self.reset = controls.button("Reset", "All ranges as published", self._reset)
        return (self._places, self.message, controls.row(self.reset))

    def on_service(self) -> None:
        """Make a control for each range of the service in use."""
        previous = self.ranges
        self._active = None
        self.ranges = {
            found.name: RangeControl(found, self) for found in published_ranges(self.explorer.layer_infos)
        }
        self._places.children = tuple(control.widget for control in self.ranges.values())
        for control in previous.values():
            control.close()
        controls.shown(self.reset, bool(self.ranges))
        controls.say(
            self.message, None if self.ranges else controls.hint("This service publishes no ranges.")
        )
        super().on_service()

    def show(self) -> None:
        """Set every control to the value of its name."""
        values = self._values()
        for name, control in self.ranges.items():
            control.show(values.get(name))

    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken, at the control that asked for it."""
        if self._active is not None:
            self._active.say(sentence)

    def set_range(self, control: RangeControl, value: RangeValue | None) -> None:
        """Set or, with None, drop the value of one range."""
        values = dict(self._values())
        values.pop(control.published.name, None)
        if value is not None:
            values[control.published.name] = value
        self._active = control
        self._write(values)

    def _write(self, values: Mapping[str, RangeValue]) -> None:
        try:
            wanted = tuple(MapRangeValue(name=name, value=value) for name, value in values.items())
        except ValueError:
            self.refuse("Expected two numbers in rising order.")
            return
        self.write(map_range_values=wanted or None)
        with self.quietly():
            self.show()

    def _values(self) -> dict[str, RangeValue]:
        return {item.name: item.value for item in self.explorer.parameters.map_range_values or ()}

    def _reset(self) -> None:
        values = {name: value for name, value in self._values().items() if name not in self.ranges}
        for control in self.ranges.values():
            control.say("")
        self._write(values)


def _modes(published: PublishedRange) -> list[tuple[str, str]]:
    if published.current is None:
        first = [("All values", AS_PUBLISHED)]
    else:
        low, high = published.current
        first = [(f"As published ({low:.6g} to {high:.6g})", AS_PUBLISHED), ("All values", ALL)]
    return [*first, ("One value", VALUE), ("Interval", INTERVAL)]


def _closed(value: RangeValue | None) -> bool:
    return isinstance(value, tuple) and value != EVERYTHING


def _fine_step(low: float, high: float) -> float:
    """A round step that cuts the limits into 100 to 1000 pieces."""
    width = (high - low) or 1.0
    step = 1.0
    while width / step > 1000:
        step *= 10
    while width / step < 100:
        step /= 10
    return step
