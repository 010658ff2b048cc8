"""What appeared in the legend and what vanished from it since the last change."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapexplorer.explorer.opening import LegendPage
    from mapexplorer.protocol import LegendEntry, LegendLayer

Key = tuple[int, str, str]
"""A class of a legend: the id of its layer, its label, and its values as text."""


def entry_key(layer: LegendLayer, entry: LegendEntry) -> Key:
    """What tells a class from the others, also when its swatch is drawn anew."""
    return layer.layer_id, entry.label, str(entry.values)


@dataclass(frozen=True)
class LegendChanges:
    """The classes that appeared, and those that vanished from layers that are still there, by layer id."""

    appeared: frozenset[Key] = frozenset()
    vanished: Mapping[int, tuple[LegendEntry, ...]] = field(default_factory=dict)


NOTHING = LegendChanges()


def compare(before: Iterable[LegendLayer], after: Iterable[LegendLayer]) -> LegendChanges:
    """What changed from one legend to another.

    Of a layer that came or went as a whole nothing is marked: that was asked for, or is plain to see.
    """
    old = {layer.layer_id: layer for layer in before}
    appeared: set[Key] = set()
    vanished: dict[int, tuple[LegendEntry, ...]] = {}
    for layer in after:
        known = old.get(layer.layer_id)
        if known is None:
            continue
        here = {entry_key(layer, entry) for entry in layer.legend}
        there = {entry_key(known, entry) for entry in known.legend}
        appeared |= here - there
        gone = tuple(entry for entry in known.legend if entry_key(known, entry) not in here)
        if gone:
            vanished[layer.layer_id] = gone
    return LegendChanges(frozenset(appeared), vanished)


class LegendHistory:
    """Remembers the legend before the last change, so that showing one again keeps its marks."""

    def __init__(self) -> None:
        self._shown: tuple[object, Hashable, Sequence[LegendLayer]] | None = None
        self._changes = NOTHING

    def changes(self, page: LegendPage) -> LegendChanges:
        """What changed with a legend that is about to be shown; nothing for the first one of a service."""
        from mapexplorer.explorer.controller import legend_key

        key, layers = legend_key(page.request), page.result.layers
        before, self._shown = self._shown, (page.opened, key, layers)
        if before is None or before[0] is not page.opened:
            self._changes = NOTHING
        elif before[1] != key:
            self._changes = compare(before[2], layers)
        return self._changes
