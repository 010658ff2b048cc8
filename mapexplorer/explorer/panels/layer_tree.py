"""The layer list of a service as a tree, and the shortest `layers` value for a set of visible layers.

Nothing here knows widgets. "Leaf" means a layer that draws by itself, that is, anything but a group.
Source of the rules: Export Map, layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mapexplorer.protocol.layers import LayerSelection, Verb

from .published import number, whole

NOTHING = LayerSelection()
DEEPEST = 50


@dataclass(frozen=True)
class Node:
    """One layer of the service with its place in the tree; scales are 0 where there is no limit."""

    id: int
    name: str
    depth: int
    parent: int | None
    is_group: bool
    visible_by_default: bool
    min_scale: float
    max_scale: float

    def out_of_scale(self, scale: float | None) -> str | None:
        """Why this layer is not drawn at a scale; None when it is drawn or the scale is unknown."""
        if scale is None:
            return None
        if self.min_scale and scale > self.min_scale:
            return f"zoom in to {scale_text(self.min_scale)}"
        if self.max_scale and scale < self.max_scale:
            return f"zoom out to {scale_text(self.max_scale)}"
        return None


class LayerTree:
    """The layers of a service in the order of its list, every node under its parent.

    Broken lists are read as far as they make sense: an unknown or circular parent puts the layer at the top
    level, a repeated id is dropped, the scale ranges of the parents are already applied to the nodes.
    """

    def __init__(self, summaries: Iterable[Any]) -> None:
        known: dict[int, Any] = {}
        for summary in summaries:
            layer_id = whole(getattr(summary, "id", None))
            if layer_id is not None and layer_id >= 0:
                known.setdefault(layer_id, summary)
        self._parents = {layer_id: _parent(layer_id, known) for layer_id in known}
        self._children: dict[int | None, list[int]] = {}
        for layer_id, parent in self._parents.items():
            self._children.setdefault(parent, []).append(layer_id)
        self.nodes: tuple[Node, ...] = tuple(self._walk(None, 0, known, None))
        self._by_id = {node.id: node for node in self.nodes}
        self._under: dict[int, frozenset[int]] = {}

    def _walk(
        self, parent: int | None, depth: int, known: dict[int, Any], above: Node | None
    ) -> Iterable[Node]:
        for layer_id in self._children.get(parent, []):
            summary = known[layer_id]
            node = Node(
                id=layer_id,
                name=str(getattr(summary, "name", None) or f"Layer {layer_id}"),
                depth=depth,
                parent=parent,
                is_group=_is_group(summary) or layer_id in self._children,
                visible_by_default=getattr(summary, "default_visibility", True) is not False,
                min_scale=_narrower(_scale(summary, "min_scale"), above.min_scale if above else 0.0, min),
                max_scale=_narrower(_scale(summary, "max_scale"), above.max_scale if above else 0.0, max),
            )
            yield node
            yield from self._walk(layer_id, depth + 1, known, node)

    def has(self, layer_id: int) -> bool:
        """Whether the service lists a layer or group of that id."""
        return layer_id in self._by_id

    def node(self, layer_id: int) -> Node:
        """The layer or group of an id that the service lists."""
        return self._by_id[layer_id]

    @property
    def grouped(self) -> bool:
        """Whether there are groups."""
        return any(node.is_group for node in self.nodes)

    @property
    def leaves(self) -> frozenset[int]:
        """The ids of every layer that is not a group."""
        return frozenset(node.id for node in self.nodes if not node.is_group)

    @property
    def default(self) -> frozenset[int]:
        """The leaves drawn when nothing is asked: switched on themselves and in every group above them."""
        return frozenset(
            leaf
            for leaf in self.leaves
            if all(self._by_id[step].visible_by_default for step in self.path(leaf))
        )

    def under(self, layer_id: int) -> frozenset[int]:
        """All leaves below a group, or the layer itself when it is a leaf."""
        found = self._under.get(layer_id)
        if found is None:
            node = self._by_id.get(layer_id)
            if node is None:
                return frozenset()
            below = (self.under(child) for child in self._children.get(layer_id, []))
            found = frozenset().union(*below) if node.is_group else frozenset({layer_id})
            self._under[layer_id] = found
        return found

    def on_below(self, layer_id: int) -> frozenset[int]:
        """The leaves below a group that draw by default, judged below the group only."""
        node = self._by_id.get(layer_id)
        if node is None or not node.is_group:
            return self.under(layer_id)
        on = (child for child in self._children.get(layer_id, []) if self._by_id[child].visible_by_default)
        return frozenset().union(*(self.on_below(child) for child in on))

    def visible(self, selection: LayerSelection | None) -> frozenset[int]:
        """The leaves that a `layers` value draws, before scale ranges."""
        if selection is None:
            return self.default
        verb = selection.verb
        if verb in (Verb.SHOW, Verb.INCLUDE):
            listed = frozenset().union(*(self.on_below(layer_id) for layer_id in selection.ids))
            return listed if verb is Verb.SHOW else self.default | listed
        listed = frozenset().union(*(self.under(layer_id) for layer_id in selection.ids))
        return (self.leaves if verb is Verb.HIDE else self.default) - listed

    def selection(self, visible: Iterable[int]) -> LayerSelection | None:
        """The shortest `layers` value that draws exactly these leaves; None when they are the default ones.

        At equal length the form that other services read the same way wins: show, include, exclude, hide.
        """
        wanted = frozenset(visible) & self.leaves
        if wanted == self.default:
            return None
        if not wanted:
            return NOTHING
        forms = [(Verb.SHOW, wanted)]
        if wanted > self.default:
            forms.append((Verb.INCLUDE, wanted - self.default))
        if wanted < self.default:
            forms.append((Verb.EXCLUDE, self.default - wanted))
        if wanted != self.leaves:
            forms.append((Verb.HIDE, self.leaves - wanted))
        selections = [LayerSelection(verb, tuple(sorted(ids))) for verb, ids in forms]
        return min(selections, key=lambda selection: len(selection.to_text()))

    def path(self, layer_id: int | None) -> Iterable[int]:
        """The id of a layer and of every group above it."""
        while layer_id is not None:
            yield layer_id
            layer_id = self._parents[layer_id]


def scale_text(scale: float) -> str:
    """A scale as people write it: 1:50,000,000; below 10 one decimal is kept."""
    return f"1:{scale:,.0f}" if scale >= 10 else f"1:{scale:,.4g}"


def _parent(layer_id: int, known: dict[int, Any]) -> int | None:
    seen = {layer_id}
    first = step = whole(getattr(known[layer_id], "parent_layer_id", None))
    while step in known:
        if step in seen or len(seen) > DEEPEST:
            return None
        seen.add(step)
        step = whole(getattr(known[step], "parent_layer_id", None))
    return first if first in known else None


def _is_group(summary: Any) -> bool:
    return "group" in str(getattr(summary, "type", None) or "").lower() or bool(
        getattr(summary, "sub_layer_ids", None)
    )


def _scale(summary: Any, name: str) -> float:
    value = number(getattr(summary, name, None))
    return value if value is not None and value > 0 else 0.0


def _narrower(own: float, above: float, choose: Any) -> float:
    return float(choose(own, above)) if own and above else own or above
