"""From changes to pictures: both requests of one frozen state, the latest wins, nothing blocks the loop."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from mapexplorer.explorer.lanes import Call, Done, Lane, Outcome, Wanted
from mapexplorer.explorer.scheduler import Scheduler, Timer, default_scheduler
from mapexplorer.protocol import MapExplorerError, MapRequest, Operation, TokenInvalid, TokenRequired

_LOG = logging.getLogger(__name__)

Fetch = Callable[[MapRequest], Any]

QUIET = 0.12
"""Seconds without a change after which a series of changes is sent."""
LONGEST_QUIET = 0.5
"""Seconds after which a series that does not pause is sent nevertheless, so that the map follows a drag."""
LEGEND_PATIENCE = 0.4
"""Seconds for which a picture waits for the legend of the same request."""


@dataclass(frozen=True)
class Frame:
    """What is to be shown for one request; `legend` is None while it is still on its way."""

    number: int
    request: MapRequest
    export: Outcome
    legend: Outcome | None
    since: float


def export_key(request: MapRequest) -> Hashable:
    """What distinguishes two pictures, among it the form in which they are asked for."""
    return request.key(Operation.EXPORT)


def legend_key(request: MapRequest) -> Hashable:
    """What distinguishes two legends: format and transparency have no effect on swatches."""
    return request.replace(f=None, format=None, transparent=None).key(Operation.QUERY_LEGENDS)


class Controller:
    """Sends the latest state to both operations and hands over what is to be shown.

    `export` and `legend` are called with one frozen request each, away from the event loop; they may block
    and raise. `show` gets frames in the order of their requests, always under `guard`, never two at a time.
    Every method may be called from any thread. The picture waits a moment for the legend of the same
    request, so that they appear together; a legend never appears before its picture.
    """

    def __init__(
        self,
        export: Fetch,
        legend: Fetch,
        show: Callable[[Frame], None],
        *,
        on_busy: Callable[[bool], None] | None = None,
        guard: threading.RLock | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        self.scheduler = scheduler or default_scheduler()
        self.counts: Counter[str] = Counter()
        self._show, self._on_busy = show, on_busy
        self._guard = guard or threading.RLock()
        self._changed = threading.Condition(threading.Lock())
        self._closed = False
        self._number = 0
        self._latest: Wanted | None = None
        self._unsent: float | None = None
        self._last_change = float("-inf")
        self._timer: Timer | None = None
        self._patience: Timer | None = None
        self._shown: tuple[int, bool] = (0, True)
        self._pending: Frame | None = None
        self._showing = 0
        self._busy = False
        self.use(export, legend)

    # ---- what others call

    def use(self, export: Fetch, legend: Fetch) -> None:
        """Ask another service from now on; what is known or on its way from the old one is dropped."""
        with self._changed:
            self._fetches = {Operation.EXPORT: export, Operation.QUERY_LEGENDS: legend}
            self._export = Lane(export_key, self._begin)
            self._legend = Lane(legend_key, self._begin)
            self._latest, self._pending, self._unsent = None, None, None
            self._cancel_timers()

    def submit(self, request: MapRequest) -> None:
        """Ask for a request: at once when nothing is going on, else when the changes pause."""
        with self._changed:
            if self._closed or (self._latest is not None and self._latest.request == request):
                return
            self.scheduler.attend()
            now = self.scheduler.now()
            self.counts["changes"] += 1
            self._number += 1
            self._latest = Wanted(self._number, request, now)
            if self._unsent is None:
                self._unsent = now
            calm = self._timer is None and self._idle and now - self._last_change >= QUIET
            self._last_change = now
            if calm:
                self._send()
            elif self._timer is None:
                self._timer = self.scheduler.after(QUIET, self._pause)
        self._hand_over()

    def refresh(self) -> None:
        """Ask for the latest request again although nothing changed."""
        with self._changed:
            if self._closed or self._latest is None:
                return
            self._number += 1
            self._latest = Wanted(self._number, self._latest.request, self.scheduler.now())
            for lane in (self._export, self._legend):
                lane.forget()
            self._send()
        self._hand_over()

    def prefetch(self, requests: Iterable[MapRequest]) -> None:
        """Ask for these requests, in this order, when nothing else is to be done; replaces the old list."""
        ahead = tuple(requests)
        with self._changed:
            if self._closed:
                return
            self._export.look_ahead(ahead)
            self._legend.look_ahead(ahead)
            self._ask_ahead()

    def known(self, request: MapRequest) -> bool:
        """Whether picture and legend of a request were asked ahead and have come."""
        with self._changed:
            return export_key(request) in self._export.store and legend_key(request) in self._legend.store

    @property
    def settled(self) -> bool:
        """Whether everything asked for has been answered and handed over to be shown."""
        with self._changed:
            return self._idle and self._unsent is None and self._pending is None

    def wait(self, timeout: float = 30.0) -> bool:
        """Block until everything is shown; False when that takes longer than `timeout` seconds.

        Safe in a notebook cell: what the blocked event loop would have shown is shown by the waiting thread.
        """
        deadline = self.scheduler.now() + timeout
        while True:
            self._drain()
            with self._changed:
                if self._closed or self._at_rest:
                    return not self._closed
            if self.scheduler.pump():
                continue
            with self._changed:
                remaining = deadline - self.scheduler.now()
                if remaining <= 0:
                    return False
                if not self._at_rest and self._pending is None:
                    self._changed.wait(min(remaining, 0.5))

    def run_now(self, timeout: float = 30.0) -> bool:
        """Send what is waiting for a pause at once and wait for the answer."""
        with self._changed:
            if self._unsent is not None and not self._closed:
                self._send()
        return self.wait(timeout)

    def close(self, timeout: float = 1.0) -> None:
        """Stop: nothing is sent or shown any more; calls on their way are abandoned."""
        with self._changed:
            self._closed = True
            self._pending, self._unsent = None, None
            self._cancel_timers()
            self._changed.notify_all()
        self.scheduler.close(timeout)

    # ---- sending (the lock is held)

    @property
    def _idle(self) -> bool:
        return self._export.idle and self._legend.idle

    @property
    def _at_rest(self) -> bool:
        return self._idle and self._unsent is None and self._pending is None and not self._showing

    def _cancel_timers(self) -> None:
        for timer in (self._timer, self._patience):
            if timer is not None:
                timer.cancel()
        self._timer, self._patience = None, None

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._unsent = None, None
        if self._latest is not None:
            self._export.want(self._latest)
            self._legend.want(self._latest)
            self._compose()
            self._ask_ahead()

    def _begin(self, lane: Lane, call: Call) -> None:
        operation = Operation.EXPORT if lane is self._export else Operation.QUERY_LEGENDS
        self.counts[operation.value] += 1
        self.scheduler.work(partial(self._work, lane, call, self._fetches[operation]))

    def _ask_ahead(self) -> None:
        if self._idle and self._unsent is None:
            self._export.ask_ahead()
            self._legend.ask_ahead()

    # ---- on timers and workers

    def _pause(self) -> None:
        with self._changed:
            self._timer = None
            if self._closed or self._unsent is None:
                return
            now = self.scheduler.now()
            rest = min(self._last_change + QUIET, self._unsent + LONGEST_QUIET) - now
            if rest > 1e-3:
                self._timer = self.scheduler.after(rest, self._pause)
            else:
                self._send()
        self._hand_over()

    def _work(self, lane: Lane, call: Call, fetch: Fetch) -> None:
        with self._changed:
            if self._abandoned(lane):
                return
        try:
            outcome = Outcome(fetch(call.request))
        except MapExplorerError as error:
            refused = isinstance(error, TokenRequired | TokenInvalid)
            outcome = Outcome(error=str(error), refused=refused)
        except Exception as error:
            _LOG.exception("A request could not be made.")
            outcome = Outcome(error=f"The request failed for an unexpected reason ({type(error).__name__}).")
        with self._changed:
            if self._abandoned(lane):
                return
            if outcome.error is not None:
                self.counts["errors"] += 1
            lane.end(call, outcome)
            self._compose()
            self._ask_ahead()
            self._changed.notify_all()
        self._hand_over()

    def _abandoned(self, lane: Lane) -> bool:
        return self._closed or lane not in (self._export, self._legend)

    # ---- showing

    def _compose(self) -> None:
        picture, legend = self._export.done, self._legend.done
        if picture is None or picture.wanted.number < self._shown[0]:
            return
        number = picture.wanted.number
        outcome = self._legend.outcome_of(number)
        if outcome is not None:
            self._plan(picture, outcome)
        elif legend is not None and legend.wanted.number > number:
            # The legend has passed this request by; waiting would starve the picture during a long drag.
            self._plan(picture, None)
        elif self._patience is None and number > self._shown[0]:
            self._patience = self.scheduler.after(LEGEND_PATIENCE, self._stop_waiting)

    def _stop_waiting(self) -> None:
        with self._changed:
            self._patience = None
            picture = self._export.done
            if not self._closed and picture is not None and picture.wanted.number > self._shown[0]:
                self._plan(picture, None)
        self._hand_over()

    def _plan(self, picture: Done, legend: Outcome | None) -> None:
        wanted = picture.wanted
        if self._shown in ((wanted.number, True), (wanted.number, legend is not None)):
            return
        self._shown = (wanted.number, legend is not None)
        if self._patience is not None and legend is not None:
            self._patience.cancel()
            self._patience = None
        self._pending = Frame(wanted.number, wanted.request, picture.outcome, legend, wanted.since)

    def _hand_over(self) -> None:
        with self._changed:
            due = not self._closed and (self._pending is not None or self._busy == self._resting)
        if due:
            self.scheduler.deliver(self._drain)

    @property
    def _resting(self) -> bool:
        return self._idle and self._unsent is None

    def _drain(self) -> None:
        # The guard is taken first and held over the whole: two threads that drain must not overtake each
        # other.
        with self._guard:
            while True:
                with self._changed:
                    if (
                        self._showing
                    ):  # this thread is showing already, further out; it will come back for the rest
                        return
                    frame, self._pending = self._pending, None
                    busy = not self._resting
                    turned = busy != self._busy and not self._closed
                    self._busy = busy
                    if self._closed or (frame is None and not turned):
                        return
                    self._showing += 1
                try:
                    if frame is not None:
                        self._show(frame)
                        self.counts["shown"] += 1
                    if turned and self._on_busy is not None:
                        self._on_busy(busy)
                finally:
                    with self._changed:
                        self._showing -= 1
                        self._changed.notify_all()
