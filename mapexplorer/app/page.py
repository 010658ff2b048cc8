"""The explorer as a web page of its own, served by Voila to this machine only.

Voila looks for templates and kernels in the Jupyter data folders; two of ours are put before them. One holds
the page's template, which asks for nothing beyond this machine (Voila's own fetches an icon font from a
public server); the other names this very Python as the kernel, whatever kernels the person has registered.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from traitlets.config import Config

from mapexplorer.app.target import TARGET_VARIABLE

LOOPBACK = "127.0.0.1"
FOLDER = Path(__file__).parent
NOTEBOOK = FOLDER / "explorer.ipynb"
WIDGET_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "jupyter-leaflet",
)


def run_page(target: str | None = None, *, port: int = 0, open_browser: bool = True) -> None:
    """Serve the page until it is interrupted; port 0 takes a free one.

    Raises ImportError when Voila is not installed.
    """
    from ipykernel.kernelspec import write_kernel_spec
    from tornado.ioloop import IOLoop
    from voila.app import Voila

    with tempfile.TemporaryDirectory(prefix="mapexplorer-") as kernels:
        write_kernel_spec(Path(kernels, "kernels", "python3"), extra_arguments=["--log-level=ERROR"])
        places = [str(FOLDER / "jupyter"), kernels, os.environ.get("JUPYTER_PATH", "")]
        changes = {"JUPYTER_PATH": os.pathsep.join(filter(None, places)), TARGET_VARIABLE: target or ""}
        with _environment(changes):
            page = Voila.instance(config=_voila_settings(port or free_port(), open_browser))
            page.initialize([])
            IOLoop.current().add_callback(lambda: announce(page.connection_url))
            page.start()


def _voila_settings(port: int, open_browser: bool) -> Config:
    return Config(
        Voila={
            "notebook_path": str(NOTEBOOK),
            "ip": LOOPBACK,
            "port": port,
            "open_browser": open_browser,
            "log_level": logging.ERROR,
            "config_file_paths": [],
            "tornado_settings": {
                # Voila answers to any host name unless told otherwise: a foreign page could rebind its name.
                "allow_remote_access": False,
                "ws_ping_timeout": 30_000,
            },
        },
        VoilaConfiguration={
            "template": "mapexplorer",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": list(WIDGET_EXTENSIONS),
        },
    )


def announce(address: str) -> None:
    """Print where the page is, at once even when nobody reads the output line by line."""
    print(f"mapexplorer is at {address}", "Stop it with Ctrl-C.", sep="\n", flush=True)


def free_port() -> int:
    """Give a port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
