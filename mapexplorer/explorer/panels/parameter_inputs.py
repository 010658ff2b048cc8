"""The parameters of a published filter: one typed input each, empty for the published default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.sharing import create

from . import controls, timeline
from .published import member, number, whole

if TYPE_CHECKING:
    from .filters import FiltersPanel

Value = str | int | float
INTEGERS = ("SmallInteger", "Integer", "BigInteger")
KINDS = {
    "String": "text", "SmallInteger": "a whole number", "Integer": "a whole number",
    "BigInteger": "a whole number", "Single": "a number", "Double": "a number", "Date": "a date",
}  # fmt: skip


class ParameterInput:
    """The input of one parameter of one layer."""

    def __init__(self, info: Any, layer_id: int, panel: FiltersPanel) -> None:
        self.name = str(member(info, "name"))
        self.type = str(member(info, "data_type") or "String").removeprefix("esriFieldType")
        self.several = member(info, "multiple_values") is True
        self.layer_id = layer_id
        self._default = member(info, "default_value")
        self._zone = panel.place
        box = ipywidgets.Textarea if self.several else ipywidgets.Text
        more: dict[str, Any] = {"rows": 3} if self.several else {}
        self.text = controls.labelled(
            box,
            self.name,
            continuous_update=False,
            **more,
        )
        self.about, self.message = controls.prose(), controls.prose()
        self._explain()
        self.widget = create(ipywidgets.VBox, (self.text, self.about, self.message))
        panel.listen(self.text, lambda: panel.parameter_typed(self))

    def _explain(self) -> None:
        kind = KINDS.get(self.type, "a value")
        about = f"{kind}, in {self._zone}" if self.type == "Date" else kind
        if self.several:
            about += ", one on each line"
        default = self.text_of(self._default)
        self.text.tooltip, self.text.placeholder = f"{self.name}: {about}", default
        published = ", ".join(default.split("\n"))
        controls.say(self.about, controls.hint(f"{about}; empty: as published, {published}"))

    def use_zone(self, zone: tzinfo) -> None:
        """Show and read times in another time zone; what was typed stays the same time."""
        if self.type != "Date":
            return
        try:
            typed = self.value()
        except ValueError:
            typed = self.text.value
        self._zone = zone
        self.text.value = self.text_of(typed)
        self._explain()

    def text_of(self, value: Any) -> str:
        """A value as it stands in the box."""
        if isinstance(value, list | tuple):
            return "\n".join(self.text_of(item) for item in value)
        moment = whole(value) if self.type == "Date" and not isinstance(value, str) else None
        if moment is not None:
            return timeline.text(moment, self._zone)
        return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)

    def value(self) -> Value | tuple[Value, ...] | None:
        """What was typed, None for the published default. Raises ValueError for a value of another kind."""
        typed = self.text.value
        if not typed.strip():
            return None
        if self.several:
            return tuple(self._single(line.strip()) for line in typed.splitlines() if line.strip())
        return self._single(typed.strip())

    def _single(self, typed: str) -> Value:
        if self.type in INTEGERS:
            found = whole(typed)
            if found is None:
                raise ValueError(f"{self.name}: expected a whole number, not {typed[:40]}.")
            return found
        if self.type in ("Single", "Double"):
            real = number(typed)
            if real is None:
                raise ValueError(f"{self.name}: expected a number, not {typed[:40]}.")
            return real
        if self.type == "Date":
            try:
                return timeline.parsed(typed, self._zone) or 0
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}.") from None
        return typed

    def show(self, values: Mapping[str, Any]) -> None:
        """Set the box from the values of the layer."""
        given = self.text_of(values.get(self.name))
        if given != self.text.value and (self.name in values or not self.message.value):
            self.text.value = given

    def say(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.marked(self.text, "me-wrong", bool(sentence))
        controls.say(self.message, controls.alert(sentence))

    def close(self) -> None:
        """Release the widgets."""
        for part in (self.text, self.about, self.message, self.widget):
            close_whole(part)


def parameter_inputs(layer: Any, layer_id: int, panel: FiltersPanel) -> tuple[ParameterInput, ...]:
    """The inputs for all parameters that a layer publishes."""
    infos = member(layer, "parameter_infos") if layer is not None else None
    usable = infos if isinstance(infos, list | tuple) else ()
    return tuple(ParameterInput(info, layer_id, panel) for info in usable if member(info, "name"))
