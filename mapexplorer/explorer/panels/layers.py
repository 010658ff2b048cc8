"""The layer tree: what is drawn, and what is not drawn at this scale and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer import style

from . import controls
from .bound_panel import BoundPanel
from .layer_tree import LayerTree, Node
from .published import member, number

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer


class LayersPanel(BoundPanel):
    """Tick boxes for the layers and groups of the service; writes ``layers``.

    A group is ticked when all its layers are drawn and marked when some are. A layer that the scale of the
    last picture leaves out is grey and says from which scale on it is drawn.
    """

    title: ClassVar[str] = "Layers"
    bound: ClassVar[tuple[str, ...]] = ("layers",)

    def build(self) -> tuple[Any, ...]:
        """Make the row of buttons and the empty tree."""
        self.tree = LayerTree(())
        self.boxes: dict[int, Any] = {}
        self.notes: dict[int, Any] = {}
        self._scale: float | None = None
        self._rows = ipywidgets.VBox()
        self._rows.add_class("me-tree")
        self.message = controls.prose()
        self.buttons = controls.row(
            controls.button("All", "Draw every layer", self._draw_all),
            controls.button("None", "Draw no layer", self._draw_none),
            controls.button(
                "Default", "Draw the layers that the service draws by itself", self._draw_default
            ),
        )
        return (self.buttons, self._rows, self.message)

    def on_service(self) -> None:
        """Build the tree of the service in use."""
        self.tree = LayerTree(member(self.explorer.info, "layers") or ())
        self._scale = None
        self.boxes = {node.id: self._box(node) for node in self.tree.nodes}
        self.notes = {node.id: controls.prose(None, "me-note") for node in self.tree.nodes}
        previous = self._rows.children
        self._rows.children = tuple(self._line(node) for node in self.tree.nodes)
        for line in previous:
            for part in (*line.children, line):
                part.close()
        controls.say(self.message, None if self.boxes else controls.hint("This service lists no layers."))
        super().on_service()

    def on_answer(self, answer: Answer) -> None:
        """Grey the layers that the scale of the picture leaves out; the last scale stays after a failure."""
        scale = number(member(answer.export, "scale")) if answer.export is not None else None
        if scale is not None and scale != self._scale:
            self._scale = scale
            self._explain()

    def show(self) -> None:
        """Tick what the parameter draws."""
        visible = self.tree.visible(self.explorer.parameters.layers)
        for node in self.tree.nodes:
            below = self.tree.under(node.id)
            box = self.boxes[node.id]
            box.value = bool(below) and below <= visible
            controls.marked(box, "me-some", node.is_group and bool(below & visible) and not below <= visible)
        self._explain()

    def refuse(self, sentence: str) -> None:
        """Show why a choice was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def _box(self, node: Node) -> Any:
        box = ipywidgets.Checkbox(description=node.name, indent=False, layout=ipywidgets.Layout(width="auto"))
        box.add_class("me-layer")
        controls.marked(box, "me-group", node.is_group)
        self.listen(box, lambda: self._toggle(node))
        return box

    def _line(self, node: Node) -> Any:
        line = ipywidgets.HBox(
            (self.boxes[node.id], self.notes[node.id]),
            layout=ipywidgets.Layout(margin=f"0 0 0 {node.depth * style.INDENT}px"),
        )
        line.add_class("me-tree-row")
        return line

    def _toggle(self, node: Node) -> None:
        visible = self.tree.visible(self.explorer.parameters.layers)
        below = self.tree.under(node.id)
        wanted = visible | below if self.boxes[node.id].value else visible - below
        self._draw(wanted)

    def _draw(self, visible: frozenset[int]) -> None:
        self.write(layers=self.tree.selection(visible))
        with self.quietly():
            self.show()

    def _draw_all(self) -> None:
        self._draw(self.tree.leaves)

    def _draw_none(self) -> None:
        self._draw(frozenset())

    def _draw_default(self) -> None:
        self._draw(self.tree.default)

    def _explain(self) -> None:
        visible = self.tree.visible(self.explorer.parameters.layers)
        for node in self.tree.nodes:
            reason = node.out_of_scale(self._scale)
            below = self.tree.under(node.id)
            words = reason or (f"{len(below & visible)} of {len(below)}" if node.is_group else "")
            controls.marked(self.boxes[node.id], "me-out-of-scale", reason is not None)
            self.boxes[node.id].tooltip = f"{node.name}: {reason}" if reason else node.name
            controls.say(self.notes[node.id], controls.hint(words))
