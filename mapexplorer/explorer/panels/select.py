"""Select: what lies at a place of the map, and features that are highlighted on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.client import Identified, Place
from mapexplorer.explorer.asking import Asking
from mapexplorer.explorer.markup import Markup
from mapexplorer.explorer.outlines import Shape
from mapexplorer.explorer.pages import Point
from mapexplorer.explorer.popup import Popup, identified
from mapexplorer.explorer.selections import FeatureId, id_fields, id_of, with_found
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.explorer.strokes import ADVICE, Kind
from mapexplorer.protocol import MapRequest, SelectionDefinition, Size
from mapexplorer.protocol import Point as PointGeometry
from mapexplorer.protocol.numerals import parse_number
from mapexplorer.protocol.selection import MAXIMUM_IDS

from . import controls
from .bound_panel import BoundPanel
from .layer_tree import LayerTree
from .published import member
from .selection_row import SelectionRow

if TYPE_CHECKING:
    from mapexplorer.client import MapService

OFF, IDENTIFY, SELECT = "off", "identify", "select"
ANY = -1
TOLERANCE = 5
"""Pixels around a click within which features are found."""
MOST_ROWS = 30


class SelectPanel(BoundPanel):
    """Identify features and select them, by click, box or coordinates; writes ``selection_definitions``."""

    title: ClassVar[str] = "Select"
    bound: ClassVar[tuple[str, ...]] = ("selection_definitions",)
    followed: ClassVar[tuple[str, ...]] = ("dynamic_layers",)

    def build(self) -> tuple[Any, ...]:
        """Make the controls."""
        self.rows: list[SelectionRow] = []
        self._asking = Asking(self.explorer)
        self._identified: Sequence[Identified] = ()
        self.popup = Popup(self.explorer.map)
        self.mode = create(
            ipywidgets.ToggleButtons,
            options=[("Off", OFF), ("Identify", IDENTIFY), ("Select", SELECT)],
            tooltips=[
                "A click on the map does nothing",
                "A click shows what lies there",
                "A click selects what lies there",
            ],
        )
        self.mode.add_class("me-modes")
        self.layer = controls.labelled(ipywidgets.Dropdown, "In layer", "Where features are looked for")
        self.place = controls.labelled(
            ipywidgets.Text,
            "At place",
            "The same as a click, for the keyboard: x, y in the system of the map",
            placeholder="x, y",
            continuous_update=False,
        )
        self.add = controls.labelled(
            ipywidgets.Checkbox, "Add to the selection", "Instead of beginning anew", indent=True
        )
        self.box = controls.button("▭ Select in a box", ADVICE[Kind.RECTANGLE], self._draw, "me-tool")
        self.clear = controls.button("Clear", "Select nothing", lambda: self._write(()))
        self.advice, self.message, self.found = controls.prose(), controls.prose(), controls.prose()
        self._list = create(ipywidgets.VBox)
        self._list.add_class("me-stack")
        self.mode.observe(lambda _: self._mode_chosen(), names="value")
        self.listen(self.place, self._typed)
        body = create(ipywidgets.VBox,
            (
                self.mode, self.layer, self.place, self.add, controls.row(self.box, self.clear), self.advice,
                self.message, self._list, self.found,
            )
        )  # fmt: skip
        body.add_class("me-stack")
        self._mode_chosen()
        return (body,)

    # ---- from the service and the parameter

    def on_service(self) -> None:
        """Offer the feature layers of the service in use."""
        self._asking.stop()
        self.popup.hide()
        self.tree = LayerTree(member(self.explorer.info, "layers") or ())
        with self.quietly():
            self.layer.options = [("Any visible layer", ANY)]
            self.layer.value = ANY
        controls.say(self.found, None)
        self.refuse("")
        super().on_service()

    def _list_layers(self) -> None:
        """Offer the layers that have features, those of dynamic layers among them."""
        shown = self.explorer.composer.shown.all(self._arrived)
        self.layers = {layer.info.id: layer for layer in shown if layer.has_rows}
        named = ((layer.info.name, layer_id) for layer_id, layer in self.layers.items())
        options = (("Any visible layer", ANY), *named)
        if tuple(self.layer.options) != options:
            chosen = self.layer.value
            self.layer.options = options
            self.layer.value = chosen if chosen in self.layers else ANY

    def _arrived(self) -> None:
        with self.quietly():
            self.show()

    def show(self) -> None:
        """Offer the layers and list the selection, one row for each layer."""
        self._list_layers()
        definitions = (self.explorer.parameters.selection_definitions or ())[:MOST_ROWS]
        listed = [(one.layer_id, self._name(one.layer_id)) for one in definitions]
        if [(row.definition.layer_id, row.name) for row in self.rows] != listed:
            old, self.rows = self.rows, [
                SelectionRow(self._name(one.layer_id), one, partial(self._changed, number), self.quietly)
                for number, one in enumerate(definitions)
            ]  # fmt: skip
            self._list.children = [row.widget for row in self.rows]
            for row in old:
                row.close()
        for row, definition in zip(self.rows, definitions, strict=True):
            row.show(definition)
        self.clear.disabled = not definitions

    def refuse(self, sentence: str) -> None:
        """Show why something was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def close(self) -> None:
        """Hear no more clicks and release the widgets."""
        self._asking.stop()
        if self.explorer.drawing.on_click == self._clicked:
            self.explorer.drawing.on_click = None
        self.popup.hide()
        super().close()

    def _name(self, layer_id: int) -> str:
        layer = self.layers.get(layer_id)
        return layer.info.name if layer is not None and layer.info.name else f"Layer {layer_id}"

    # ---- from the person

    def _mode_chosen(self) -> None:
        mode = self.mode.value
        self.explorer.drawing.on_click = None if mode == OFF else self._clicked
        controls.marked(self.explorer.map, "me-asking", mode != OFF)
        advice = {
            OFF: "",
            IDENTIFY: "Click on the map to see the attributes of what lies there.",
            SELECT: "Click on the map to select what lies there.",
        }
        controls.say(self.advice, controls.hint(advice[mode]))
        controls.shown(self.place, mode != OFF)
        if mode != IDENTIFY:
            self.popup.hide()
            controls.say(self.found, None)

    def _typed(self) -> None:
        if not self.place.value.strip():
            return
        try:
            x, y = (parse_number(part) for part in self.place.value.replace(";", ",").split(","))
        except ValueError:
            self.refuse("At place: expected two numbers, x and y.")
            return
        self._clicked((x, y))

    def _clicked(self, point: Point) -> None:
        self.refuse("")
        selecting = self.mode.value == SELECT
        explorer, view = self.explorer, self.explorer.map
        reference = view.reference
        place = Place(
            PointGeometry(x=point[0], y=point[1], spatial_reference=reference),
            view.extent,
            Size(view.size.width, view.size.height),
            reference,
            TOLERANCE,
        )
        request = explorer.request()
        service, layers = explorer.service, self._targets(request)
        take = self._select_first if selecting else partial(self._tell, point)
        self._asking.ask(
            lambda: service.identify(place, layers, request=request, raw=True), take, self.refuse
        )

    def _targets(self, request: MapRequest) -> list[int] | None:
        """The layers in which features are looked for; None leaves it to the service."""
        if self.layer.value != ANY:
            return [int(self.layer.value)]
        if request.dynamic_layers is not None:
            return None
        visible = self.tree.visible(request.layers)
        answer = self.explorer.answer
        scale = answer.export.scale if answer is not None and answer.export is not None else None
        return [node.id for node in self.tree.nodes if node.id in visible and not node.out_of_scale(scale)]

    def _draw(self) -> None:
        drawing = self.explorer.drawing
        if "me-on" in self.box._dom_classes:
            drawing.cancel()
            return
        drawing.start(Kind.RECTANGLE, self._boxed, self._ended)
        controls.marked(self.box, "me-on", True)
        controls.say(self.advice, controls.hint(ADVICE[Kind.RECTANGLE]))

    def _ended(self) -> None:
        controls.marked(self.box, "me-on", False)
        self._mode_chosen()

    def _boxed(self, shape: Shape) -> None:
        self.refuse("")
        request = self.explorer.request()
        wanted = self._targets(request)
        if wanted is None:
            wanted = [element.id for element in request.dynamic_layers or ()]
        layers = [layer for layer_id, layer in self.layers.items() if layer_id in wanted]
        service = self.explorer.service
        self._asking.ask(lambda: ids_within(service, layers, shape, request), self._select, self.refuse)

    # ---- from the service's answers

    def _tell(self, point: Point, found: Sequence[Identified]) -> None:
        self._identified = found
        content = self._in_words()
        controls.say(self.found, content)
        self.popup.show(point, content)

    def _in_words(self) -> Markup:
        fields = {layer_id: layer.info.fields for layer_id, layer in self.layers.items()}
        return identified(self._identified, fields, self.explorer.time_zone)

    def on_zone(self) -> None:
        """Show the times of what was identified in the zone that was chosen."""
        if self.found.value:
            content = self._in_words()
            controls.say(self.found, content)
            self.popup.rewrite(content)

    def _select_first(self, found: Sequence[Identified]) -> None:
        for one in found:
            layer = self.layers.get(one.layer_id)
            feature = id_of(layer.info, one.attributes) if layer is not None else None
            if feature is not None:
                self._select({one.layer_id: [feature]})
                return
        if not self.add.value:
            self._select({})

    def _select(self, found: dict[int, list[FeatureId]]) -> None:
        before = self.explorer.parameters.selection_definitions
        self._write(with_found(before, found, add=self.add.value))
        if any(len(ids) >= MAXIMUM_IDS for ids in found.values()):
            self.refuse(f"Only the first {MAXIMUM_IDS:,} features of a layer are selected.")

    def _changed(self, number: int, definition: SelectionDefinition | None) -> None:
        definitions = list(self.explorer.parameters.selection_definitions or ())
        if number < len(definitions):
            definitions[number : number + 1] = [] if definition is None else [definition]
            self._write(tuple(definitions))

    def _write(self, definitions: tuple[SelectionDefinition, ...]) -> None:
        self.write(selection_definitions=definitions or None)


def ids_within(
    service: MapService, layers: Sequence[ShownLayer], shape: Shape, request: MapRequest
) -> dict[int, list[FeatureId]]:
    """The ids of the features that meet a shape and pass the filters of a request, of the first layer that
    has any; blocks.
    """
    for layer in layers:
        info = layer.info
        ids: list[FeatureId] = []
        while len(ids) < MAXIMUM_IDS:
            page = service.features(
                layer.target,
                geometry=shape,
                out_fields=id_fields(info),
                offset=len(ids) or None,
                request=request,
            )
            some = [feature for row in page.rows if (feature := id_of(info, row)) is not None]
            ids += some
            if not page.more or not some:
                break
        if ids:
            return {info.id: ids[:MAXIMUM_IDS]}
    return {}
