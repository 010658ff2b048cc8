"""Deadlines that hold: every read from a socket gets the time that is left, never a fresh timeout.

A plain timeout starts again with each byte, so a server that drips its headers or its body can hold a
caller for hours. Here the reader beneath the HTTP parser sets the socket's timeout before each receive to
what remains of the deadline. This needs no thread, so it also works where there are none (Pyodide).
"""

from __future__ import annotations

import http.client
import io
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class DeadlineError(TimeoutError):
    """The total time of a call is used up."""


class Deadline:
    """A moment on the monotonic clock by which an operation has to be over."""

    __slots__ = ("_end", "idle", "seconds")

    def __init__(self, seconds: float, idle: float) -> None:
        self.seconds = seconds
        self.idle = idle
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self._end - time.monotonic()

    @property
    def passed(self) -> bool:
        """Say whether no time is left."""
        return self.remaining <= 0

    def slice(self, longest: float) -> float:
        """Return the seconds for one step; raises DeadlineError when none are left."""
        remaining = self.remaining
        if remaining <= 0:
            raise DeadlineError("the deadline has passed")
        return min(longest, remaining)


_current: ContextVar[Deadline | None] = ContextVar("deadline of the request being sent", default=None)


@contextmanager
def bounded_by(deadline: Deadline) -> Iterator[None]:
    """Let connections opened or used inside the block obey a deadline."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class _TimedReader(io.RawIOBase):
    """A socket's byte stream that receives only while there is time."""

    def __init__(self, raw: Any, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.slice(self._deadline.idle))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedSource:
    """What an HTTP response takes for its socket: something to make a file of."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        raw: Any = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_TimedReader(raw, self._sock, self._deadline))


class _TimedResponse(http.client.HTTPResponse):
    """An HTTP response whose status line, headers and body are all read before the deadline."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        deadline = _current.get()
        source: Any = sock if deadline is None else _TimedSource(sock, deadline)
        super().__init__(source, *args, **options)


class _TimedHTTPConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedHTTPSConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTPConnection


class _TimedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """The ordinary transport of requests, over connections that obey :func:`bounded_by`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the connection pools, with our connections in them."""
        super().init_poolmanager(*args, **options)
        _use_timed_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools for a proxy, with our connections in them."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            _use_timed_pools(manager)
        return manager


def _use_timed_pools(manager: Any) -> None:
    if sys.platform == "emscripten":
        return  # the browser makes the connection there and sockets do not exist
    manager.pool_classes_by_scheme = {"http": _TimedHTTPPool, "https": _TimedHTTPSPool}
