"""Keeps the dynamic layers that panels composed in step with the parameters that they displace."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from mapexplorer.explorer.shown_layers import ShownLayers
from mapexplorer.explorer.unsent import NOTHING, Unsent
from mapexplorer.protocol import DrawingInfo, DynamicLayer

from .composition import (
    Asked,
    Change,
    DynamicLayers,
    Plan,
    compose,
    plan_of,
    same,
    unsent_of,
    with_unsent,
    without_drawn,
)
from .layer_tree import LayerTree
from .published import member

OVERRIDES = (
    "dynamicLayers, set from code, decides this now. Set explorer.parameters.dynamic_layers = None, or press "
    "Reset all under Symbols, to go on here."
)
"""Why a control of layers, layerDefs or layerTimeOptions has no effect."""

_CARRIED = ("layers", "layer_defs", "layer_time_options")


class Composer:
    """What a person changed of symbols, order and layers; writes ``dynamic_layers``.

    As long as the dynamic layers are those that the plan composes, changes of layers, filters and time
    options compose them anew. Others, set from code, are `foreign`: they stay as they are, and their elements
    can be changed one by one. `followers` are called when what is `unsent` has changed.
    """

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._parameters = explorer.parameters
        self._plan = Plan()
        self._asked = Asked.of(self._parameters)
        self._sent: DynamicLayers | None = None
        self.followers: list[Callable[[], None]] = []
        self._told = NOTHING
        self.shown = ShownLayers(explorer, self)
        self._forget()
        self._adopt()
        self._parameters.observe(self._follow, names=[*_CARRIED, "dynamic_layers"])

    def close(self) -> None:
        """Stop following the parameters."""
        self._parameters.unobserve(self._follow, names=[*_CARRIED, "dynamic_layers"])

    @property
    def available(self) -> bool:
        """Whether the service takes dynamic layers."""
        return bool(member(self._explorer.info, "supports_dynamic_layers"))

    @property
    def foreign(self) -> bool:
        """Whether dynamic layers are given that displace the controls of other parameters."""
        return self._foreign

    @property
    def tree(self) -> LayerTree:
        """The published layers of the service in use."""
        if self._explorer.info is not self._info:
            self._forget()
            self._adopt()
        return self._tree

    @property
    def plan(self) -> Plan:
        """What differs from the published map."""
        return self._plan

    @property
    def unsent(self) -> Unsent:
        """What is wanted of layers that are not drawn, which dynamic layers therefore do not say."""
        return NOTHING if self._foreign else unsent_of(self._plan, self.tree, self._asked)

    def want(self, unsent: Unsent) -> None:
        """Put what is wanted of layers that are not drawn in place of what was; what is drawn stays."""
        with self._parameters.guard:
            tree = self.tree
            if not self._foreign:
                self._plan = with_unsent(self._plan, tree, self._asked, unsent)
            self._tell()

    def sequence(self) -> tuple[int, ...]:
        """The ids of the drawn layers from top to bottom."""
        elements = self._parameters.dynamic_layers
        if elements is not None:
            return tuple(element.id for element in elements)
        visible = self.tree.visible(self._parameters.layers)
        return tuple(layer_id for layer_id in self._plan.sequence(self.tree) if layer_id in visible)

    def name(self, layer_id: int) -> str:
        """What a layer is called."""
        element = self.element(layer_id)
        own = self.tree.node(layer_id).name if self.tree.has(layer_id) else f"Layer {layer_id}"
        return (element.name if element is not None else None) or own

    def element(self, layer_id: int) -> DynamicLayer | None:
        """The element of a layer that was added or stands in dynamic layers set from code."""
        if not self._foreign and self.tree.has(layer_id):
            return None
        elements = self._parameters.dynamic_layers or ()
        return next((element for element in elements if element.id == layer_id), None)

    def drawing(self, layer_id: int) -> DrawingInfo | None:
        """What is asked for otherwise than published in the drawing of a layer."""
        element = self.element(layer_id)
        if element is not None:
            return element.drawing_info
        return self._plan.changes.get(layer_id, Change()).drawing

    def draw(self, layer_id: int, drawing: DrawingInfo | None) -> None:
        """Draw a layer otherwise; None draws it as published. Raises TraitError."""
        with self._parameters.guard:
            element = self.element(layer_id)
            if element is not None:
                changed = element.model_copy(update={"drawing_info": drawing})
                self._replace(layer_id, changed)
            else:
                before = self._plan.changes.get(layer_id, Change())
                self._carry_out(self._plan.changing(layer_id, replace(before, drawing=drawing)))

    def reset(self, layer_id: int) -> None:
        """Draw a layer as published."""
        with self._parameters.guard:
            if self.element(layer_id) is not None:
                self.draw(layer_id, None)
            else:
                self._carry_out(self._plan.changing(layer_id, None))

    def reset_all(self) -> None:
        """Draw everything as published, in the published order, without additions."""
        with self._parameters.guard:
            self._foreign = False
            self._carry_out(Plan())

    def reorder(self, ids: Iterable[int]) -> None:
        """Draw the layers in another order, from top to bottom."""
        with self._parameters.guard:
            wanted = tuple(ids)
            if self._foreign:
                known = {element.id: element for element in self._parameters.dynamic_layers or ()}
                self._write(tuple(known[layer_id] for layer_id in wanted))
            else:
                self._carry_out(self._plan.ordered(wanted, self.tree))

    def reset_order(self) -> None:
        """Draw the layers in the published order."""
        with self._parameters.guard:
            if not self._foreign:
                self._carry_out(replace(self._plan, order=()))

    def free_id(self) -> int:
        """An id that no layer has."""
        taken = [node.id for node in self.tree.nodes]
        taken += [element.id for element in self._parameters.dynamic_layers or ()]
        return max(taken, default=-1) + 1

    def add(self, element: DynamicLayer) -> None:
        """Put another layer on top."""
        with self._parameters.guard:
            if self._foreign:
                self._write((element, *(self._parameters.dynamic_layers or ())))
                return
            sequence = (element.id, *self._plan.sequence(self.tree)) if self._plan.order else ()
            additions = (element, *self._plan.additions)
            self._carry_out(replace(self._plan, additions=additions, order=sequence))

    def remove(self, layer_id: int) -> None:
        """Take an added layer away."""
        with self._parameters.guard:
            self._replace(layer_id, None)

    # ---- how it is done

    def _replace(self, layer_id: int, element: DynamicLayer | None) -> None:
        if self._foreign:
            self._write(_replaced(self._parameters.dynamic_layers or (), layer_id, element) or None)
        else:
            additions = _replaced(self._plan.additions, layer_id, element)
            self._carry_out(replace(self._plan, additions=additions))

    def _carry_out(self, plan: Plan) -> None:
        before = self._plan
        self._plan = plan
        try:
            self._write(compose(plan, self.tree, self._asked))
        except Exception:
            self._plan = before
            raise
        self._tell()

    def _tell(self) -> None:
        unsent = self.unsent
        if unsent != self._told:
            self._told = unsent
            for follower in tuple(self.followers):
                follower()

    def _write(self, elements: DynamicLayers | None) -> None:
        if not same(elements, self._parameters.dynamic_layers):
            before = self._sent
            self._sent = elements
            try:
                self._parameters.update(dynamic_layers=elements)
            except Exception:
                self._sent = before
                raise

    def _follow(self, change: Any) -> None:
        with self._parameters.guard:
            if self._explorer.info is not self._info:
                self._forget()
                self._adopt()
            elif not same(self._parameters.dynamic_layers, self._sent):
                self._adopt()
            elif not self._foreign and Asked.of(self._parameters) != self._asked:
                self._asked = Asked.of(self._parameters)
                self._write(compose(self._plan, self._tree, self._asked))
            self._tell()

    def _forget(self) -> None:
        self._info: Any = self._explorer.info
        self._tree = LayerTree(member(self._info, "layers") or ())
        self._plan = Plan()
        self._asked = Asked.of(self._parameters)
        self._sent = None
        self._foreign = False

    def _adopt(self) -> None:
        """Take note of dynamic layers that were not written here: by code, or by undoing."""
        elements: DynamicLayers | None = self._parameters.dynamic_layers
        self._asked, self._sent = Asked.of(self._parameters), elements
        if elements is None:
            self._plan, self._foreign = without_drawn(self._plan, self._tree, self._asked), False
            return
        plan = plan_of(elements, self._tree, self._asked, self._plan)
        self._foreign = plan is None
        self._plan = plan or Plan()


def _replaced(elements: DynamicLayers, layer_id: int, other: DynamicLayer | None) -> DynamicLayers:
    replaced = (other if element.id == layer_id else element for element in elements)
    return tuple(element for element in replaced if element is not None)
