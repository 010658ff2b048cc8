"""Pictures behind `href`: kept in memory for a while under names nobody can guess."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from mapexplorer.service.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes with their content type and the moment they were made."""

    content: bytes
    content_type: str
    made: float


class Outputs:
    """The latest pictures, bounded in number, bytes and age; safe between threads."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._kept: OrderedDict[str, Output] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def keep(self, content: bytes, content_type: str, suffix: str) -> str:
        """Keep a picture and return its name, 128 random bits and a suffix."""
        name = f"{secrets.token_hex(16)}.{suffix}"
        with self._lock:
            self._kept[name] = Output(content, content_type, self._clock())
            self._held += len(content)
            self._forget()
        return name

    def find(self, name: str) -> Output | None:
        """Return a picture by its name, None when there is none or none any more."""
        with self._lock:
            self._forget()
            return self._kept.get(name)

    def _forget(self) -> None:
        oldest = self._clock() - self._limits.output_seconds
        while self._kept:
            first = next(iter(self._kept.values()))
            crowded = len(self._kept) > self._limits.output_entries or self._held > self._limits.output_bytes
            if first.made >= oldest and not (crowded and len(self._kept) > 1):
                return
            _, dropped = self._kept.popitem(last=False)
            self._held -= len(dropped.content)
