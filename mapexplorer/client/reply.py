"""What came back from the wire, before anybody has judged it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Timing:
    """Where the time of an operation went: seconds, and bytes received after decoding.

    ``waiting`` lasts until the headers are there, ``transfer`` until the body is; ``total`` also counts
    pauses between attempts and the checking of what came.
    """

    waiting: float = 0.0
    transfer: float = 0.0
    total: float = 0.0
    bytes: int = 0

    def __add__(self, other: Timing) -> Timing:
        return Timing(
            self.waiting + other.waiting,
            self.transfer + other.transfer,
            self.total + other.total,
            self.bytes + other.bytes,
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
        return Timing(self.waiting, self.transfer, self.waiting + self.transfer, len(self.content))

    @property
    def content_type(self) -> str:
        """The media type that the header claims, without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
