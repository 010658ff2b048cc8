"""HTTP/1.1 connections that stay open for the next request.

The request handler that comes with werkzeug closes every connection after one answer, since it does not know
where a request body ends. Here the body is read by its length, so the next request starts where it should.
"""

from __future__ import annotations

import http
import io
import logging
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG: Final = logging.getLogger("mapexplorer.service")

IDLE_SECONDS: Final = 20
"""How long an open connection may stay silent before its next request."""
REQUEST_SECONDS: Final = 60
"""How long a connection may stay silent in the middle of a request."""
MOST_CONNECTIONS: Final = 128
"""Connections that are kept open at once; further ones are closed after each answer."""
_MOST_DRAINED: Final = 256 * 2**10
_MOST_LINGERED: Final = 16 * 2**20
_LINGER_SECONDS: Final = 2.0
_BODILESS: Final = (204, 304)


class RequestBody(io.RawIOBase):
    """The body of one request: ends after its length, so that nothing reads into the next request."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, at most the rest of the body; a connection that is lost ends it early."""
        try:
            data: bytes = self._stream.read1(min(len(buffer), self.left)) if self.left else b""
        except OSError:
            data = b""
        buffer[: len(data)] = data
        self.left -= len(data)
        return len(data)


class PersistentServer(ThreadedWSGIServer):
    """A threaded server that counts its open connections."""

    request_queue_size = 128

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open = 0
        self._counting = threading.Lock()
        super().__init__(*args, **options)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        with self._counting:
            self._open += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._open -= 1

    @property
    def crowded(self) -> bool:
        """Whether connections have to be closed after each answer."""
        return self._open > MOST_CONNECTIONS


class PersistentHandler(WSGIRequestHandler):
    """Answers the requests of one connection after each other, in its thread.

    Requests are logged without their query, which may hold a token.
    """

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 64 * 2**10

    def version_string(self) -> str:
        """Return the name of the server, without versions."""
        return "mapexplorer"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log the path alone."""
        LOG.debug("%s %s %s", self.command, self.path.partition("?")[0], code)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log faults of a connection."""
        LOG.log(logging.WARNING if type == "error" else logging.DEBUG, message, *args)

    def log_error(self, format: str, *args: Any) -> None:
        """Log a connection that stayed silent or a line that is no request; both are ordinary."""
        LOG.debug(format, *args)

    def handle_expect_100(self) -> bool:
        """Tell the client to send its body, at once."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def parse_request(self) -> bool:
        """Read the head of a request; from here on the longer patience holds."""
        self.connection.settimeout(REQUEST_SECONDS)
        return super().parse_request()

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection at the beginning of the next."""
        length = self._body_length()
        if length is None:
            self.send_error(http.HTTPStatus.BAD_REQUEST)
            return
        body = RequestBody(self.rfile, length)
        self.environ = environ = self.make_environ()
        if "wsgi.input_terminated" in environ:
            self.close_connection = True  # a body in chunks may have trailers that nothing here reads
        else:
            environ["wsgi.input"] = io.BufferedReader(body)
        try:
            status, headers, content = self._called(environ)
            whole = self._drained(body)
            if not whole or self.server_is_crowded():
                self.close_connection = True
            self._send(status, headers, content)
            if not whole:
                self._linger()
        except (TimeoutError, ConnectionError) as lost:
            self.close_connection = True
            self.connection_dropped(lost, environ)
        self.connection.settimeout(self.timeout)

    def server_is_crowded(self) -> bool:
        """Tell whether the connection cannot be kept for want of room."""
        return bool(getattr(self.server, "crowded", True))

    def _body_length(self) -> int | None:
        """Return the length of the body, None when the head does not tell it without doubt."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers:
            plain = self.headers.get_all("Transfer-Encoding") == ["chunked"]
            return 0 if plain and not lengths else None
        if not lengths:
            return 0
        text = lengths[0].strip()
        return int(text) if len(lengths) == 1 and text.isascii() and text.isdigit() else None

    def _called(self, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return what the application answers; a fault it does not catch itself is code 500."""
        started: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            started[:] = [status, headers]
            return written.append

        answered: Iterable[bytes] = ()
        try:
            answered = self.server.app(environ, start_response)
            written.extend(answered)
        except (TimeoutError, ConnectionError):
            raise
        except Exception:
            LOG.exception("The application failed: %s", self.path.partition("?")[0])
            return 500, [("Content-Type", "text/plain")], b""
        finally:
            close = getattr(answered, "close", None)
            if close is not None:
                close()
        status, headers = started
        return int(status.split(None, 1)[0]), headers, b"".join(written)

    def _drained(self, body: RequestBody) -> bool:
        """Read what the application left of the body; tell whether its end was reached."""
        if body.left > _MOST_DRAINED:
            return False
        while body.left and body.read(min(body.left, 2**16)):
            pass
        return body.left == 0

    def _linger(self) -> None:
        """Read on for a moment after the last answer: closing at once would tear it from the client's
        hands.
        """
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER_SECONDS)
        left = _MOST_LINGERED
        with suppress(OSError):
            while left > 0 and (data := self.rfile.read1(2**16)):
                left -= len(data)

    def _send(self, code: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.log_request(code)
        self.send_response_only(code)
        self.send_header("Server", self.version_string())
        self.send_header("Date", self.date_time_string())
        names = set()
        for name, value in headers:
            names.add(name.lower())
            if name.lower() not in ("date", "server"):
                self.send_header(name, value)
        if "content-length" not in names and code not in _BODILESS:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        elif self.request_version == "HTTP/1.0":
            self.send_header("Connection", "keep-alive")
        self.end_headers()
        if self.command != "HEAD" and code not in _BODILESS:
            self.wfile.write(content)
        self.wfile.flush()
