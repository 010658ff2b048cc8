"""What came back from the wire, before anybody has judged it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_DRAWN = re.compile(r"(?:^|,)\s*draw\s*;\s*dur=(\d{1,9}(?:\.\d{1,6})?)")


@dataclass(frozen=True)
class Timing:
    """Where the time of an operation went: seconds, and bytes received after decoding.

    ``waiting`` lasts until the headers are there, ``transfer`` until the body is; ``total`` also counts
    pauses between attempts and the checking of what came. ``drawing`` is the part of the waiting that the
    service says it spent drawing (its header Server-Timing); 0 when it does not say it.
    """

    waiting: float = 0.0
    transfer: float = 0.0
    total: float = 0.0
    bytes: int = 0
    drawing: float = 0.0

    def __add__(self, other: Timing) -> Timing:
        return Timing(
            self.waiting + other.waiting,
            self.transfer + other.transfer,
            self.total + other.total,
            self.bytes + other.bytes,
            self.drawing + other.drawing,
        )


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, read completely."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    waiting: float
    transfer: float

    @property
    def timing(self) -> Timing:
        """The seconds and bytes of this answer alone."""
        total = self.waiting + self.transfer
        return Timing(self.waiting, self.transfer, total, len(self.content), self._drawing)

    @property
    def _drawing(self) -> float:
        """Read how long the service drew, never more than the waiting for it."""
        told = _DRAWN.search(self.headers.get("Server-Timing", "")[:1000])
        return min(float(told[1]) / 1000, self.waiting) if told else 0.0

    @property
    def content_type(self) -> str:
        """The media type that the header claims, without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
