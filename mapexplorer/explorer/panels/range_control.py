"""What a service publishes about ranges, and the controls of one range: of the map, or of one layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.sharing import create

from . import controls
from .published import interval, member, number

if TYPE_CHECKING:
    from mapexplorer.protocol.ranges import RangeValue

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
    """The controls of one range: a mode, a slider, and two boxes for exact or open ends.

    `write` gets the value that a person sets, None for the first mode: as published, or as the map has it
    when the control is that of one layer and bears its name as `title`.
    """

    def __init__(
        self,
        published: PublishedRange,
        listen: Callable[[Any, Callable[[], object]], None],
        write: Callable[[RangeControl, RangeValue | None], object],
        title: str = "",
    ) -> None:
        self.published = published
        self._write_value = write
        modes = _layer_modes() if title else _modes(published)
        self._has_all = ALL in [mode for _, mode in modes]
        self.mode = controls.labelled(ipywidgets.Dropdown, title or published.name, options=modes)
        low, high = published.limits or (0.0, 1.0)
        step = 1.0 if published.whole else _fine_step(low, high)
        bounds = {"min": low, "max": max(high, low + step), "step": step, "readout": False}
        self.slider = controls.labelled(ipywidgets.FloatSlider, "Value", value=low, **bounds)
        self.range = controls.labelled(ipywidgets.FloatRangeSlider, "Interval", value=(low, high), **bounds)
        self.low = controls.labelled(ipywidgets.Text, "From", "Empty: no lower end", continuous_update=False)
        self.high = controls.labelled(ipywidgets.Text, "To", "Empty: no upper end", continuous_update=False)
        self.message = controls.prose()
        fields = ", ".join(published.fields)
        about = f"{fields} in {', '.join(published.layers)}" if fields and not title else fields
        self.about = controls.prose(controls.hint(about))
        self.note = controls.prose()
        parts = (self.mode, self.slider, self.range, self.low, self.high, self.message, self.note, self.about)
        self.widget = create(ipywidgets.VBox, parts)
        self.widget.add_class("me-stack")
        self.widget.add_class("me-range")
        listen(self.mode, self._mode_chosen)
        listen(self.slider, lambda: self._write(self.slider.value))
        listen(self.range, lambda: self._write(tuple(self.range.value)))
        listen(self.low, self._typed)
        listen(self.high, self._typed)

    def show(self, value: RangeValue | None) -> None:
        """Set the controls to a requested value; None is the range as published."""
        if value is None:
            mode = AS_PUBLISHED
        elif isinstance(value, tuple):
            mode = ALL if value == EVERYTHING and self._has_all else INTERVAL
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
        self._write_value(self, value)

    def say(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.say(self.message, controls.alert(sentence))


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


def _layer_modes() -> list[tuple[str, str]]:
    return [("As the map", AS_PUBLISHED), ("All values", ALL), ("One value", VALUE), ("Interval", INTERVAL)]
