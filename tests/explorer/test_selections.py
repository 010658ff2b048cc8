"""Ids of features, the definitions made of them, and the rows behind definitions."""

from __future__ import annotations

from typing import Any

import geopandas
import pytest
from shapely.geometry import Point

from mapexplorer import connect
from mapexplorer.explorer.selections import id_of, selected_rows, where_of, with_found
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import LayerInfo, SelectionDefinition

FIELDS = [
    {"name": "FID", "type": "esriFieldTypeOID"},
    {"name": "code", "type": "esriFieldTypeString"},
    {"name": "year", "type": "esriFieldTypeInteger"},
]
PLAIN = LayerInfo.parse({"id": 0, "name": "Plain", "fields": FIELDS})
SIMPLE = LayerInfo.parse(
    {"id": 1, "name": "Simple", "fields": FIELDS, "uniqueIdInfo": {"type": "simple", "fields": ["year"]}}
)
COMPOSITE = LayerInfo.parse(
    {
        "id": 2,
        "name": "Composite",
        "fields": FIELDS,
        "uniqueIdInfo": {"type": "composite", "fields": ["code", "year"]},
    }
)


@pytest.mark.parametrize(
    ("info", "attributes", "expected"),
    [
        (PLAIN, {"FID": 5}, 5),
        (PLAIN, {"fid": "5"}, 5),
        (PLAIN, {"FID": None}, None),
        (PLAIN, {"FID": "five"}, None),
        (PLAIN, {}, None),
        (SIMPLE, {"FID": 5, "year": 2005}, "2005"),
        (COMPOSITE, {"code": "a", "year": 2005}, ("a", "2005")),
        (COMPOSITE, {"code": "a"}, None),
    ],
)
def test_the_id_of_a_feature(info, attributes, expected):
    assert id_of(info, attributes) == expected


def definition(layer: int, *ids: Any, **colors: Any) -> SelectionDefinition:
    kind = "object_ids" if isinstance(ids[0], int) else "unique_ids"
    return SelectionDefinition.model_validate({"layer_id": layer, kind: ids, **colors})


RED = {"selection_color": (255, 0, 0), "selection_fill_color": (0, 0, 255)}


@pytest.mark.parametrize(
    ("before", "found", "add", "after"),
    [
        (None, {0: [1, 2]}, False, (definition(0, 1, 2),)),
        ((definition(0, 1, **RED),), {0: [2]}, False, (definition(0, 2, **RED),)),
        ((definition(0, 1, **RED),), {0: [2]}, True, (definition(0, 1, 2, **RED),)),
        ((definition(0, 1, 2),), {0: [2]}, True, (definition(0, 1),)),
        ((definition(0, 1),), {0: [1]}, True, ()),
        ((definition(0, 1),), {3: [7]}, True, (definition(0, 1), definition(3, 7))),
        ((definition(0, 1),), {3: [7]}, False, (definition(3, 7),)),
        ((definition(0, 1),), {}, False, ()),
        ((definition(0, 1),), {}, True, (definition(0, 1),)),
        ((definition(0, 1),), {1: ["2005"]}, True, (definition(1, "2005"),)),
    ],
)
def test_what_is_found_joins_or_replaces_the_selection(before, found, add, after):
    assert with_found(before, found, add=add) == after


def test_expressions_for_unique_ids_quote_texts_and_nothing_else():
    assert where_of(SIMPLE, ["2005", "-7"]) == "(year = 2005) OR (year = -7)"
    assert where_of(COMPOSITE, [("it's", "2005")]) == "(code = 'it''s' AND year = 2005)"
    assert where_of(SIMPLE, ["1 OR 1=1"]) == "(year = '1 OR 1=1')"


def test_the_rows_behind_definitions_are_a_table():
    frame = geopandas.GeoDataFrame({"name": list("abcd")}, geometry=[Point(x, 0) for x in range(4)], crs=4326)
    service = connect({"Towns": frame})
    try:
        (info,) = service.layer_infos
        table = selected_rows(
            service, [ShownLayer(info, info.id)], (definition(info.id, 2, 4), definition(77, 1))
        )
        assert table["name"].tolist() == ["b", "d"]
        assert table["layer"].tolist() == ["Towns", "Towns"]
        assert selected_rows(service, [ShownLayer(info, info.id)], None).empty
    finally:
        service.close()
