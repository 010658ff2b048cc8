"""Several processes behind one address, under gunicorn: drawing uses every core.

The maps are read once, before the processes are made, so that they share the memory of the data.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mapexplorer.protocol import MapExplorerError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_WORKERS: Final = 64
THREADS: Final = 8
KEEP_ALIVE_SECONDS: Final = 20
STOP_SECONDS: Final = 10
_BACKLOG: Final = 256


class NoWorkers(MapExplorerError):  # noqa: N818 - errors are named after causes
    """Several processes cannot be had on this machine."""


def application_class() -> type[Any]:
    """Return gunicorn's application. Raises ImportError naming gunicorn; `NoWorkers` where it cannot run."""
    if not hasattr(os, "fork"):
        raise NoWorkers("--workers needs an operating system that can fork: Linux or macOS.")
    from gunicorn.app.base import BaseApplication

    return BaseApplication  # type: ignore[no-any-return]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class SharedFolder:
    """A private folder for what the processes share; the process that made it removes it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="mapexplorer-"))
        for name in ("outputs", "swatches"):
            (self.path / name).mkdir(mode=0o700)
        self._owner = os.getpid()

    def remove(self) -> None:
        """Remove the folder, unless this is one of the processes made later."""
        if os.getpid() == self._owner:
            shutil.rmtree(self.path, ignore_errors=True)


def run_workers(app: WSGIApplication, listening: socket.socket, count: int, done: Callable[[], None]) -> None:
    """Answer requests in some processes until interrupted; `done` is called at the end."""
    settings = {
        "bind": f"fd://{listening.fileno()}",
        "workers": count,
        "worker_class": "gthread",
        "threads": THREADS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "graceful_timeout": STOP_SECONDS,
        "timeout": 60,
        "loglevel": "warning",
        "proc_name": "mapexplorer",
        "control_socket_disable": True,
    }

    class Application(application_class()):  # type: ignore[misc]
        """The application that gunicorn runs, configured here and nowhere else."""

        def load_config(self) -> None:
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> WSGIApplication:
            return app

    try:
        Application().run()
    finally:
        done()
