"""A form for a layer from data that the service has registered beside its map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.markup import Markup
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import (
    DataLayerSource,
    DataSource,
    DrawingInfo,
    DynamicLayer,
    LayerSource,
    QueryTableSource,
    RasterSource,
    SimpleRenderer,
    WorkspaceLayerSource,
)

from . import controls
from .data_forms import FileForm, Incomplete, JoinForm, QueryForm, RasterForm, TableForm
from .filter_box import fault_place
from .published import plain_fields
from .symbol_edits import plain_symbol
from .workspaces import Workspace, workspaces_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .symbols import SymbolsPanel

TABLE, QUERY, JOIN, RASTER, FILE = "Table", "Query", "Join", "Picture", "Layer file"
_GEOMETRIES = {
    "As the data say": "",
    "Points": "esriGeometryPoint",
    "Lines": "esriGeometryPolyline",
    "Areas": "esriGeometryPolygon",
}
_UNLISTED = "This service does not list its workspaces: ask its publisher for their ids and names."
_NONE = "This service has no workspaces: there is no other data than its layers."
_PLAIN = "These rows have no geometries to draw; they can be joined to others that have."


class AdditionForm:
    """The kind of the source, the form for it, and the button that puts it on top of the map."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self._asked = 0
        self.note = controls.prose()
        self._opened = False
        self._offer: tuple[Workspace, ...] = ()
        self._forms: dict[str, Any] = {}
        self._makers: dict[str, Callable[[], Any]] = {
            TABLE: TableForm,
            QUERY: QueryForm,
            JOIN: lambda: JoinForm(self._ask_fields),
            RASTER: RasterForm,
            FILE: FileForm,
        }
        self.kind = controls.labelled(ipywidgets.Dropdown, "Kind", "What the layer is made of")
        self._place = create(ipywidgets.VBox)
        self.geometry = controls.labelled(
            ipywidgets.Dropdown,
            "Geometry",
            "What its features are: needed where the service does not tell it",
            options=tuple(_GEOMETRIES.items()),
        )
        self.name = controls.labelled(
            ipywidgets.Text, "Name", "What the layer is called on the map", placeholder="as its data"
        )
        self.message = controls.prose()
        self.add = controls.button("Add on top", "Draw it above the other layers", self._add)
        parts = (self.kind, self._place, self.geometry, self.name, self.message, controls.row(self.add))
        self.body = create(ipywidgets.VBox, parts)
        self.widget = create(ipywidgets.VBox, (self.note, self.body))
        for stack in (self._place, self.body, self.widget):
            stack.add_class("me-stack")
        self.widget.add_class("me-builder")
        self.kind.observe(lambda _: self._fit(), names="value")

    def form(self, kind: str) -> Any:
        """The form of a kind; made when it is first wanted."""
        if kind not in self._forms:
            made = self._forms[kind] = self._makers[kind]()
            made.offer(self._offer)
            self._place.children = (*self._place.children, made.widget)
        return self._forms[kind]

    def open(self) -> None:
        """Show the form of the kind that is chosen."""
        self._opened = True
        self._fit()

    def on_service(self) -> None:
        """Offer what the service in use lists."""
        self._asked += 1
        listed = workspaces_of(self._panel.explorer.info)
        controls.say(self.note, controls.hint(_UNLISTED if listed is None else "" if listed else _NONE))
        controls.shown(self.body, listed is None or bool(listed))
        self._offer = listed or ()
        for form in self._forms.values():
            form.offer(self._offer)
        kinds = tuple(kind for kind in self._makers if listed is None or _offered(kind, listed))
        if tuple(self.kind.options) != kinds:
            self.kind.options = kinds
            self.kind.value = kinds[0] if kinds else None
        self._wait(False)
        self._fit()

    def _fit(self) -> None:
        chosen = self.kind.value
        if chosen is not None and self._opened:
            self.form(chosen)
        for kind, form in self._forms.items():
            controls.shown(form.widget, kind == chosen)
        controls.shown(self.geometry, chosen in (TABLE, QUERY, JOIN))
        self._say(None)
        if chosen == JOIN and self._opened:
            self.form(JOIN).offer_made(self._made())
            self.form(JOIN).look()

    def _made(self) -> dict[str, DataSource]:
        """The data of the layers that were added and hold rows, by names of which each is there once."""
        composer, made = self._panel.explorer.composer, {}
        for layer_id in composer.sequence():
            element = composer.element(layer_id)
            if element is not None and _has_rows(element.source):
                assert isinstance(element.source, DataLayerSource)  # noqa: S101 - only those have rows
                name = composer.name(layer_id)
                made[f"{name} ({layer_id})" if name in made else name] = element.source.data_source
        return made

    # ---- what a person does

    def _add(self) -> None:
        form = self.form(self.kind.value)
        if self.kind.value == QUERY:
            form.geometry_type = self.geometry.value or None
        try:
            source = form.source()
        except (Incomplete, ValueError) as missing:
            self._say(controls.alert(str(missing)))
            return
        element = self._element(source, self.name.value.strip() or form.title)
        if self.geometry.value and _has_rows(source):
            self._put(element, self.geometry.value)
            return
        self._asked += 1
        asked = self._asked
        shown = self._panel.explorer.composer.shown
        shown.again(element)
        self._wait(True)

        def arrived() -> None:
            found = shown.of(element, lambda: None)
            if asked == self._asked and found is not None:
                self._wait(False)
                self._answered(element, found)

        shown.of(element, arrived)

    def _element(self, source: LayerSource, name: str) -> DynamicLayer:
        layer_id = self._panel.explorer.composer.free_id()
        drawing = DrawingInfo() if _has_rows(source) else None
        return DynamicLayer(id=layer_id, name=name, source=source, drawing_info=drawing)

    def _answered(self, element: DynamicLayer, found: ShownLayer) -> None:
        if found.problem:
            alert = controls.alert(found.problem)
            query = _query_of(element)
            place = fault_place(found.problem, query) if query else None
            self._say(Markup(alert + place) if alert and place else alert)
        elif found.info.geometry_type is None and _has_rows(element.source):
            self._say(controls.alert(_PLAIN))
        else:
            self._put(element, found.info.geometry_type)

    def _put(self, element: DynamicLayer, geometry_type: str | None) -> None:
        if _has_rows(element.source):
            renderer = SimpleRenderer(symbol=plain_symbol(geometry_type))
            element = element.model_copy(update={"drawing_info": DrawingInfo(renderer=renderer)})
        self._panel.add(element)
        self._say(None)

    def _ask_fields(self, source: LayerSource, take: Callable[[tuple[str, ...]], None]) -> None:
        shown = self._panel.explorer.composer.shown
        element = self._element(source, "")

        def arrived() -> None:
            found = shown.of(element, lambda: None)
            if found is not None:
                take(tuple(field.name for field in plain_fields(found.info.fields)))

        if shown.of(element, arrived) is not None:
            arrived()

    def _wait(self, waiting: bool) -> None:
        self.add.disabled = waiting
        self._say(controls.hint("Asking the service …") if waiting else None)

    def _say(self, content: Any) -> None:
        controls.say(self.message, content)


def _offered(kind: str, workspaces: tuple[Workspace, ...]) -> bool:
    if kind == RASTER:
        return any(one.rasters for one in workspaces)
    if kind == FILE:
        return any(one.layer_files for one in workspaces)
    return any(one.tables for one in workspaces)


def _query_of(element: DynamicLayer) -> str:
    data = element.source.data_source if isinstance(element.source, DataLayerSource) else None
    return data.query if isinstance(data, QueryTableSource) else ""


def _has_rows(source: LayerSource | None) -> bool:
    """Whether a layer of this source draws rows of a table, as symbols that it must bring along."""
    if source is None or isinstance(source, WorkspaceLayerSource):
        return False
    return isinstance(source, DataLayerSource) and not isinstance(source.data_source, RasterSource)
