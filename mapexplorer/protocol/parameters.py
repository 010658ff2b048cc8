"""The table: every parameter of export and queryLegends, each said once.

Encoding, decoding, traits, JSON Schema, the reference page and the request inspector follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from . import parameter_types as types
from . import strict_json
from .errors import ParameterError
from .formats import ImageFormat, ResponseFormat
from .model import ValueFaults, write_path
from .spatial import PatchSize, Size
from .time import TimeRelation
from .value_types import BOOLEAN, TEXT, ValueType


class Operation(StrEnum):
    """The two operations; the value is the last step of the URL."""

    EXPORT = "export"
    QUERY_LEGENDS = "queryLegends"


EXPORT = frozenset({Operation.EXPORT})
LEGENDS = frozenset({Operation.QUERY_LEGENDS})
BOTH = EXPORT | LEGENDS


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    ``gate`` is the metadata flag that must be true, or the key that must be present, on the root or
    on a layer (``gate_scope``) for the parameter to have an effect; None means always.
    """

    name: str
    wire: str
    type: ValueType
    default: Any
    since: str
    help: str
    source: str
    operations: frozenset[Operation] = BOTH
    required_by: frozenset[Operation] = frozenset()
    gate: str | None = None
    gate_scope: Literal["root", "layer"] = "root"

    def parse(self, text: str) -> Any:
        """Read wire text; empty text is None; raise ParameterError."""
        return self._guarded(self.type.parse, text) if text.strip() else None

    def coerce(self, value: Any) -> Any:
        """Make the value of this parameter from a Python value; None stays None; raise ParameterError."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self._guarded(self.type.coerce, value)

    def write(self, value: Any) -> str:
        """Write a value as wire text."""
        return self.type.write(value)

    def _guarded(self, read: Any, value: Any) -> Any:
        try:
            if isinstance(value, str):
                json = value.lstrip()[:1] in ("{", "[")
                strict_json.check_text(value, LONGEST_JSON if json else LONGEST_TEXT)
            return read(value)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            first, *others = self._faults(error)
            first.others = tuple(others)
            raise first from error

    def _faults(self, error: Exception) -> Iterator[ParameterError]:
        if isinstance(error, ValueFaults):
            for path, problem in error.faults[:MAXIMUM_FAULTS]:
                yield ParameterError(write_path(self.wire, path), problem)
        elif isinstance(error, RecursionError):
            yield ParameterError(self.wire, "nests too deep")
        else:
            yield ParameterError(self.wire, str(error))


LONGEST_TEXT = 2**20
"""Characters that one parameter may have."""
LONGEST_JSON = 4 * 2**20
"""Characters that it may have where it is JSON, which may hold large geometries."""
MAXIMUM_FAULTS = 10
"""So many faults of one parameter are told; the rest would only repeat them."""


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "bbox",
        "bbox",
        types.EXTENT,
        None,
        since="9.3",
        help="The extent to draw: xmin,ymin,xmax,ymax in the units of bboxSR; it grows to fit the picture.",
        source="Export Map, bbox",
        required_by=EXPORT,
    ),
    Parameter(
        "bbox_sr",
        "bboxSR",
        types.REFERENCE,
        None,
        since="9.3",
        help="The spatial reference of bbox, as well-known id or JSON; without it that of the map.",
        source="Export Map, bboxSR",
    ),
    Parameter(
        "size",
        "size",
        types.SIZE,
        Size(400, 400),
        since="9.3",
        help="Width and height of the map picture in pixels; one number is a square.",
        source="Export Map, size",
    ),
    Parameter(
        "image_sr",
        "imageSR",
        types.REFERENCE,
        None,
        since="9.3",
        help="The spatial reference the picture is drawn in; without it that of the map.",
        source="Export Map, imageSR",
    ),
    Parameter(
        "dpi",
        "dpi",
        types.RESOLUTION,
        96.0,
        since="9.3",
        help="Dots per inch of the device: symbols and scale grow with it, the extent does not.",
        source="Export Map, dpi",
    ),
    Parameter(
        "map_scale",
        "mapScale",
        types.SCALE,
        None,
        since="10.x",
        help="Draw at the scale 1:x around the centre of bbox; the side lengths of bbox then do not matter.",
        source="Export Map, mapScale",
    ),
    Parameter(
        "rotation",
        "rotation",
        types.ANGLE,
        0.0,
        since="10.3",
        help="Turn the map by so many degrees, counter-clockwise, around the centre of bbox.",
        source="Export Map, rotation",
    ),
    Parameter(
        "format",
        "format",
        types.IMAGE_FORMAT,
        ImageFormat.PNG,
        since="9.3",
        help="The format of the picture; swatches of a legend are always PNG.",
        source="Export Map, format",
    ),
    Parameter(
        "transparent",
        "transparent",
        BOOLEAN,
        False,
        since="9.3",
        help="Make the background of the map transparent; only png formats and gif can.",
        source="Export Map, transparent",
    ),
    Parameter(
        "layers",
        "layers",
        types.LAYERS,
        None,
        since="9.3",
        help="Which layers are drawn: show, hide, include or exclude, a colon, and layer ids.",
        source="Export Map, layers",
    ),
    Parameter(
        "layer_defs",
        "layerDefs",
        types.LAYER_DEFINITIONS,
        None,
        since="9.3",
        help="A filter expression per layer, added to the filter that the layer is published with.",
        source="Export Map, layerDefs",
    ),
    Parameter(
        "time",
        "time",
        types.TIME,
        None,
        since="10.0",
        help="An instant or a window start,end in milliseconds since 1970 UTC; null is an open end.",
        source="Export Map, time",
        gate="timeInfo",
    ),
    Parameter(
        "time_relation",
        "timeRelation",
        types.TIME_RELATION,
        TimeRelation.OVERLAPS,
        since="10.9",
        help="Whether features exactly at the start or the end of the time window are drawn.",
        source="Export Map, timeRelation",
        gate="supportsTimeRelation",
    ),
    Parameter(
        "layer_time_options",
        "layerTimeOptions",
        types.LAYER_TIME_OPTIONS,
        None,
        since="10.0",
        help="Per layer: whether it follows time, whether it accumulates, and an offset of its time.",
        source="Export Map, layerTimeOptions",
        gate="timeInfo",
    ),
    Parameter(
        "historic_moment",
        "historicMoment",
        types.MOMENT,
        None,
        since="10.6.1",
        help="Draw layers that keep an archive as they were at this moment, in milliseconds since 1970 UTC.",
        source="Export Map, historicMoment",
        gate="supportsQueryWithHistoricMoment",
        gate_scope="layer",
    ),
    Parameter(
        "gdb_version",
        "gdbVersion",
        TEXT,
        None,
        since="not stated",
        help="The geodatabase version that versioned layers are drawn from, such as sde.USER1.",
        source="Export Map, gdbVersion",
        gate="hasVersionedData",
    ),
    Parameter(
        "map_range_values",
        "mapRangeValues",
        types.MAP_RANGES,
        None,
        since="10.5",
        help="A value or a pair of ends for ranges by name, in all layers that have such a range.",
        source="Export Map, mapRangeValues",
        gate="rangeInfos",
        gate_scope="layer",
    ),
    Parameter(
        "layer_range_values",
        "layerRangeValues",
        types.LAYER_RANGES,
        None,
        since="10.5",
        help="Range values for single layers; they replace the value for the whole map.",
        source="Export Map, layerRangeValues",
        gate="rangeInfos",
        gate_scope="layer",
    ),
    Parameter(
        "layer_parameter_values",
        "layerParameterValues",
        types.LAYER_PARAMETERS,
        None,
        since="10.5",
        help="Values for the parameterised filters that single layers are published with.",
        source="Export Map, layerParameterValues",
        gate="parameterInfos",
        gate_scope="layer",
    ),
    Parameter(
        "spatial_filter",
        "spatialFilter",
        types.SPATIAL_FILTER,
        None,
        since="10.8",
        help="Draw only features in a spatial relation to a geometry; whole features, never cut.",
        source="Export Map, spatialFilter",
        gate="supportsSpatialFilter",
    ),
    Parameter(
        "clipping",
        "clipping",
        types.CLIPPING,
        None,
        since="10.8",
        help="Draw nothing outside a polygon or envelope, except layers that are excluded from it.",
        source="Export Map, clipping",
        gate="supportsClipping",
    ),
    Parameter(
        "selection_definitions",
        "selectionDefinitions",
        types.SELECTION_DEFINITIONS,
        None,
        since="11.4",
        help="Features to highlight, by object ids or unique ids, with optional colours.",
        source="Export Map, selectionDefinitions",
        operations=EXPORT,
    ),
    Parameter(
        "dynamic_layers",
        "dynamicLayers",
        types.DYNAMIC_LAYERS,
        None,
        since="10.1",
        help="Replace the layers of the map: order, source, filter, symbols, labels; the first is on top.",
        source="Export Map, dynamicLayers",
        gate="supportsDynamicLayers",
    ),
    Parameter(
        "datum_transformations",
        "datumTransformations",
        types.DATUM_TRANSFORMATIONS,
        None,
        since="10.5",
        help="Transformations between datums to use when layers are projected to imageSR.",
        source="Export Map, datumTransformations",
        gate="supportsDatumTransformation",
    ),
    Parameter(
        "return_visible_only",
        "returnVisibleOnly",
        BOOLEAN,
        True,
        since="10.7.1",
        help="List only the classes that features in the extent belong to.",
        source="Query Legends, returnVisibleOnly",
        operations=LEGENDS,
    ),
    Parameter(
        "patch_size",
        "patchSize",
        types.PATCH,
        PatchSize(15.0, 15.0),
        since="10.7.1",
        help="Width and height of legend swatches in points; markers keep their own size.",
        source="Query Legends, patchSize",
        operations=LEGENDS,
    ),
    Parameter(
        "f",
        "f",
        types.RESPONSE_FORMAT,
        ResponseFormat.HTML,
        since="9.3",
        help="The form of the answer: html, json, pjson, image or kmz; a legend only as html, json or pjson.",
        source="Export Map, f",
    ),
)

BY_NAME: Mapping[str, Parameter] = MappingProxyType({row.name: row for row in PARAMETERS})
"""Rows by Python name."""

BY_WIRE: Mapping[str, Parameter] = MappingProxyType({row.wire.casefold(): row for row in PARAMETERS})
"""Rows by case-folded wire name."""

DISPLACED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "dynamic_layers": frozenset({"layers", "layer_defs", "layer_time_options"}),
        "clipping": frozenset({"spatial_filter"}),
    }
)
"""Which parameters lose their effect when another one is given (by Python name)."""

FEATURE_FILTERS: tuple[str, ...] = (
    "time",
    "timeRelation",
    "layerTimeOptions",
    "historicMoment",
    "gdbVersion",
    "mapRangeValues",
    "layerRangeValues",
    "layerParameterValues",
)
"""Wire names of the parameters of a map that filter the answers of a layer's query as well."""
IDENTIFY_FILTERS: tuple[str, ...] = (*FEATURE_FILTERS, "layerDefs", "dynamicLayers")
"""Those that identify and find obey."""

LEGEND_FORMATS = frozenset({ResponseFormat.HTML, ResponseFormat.JSON, ResponseFormat.PJSON})
"""The answers that queryLegends can give."""
