"""The notebooks that come with mapexplorer, copied to a folder of the person and opened in JupyterLab."""

from __future__ import annotations

import shutil
from pathlib import Path

from mapexplorer.app.page import LOOPBACK, announce, free_port

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
    server = LabApp.initialize_server(
        argv=[
            f"--ServerApp.ip={LOOPBACK}",
            f"--ServerApp.port={port or free_port()}",
            f"--ServerApp.open_browser={open_browser}",
            f"--ServerApp.root_dir={first.parent}",
            "--ServerApp.log_level=WARN",
            str(first),
        ]
    )
    announce(server.display_url.split()[0])
    server.start()
