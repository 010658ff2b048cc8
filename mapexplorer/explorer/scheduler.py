"""Where and when the controller's work runs: on threads, on an event loop alone, or by hand in tests.

The three schedulers keep one promise that the controller relies on: `after` and `work` never run their
action before they return.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

Action = Callable[[], None]


class Timer(Protocol):
    """Something that will happen unless it is cancelled."""

    def cancel(self) -> object:
        """Prevent it, when it has not happened yet."""


class Scheduler(Protocol):
    """Runs the controller's timers, its blocking calls and the changes of widgets."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def after(self, delay: float, action: Action) -> Timer:
        """Run a short action in `delay` seconds."""

    def work(self, job: Action) -> None:
        """Run a job that blocks, away from the event loop where that is possible."""

    def attend(self) -> None:
        """Take note of the event loop that runs here: it delivered the latest event."""

    def deliver(self, action: Action) -> None:
        """Run an action that changes widgets; the action may be run more than once and must not mind."""

    def hold(self, longest: float) -> None:
        """Keep what is to be delivered back until `resume`, but at most so many seconds."""

    def resume(self) -> None:
        """Deliver what was kept back."""

    def pump(self) -> bool:
        """Run one thing that waits for this thread; False when nothing does."""

    def close(self, timeout: float) -> None:
        """Cancel what has not begun and wait at most `timeout` seconds for what has."""


class ThreadScheduler:
    """Jobs on daemon threads that end with their job; widgets change on the loop of the latest event.

    Notebook front ends deliver events on the main thread or on the thread of a subshell, each with a
    running loop, and some while a cell keeps the main loop busy. A delivery that its loop has not taken
    after `patience` seconds is therefore made on the worker's own thread.
    """

    def __init__(self, patience: float = 0.4) -> None:
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: set[threading.Thread] = set()
        self._held: list[Action] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def after(self, delay: float, action: Action) -> Timer:
        """Run `action` on a timer thread."""
        timer = threading.Timer(delay, self._run, [action])
        self._start(timer)
        return timer

    def work(self, job: Action) -> None:
        """Run `job` on a thread of its own."""
        self._start(threading.Thread(target=self._run, args=[job], name="mapexplorer"))

    def _start(self, thread: threading.Thread) -> None:
        thread.daemon = True
        with self._lock:
            if self._closed:
                return
            self._threads = {known for known in self._threads if known.is_alive()}
            # Started inside the lock: a thread that is known but not yet alive would be forgotten.
            thread.start()
            self._threads.add(thread)

    def _run(self, action: Action) -> None:
        if not self._closed:
            action()

    def attend(self) -> None:
        """Remember the loop that runs on this thread, if there is one."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            return

    def deliver(self, action: Action) -> None:
        """Run `action` on the remembered loop, else here."""
        with self._lock:
            if self._held is not None:
                self._held.append(action)
                return
        loop = self._loop
        if loop is None or not loop.is_running():
            action()
            return
        taken = threading.Event()

        def take() -> None:
            taken.set()
            action()

        try:
            loop.call_soon_threadsafe(take)
        except RuntimeError:  # the loop of a subshell may close between the question and the call
            self._loop = None
            action()
            return
        if threading.current_thread() in self._threads and not taken.wait(self._patience):
            action()

    def hold(self, longest: float) -> None:
        """Keep deliveries back."""
        with self._lock:
            self._held = []
        self.after(longest, self.resume)

    def resume(self) -> None:
        """Make the deliveries that were kept back, in their order."""
        with self._lock:
            held, self._held = self._held or (), None
        for action in held:
            self.deliver(action)

    def pump(self) -> bool:
        """Nothing ever waits for the calling thread."""
        return False

    def close(self, timeout: float) -> None:
        """Cancel the timers and join the threads."""
        with self._lock:
            self._closed = True
            threads = [thread for thread in self._threads if thread is not threading.current_thread()]
        for thread in threads:
            if isinstance(thread, threading.Timer):
                thread.cancel()
        deadline = self.now() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - self.now()))


class _Queue:
    """Actions in the order of their time, for the schedulers without threads."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, _Entry]] = []
        self._count = itertools.count()

    def add(self, due: float, action: Action) -> _Entry:
        entry = _Entry(action)
        heapq.heappush(self._entries, (due, next(self._count), entry))
        return entry

    def next_due(self) -> float | None:
        while self._entries and self._entries[0][2].action is None:
            heapq.heappop(self._entries)
        return self._entries[0][0] if self._entries else None

    def pop(self) -> Action | None:
        if self.next_due() is None:
            return None
        return heapq.heappop(self._entries)[2].take()

    def __len__(self) -> int:
        return sum(entry.action is not None for _, _, entry in self._entries)


