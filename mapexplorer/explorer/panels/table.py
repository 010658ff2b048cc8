"""The attribute table of a layer, under the map: sorted, in pages, and linked with the selection."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer import time_zones
from mapexplorer.explorer.asking import Asking
from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.selections import FeatureId, ids_in, with_found
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.explorer.table_page import (
    ALL,
    IN_VIEW,
    PAGE,
    SELECTED,
    TablePage,
    TableQuery,
    columns,
    view_of,
)
from mapexplorer.protocol import LayerInfo

from . import controls
from .attribute_words import DATE, written
from .bound_panel import BoundPanel

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

MOST_COLUMNS = 6
LONGEST = 80
ARROWS = {None: "", "ASC": " ▲", "DESC": " ▼"}
_NEXT = {None: "ASC", "ASC": "DESC", "DESC": None}


class TablePanel(BoundPanel):
    """Rows of a layer as far as the map shows them; ticking one selects it (``selection_definitions``)."""

    title: ClassVar[str] = "Attribute table"
    bound: ClassVar[tuple[str, ...]] = ("selection_definitions",)
    followed: ClassVar[tuple[str, ...]] = ("dynamic_layers",)

    def build(self) -> tuple[Any, ...]:
        """Make the controls; the table is asked for when it is first opened."""
        self._asking = Asking(self.explorer)
        self._asked: Any = None
        self._by_hand = False
        self._forget()
        self.opener = create(ipywidgets.ToggleButton,
            description="Attribute table", tooltip="Show the attributes of a layer under the map",
            layout={"width": "auto"},
        )  # fmt: skip
        self.opener.add_class("me-button")
        self.layer = create(ipywidgets.Dropdown, description="Layer", layout={"width": "auto"})
        self.which = create(
            ipywidgets.Dropdown,
            description="Rows",
            options=[("in view", IN_VIEW), ("all", ALL), ("selected", SELECTED)],
            layout={"width": "auto"},
        )
        for control in (self.layer, self.which):
            control.add_class("me-compact")
        self.back = controls.button("◀" + controls.UPRIGHT, "Rows before", lambda: self._turn(-1), "me-icon")
        self.forward = controls.button("▶" + controls.UPRIGHT, "Next rows", lambda: self._turn(1), "me-icon")
        self.more = controls.button("More fields", "Show the next fields", self._next_fields)
        self.count, self.message = controls.prose(), controls.prose()
        self.heads = [
            controls.button("", "Sort by this field", partial(self._sort, number), "me-column")
            for number in range(MOST_COLUMNS)
        ]
        self.ticks = [self._tick(number) for number in range(PAGE)]
        self.cells = [controls.prose(None, "me-cells") for _ in range(PAGE)]
        pairs = zip(self.ticks, self.cells, strict=True)
        lines = self._lines = [controls.row(*pair, classes=("me-line",)) for pair in pairs]
        self._head = controls.row(create(ipywidgets.HTML), *self.heads, classes=("me-line",))
        tools = controls.row(self.layer, self.which, self.back, self.count, self.forward, self.more)
        self._table = create(ipywidgets.VBox, (tools, self.message, self._head, *lines))
        self._table.add_class("me-rows")
        for part in (self._table, *self.heads, *lines):
            controls.shown(part, False)
        self.opener.observe(lambda _: self._opened(), names="value")
        self.listen(self.layer, self._layer_chosen)
        self.listen(self.which, self._anew)
        return (self.opener, self._table)

    def on_service(self) -> None:
        """Begin anew with the layers of the service in use."""
        self._forget()
        self._by_hand = False
        super().on_service()

    def _list_layers(self) -> None:
        """Offer the layers that have rows, those of dynamic layers among them."""
        shown = self.explorer.composer.shown.all(self._arrived)
        self.layers = {layer.info.id: layer for layer in shown if layer.has_rows}
        options = tuple((layer.info.name, layer_id) for layer_id, layer in self.layers.items())
        if tuple(self.layer.options) != options:
            chosen = self.layer.value
            self.layer.options = options
            self.layer.value = chosen if chosen in self.layers else next(iter(self.layers), None)
            if self.layer.value != chosen:
                self._forget()
        self.opener.disabled = not self.layers

    def _arrived(self) -> None:
        with self.quietly():
            self.show()
        self._refresh()

    def show(self) -> None:
        """Offer the layers, and tick the rows that are selected."""
        self._list_layers()
        chosen = set(self._selected())
        for tick, (feature, _) in zip(self.ticks, self.page.rows, strict=False):
            tick.value = feature is not None and feature in chosen
        for line, tick in zip(self._lines, self.ticks, strict=True):
            controls.marked(line, "me-selected-row", bool(tick.value))
        if self.which.value == SELECTED:
            self._refresh()

    def on_zone(self) -> None:
        """Show the times of the rows in the zone that was chosen."""
        self._write_page()

    def refuse(self, sentence: str) -> None:
        """Show why rows cannot be shown or selected."""
        controls.say(self.message, controls.alert(sentence))

    def on_answer(self, answer: Answer) -> None:
        """Follow the map and the filters."""
        self._refresh()

    def close(self) -> None:
        """Forget what was asked and release the widgets."""
        self._asking.stop()
        super().close()

    # ---- what is shown

    def _forget(self) -> None:
        self.page = TablePage((), 0, 0)
        self.start = self.first_column = 0
        self.order: tuple[str, str] | None = None
        self._asked = None

    @property
    def shown(self) -> ShownLayer | None:
        """The layer whose rows are shown."""
        return self.layers.get(self.layer.value)

    @property
    def info(self) -> LayerInfo | None:
        """What the service says of that layer."""
        return self.shown.info if self.shown is not None else None

    def _fields(self) -> list[Any]:
        info = self.info
        shown = columns(info) if info is not None else []
        return list(shown[self.first_column : self.first_column + MOST_COLUMNS])

    def _selected(self) -> tuple[FeatureId, ...]:
        definitions = self.explorer.parameters.selection_definitions or ()
        return tuple(one for some in definitions if some.layer_id == self.layer.value for one in ids_in(some))

    def _refresh(self) -> None:
        shown, answer = self.shown, self.explorer.answer
        if shown is None or not self.opener.value or answer is None:
            return
        request = answer.request.replace(selection_definitions=None)
        query = TableQuery(
            layer=shown,
            rows=self.which.value,
            view=view_of(self.explorer.map),
            selected=self._selected() if self.which.value == SELECTED else (),
            fields=tuple(field.name for field in self._fields()),
            order=None if self.order is None else " ".join(self.order),
            start=self.start,
            request=request,
        )
        if query == self._asked:
            return
        self._asked = query
        service = self.explorer.service
        self._asking.ask(lambda: query.run(service), self._take, self._fail)

    def _fail(self, sentence: str) -> None:
        self._asked = None
        self.refuse(sentence)

    def _take(self, page: TablePage) -> None:
        if not page.rows and page.start:
            self._anew()  # the rows became fewer than those before this page
            return
        self.page = page
        self.refuse("")
        self._write_page()

    def _write_page(self) -> None:
        page, fields = self.page, self._fields()
        dated = any(field.type == DATE for field in fields)
        zone = f", times in {self.explorer.time_zone}" if dated and page.rows else ""
        controls.say(self.count, controls.hint(page.words + zone))
        for number, head in enumerate(self.heads):
            controls.shown(head, number < len(fields))
            if number < len(fields):
                name = fields[number].name
                sorted_so = self.order[1] if self.order is not None and self.order[0] == name else None
                head.description = name + ARROWS[sorted_so]
                head.tooltip = f"Sort by {fields[number].alias or name}"
        with self.quietly():
            for number, line in enumerate(self._lines):
                controls.shown(line, number < len(page.rows))
                if number < len(page.rows):
                    self._write_line(number, fields, *page.rows[number])
            self.show()
        self.back.disabled = page.start == 0
        self.forward.disabled = page.start + len(page.rows) >= page.count
        info = self.info
        controls.shown(self.more, info is not None and len(columns(info)) > MOST_COLUMNS)

    def _write_line(self, number: int, fields: list[Any], feature: FeatureId | None, row: Any) -> None:
        tick = self.ticks[number]
        named = " ".join(feature) if isinstance(feature, tuple) else str(feature)
        tick.description = named if len(named) <= 10 else named[:9] + "…"
        tick.tooltip = f"Select row {named}"
        tick.disabled = feature is None
        zone = time_zones.zone(self.explorer.time_zone)
        cells = [tag("span", shortened(written(row.get(field.name), field, zone))) for field in fields]
        controls.say(self.cells[number], tag("div", cells, class_="me-cell-row"))

    # ---- from the person

    def _opened(self) -> None:
        controls.shown(self._table, self.opener.value)
        if self.opener.value:
            self._choose_drawn()
            self._asked = None
            self._refresh()
        else:
            self._asking.stop()

    def _choose_drawn(self) -> None:
        """Begin with the uppermost layer that is drawn at this scale, until the person has chosen one."""
        composer, answer = self.explorer.composer, self.explorer.answer
        scale = answer.export.scale if answer is not None and answer.export is not None else None
        for layer_id in () if self._by_hand else composer.sequence():
            near = not composer.tree.has(layer_id) or not composer.tree.node(layer_id).out_of_scale(scale)
            if near and layer_id in self.layers:
                if layer_id != self.layer.value:
                    self._forget()
                with self.quietly():
                    self.layer.value = layer_id
                return

    def _layer_chosen(self) -> None:
        self._by_hand = True
        self._forget()
        self._refresh()

    def _anew(self) -> None:
        self.start = 0
        self._refresh()

    def _turn(self, pages: int) -> None:
        self.start = max(0, self.start + pages * PAGE)
        self._refresh()

    def _next_fields(self) -> None:
        info = self.info
        count = len(columns(info)) if info is not None else 0
        following = self.first_column + MOST_COLUMNS
        self.first_column = following if count > following else 0
        self._refresh()

    def _sort(self, number: int) -> None:
        fields = self._fields()
        if number < len(fields):
            name = fields[number].name
            now = self.order[1] if self.order is not None and self.order[0] == name else None
            following = _NEXT[now]
            self.order = None if following is None else (name, following)
            self._anew()

    def _tick(self, number: int) -> Any:
        tick = controls.named(
            ipywidgets.Checkbox,
            f"Select row {number + 1}",
            indent=False,
            layout={"width": "auto"},
        )
        tick.add_class("me-tick")
        self.listen(tick, lambda: self._ticked(number))
        return tick

    def _ticked(self, number: int) -> None:
        feature = self.page.rows[number][0] if number < len(self.page.rows) else None
        if feature is None or (feature in self._selected()) == self.ticks[number].value:
            return
        before = self.explorer.parameters.selection_definitions
        after = with_found(before, {self.layer.value: [feature]}, add=True)
        self.write(selection_definitions=after or None)


def shortened(text: str) -> str:
    """A text of at most some letters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
