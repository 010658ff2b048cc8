"""What Jupyter's programs find around them when mapexplorer starts them.

Jupyter looks for templates and kernels in its data folders; two of ours are put before them. One holds the
template of the page, which asks for nothing beyond this machine (Voila's own fetches an icon font from a
public server); the other names this very Python as the kernel, whatever kernels the person has registered.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
FOLDER = Path(__file__).parent


@contextmanager
def surroundings(**variables: str) -> Iterator[None]:
    """Set the environment that Jupyter and its kernels get, and put the old one back at the end.

    Raises ImportError when the kernel is not installed.
    """
    from ipykernel.kernelspec import write_kernel_spec

    with tempfile.TemporaryDirectory(prefix="mapexplorer-") as kernels:
        write_kernel_spec(Path(kernels, "kernels", "python3"), extra_arguments=["--log-level=ERROR"])
        places = (str(FOLDER / "jupyter"), kernels, os.environ.get("JUPYTER_PATH", ""))
        changes = {"JUPYTER_PATH": os.pathsep.join(filter(None, places)), **variables}
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


def announce(address: str) -> None:
    """Print where the page is, at once even when nobody reads the output line by line."""
    print(f"mapexplorer is at {address}", "Stop it with Ctrl-C.", sep="\n", flush=True)


def free_port() -> int:
    """Give a port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
