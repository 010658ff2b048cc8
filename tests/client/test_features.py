"""Features as rows: what goes out for a query and an identification, and what is made of the answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapexplorer.client import FeatureQuery, MapService, Place
from mapexplorer.protocol import (
    ArcGISError,
    BadAnswer,
    Envelope,
    Extent,
    MapRequest,
    ParameterError,
    Point,
    Size,
    SpatialReference,
)

from .faults import FaultServer, answer

ROWS = {
    "objectIdFieldName": "OBJECTID",
    "fields": [
        {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID"},
        {"name": "NAME", "type": "esriFieldTypeString", "alias": "Name"},
        {"name": "DAY", "type": "esriFieldTypeDate", "alias": "Day"},
    ],
    "features": [
        {"attributes": {"OBJECTID": 1, "NAME": "Ada", "DAY": 0}},
        {"attributes": {"OBJECTID": 2, "NAME": "Bob", "DAY": None}},
        {"no": "attributes"},
    ],
    "exceededTransferLimit": True,
}


def sent(server: FaultServer) -> dict[str, str]:
    return dict(server.received[-1].fields)


def serve(server: FaultServer, path: str, body: Any) -> None:
    server.route(path, answer(json.dumps(body).encode()))


def test_rows_become_a_table(server: FaultServer, service: MapService) -> None:
    serve(server, "/MapServer/3/query", ROWS)
    found = service.features(3)
    assert found.more
    assert found.object_id_field == "OBJECTID"
    table = found.to_frame()
    assert table["NAME"].tolist() == ["Ada", "Bob"]
    assert str(table["DAY"][0]) == "1970-01-01 00:00:00+00:00"
    assert table["DAY"].isna().tolist() == [False, True]


def test_a_query_without_conditions_asks_for_every_row(server: FaultServer, service: MapService) -> None:
    serve(server, "/MapServer/3/query", ROWS)
    service.features(3)
    assert sent(server) == {"where": "1=1", "outFields": "*", "returnGeometry": "false", "f": "json"}


def test_everything_that_can_be_asked_is_sent(server: FaultServer, service: MapService) -> None:
    serve(server, "/MapServer/3/query", ROWS)
    box = Envelope(xmin=1, ymin=2, xmax=3, ymax=4, spatial_reference=SpatialReference.of(4326))
    service.features(
        3,
        where="a = 1",
        object_ids=[5, 7],
        geometry=box,
        out_fields=("a", "b"),
        order_by=("a DESC",),
        offset=20,
        count=10,
        request=MapRequest(layer_defs={3: "b > 2", 4: "c"}, gdb_version="sde.X", time=0, dpi=120),
    )
    wire = sent(server)
    assert json.loads(wire.pop("geometry")) == {"xmin": 1.0, "ymin": 2.0, "xmax": 3.0, "ymax": 4.0}
    assert wire == {
        "where": "(b > 2) AND (a = 1)",
        "objectIds": "5,7",
        "geometryType": "esriGeometryEnvelope",
        "inSR": "4326",
        "spatialRel": "esriSpatialRelIntersects",
        "outFields": "a,b",
        "orderByFields": "a DESC",
        "resultOffset": "20",
        "resultRecordCount": "10",
        "returnGeometry": "false",
        "gdbVersion": "sde.X",
        "time": "0",
        "f": "json",
    }


@pytest.mark.parametrize(
    ("asked", "body", "count", "ids"),
    [
        (FeatureQuery(count_only=True), {"count": 12}, 12, ()),
        (FeatureQuery(ids_only=True), {"objectIds": [3, 4]}, 2, (3, 4)),
        (FeatureQuery(ids_only=True), {"objectIds": None}, 0, ()),
    ],
)
def test_ids_and_counts(
    server: FaultServer, service: MapService, asked: FeatureQuery, body: Any, count: int, ids: Any
) -> None:
    serve(server, "/MapServer/0/query", body)
    found = service.features(0, asked)
    assert (found.count, found.object_ids) == (count, ids)


PLACE = Place(
    Point(x=1, y=2), Extent(0, 0, 10, 10), Size(100, 50), SpatialReference.of(102100), tolerance=5, dpi=120
)


def test_identify_names_the_place_and_the_map(server: FaultServer, service: MapService) -> None:
    body = {"results": [{"layerId": 1, "layerName": "Towns", "value": "Ada", "attributes": {"NAME": "Ada"}}]}
    serve(server, "/MapServer/identify", body)
    found = service.identify(PLACE, [1, 2], request=MapRequest(layer_defs={1: "a"}))
    assert [(one.layer_id, one.layer_name, one.value) for one in found] == [(1, "Towns", "Ada")]
    assert found[0].attributes == {"NAME": "Ada"}
    wire = sent(server)
    assert json.loads(wire.pop("geometry")) == {"x": 1.0, "y": 2.0}
    assert wire == {
        "geometryType": "esriGeometryPoint",
        "sr": "102100",
        "mapExtent": "0,0,10,10",
        "imageDisplay": "100,50,120",
        "tolerance": "5",
        "layers": "visible:1,2",
        "layerDefs": '{"1":"a"}',
        "returnGeometry": "false",
        "returnFieldName": "false",
        "returnUnformattedValues": "false",
        "f": "json",
    }


@pytest.mark.parametrize("body", [{"results": None}, {}, {"features": []}])
def test_an_identification_without_results_is_no_answer(
    server: FaultServer, service: MapService, body: Any
) -> None:
    serve(server, "/MapServer/identify", body)
    with pytest.raises(BadAnswer, match="without results"):
        service.identify(PLACE)


def test_a_service_that_cannot_query_says_so(server: FaultServer, service: MapService) -> None:
    serve(server, "/MapServer/0/query", {"error": {"code": 400, "message": "Capability not supported"}})
    with pytest.raises(ArcGISError, match="Capability not supported"):
        service.features(0)


@pytest.mark.parametrize("layer_id", [True, -1, "0", None])
def test_a_layer_is_named_by_its_id(service: MapService, layer_id: Any) -> None:
    with pytest.raises(ParameterError, match="layer_id"):
        service.features(layer_id)
