"""The programs a person opens the explorer in, started on this machine with folders of their own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

NEWS_SETTINGS = Path("@jupyterlab", "apputils-extension", "notification.jupyterlab-settings")
ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*")


@dataclass(frozen=True)
class FrontEnd:
    """A running server: its address, its notebooks, and where its kernels write how to reach them.

    `page` is the place of a notebook below the address; where there is none, the address is the page.
    """

    name: str
    address: str
    notebooks: Path
    connections: Path
    pattern: str
    page: str = ""

    def connection_files(self) -> set[Path]:
        return set(self.connections.glob(self.pattern))


def isolated_environment(folder: Path) -> dict[str, str]:
    """Give the environment of a machine on which nobody has set up anything of Jupyter."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "MAPEXPLORER", "VOILA"))
    }
    places = {
        "JUPYTER_RUNTIME_DIR": "run",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "TMPDIR": "temporary",
        "HOME": "home",
    }
    for name, place in places.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        kept[name] = str(folder / place)
    kept["PYTHONUNBUFFERED"] = "1"
    kept["PYTHONPATH"] = str(ROOT)  # the code under test is this clone, also where another copy is installed
    return kept


@contextmanager
def command(arguments: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a Python program until its first address is printed; give the process and that address."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *arguments],
            cwd=folder,
            env=isolated_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, _first_address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        printed = log.read_text(errors="replace")
        if found := ADDRESS.search(printed):
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"no address was printed:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def voila(folder: Path, *arguments: str) -> Iterator[FrontEnd]:
    """The command ``mapexplorer --no-browser``: a Voila page."""
    with command(["mapexplorer", "--no-browser", *arguments], folder) as (_, address):
        yield FrontEnd("voila", address, folder, folder / "temporary", "voila_*/kernel-*.json")


@contextmanager
def lab(folder: Path) -> Iterator[FrontEnd]:
    """JupyterLab without its news dialogue, which would cover the notebook and ask the network."""
    settings = folder / "settings" / NEWS_SETTINGS
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    arguments = (
        "jupyterlab",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )
    with _jupyter(folder, *arguments) as address:
        yield FrontEnd("lab", address, folder, folder / "run", "kernel-*.json", "lab/tree/{}?reset")


@contextmanager
def notebook(folder: Path) -> Iterator[FrontEnd]:
    """Notebook 7: one document a page, in a column."""
    with _jupyter(folder, "notebook", "--JupyterNotebookApp.expose_app_in_browser=True") as address:
        yield FrontEnd("notebook", address, folder, folder / "run", "kernel-*.json", "notebooks/{}")


@contextmanager
def _jupyter(folder: Path, program: str, *arguments: str) -> Iterator[str]:
    """A Jupyter server on the notebooks of a folder; gives its address."""
    settings = (
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
    )
    with command([program, *settings, *arguments], folder) as (_, address):
        origin = re.match(r"http://[^/]+/", address)
        assert origin
        _await_listening(origin.group())
        yield origin.group()


def _await_listening(address: str) -> None:
    """Jupyter prints its address a moment before it opens the port."""
    deadline = time.monotonic() + 60
    parts = urlsplit(address)
    while True:
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens at {address}"
            time.sleep(0.05)
        else:
            return
