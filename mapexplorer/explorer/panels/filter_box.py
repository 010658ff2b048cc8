"""The filter of one layer: its expression, the builder beside it, its field names and its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create

from . import controls
from .filter_builder import FilterBuilder
from .filter_faults import quoted_field
from .insertion import AT_THE_END, with_field
from .parameter_inputs import parameter_inputs
from .published import member

if TYPE_CHECKING:
    from .filters import FiltersPanel

MOST_FIELDS = 60
MOST_CODES = 8
COLUMN = re.compile(r"\(column (\d+)\)")
KIND_WORDS = {"OID": "object id", "SmallInteger": "small integer", "Date": "date, in expressions in UTC"}
AROUND = 28
"""Signs of an expression shown before and after the place of a fault."""


class FilterBox:
    """The expression of one layer, its builder, its field names and the message under it."""

    def __init__(self, layer_id: int, name: str, layer: Any, panel: FiltersPanel) -> None:
        self.layer_id = layer_id
        self.name = name
        self.applied = ""
        self._panel = panel
        self._published = fields_of(layer)[:MOST_FIELDS]
        self.text = controls.labelled(
            ipywidgets.Text,
            name,
            f"Expression for {name}",
            placeholder=_example(self._published),
            continuous_update=True,
        )
        self.text.add_class("me-expression")
        self.message, self.described = controls.prose(), controls.prose()
        self.fields: dict[str, Any] = {}
        self.builder: FilterBuilder | None = None
        self.parameters = parameter_inputs(layer, layer_id, panel)
        self.clear = controls.button("✕", f"Remove the filter of {name}", self._clear, "me-icon")
        self.chips = controls.row(classes=("me-chips",))
        self.opener = _opener("Fields", f"Show the field names of {name}", self._open)
        self.build = _opener("Build", f"Build the filter of {name} from conditions", self._build)
        controls.shown(self.chips, False)
        for opener in (self.opener, self.build):
            controls.shown(opener, bool(self._published))
        self._place = create(ipywidgets.VBox)
        line = controls.row(self.build, self.opener, self.clear, self.text, classes=("me-filter-row",))
        self.widget = create(
            ipywidgets.VBox,
            (line, self.message, self._place, self.chips, self.described, *self._parameter_parts(layer)),
        )
        self.widget.add_class("me-filter")
        panel.listen(self.text, lambda: panel.typed(self))
        self.text.on_msg(self._entered)

    def _parameter_parts(self, layer: Any) -> tuple[Any, ...]:
        if not self.parameters:
            return ()
        published = str(member(layer, "definition_expression") or "")
        words = tag("p", "Values of its published filter ", tag("code", published), class_="me-hint")
        return (controls.prose(words), *(parameter.widget for parameter in self.parameters))

    def show(self, expression: str) -> None:
        """Set the text to the applied expression."""
        self.applied = self.text.value = expression
        self.say("")
        self.follow()

    def follow(self) -> None:
        """Bring the builder in step with the text."""
        if self.builder is not None:
            with self._panel.quietly():
                self.builder.show(self.text.value.strip())

    def use_zone(self, zone: tzinfo) -> None:
        """Show and read times in another time zone."""
        if self.builder is not None:
            self.builder.use_zone(zone)
        for parameter in self.parameters:
            parameter.use_zone(zone)

    def say(self, sentence: str) -> None:
        """Show a message under the box and mark it; an empty sentence takes both away."""
        controls.marked(self.text, "me-wrong", bool(sentence))
        alert = controls.alert(sentence)
        place = fault_place(sentence, self.text.value.strip())
        controls.say(self.message, Markup(alert + place) if alert and place else alert)

    def close(self) -> None:
        """Release the widgets."""
        if self.builder is not None:
            self.builder.close()
        for parameter in self.parameters:
            parameter.close()
        for widget in (
            *self.fields.values(), self.text, self.opener, self.build, self.clear, self.chips, self.message,
            self.described, self._place, self.widget,
        ):  # fmt: skip
            close_whole(widget)

    def _inserter(self, field: Any) -> Callable[[], None]:
        def insert() -> None:
            name = quoted_field(str(member(field, "name")))
            with self._panel.quietly():
                self.text.value = with_field(self.text.value, name)
            controls.say(self.described, controls.hint(f"{describe(field)}. {AT_THE_END}"))

        return insert

    def _open(self, change: Any) -> None:
        if not self.fields:  # made when first wanted: a service may have thousands of fields
            for field in self._published:
                name = str(member(field, "name"))
                self.fields[name] = controls.button(name, describe(field), self._inserter(field), "me-chip")
            self.chips.children = tuple(self.fields.values())
        controls.shown(self.chips, bool(change.new))
        if not change.new:
            controls.say(self.described, None)

    def _build(self, change: Any) -> None:
        if self.builder is None:
            self.builder = FilterBuilder(
                self._published, self._panel, self._built, self._ask_values, self._panel.place
            )
            self._place.children = (self.builder.widget,)
        controls.shown(self.builder.widget, bool(change.new))
        if change.new:
            self.follow()
            if not self.text.value.strip() and not self.builder.rows:
                self.builder.more()

    def _built(self, expression: str) -> None:
        with self._panel.quietly():
            self.text.value = expression
        self._panel.apply(self)

    def _ask_values(self, field: str, kind: Any, take: Any) -> None:
        self._panel.values.ask(self.layer_id, field, kind, take)

    def _entered(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            self._panel.apply(self)

    def _clear(self) -> None:
        with self._panel.quietly():
            self.text.value = ""
        self._panel.apply(self)
        self._panel.take_parameters_away(self.layer_id)


def fault_place(sentence: str, expression: str) -> Markup | None:
    """The expression with the place marked that a sentence names by its column; None when it names none."""
    named = COLUMN.search(sentence)
    at = int(named.group(1)) - 1 if named else -1
    if not 0 <= at <= len(expression):
        return None
    begin, end = max(0, at - AROUND), at + 1 + AROUND
    before = ("…" if begin else "") + expression[begin:at]
    after = expression[at + 1 : end] + ("…" if end < len(expression) else "")
    here = tag("mark", expression[at : at + 1] or "\N{NO-BREAK SPACE}", class_="me-here")
    return tag("p", tag("code", before, here, after), class_="me-place")


def describe(field: Any) -> str:
    """What is worth knowing about a field: its alias, its type, and the values of its domain."""
    name, alias = str(member(field, "name") or ""), str(member(field, "alias") or "")
    parts = [name if alias in ("", name) else f"{name} ({alias})"]
    kind = str(member(field, "type") or "").removeprefix("esriFieldType")
    if kind:
        parts.append(KIND_WORDS.get(kind, kind.lower()))
    domain = member(field, "domain")
    codes = member(domain, "coded_values", "codedValues") if domain is not None else None
    limits = member(domain, "range") if domain is not None else None
    if isinstance(codes, list | tuple):
        parts.append("values " + _codes(codes))
    elif isinstance(limits, list | tuple) and len(limits) == 2:
        parts.append(f"from {limits[0]} to {limits[1]}")
    return ", ".join(parts)


def fields_of(layer: Any) -> tuple[Any, ...]:
    """The fields of a layer that an expression can name."""
    fields = member(layer, "fields") if layer is not None else None
    usable = fields if isinstance(fields, list | tuple) else ()
    return tuple(
        field
        for field in usable
        if member(field, "name") and "geometry" not in str(member(field, "type") or "").lower()
    )


def _opener(words: str, hint: str, opened: Callable[[Any], None]) -> Any:
    made = create(ipywidgets.ToggleButton, description=words, tooltip=hint, layout={"width": "auto"})
    made.add_class("me-button")
    made.observe(opened, names="value")
    return made


def _codes(codes: Iterable[Any]) -> str:
    listed = [f"{member(code, 'code')!r} {member(code, 'name') or ''}".strip() for code in codes]
    more = f" … {len(listed)} in all" if len(listed) > MOST_CODES else ""
    return ", ".join(listed[:MOST_CODES]) + more


def _example(fields: tuple[Any, ...]) -> str:
    for kinds, rest in (
        (("Integer", "Double", "Single"), "> 0"),
        (("String",), "= 'text'"),
        (("OID",), "< 100"),
    ):
        for field in fields:
            if str(member(field, "type") or "").endswith(kinds):
                return f"e.g. {quoted_field(str(member(field, 'name')))} {rest}"
    return "an SQL expression"
