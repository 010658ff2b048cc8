"""The map document: one JSON file in the vocabulary of Esri's service and layer resources, checked as a
whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from mapexplorer.protocol import (
    DocumentError,
    DrawingInfo,
    Extent,
    LayerTimeOptions,
    SpatialReference,
    TimeUnit,
    strict_json,
)
from mapexplorer.protocol.model import Flag, Model, Number, Text, Whole, describe_faults, write_path

FEATURE_LAYER = "Feature Layer"
GROUP_LAYER = "Group Layer"
RASTER_LAYER = "Raster Layer"

_GROUP_KEYS = frozenset({"id", "name", "type", "parentLayerId", "defaultVisibility", "minScale", "maxScale"})
_FEATURE_KEYS = frozenset(
    {"objectIdField", "displayField", "definitionExpression", "uniqueIdInfo", "timeInfo", "rangeInfos"}
    | {"parameterInfos", "archivingInfo", "domains"}
)

Channel = Annotated[int, Field(strict=True, ge=0, le=255)]
Scale = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(strict=True, min_length=1)]
RangeEnd = Number | None


class LayerSource(Model):
    """Where a layer's data stand: a file beside the document and, in a file of several, the layer."""

    path: Name
    layer: Text | None = None


class TimeInfo(Model):
    """The time fields of a layer and how it takes part in time."""

    start_time_field: Name | None = None
    end_time_field: Name | None = None
    track_id_field: Name | None = None
    time_interval: Number | None = None
    time_interval_units: TimeUnit | None = None
    export_options: LayerTimeOptions | None = None


class RangeInfo(Model):
    """A range: a number field that sliders filter by."""

    name: Name
    field: Name
    current_range_extent: tuple[RangeEnd, RangeEnd] | None = None
    full_range_extent: tuple[Number, Number] | None = None

    @field_validator("current_range_extent", "full_range_extent")
    @classmethod
    def _rises(
        cls, ends: tuple[float | None, float | None] | None
    ) -> tuple[float | None, float | None] | None:
        if ends is not None and ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            raise ValueError("expected the two numbers in rising order")
        return ends


class ParameterInfo(Model):
    """A parameter of the definition expression, `::name`, and the value it has by default."""

    name: Name
    data_type: Literal[
        "esriFieldTypeString",
        "esriFieldTypeSmallInteger",
        "esriFieldTypeInteger",
        "esriFieldTypeBigInteger",
        "esriFieldTypeSingle",
        "esriFieldTypeDouble",
        "esriFieldTypeDate",
    ]
    default_value: Any
    multiple_values: Flag = False


