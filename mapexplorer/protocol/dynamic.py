"""Dynamic layers: what a request draws instead of the published layers (Export Map, dynamicLayers)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .labels import LabelClass, Scale
from .model import Flag, Model, Text, ValueFaults, Whole
from .renderers import Renderer
from .sources import DataLayerSource, LayerSource, QueryTableSource, TableSource
from .time import LayerTimeOptions


class DrawingInfo(Model):
    """How a layer is drawn; transparency 0 is opaque and 100 invisible."""

    renderer: Renderer | None = None
    transparency: Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)] | None = None
    scale_symbols: Flag | None = None
    show_labels: Flag | None = None
    labeling_info: tuple[LabelClass, ...] | None = None


class OrderBy(Model):
    """One key of the drawing order; ascending puts small values on top."""

    field: Text | None = None
    value_expression: Text | None = None
    order: Literal["ascending", "descending"] = "ascending"

    @model_validator(mode="after")
    def _has_a_key(self) -> OrderBy:
        if not self.field and not self.value_expression:
            raise ValueError("expected field or valueExpression")
        return self


class DynamicLayer(Model):
    """One element of dynamicLayers, the first is on top; without a source it is the layer ``id``."""

    id: Annotated[int, Field(strict=True, ge=0)]
    source: LayerSource | None = None
    name: Text | None = None
    definition_expression: Text | None = None
    drawing_info: DrawingInfo | None = None
    layer_time_options: LayerTimeOptions | None = None
    min_scale: Scale | None = None
    max_scale: Scale | None = None
    order_by: tuple[OrderBy, ...] | None = None

    @model_validator(mode="after")
    def _tables_say_how_they_are_drawn(self) -> DynamicLayer:
        source = self.source.data_source if isinstance(self.source, DataLayerSource) else None
        if isinstance(source, (TableSource, QueryTableSource)) and self.drawing_info is None:
            raise ValueFaults([(("drawingInfo",), f"is required for a data source of type {source.type}")])
        return self


def check_ids(layers: tuple[DynamicLayer, ...]) -> tuple[DynamicLayer, ...]:
    """Refuse an array in which two elements have the same id."""
    seen: set[Whole] = set()
    for number, layer in enumerate(layers):
        if layer.id in seen:
            raise ValueFaults([((number, "id"), f"{layer.id} is the id of an earlier element")])
        seen.add(layer.id)
    return layers
