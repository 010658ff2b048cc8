"""The rows of a layer: what is asked of the service, what comes back, what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mapexplorer import connect
from mapexplorer.client import MapService, Statistic
from mapexplorer.protocol import ArcGISError, BadAnswer, DynamicLayer, MapRequest, ParameterError

from .faults import FaultServer, answer


def asked(server: FaultServer) -> dict[str, str]:
    query = urlsplit(server.received[-1].target).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def found(*rows: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"features": [{"attributes": row} for row in rows], **more}).encode()


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {"where": "1=1", "outFields": "*"}),
        (
            {"where": "POP > 5", "out_fields": ("NAME", "POP"), "order_by": "POP DESC"},
            {"where": "POP > 5", "outFields": "NAME,POP", "orderByFields": "POP DESC"},
        ),
        (
            {"out_fields": "NAME", "return_distinct_values": True, "result_offset": 5},
            {"where": "1=1", "outFields": "NAME", "returnDistinctValues": "true", "resultOffset": "5"},
        ),
        (
            {"out_statistics": [Statistic("min", "POP", "low")], "group_by": "KIND"},
            {
                "where": "1=1",
                "outStatistics": '[{"statisticType":"min","onStatisticField":"POP",'
                '"outStatisticFieldName":"low"}]',
                "groupByFieldsForStatistics": "KIND",
            },
        ),
        ({"result_record_count": 9}, {"where": "1=1", "outFields": "*", "resultRecordCount": "9"}),
    ],
)
def test_only_what_is_wanted_is_sent(
    server: FaultServer, service: MapService, options: dict[str, Any], sent: dict[str, str]
) -> None:
    server.route("/MapServer/3/query", answer(found()))
    service.query_layer(3, **options)
    assert asked(server) == {**sent, "returnGeometry": "false", "f": "json"}


def test_rows_keep_their_order_and_columns_are_found_in_any_case(
    server: FaultServer, service: MapService
) -> None:
    server.route("/query", answer(found({"NAME": "a"}, {"NAME": None}, exceededTransferLimit=True)))
    rows = service.query_layer(0)
    assert [dict(row) for row in rows.rows] == [{"NAME": "a"}, {"NAME": None}]
    assert rows.column("name") == ("a", None)
    assert rows.exceeded


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error": {"code": 400, "message": "no such field"}}', ArcGISError),
        (b'{"count": 3}', BadAnswer),
        (b'{"features": 3}', BadAnswer),
        (b"[]", BadAnswer),
    ],
)
def test_an_answer_without_rows_is_an_error(
    server: FaultServer, service: MapService, body: bytes, error: type[Exception]
) -> None:
    server.route("/query", answer(body))
    with pytest.raises(error):
        service.query_layer(0)


@pytest.mark.parametrize(
    ("layer_id", "options"),
    [(-1, {}), (True, {}), ("0", {}), (0, {"out_fields": [3]}), (0, {"order_by": [""]})],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    server: FaultServer, service: MapService, layer_id: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError):
        service.query_layer(layer_id, **options)
    assert server.received == []


def test_the_embedded_service_answers_statistics_and_distinct_values() -> None:
    service = connect("sample:storms")
    field = "wind_kt"
    rows = service.query_layer(
        0, out_statistics=[Statistic("min", field, "low"), Statistic("max", field, "high")]
    )
    (row,) = rows.rows
    values = service.query_layer(0, out_fields=field, return_distinct_values=True, order_by=field).column(
        field
    )
    assert (row["low"], row["high"]) == (values[0], values[-1])
    assert list(values) == sorted(set(values))


DRAWN = DynamicLayer.model_validate(
    {
        "id": 101,
        "source": {"type": "mapLayer", "mapLayerId": 3},
        "definitionExpression": "POP > 5",
        "drawingInfo": {"transparency": 10},
    }
)
DESCRIBED = {
    "id": 101,
    "source": {"type": "mapLayer", "mapLayerId": 3},
    "definitionExpression": "POP > 5",
}


def test_a_dynamic_layer_is_described_and_brings_its_own_filter(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer/dynamicLayer", answer(json.dumps({"id": 101, "name": "Towns"}).encode()))
    server.route("/MapServer/dynamicLayer/query", answer(found({"NAME": "a"})))
    assert service.layer(DRAWN).name == "Towns"
    assert json.loads(asked(server)["layer"]) == DESCRIBED
    assert service.query_layer(DRAWN, out_fields="NAME").column("name") == ("a",)
    assert json.loads(asked(server)["layer"]) == DESCRIBED
    request = MapRequest(layer_defs={101: "never"}, gdb_version="v", dynamic_layers=(DRAWN,))
    service.features(DRAWN, where="KIND = 1", request=request)
    sent = asked(server)
    assert (sent["where"], sent["gdbVersion"]) == ("(KIND = 1)", "v")
    assert json.loads(sent["layer"]) == DESCRIBED
    assert "dynamicLayers" not in sent


def test_a_dynamic_layer_without_a_source_is_the_published_one_of_its_id(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer/dynamicLayer/query", answer(found()))
    service.query_layer(DynamicLayer(id=3))
    described = json.loads(asked(server)["layer"])
    assert described == {"id": 3, "source": {"type": "mapLayer", "mapLayerId": 3}}
