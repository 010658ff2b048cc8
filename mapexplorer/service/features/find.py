"""The find operation: features whose text fields hold a text (Esri, Find (Map Service))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import IDENTIFY_FILTERS
from mapexplorer.protocol.layers import LayerSelection
from mapexplorer.protocol.numerals import shorten, write_number
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.expressions.values import Kind
from mapexplorer.service.features.given import Given
from mapexplorer.service.features.results import ResultForm, feature_results, room_for
from mapexplorer.service.features.selection import filtered_view
from mapexplorer.service.features.values import wire_values
from mapexplorer.service.fields import FieldInfo, find_name
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.time_limit import check_time

Pairs = Sequence[tuple[str, str]]
Mask = npt.NDArray[np.bool_]

LONGEST_SEARCH = 256


def find(catalog: MapCatalog, pairs: Pairs, limits: Limits) -> dict[str, Any]:
    """Return the features that hold a text, in whatever case, or as a whole value with `contains=false`.

    Raises `RequestErrors`.
    """
    given = Given(pairs)
    given.form("json", "pjson")
    text = given.text("searchText")
    if text is None:
        given.fault("searchText", "is required")
    elif len(text) > LONGEST_SEARCH:
        given.fault("searchText", f"expected at most {LONGEST_SEARCH} characters")
    contains = given.flag("contains", True)
    selection = given.read("layers", LayerSelection.parse)
    if given.text("layers") is None:
        given.fault("layers", "is required")
    names = given.names("searchFields")
    form = ResultForm.read(given, given.reference("sr") or catalog.spatial_reference)
    wanted = _search_fields(catalog, selection, names, given)
    given.check()
    assert text is not None  # noqa: S101 - checked
    wire = [(name, value) for name in IDENTIFY_FILTERS if (value := given.text(name))]
    view = filtered_view(catalog, wire, limits, names={}, any_scale=True, given={"layers": selection})
    results: list[dict[str, Any]] = []
    for shown in view.layers:
        if not isinstance(shown.layer, FeatureLayer):
            continue
        hits = _hits(shown.layer, shown.rows, wanted, text, contains)
        rows = np.array(sorted(hits), dtype=np.int64)
        room = room_for(shown.layer, rows, len(results), form, limits)
        results += feature_results(shown.layer, rows[:room], form, hits)
        if room < len(rows):
            return {"results": results, "exceededTransferLimit": True}
    return {"results": results}


def _search_fields(
    catalog: MapCatalog, selection: LayerSelection | None, names: tuple[str, ...] | None, given: Given
) -> tuple[str, ...] | None:
    """Return the fields to search, which at least one of the layers must have; None for all text fields."""
    if names is None or selection is None:
        return None
    chosen = catalog.tree.selected(selection)
    known = [
        field
        for layer in catalog.layers
        if layer.id in chosen and isinstance(layer, FeatureLayer)
        for field in layer.fields
    ]
    for name in names:
        if find_name(tuple(known), name) is None:
            given.fault("searchFields", f"none of the layers has a field {shorten(name)}")
    return names


def _hits(
    layer: FeatureLayer, rows: npt.NDArray[np.int64], names: tuple[str, ...] | None, text: str, contains: bool
) -> dict[int, str]:
    """Return the row numbers that hold the text, each with the first field that does."""
    hits: dict[int, str] = {}
    for field in _fields(layer, names):
        check_time()
        holds = _holding(layer, field, text, contains)
        for row in rows[holds[rows]].tolist():
            hits.setdefault(row, field.name)
    return hits


def _fields(layer: FeatureLayer, names: tuple[str, ...] | None) -> list[FieldInfo]:
    if names is None:
        return [field for field in layer.fields if field.type == "esriFieldTypeString"]
    wanted = {find_name(layer.fields, name) for name in names}
    return [field for field in layer.fields if field.name in wanted]


def _holding(layer: FeatureLayer, field: FieldInfo, text: str, contains: bool) -> Mask:
    """Return for every row whether a field holds the text; numbers are searched as they are written."""
    folded = text.casefold()

    def matches(word: str) -> bool:
        return folded in word.casefold() if contains else text == word

    values = layer.columns[field.name] if field.kind is Kind.TEXT else None
    if values is not None and values.words is not None:
        # Each different word is looked at once.
        known = np.array([matches(str(word)) for word in values.words] + [False], dtype=bool)
        return known[values.data]
    written = ["" if value is None else write_number(value) for value in wire_values(layer.table[field.name])]
    return np.array([bool(word) and matches(word) for word in written], dtype=bool)
