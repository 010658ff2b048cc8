"""Which layers a request draws: the four verbs over the layer tree, and scale ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from mapexplorer.protocol import LayerSelection, Verb


class TreeNode(Protocol):
    """What the layer tree needs to know of a layer."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def parent_id(self) -> int: ...  # noqa: D102
    @property
    def is_group(self) -> bool: ...  # noqa: D102
    @property
    def default_visibility(self) -> bool: ...  # noqa: D102
    @property
    def min_scale(self) -> float: ...  # noqa: D102
    @property
    def max_scale(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class LayerTree:
    """The layers of a map in drawing order (first on top) with their groups."""

    nodes: Sequence[TreeNode]

    @cached_property
    def by_id(self) -> Mapping[int, TreeNode]:
        """The layers by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def children(self) -> Mapping[int, tuple[TreeNode, ...]]:
        """The direct children of every group, in document order; -1 holds the top level."""
        found: dict[int, list[TreeNode]] = {}
        for node in self.nodes:
            found.setdefault(node.parent_id, []).append(node)
        return {parent: tuple(nodes) for parent, nodes in found.items()}

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The ids of all layers that are no groups."""
        return tuple(node.id for node in self.nodes if not node.is_group)

    def ancestors(self, layer_id: int) -> Iterable[TreeNode]:
        """Return the groups above a layer, the nearest first."""
        parent = self.by_id[layer_id].parent_id
        while parent in self.by_id:
            yield self.by_id[parent]
            parent = self.by_id[parent].parent_id

    @cached_property
    def default(self) -> frozenset[int]:
        """The leaves that are on and whose ancestors all are."""
        return frozenset(
            leaf
            for leaf in self.leaves
            if self.by_id[leaf].default_visibility
            and all(group.default_visibility for group in self.ancestors(leaf))
        )

    def descendants(self, layer_id: int, *, visible_only: bool) -> frozenset[int]:
        """Return the leaves below a group, all of them or those on by default judged below the group only."""
        found: set[int] = set()
        for child in self.children.get(layer_id, ()):
            if visible_only and not child.default_visibility:
                continue
            if child.is_group:
                found |= self.descendants(child.id, visible_only=visible_only)
            else:
                found.add(child.id)
        return frozenset(found)

    def selected(self, selection: LayerSelection | None) -> frozenset[int]:
        """Return the leaves that the `layers` parameter draws (Export Map, layers).

        A group stands for those of its descendants that are on by default, with hide and exclude for all of
        them; a leaf named by its id is drawn even when its group is off; unknown ids mean nothing.
        """
        if selection is None:
            return self.default
        adding = selection.verb in (Verb.SHOW, Verb.INCLUDE)
        named: set[int] = set()
        for layer_id in selection.ids:
            node = self.by_id.get(layer_id)
            if node is None:
                continue
            if node.is_group:
                named |= self.descendants(layer_id, visible_only=adding)
            else:
                named.add(layer_id)
        if selection.verb is Verb.SHOW:
            return frozenset(named)
        if selection.verb is Verb.HIDE:
            return frozenset(self.leaves) - named
        return self.default | named if selection.verb is Verb.INCLUDE else self.default - named

    def effective_scales(self, layer_id: int) -> tuple[float, float]:
        """Return the (minScale, maxScale) that a layer and all its groups leave open, 0 meaning no limit."""
        chain = [self.by_id[layer_id], *self.ancestors(layer_id)]
        minimums = [node.min_scale for node in chain if node.min_scale > 0]
        return min(minimums, default=0.0), max(node.max_scale for node in chain)


def in_scale_range(scale: float, min_scale: float, max_scale: float) -> bool:
    """Tell whether a scale lies in a range whose ends are included; minScale is the larger number, 0 means
    none.
    """
    return (min_scale == 0 or scale <= min_scale) and (max_scale == 0 or scale >= max_scale)
