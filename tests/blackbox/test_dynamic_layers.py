"""Dynamic layers, asked of a running server with nothing but HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.blackbox.conftest import Service
from tests.blackbox.documents import PALETTE, fill, simple, square

Ask = Callable[[str], Service]
STRIP = {"bbox": "0,-50,700,50", "size": "700,100"}
LEAVES = {"bbox": "0,0,700,100", "size": "700,100"}


def maplayer(number: int, ident: int | None = None, **keys: Any) -> dict[str, Any]:
    source = {"type": "mapLayer", "mapLayerId": number}
    return {"id": number if ident is None else ident, "source": source, **keys}


def asked(*elements: dict[str, Any]) -> dict[str, str]:
    return {"dynamicLayers": json.dumps(elements)}


def test_only_the_listed_layers_are_drawn_and_layers_is_not_read(service: Ask) -> None:
    picture = service("tree").picture(**LEAVES, **asked(maplayer(6), maplayer(2)), layers="show:1,,2")
    assert [n for n in PALETTE if tuple(picture[75, 100 * n + 25, :3]) == PALETTE[n]] == [2, 6]
    assert list(service("tree").legend(**LEAVES, **asked(maplayer(6, 60), maplayer(2, 20)))) == [60, 20]


def test_one_layer_stands_twice_with_two_renderers_and_the_first_is_on_top(service: Ask) -> None:
    small = maplayer(0, 1, drawingInfo=simple(square(1, 2, 3, 10)), definitionExpression="POP < 30")
    large = maplayer(0, 2, drawingInfo=simple(square(4, 5, 6, 20)))
    for elements, middle in (((small, large), (1, 2, 3)), ((large, small), (4, 5, 6))):
        picture = service("rows").picture(**STRIP, **asked(*elements))
        assert tuple(picture[50, 100, :3]) == middle
        assert tuple(picture[50, 300, :3]) == (4, 5, 6)


def test_the_published_expression_and_that_of_the_element_both_hold(service: Ask) -> None:
    element = maplayer(1, 9, definitionExpression="NAME = 'Smith' OR NAME IS NULL")
    picture = service("rows").picture(**STRIP, **asked(element), layerDefs='{"9": "POP = 10"}')
    assert [n for n in (1, 2, 3) if tuple(picture[50, 100 * n, :3]) == (0, 0, 200)] == [2]


def test_transparency_60_makes_black_on_white_a_grey_of_153(service: Ask) -> None:
    element = maplayer(0, drawingInfo={**simple(fill(0, 0, 0)), "transparency": 60})
    picture = service("frames").picture(bbox="-5,-5,5,5", size="10,10", **asked(element))
    assert picture[5, 5, :3].tolist() == pytest.approx([153, 153, 153], abs=1)


def test_the_legend_follows_dynamic_layers_and_its_urls_answer_the_same_bytes(service: Ask) -> None:
    import base64

    near = {"bbox": "150,-50,250,50", "size": "100,100"}
    body = service("classes").json("queryLegends", **near, **asked(maplayer(1, 501, name="Kinds")))
    (found,) = body["layers"]
    assert (found["layerId"], found["layerName"]) == (501, "Kinds")
    (entry,) = found["legend"]
    assert entry["label"] == "B"
    assert entry["url"].startswith("http://127.0.0.1:")
    assert service("classes").session.get(entry["url"]).content == base64.b64decode(entry["imageData"])


@pytest.mark.parametrize(
    ("element", "path"),
    [
        (maplayer(99), "dynamicLayers[1].source.mapLayerId"),
        ({"id": 99}, "dynamicLayers[1].id"),
        (maplayer(0, definitionExpression="NOFIELD = 1"), "dynamicLayers[1].definitionExpression"),
        (
            maplayer(0, drawingInfo={"renderer": {"type": "heatmap"}}),
            "dynamicLayers[1].drawingInfo.renderer.type",
        ),
        (maplayer(0, orderBy=[{"field": "none"}]), "dynamicLayers[1].orderBy[0].field"),
    ],
)
@pytest.mark.parametrize("operation", ["export", "queryLegends"])
def test_any_bad_element_refuses_the_whole_request_by_its_path(
    service: Ask, operation: str, element: dict[str, Any], path: str
) -> None:
    assert path in service("rows").fault(operation, **STRIP, **asked(maplayer(2), element))


W = {"workspaceId": "W"}
LOTS = {"type": "table", "dataSourceName": "lots", **W}
SALES = {"type": "table", "dataSourceName": "sales.geojson", **W}
GREEN = simple(fill(0, 150, 0))


def joined(kind: str) -> dict[str, Any]:
    return {
        "type": "joinTable",
        "leftTableSource": LOTS,
        "rightTableSource": SALES,
        "leftTableKey": "LOT",
        "rightTableKey": "lot",
        "joinType": f"esriLeft{kind}Join",
    }


def of_data(source: dict[str, Any], **keys: Any) -> dict[str, Any]:
    data_layer = {"type": "dataLayer", "dataSource": source}
    return {"id": 502, "source": data_layer, "drawingInfo": GREEN, **keys}


def query(text: str) -> dict[str, Any]:
    return {"type": "queryTable", "query": text, "oidFields": "OBJECTID", **W}


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        (of_data(LOTS), [1, 2, 3]),
        (of_data(LOTS, definitionExpression="KIND = 2"), [2]),
        (of_data(joined("Inner")), [1, 2]),
        (of_data(joined("Outer")), [1, 2, 3]),
        (of_data(joined("Outer"), definitionExpression="price > 200"), [2]),
        (of_data(query("SELECT * FROM lots WHERE KIND <> 2")), [1, 3]),
        (of_data(query("SELECT l.LOT FROM lots l INNER JOIN sales s ON l.LOT = s.lot")), [1, 2]),
    ],
)
def test_tables_joins_and_queries_of_a_workspace(
    service: Ask, element: dict[str, Any], shown: list[int]
) -> None:
    picture = service("workspaces").picture(**STRIP, **asked(element))
    assert [n for n in (1, 2, 3) if tuple(picture[50, 100 * n, :3]) == (0, 150, 0)] == shown
    assert service("workspaces").legend(**STRIP, **asked(element)) == {502: [""]}


def test_a_layer_file_of_a_workspace(service: Ask) -> None:
    source = {"type": "workspaceLayer", "workspaceId": "W", "layerId": "lots.lyrx"}
    picture = service("workspaces").picture(**STRIP, **asked({"id": 1, "source": source}))
    assert [n for n in (1, 2, 3) if tuple(picture[50, 100 * n, :3]) == (10, 20, 30)] == [1, 2]
    assert service("workspaces").legend(**STRIP, **asked({"id": 1, "source": source})) == {
        1: ["from the file"]
    }


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({**LOTS, "dataSourceName": "../outside.geojson"}, "dataSourceName"),
        ({**LOTS, "dataSourceName": "..%2Foutside.geojson"}, "dataSourceName"),
        ({**LOTS, "dataSourceName": "/etc/passwd"}, "dataSourceName"),
        ({**LOTS, "workspaceId": ".."}, "workspaceId"),
        (query("SELECT * FROM lots; DROP TABLE lots"), "query"),
        (query("DELETE FROM lots"), "query"),
        (query('SELECT * FROM "../outside"'), "query"),
    ],
)
def test_nothing_outside_the_workspaces_can_be_reached(
    service: Ask, source: dict[str, Any], path: str
) -> None:
    told = service("workspaces").fault(**STRIP, **asked(of_data(source)))
    assert f"dynamicLayers[0].source.dataSource.{path}" in told
