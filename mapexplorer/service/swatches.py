"""Swatches of dynamic layers: kept in memory under the digest of their bytes, so that a url never shows
another picture.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Final

KEPT_BYTES: Final = 32 * 2**20
KEPT_SWATCHES: Final = 20_000


class Swatches:
    """The swatches that legends of dynamic layers showed last; safe between threads."""

    def __init__(self, most: int = KEPT_SWATCHES, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def keep(self, content: bytes) -> str:
        """Keep a PNG and return its name: the same for the same bytes."""
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.png"
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return name
            self._kept[name] = content
            self._held += len(content)
            while (len(self._kept) > self._most or self._held > self._most_bytes) and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._held -= len(dropped)
        return name

    def find(self, name: str) -> bytes | None:
        """Return the PNG of a name, None when there is none or none any more."""
        with self._lock:
            return self._kept.get(name)
