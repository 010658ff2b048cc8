"""One lane per operation: at most one call in flight, only the latest request waiting, answers in order.

Nothing here knows time, threads or widgets; the controller holds its lock around every method.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from mapexplorer.explorer.frames import FrameStore
from mapexplorer.protocol import MapRequest


@dataclass(frozen=True)
class Wanted:
    """A request that the controller sent out, its place in the order, and when the change came."""

    number: int
    request: MapRequest
    since: float


@dataclass(frozen=True)
class Outcome:
    """How a call ended: with a value, or with the one sentence that says why not."""

    value: Any | None = None
    error: str | None = None
    refused: bool = False
    """Whether the service asks for a token, or for another one."""


@dataclass(frozen=True)
class Done:
    """The newest request that a lane has an outcome for."""

    wanted: Wanted
    outcome: Outcome


class Call:
    """One call on its way; `wanted` is None while it only asks ahead."""

    def __init__(self, request: MapRequest, key: Hashable, wanted: Wanted | None) -> None:
        self.request, self.key, self.wanted = request, key, wanted


class Lane:
    """The calls of one operation."""

    def __init__(self, key: Callable[[MapRequest], Hashable], start: Callable[[Lane, Call], None]) -> None:
        self._key, self._start = key, start
        self.running: Call | None = None
        self.waiting: Wanted | None = None
        self.done: Done | None = None
        self.store = FrameStore()
        self.ahead: deque[MapRequest] = deque()
        self.ahead_running: Call | None = None
        self._kept: tuple[Hashable, Any] | None = None
        self._recent: deque[Done] = deque(maxlen=8)

    @property
    def idle(self) -> bool:
        """Whether no wanted request is on its way."""
        return self.running is None and self.waiting is None

    def want(self, wanted: Wanted) -> None:
        """Get the outcome of a request: from what is known, from a call on its way, or by a new call."""
        key = self._key(wanted.request)
        self.waiting = None
        ahead = self.ahead_running
        if self._kept is not None and self._kept[0] == key:
            self._finish(wanted, key, Outcome(self._kept[1]))
        elif (value := self.store.get(key)) is not None:
            self._finish(wanted, key, Outcome(value))
        elif self.running is not None:
            if self.running.key == key:
                self.running.wanted = wanted
            else:
                self.waiting = wanted
        elif ahead is not None and ahead.key == key:
            self.ahead_running, self.running = None, ahead
            ahead.wanted = wanted
        else:
            self.running = Call(wanted.request, key, wanted)
            self._start(self, self.running)

    def end(self, call: Call, outcome: Outcome) -> None:
        """Take the outcome of a call and begin the waiting one."""
        if call is self.ahead_running:
            self.ahead_running = None
            if outcome.error is None:
                self.store.put(call.key, outcome.value)
        elif call is self.running:
            self.running = None
            if call.wanted is not None:
                self._finish(call.wanted, call.key, outcome)
        if self.waiting is not None and self.running is None:
            self.want(self.waiting)

    def _finish(self, wanted: Wanted, key: Hashable, outcome: Outcome) -> None:
        if self.done is not None and wanted.number <= self.done.wanted.number:
            return
        self.done = Done(wanted, outcome)
        self._recent.append(self.done)
        if outcome.error is None:
            self._kept = (key, outcome.value)

    def outcome_of(self, number: int) -> Outcome | None:
        """The outcome of one of the latest requests, by its number."""
        return next((done.outcome for done in self._recent if done.wanted.number == number), None)

    def look_ahead(self, requests: Iterable[MapRequest]) -> None:
        """Replace the list of requests to ask when nothing else is to be done."""
        self.ahead = deque(requests)

    def ask_ahead(self) -> None:
        """Begin the next request of the list that is not known yet, one at a time."""
        while self.ahead and self.ahead_running is None:
            request = self.ahead.popleft()
            key = self._key(request)
            known = key in self.store or (self._kept is not None and self._kept[0] == key)
            if not known and not (self.running is not None and self.running.key == key):
                self.ahead_running = Call(request, key, None)
                self._start(self, self.ahead_running)

    def forget(self) -> None:
        """Treat nothing as known, so that the next request is sent even when it is the same."""
        self._kept = None
        self.store = FrameStore()
