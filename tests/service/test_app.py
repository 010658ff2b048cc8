"""The service over WSGI: operations, forms of the answer, envelopes, and who is answered at all."""

import io
import json
import re
import threading

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import Client

from mapexplorer.protocol import ServiceFault
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.limits import Limits, Turnstile
from mapexplorer.service.operations import export
from mapexplorer.service.outputs import Outputs
from tests.service.conftest import BLUE, RED, box, collection, fill, layer, marker, point, simple

FILES = {
    "areas.geojson": collection(
        (box(0, 0, 1000, 1000), {"KIND": "a"}), (box(2000, 0, 3000, 1000), {"KIND": "b"})
    ),
    "towns.geojson": collection((point(500, 500), {"NAME": "<img src=x onerror=alert(1)>", "POP": 5})),
}
LAYERS = [
    layer(0),
    layer(1, "towns.geojson", simple(marker(RED)), parentLayerId=0),
    layer(2, "areas.geojson", simple(fill(BLUE))),
]
FRAME = {"bbox": "0,0,1000,1000", "size": "40,30"}


@pytest.fixture
def service(serve):
    return serve(LAYERS, FILES)


def test_json_tells_where_the_picture_is_and_what_it_shows(service):
    body = service.json("export", **FRAME)
    assert body["width"] == 40
    assert body["height"] == 30
    assert body["scale"] == pytest.approx(1000 / 30 * 39.37 * 96)
    assert body["extent"]["xmin"] == pytest.approx(-166.6667, abs=1e-3)
    assert body["extent"]["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert re.fullmatch(r"http://localhost/arcgis/output/[0-9a-f]{32}\.png", body["href"])


@pytest.mark.parametrize("format_", ["png", "png8", "png24", "png32", "jpg", "gif", "bmp"])
@pytest.mark.parametrize("transparent", ["true", "false"])
def test_href_gives_the_bytes_of_f_image(service, format_, transparent):
    asked = {**FRAME, "format": format_, "transparent": transparent}
    direct = service.get("export", **asked, f="image")
    behind = service.client.get(service.json("export", **asked)["href"])
    assert behind.data == direct.data
    assert behind.content_type == direct.content_type


@pytest.mark.parametrize(
    ("format_", "content_type", "kind", "start"),
    [
        ("png", "image/png", "PNG", b"\x89PNG\r\n\x1a\n"),
        ("PNG8", "image/png", "PNG", b"\x89PNG\r\n\x1a\n"),
        ("png24", "image/png", "PNG", b"\x89PNG\r\n\x1a\n"),
        ("png32", "image/png", "PNG", b"\x89PNG\r\n\x1a\n"),
        ("jpg", "image/jpeg", "JPEG", b"\xff\xd8\xff"),
        ("gif", "image/gif", "GIF", b"GIF8"),
        ("bmp", "image/bmp", "BMP", b"BM"),
    ],
)
def test_every_advertised_format_is_given_in_the_size_asked(service, format_, content_type, kind, start):
    answer = service.get("export", bbox="0,0,1000,1000", size="61,47", format=format_, f="image")
    assert answer.content_type == content_type
    assert answer.data.startswith(start)
    picture = Image.open(io.BytesIO(answer.data))
    assert (picture.format, picture.size) == (kind, (61, 47))
    assert format_.upper() in service.json()["supportedImageFormatTypes"].split(",")


@pytest.mark.parametrize(
    ("format_", "content_type", "start"),
    [
        ("svg", "image/svg+xml", b"<?xml "),
        ("SVGZ", "image/svg+xml", b"\x1f\x8b"),
        ("pdf", "application/pdf", b"%PDF-"),
        ("ps", "application/postscript", b"%!PS"),
        ("emf", "image/emf", b"\x01\0\0\0"),
    ],
)
def test_vector_files_are_given_as_they_are_and_the_same_behind_href(service, format_, content_type, start):
    asked = {"bbox": "0,0,1000,1000", "size": "61,47", "format": format_}
    answer = service.client.get(
        f"{service.path}/export", query_string={**asked, "f": "image"}, headers={"Accept-Encoding": "gzip"}
    )
    assert answer.content_type == content_type
    assert answer.data.startswith(start)
    assert "Content-Encoding" not in answer.headers
    assert format_.upper() in service.json()["supportedImageFormatTypes"].split(",")
    href = service.json("export", **asked)["href"]
    assert href.endswith(f".{format_.lower()}")
    behind = service.client.get(href.removeprefix("http://localhost"))
    assert (behind.data, behind.content_type) == (answer.data, answer.content_type)


def test_a_page_that_opens_an_svg_lets_it_load_nothing_but_its_own_pictures(service):
    answer = service.get("export", bbox="0,0,1000,1000", format="svg", f="image")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; img-src data:; sandbox"


def test_the_default_size_is_400(service):
    assert service.picture(bbox="0,0,1000,1000").shape == (400, 400, 4)


def test_filters_and_layers_reach_the_picture(service):
    plain = service.picture(**FRAME)
    assert tuple(plain[15, 20]) == tuple(RED)
    assert tuple(plain[15, 10]) == tuple(BLUE)
    assert tuple(service.picture(**FRAME, layers="hide:0")[15, 20]) == tuple(BLUE)
    assert tuple(service.picture(**FRAME, layerDefs='{"2":"KIND=\'b\'"}')[15, 10]) == (255, 255, 255, 255)


@pytest.mark.parametrize("multipart", [False, True])
def test_post_means_the_same_as_get(service, multipart):
    asked = {**FRAME, "layerDefs": '{"1":"POP > 10"}', "f": "image"}
    kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
    posted = service.client.post(f"{service.path}/export", data=asked, content_type=kind)
    assert posted.data == service.get("export", **asked).data


def test_the_query_of_a_post_is_read_before_its_form(service):
    answer = service.client.post(
        f"{service.path}/export?f=image&size=10,10&bbox=0,0,1,1", data={"size": "30,20"}
    )
    assert Image.open(io.BytesIO(answer.data)).size == (30, 20)


@pytest.mark.parametrize(
    ("query", "size", "kind"),
    [
        ("format=png32&FORMAT=JPG", (40, 30), "JPEG"),
        ("SIZE=50,50", (50, 50), "PNG"),
        ("size=50,50&size=", (400, 400), "PNG"),
        ("size=&dpi=", (400, 400), "PNG"),
        ("foo=1&_ts=5&callback=x&timeOptions=1", (40, 30), "PNG"),
        ("transparent=True&layers=show:&time=&layerRangeValues=&dynamicLayers=&gdbVersion=", (40, 30), "PNG"),
        ("size=%2050%20,%2050", (50, 50), "PNG"),
        ("size=64", (64, 64), "PNG"),
    ],
)
def test_names_are_folded_the_last_wins_empty_is_absent_unknown_is_ignored(service, query, size, kind):
    answer = service.client.get(f"{service.path}/export?bbox=0,0,1000,1000&f=image&size=40,30&{query}")
    picture = Image.open(io.BytesIO(answer.data))
    assert (picture.size, picture.format) == (size, kind)


def test_dpi_repeated_in_another_case_takes_the_last(service):
    answer = service.client.get(f"{service.path}/export?bbox=0,0,1000,1000&f=json&DPI=96&dpi=90")
    assert json.loads(answer.data)["scale"] == pytest.approx(1000 / 400 * 39.37 * 90)


def test_selections_are_no_parameter_of_a_legend(service):
    assert "layers" in service.json("queryLegends", selectionDefinitions="{nonsense")


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"bbox": ""}, "bbox"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "1,2,3,4,5"}, "bbox"),
        ({"bbox": "1,2,3,NaN"}, "bbox"),
        ({"bbox": "5,5,5,5"}, "bbox"),
        ({"bboxSR": "999999"}, "bboxSR"),
        ({"imageSR": "999999"}, "imageSR"),
        ({"imageSR": "EPSG:4326"}, "imageSR"),
        ({"size": "0,5"}, "size"),
        ({"size": "2.5,5"}, "size"),
        ({"size": "4097,5"}, "size"),
        ({"size": "5,4097"}, "size"),
        ({"dpi": "0"}, "dpi"),
        ({"dpi": "1201"}, "dpi"),
        ({"dpi": "1e308"}, "dpi"),
        ({"mapScale": "0"}, "mapScale"),
        ({"mapScale": "-5"}, "mapScale"),
        ({"rotation": "NaN"}, "rotation"),
        ({"format": "tiff"}, "format"),
        ({"transparent": "yes"}, "transparent"),
        ({"layers": "show:1,,2"}, "layers"),
        ({"layers": "show:a"}, "layers"),
        ({"layers": "show:1.5"}, "layers"),
        ({"layers": "top:1"}, "layers"),
        ({"f": "xml"}, "f"),
        ({"dynamicLayers": "[object Object]"}, "dynamicLayers"),
    ],
)
def test_a_bad_value_is_refused_by_name(service, parameters, name):
    details = service.fault(**{**FRAME, **parameters})
    assert any(detail.startswith(f"{name}:") for detail in details), details


