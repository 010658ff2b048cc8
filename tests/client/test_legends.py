"""Legends: the operation, the static one that stands in for it, and pictures that are clean."""

from __future__ import annotations

import base64
import io
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from PIL import Image

from mapexplorer.client import MapService
from mapexplorer.protocol import (
    ArcGISError,
    BadAnswer,
    MapExplorerError,
    ParameterError,
    ServerError,
    Timeout,
    TokenRequired,
    TooLarge,
)

from .conftest import IMPATIENT, picture
from .faults import FaultServer, Script, answer, sleep

BOX: dict[str, Any] = {"bbox": (0, 0, 200, 100), "bbox_sr": 3857, "size": (20, 10)}


def entry(**changes: Any) -> dict[str, Any]:
    whole = {
        "label": "road",
        "url": "abc",
        "imageData": base64.b64encode(picture()).decode(),
        "contentType": "image/png",
        "width": 20,
        "height": 10,
        "values": ["a", 2],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def legend(*entries: Any, **changes: Any) -> bytes:
    layer = {"layerId": 3, "layerName": "Roads", "layerType": "Feature Layer", "minScale": 0, "maxScale": 0}
    return json.dumps({"layers": [{**layer, "legend": list(entries), **changes}]}).encode()


INVALID_URL = answer(b'{"error":{"code":400,"message":"Invalid URL","details":[]}}')
STATIC = answer(legend(entry(label="static")))


def test_entries_come_with_clean_pictures(server: FaultServer, service: MapService) -> None:
    server.route("/queryLegends", answer(legend(entry())))
    result = service.query_legends(**BOX, return_visible_only=False, patch_size=(24, 12))
    found = result.layers[0].legend[0]
    assert (result.source, result.note) == ("queryLegends", None)
    assert (found.label, found.width, found.height, found.values) == ("road", 20, 10, ("a", 2))
    assert found.image_data is not None
    assert Image.open(io.BytesIO(base64.b64decode(found.image_data))).size == (20, 10)
    sent = server.received[0].fields
    assert (sent["size"], sent["patchSize"], sent["returnVisibleOnly"], sent["f"]) == (
        "20,10",
        "24,12",
        "false",
        "json",
    )
    assert "/queryLegends?" in result.url


def test_a_legend_becomes_a_table(server: FaultServer, service: MapService) -> None:
    groups = [{"id": "0", "heading": "Main roads"}]
    server.route("/queryLegends", answer(legend(entry(groupId="0"), entry(values=None), legendGroups=groups)))
    table = service.query_legends(**BOX).to_frame()
    assert list(table.columns) == [
        "layer_id",
        "layer_name",
        "layer_type",
        "group",
        "label",
        "values",
        "width",
        "height",
        "min_scale",
        "max_scale",
    ]
    assert table.loc[0, ["layer_id", "layer_name", "group", "width"]].tolist() == [
        3,
        "Roads",
        "Main roads",
        20,
    ]
    assert table["values"].tolist() == [["a", 2], None]
    assert len(table) == 2


def test_an_empty_legend_is_an_empty_table_with_the_same_columns(
    server: FaultServer, service: MapService
) -> None:
    server.route("/queryLegends", answer(legend()))
    result = service.query_legends(**BOX)
    assert result.layers[0].legend == ()
    assert result.to_frame().empty
    assert str(result.to_frame()["width"].dtype) == "Int64"


@pytest.mark.parametrize(
    "fault",
    [
        INVALID_URL,
        answer(b'{"error":{"code":404,"message":"Not found"}}'),
        answer(b'{"error":{"code":500,"message":"Error performing legend operation"}}'),
        answer(b"<html>not found</html>", "text/html", "404 Not Found"),
        answer(b"<html>no such method</html>", "text/html", "405 Method Not Allowed"),
        answer(b"<html>Services Directory</html>", "text/html"),
        answer(b'{"nothing": "here"}'),
    ],
)
def test_a_service_without_the_operation_gives_its_static_legend_and_says_so(
    server: FaultServer, service: MapService, fault: Script
) -> None:
    server.route("/MapServer", answer(b'{"currentVersion":11.4,"layers":[]}'))
    server.route("/queryLegends", fault)
    server.route("/legend", STATIC)
    result = service.query_legends(**BOX, dpi=144)
    assert result.source == "legend"
    assert result.layers[0].legend[0].label == "static"
    assert result.note is not None
    assert result.note.endswith(".")
    assert "complete legend" in result.note
    sent = server.received[-1].fields
    assert (sent["dpi"], "size" in sent, "bbox" in sent) == ("144", False, False)


@pytest.mark.parametrize("version", [10.0, 10.41, 10.7])
def test_an_old_service_is_not_asked_twice(server: FaultServer, service: MapService, version: float) -> None:
    server.route("/MapServer", answer(json.dumps({"currentVersion": version, "layers": []}).encode()))
    server.route("/queryLegends", answer(b'{"error":{"code":400,"message":"Unsupported operation"}}'))
    server.route("/legend", STATIC)
    assert "10.7.1" in (service.query_legends(**BOX).note or "")
    server.received.clear()
    assert service.query_legends(**BOX).source == "legend"
    assert [request.path.rsplit("/", 1)[-1] for request in server.received] == ["legend"]


def test_a_fault_of_the_request_does_not_hide_behind_the_static_legend(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer", answer(b'{"currentVersion":10.71,"layers":[]}'))
    server.route(
        "/queryLegends", answer(b'{"error":{"code":400,"message":"Bad","details":["layerDefs: no"]}}')
    )
    server.route("/legend", STATIC)
    with pytest.raises(ArcGISError, match="layerDefs"):
        service.query_legends(**BOX)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (answer(b'{"error":{"code":500,"message":"broken today"}}'), ArcGISError),
        (answer(b"<html></html>", "text/html"), BadAnswer),
        (answer(b"", status="500 No"), ServerError),
    ],
)
def test_an_operation_that_worked_before_fails_openly(
    server: FaultServer, service: MapService, fault: Script, kind: type[MapExplorerError]
) -> None:
    server.route("/queryLegends", answer(legend(entry())), fault)
    server.route("/legend", STATIC)
    service.query_legends(**BOX)
    with pytest.raises(kind):
        service.query_legends(**BOX)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ([sleep(3)], Timeout),
        (answer(b'{"error":{"code":499,"message":"Token Required"}}'), TokenRequired),
        (answer(b"", status="503 Busy"), ServerError),
    ],
)
def test_what_may_pass_does_not_change_the_legend(
    server: FaultServer, fault: Script, kind: type[MapExplorerError]
) -> None:
    service = MapService(server.url, limits=IMPATIENT)
    server.route("/queryLegends", fault)
    server.route("/legend", STATIC)
    with pytest.raises(kind):
        service.query_legends(**BOX)


