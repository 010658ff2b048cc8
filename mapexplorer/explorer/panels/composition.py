"""From a person's changes of symbols, order and additions to dynamicLayers, and back.

dynamicLayers displaces layers, layerDefs and layerTimeOptions. What is composed here therefore carries all
of them, and the scale ranges of the groups, so that nothing changes on the map but what was meant to. A
published definition expression needs no carrying: it stays in force for a source of type mapLayer. Nothing
here knows widgets. Source: Export Map, dynamicLayers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mapexplorer.explorer.unsent import Unsent
from mapexplorer.protocol import (
    DrawingInfo,
    DynamicLayer,
    LayerSelection,
    LayerTimeOptions,
    MapLayerSource,
    OrderBy,
)

from .layer_tree import LayerTree
from .published import member

DynamicLayers = tuple[DynamicLayer, ...]


@dataclass(frozen=True)
class Asked:
    """The parameters that dynamic layers displace and therefore have to carry."""

    layers: LayerSelection | None = None
    layer_defs: Mapping[int, str] = field(default_factory=dict)
    layer_time_options: Mapping[int, LayerTimeOptions] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: Any) -> Asked:
        """Read them from the state of an explorer."""
        return cls(parameters.layers, parameters.layer_defs or {}, parameters.layer_time_options or {})


@dataclass(frozen=True)
class Change:
    """What is drawn otherwise of a published layer; only the keys of the drawing info that differ are set."""

    drawing: DrawingInfo | None = None
    order_by: tuple[OrderBy, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that a person wants otherwise than the service publishes it.

    `order` holds ids from top to bottom, as far as they are ordered by hand; the others stay where the
    service has them. `additions` are whole elements, on top unless the order says otherwise.
    """

    changes: Mapping[int, Change] = field(default_factory=dict)
    additions: DynamicLayers = ()
    order: tuple[int, ...] = ()

    def sequence(self, tree: LayerTree) -> tuple[int, ...]:
        """The ids of all layers from top to bottom, those that are not drawn included."""
        added = [element.id for element in self.additions]
        own = [*added, *(node.id for node in tree.nodes if not node.is_group)]
        known = set(own)
        sequence = [layer_id for layer_id in self.order if layer_id in known]
        missing = [layer_id for layer_id in own if layer_id not in set(sequence)]
        return merged(sequence, missing, own)

    def changing(self, layer_id: int, change: Change | None) -> Plan:
        """The plan with another change of one published layer; None takes it back."""
        changes = {key: value for key, value in self.changes.items() if key != layer_id}
        if change is not None and change != Change():
            changes[layer_id] = change
        return replace(self, changes=changes)

    def ordered(self, ids: Iterable[int], tree: LayerTree) -> Plan:
        """The plan with the drawn layers in another order; an order that is the service's own is none."""
        added = {element.id for element in self.additions}
        own = [node.id for node in tree.nodes if not node.is_group]
        wanted = tuple(ids)
        hidden = [layer_id for layer_id in self.sequence(tree) if layer_id not in set(wanted)]
        whole = merged(list(wanted), hidden, list(self.sequence(tree)))
        published = [layer_id for layer_id in whole if layer_id not in added]
        return replace(self, order=() if published == own and not added else whole)


def merged(sequence: list[int], missing: Iterable[int], own: list[int]) -> tuple[int, ...]:
    """Put missing ids into a sequence, each behind the one that it follows in the own order.

    >>> merged([3, 1], [2], [1, 2, 3])
    (3, 1, 2)
    """
    found = list(sequence)
    for layer_id in missing:
        before = own[: own.index(layer_id)]
        neighbour = next((other for other in reversed(before) if other in found), None)
        found.insert(0 if neighbour is None else found.index(neighbour) + 1, layer_id)
    return tuple(found)


