"""A server that misbehaves on purpose: raw sockets that play scripted answers.

A script is a list of steps. ``send(bytes)``, ``sleep(seconds)``, ``reset()`` and ``close()`` do what they
say; ``drip(bytes, pause)`` sends byte by byte; ``forever(bytes)`` sends until the other side gives up.
Scripts are played one per request, in the order of ``server.play(...)``; the last one is repeated.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

Step = Callable[["Line"], None]
Script = list[Step]


class OverError(Exception):
    """The script ends the connection here."""


@dataclass
class Line:
    """One accepted connection."""

    sock: socket.socket
    stopping: threading.Event


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def fields(self) -> dict[str, str]:
        """Query and form together."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        if "urlencoded" in self.headers.get("content-type", ""):
            pairs += parse_qsl(self.body.decode(), keep_blank_values=True)
        return dict(pairs)


def send(content: bytes) -> Step:
    return lambda line: line.sock.sendall(content)


def sleep(seconds: float) -> Step:
    def step(line: Line) -> None:
        if line.stopping.wait(seconds):
            raise OverError

    return step


def drip(content: bytes, pause: float) -> Step:
    def step(line: Line) -> None:
        for number in range(len(content)):
            line.sock.sendall(content[number : number + 1])
            if line.stopping.wait(pause):
                raise OverError

    return step


def forever(content: bytes) -> Step:
    def step(line: Line) -> None:
        while not line.stopping.is_set():
            line.sock.sendall(content)

    return step


def reset() -> Step:
    def step(line: Line) -> None:
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise OverError

    return step


def close() -> Step:
    def step(line: Line) -> None:
        raise OverError

    return step


def answer(
    content: bytes,
    content_type: str = "application/json",
    status: str = "200 OK",
    headers: Iterable[tuple[str, str]] = (),
    length: int | None = None,
    keep: bool = False,
) -> Script:
    """A whole answer; ``length`` lies about its length, −1 leaves it out; ``keep`` leaves the line open."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if length != -1:
        lines.append(f"Content-Length: {len(content) if length is None else length}")
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return [send(head + content)] if keep else [send(head + content), close()]


class FaultServer:
    """Listens on a free port of the loopback and plays scripts."""

    def __init__(self, certificate: Path | None = None) -> None:
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.origin = f"https://localhost:{self.port}" if certificate else f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/arcgis/rest/services/Faults/MapServer"
        self.received: list[Received] = []
        self.connections = 0
        self._scripts: list[Script] = []
        self._routes: dict[str, list[Script]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def play(self, *scripts: Script) -> None:
        """Play these for requests whose path has no route of its own."""
        with self._lock:
            self._scripts = list(scripts)

    def route(self, ending: str, *scripts: Script) -> None:
        """Play these for requests whose path ends so."""
        with self._lock:
            self._routes[ending] = list(scripts)

    def clear(self) -> None:
        """Forget scripts, routes and what was received."""
        with self._lock:
            self._scripts, self._routes = [], {}
            self.received = []

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(2)
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, OverError), contextlib.ExitStack() as open_sockets:
            open_sockets.enter_context(sock)
            sock.settimeout(5)
            if self._context is not None:
                sock = open_sockets.enter_context(self._context.wrap_socket(sock, server_side=True))
            line = Line(sock, self._stopping)
            while True:
                request = _read_request(sock)
                if request is None:
                    return
                for step in self._script_for(request):
                    step(line)

    def _script_for(self, request: Received) -> Script:
        with self._lock:
            self.received.append(request)
            waiting = self._scripts
            for ending, scripts in self._routes.items():
                if request.path.endswith(ending):
                    waiting = scripts
                    break
            if not waiting:
                return answer(b'{"error":{"code":400,"message":"Invalid URL","details":[]}}')
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def _read_request(sock: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        block = sock.recv(65536)
        if not block:
            return None
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        block = sock.recv(65536)
        if not block:
            return None
        body += block
    method, target, _ = first.split(" ", 2)
    return Received(method, target, headers, body, head + b"\r\n\r\n" + body)


def free_port() -> int:
    """A port of the loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
