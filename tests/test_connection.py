"""From whatever names a map to a service: the same client code, with and without a network."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import geopandas
import pytest
import requests
from shapely.geometry import Point, Polygon

from mapexplorer.client import Limits, MapService
from mapexplorer.client.snippets import SAMPLES
from mapexplorer.connection import HOST, EmbeddedAdapter, connect, embedded_session, sample_names
from mapexplorer.protocol import (
    ArcGISError,
    DocumentError,
    MapExplorerError,
    ParameterError,
    SpatialReference,
)
from mapexplorer.protocol import Point as MapPoint

BOX: dict[str, Any] = {"bbox": (0, 0, 10, 10), "bbox_sr": 4326, "image_sr": 4326, "size": (60, 60)}


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is embedded may open a connection or look up a name."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def squares() -> geopandas.GeoDataFrame:
    shapes = [Polygon([(x, x), (x + 3, x), (x + 3, x + 3), (x, x + 3)]) for x in (0, 5)]
    return geopandas.GeoDataFrame({"name": ["a", "b"], "size": [1, 2]}, geometry=shapes, crs=4326)


def points() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"name": ["p"]}, geometry=[Point(5, 5)], crs=4326)


def document(folder: Path) -> dict[str, Any]:
    squares().to_file(folder / "squares.gpkg", driver="GPKG")
    return {
        "name": "Squares",
        "spatialReference": {"wkid": 4326},
        "layers": [
            {
                "id": 0,
                "name": "Squares",
                "type": "Feature Layer",
                "source": {"path": "squares.gpkg"},
                "drawingInfo": {
                    "renderer": {
                        "type": "simple",
                        "symbol": {"type": "esriSFS", "style": "esriSFSSolid", "color": [255, 0, 0, 255]},
                    }
                },
            }
        ],
    }


def assert_works(service: MapService, layers: list[str]) -> None:
    assert service.layers["name"].tolist() == layers
    result = service.export(**BOX)
    assert result.image.size == (60, 60)
    assert result.extent.numbers == (0, 0, 10, 10)
    assert len(result.image.convert("RGB").getcolors(10_000) or []) > 1
    legend = service.query_legends(**BOX)
    assert legend.source == "queryLegends"
    assert sorted(set(legend.to_frame()["layer_name"])) == sorted(layers)
    assert all(entry.image_data for layer in legend.layers for entry in layer.legend)


def test_a_geodataframe_is_a_map_with_one_layer() -> None:
    service = connect(squares())
    assert len(service.layers) == 1
    assert_works(service, service.layers["name"].tolist())


def test_names_and_geodataframes_are_a_map_with_several_layers() -> None:
    service = connect({"points": points(), "squares": squares()})
    assert_works(service, service.layers["name"].tolist())
    assert set(service.layers["name"]) == {"points", "squares"}


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("file", ["squares.gpkg", "squares.geojson", "squares.parquet", "squares.shp"])
def test_a_data_file_is_a_map(tmp_path: Path, kind: Callable[[Path], Any], file: str) -> None:
    path = tmp_path / file
    if path.suffix == ".parquet":
        squares().to_parquet(path)
    else:
        squares().to_file(path)
    assert_works(connect(kind(path)), ["squares"])


def test_a_map_document_is_served_from_its_file_and_from_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = document(tmp_path)
    path = tmp_path / "map.json"
    path.write_text(json.dumps(written))
    assert_works(connect(path), ["Squares"])
    monkeypatch.chdir(tmp_path)
    assert_works(connect(written), ["Squares"])
    assert_works(connect(str(tmp_path)), ["Squares"])


def test_every_sample_answers() -> None:
    assert sample_names()[0] == "storms"
    assert set(sample_names()) == SAMPLES
    for name in sample_names():
        service = connect(f"sample:{name}")
        assert len(service.layer_infos) == len(service.layers) > 0
        full = service.info.full_extent
        assert full is not None
        result = service.export(bbox=full, size=(80, 60))
        assert result.image.size == (80, 60)
        assert result.note is None
        assert service.query_legends(bbox=full, size=(80, 60)).source == "queryLegends"


def test_nothing_is_the_sample_of_storms() -> None:
    assert connect().url == connect("sample:storms").url == connect(" Sample:STORMS ").url


def test_a_service_stays_what_it_is() -> None:
    service = MapService("https://example.com/arcgis/rest/services/A/MapServer")
    assert connect(service) is service
    with pytest.raises(ParameterError, match="options"):
        connect(service, token="x")


def test_an_address_is_a_live_service_with_its_options() -> None:
    limits = Limits(total=3)
    service = connect(
        " https://example.com/arcgis/rest/services/A/MapServer/2?f=json ",
        token="x",
        referer="y",
        limits=limits,
    )
    assert service.url == "https://example.com/arcgis/rest/services/A/MapServer"
    assert service.secured
    assert service.limits is limits


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("https://example.com/arcgis/rest/services/A/FeatureServer", "FeatureServer"),
        ("https://example.com/", "MapServer"),
        ("ftp://example.com/MapServer", "http"),
        ("file:///etc/passwd", "http"),
        ("sample:moon", "storms"),
        ("sample:", "storms"),
        ("no-such-file.gpkg", "no-such-file"),
        ("", "address"),
        (7, "int"),
        ([squares()], "list"),
    ],
)
def test_what_names_no_map_is_refused_with_what_was_expected(target: Any, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        connect(target)


@pytest.mark.parametrize("target", [{}, {"layers": []}, {"a": 1}])
def test_a_mapping_that_is_no_map_names_its_fault(target: Any) -> None:
    with pytest.raises(DocumentError):
        connect(target)


@pytest.mark.parametrize(
    ("name", "value"),
    [("token", "x"), ("referer", "x"), ("session", requests.Session()), ("token_in", "form")],
)
def test_options_of_a_network_mean_nothing_to_an_embedded_map(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=name):
        connect(squares(), **{name: value})  # type: ignore[misc]


def test_a_folder_with_several_maps_asks_which_one(tmp_path: Path) -> None:
    written = document(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps({**written, "name": name}))
    with pytest.raises(ParameterError, match="one, two"):
        connect(tmp_path)


def test_an_error_of_the_embedded_service_is_the_same_as_over_a_network() -> None:
    service = connect(squares())
    with pytest.raises(ArcGISError) as caught:
        service.export(**BOX, layer_defs={0: "size >"})
    assert caught.value.code == 400
    with pytest.raises(ArcGISError):
        service.layer(99)
    assert service.export(**BOX, layer_defs={0: "size > 1"}).image.size == (60, 60)


def test_a_long_request_reaches_the_embedded_service_as_a_form() -> None:
    service = connect(squares())
    result = service.export(**BOX, layer_defs={0: f"name <> '{'x' * 3000}'"})
    assert result.call.method == "POST"
    assert result.image.size == (60, 60)


Environment = dict[str, Any]


def echo(environment: Environment, start_response: Any) -> Iterable[bytes]:
    seen = {name: value for name, value in environment.items() if isinstance(value, str)}
    seen["body"] = environment["wsgi.input"].read().decode()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Note", "a")])
    return [json.dumps(seen).encode()]


def test_the_adapter_gives_the_application_what_a_server_would() -> None:
    session = embedded_session(echo)
    answered = session.post(f"http://{HOST}/a%20b/ü?x=1&y=%2F", data={"k": "ä&b"}, headers={"X-Team": "maps"})
    seen = answered.json()
    assert answered.status_code == 200
    assert answered.headers["x-note"] == "a"
    assert seen["REQUEST_METHOD"] == "POST"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/a b/ü"
    assert seen["QUERY_STRING"] == "x=1&y=%2F"
    assert seen["body"] == "k=%C3%A4%26b"
    assert seen["CONTENT_LENGTH"] == str(len(seen["body"]))
    assert seen["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert seen["HTTP_X_TEAM"] == "maps"
    assert seen["HTTP_HOST"] == HOST


def test_an_application_that_breaks_is_one_sentence() -> None:
    def broken(environment: Environment, start_response: Any) -> Iterable[bytes]:
        raise RuntimeError("secret detail")

    service = MapService(
        f"http://{HOST}/a/MapServer", session=embedded_session(broken), limits=Limits(backoff=0)
    )
    with pytest.raises(MapExplorerError) as caught:
        _ = service.info
    assert "secret" not in str(caught.value)


def test_the_answer_of_an_application_is_closed() -> None:
    closed: list[bool] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(environment: Environment, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Body([b"a", b"b"])

    assert embedded_session(app).get(f"http://{HOST}/").content == b"ab"
    assert closed == [True]


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/",
        "https://embedded.invalid/",
        "http://embedded.invalid.example.com/",
        "http://embedded.invalid:81/",
        "http://127.0.0.1:9/",
        "ftp://embedded.invalid/",
    ],
)
def test_a_session_for_an_embedded_map_has_no_other_way_out(address: str) -> None:
    session = embedded_session(echo)
    with pytest.raises(requests.exceptions.InvalidSchema):
        session.get(address)
    assert [type(adapter) for adapter in session.adapters.values()] == [EmbeddedAdapter]


def test_an_embedded_service_cannot_be_sent_elsewhere_by_its_answers() -> None:
    def app(environment: Environment, start_response: Any) -> Iterable[bytes]:
        start_response("302 Found", [("Location", "http://169.254.169.254/latest")])
        return []

    service = MapService(f"http://{HOST}/a/MapServer", session=embedded_session(app))
    with pytest.raises(MapExplorerError, match="another origin"):
        _ = service.info


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name,lon,lat\na,7.5,51\nb,8,52\n", (7.5, 51.0)),
        ("Longitude,Latitude,seen\n7.5,51,2020-01-01T12:00:00\n", (7.5, 51.0)),
        ("X,Y\n7.5,51\n", (7.5, 51.0)),
        ('name,wkt\na,"POINT (7.5 51)"\n', (7.5, 51.0)),
    ],
)
def test_a_csv_file_with_coordinates_is_a_map_of_points(
    tmp_path: Path, text: str, place: tuple[float, float]
) -> None:
    file = tmp_path / "towns.csv"
    file.write_text(text)
    service = connect(file)
    (layer,) = service.layer_infos
    assert (layer.name, layer.geometry_type) == ("towns", "esriGeometryPoint")
    there = MapPoint(x=place[0], y=place[1], spatial_reference=SpatialReference(4326))
    assert service.features(0, geometry=there, count_only=True).count == 1


def test_a_csv_file_without_coordinates_says_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("what,price\na,5\n")
    with pytest.raises(DocumentError, match="expected columns called lon and lat"):
        connect(file)


@pytest.mark.parametrize("text", ["example.org/arcgis/rest/services/Roads/MapServer", "www.example.org"])
def test_an_address_without_its_beginning_is_told_apart_from_a_file(text: str) -> None:
    with pytest.raises(ParameterError, match="an address begins with https://"):
        connect(text)


def test_data_without_a_document_are_shown_with_a_margin(tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    file.write_text("lon,lat\n0,0\n10,20\n")
    info = connect(file).info
    assert info.full_extent is not None
    assert info.initial_extent is not None
    assert info.initial_extent.xmin < info.full_extent.xmin
    assert info.initial_extent.ymax > info.full_extent.ymax


ODD_NAMES = ('size "q"', "Population, total", '"all"', "a b desc")


def test_fields_are_found_whatever_their_names_hold() -> None:
    frame = geopandas.GeoDataFrame(
        {name: [2, 1] for name in ODD_NAMES}, geometry=[Point(0, 0), Point(1, 1)], crs=4326
    )
    service = connect({"Towns": frame})
    for name in ODD_NAMES:
        found = service.features(0, out_fields=["OBJECTID", name], order_by=[f"{name} ASC"])
        assert [row[name] for row in found.rows] == [1, 2], name
        assert list(found.rows[0]) == ["OBJECTID", name]
    found = service.features(0, out_fields=ODD_NAMES, order_by=[f'"{ODD_NAMES[1]}" DESC', "OBJECTID"])
    assert [field.name for field in found.fields] == list(ODD_NAMES)
