"""One line of the layer tree, and which lines a search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer import style
from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.sharing import create

from . import controls
from .layer_tree import LayerTree, Node

if TYPE_CHECKING:
    from .layers import LayersPanel

OPEN, CLOSED = "▾", "▸"
TWIST = 24


class LayerRow:
    """The tick box of a layer or group, the button that opens the group, and a note at the right end."""

    def __init__(self, node: Node, panel: LayersPanel, *, grouped: bool) -> None:
        self.node = node
        self.box = create(ipywidgets.Checkbox, description=node.name, indent=False, layout={"width": "auto"})
        self.box.add_class("me-layer")
        controls.marked(self.box, "me-group", node.is_group)
        panel.listen(self.box, lambda: panel.toggle(node.id, self.box.value))
        self.note = controls.prose(None, "me-note")
        self.opener = (
            controls.button(
                OPEN + controls.UPRIGHT, f"Close {node.name}", lambda: panel.turn(node.id), "me-twist"
            )
            if node.is_group
            else None
        )
        left = node.depth * style.INDENT + (TWIST if grouped and not node.is_group else 0)
        self.widget = create(
            ipywidgets.HBox,
            tuple(part for part in (self.opener, self.box, self.note) if part is not None),
            layout={"margin": f"0 0 0 {left}px"},
        )
        self.widget.add_class("me-tree-row")

    def show(
        self, below: frozenset[int], visible: frozenset[int], scale: float | None, *, fixed: bool
    ) -> None:
        """Tick the box when everything below is drawn, and say how much of it, or why nothing is."""
        drawn = below & visible
        self.box.value = bool(below) and below == drawn
        self.box.disabled = fixed
        controls.marked(self.box, "me-some", self.node.is_group and bool(drawn) and drawn != below)
        reason = self.node.out_of_scale(scale)
        words = reason or (f"{len(drawn)} of {len(below)}" if self.node.is_group else "")
        controls.marked(self.box, "me-out-of-scale", reason is not None)
        self.box.tooltip = f"{self.node.name}: {reason}" if reason else self.node.name
        controls.say(self.note, controls.hint(words))

    def twist(self, is_open: bool) -> None:
        """Show whether a group is open."""
        if self.opener is not None:
            self.opener.description = (OPEN if is_open else CLOSED) + controls.UPRIGHT
            self.opener.tooltip = f"{'Close' if is_open else 'Open'} {self.node.name}"

    def close(self) -> None:
        """Release the widgets."""
        for part in (*self.widget.children, self.widget):
            close_whole(part)


def found(tree: LayerTree, words: str) -> frozenset[int]:
    """The ids of the layers whose name or id fits a search, with the groups above them; all for no words."""
    wanted = words.strip().casefold()
    if not wanted:
        return frozenset(node.id for node in tree.nodes)
    hits = [node for node in tree.nodes if wanted in node.name.casefold() or wanted == str(node.id)]
    return frozenset(layer_id for node in hits for layer_id in tree.path(node.id))
