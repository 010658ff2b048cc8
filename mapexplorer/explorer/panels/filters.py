"""Filters: which features of each layer are drawn, built from conditions or written as an expression."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.time_zones import zone

from . import controls
from .bound_panel import BoundPanel
from .composer import OVERRIDES
from .composition import drawn_layer
from .field_values import FieldValues
from .filter_box import FilterBox, fields_of
from .filter_faults import faults, incomplete
from .layer_tree import LayerTree, Node
from .published import member

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

    from .parameter_inputs import ParameterInput

PAUSE = 0.7
MOST_BOXES = 12
"""Layers that have a box at once; with more of them, boxes come with a filter or by choice."""


class FiltersPanel(BoundPanel):
    """A filter for each feature layer; writes ``layer_defs`` and ``layer_parameter_values``.

    What is typed is applied on Enter or after a short pause, and an error of the service about it is shown
    under the box while the text stays. A service with many layers shows the boxes of the filtered ones and
    of those that were chosen from the list.
    """

    title: ClassVar[str] = "Filters"
    bound: ClassVar[tuple[str, ...]] = ("layer_defs", "layer_parameter_values")

    def build(self) -> tuple[Any, ...]:
        """Make the place for the boxes."""
        self.boxes: dict[int, FilterBox] = {}
        self.values = FieldValues(self.explorer)
        self._waiting: dict[int, Any] = {}
        self._nodes: dict[int, Node] = {}
        self._layers: dict[Any, Any] = {}
        self._places = create(ipywidgets.VBox)
        self._places.add_class("me-stack")
        self.message, self.conflict = controls.prose(), controls.prose()
        self.chooser = controls.labelled(ipywidgets.Dropdown, "Layer", "The layer to filter")
        self.listen(self.chooser, self._chosen)
        self.clear_all = controls.button("Clear all", "Remove every filter", self._clear_all)
        self._footer = controls.row(self.clear_all)
        # Followed, not bound: they are only compared with the filters, and are set elsewhere.
        self.explorer.parameters.observe(self._follow, names=["dynamic_layers"])
        return (self.conflict, self.chooser, self._places, self.message, self._footer)

    def on_service(self) -> None:
        """Make a box for each feature layer of the service in use."""
        self._forget_pauses()
        previous = self.boxes
        self._layers = {member(layer, "id"): layer for layer in self.explorer.layer_infos or ()}
        tree = LayerTree(member(self.explorer.info, "layers") or self._layers.values())
        self._nodes = {
            node.id: node for node in tree.nodes if not node.is_group and _has_rows(self._layers.get(node.id))
        }
        many = len(self._nodes) > MOST_BOXES
        self.boxes, self._places.children = {}, ()
        with self.quietly():
            offered = [("Choose a layer …", None)] if many else []
            names = [(f"{node.name} ({node.id})", node.id) for node in self._nodes.values()]
            self.chooser.options = [*offered, *names]
            self.chooser.index = 0 if self.chooser.options else None
        controls.shown(self.chooser, many)
        self._make(() if many else self._nodes)
        for box in previous.values():
            box.close()
        controls.shown(self._footer, bool(self._nodes))
        controls.say(
            self.message, None if self._nodes else controls.hint("No layer of this service can be filtered.")
        )
        super().on_service()

    def _make(self, layer_ids: Any) -> None:
        """Make the boxes of layers that have none yet, and keep all boxes in the order of the layers."""
        new = [layer_id for layer_id in layer_ids if layer_id in self._nodes and layer_id not in self.boxes]
        if not new:
            return
        for layer_id in new:
            layer = self._layers.get(layer_id)
            self.boxes[layer_id] = FilterBox(layer_id, self._nodes[layer_id].name, layer, self)
        self.boxes = {layer_id: self.boxes[layer_id] for layer_id in self._nodes if layer_id in self.boxes}
        self._places.children = tuple(box.widget for box in self.boxes.values())

    def show(self) -> None:
        """Write the values of the parameters into the boxes; a text that is being typed stays."""
        given = self.explorer.parameters.layer_defs or {}
        values = self.explorer.parameters.layer_parameter_values or {}
        self._make([*given, *values])
        for layer_id, box in self.boxes.items():
            expression = str(given.get(layer_id, ""))
            if expression != box.applied:
                self._forget_pause(box)
                box.show(expression)
            for parameter in box.parameters:
                parameter.show(values.get(layer_id, {}))
        self._tell_conflict(given)

    def _tell_conflict(self, given: Any) -> None:
        """Name the filters that have no effect because the layers of the map are set one by one."""
        dynamic = self.explorer.parameters.dynamic_layers
        kept = {(drawn_layer(item), item.definition_expression) for item in dynamic or ()}
        lost = [
            self._nodes[layer_id].name
            for layer_id, expression in given.items()
            if dynamic is not None and layer_id in self._nodes and (layer_id, expression) not in kept
        ]
        foreign = self.explorer.composer.foreign
        controls.enabled(self._places, not foreign)
        self.chooser.disabled = self.clear_all.disabled = foreign
        words = "Not in effect while dynamic layers with filters of their own are drawn: "
        told = [f"{words}{', '.join(lost)}."] if lost else []
        controls.say(self.conflict, controls.hint(" ".join([*told, *([OVERRIDES] if foreign else [])])))

    @property
    def place(self) -> tzinfo:
        """The time zone in which times are shown and typed."""
        return zone(self.explorer.time_zone)

    def on_zone(self) -> None:
        """Show the times of all filters in the zone that was chosen."""
        for box in self.boxes.values():
            box.use_zone(self.place)

    def refuse(self, sentence: str) -> None:
        """Show why an expression was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def typed(self, box: FilterBox) -> None:
        """Apply the expression of a box after a pause in typing."""
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
        box.follow()
        if not self.write(layer_defs=dict(sorted(given.items())) or None):
            box.applied = before

    def parameter_typed(self, parameter: ParameterInput) -> None:
        """Set the value of one parameter of a published filter."""
        try:
            value = parameter.value()
        except ValueError as error:
            parameter.say(str(error))
            return
        parameter.say("")
        given = self._parameter_values()
        values = given.setdefault(parameter.layer_id, {})
        values.pop(parameter.name, None)
        if value is not None:
            values[parameter.name] = value
        self._write_parameters(given)

    def take_parameters_away(self, layer_id: int) -> None:
        """Let the published filter of a layer have its published values again."""
        given = self._parameter_values()
        if given.pop(layer_id, None) is not None:
            self._write_parameters(given)

    def _parameter_values(self) -> dict[int, dict[str, Any]]:
        given = self.explorer.parameters.layer_parameter_values or {}
        return {layer_id: dict(values) for layer_id, values in given.items()}

    def _write_parameters(self, given: dict[int, dict[str, Any]]) -> None:
        named = {layer_id: values for layer_id, values in sorted(given.items()) if values}
        self.write(layer_parameter_values=named or None)

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
            about_values = str(answer.error or "") if "layerParameterValues" in str(answer.error) else ""
            self.refuse(found.get(None, about_values))

    def close(self) -> None:
        """Forget what was about to be applied and release the widgets."""
        self._forget_pauses()
        self.explorer.parameters.unobserve(self._follow, names=["dynamic_layers"])
        for box in self.boxes.values():
            box.close()
        super().close()

    def _chosen(self) -> None:
        if self.chooser.value is not None:
            self._make([self.chooser.value])
            self.on_parameters()

    def on_parameters(self) -> None:
        """Set the boxes from the parameters although none has changed."""
        with self.quietly():
            self.show()

    def _clear_all(self) -> None:
        self._forget_pauses()
        with self.quietly():
            for box in self.boxes.values():
                box.show("")
        self.write(layer_defs=None, layer_parameter_values=None)

    def _forget_pause(self, box: FilterBox) -> None:
        waiting = self._waiting.pop(box.layer_id, None)
        if waiting is not None:
            waiting.cancel()

    def _forget_pauses(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for timer in waiting.values():
            timer.cancel()


def _has_rows(layer: Any) -> bool:
    if layer is None:
        return False
    kind = str(member(layer, "type") or "")
    return kind == "Feature Layer" or (not kind and bool(fields_of(layer)))
