"""A layer that a request describes: its metadata and its features, whatever its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.service.conftest import RED, box, collection, fill, layer, point, simple

LOTS = collection(
    (box(0, 0, 30, 100), {"lot": "a", "area": 10}),
    (box(30, 0, 60, 100), {"lot": "b", "area": 20}),
    (box(60, 0, 90, 100), {"lot": "c", "area": 30}),
)
SALES = "lot,price\na,100\nb,300\nb,50\n"
TABLE = {"type": "table", "workspaceId": "W", "dataSourceName": "lots"}
PRICES = {"type": "table", "workspaceId": "W", "dataSourceName": "sales"}
QUERY = {"type": "queryTable", "workspaceId": "W", "query": "SELECT * FROM lots WHERE area > 10"}
JOIN = {
    "type": "joinTable",
    "leftTableSource": TABLE,
    "rightTableSource": PRICES,
    "leftTableKey": "lot",
    "rightTableKey": "lot",
    "joinType": "esriLeftInnerJoin",
}


@pytest.fixture
def service(serve, folder: Path):
    data = folder / "data"
    data.mkdir()
    (data / "lots.geojson").write_text(json.dumps(LOTS))
    (data / "sales.csv").write_text(SALES)
    (data / "sub").mkdir()
    (data / "sub" / "spots.geojson").write_text(json.dumps(collection((point(5, 5), {"n": 1}))))
    Image.new("RGB", (10, 10), (10, 20, 30)).save(data / "photo.png")
    (data / "photo.pgw").write_text("10\n0\n0\n-10\n5\n95\n")
    (folder / "edit.geojson").write_text(json.dumps(collection((box(0, 0, 9, 9), {"lot": "x", "area": 1}))))
    (data / "notes.txt").write_text("nothing to draw")
    published = layer(
        1,
        "data/lots.geojson",
        simple(fill(RED), transparency=30),
        definitionExpression="area < 30",
        versions={"edit": "edit.geojson"},
    )
    return serve([layer(0), {**published, "parentLayerId": 0}], workspaces={"W": "data"})


def described(source: Any, **keys: Any) -> str:
    data = {"type": "dataLayer", "dataSource": source}
    return json.dumps({"source": source if source["type"].endswith("Layer") else data, **keys})


def names(body: dict[str, Any]) -> list[str]:
    return [field["name"] for field in body["fields"]]


def test_the_workspaces_are_listed_with_what_they_hold(service):
    (workspace,) = service.json()["workspaces"]
    assert workspace == {
        "id": "W",
        "tables": ["lots", "sales", "sub/spots"],
        "rasters": ["photo"],
        "layerFiles": [],
    }


@pytest.mark.parametrize(
    ("source", "geometry", "fields"),
    [
        (TABLE, "esriGeometryPolygon", ["OBJECTID", "lot", "area"]),
        (PRICES, None, ["OBJECTID", "lot", "price"]),
        (QUERY, "esriGeometryPolygon", ["OBJECTID", "lots.OBJECTID", "lot", "lots.lot", "area", "lots.area"]),
    ],
)
def test_a_data_source_tells_its_fields_and_geometries(service, source, geometry, fields):
    body = service.json("dynamicLayer", layer=described(source, id=7))
    assert (body["id"], body["geometryType"]) == (7, geometry)
    assert body["type"] == ("Table" if geometry is None else "Feature Layer")
    assert names(body) == fields
    assert "drawingInfo" not in body


def test_a_join_has_the_fields_of_both_tables(service):
    body = service.json("dynamicLayer", layer=described(JOIN))
    assert {"lot", "price", "lots.lot", "sales.lot"} <= set(names(body))


def test_a_published_layer_is_described_as_it_is_published(service):
    source = {"type": "mapLayer", "mapLayerId": 1}
    body = service.json("dynamicLayer", layer=described(source, id=101))
    assert (body["id"], body["name"]) == (101, "Layer 1")
    assert body["drawingInfo"]["transparency"] == 30
    assert service.json("dynamicLayer", layer='{"id": 1}')["name"] == "Layer 1"


def test_a_raster_is_described(service):
    raster = {"type": "raster", "workspaceId": "W", "dataSourceName": "photo"}
    assert service.json("dynamicLayer", layer=described(raster))["type"] == "Raster Layer"


@pytest.mark.parametrize(
    ("source", "keys", "asked", "found"),
    [
        (TABLE, {}, {}, ["a", "b", "c"]),
        (TABLE, {"definitionExpression": "area > 10"}, {}, ["b", "c"]),
        (TABLE, {"definitionExpression": "area > 10"}, {"where": "area < 30 OR lot = 'a'"}, ["b"]),
        (TABLE, {}, {"objectIds": "1,3"}, ["a", "c"]),
        (TABLE, {}, {"geometry": "35,10,50,50"}, ["b"]),
        (PRICES, {}, {"where": "price > 60"}, ["a", "b"]),
        (QUERY, {}, {}, ["b", "c"]),
        (JOIN, {}, {}, ["a", "b", "b"]),
        ({"type": "mapLayer", "mapLayerId": 1}, {"id": 101}, {}, ["a", "b"]),
    ],
)
def test_rows_of_a_described_layer_pass_all_filters(service, source, keys, asked, found):
    body = service.json("dynamicLayer/query", layer=described(source, **keys), outFields="lot", **asked)
    assert [feature["attributes"]["lot"] for feature in body["features"]] == found


@pytest.mark.parametrize(("keys", "asked"), [({}, {"gdbVersion": "edit"}), ({"gdbVersion": "edit"}, {})])
def test_a_version_may_be_asked_for(service, keys, asked):
    source = {"type": "mapLayer", "mapLayerId": 1, **keys}
    body = service.json("dynamicLayer/query", layer=described(source, id=9), outFields="lot", **asked)
    assert [feature["attributes"]["lot"] for feature in body["features"]] == ["x"]


def test_statistics_of_a_described_layer(service):
    statistics = json.dumps(
        [{"statisticType": "max", "onStatisticField": "price", "outStatisticFieldName": "most"}]
    )
    body = service.json("dynamicLayer/query", layer=described(JOIN), outStatistics=statistics)
    assert body["features"] == [{"attributes": {"most": 300}}]


def test_the_form_of_a_query_has_a_field_for_the_layer(service):
    page = service.get("dynamicLayer/query", f="html").text
    assert 'name="layer"' in page
    page = service.get("dynamicLayer/query", f="html", layer=described(TABLE), outFields="lot").text
    assert "<td>b</td>" in page


@pytest.mark.parametrize(
    ("layer_text", "detail"),
    [
        (None, "layer: is required"),
        ("[", "layer: is not valid JSON"),
        ("[]", "layer: expected an object with source"),
        ("{}", "layer.source"),
        ('{"source": {"type": "mapLayer", "mapLayerId": 9}}', "layer.source.mapLayerId: there is no layer 9"),
        ('{"source": {"type": "mapLayer", "mapLayerId": 0}}', "layer.source.mapLayerId: 0 is a group layer"),
        ('{"id": -1}', "layer.id: expected a whole number"),
        ('{"id": 1, "definitionExpression": 5}', "layer.definitionExpression: expected text"),
        (described({**TABLE, "workspaceId": "V"}), "dataSource.workspaceId: there is no workspace"),
        (described({**TABLE, "dataSourceName": "../secret"}), "layer.source.dataSource.dataSourceName"),
        (described({**QUERY, "query": "SELECT * FROM lots; DROP TABLE lots"}), "layer.source.dataSource.q"),
        (described({**JOIN, "rightTableKey": "nothing"}), "layer.source.dataSource.rightTableKey"),
    ],
)  # fmt: skip
def test_what_cannot_be_described_is_told_with_its_path(service, layer_text, detail):
    given = {} if layer_text is None else {"layer": layer_text}
    for resource in ("dynamicLayer", "dynamicLayer/query"):
        error = service.json(resource, **given)["error"]
        assert error["code"] == 400
        assert detail in " ".join(error["details"])


def test_rows_of_a_raster_cannot_be_asked_for(service):
    raster = {"type": "raster", "workspaceId": "W", "dataSourceName": "photo"}
    assert "not supported" in service.json("dynamicLayer/query", layer=described(raster))["error"]["message"]
