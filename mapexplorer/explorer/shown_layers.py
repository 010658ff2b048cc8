"""The layers that a map can show at this moment, with what the service says of each: published or dynamic."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mapexplorer.protocol import DynamicLayer, LayerInfo, MapExplorerError, MapLayerSource, strict_json

if TYPE_CHECKING:
    from mapexplorer.explorer.panels.composer import Composer

_LOG = logging.getLogger(__name__)
MOST_KNOWN = 200
"""Descriptions that are kept; a person who writes a query makes a new one with every try."""


@dataclass(frozen=True)
class ShownLayer:
    """A layer resource under the id and name that the map has for it, and what the service is asked about.

    With a `problem`, nothing but the id and the name is known.
    """

    info: LayerInfo
    target: int | DynamicLayer
    problem: str = ""

    @property
    def has_rows(self) -> bool:
        """Whether there are features with attributes."""
        return not self.problem and self.info.type in ("Feature Layer", "") and bool(self.info.fields)


@dataclass(frozen=True)
class Description:
    """What the service says of a source, or why it says nothing."""

    info: LayerInfo | None
    problem: str = ""


class ShownLayers:
    """Knows the published layers and asks, once each, what the service says of the sources of the others.

    What is not known yet is None; `arrived` is then called when it has come.
    """

    def __init__(self, explorer: Any, composer: Composer) -> None:
        self._explorer = explorer
        self._composer = composer
        self._forget()

    def _forget(self) -> None:
        self._service = getattr(self._explorer, "service", None)
        self._known: dict[str, Description] = {}
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._made: dict[tuple[int, str | None, str], ShownLayer] = {}

    def all(self, arrived: Callable[[], None]) -> tuple[ShownLayer, ...]:
        """The layers in the order of the map; those of data that is not published above the others."""
        published = () if self._composer.foreign else self._explorer.layer_infos or ()
        own = tuple(ShownLayer(info, info.id) for info in published)
        found = (self.of(element, arrived) for element in self._elements())
        return (*(layer for layer in found if layer is not None), *own)

    def now(self) -> tuple[ShownLayer, ...]:
        """The same with everything known: asks the service, and blocks."""
        for element in self._elements():
            if self._published(element) is None and _key(element) not in self._known:
                self._known[_key(element)] = _asked(self._service_in_use(), element)
        return self.all(lambda: None)

    def layer(self, layer_id: int, arrived: Callable[[], None]) -> ShownLayer | None:
        """The layer of an id; None also for an id that the map does not have."""
        element = self._composer.element(layer_id)
        if element is not None:
            return self.of(element, arrived)
        infos = self._explorer.layer_infos or ()
        return next((ShownLayer(info, info.id) for info in infos if info.id == layer_id), None)

    def of(self, element: DynamicLayer, arrived: Callable[[], None]) -> ShownLayer | None:
        """The layer that an element describes."""
        service, key = self._service_in_use(), _key(element)
        known = self._published(element) or self._known.get(key)
        if known is None:
            waiting = self._waiting.setdefault(key, [])
            first = not waiting
            if arrived not in waiting:
                waiting.append(arrived)
            if first:
                scheduler = self._explorer.controller.scheduler
                scheduler.attend()
                scheduler.work(partial(self._fetch, service, element))
            return None
        made = self._made.get((element.id, element.name, key + (element.definition_expression or "")))
        return made or self._make(element, known)

    def again(self, element: DynamicLayer) -> None:
        """Forget what is known of a source, so that it is asked anew."""
        key = _key(element)
        self._known.pop(key, None)
        self._made = {names: made for names, made in self._made.items() if not names[2].startswith(key)}

    def _service_in_use(self) -> Any:
        if self._explorer.service is not self._service:
            self._forget()
        return self._service

    def _elements(self) -> tuple[DynamicLayer, ...]:
        """The elements of dynamic layers that are no published layers as such."""
        elements = self._explorer.parameters.dynamic_layers or ()
        tree = self._composer.tree
        return tuple(one for one in elements if self._composer.foreign or not tree.has(one.id))

    def _published(self, element: DynamicLayer) -> Description | None:
        source = element.source
        if source is not None and not isinstance(source, MapLayerSource):
            return None
        layer_id = element.id if source is None else source.map_layer_id
        infos = self._explorer.layer_infos or ()
        info = next((info for info in infos if info.id == layer_id), None)
        return Description(info, "" if info is not None else f"The service has no layer {layer_id}.")

    def _make(self, element: DynamicLayer, known: Description) -> ShownLayer:
        info = known.info if known.info is not None else LayerInfo()
        name = element.name or info.name or f"Layer {element.id}"
        shown = ShownLayer(info.model_copy(update={"id": element.id, "name": name}), element, known.problem)
        if len(self._made) >= MOST_KNOWN:
            self._made.clear()
        self._made[element.id, element.name, _key(element) + (element.definition_expression or "")] = shown
        return shown

    def _fetch(self, service: Any, element: DynamicLayer) -> None:
        description, key = _asked(service, element), _key(element)

        def deliver() -> None:
            with self._explorer.parameters.guard:
                if service is not self._service:
                    return
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[key] = description
                for arrived in self._waiting.pop(key, ()):
                    arrived()

        self._explorer.controller.scheduler.deliver(deliver)


def _key(element: DynamicLayer) -> str:
    return "" if element.source is None else strict_json.dumps(element.source.to_json())


def _asked(service: Any, element: DynamicLayer) -> Description:
    try:
        return Description(service.layer(element.model_copy(update={"definition_expression": None})))
    except MapExplorerError as error:
        return Description(None, str(error))
    except Exception as error:
        _LOG.exception("A layer could not be described.")
        return Description(None, f"The layer cannot be described ({type(error).__name__}).")
