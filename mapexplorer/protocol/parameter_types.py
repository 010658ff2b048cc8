"""The value types of the single parameters, built from the general ones."""

from __future__ import annotations

from pydantic import TypeAdapter

from .clipping import Clipping
from .datum import WireDatumTransformation, write_datum_transformations
from .dynamic import DynamicLayer, check_ids
from .formats import ImageFormat, ResponseFormat
from .layers import LayerSelection, layer_definitions, parse_layer_definitions
from .parameter_values import layer_parameter_values, write_layer_parameter_values
from .ranges import (
    MapRangeValue,
    as_range_array,
    layer_range_values,
    map_range_values,
    write_layer_range_values,
)
from .selection import SelectionDefinition, check_kinds
from .spatial import EXTENT_SCHEMA, SPATIAL_REFERENCE_SCHEMA, Extent, PatchSize, Size, SpatialReference
from .spatial_filter import SpatialFilter
from .time import LayerTimeOptions, TimeExtent, TimeRelation, layer_time_options, moment, parse_moment
from .value_types import (
    Schema,
    ValueType,
    as_array,
    json_type,
    keyword_type,
    model_type,
    number_type,
    object_type,
)


def _moment_schema() -> Schema:
    return {"type": "integer"}


_LAYER_KEY: Schema = {"pattern": "^-?[0-9]+$"}


def _by_layer_schema(of: Schema) -> Schema:
    return {"type": "object", "propertyNames": _LAYER_KEY, "additionalProperties": of}


_NUMBER_OR_PAIR: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 2, "maxItems": 2},
    ]
}
_SINGLE: Schema = {"type": ["string", "number"]}

EXTENT = object_type(
    "Extent",
    Extent.of,
    Extent.of,
    {"anyOf": [{"type": "string", "pattern": "^[^,]+(,[^,]+){3}$"}, EXTENT_SCHEMA]},
)
REFERENCE = object_type(
    "SpatialReference", SpatialReference.of, SpatialReference.of, SPATIAL_REFERENCE_SCHEMA
)
SIZE = object_type("Size", Size.of, Size.of, {"type": "string", "pattern": r"^\s*[0-9]+\s*(,\s*[0-9]+\s*)?$"})
PATCH = object_type(
    "PatchSize", PatchSize.of, PatchSize.of, {"type": "string", "pattern": "^[^,]+(,[^,]+)?$"}
)
TIME = object_type(
    "TimeExtent",
    TimeExtent.parse,
    TimeExtent.of,
    {"type": ["string", "integer"], "pattern": "^[^,]+(,[^,]+)?$"},
)
LAYERS = object_type(
    "LayerSelection",
    LayerSelection.parse,
    LayerSelection.of,
    {"type": "string", "pattern": "^([A-Za-z]+:)?[-0-9, ]*$"},
)
MOMENT = ValueType("Moment", parse_moment, str, moment, _moment_schema)
LAYER_DEFINITIONS = json_type(
    "LayerDefinitions",
    layer_definitions,
    lambda value: {str(layer_id): expression for layer_id, expression in value.items()},
    lambda: _by_layer_schema({"type": ["string", "null"]}),
    parse=parse_layer_definitions,
)
LAYER_TIME_OPTIONS = json_type(
    "LayerTimeOptionsByLayer",
    layer_time_options,
    lambda value: {str(layer_id): options.to_json() for layer_id, options in value.items()},
    lambda: {
        **TypeAdapter(dict[str, LayerTimeOptions]).json_schema(by_alias=True),
        "propertyNames": _LAYER_KEY,
    },
)
MAP_RANGES = json_type(
    "MapRangeValues",
    map_range_values,
    lambda value: [item.to_json() for item in value],
    lambda: TypeAdapter(tuple[MapRangeValue, ...]).json_schema(by_alias=True),
    prepare=as_range_array,
)
LAYER_RANGES = json_type(
    "LayerRangeValues",
    layer_range_values,
    write_layer_range_values,
    lambda: {
        "type": "array",
        "items": _by_layer_schema({"type": "object", "additionalProperties": _NUMBER_OR_PAIR}),
    },
    prepare=as_array,
)
LAYER_PARAMETERS = json_type(
    "LayerParameterValues",
    layer_parameter_values,
    write_layer_parameter_values,
    lambda: {
        "type": "array",
        "items": _by_layer_schema(
            {
                "type": "object",
                "additionalProperties": {"anyOf": [_SINGLE, {"type": "array", "items": _SINGLE}]},
            }
        ),
    },
    prepare=as_array,
)

SPATIAL_FILTER = model_type("SpatialFilter", TypeAdapter(SpatialFilter))
CLIPPING = model_type("Clipping", TypeAdapter(Clipping))
SELECTION_DEFINITIONS = model_type(
    "SelectionDefinitions", TypeAdapter(tuple[SelectionDefinition, ...]), check=check_kinds, prepare=as_array
)
DYNAMIC_LAYERS = model_type(
    "DynamicLayers", TypeAdapter(tuple[DynamicLayer, ...]), check=check_ids, prepare=as_array
)
DATUM_TRANSFORMATIONS = model_type(
    "DatumTransformations",
    TypeAdapter(tuple[WireDatumTransformation, ...]),
    write=write_datum_transformations,
    prepare=as_array,
)
RESOLUTION = number_type("Resolution", above=0.0)
SCALE = number_type("Scale", above=0.0)
ANGLE = number_type("Angle")
IMAGE_FORMAT = keyword_type(ImageFormat, folded=True)
TIME_RELATION = keyword_type(TimeRelation, folded=False)
RESPONSE_FORMAT = keyword_type(ResponseFormat, folded=True)
