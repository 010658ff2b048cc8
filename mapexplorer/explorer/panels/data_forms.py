"""Forms for data that a service has registered: tables, queries, joins, rasters, layer files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from mapexplorer.explorer.markup import join, tag
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import (
    DataLayerSource,
    DataSource,
    JoinTableSource,
    LayerSource,
    QueryTableSource,
    RasterSource,
    SpatialReference,
    TableSource,
    WorkspaceLayerSource,
)

from . import controls
from .name_choice import NameChoice
from .workspaces import Workspace

Offer = Sequence[Workspace]
Ask = Callable[[LayerSource, Callable[[tuple[str, ...]], None]], None]
"""Asks for the fields of a source and hands over their names."""
MOST_NAMED = 12


class Incomplete(ValueError):  # noqa: N818 - what is missing, said to the person
    """A form lacks something, or holds something that makes no sense; the text says what."""


class ItemForm:
    """A workspace and the name of one thing in it."""

    def __init__(self, label: str, hint: str, names: Callable[[Workspace], tuple[str, ...]]) -> None:
        self._label, self._names = label, names
        self._offer: Offer = ()
        self.changed: Callable[[], object] = lambda: None
        self.workspace = NameChoice(
            "Workspace", "The id under which the service has registered the data", self._workspace_chosen
        )
        self.name = NameChoice(label, hint, lambda: self.changed())
        self.widget = _stack(self.workspace.widget, self.name.widget)

    def offer(self, workspaces: Offer) -> None:
        """Offer the workspaces that hold something of the kind."""
        self._offer = [one for one in workspaces if self._names(one)]
        self.workspace.offer([one.id for one in self._offer])
        self._fill()

    def _workspace_chosen(self) -> None:
        self._fill()
        self.changed()

    def _fill(self) -> None:
        wanted = self.workspace.value
        self.name.offer(next((self._names(one) for one in self._offer if one.id == wanted), ()))

    @property
    def title(self) -> str:
        """What a layer of it is called."""
        return self.name.value

    def read(self) -> tuple[str, str]:
        """The workspace and the name. Raises Incomplete."""
        workspace, name = self.workspace.value, self.name.value
        if not workspace:
            raise Incomplete("Type the id of the workspace first.")
        if not name:
            raise Incomplete(f"Type the name of the {self._label.lower()} first.")
        return workspace, name


class TableForm(ItemForm):
    """A table or feature class."""

    def __init__(self) -> None:
        super().__init__("Table", "A table or feature class of the workspace", lambda one: one.tables)

    def data(self) -> DataSource:
        """The source. Raises Incomplete."""
        workspace, name = self.read()
        return TableSource(workspace_id=workspace, data_source_name=name)

    def source(self) -> LayerSource:
        """The source of a layer. Raises Incomplete."""
        return DataLayerSource(data_source=self.data())


class RasterForm(ItemForm):
    """A georeferenced picture."""

    def __init__(self) -> None:
        super().__init__("Picture", "A raster file of the workspace", lambda one: one.rasters)

    def source(self) -> LayerSource:
        """The source of a layer. Raises Incomplete."""
        workspace, name = self.read()
        return DataLayerSource(data_source=RasterSource(workspace_id=workspace, data_source_name=name))


class FileForm(ItemForm):
    """A layer file."""

    def __init__(self) -> None:
        super().__init__("Layer file", "A .lyrx file of the workspace", lambda one: one.layer_files)

    def source(self) -> LayerSource:
        """The source of a layer. Raises Incomplete."""
        workspace, name = self.read()
        return WorkspaceLayerSource(workspace_id=workspace, layer_id=name)


class QueryForm:
    """A SELECT on the tables of a workspace, and what a service must know of its rows."""

    def __init__(self) -> None:
        self.changed: Callable[[], object] = lambda: None
        self.geometry_type: str | None = None
        self._offer: Offer = ()
        self.workspace = NameChoice(
            "Workspace", "The id under which the service has registered the data", self._workspace_chosen
        )
        self.query = create(
            ipywidgets.Textarea,
            description="Query",
            placeholder="SELECT * FROM cities WHERE pop > 100000",
            tooltip="One SELECT on tables of the workspace",
            continuous_update=False,
            layout={"width": "auto"},
        )
        self.query.add_class("me-query")
        self.tables = controls.prose()
        self.ids = controls.labelled(
            ipywidgets.Text,
            "Id fields",
            "Fields that tell the rows apart, with commas; without any the service numbers the rows",
            placeholder="numbered by the service",
            continuous_update=False,
        )
        self.reference = controls.labelled(
            ipywidgets.Text,
            "Reference",
            "The code of the spatial reference of its geometries, such as 4326",
            placeholder="as the data say; or a code",
            continuous_update=False,
        )
        self.widget = _stack(self.workspace.widget, self.query, self.tables, self.ids, self.reference)
        for control in (self.query, self.ids, self.reference):
            control.observe(lambda _: self.changed(), names="value")

    title = "Query"

    def offer(self, workspaces: Offer) -> None:
        """Offer the workspaces that hold tables."""
        self._offer = [one for one in workspaces if one.tables]
        self.workspace.offer([one.id for one in self._offer])
        self._fill()

    def _workspace_chosen(self) -> None:
        self._fill()
        self.changed()

    def _fill(self) -> None:
        wanted = self.workspace.value
        tables = next((one.tables for one in self._offer if one.id == wanted), ())
        named = join([join([" ", tag("code", name)]) for name in tables[:MOST_NAMED]])
        more = " …" if len(tables) > MOST_NAMED else ""
        controls.say(self.tables, tag("p", "Tables:", named, more, class_="me-hint") if tables else None)

    def data(self) -> DataSource:
        """The source. Raises Incomplete."""
        workspace, query = self.workspace.value, self.query.value.strip()
        if not workspace:
            raise Incomplete("Type the id of the workspace first.")
        if not query:
            raise Incomplete("Write the query first: SELECT … FROM a table.")
        return QueryTableSource(
            workspace_id=workspace,
            query=query,
            oid_fields=self.ids.value.strip() or None,
            geometry_type=self.geometry_type,
            spatial_reference=self._reference(),
        )

    def source(self) -> LayerSource:
        """The source of a layer. Raises Incomplete."""
        return DataLayerSource(data_source=self.data())

    def _reference(self) -> SpatialReference | None:
        text = self.reference.value.strip()
        try:
            return SpatialReference.of(text) if text else None
        except ValueError as error:
            raise Incomplete(f"Reference: expected the code of a spatial reference, not {text}.") from error


TABLE, QUERY = "Table", "Query"
OUTER, INNER = "esriLeftOuterJoin", "esriLeftInnerJoin"


class MadeForm:
    """The data of a layer that was added before, so that a join can be a side of another one."""

    def __init__(self, title: str, data: DataSource) -> None:
        self.title, self._data = title, data

    def data(self) -> DataSource:
        """The source."""
        return self._data

    def source(self) -> LayerSource:
        """The source of a layer."""
        return DataLayerSource(data_source=self._data)


class SideForm:
    """One side of a join: a table, a query or an added layer, and the field by which rows are matched."""

    def __init__(self, heading: str, words: str, ask: Ask) -> None:
        self._ask = ask
        self._asked: LayerSource | None = None
        self.fields: tuple[str, ...] = ()
        self.changed: Callable[[], object] = lambda: None
        self.kind = controls.labelled(
            ipywidgets.Dropdown,
            "From",
            "A table, a query, or the rows of a layer that was added before",
            options=(TABLE, QUERY),
        )
        self._made: dict[str, MadeForm] = {}
        self.table, self.query = TableForm(), QueryForm()
        self.key = controls.labelled(
            ipywidgets.Combobox,
            "Key",
            "The field whose values are compared with those of the other side",
            placeholder="a field",
            continuous_update=False,
        )
        title = controls.prose(tag("div", tag("h4", heading), controls.hint(words)), "me-part")
        self.widget = _stack(title, self.kind, self.table.widget, self.query.widget, self.key)
        self.kind.observe(lambda _: self._fit(), names="value")
        self.table.changed = self.query.changed = self.look
        self._fit()

    @property
    def form(self) -> TableForm | QueryForm | MadeForm:
        """The form in use."""
        return self._made.get(self.kind.value) or (self.table if self.kind.value == TABLE else self.query)

    def offer(self, workspaces: Offer) -> None:
        """Offer the workspaces that hold tables."""
        self._asked, self.fields, self.key.options = None, (), ()
        self.table.offer(workspaces)
        self.query.offer(workspaces)

    def offer_made(self, made: Mapping[str, DataSource]) -> None:
        """Offer the data of layers that were added, by their names."""
        self._made = {f"Layer: {name}": MadeForm(name, data) for name, data in made.items()}
        options = (TABLE, QUERY, *self._made)
        if self.kind.options != options:
            chosen = self.kind.value
            self.kind.options = options
            self.kind.value = chosen if chosen in options else TABLE

    def look(self) -> None:
        """Ask which fields the side has, to offer them as keys."""
        try:
            source = self.form.source()
        except Incomplete:
            return
        if source == self._asked:
            return
        self._asked = source

        def take(names: tuple[str, ...]) -> None:
            if source == self._asked:
                self.fields = self.key.options = names
                if names and self.key.value not in names:
                    self.key.value = ""
                self.changed()

        self._ask(source, take)

    def _fit(self) -> None:
        controls.shown(self.table.widget, self.kind.value == TABLE)
        controls.shown(self.query.widget, self.kind.value == QUERY)
        self.look()


class JoinForm:
    """Two sides, their keys, and what becomes of rows without a match."""

    def __init__(self, ask: Ask) -> None:
        self.changed: Callable[[], object] = lambda: None
        self.left = SideForm("Left", "Its rows are drawn.", ask)
        self.right = SideForm("Right", "Its fields are put beside them.", ask)
        self.kept = controls.labelled(
            ipywidgets.Dropdown,
            "Keep",
            "What becomes of rows of the left side that have no match",
            options=(("every row of the left side", OUTER), ("only rows with a match", INNER)),
        )
        self.widget = _stack(self.left.widget, self.right.widget, self.kept)
        self.left.changed = self.right.changed = self._suggest
        self._proposed = ("", "")

    @property
    def title(self) -> str:
        """What a layer of it is called."""
        return f"{self.left.form.title} and {self.right.form.title}"

    def offer(self, workspaces: Offer) -> None:
        """Offer the workspaces that hold tables."""
        self.left.offer(workspaces)
        self.right.offer(workspaces)

    def offer_made(self, made: Mapping[str, DataSource]) -> None:
        """Offer the data of layers that were added, by their names: a join inside a join."""
        self.left.offer_made(made)
        self.right.offer_made(made)

    def look(self) -> None:
        """Ask which fields the sides have."""
        self.left.look()
        self.right.look()

    def _suggest(self) -> None:
        """Propose the first field that both sides have, beside the object id."""
        right = {name.casefold(): name for name in self.right.fields}
        common = [name for name in self.left.fields if name.casefold() in right]
        common = [name for name in common if name.casefold() not in ("objectid", "fid", "oid")]
        own = all(
            side.key.value in ("", proposed)
            for side, proposed in zip((self.left, self.right), self._proposed, strict=True)
        )
        if common and own:
            self._proposed = common[0], right[common[0].casefold()]
            self.left.key.value, self.right.key.value = self._proposed

    def data(self) -> DataSource:
        """The source. Raises Incomplete."""
        left, right = (self._side(side, name) for side, name in ((self.left, "Left"), (self.right, "Right")))
        for side, name in ((self.left, "left"), (self.right, "right")):
            if not side.key.value.strip():
                raise Incomplete(f"Choose the key of the {name} side first.")
        return JoinTableSource(
            left_table_source=left,
            right_table_source=right,
            left_table_key=self.left.key.value.strip(),
            right_table_key=self.right.key.value.strip(),
            join_type=self.kept.value,
        )

    @staticmethod
    def _side(side: SideForm, name: str) -> DataSource:
        try:
            return side.form.data()
        except Incomplete as missing:
            raise Incomplete(f"{name}: {missing}") from missing

    def source(self) -> LayerSource:
        """The source of a layer. Raises Incomplete."""
        return DataLayerSource(data_source=self.data())


def _stack(*parts: Any) -> Any:
    made = create(ipywidgets.VBox, parts)
    made.add_class("me-stack")
    return made
