"""Pictures and legends that were asked ahead: a small store with the oldest going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class FrameStore:
    """Values by request key, bounded by number and bytes; the least recently used leaves first."""

    def __init__(self, capacity: int = 32, budget: int = 48 * 1024 * 1024) -> None:
        self._capacity, self._budget, self._bytes = capacity, budget, 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def get(self, key: Hashable) -> Any | None:
        """The value of a key, now the most recently used one, or None."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value; its weight in bytes is its attribute ``weight``, if it has one."""
        self.drop(key)
        weight = int(getattr(value, "weight", 0))
        self._values[key] = (value, weight)
        self._bytes += weight
        while len(self._values) > self._capacity or (self._bytes > self._budget and len(self._values) > 1):
            self.drop(next(iter(self._values)))

    def drop(self, key: Hashable) -> None:
        """Forget a key."""
        if key in self._values:
            self._bytes -= self._values.pop(key)[1]
