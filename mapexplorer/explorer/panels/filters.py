"""Filters: one expression for each feature layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from . import controls
from .bound_panel import BoundPanel
from .filter_faults import faults, incomplete, quoted_field
from .layer_tree import LayerTree
from .published import member

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapexplorer.explorer.answer import Answer

PAUSE = 0.7
MOST_FIELDS = 60
MOST_CODES = 8


class FilterBox:
    """The expression of one layer, its field names and the message under it."""

    def __init__(self, layer_id: int, name: str, fields: tuple[Any, ...], panel: FiltersPanel) -> None:
        self.layer_id = layer_id
        self.name = name
        self.applied = ""
        self._panel = panel
        self.text = controls.labelled(
            ipywidgets.Text,
            name,
            f"Expression for {name}",
            placeholder=_example(fields),
            continuous_update=True,
        )
        self.text.add_class("me-expression")
        self.message = controls.prose()
        self.described = controls.prose()
        self.fields: dict[str, Any] = {}
        self._published = fields[:MOST_FIELDS]
        self.clear = controls.button("✕", f"Remove the filter of {name}", self._clear, "me-icon")
        self.chips = controls.row(classes=("me-chips",))
        self.opener = ipywidgets.ToggleButton(
            description="Fields",
            tooltip=f"Show the field names of {name}",
            layout=ipywidgets.Layout(width="auto"),
        )
        self.opener.add_class("me-button")
        self.opener.observe(self._open, names="value")
        controls.shown(self.chips, False)
        line = controls.row(self.text, self.opener, self.clear, classes=("me-filter-row",))
        self.widget = ipywidgets.VBox((line, self.message, self.chips, self.described))
        self.widget.add_class("me-filter")
        panel.listen(self.text, lambda: panel.typed(self))
        self.text.on_msg(self._entered)

    def say(self, sentence: str) -> None:
        """Show a message under the box and mark it; an empty sentence takes both away."""
        controls.marked(self.text, "me-wrong", bool(sentence))
        controls.say(self.message, controls.alert(sentence))

    def close(self) -> None:
        """Release the widgets."""
        for widget in (*self.fields.values(), self.text, self.opener, self.clear, self.chips, self.widget):
            widget.close()

    def _inserter(self, field: Any) -> Callable[[], None]:
        def insert() -> None:
            before = self.text.value
            gap = "" if not before or before[-1] in " (" else " "
            with self._panel.quietly():
                self.text.value = f"{before}{gap}{quoted_field(str(member(field, 'name')))} "
            controls.say(self.described, controls.hint(describe(field)))

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

    def _entered(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            self._panel.apply(self)

    def _clear(self) -> None:
        with self._panel.quietly():
            self.text.value = ""
        self._panel.apply(self)


class FiltersPanel(BoundPanel):
    """An expression box for each feature layer; writes ``layer_defs``.

    What is typed is applied on Enter or after a short pause, and an error of the service about it is shown
    under the box while the text stays.
    """

    title: ClassVar[str] = "Filters"
    bound: ClassVar[tuple[str, ...]] = ("layer_defs",)

    def build(self) -> tuple[Any, ...]:
        """Make the place for the boxes."""
        self.boxes: dict[int, FilterBox] = {}
        self._waiting: dict[int, Any] = {}
        self._places = ipywidgets.VBox()
        self.message = controls.prose()
        self.clear_all = controls.button("Clear all", "Remove every filter", self._clear_all)
        self._footer = controls.row(self.clear_all)
        return (self._places, self.message, self._footer)

    def on_service(self) -> None:
        """Make a box for each feature layer of the service in use."""
        self._forget_pauses()
        previous = self.boxes
        known = {member(layer, "id"): layer for layer in self.explorer.layer_infos or ()}
        tree = LayerTree(member(self.explorer.info, "layers") or known.values())
        self.boxes = {
            node.id: FilterBox(node.id, node.name, _fields(known.get(node.id)), self)
            for node in tree.nodes
            if not node.is_group and _has_rows(known.get(node.id))
        }
        self._places.children = tuple(box.widget for box in self.boxes.values())
        for box in previous.values():
            box.close()
        controls.shown(self._footer, bool(self.boxes))
        controls.say(
            self.message, None if self.boxes else controls.hint("No layer of this service can be filtered.")
        )
        super().on_service()

    def show(self) -> None:
        """Write the expressions of the parameter into the boxes; a text that is being typed stays."""
        given = self.explorer.parameters.layer_defs or {}
        for layer_id, box in self.boxes.items():
            expression = str(given.get(layer_id, ""))
            if expression != box.applied:
                box.applied = expression
                box.text.value = expression
                box.say("")

    def refuse(self, sentence: str) -> None:
        """Show a message that concerns no single box."""
        controls.say(self.message, controls.alert(sentence))

    def typed(self, box: FilterBox) -> None:
        """Apply after a pause, unless typing goes on."""
        self._forget_pause(box)
        box.say("")
        scheduler = self.explorer.controller.scheduler
        self._waiting[box.layer_id] = scheduler.after(
            PAUSE, lambda: scheduler.deliver(lambda: self.apply(box))
        )

    def apply(self, box: FilterBox) -> None:
        """Set the expression of one layer; what cannot be an expression is not sent and says why."""
        self._forget_pause(box)
        expression = box.text.value.strip()
        problem = incomplete(expression)
        box.say(problem or "")
        if problem or self.boxes.get(box.layer_id) is not box or expression == box.applied:
            return
        given = dict(self.explorer.parameters.layer_defs or {})
        given.pop(box.layer_id, None)
        if expression:
            given[box.layer_id] = expression
        before, box.applied = box.applied, expression
        if not self.write(layer_defs=dict(sorted(given.items())) or None):
            box.applied = before

    def on_answer(self, answer: Answer) -> None:
        """Put the service's sentence about a filter under its box, or take the messages away."""
        if answer.request.layer_defs != self.explorer.parameters.layer_defs:
            return
        names = {layer_id: box.name for layer_id, box in self.boxes.items()}
        filtered = [layer_id for layer_id, box in self.boxes.items() if box.applied]
        found: dict[int | None, str] = {}
        for error in (answer.legend_error, answer.export_error):
            found.update(faults(error, names, filtered))
        for layer_id, box in self.boxes.items():
            if box.text.value.strip() == box.applied:
                box.say(found.get(layer_id, ""))
        if self.boxes:
            self.refuse(found.get(None, ""))

    def close(self) -> None:
        """Forget what was about to be applied and release the widgets."""
        self._forget_pauses()
        super().close()

    def _clear_all(self) -> None:
        self._forget_pauses()
        with self.quietly():
            for box in self.boxes.values():
                box.text.value = box.applied = ""
                box.say("")
        self.write(layer_defs=None)

    def _forget_pause(self, box: FilterBox) -> None:
        waiting = self._waiting.pop(box.layer_id, None)
        if waiting is not None:
            waiting.cancel()

    def _forget_pauses(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for timer in waiting.values():
            timer.cancel()


def describe(field: Any) -> str:
    """What is worth knowing about a field: its alias, its type, and the values of its domain."""
    name, alias = str(member(field, "name") or ""), str(member(field, "alias") or "")
    parts = [name if alias in ("", name) else f"{name} ({alias})"]
    kind = str(member(field, "type") or "").removeprefix("esriFieldType")
    if kind:
        parts.append({"OID": "object id", "SmallInteger": "small integer"}.get(kind, kind.lower()))
    domain = member(field, "domain")
    codes = member(domain, "coded_values", "codedValues") if domain is not None else None
    limits = member(domain, "range") if domain is not None else None
    if isinstance(codes, list | tuple):
        parts.append("values " + _codes(codes))
    elif isinstance(limits, list | tuple) and len(limits) == 2:
        parts.append(f"from {limits[0]} to {limits[1]}")
    return ", ".join(parts)


def _codes(codes: Iterable[Any]) -> str:
    listed = [f"{member(code, 'code')!r} {member(code, 'name') or ''}".strip() for code in codes]
    more = f" … {len(listed)} in all" if len(listed) > MOST_CODES else ""
    return ", ".join(listed[:MOST_CODES]) + more


def _fields(layer: Any) -> tuple[Any, ...]:
    fields = member(layer, "fields") if layer is not None else None
    usable = fields if isinstance(fields, list | tuple) else ()
    return tuple(
        field
        for field in usable
        if member(field, "name") and "geometry" not in str(member(field, "type") or "").lower()
    )


def _has_rows(layer: Any) -> bool:
    if layer is None:
        return False
    kind = str(member(layer, "type") or "")
    return kind == "Feature Layer" or (not kind and bool(_fields(layer)))


def _example(fields: tuple[Any, ...]) -> str:
    for field in fields:
        kind = str(member(field, "type") or "")
        if kind.endswith(("Integer", "Double", "Single")):
            return f"e.g. {quoted_field(str(member(field, 'name')))} > 0"
    return "expression"
