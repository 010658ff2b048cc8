"""Metadata of a map service and its layers, as far as parameters depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from .dynamic import DrawingInfo
from .errors import BadAnswer
from .lenient import LenientModel, LooseExtent, LooseNumber, LooseReference, LooseText, LooseWhole


class TimeInfo(LenientModel):
    """When a service or layer has data; ``time_extent`` is a pair of milliseconds UTC."""

    start_time_field: LooseText | None = None
    end_time_field: LooseText | None = None
    track_id_field: LooseText | None = None
    time_extent: tuple[LooseWhole | None, LooseWhole | None] | None = None
    time_interval: LooseNumber | None = None
    time_interval_units: LooseText | None = None
    time_relation: LooseText | None = None
    default_time_interval: LooseNumber | None = None
    default_time_interval_units: LooseText | None = None
    default_time_window: LooseNumber | None = None
    default_time_window_units: LooseText | None = None
    has_live_data: bool = False
    export_options: dict[str, Any] | None = None


class LayerSummary(LenientModel):
    """One element of the layer list of a service; 0 as scale is no limit."""

    id: LooseWhole = -1
    name: LooseText = ""
    parent_layer_id: LooseWhole = -1
    sub_layer_ids: tuple[LooseWhole, ...] = ()
    default_visibility: bool = True
    min_scale: LooseNumber = 0.0
    max_scale: LooseNumber = 0.0
    type: LooseText = ""
    geometry_type: LooseText | None = None
    supports_dynamic_legends: bool = False


class _Resource(LenientModel):
    raw: dict[str, Any] = Field(default_factory=dict, repr=False, exclude=True)

    @classmethod
    def parse(cls, body: Any) -> Any:
        """Read the body of a resource; raise BadAnswer when it is not a JSON object."""
        if not isinstance(body, Mapping):
            raise BadAnswer("The metadata is not a JSON object.")
        return cls.model_validate({**body, "raw": dict(body)})

    def offers(self, key: str) -> bool:
        """Tell whether a flag is true, or a key holds something (the gate of a parameter)."""
        return bool(self.raw.get(key))


class ServiceInfo(_Resource):
    """The root resource of a map service; ``raw`` is the whole answer."""

    current_version: LooseNumber | None = None
    map_name: LooseText = ""
    service_description: LooseText = ""
    description: LooseText = ""
    copyright_text: LooseText = ""
    capabilities: LooseText = ""
    layers: tuple[LayerSummary, ...] = ()
    tables: tuple[LayerSummary, ...] = ()
    spatial_reference: LooseReference | None = None
    initial_extent: LooseExtent | None = None
    full_extent: LooseExtent | None = None
    units: LooseText | None = None
    min_scale: LooseNumber = 0.0
    max_scale: LooseNumber = 0.0
    reference_scale: LooseNumber = 0.0
    supported_image_format_types: LooseText = ""
    max_image_width: LooseWhole | None = None
    max_image_height: LooseWhole | None = None
    max_record_count: LooseWhole | None = None
    time_info: TimeInfo | None = None
    supports_dynamic_layers: bool = False
    supports_time_relation: bool = False
    supports_clipping: bool = False
    supports_spatial_filter: bool = False
    supports_datum_transformation: bool = False
    has_versioned_data: bool = False
    single_fused_map_cache: bool = False
    datum_transformations: tuple[dict[str, Any], ...] = ()
    cim_version: LooseText | None = None
    active_range_name: LooseText | None = None
    current_range_extent: tuple[LooseNumber | None, LooseNumber | None] | None = None

    @field_validator("layers", "tables", mode="before")
    @classmethod
    def _objects_only(cls, value: Any) -> Any:
        return [item for item in value if isinstance(item, (Mapping, LenientModel))] if value else ()

    @property
    def image_formats(self) -> tuple[str, ...]:
        """The picture formats that the service lists, in lower case."""
        listed = self.supported_image_format_types.split(",")
        return tuple(name.strip().lower() for name in listed if name.strip())


class FieldInfo(LenientModel):
    """A field of a layer; ``domain`` as the server describes it."""

    name: LooseText = ""
    type: LooseText = ""
    alias: LooseText | None = None
    length: LooseWhole | None = None
    domain: dict[str, Any] | None = None


class RangeInfo(LenientModel):
    """A range that mapRangeValues and layerRangeValues can set."""

    name: LooseText = ""
    field: LooseText | None = None
    current_range_extent: tuple[LooseNumber | None, LooseNumber | None] | None = None
    full_range_extent: tuple[LooseNumber | None, LooseNumber | None] | None = None


class ParameterInfo(LenientModel):
    """A parameter of a published filter that layerParameterValues can set."""

    name: LooseText = ""
    data_type: LooseText | None = None
    default_value: Any = None
    multiple_values: bool = False


class UniqueIdInfo(LenientModel):
    """The fields by which selectionDefinitions addresses features."""

    type: LooseText = "simple"
    fields: tuple[LooseText, ...] = ()


def _is_understood(key: str, item: Any) -> bool:
    try:
        DrawingInfo.model_validate({key: item})
    except ValueError:
        return False
    return True


class LayerInfo(_Resource):
    """A layer resource; ``raw`` is the whole answer; parts of drawing_info not understood are None."""

    id: LooseWhole = -1
    name: LooseText = ""
    type: LooseText = ""
    description: LooseText = ""
    geometry_type: LooseText | None = None
    parent_layer: LayerSummary | None = None
    sub_layers: tuple[LayerSummary, ...] = ()
    default_visibility: bool = True
    min_scale: LooseNumber = 0.0
    max_scale: LooseNumber = 0.0
    effective_min_scale: LooseNumber | None = None
    effective_max_scale: LooseNumber | None = None
    extent: LooseExtent | None = None
    source_spatial_reference: LooseReference | None = None
    has_labels: bool = False
    can_scale_symbols: bool = False
    can_modify_layer: bool = True
    supports_dynamic_legends: bool = False
    supports_query_with_historic_moment: bool = False
    is_data_versioned: bool = False
    drawing_info: DrawingInfo | None = None
    definition_expression: LooseText = ""
    display_field: LooseText = ""
    object_id_field: LooseText | None = None
    fields: tuple[FieldInfo, ...] = ()
    time_info: TimeInfo | None = None
    range_infos: tuple[RangeInfo, ...] = ()
    parameter_infos: tuple[ParameterInfo, ...] = ()
    unique_id_info: UniqueIdInfo | None = None
    archiving_info: dict[str, Any] | None = None

    @field_validator("drawing_info", mode="before")
    @classmethod
    def _understood_part(cls, value: Any) -> Any:
        """Keep the keys that are understood, so that an unknown label style does not cost the renderer."""
        if not isinstance(value, Mapping):
            return value
        return {key: item for key, item in value.items() if _is_understood(key, item)}

    @field_validator("sub_layers", "fields", "range_infos", "parameter_infos", mode="before")
    @classmethod
    def _objects_only(cls, value: Any) -> Any:
        return [item for item in value if isinstance(item, (Mapping, LenientModel))] if value else ()
