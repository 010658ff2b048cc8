"""Selected features: their ids from attributes, joined into selectionDefinitions, and back as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mapexplorer.explorer.panels.filter_faults import quoted_field
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import LayerInfo, MapRequest, SelectionDefinition
from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.selection import MAXIMUM_IDS

if TYPE_CHECKING:
    import pandas

    from mapexplorer.client import MapService

FeatureId = int | str | tuple[str, ...]
Definitions = tuple[SelectionDefinition, ...]

_IDS_AT_ONCE = 400
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_TEXTS = frozenset({"esriFieldTypeString", "esriFieldTypeGUID", "esriFieldTypeGlobalID"})


def id_fields(info: LayerInfo) -> tuple[str, ...]:
    """The fields by which features of a layer are addressed: its unique id fields, else the object id."""
    if info.unique_id_info is not None and info.unique_id_info.fields:
        return tuple(info.unique_id_info.fields)
    return (object_id_field(info),)


def object_id_field(info: LayerInfo) -> str:
    """The object id field of a layer, by its name or its type."""
    typed = (field.name for field in info.fields if field.type == "esriFieldTypeOID")
    return info.object_id_field or next(typed, "OBJECTID")


def id_of(info: LayerInfo, attributes: Mapping[str, Any]) -> FeatureId | None:
    """The id of a feature, None when its attributes do not hold it; field names count in any case."""
    folded = {name.casefold(): value for name, value in attributes.items()}
    values: list[Any] = [folded.get(name.casefold()) for name in id_fields(info)]
    if any(value is None or isinstance(value, bool) for value in values):
        return None
    if info.unique_id_info is None:
        try:
            return int(values[0])
        except (TypeError, ValueError):
            return None
    texts = tuple(value if isinstance(value, str) else write_number(value) for value in values)
    return texts[0] if info.unique_id_info.type == "simple" else texts


def ids_in(definition: SelectionDefinition) -> tuple[FeatureId, ...]:
    """The ids of a definition, of either kind."""
    return definition.unique_ids or () if definition.object_ids is None else definition.object_ids


def with_found(
    before: Definitions | None, found: Mapping[int, Sequence[FeatureId]], *, add: bool
) -> Definitions:
    """The definitions after features were found by layer; colours of a layer stay.

    Found features replace the selection, or with `add` join it; those that are all selected already leave it.
    One request holds ids of one kind, so ids of the other kind are dropped.
    """
    known = {definition.layer_id: definition for definition in before or ()}
    ids = {layer_id: tuple(ids_in(definition)) for layer_id, definition in known.items()} if add else {}
    already = bool(found) and all(set(some) <= set(ids.get(layer_id, ())) for layer_id, some in found.items())
    for layer_id, some in found.items():
        old = ids.get(layer_id, ())
        ids[layer_id] = (
            tuple(one for one in old if one not in set(some))
            if already
            else tuple(dict.fromkeys((*old, *some)))[:MAXIMUM_IDS]
        )
    new_kind = next((isinstance(some[0], int) for some in found.values() if some), None)
    definitions = []
    for layer_id, some in sorted(ids.items()):
        if some and (new_kind is None or isinstance(some[0], int) is new_kind):
            definitions.append(_definition(layer_id, some, known.get(layer_id)))
    return tuple(definitions)


def _definition(
    layer_id: int, ids: tuple[FeatureId, ...], like: SelectionDefinition | None
) -> SelectionDefinition:
    kind = "object_ids" if isinstance(ids[0], int) else "unique_ids"
    colors = {} if like is None else {
        "selection_color": like.selection_color, "selection_fill_color": like.selection_fill_color
    }  # fmt: skip
    return SelectionDefinition.model_validate({"layer_id": layer_id, kind: ids, **colors})


def selected_rows(
    service: MapService,
    layers: Iterable[ShownLayer],
    definitions: Definitions | None,
    request: MapRequest | None = None,
) -> pandas.DataFrame:
    """Ask for the attributes of every selected feature, layer by layer; the first column names the layer.

    Version and history of `request` count, its filters do not. Blocks. Raises the errors of a query.
    """
    import pandas

    known = {layer.info.id: layer for layer in layers if not layer.problem}
    state = None
    if request is not None:
        state = MapRequest(gdb_version=request.gdb_version, historic_moment=request.historic_moment)
    tables = []
    for definition in definitions or ():
        layer = known.get(definition.layer_id)
        ids = ids_in(definition)
        if layer is None:
            continue
        info = layer.info
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[start : start + _IDS_AT_ONCE]
            if definition.object_ids is not None:
                found = service.features(layer.target, object_ids=some, request=state)
            else:
                found = service.features(layer.target, where=where_of(info, some), request=state)
            table = found.to_frame()
            table.insert(0, "layer", info.name)
            tables.append(table)
    tables = [table for table in tables if len(table)] or tables[:1]
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame({"layer": []})


def where_of(info: LayerInfo, ids: Sequence[FeatureId]) -> str:
    """The expression that holds for features with these unique ids."""
    fields = id_fields(info)
    types = {field.name: field.type for field in info.fields}

    def same(name: str, text: str) -> str:
        bare = types.get(name, "") not in _TEXTS and _NUMBER.fullmatch(text)
        field = quoted_field(name)
        return f"{field} = {text}" if bare else f"{field} = '{text.replace(chr(39), chr(39) * 2)}'"

    each = (
        " AND ".join(same(name, text) for name, text in zip(fields, _texts(one), strict=True)) for one in ids
    )
    return " OR ".join(f"({one})" for one in each)


def _texts(one: FeatureId) -> tuple[str, ...]:
    return tuple(str(part) for part in one) if isinstance(one, tuple) else (str(one),)