def compose(plan: Plan, tree: LayerTree, asked: Asked) -> DynamicLayers | None:
    """The dynamic layers of a plan, first on top; None when the service draws just that by itself."""
    visible = tree.visible(asked.layers)
    added = {element.id: element for element in plan.additions}
    drawn = [layer_id for layer_id in plan.sequence(tree) if layer_id in visible or layer_id in added]
    own = [node.id for node in tree.nodes if node.id in visible and not node.is_group]
    if drawn == own and not any(layer_id in plan.changes for layer_id in drawn):
        return None
    return tuple(
        added[layer_id] if layer_id in added else _element(layer_id, plan, tree, asked) for layer_id in drawn
    )


def _element(layer_id: int, plan: Plan, tree: LayerTree, asked: Asked) -> DynamicLayer:
    node = tree.node(layer_id)
    change = plan.changes.get(layer_id, Change())
    return DynamicLayer(
        id=layer_id,
        source=MapLayerSource(map_layer_id=layer_id),
        definition_expression=asked.layer_defs.get(layer_id),
        drawing_info=change.drawing,
        layer_time_options=asked.layer_time_options.get(layer_id),
        min_scale=node.min_scale or None,
        max_scale=node.max_scale or None,
        order_by=change.order_by,
    )


def plan_of(
    elements: DynamicLayers, tree: LayerTree, asked: Asked, before: Plan | None = None
) -> Plan | None:
    """The plan that composes exactly these dynamic layers; None when there is none, so that code made them.

    What `before` says of layers that are not drawn is kept.
    """
    visible = tree.visible(asked.layers)
    known = before or Plan()
    changes = {layer_id: change for layer_id, change in known.changes.items() if layer_id not in visible}
    additions: list[DynamicLayer] = []
    for element in elements:
        if element.id in visible:
            change = Change(element.drawing_info, element.order_by)
            if change != Change():
                changes[element.id] = change
        elif tree.has(element.id):
            return None
        else:
            additions.append(element)
    plan = Plan(changes, tuple(additions), known.order)
    plan = plan.ordered([element.id for element in elements], tree)
    return plan if same(compose(plan, tree, asked), elements) else None


def drawn_layer(element: DynamicLayer) -> Any:
    """The published layer that an element of dynamic layers draws; None for one of a workspace."""
    return member(element.source, "map_layer_id") if element.source is not None else element.id


def same(one: DynamicLayers | None, other: DynamicLayers | None) -> bool:
    """Whether both say the same on the wire."""
    if one is None or other is None:
        return one is other
    return [element.to_json() for element in one] == [element.to_json() for element in other]


def without_drawn(plan: Plan, tree: LayerTree, asked: Asked) -> Plan:
    """The plan when no dynamic layers are sent: only what it says of layers that are not drawn is left."""
    visible = tree.visible(asked.layers)
    return Plan({layer_id: change for layer_id, change in plan.changes.items() if layer_id not in visible})


def unsent_of(plan: Plan, tree: LayerTree, asked: Asked) -> Unsent:
    """What of a plan its dynamic layers do not tell."""
    visible = tree.visible(asked.layers)
    layers = tuple(
        DynamicLayer(id=layer_id, drawing_info=change.drawing, order_by=change.order_by)
        for layer_id, change in sorted(plan.changes.items())
        if layer_id not in visible
    )
    told = _told_order(plan, tree, asked).sequence(tree)
    return Unsent(layers, () if plan.sequence(tree) == told else plan.order)


def with_unsent(plan: Plan, tree: LayerTree, asked: Asked, unsent: Unsent) -> Plan:
    """The plan that draws the same and wants this of layers that are not drawn."""
    visible = tree.visible(asked.layers)
    changes = {layer_id: change for layer_id, change in plan.changes.items() if layer_id in visible}
    for layer in unsent.layers:
        if layer.id in tree.leaves - visible:
            changes[layer.id] = Change(layer.drawing_info, layer.order_by)
    told = replace(_told_order(plan, tree, asked), changes=changes)
    wanted = replace(told, order=unsent.order or told.order)
    return wanted if same(compose(wanted, tree, asked), compose(told, tree, asked)) else told


def _told_order(plan: Plan, tree: LayerTree, asked: Asked) -> Plan:
    """The plan with the order that the drawn layers alone tell."""
    elements = compose(plan, tree, asked)
    bare = replace(plan, order=())
    return bare if elements is None else bare.ordered([element.id for element in elements], tree)
