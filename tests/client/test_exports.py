"""Export: from the three kinds of answer to one result, placed by the right extent or not at all."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from mapexplorer.client import MapService, Timing
from mapexplorer.client.transport import on_received
from mapexplorer.protocol import (
    ArcGISError,
    BadAnswer,
    Cancelled,
    CorruptImage,
    Extent,
    MapRequest,
    ParameterError,
    ServerError,
    SpatialReference,
    TooLarge,
)

from .conftest import export_body, picture
from .faults import FaultServer, answer, close, forever, send

BOX: dict[str, Any] = {"bbox": (0, 0, 200, 100), "bbox_sr": 3857, "image_sr": 3857, "size": (20, 10)}
EXTENT = {
    "xmin": 0,
    "ymin": 0,
    "xmax": 200,
    "ymax": 100,
    "spatialReference": {"wkid": 102100, "latestWkid": 3857},
}
PNG = answer(picture(), "image/png")


def test_the_description_leads_to_the_picture(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(export_body()))
    server.route("/map.png", PNG)
    result = service.export(**BOX)
    assert (result.width, result.height, result.scale, result.note) == (20, 10, 37795.2, None)
    assert result.extent.numbers == (0, 0, 200, 100)
    assert result.extent.spatial_reference is not None
    assert result.extent.spatial_reference.code == 3857
    assert result.content == picture()
    assert result.image.size == (20, 10)
    assert result.image is result.image
    assert result._repr_png_() == picture()
    assert result._repr_html_() is None
    assert result._repr_jpeg_() is None
    assert result.timing.bytes == len(export_body()) + len(picture())
    assert 0 < result.timing.waiting < result.timing.total
    assert result.request == MapRequest(**BOX)
    assert [request.fields.get("f") for request in server.received] == ["json", None]


def test_a_request_can_be_given_and_changed(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(export_body()))
    server.route("/map.png", PNG)
    result = service.export(MapRequest(**BOX), dpi=192, transparent=True)
    assert result.request == MapRequest(**BOX, dpi=192, transparent=True)
    assert server.received[0].fields["dpi"] == "192"
    with pytest.raises(ParameterError, match="request"):
        service.export("bbox=1,2,3,4")  # type: ignore[arg-type]


def test_an_embedded_picture_needs_no_second_request(server: FaultServer, service: MapService) -> None:
    data = base64.b64encode(picture()).decode()
    server.route("/export", answer(export_body(href=None, imageData=data, contentType="image/png")))
    assert service.export(**BOX).content == picture()
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("data", "media_type", "error"),
    [
        (base64.b64encode(b"<svg/>").decode(), "image/svg+xml", BadAnswer),
        (base64.b64encode(picture()).decode(), 'image/png" onerror="alert(1)', BadAnswer),
        (base64.b64encode(picture()).decode(), "text/html", BadAnswer),
        (base64.b64encode(b"<svg/>").decode(), "image/png", BadAnswer),
        (base64.b64encode(picture()[:-20]).decode(), "image/png", CorruptImage),
        ("!!!!", "image/png", CorruptImage),
    ],
)
def test_a_hostile_embedded_picture_is_refused(
    server: FaultServer, service: MapService, data: str, media_type: str, error: type[Exception]
) -> None:
    server.route("/export", answer(export_body(href=None, imageData=data, contentType=media_type)))
    with pytest.raises(error):
        service.export(**BOX)


@pytest.mark.parametrize(
    "href",
    [
        None,
        "",
        7,
        "http://10.0.0.1/arcgisoutput/map.png",
        "https://internal-host:6443/arcgis/map.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//elsewhere.invalid/map.png",
        "http://[broken/map.png",
        "http://user:secret@127.0.0.1/map.png",
        "data:image/png;base64,AAAA",
    ],
)
def test_an_href_that_cannot_be_followed_leads_to_one_request_for_the_picture(
    server: FaultServer, service: MapService, href: Any
) -> None:
    server.route("/export", answer(export_body(href=href)), PNG)
    result = service.export(**BOX)
    assert result.content == picture()
    assert result.note is not None
    assert "f=image" in result.note
    assert [request.fields["f"] for request in server.received] == ["json", "image"]


@pytest.mark.parametrize(
    "script",
    [
        answer(b"", status="404 Not Found"),
        answer(b"<html>gone</html>", "text/html"),
        answer(picture()[:-9], "image/png"),
        answer(b'{"error":{"code":499,"message":"Token Required"}}'),
        answer(b"", status="302 Found", headers=[("Location", "http://elsewhere.invalid/")]),
        [close()],
    ],
)
def test_an_href_that_has_expired_leads_to_one_more_request_with_the_returned_extent(
    server: FaultServer, service: MapService, script: Any
) -> None:
    extent = {"xmin": -50, "ymin": 0, "xmax": 150, "ymax": 100, "spatialReference": {"wkid": 3035}}
    server.route("/export", answer(export_body(extent=extent)), PNG)
    server.route("/map.png", script)
    result = service.export(**{**BOX, "map_scale": 5000, "rotation": 30, "image_sr": 3035})
    again = server.received[-1].fields
    assert again["f"] == "image"
    assert again["bbox"] == "-50,0,150,100"
    assert (again["bboxSR"], again["imageSR"], again["size"], again["rotation"]) == (
        "3035",
        "3035",
        "20,10",
        "30",
    )
    assert "mapScale" not in again
    assert result.extent.numbers == (-50, 0, 150, 100)


def test_the_second_failure_is_final(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(export_body()), answer(b"", status="500 No"))
    server.route("/map.png", answer(b"", status="404 No"))
    with pytest.raises(ServerError):
        service.export(**BOX)
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "extent",
    [
        None,
        {},
        "0,0,1,1",
        {**EXTENT, "xmin": None},
        {**EXTENT, "xmin": "NaN"},
        {**EXTENT, "ymax": float("nan")},
        {**EXTENT, "ymax": float("inf")},
        {**EXTENT, "ymax": 1e300},
        {**EXTENT, "xmin": 200},
        {**EXTENT, "xmin": True},
    ],
)
def test_an_unusable_extent_is_computed_from_the_request(
    server: FaultServer, service: MapService, extent: Any
) -> None:
    server.route("/export", answer(export_body(extent=extent)))
    server.route("/map.png", PNG)
    result = service.export(**{**BOX, "bbox": (0, 0, 100, 100)})
    assert result.extent == Extent(-50, 0, 150, 100, SpatialReference(3857))
    assert "extent" in (result.note or "")


@pytest.mark.parametrize(
    "changes",
    [{"image_sr": 3035}, {"map_scale": 5e6}, {"bbox": None}, {"image_sr": None}, {"bbox_sr": None}],
)
def test_an_extent_that_nothing_tells_is_an_error_and_never_a_guess(
    server: FaultServer, service: MapService, changes: dict[str, Any]
) -> None:
    server.route("/export", answer(export_body(extent=None)))
    server.route("/map.png", PNG)
    server.route("/MapServer", answer(b'{"layers":[],"spatialReference":{"wkid":4326}}'))
    with pytest.raises(BadAnswer, match="extent"):
        service.export(**{**BOX, **changes})


def test_the_spatial_reference_of_the_map_stands_in_where_it_is_known(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer", answer(b'{"layers":[],"spatialReference":{"wkid":102100}}'))
    server.route("/export", PNG)
    result = service.export(bbox=(0, 0, 200, 100), bbox_sr=3857, size=(20, 10), f="image")
    assert result.extent.spatial_reference is not None
    assert result.extent.spatial_reference.code == 3857


@pytest.mark.parametrize(
    ("box", "size", "frame"),
    [
        ((-127.8, 15.4, -63.5, 60.5), (400, 400), (-127.8, 5.8, -63.5, 70.1)),
        ((-115.8, 30.4, -85.5, 50.5), (800, 600), (-115.8, 29.0875, -85.5, 51.8125)),
        ((-180, -90, 180, 90), (800, 600), (-180, -135, 180, 135)),
        ((0, 0, 1000, 0), (400, 400), (0, -500, 1000, 500)),
        ((0, 0, 1000, 500), (800, 200), (-500, 0, 1500, 500)),
    ],
)
def test_the_computed_frame_is_the_one_of_the_service(
    server: FaultServer, service: MapService, box: Any, size: Any, frame: Any
) -> None:
    server.route("/export", answer(picture(*size), "image/png"))
    result = service.export(bbox=box, bbox_sr=4326, image_sr=4326, size=size, f="image")
    assert result.extent.numbers == pytest.approx(frame, abs=1e-9)


@pytest.mark.parametrize(
    ("extent", "numbers", "code"),
    [
        ({**EXTENT, "xmin": 200, "xmax": 0, "ymin": 100, "ymax": 0}, (0, 0, 200, 100), 3857),
        ({**EXTENT, "xmin": "0", "xmax": "2.0E2"}, (0, 0, 200, 100), 3857),
        ({**EXTENT, "spatialReference": None}, (0, 0, 200, 100), 3857),
        ({**EXTENT, "spatialReference": {"wkid": 4326}}, (0, 0, 200, 100), 4326),
    ],
)
def test_an_odd_extent_is_read_as_it_is_meant(
    server: FaultServer, service: MapService, extent: Any, numbers: Any, code: int
) -> None:
    server.route("/export", answer(export_body(extent=extent)))
    server.route("/map.png", PNG)
    result = service.export(**BOX)
    assert result.extent.numbers == numbers
    assert result.extent.spatial_reference is not None
    assert result.extent.spatial_reference.code == code
    assert ("another spatial reference" in (result.note or "")) == (code == 4326)


def test_another_size_than_announced_is_noted_and_placed_by_the_extent(
    server: FaultServer, service: MapService
) -> None:
    server.route("/export", answer(export_body(width=400, height=200)))
    server.route("/map.png", PNG)
    result = service.export(**{**BOX, "size": (400, 200)})
    assert (result.width, result.height) == (20, 10)
    assert "20 × 10 pixels instead of 400 × 200" in (result.note or "")
    assert result.extent.numbers == (0, 0, 200, 100)


@pytest.mark.parametrize(("scale", "read"), [("1.5E6", 1.5e6), (None, None), ("NaN", None), ({}, None)])
def test_a_scale_is_read_or_missing(server: FaultServer, service: MapService, scale: Any, read: Any) -> None:
    server.route("/export", answer(export_body(scale=scale)))
    server.route("/map.png", PNG)
    assert service.export(**BOX).scale == read


def test_short_requests_go_by_get_and_long_ones_as_a_form(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(export_body()))
    server.route("/map.png", PNG)
    bare = len(service.export(**BOX, gdb_version="x").call.url)
    for length, method in [(2000, "GET"), (2001, "POST"), (9000, "POST")]:
        server.received.clear()
        result = service.export(**BOX, gdb_version="x" * (length - bare + 1))
        assert server.received[0].method == method == result.call.method
        assert len(server.received[0].fields["gdbVersion"]) == length - bare + 1
        assert len(result.url) == length
        assert urlsplit(result.url).path.endswith("/MapServer/export")


@pytest.mark.parametrize(("name", "value"), [("f", "html"), ("size", 5000), ("no_such", 1), ("dpi", -1)])
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    server: FaultServer, service: MapService, name: str, value: Any
) -> None:
    with pytest.raises(ParameterError, match=name):
        service.export(**{**BOX, name: value})
    assert server.received == []


def test_a_picture_beyond_the_byte_budget_is_not_asked_for_again(
    server: FaultServer, service: MapService
) -> None:
    server.route("/export", answer(export_body()))
    server.route("/map.png", answer(b"\x89PNG\r\n\x1a\n" + b"x" * 600_000, "image/png"))
    with pytest.raises(TooLarge):
        service.export(**BOX)
    assert len(server.received) == 2


def test_an_envelope_instead_of_the_picture_is_the_error_of_the_service(
    server: FaultServer, service: MapService
) -> None:
    body = {"error": {"code": 400, "message": "Invalid or missing input parameters.", "details": ["imageSR"]}}
    server.route("/export", answer(json.dumps(body).encode(), "image/tiff"))
    with pytest.raises(ArcGISError, match="imageSR"):
        service.export(**BOX, f="image")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_notebook_shows_the_picture_in_one_form(
    server: FaultServer, service: MapService, kind: str
) -> None:
    server.route("/export", answer(picture(kind=kind), "image/png"))
    result = service.export(**BOX, f="image")
    shown = [result._repr_png_(), result._repr_jpeg_(), result._repr_html_()]
    assert [form is None for form in shown] == [kind == "JPEG", kind != "JPEG", True]
    assert result.data_uri.startswith(f"data:image/{kind.lower()};base64,")


def test_a_document_shows_as_a_line_of_text(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(b"%PDF-1.7 <script>alert(1)</script>", "application/pdf"))
    result = service.export(**BOX, f="image", format="pdf")
    assert result._repr_html_() == "<p>A map as application/pdf, 34 bytes.</p>"


def test_times_add_up() -> None:
    assert Timing(1, 2, 3, 4) + Timing(10, 20, 30, 40) == Timing(11, 22, 33, 44)


def test_a_service_that_does_not_describe_itself_does_not_spoil_a_picture(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer", answer(b"", status="500 No"))
    server.route("/export", PNG)
    result = service.export(bbox=(0, 0, 200, 100), size=(20, 10), f="image")
    assert result.extent == Extent(0, 0, 200, 100, None)


KMZ = b"PK\x03\x04" + bytes(400)


def test_a_kmz_is_handed_on_as_it_came(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(KMZ, "application/vnd.google-earth.kmz"))
    result = service.export(**BOX, f="kmz")
    assert (result.content, result.content_type) == (KMZ, "application/vnd.google-earth.kmz")
    assert [request.fields["f"] for request in server.received] == ["kmz"]
    with pytest.raises(BadAnswer, match="no pixels"):
        result.image  # noqa: B018 - raises


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (answer(b"<html>no</html>", "text/html"), BadAnswer),
        (answer(b'{"error": {"code": 400, "message": "Invalid format"}}'), ArcGISError),
        (PNG, BadAnswer),
    ],
)
def test_what_is_no_kmz_is_refused(
    server: FaultServer, service: MapService, sent: Any, error: type[Exception]
) -> None:
    server.route("/export", sent)
    with pytest.raises(error):
        service.export(**BOX, f="kmz")


@pytest.mark.parametrize("announced", [True, False])
def test_the_bytes_that_come_are_told_and_their_number_where_it_is_announced(
    server: FaultServer, service: MapService, announced: bool
) -> None:
    content = picture(400, 300)
    server.route("/export", answer(content, "image/png", length=None if announced else -1))
    heard: list[tuple[int, int | None]] = []
    token = on_received.set(lambda come, total: heard.append((come, total)))
    try:
        service.export(**BOX, f="image")
    finally:
        on_received.reset(token)
    assert heard[-1] == (len(content), len(content) if announced else None)


def test_an_answer_that_is_not_wanted_any_more_ends_the_call_for_good(
    server: FaultServer, service: MapService
) -> None:
    server.route(
        "/export", [send(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"), forever(b"x" * 4096)]
    )
    heard: list[int] = []

    def enough(come: int, total: int | None) -> bool:
        heard.append(come)
        return come < 100_000

    token = on_received.set(enough)
    try:
        with pytest.raises(Cancelled):
            service.export(**BOX, f="image")
    finally:
        on_received.reset(token)
    assert 100_000 <= heard[-1] < 512 * 1024
    assert len(server.received) == 1
