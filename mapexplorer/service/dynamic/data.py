"""The data of a dynamic layer that is not published: tables, queries, joins and rasters of workspaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from pyproj import CRS

from mapexplorer.protocol import (
    DataLayerSource,
    DataSource,
    Extent,
    JoinTableSource,
    QueryTableSource,
    RasterSource,
    SimpleMarkerSymbol,
    SimpleRenderer,
    TableSource,
)
from mapexplorer.protocol.numerals import shorten
from mapexplorer.protocol.sources import VisibleField
from mapexplorer.service.document import FEATURE_LAYER, RASTER_LAYER, LayerDocument
from mapexplorer.service.dynamic.joins import joined
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.dynamic.selects import selected
from mapexplorer.service.expressions.lexer import Misplaced
from mapexplorer.service.fields import OBJECT_ID, find_name
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.projection import UnknownSpatialReference, crs_of, same_crs
from mapexplorer.service.shapes import Shapes
from mapexplorer.service.sources import MULTIPOINT, POINT, SourceProblem
from mapexplorer.service.tables import Table
from mapexplorer.service.workspaces import Workspaces

DEEPEST_JOIN: Final = 8

_ANY_RENDERER: Final = SimpleRenderer(symbol=SimpleMarkerSymbol())
"""Stands in a layer until that of the request takes its place."""


@dataclass(frozen=True)
class WorkspaceData:
    """Makes layers of what the workspaces of a map hold; `crs` is that of data that names none."""

    workspaces: Workspaces
    crs: CRS

    def layer(self, source: DataLayerSource, place: str) -> FeatureLayer | RasterLayer:
        """Return the layer of a data source, as long as it is remembered the same one for the same source.

        Its renderer is a stand-in. Raises `ElementProblem`.
        """
        data, where = source.data_source, f"{place}.dataSource"
        if isinstance(data, RasterSource):
            if source.fields:
                raise ElementProblem(f"{place}.fields", "a raster has no fields")
            return self.workspaces.kept(("layer", data), lambda: self._raster(data, where))
        return self.workspaces.kept(
            ("layer", data, source.fields),
            lambda: self.features(_limited(self.table(data, where), source.fields, place), where),
        )

    def queried(self, source: DataLayerSource, place: str) -> tuple[FeatureLayer | RasterLayer, bool]:
        """Return the layer of a source, and whether its rows have geometries. Raises `ElementProblem`."""
        data, where = source.data_source, f"{place}.dataSource"
        if isinstance(data, RasterSource):
            return self.layer(source, place), True

        def made() -> tuple[FeatureLayer, bool]:
            table = _limited(self.table(data, where), source.fields, place)
            return self.rows(table), table.spatial

        return self.workspaces.kept(("queried", data, source.fields), made)

    def _raster(self, source: RasterSource, place: str) -> RasterLayer:
        self._check_workspace(source.workspace_id, place)
        try:
            raster = self.workspaces.raster(source.workspace_id, source.data_source_name)
        except SourceProblem as problem:
            raise ElementProblem(f"{place}.dataSourceName", str(problem)) from None
        document = LayerDocument(id=0, name=source.data_source_name, type=RASTER_LAYER)
        return RasterLayer(
            document, raster.image, Extent(*raster.bounds), raster.crs or self.crs, raster.bands
        )

    def features(self, table: Table, place: str) -> FeatureLayer:
        """Return a feature layer of a table. Raises `ElementProblem` for one without geometries."""
        if not table.spatial:
            raise ElementProblem(place, f"the table {table.name!r} has no geometries to draw")
        return self.rows(table)

    def rows(self, table: Table) -> FeatureLayer:
        """Return a layer of a table, which without geometries can be queried but not drawn."""
        source = table.source
        crs = self.crs if source.crs is None else CRS.from_wkt(source.crs.to_wkt())
        return FeatureLayer(
            document=LayerDocument(id=0, name=table.name, type=FEATURE_LAYER),
            table=source.table,
            columns=source.columns(),
            shapes=Shapes(source.geometry, crs),
            crs=crs,
            geometry_type=source.geometry_type or "",
            object_id_field=OBJECT_ID,
            fields=source.fields(OBJECT_ID),
            renderer=_ANY_RENDERER,
        )

    def table(self, source: DataSource, place: str, depth: int = 0) -> Table:
        """Return the rows of a data source. Raises `ElementProblem`."""
        if isinstance(source, RasterSource):
            raise ElementProblem(f"{place}.type", "a raster has no rows to join")
        if isinstance(source, TableSource):
            return self._own_table(source, place)
        if isinstance(source, QueryTableSource):
            return self._query(source, place)
        return self._join(source, place, depth)

    def _own_table(self, source: TableSource, place: str) -> Table:
        self._check_workspace(source.workspace_id, place)
        version = source.gdb_version
        if version and version.casefold() != "sde.default":
            problem = f"the table has no version {shorten(version)}"
            raise ElementProblem(f"{place}.gdbVersion", problem)
        try:
            table = self.workspaces.table(source.workspace_id, source.data_source_name)
        except SourceProblem as problem:
            raise ElementProblem(f"{place}.dataSourceName", str(problem)) from None
        return replace(table, name=source.data_source_name)

    def _check_workspace(self, workspace: str, place: str) -> None:
        if workspace not in self.workspaces:
            raise ElementProblem(f"{place}.workspaceId", f"there is no workspace {shorten(workspace)}")

    def _join(self, source: JoinTableSource, place: str, depth: int) -> Table:
        if depth >= DEEPEST_JOIN:
            raise ElementProblem(place, f"joins are nested deeper than {DEEPEST_JOIN}")
        left = self.table(source.left_table_source, f"{place}.leftTableSource", depth + 1)
        right = self.table(source.right_table_source, f"{place}.rightTableSource", depth + 1)
        return joined(source, left, right, place)

    def _query(self, source: QueryTableSource, place: str) -> Table:
        self._check_workspace(source.workspace_id, place)

        def find(name: str) -> Table:
            return self.workspaces.table(source.workspace_id, name)

        try:
            table = selected(source.query, find)
        except Misplaced as problem:
            told = f"{problem.problem} (column {problem.position + 1})"
            raise ElementProblem(f"{place}.query", told) from None
        except RecursionError:
            raise ElementProblem(f"{place}.query", "the query is nested too deeply") from None
        table = _identified(table, source.oid_fields, f"{place}.oidFields")
        _check_type(table, source.geometry_type, f"{place}.geometryType")
        return self._referenced(table, source, f"{place}.spatialReference")

    def _referenced(self, table: Table, source: QueryTableSource, place: str) -> Table:
        """Return a table whose data are in the spatial reference that the source names."""
        if source.spatial_reference is None or not table.spatial:
            return table
        try:
            crs = crs_of(source.spatial_reference)
        except UnknownSpatialReference as error:
            raise ElementProblem(place, str(error)) from None
        given = table.source.crs
        if given is not None and not same_crs(CRS.from_wkt(given.to_wkt()), crs):
            raise ElementProblem(place, "the data of the query are in another spatial reference")
        return replace(table, source=replace(table.source, crs=crs))


def _identified(table: Table, oid_fields: str | None, place: str) -> Table:
    """Return a table whose object ids come from the fields that identify its rows.

    One field of whole numbers is the object id itself; several, or other values, number the rows.
    """
    wanted = [name.strip() for name in (oid_fields or "").split(",") if name.strip()]
    names = {str(column): None for column in table.rows.columns}
    found = [find_name(names, name) for name in wanted]
    for name, column in zip(wanted, found, strict=True):
        if column is None:
            raise ElementProblem(place, f"the query gives no field {shorten(name)}")
    columns = [column for column in found if column is not None]
    if not columns:
        return table
    if table.rows.duplicated(columns).any():
        raise ElementProblem(place, "these fields do not tell the rows of the query apart")
    rows = table.rows.copy(deep=False)
    single = rows[columns[0]]
    if len(columns) == 1 and pd.api.types.is_integer_dtype(single.dtype):
        rows[OBJECT_ID] = single.astype(np.int64)
    else:
        rows[OBJECT_ID] = np.arange(1, len(rows) + 1, dtype=np.int64)
    return replace(table, source=replace(table.source, table=rows))


def _check_type(table: Table, wanted: str | None, place: str) -> None:
    own = table.source.geometry_type
    if wanted is None or own is None or wanted == own or {wanted, own} == {POINT, MULTIPOINT}:
        return
    raise ElementProblem(place, f"the query gives {own}")


def _limited(table: Table, fields: tuple[VisibleField, ...] | None, place: str) -> Table:
    """Return a table with the fields that stay visible, and its object id."""
    if fields is None:
        return table
    names = {str(column): None for column in table.rows.columns}
    kept = {OBJECT_ID: table.rows[OBJECT_ID]}
    for number, field in enumerate(fields):
        column = find_name(names, field.name)
        if column is None:
            raise ElementProblem(f"{place}.fields[{number}].name", f"there is no field {shorten(field.name)}")
        kept[column] = table.rows[column]
    rows = pd.DataFrame(kept, index=table.rows.index, copy=False)
    hidden = table.source.hidden & set(rows.columns)
    return replace(table, source=replace(table.source, table=rows, hidden=hidden))