def test_the_oversize_detail_names_the_limit(service):
    assert "maxImageWidth" in service.fault(bbox="0,0,1,1", size="5000,10")[0]


def test_every_fault_adds_a_line(service):
    details = service.fault(bbox="1,2", size="0", dpi="-1", layers="x:1")
    assert [detail.partition(":")[0] for detail in details] == ["bbox", "size", "dpi", "layers"]


def test_memory_is_bounded_before_anything_is_drawn(serve):
    service = serve(LAYERS, FILES, maxImageWidth=100_000, maxImageHeight=100_000)
    assert "pixels" in service.fault(bbox="0,0,1,1", size="20000,20000")[0]


def test_an_error_for_an_image_is_short_json_with_http_200(service):
    answer = service.get(
        "export", bbox="1,2", layerDefs=json.dumps({"1": "x = '" + "<" * 900 + "'"}), f="image"
    )
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert len(answer.data) <= 750
    assert json.loads(answer.data)["error"]["code"] == 400


@pytest.mark.parametrize("form", ["json", "pjson", "image", "<b>", "kmz"])
def test_markup_of_the_request_never_comes_back_raw(service, form):
    attack = "<script>alert(1)</script>&"
    answer = service.get(
        "export",
        bbox=attack,
        format=attack,
        layerDefs=json.dumps({"1": f'"{attack}" = 1'}),
        f=form,
        time=attack,
    )
    assert b"<" not in answer.data
    assert b"&" not in answer.data


