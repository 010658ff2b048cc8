"""The notebooks that come with mapexplorer, copied to a folder of the person and opened in JupyterLab."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

from mapexplorer.app.surroundings import LOOPBACK, announce, free_port, surroundings

FIRST = "01-first-map.ipynb"


def notebook_folder() -> Path:
    """Say where the notebooks are: in the installed package, or beside it in a clone."""
    package = Path(__file__).parent.parent
    return next(folder for folder in (package / "notebooks", package.parent / "notebooks") if folder.is_dir())


def copy_notebooks(folder: Path) -> Path:
    """Copy the notebooks that the folder does not have yet, and give the first one's path there.

    A file that is already there is the person's own work and stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(notebook_folder().glob("*.ipynb")):
        copy = folder / source.name
        if not copy.exists():
            shutil.copyfile(source, copy)
    return folder / FIRST


def run_lab(folder: Path, *, port: int = 0, open_browser: bool = True) -> None:
    """Open JupyterLab on the first notebook until it is interrupted.

    Raises ImportError when JupyterLab is not installed, OSError when the folder cannot be written.
    """
    from jupyterlab.labapp import LabApp

    first = copy_notebooks(folder.expanduser().resolve())
    page = f"lab/tree/{first.name}"
    settings = {
        "Application.log_level": "WARN",
        "ServerApp.ip": LOOPBACK,
        "ServerApp.port": port or free_port(),
        "ServerApp.open_browser": open_browser,
        "ServerApp.root_dir": first.parent,
        "ServerApp.answer_yes": True,  # one Ctrl-C ends it, as it ends the page
        "ServerApp.allow_root": True,
        "LabApp.default_url": f"/{page}",
    }
    with surroundings():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of Jupyter about itself
            server = LabApp.initialize_server(argv=[f"--{name}={value}" for name, value in settings.items()])
        secret = server.identity_provider.token
        address = f"http://{LOOPBACK}:{server.port}{server.base_url}{page}"
        told = f"{address}?token={secret}" if secret else address
        server.io_loop.add_callback(announce, told)  # after the server's own, which opens the port
        server.start()
