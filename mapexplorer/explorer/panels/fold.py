"""A part of a panel that is opened by its heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets

from mapexplorer.explorer.sharing import create

from . import controls

CLOSED, OPEN = "▸" + controls.UPRIGHT, "▾" + controls.UPRIGHT


class Fold:
    """A heading that shows and hides what stands under it; closed at first."""

    def __init__(self, title: str, hint: str, parts: Sequence[Any] = ()) -> None:
        self._title = title
        self.opener = create(
            ipywidgets.ToggleButton, description=f"{CLOSED} {title}", tooltip=hint, layout={"width": "auto"}
        )
        self.opener.add_class("me-fold")
        self._content = create(ipywidgets.VBox, tuple(parts))
        self._content.add_class("me-stack")
        controls.shown(self._content, False)
        self.opener.observe(self._turn, names="value")
        self.widget = create(ipywidgets.VBox, (self.opener, self._content))
        self.widget.add_class("me-stack")

    def fill(self, parts: Sequence[Any]) -> None:
        """Put other widgets under the heading."""
        self._content.children = tuple(parts)

    def _turn(self, change: Any) -> None:
        self.opener.description = f"{OPEN if change.new else CLOSED} {self._title}"
        controls.shown(self._content, bool(change.new))
