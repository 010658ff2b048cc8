"""What a service says about itself, fetched once, and layer by layer where it must be."""

from __future__ import annotations

import json

import pytest

from mapexplorer.client import MapService
from mapexplorer.protocol import ArcGISError, BadAnswer, ParameterError

from .faults import FaultServer, answer

ROOT = json.dumps(
    {
        "currentVersion": 10.91,
        "spatialReference": {"wkid": 102100},
        "layers": [
            {
                "id": 0,
                "name": "Group",
                "parentLayerId": -1,
                "type": "Group Layer",
                "defaultVisibility": False,
            },
            {
                "id": 1,
                "name": "Roads",
                "parentLayerId": 0,
                "type": "Feature Layer",
                "geometryType": "esriGeometryPolyline",
                "minScale": 1e6,
            },
        ],
    }
).encode()
LAYERS = json.dumps(
    {"layers": [{"id": 0, "name": "Group"}, {"id": 1, "name": "Roads"}], "tables": []}
).encode()


def paths(server: FaultServer) -> list[str]:
    return [request.path.rsplit("/", 1)[-1] for request in server.received]


def test_the_layers_are_a_table(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(ROOT))
    table = service.layers
    assert table["id"].tolist() == [0, 1]
    assert table["name"].tolist() == ["Group", "Roads"]
    assert table["type"].tolist() == ["Group Layer", "Feature Layer"]
    assert table["parent"].isna().tolist() == [True, False]
    assert table["visible"].tolist() == [False, True]
    assert table["min_scale"].tolist() == [0, 1e6]
    assert table["geometry_type"].isna().tolist() == [True, False]
    assert table["geometry_type"][1] == "esriGeometryPolyline"


def test_metadata_is_asked_for_once(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(ROOT))
    server.route("/layers", answer(LAYERS))
    for _ in range(3):
        assert service.info.current_version == 10.91
        assert [layer.name for layer in service.layer_infos] == ["Group", "Roads"]
        assert service.layer(1).name == "Roads"
    assert paths(server) == ["MapServer", "layers"]


@pytest.mark.parametrize(
    "script",
    [
        answer(b'{"error":{"code":400,"message":"Invalid URL"}}'),
        answer(b"", status="404 Not Found"),
        answer(b"<html></html>", "text/html"),
        answer(b'{"layers": []}'),
        answer(b'{"layers": 7}'),
        answer(b'{"layers": [' + b" " * 300_000 + b"]}"),
    ],
)
def test_layers_are_asked_for_one_by_one_where_they_are_not_listed(
    server: FaultServer, service: MapService, script: list[object]
) -> None:
    server.route("/MapServer", answer(ROOT))
    server.route("/layers", script)  # type: ignore[arg-type]
    server.route("/0", answer(b'{"id": 0, "name": "Group"}'))
    server.route("/1", answer(b'{"id": 1, "name": "Roads"}'))
    assert [layer.name for layer in service.layer_infos] == ["Group", "Roads"]
    assert paths(server) == ["layers", "MapServer", "0", "1"]


def test_a_layer_that_is_broken_on_the_server_does_not_hide_the_others(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer", answer(ROOT))
    server.route("/layers", answer(b'{"error":{"code":500,"message":"broken"}}'))
    server.route("/0", answer(b'{"id": 0, "name": "Group"}'))
    server.route("/1", answer(b'{"error":{"code":500,"message":"broken"}}'))
    first, second = service.layer_infos
    assert first.name == "Group"
    assert (second.id, second.name, second.type, second.min_scale) == (1, "Roads", "Feature Layer", 1e6)
    assert second.geometry_type == "esriGeometryPolyline"


def test_a_failure_is_not_remembered(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(b"", status="500 No"), answer(ROOT))
    with pytest.raises(Exception, match="500"):
        _ = service.info
    assert service.info.layers[1].name == "Roads"


def test_an_address_that_is_no_map_service_says_so(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(b'{"hello": "world"}'))
    with pytest.raises(BadAnswer, match="not as a map service"):
        _ = service.info


def test_a_layer_that_does_not_exist_is_the_error_of_the_service(
    server: FaultServer, service: MapService
) -> None:
    server.route("/9", answer(b'{"error":{"code":400,"message":"Invalid URL","details":[]}}'))
    with pytest.raises(ArcGISError, match="Invalid URL"):
        service.layer(9)


@pytest.mark.parametrize("layer_id", [-1, True, "1", 1.5, None])
def test_a_layer_id_is_a_whole_number(service: MapService, layer_id: object) -> None:
    with pytest.raises(ParameterError, match="layer_id"):
        service.layer(layer_id)  # type: ignore[arg-type]