@pytest.mark.parametrize("form", ["json", "pjson"])
def test_markup_in_data_is_escaped_in_json(service, form):
    answer = service.get("layers", f=form)
    assert b"<img" not in answer.data


@pytest.mark.parametrize(
    "resource",
    ["nothing", "export/x", "99", "1/x", "1/images/x", "legend/1", "01x", "1/query/x", "identify/1"],
)
def test_an_unknown_resource_is_an_invalid_url(service, resource):
    body = service.json(resource)
    assert body["error"]["code"] == 400
    assert body["error"]["message"] == "Invalid URL"


def test_an_unknown_service_is_told_without_its_name(service):
    answer = service.client.get("/arcgis/rest/services/%3Cb%3E/MapServer?f=json")
    assert answer.status_code == 200
    assert json.loads(answer.data)["error"]["message"] == "Service not found"
    assert b"<b>" not in answer.data


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/arcgis", "/arcgis/output/none.png", "/../etc/passwd"]
)
def test_other_addresses_are_not_found(service, path):
    answer = service.client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/json")


def test_resources_answer_with_a_trailing_slash_pretty_and_by_post(service):
    plain = service.json()
    assert json.loads(service.client.get(f"{service.path}/?f=json&pretty=true").data) == plain
    assert json.loads(service.client.post(service.path, data={"f": "pjson"}).data) == plain
    assert service.client.get("/arcgis/rest/info?f=json").json["currentVersion"] == 11.4
    assert service.client.get("/arcgis/rest/services?f=json").json["services"] == [
        {"name": "test", "type": "MapServer"}
    ]


def test_pjson_is_the_same_indented(service):
    pretty = service.get("queryLegends", f="pjson", **FRAME)
    assert b"\n" in pretty.data
    assert json.loads(pretty.data) == service.json("queryLegends", **FRAME)


def test_a_legend_follows_the_same_filters_as_the_picture(service):
    body = service.json("queryLegends", **FRAME, layerDefs='{"1":"POP > 10"}', layers="show:1,2")
    assert [(found["layerId"], len(found["legend"])) for found in body["layers"]] == [(1, 0), (2, 1)]
    assert len(service.json("queryLegends", layers="show:1")["layers"][0]["legend"]) == 1