def test_pictures_that_are_only_named_are_fetched(server: FaultServer, service: MapService) -> None:
    absolute = f"{server.origin}/arcgis/dynamic/images/xyz"
    server.route(
        "/queryLegends", answer(legend(entry(imageData=None), entry(imageData="", url=absolute, width=None)))
    )
    server.route("/3/images/abc", answer(picture(8, 9), "image/png"))
    server.route("/images/xyz", answer(picture(6, 7, "GIF"), "image/gif"))
    first, second = service.query_legends(**BOX).layers[0].legend
    assert (first.width, first.height, second.width, second.content_type) == (20, 10, 6, "image/png")
    assert first.image_data is not None
    assert second.image_data is not None
    assert Image.open(io.BytesIO(base64.b64decode(second.image_data))).format == "PNG"


@pytest.mark.parametrize(
    "changes",
    [
        {"imageData": "!!!"},
        {"imageData": base64.b64encode(picture()[:40]).decode()},
        {"imageData": base64.b64encode(b"<svg onload=alert(1)>").decode(), "contentType": "image/svg+xml"},
        {"imageData": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"contentType": 'image/png" onerror="alert(1)'},
        {"contentType": "text/html"},
        {"imageData": "A" * 1_600_000},
        {"imageData": None, "url": "../../../../etc/passwd"},
        {"imageData": None, "url": "http://169.254.169.254/latest"},
        {"imageData": None, "url": "file:///etc/passwd"},
        {"imageData": None, "url": "http://[broken"},
        {"imageData": base64.b64encode(picture(1100, 1000)).decode()},
    ],
)
def test_a_picture_that_cannot_be_trusted_is_left_out_and_counted(
    server: FaultServer, changes: dict[str, Any]
) -> None:
    service = MapService(server.url)
    server.route("/queryLegends", answer(legend(entry(**changes), entry(label="good"))))
    result = service.query_legends(**BOX)
    bad, good = result.layers[0].legend
    assert bad.image_data is None
    assert good.image_data is not None
    assert "One picture" in (result.note or "")
    assert [request.path for request in server.received if "passwd" in request.path] == [
        request.path for request in server.received if "%2F..%2Fetc%2Fpasswd" in request.path
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"layers": [None, 7, {}, {"legend": None}, {"layerId": "x", "legend": [None, {}, []]}]},
        {"layers": [{"layerId": 1, "legend": [{"label": None, "values": "x", "width": "NaN"}]}]},
        {
            "layers": [
                {"layerName": ["a"], "maxScale": "1.0000001E7", "legend": [{"label": 5, "imageData": 3}]}
            ]
        },
        {"layers": []},
    ],
)
def test_missing_and_odd_keys_are_survived(server: FaultServer, service: MapService, body: Any) -> None:
    server.route("/queryLegends", answer(json.dumps(body).encode()))
    result = service.query_legends(**BOX)
    assert result.to_frame() is not None
    assert result._repr_html_() is not None


def test_a_legend_without_end_is_refused(server: FaultServer, service: MapService) -> None:
    server.route("/queryLegends", answer(b'{"layers":[{"legend":[' + b"{}," * 20_000 + b"{}]}]}"))
    with pytest.raises(TooLarge):
        service.query_legends(**BOX)


def test_labels_show_as_text_in_a_notebook(server: FaultServer, service: MapService) -> None:
    attack = "<img src=x onerror=alert(1)>\"'&"
    server.route("/queryLegends", answer(legend(entry(label=attack), layerName=attack)))
    html = service.query_legends(**BOX)._repr_html_()
    tags: list[tuple[str, list[Any]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(html)
    assert [tag for tag, _ in tags] == ["p", "b", "ul", "li", "img"]
    assert all(dict(attrs).get("onerror") is None for _, attrs in tags)


def test_only_json_can_be_read_as_a_legend(server: FaultServer, service: MapService) -> None:
    with pytest.raises(ParameterError, match="f: "):
        service.query_legends(**BOX, f="image")
    assert server.received == []
