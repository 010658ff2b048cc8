"""Where a dynamic layer takes its data from (Esri, Layer source object and Data source object)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .model import Model, Text, Whole
from .spatial import SpatialReference

Name = Annotated[str, Field(strict=True, min_length=1)]


class TableSource(Model):
    """A table or feature class of a registered workspace."""

    type: Literal["table"] = "table"
    workspace_id: Name
    data_source_name: Name
    gdb_version: Text | None = None


class QueryTableSource(Model):
    """The rows that a SELECT gives; ``oid_fields`` is a list with commas."""

    type: Literal["queryTable"] = "queryTable"
    workspace_id: Name
    query: Name
    oid_fields: Text | None = None
    geometry_type: (
        Literal["esriGeometryPoint", "esriGeometryMultipoint", "esriGeometryPolyline", "esriGeometryPolygon"]
        | None
    ) = None
    spatial_reference: SpatialReference | None = None


class JoinTableSource(Model):
    """Two data sources joined by a key; the outer join keeps every row of the left one."""

    type: Literal["joinTable"] = "joinTable"
    left_table_source: DataSource
    right_table_source: DataSource
    left_table_key: Name
    right_table_key: Name
    join_type: Literal["esriLeftOuterJoin", "esriLeftInnerJoin"] = "esriLeftOuterJoin"


class RasterSource(Model):
    """A raster file of a registered workspace."""

    type: Literal["raster"] = "raster"
    workspace_id: Name
    data_source_name: Name


DataSource = Annotated[
    TableSource | QueryTableSource | JoinTableSource | RasterSource, Field(discriminator="type")
]
"""Any data source, told apart by ``type``; joins may nest."""


class VisibleField(Model):
    """A field that stays visible, under another name if wanted."""

    name: Name
    alias: Text | None = None


class MapLayerSource(Model):
    """A layer that the service publishes."""

    type: Literal["mapLayer"] = "mapLayer"
    map_layer_id: Whole
    gdb_version: Text | None = None


class DataLayerSource(Model):
    """Data of a registered workspace; ``fields`` limits what is visible."""

    type: Literal["dataLayer"] = "dataLayer"
    data_source: DataSource
    fields: tuple[VisibleField, ...] | None = None


class WorkspaceLayerSource(Model):
    """A layer file of a registered workspace."""

    type: Literal["workspaceLayer"] = "workspaceLayer"
    workspace_id: Name
    layer_id: Name


LayerSource = Annotated[MapLayerSource | DataLayerSource | WorkspaceLayerSource, Field(discriminator="type")]
"""Any layer source, told apart by ``type``."""

JoinTableSource.model_rebuild()
DataLayerSource.model_rebuild()