def test_a_legend_needs_no_bbox_but_checks_what_is_given(service):
    assert [found["layerId"] for found in service.json("queryLegends", size="12,12")["layers"]] == [1, 2]
    assert "bboxSR" in service.fault("queryLegends", bboxSR="999999")[0]
    assert "bbox" in service.fault("queryLegends", bbox="1,2,3")[0]


@pytest.mark.parametrize("resource", ["queryLegends", "legend"])
def test_an_enormous_resolution_of_a_legend_is_refused_by_name(service, resource):
    assert service.fault(resource, dpi="1e308")[0].startswith("dpi:")


@pytest.mark.parametrize("patch", ["0", "-1,5", "257", "5,257", "a", "1,2,3"])
def test_a_bad_patch_size_is_refused_by_name(service, patch):
    assert service.fault("queryLegends", patchSize=patch)[0].startswith("patchSize:")


def test_a_swatch_is_behind_the_url_of_its_entry(service):
    import base64

    for resource in ("queryLegends", "legend"):
        entry = service.json(resource)["layers"][0]["legend"][0]
        answer = service.get(f"1/images/{entry['url']}")
        assert answer.content_type == "image/png"
        assert answer.data == base64.b64decode(entry["imageData"])


def test_the_legend_resource_takes_dpi_and_the_size_of_a_patch(service):
    entry = service.json("legend", dpi="192", size="30,10")["layers"][1]["legend"][0]
    assert (entry["width"], entry["height"]) == (30, 10)
    assert service.json("legend")["layers"][1]["legend"][0]["width"] == 20
    assert "size" in service.fault("legend", size="9999")[0]


def test_a_large_geometry_is_taken(service):
    angle = np.linspace(0, 2 * np.pi, 90_001)
    ring = np.column_stack([5 + 4 * np.cos(angle), 5 + 4 * np.sin(angle)]).round(9)
    ring[-1] = ring[0]
    shape = {"geometryType": "esriGeometryPolygon", "geometry": {"rings": [ring.tolist()]}}
    asked = {**FRAME, "clipping": json.dumps(shape), "f": "json"}
    assert len(asked["clipping"]) > 2_000_000
    assert "href" in service.client.post(f"{service.path}/export", data=asked).json


@pytest.mark.parametrize("method", ["get", "post"])
def test_more_parameters_than_there_can_be_are_refused(service, method):
    many = {f"p{number}": "1" for number in range(1_001)}
    sent = {"query_string": many} if method == "get" else {"data": many}
    answer = getattr(service.client, method)(f"{service.path}/export", **sent).json
    assert answer["error"]["message"] == "The request has more than 1000 parameters."


def test_head_and_options_have_no_body(service):
    head = service.client.head(f"{service.path}?f=json")
    assert (head.status_code, head.data) == (200, b"")
    options = service.client.options(service.path)
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert service.client.delete(service.path).status_code == 405