class UniqueIdInfo(Model):
    """The fields that identify a row instead of an object id."""

    type: Literal["simple", "composite"]
    fields: Annotated[tuple[Name, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_one_field_when_simple(self) -> UniqueIdInfo:
        if self.type == "simple" and len(self.fields) != 1:
            raise ValueError("a simple unique id has exactly one field")
        return self


class ArchivingInfo(Model):
    """The fields between which a row was valid; no end means it is current."""

    start_field: Name
    end_field: Name


class CodedValue(Model):
    """One coded value of a domain."""

    name: Text
    code: str | int | float


class Domain(Model):
    """The coded values of a field."""

    type: Literal["codedValue"]
    name: Text = ""
    coded_values: tuple[CodedValue, ...]


class LayerDocument(Model):
    """One layer of a map document."""

    id: Annotated[int, Field(strict=True, ge=0)]
    name: Name
    type: Literal["Feature Layer", "Group Layer", "Raster Layer"]
    parent_layer_id: Whole = -1
    default_visibility: Flag = True
    min_scale: Scale = 0.0
    max_scale: Scale = 0.0
    source: LayerSource | None = None
    object_id_field: Name | None = None
    display_field: Name | None = None
    definition_expression: Text | None = None
    drawing_info: DrawingInfo | None = None
    unique_id_info: UniqueIdInfo | None = None
    time_info: TimeInfo | None = None
    range_infos: tuple[RangeInfo, ...] = ()
    parameter_infos: tuple[ParameterInfo, ...] = ()
    archiving_info: ArchivingInfo | None = None
    versions: Mapping[Name, LayerSource] = {}
    domains: Mapping[Name, Domain] = {}

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return _without_nulls(value)

    @field_validator("source", mode="before")
    @classmethod
    def _read_source(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @field_validator("versions", mode="before")
    @classmethod
    def _read_versions(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: {"path": source} if isinstance(source, str) else source for name, source in value.items()
        }


class MapDocument(Model):
    """A whole map document; the first layer is drawn on top."""

    name: Name
    title: Text = ""
    description: Text = ""
    copyright_text: Text = ""
    spatial_reference: SpatialReference
    background_color: tuple[Channel, Channel, Channel, Channel] = (255, 255, 255, 255)
    initial_extent: Extent | None = None
    full_extent: Extent | None = None
    max_image_width: Annotated[int, Field(strict=True, ge=1)] = 4096
    max_image_height: Annotated[int, Field(strict=True, ge=1)] = 4096
    reference_scale: Scale = 0.0
    layers: tuple[LayerDocument, ...]
    workspaces: Mapping[Name, Name] = {}

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return _without_nulls(value)

    @field_validator("name")
    @classmethod
    def _stands_in_a_path(cls, name: str) -> str:
        if "/" in name or name in (".", ".."):
            raise ValueError("the service name stands in an address, so it must not hold '/' nor be a dot")
        return name


def _without_nulls(value: Any) -> Any:
    return (
        {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value
    )


@dataclass(frozen=True)
class CheckedDocument:
    """A valid document, the folder its paths start from (None: no files) and what it says that is
    not known.
    """

    document: MapDocument
    folder: Path | None
    warnings: tuple[str, ...]
    allow_outside: bool = False

    def resolve(self, path: str) -> Path:
        """Return the file behind a path of the document. Raises ValueError when it leads out of
        the folder.
        """
        if self.folder is None:
            raise ValueError("this document has no folder, so it cannot name files")
        folder = self.folder.resolve()
        target = (folder / path).resolve()
        if not self.allow_outside and not target.is_relative_to(folder):
            raise ValueError(f"{path!r} leads out of the folder of the document")
        return target


def load_document(
    source: str | Path | Mapping[str, Any], folder: Path | None = None, *, allow_outside: bool = False
) -> CheckedDocument:
    """Read and check a map document from a file or from the value of its JSON.

    `folder` is where relative paths start, by default the folder of the file. `allow_outside` lets paths
    leave it. Raises `DocumentError` with every fault and its JSON path.
    """
    if isinstance(source, Mapping):
        value: Any = dict(source)
    else:
        path = Path(source)
        folder = path.parent if folder is None else folder
        try:
            value = strict_json.loads(path.read_text(encoding="utf-8"), what=path.name)
        except OSError:
            raise DocumentError([f"$: {path.name} cannot be opened"]) from None
        except ValueError as error:
            raise DocumentError([f"$: {path.name} is no valid JSON: {error}"]) from None
    if not isinstance(value, dict):
        raise DocumentError(["$: a map document is a JSON object"])
    try:
        document = MapDocument.model_validate(value)
    except ValidationError as error:
        raise DocumentError(
            [f"{write_path('', path) or '$'}: {problem}" for path, problem in describe_faults(error, value)]
        ) from None
    checked = CheckedDocument(document, folder, tuple(_unknown_keys(document, value, "")), allow_outside)
    faults = list(_structure_faults(checked, value))
    if faults:
        raise DocumentError(faults)
    return checked


def _structure_faults(checked: CheckedDocument, value: Mapping[str, Any]) -> Iterator[str]:
    document = checked.document
    kinds = {layer.id: layer.type for layer in document.layers}
    seen: set[int] = set()
    for index, layer in enumerate(document.layers):
        place = f"layers[{index}]"
        if layer.id in seen:
            yield f"{place}.id: {layer.id} is the id of an earlier layer"
        seen.add(layer.id)
        if layer.parent_layer_id != -1 and kinds.get(layer.parent_layer_id) != GROUP_LAYER:
            yield f"{place}.parentLayerId: {layer.parent_layer_id} is no group layer of this document"
        elif _in_circle(layer, document.layers):
            yield f"{place}.parentLayerId: the groups contain each other"
        raw = value["layers"][index]
        yield from _layer_faults(checked, layer, raw, place)
    for name, folder in document.workspaces.items():
        yield from _path_faults(checked, folder, f"workspaces.{name}", folder_wanted=True)


def _in_circle(layer: LayerDocument, layers: Sequence[LayerDocument]) -> bool:
    parents = {other.id: other.parent_layer_id for other in layers}
    passed = {layer.id}
    parent = layer.parent_layer_id
    while parent in parents:
        if parent in passed:
            return True
        passed.add(parent)
        parent = parents[parent]
    return False


def _layer_faults(
    checked: CheckedDocument, layer: LayerDocument, raw: Mapping[str, Any], place: str
) -> Iterator[str]:
    known = {field.alias or name for name, field in LayerDocument.model_fields.items()}
    raw = _without_nulls(raw)
    if layer.type == GROUP_LAYER:
        for key in sorted((set(raw) & known) - _GROUP_KEYS):
            yield f"{place}.{key}: a group layer has no {key}"
        return
    if layer.type == RASTER_LAYER:
        for key in sorted(set(raw) & _FEATURE_KEYS):
            yield f"{place}.{key}: a raster layer has no {key}"
    elif layer.drawing_info is None or layer.drawing_info.renderer is None:
        yield f"{place}.drawingInfo.renderer: a feature layer needs a renderer"
    if layer.source is None:
        if checked.folder is not None or layer.type == RASTER_LAYER:
            yield f"{place}.source: a layer needs a source"
    else:
        yield from _path_faults(checked, layer.source.path, f"{place}.source")
    for name, source in layer.versions.items():
        yield from _path_faults(checked, source.path, f"{place}.versions.{name}")
    time = layer.time_info
    if time is not None and time.start_time_field is None and time.end_time_field is None:
        yield f"{place}.timeInfo.startTimeField: a layer with timeInfo needs a start or an end field"
    for list_name, infos in (("rangeInfos", layer.range_infos), ("parameterInfos", layer.parameter_infos)):
        names = [info.name for info in infos]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield f"{place}.{list_name}[{number}].name: {name!r} stands twice"


def _path_faults(
    checked: CheckedDocument, path: str, place: str, *, folder_wanted: bool = False
) -> Iterator[str]:
    try:
        target = checked.resolve(path)
    except (ValueError, OSError) as error:
        yield f"{place}: {error}"
        return
    if folder_wanted and not target.is_dir():
        yield f"{place}: there is no folder {path!r}"
    elif not folder_wanted and not target.is_file():
        yield f"{place}: there is no file {path!r}"


def _unknown_keys(model: BaseModel, value: Any, place: str) -> Iterator[str]:
    """Compare a model with the JSON it was read from and name every key that nothing reads."""
    if not isinstance(value, Mapping):
        return
    aliases = {field.alias or name: name for name, field in type(model).model_fields.items()}
    for key, item in value.items():
        where = f"{place}.{key}" if place else str(key)
        if key not in aliases and key not in aliases.values():
            yield f"{where}: unknown key, it has no effect"
            continue
        yield from _unknown_inside(getattr(model, aliases.get(key) or key), item, where)


def _unknown_inside(read: Any, value: Any, place: str) -> Iterator[str]:
    if isinstance(read, BaseModel):
        yield from _unknown_keys(read, value, place)
    elif isinstance(read, (list, tuple)) and isinstance(value, (list, tuple)) and len(read) == len(value):
        for index, (model, item) in enumerate(zip(read, value, strict=True)):
            yield from _unknown_inside(model, item, f"{place}[{index}]")
    elif isinstance(read, Mapping) and isinstance(value, Mapping):
        for key, item in value.items():
            if key in read:
                yield from _unknown_inside(read[key], item, f"{place}.{key}")
