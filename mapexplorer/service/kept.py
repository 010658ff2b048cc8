"""Bounded stores of what has been computed about a layer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """A bounded store of computed values, the least recently used leaves first; safe between threads.

    It holds at most so many values, and of those that tell their size (``nbytes``) at most so many bytes.
    """

    def __init__(self, most: int, most_bytes: int | None = None) -> None:
        self._values: OrderedDict[Any, Any] = OrderedDict()
        self._most, self._most_bytes = most, most_bytes
        self._lock = RLock()

    def get(self, key: Any, compute: Callable[[], T]) -> T:
        """Return the value of a key, computed by one thread while the others wait."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                known: T = self._values[key]
                return known
            value = compute()
            self._values[key] = value
            while len(self._values) > 1 and self._too_much():
                self._values.popitem(last=False)
            return value

    @property
    def nbytes(self) -> int:
        """Bytes of the values that tell their size."""
        return sum(_bytes_of(value) for value in self._values.values())

    def _too_much(self) -> bool:
        too_large = self._most_bytes is not None and self.nbytes > self._most_bytes
        return too_large or len(self._values) > self._most


def _bytes_of(value: Any) -> int:
    if isinstance(value, tuple):
        return sum(map(_bytes_of, value))
    return int(getattr(value, "nbytes", 0))
