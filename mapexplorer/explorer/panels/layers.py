"""The layer tree: what is drawn, what is not drawn at this scale and why, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer.sharing import create

from . import controls
from .bound_panel import BoundPanel
from .composer import OVERRIDES
from .layer_order import LayerOrder
from .layer_rows import LayerRow, found
from .layer_tree import LayerTree, Node
from .published import member, number
from .sent_layers import sent_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapexplorer.explorer.answer import Answer

MOST_ROWS = 60
"""Rows that are made at once; a longer tree begins with closed groups."""
SEARCHED_FROM = 13
"""Layers from which on there is a search box."""


class LayersPanel(BoundPanel):
    """Tick boxes for the layers and groups; writes ``layers``, and their order to ``dynamic_layers``.

    A group is ticked when all its layers are drawn and marked when some are. A layer that the scale of the
    last picture leaves out is grey and says from which scale on it is drawn.
    """

    title: ClassVar[str] = "Layers"
    bound: ClassVar[tuple[str, ...]] = ("layers", "dynamic_layers")

    def build(self) -> tuple[Any, ...]:
        """Make the controls above and below the tree, which is empty."""
        self.tree = LayerTree(())
        self.rows: dict[int, LayerRow] = {}
        self._scale: float | None = None
        self._closed: set[int] = set()
        self._limit = MOST_ROWS
        self.search = controls.labelled(
            ipywidgets.Text, "Search", "A part of a name, or the id of a layer", placeholder="part of a name"
        )
        self._rows = create(ipywidgets.VBox)
        self._rows.add_class("me-tree")
        self.more = controls.button("Show more", "Show further layers", self._show_more)
        self.message, self.sent, self.note = controls.prose(), controls.prose(), controls.prose()
        self.buttons = controls.row(
            controls.button("All", "Draw every layer", lambda: self._draw(self.tree.leaves)),
            controls.button("None", "Draw no layer", lambda: self._draw(frozenset())),
            controls.button(
                "Default",
                "Draw the layers that the service draws by itself",
                lambda: self._draw(self.tree.default),
            ),
        )
        self.order = LayerOrder(
            lambda ids: self._do(lambda: self.explorer.composer.reorder(ids)),
            lambda: self._do(self.explorer.composer.reset_order),
        )
        self.order_opener = create(
            ipywidgets.ToggleButton,
            description="Drawing order",
            tooltip="Which layer lies above which",
            layout={"width": "auto"},
        )
        self.order_opener.add_class("me-button")
        self.order_opener.observe(self._open_order, names="value")
        controls.shown(self.order.widget, False)
        self.listen(self.search, self._arrange)
        return (
            self.buttons, self.sent, self.search, self._rows, self.note, self.more,
            controls.row(self.order_opener), self.order.widget, self.message,
        )  # fmt: skip

    @property
    def boxes(self) -> dict[int, Any]:
        """The tick boxes of the rows that were made so far, by layer id."""
        return {layer_id: row.box for layer_id, row in self.rows.items()}

    @property
    def notes(self) -> dict[int, Any]:
        """What stands at the right end of these rows."""
        return {layer_id: row.note for layer_id, row in self.rows.items()}

    def on_service(self) -> None:
        """Build the tree of the service in use."""
        self.tree = LayerTree(member(self.explorer.info, "layers") or ())
        self._scale, self._limit = None, MOST_ROWS
        many = len(self.tree.nodes) > MOST_ROWS
        self._closed = {node.id for node in self.tree.nodes if node.is_group} if many else set()
        previous, self.rows = self.rows, {}
        with self.quietly():
            self.search.value = ""
        controls.shown(self.search, len(self.tree.nodes) >= SEARCHED_FROM)
        controls.shown(self.order_opener, bool(self.tree.nodes))
        self._arrange()
        for row in previous.values():
            row.close()
        controls.say(
            self.message, None if self.tree.nodes else controls.hint("This service lists no layers.")
        )
        super().on_service()

    def on_answer(self, answer: Answer) -> None:
        """Grey the layers that the scale of the picture leaves out; the last scale stays after a failure."""
        scale = number(member(answer.export, "scale")) if answer.export is not None else None
        if scale is not None and scale != self._scale:
            self._scale = scale
            self._fill()

    def show(self) -> None:
        """Tick what the parameter draws, and say what is sent for it."""
        self._fill()
        composer, parameters = self.explorer.composer, self.explorer.parameters
        foreign = composer.foreign
        for control in self.buttons.children:
            control.disabled = foreign
        carried = parameters.dynamic_layers is not None
        content = controls.hint(OVERRIDES) if foreign else sent_layers(parameters.layers, carried=carried)
        controls.say(self.sent, content if self.tree.nodes else None)
        if self.order_opener.value:
            self._show_order()

    def refuse(self, sentence: str) -> None:
        """Show why a choice was not taken."""
        controls.say(self.message, controls.alert(sentence))

    # ---- the rows, made when they are first shown

    def _arrange(self) -> None:
        """Put the rows that are wanted into the tree: found, not in a closed group, and not too many."""
        matching = found(self.tree, self.search.value)
        listed = [node for node in self.tree.nodes if node.id in matching]
        if not self.search.value.strip():
            listed = [node for node in listed if not self._hidden(node)]
        shown = listed[: self._limit]
        for node in shown:
            if node.id not in self.rows:
                self.rows[node.id] = LayerRow(node, self, grouped=self.tree.grouped)
        rows = tuple(self.rows[node.id].widget for node in shown)
        if self._rows.children != rows:
            self._rows.children = rows
        more = len(listed) - len(shown)
        controls.shown(self.more, more > 0)
        self.more.description = f"Show {min(more, MOST_ROWS)} more of {more}" if more else "Show more"
        nothing = bool(self.tree.nodes) and not listed
        controls.say(self.note, controls.hint("No layer has that in its name.") if nothing else None)
        with self.quietly():
            self._fill()

    def _hidden(self, node: Node) -> bool:
        parent = node.parent
        while parent is not None:
            if parent in self._closed:
                return True
            parent = self.tree.node(parent).parent
        return False

    def _fill(self) -> None:
        visible = self.tree.visible(self.explorer.parameters.layers)
        foreign = self.explorer.composer.foreign
        for layer_id, row in self.rows.items():
            row.show(self.tree.under(layer_id), visible, self._scale, fixed=foreign)
            row.twist(layer_id not in self._closed)

    def _show_more(self) -> None:
        self._limit += MOST_ROWS
        self._arrange()

    def turn(self, layer_id: int) -> None:
        """Open a closed group, or close an open one."""
        self._closed ^= {layer_id}
        self._arrange()

    # ---- what a person does

    def toggle(self, layer_id: int, on: bool) -> None:
        """Draw a layer, or all layers of a group, or not."""
        visible = self.tree.visible(self.explorer.parameters.layers)
        below = self.tree.under(layer_id)
        self._draw(visible | below if on else visible - below)

    def _draw(self, visible: frozenset[int]) -> None:
        self.write(layers=self.tree.selection(visible))
        with self.quietly():
            self.show()

    def _open_order(self, change: Any) -> None:
        self._show_order()
        controls.shown(self.order.widget, bool(change.new))

    def _show_order(self) -> None:
        composer = self.explorer.composer
        reason = (
            "" if composer.available else "This service has one order: it does not support dynamic layers."
        )
        names = tuple((composer.name(layer_id), layer_id) for layer_id in composer.sequence())
        self.order.show(names, given=bool(composer.plan.order), reason=reason)

    def _do(self, act: Callable[[], object]) -> None:
        try:
            with self.explorer.parameters.by_hand():
                act()
        except (TraitError, ValueError) as error:
            self.refuse(str(error))
        else:
            self.refuse("")
