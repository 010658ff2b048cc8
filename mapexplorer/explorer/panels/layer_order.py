"""The drawn layers from top to bottom, and buttons that move one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer.sharing import create

from . import controls

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LINES = 12
UP, DOWN, TOP = "▲", "▼", "⤒"


class LayerOrder:
    """A list of the drawn layers, the uppermost first; what is moved goes through dynamicLayers."""

    def __init__(self, reorder: Callable[[tuple[int, ...]], object], reset: Callable[[], None]) -> None:
        self._reorder = reorder
        self.list = create(
            ipywidgets.Select, description="Drawn layers, the uppermost first", layout={"width": "auto"}
        )
        self.list.add_class("me-order")
        self.up = controls.button(
            UP + controls.UPRIGHT, "Move the layer up", lambda: self._move(-1), "me-icon"
        )
        self.down = controls.button(
            DOWN + controls.UPRIGHT, "Move the layer down", lambda: self._move(1), "me-icon"
        )
        self.top = controls.button(
            TOP + controls.UPRIGHT, "Move the layer to the top", self._to_top, "me-icon"
        )
        self.reset = controls.button("Reset order", "Draw the layers in the order of the service", reset)
        self.reason = controls.prose()
        self.widget = create(
            ipywidgets.VBox, (self.list, controls.row(self.up, self.down, self.top, self.reset), self.reason)
        )
        self.widget.add_class("me-stack")
        self._given = False

    def show(self, layers: tuple[tuple[str, int], ...], *, given: bool, reason: str = "") -> None:
        """Show names and ids from top to bottom; a reason says why they cannot be moved."""
        if tuple(self.list.options) != layers:
            chosen = self.list.value
            self.list.options = layers
            self.list.value = chosen if chosen in [layer_id for _, layer_id in layers] else None
        self.list.rows = max(2, min(len(layers), MOST_LINES))
        for control in (self.list, self.up, self.down, self.top):
            control.disabled = bool(reason)
        self.reset.disabled = bool(reason) or not given
        controls.say(self.reason, controls.hint(reason))

    def _ids(self) -> list[int]:
        return [layer_id for _, layer_id in self.list.options]

    def _move(self, step: int) -> None:
        ids = self._ids()
        if self.list.value is None:
            return
        place = ids.index(self.list.value)
        other = place + step
        if 0 <= other < len(ids):
            ids[place], ids[other] = ids[other], ids[place]
            self._reorder(tuple(ids))

    def _to_top(self) -> None:
        chosen = self.list.value
        if chosen is not None:
            self._reorder((chosen, *(layer_id for layer_id in self._ids() if layer_id != chosen)))
