"""The time one drawing may take: looked at between batches of work, wherever they are done.

Nothing interrupts a batch; a drawing gives itself up at the next one. The limit belongs to the thread (or the
context) that draws, so that no function in between has to hand it on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from mapexplorer.protocol import ServiceFault

_ENDS: Final[ContextVar[tuple[float, float] | None]] = ContextVar("ends", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give what is done inside that many seconds of time."""
    token = _ENDS.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _ENDS.reset(token)


def check_time() -> None:
    """Raise `ServiceFault` with code 503 when the time is over; without a limit there is always time."""
    ends = _ENDS.get()
    if ends is not None and time.monotonic() > ends[0]:
        raise ServiceFault(
            503,
            "The map takes too long to draw.",
            [f"Drawing takes more than {ends[1]:g} seconds; ask for fewer features, layers or pixels."],
        )