def test_no_answer_may_be_sniffed_or_read_by_other_pages(service):
    for answer in (
        service.get(f="json"),
        service.get("export", **FRAME, f="image"),
        service.client.get("/x"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_long_queries_and_bodies_are_refused(service):
    assert service.client.get(f"{service.path}?x={'y' * 70_000}").json["error"]["code"] == 413
    long = service.client.post(f"{service.path}/export", data={"bbox": "1" * 8_400_000, "f": "json"}).json
    assert (long["error"]["code"], long["error"]["message"]) == (
        413,
        "The request is too large: its body is over 8 MiB.",
    )
    bbox = "0,0," + "0" * 60_000 + "1,1"
    assert (
        service.client.post(f"{service.path}/export", data={"bbox": bbox, "f": "json"}).json["width"] == 400
    )


def test_only_the_named_hosts_are_answered(service):
    app = MapServiceApp({"test": service.catalog}, hosts=["127.0.0.1:8000", "localhost:8000"])
    client = Client(app)
    for host, status in [
        ("127.0.0.1:8000", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8001", 403),
        ("127.0.0.1", 403),
        ("127.0.0.1.evil.com:8000", 403),
        ("127.0.0.1:8000.evil.com", 403),
        ("localhost.:8000", 403),
        ("evil.com", 403),
        ("[::1]:8000", 403),
    ]:
        assert client.get("/arcgis/rest/info", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize("host", ["a b", "x/y", 'x"><script>', "x:y", "a@b", ".x"])
def test_a_host_that_is_no_name_is_not_put_into_an_href(service, host):
    answer = service.client.get(f"{service.path}/export?bbox=0,0,1,1&f=json", headers={"Host": host})
    assert answer.status_code == 403


def test_only_named_origins_may_read(service):
    client = Client(MapServiceApp({"test": service.catalog}, cors=["https://maps.example"]))
    allowed = client.get("/arcgis/rest/info", headers={"Origin": "https://maps.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://maps.example"
    for origin in ("https://evil.example", "null", "https://maps.example.evil.com"):
        assert (
            "Access-Control-Allow-Origin"
            not in client.get("/arcgis/rest/info", headers={"Origin": origin}).headers
        )


def test_a_token_is_ignored_unless_the_service_asks_for_one(service):
    assert "mapName" in service.json(token="anything")
    client = Client(MapServiceApp({"test": service.catalog}, token="secret"))
    assert client.get(f"{service.path}?f=json").json["error"]["code"] == 499
    assert client.get(f"{service.path}?f=json&token=wrong").json["error"]["code"] == 498
    assert "mapName" in client.get(f"{service.path}?f=json&Token=secret").json
    header = {"X-Esri-Authorization": "Bearer secret"}
    assert "mapName" in client.get(f"{service.path}?f=json", headers=header).json


def test_an_internal_fault_is_told_to_the_log_alone(service, monkeypatch, caplog):
    def explode(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("mapexplorer.service.operations.build_view", explode)
    body = service.json("export", **FRAME)
    assert body["error"]["code"] == 500
    assert "secret" not in json.dumps(body)
    assert "/secret/path" in caplog.text


def test_many_requests_at_once_give_the_same_bytes(service):
    wanted = service.get("export", **FRAME, f="image").data
    found = []

    def ask():
        for _ in range(5):
            found.append(
                service.client.get(f"{service.path}/export", query_string={**FRAME, "f": "image"}).data
            )

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 30


def test_no_request_opens_a_socket_or_a_file(service, monkeypatch):
    service.picture(**FRAME)
    service.json("queryLegends", **FRAME)

    def refuse(*_, **__):
        raise AssertionError("a request reached out")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    assert service.picture(**FRAME).shape == (30, 40, 4)
    assert service.json("queryLegends", **FRAME)["layers"]
    for attack in ("../map.json", "..%2fmap.json", "%2e%2e/map.json", "C:\\x", "con"):
        assert service.client.get(f"/arcgis/output/{attack}").status_code == 404


def test_more_requests_than_may_wait_are_turned_away():
    turnstile = Turnstile(Limits(parallel_requests=1, waiting_requests=0))
    with turnstile.turn(), pytest.raises(ServiceFault) as refused, turnstile.turn():
        pass
    assert refused.value.code == 503
    with turnstile.turn():
        pass


def test_outputs_are_bounded_in_number_bytes_and_age():
    now = [0.0]
    outputs = Outputs(Limits(output_entries=3, output_bytes=100, output_seconds=60), clock=lambda: now[0])
    names = [outputs.keep(b"x" * 10, "image/png", "png") for _ in range(4)]
    assert [outputs.find(name) is not None for name in names] == [False, True, True, True]
    large = outputs.keep(b"x" * 95, "image/png", "png")
    assert [outputs.find(name) is not None for name in [*names, large]] == [False] * 4 + [True]
    now[0] = 61
    assert outputs.find(large) is None


def test_a_rotated_and_a_whole_turn(service):
    assert np.array_equal(service.picture(**FRAME), service.picture(**FRAME, rotation="360"))
    assert (
        export(service.catalog, [("bbox", "0,0,1,1"), ("rotation", "1e9")], Limits()).view.frame.rotation
        == 280
    )


@pytest.mark.parametrize("resource", ["export", "queryLegends"])
def test_the_time_of_drawing_is_told(service, resource):
    told = service.get(resource, **FRAME, f="json").headers["Server-Timing"]
    assert re.fullmatch(r"draw;dur=\d+\.\d", told)
    assert "Server-Timing" not in service.get(resource, **{**FRAME, "size": "nonsense"}, f="json").headers
    assert "Server-Timing" not in service.get("", f="json").headers
