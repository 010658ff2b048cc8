"""Symbols: how each layer is drawn, in what colours and classes, with which labels; layers of other data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import DataLayerSource, DrawingInfo, DynamicLayer, RasterSource

from . import controls
from .bound_panel import BoundPanel
from .layer_addition import AdditionForm
from .symbol_classes import ClassControls
from .symbol_json import JsonEditor
from .symbol_labels import LabelControls
from .symbol_look import LookControls

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

T = TypeVar("T")


class SymbolsPanel(BoundPanel):
    """Symbols, classes, transparency and labels of each layer; writes ``dynamic_layers``.

    They begin as the service publishes them, and only what differs is sent.
    """

    title: ClassVar[str] = "Symbols"
    bound: ClassVar[tuple[str, ...]] = ("dynamic_layers", "layers")

    def build(self) -> tuple[Any, ...]:
        """Make the controls from the choice of the layer down to the buttons that take everything back."""
        self.notice = controls.prose()
        self.layer = controls.labelled(ipywidgets.Dropdown, "Layer", "Which layer is changed", options=())
        self.state = controls.prose()
        self.classes = ClassControls(self)
        self.look = LookControls(self)
        self.transparency = controls.labelled(
            ipywidgets.IntSlider,
            "Transparency",
            "Per cent: 0 hides what lies below, 100 is invisible",
            min=0,
            max=100,
        )
        self.labels = LabelControls(self)
        self.json = JsonEditor(self)
        self.addition = AdditionForm(self)
        self.reset_layer = controls.button("Reset layer", "Draw this layer as published", self._reset_layer)
        self.remove = controls.button("Remove layer", "Take this added layer away", self._remove)
        self.reset_all = controls.button("Reset all", "Draw every layer as published", self._reset_all)
        self.message = controls.prose()
        self.json_opener, json = self._folded("Edit as JSON", "The text behind these controls", self.json)
        self.add_opener, form = self._folded(
            "Add a layer", "Draw data that the service has registered", self.addition
        )
        self.add_opener.observe(lambda change: self.addition.open() if change.new else None, names="value")
        self.listen(self.layer, self._choose)
        self.listen(self.transparency, lambda: self.change(transparency=self.transparency.value))
        self.drawing = create(
            ipywidgets.VBox, (self.classes.widget, self.look.widget, self.transparency, self.labels.widget)
        )
        self.drawing.add_class("me-stack")
        head = (self.layer, self.state, controls.row(self.add_opener, self.remove), form)
        tail = (controls.row(self.json_opener, self.reset_layer, self.reset_all), json)
        self._body = create(ipywidgets.VBox, (*head, self.drawing, *tail))
        self._body.add_class("me-stack")
        self.explorer.composer.followers.append(self._redraw)
        return (self.notice, self._body, self.message)

    def close(self) -> None:
        """Follow nothing and release the widgets."""
        self.explorer.composer.followers.remove(self._redraw)
        super().close()

    def _redraw(self) -> None:
        with self.quietly():
            self.show()

    def _folded(self, label: str, hint: str, part: Any) -> tuple[Any, Any]:
        opener = create(ipywidgets.ToggleButton, description=label, tooltip=hint, layout={"width": "auto"})
        opener.add_class("me-button")
        opener.observe(lambda change: controls.shown(part.widget, bool(change.new)), names="value")
        controls.shown(part.widget, False)
        return opener, part.widget

    # ---- what is shown

    @property
    def chosen(self) -> int | None:
        """The id of the layer whose symbols are shown."""
        value: int | None = self.layer.value
        return value

    def on_service(self) -> None:
        """Show the layers of the service in use, or say why their symbols cannot be changed."""
        self.addition.on_service()
        available = self.explorer.composer.available
        controls.shown(self._body, available)
        why = "This service draws its layers only as published: it does not support dynamic layers."
        controls.say(self.notice, None if available else controls.hint(why))
        super().on_service()

    def show(self) -> None:
        """Set the controls from the dynamic layers, and from what is published where there are none."""
        self._list_layers()
        shown, drawing = self.shown, self.effective()
        raster = self._is_raster()
        changed = self.chosen is not None and self.explorer.composer.drawing(self.chosen) is not None
        added = self._added()
        fixed = shown is not None and not shown.problem and not shown.info.can_modify_layer
        controls.shown(self.drawing, self.chosen is not None and not fixed)
        controls.shown(self.classes.widget, not raster)
        self.classes.show(shown, drawing.renderer)
        self.look.show(None if raster else drawing.renderer)
        self.labels.show(shown.info if shown is not None else None, drawing, possible=not raster)
        self.transparency.value = round(drawing.transparency or 0.0)
        self.json.show(drawing)
        self.reset_layer.disabled = not changed or (added and self.published() == DrawingInfo())
        controls.shown(self.remove, added)
        nothing = self.explorer.parameters.dynamic_layers is None and not self.explorer.composer.unsent
        self.reset_all.disabled = nothing
        controls.say(self.state, controls.hint(self._state(changed, added, fixed)))

    def _state(self, changed: bool, added: bool, fixed: bool) -> str:
        if fixed:
            return "The service does not let the symbols of this layer be changed."
        if self.explorer.composer.foreign:
            return "dynamicLayers was set from code; its layers can be changed here."
        if added:
            return "Added to the map; not part of the service's own layers."
        where = "" if self._drawn(self.chosen) else " It is not drawn now: tick it under Layers."
        return ("Changed from what is published." if changed else "Drawn as published.") + where

    def _list_layers(self) -> None:
        composer = self.explorer.composer
        drawn = composer.sequence()
        listed = list(drawn)
        if not composer.foreign:
            listed += [
                layer_id for layer_id in composer.plan.sequence(composer.tree) if layer_id not in set(drawn)
            ]
        options = tuple((self._name(layer_id, layer_id in set(drawn)), layer_id) for layer_id in listed)
        if tuple(self.layer.options) != options:
            chosen = self.chosen
            self.layer.options = options
            self.layer.value = chosen if chosen in listed else (listed[0] if listed else None)

    def _name(self, layer_id: int, drawn: bool) -> str:
        name = self.explorer.composer.name(layer_id)
        return name if drawn else f"{name} (not drawn)"

    def _drawn(self, layer_id: int | None) -> bool:
        return layer_id in self.explorer.composer.sequence()

    def _added(self) -> bool:
        element = self._element()
        return element is not None and (
            self.explorer.composer.foreign or not self.explorer.composer.tree.has(element.id)
        )

    @property
    def shown(self) -> ShownLayer | None:
        """What the service says of the chosen layer; None while it is asked."""
        return None if self.chosen is None else self.explorer.composer.shown.layer(self.chosen, self._redraw)

    def _element(self) -> DynamicLayer | None:
        return None if self.chosen is None else self.explorer.composer.element(self.chosen)

    def _is_raster(self) -> bool:
        element, shown = self._element(), self.shown
        if element is not None and isinstance(element.source, DataLayerSource):
            return isinstance(element.source.data_source, RasterSource)
        return shown is not None and "raster" in shown.info.type.casefold()

    def published(self) -> DrawingInfo:
        """How the service draws the chosen layer by itself; nothing for data, which bring their symbols."""
        element, shown = self._element(), self.shown
        if shown is None or (element is not None and isinstance(element.source, DataLayerSource)):
            return DrawingInfo()
        return shown.info.drawing_info or DrawingInfo()

    def effective(self) -> DrawingInfo:
        """How the chosen layer is drawn now."""
        asked = None if self.chosen is None else self.explorer.composer.drawing(self.chosen)
        return _laid_over(asked, self.published())

    # ---- what a person does

    def change(self, **keys: Any) -> None:
        """Draw the chosen layer otherwise in some keys of its drawing info; None takes a key away."""
        self.replace(self.effective().model_copy(update=keys))

    def replace(self, wanted: DrawingInfo) -> None:
        """Draw the chosen layer as this drawing info says; only what differs from the published is sent."""
        if self.chosen is None:
            return
        own = {"transparency": 0, **self.published().to_json()}
        differing = {name: value for name, value in wanted.to_json().items() if own.get(name) != value}
        layer_id = self.chosen
        self._do(
            lambda: self.explorer.composer.draw(
                layer_id, DrawingInfo.model_validate(differing) if differing else None
            )
        )

    def add(self, element: DynamicLayer) -> None:
        """Put another layer on top and choose it."""
        if self._do(lambda: self.explorer.composer.add(element)):
            with self.quietly():
                self.layer.value = element.id
                self.add_opener.value = False
                self.show()

    def _choose(self) -> None:
        with self.quietly():
            self.show()
        self.refuse("")

    def _reset_layer(self) -> None:
        if self.chosen is not None:
            layer_id = self.chosen
            self._do(lambda: self.explorer.composer.reset(layer_id))

    def _remove(self) -> None:
        if self.chosen is not None:
            layer_id = self.chosen
            self._do(lambda: self.explorer.composer.remove(layer_id))

    def _reset_all(self) -> None:
        self._do(self.explorer.composer.reset_all)

    def _do(self, act: Callable[[], object]) -> bool:
        try:
            with self.explorer.parameters.by_hand():
                act()
        except (TraitError, ValueError) as error:
            self.refuse(str(error))
            return False
        self.refuse("")
        with self.quietly():
            self.show()
        return True

    def refuse(self, sentence: str) -> None:
        """Show why a change was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def on_answer(self, answer: Answer) -> None:
        """Show what the service says about dynamic layers that it does not take."""
        error = answer.error or ""
        if answer.request.dynamic_layers == self.explorer.parameters.dynamic_layers:
            self.refuse(error if "dynamicLayers" in error else "")

    def in_background(self, ask: Callable[[], T], take: Callable[[T], None]) -> None:
        """Ask something that may block, away from the event loop, and take the answer on it."""
        scheduler = self.explorer.controller.scheduler
        scheduler.attend()

        def work() -> None:
            waiting = [ask()]

            def once() -> None:
                with self.explorer.parameters.guard:
                    while waiting:
                        take(waiting.pop())

            scheduler.deliver(once)

        scheduler.work(work)


def _laid_over(asked: DrawingInfo | None, own: DrawingInfo) -> DrawingInfo:
    if asked is None:
        return own
    given = {name: value for name in DrawingInfo.model_fields if (value := getattr(asked, name)) is not None}
    return own.model_copy(update=given)
