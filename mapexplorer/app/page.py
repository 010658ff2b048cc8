"""The explorer as a web page of its own, served by Voila to this machine only."""

from __future__ import annotations

import logging
from pathlib import Path

from traitlets.config import Config

from mapexplorer.app.surroundings import FOLDER, LOOPBACK, announce, free_port, surroundings
from mapexplorer.app.target import FOLDER_VARIABLE, TARGET_VARIABLE

NOTEBOOK = FOLDER / "explorer.ipynb"
WIDGET_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
    "jupyter-leaflet",
)


def run_page(target: str | None = None, *, port: int = 0, open_browser: bool = True) -> None:
    """Serve the page until it is interrupted; port 0 takes a free one.

    Raises ImportError when Voila is not installed.
    """
    from tornado.ioloop import IOLoop
    from voila.app import Voila

    with surroundings(**{TARGET_VARIABLE: target or "", FOLDER_VARIABLE: str(Path.cwd())}):
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
                # Nothing between here and the browser of this machine cuts idle connections. A time-out must
                # not be longer than the interval for Tornado, but has to be for Jupyter's server: else the
                # page loses its connection, and messages with it, every half minute.
                "ws_ping_interval": 0,
            },
        },
        # Seconds that the output of the cell may come after its end. Hundreds of widgets are told of before
        # it: on a busy machine that takes longer than the usual 4, and the page would be empty, silently.
        VoilaExecutor={"iopub_timeout": 120},
        VoilaConfiguration={
            "template": "mapexplorer",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": list(WIDGET_EXTENSIONS),
        },
    )
