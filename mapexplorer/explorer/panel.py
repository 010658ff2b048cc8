"""The base class of every panel: a titled widget that reads the service and drives the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import ipywidgets

from mapexplorer.explorer.closing import close_whole

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer
    from mapexplorer.explorer.explorer import MapExplorer


class Panel:
    """One group of controls of an explorer.

    A panel reads ``explorer.info``, ``explorer.layer_infos`` and the answers, and writes only
    ``explorer.parameters``. It can be shown inside the explorer or on its own.

    Subclasses set `title`, build `widget` in ``__init__`` and override the hooks that they need. The
    explorer calls `on_service` once after a panel was made and again after every change of service.
    """

    title: ClassVar[str] = ""
    widget: ipywidgets.Widget

    def __init__(self, explorer: MapExplorer) -> None:
        self.explorer = explorer

    def on_service(self) -> None:
        """Refill choices, ranges and enabled flags from the metadata of the service in use."""

    def on_answer(self, answer: Answer) -> None:
        """Take note of a newly shown answer, which may hold errors."""

    def close(self) -> None:
        """Stop observing and release the widgets."""
        close_whole(self.widget)