class _Entry:
    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def take(self) -> Action | None:
        action, self.action = self.action, None
        return action

    def cancel(self) -> None:
        self.action = None

    def run(self) -> None:
        action = self.take()
        if action is not None:
            action()


class LoopScheduler:
    """Everything on one event loop, calls included: for Pyodide, which has no threads.

    A call blocks the loop while it lasts; between two calls the loop handles the events of the front end.
    """

    def __init__(self) -> None:
        self._queue = _Queue()
        self._handles: list[asyncio.TimerHandle] = []
        self._closed = False

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def after(self, delay: float, action: Action) -> Timer:
        """Run `action` later on the loop that runs here; without a loop it waits for `pump`."""
        entry = self._queue.add(self.now() + delay, action)
        if self._closed:
            entry.cancel()
            return entry
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return entry
        self._handles = [
            handle for handle in self._handles if not handle.cancelled() and handle.when() > loop.time()
        ]
        self._handles.append(loop.call_later(delay, entry.run))
        return entry

    def work(self, job: Action) -> None:
        """Run `job` at the loop's next turn."""
        self.after(0.0, job)

    def attend(self) -> None:
        """There is only one loop."""

    def deliver(self, action: Action) -> None:
        """Run `action` here: this is the loop."""
        action()

    def hold(self, longest: float) -> None:
        """A page with Python inside was there before it."""

    def resume(self) -> None:
        """Nothing was kept back."""

    def pump(self) -> bool:
        """Run what is next, even before its time: a waiting cell would keep the loop from running it."""
        action = self._queue.pop()
        if action is not None:
            action()
        return action is not None

    def close(self, timeout: float) -> None:
        """Cancel everything."""
        self._closed = True
        while self._queue.pop() is not None:
            pass
        for handle in self._handles:
            handle.cancel()


class ManualScheduler:
    """Runs nothing by itself: a test moves the clock and chooses the order in which calls end."""

    def __init__(self) -> None:
        self.time = 0.0
        self.jobs: deque[Action] = deque()
        self.deliveries: deque[Action] = deque()
        self.hold_deliveries = False
        self.timers = _Queue()
        self.closed = False

    def now(self) -> float:
        """Seconds of the test's own clock."""
        return self.time

    def after(self, delay: float, action: Action) -> Timer:
        """Run `action` when the clock has been moved by `delay`."""
        return self.timers.add(self.time + delay, action)

    def work(self, job: Action) -> None:
        """Keep `job` until the test runs it."""
        self.jobs.append(job)

    def attend(self) -> None:
        """There is no loop."""

    def deliver(self, action: Action) -> None:
        """Run `action` here, or keep it while `hold_deliveries` is set."""
        if self.hold_deliveries:
            self.deliveries.append(action)
        else:
            action()

    def hold(self, longest: float) -> None:
        """Keep deliveries back until `resume` or until the clock has been moved so far."""
        self.hold_deliveries = True
        self.after(longest, self.resume)

    def resume(self) -> None:
        """Make the deliveries that were kept back."""
        self.hold_deliveries = False
        while self.deliveries:
            self.deliveries.popleft()()

    def advance(self, seconds: float) -> None:
        """Move the clock and run the timers that fall due, in their order."""
        until = self.time + seconds
        while (due := self.timers.next_due()) is not None and due <= until:
            self.time = max(self.time, due)
            action = self.timers.pop()
            if action is not None:
                action()
        self.time = until

    def run_job(self, index: int = 0) -> None:
        """Run one of the kept jobs."""
        job = self.jobs[index]
        del self.jobs[index]
        job()

    def pump(self) -> bool:
        """Run the next delivery, job or timer."""
        if self.deliveries:
            self.deliveries.popleft()()
        elif self.jobs:
            self.run_job()
        elif (due := self.timers.next_due()) is not None:
            self.advance(max(0.0, due - self.time))
        else:
            return False
        return True

    def close(self, timeout: float) -> None:
        """Forget everything."""
        self.closed = True
        self.jobs.clear()
        self.deliveries.clear()
        self.timers = _Queue()


def default_scheduler() -> Scheduler:
    """The scheduler for this interpreter: threads, or the event loop in the browser."""
    return LoopScheduler() if sys.platform == "emscripten" else ThreadScheduler()
