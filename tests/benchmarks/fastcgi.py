"""A minimal FastCGI responder client: enough to ask a peer's map engine without a web server in between."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7


def record(kind: int, content: bytes) -> bytes:
    """One FastCGI record of request 1."""
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name: str, value: str) -> bytes:
    """One name-value pair, lengths first (four bytes where one is not enough)."""

    def length(text: bytes) -> bytes:
        return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 0x80000000)

    key, content = name.encode(), value.encode()
    return length(key) + length(content) + key + content


class FastCgiProcess:
    """A FastCGI program, in one process or several that share a socket handed to them as standard input."""

    def __init__(
        self, command: list[str], folder: Path, environment: dict[str, str], processes: int = 1
    ) -> None:
        self.path = str(folder / f"{Path(command[0]).name}.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.processes = [
            subprocess.Popen(
                command,
                stdin=self.listener,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(processes)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # While it waits for a connection MapServer only notes a polite request to end.
        for process in self.processes:
            process.kill()
            process.wait(10)
        self.listener.close()

    def get(self, query: str) -> bytes:
        """The body that the program answers to one GET with this query string."""
        variables = {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": query,
            "SCRIPT_NAME": "/map",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        body = b"".join(pair(name, value) for name, value in variables.items())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            connection.sendall(
                record(BEGIN, struct.pack(">HB5x", 1, 0))
                + record(PARAMS, body)
                + record(PARAMS, b"")
                + record(STDIN, b"")
            )
            answer = self._read(connection)
        _, body = re.split(rb"\r?\n\r?\n", answer, maxsplit=1)
        return body

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        out = bytearray()
        with connection.makefile("rb") as stream:
            while header := stream.read(8):
                _, kind, _, size, padding = struct.unpack(">BBHHBx", header)
                content = stream.read(size)
                stream.read(padding)
                if kind == STDOUT:
                    out += content
                elif kind == END:
                    break
        return bytes(out)
