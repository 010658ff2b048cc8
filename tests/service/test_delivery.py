"""Entity tags, compression, origins and tokens: what travels around an answer."""

import gzip
import json

import pytest
from werkzeug.test import Client

from mapexplorer.__main__ import main
from mapexplorer.service.app import MapServiceApp
from tests.service.conftest import BLUE, box, collection, fill, layer, simple

FILES = {"areas.geojson": collection((box(0, 0, 1000, 1000), {"KIND": "a"}))}
PICTURE = {"bbox": "0,0,1000,1000", "size": "40,30", "f": "image"}


@pytest.fixture
def service(serve):
    return serve([layer(number, "areas.geojson", simple(fill(BLUE))) for number in range(5)], FILES)


@pytest.mark.parametrize("resource", ["", "layers", "0", "legend", "queryLegends", "export"])
def test_what_a_client_has_is_not_sent_again(service, resource):
    asked = {"f": "json"} if resource != "export" else PICTURE
    first = service.get(resource, **asked)
    tag = first.headers["ETag"]
    path = f"{service.path}/{resource}".rstrip("/")
    again = service.client.get(path, query_string=asked, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in again.headers
    other = service.client.get(path, query_string=asked, headers={"If-None-Match": 'W/"x"'})
    assert other.data == first.data
    assert first.headers["Cache-Control"] == "no-cache"


def test_another_picture_has_another_tag(service):
    tags = {service.get("export", **PICTURE, layers=f"show:{ids}").headers["ETag"] for ids in ("0", "-1")}
    assert len(tags) == 2


def test_errors_are_not_kept(service):
    for answer in (service.get("export", f="json"), service.client.get("/nowhere")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


def test_swatches_and_outputs_may_be_kept_for_a_while(service):
    entry = service.json("legend")["layers"][0]["legend"][0]
    assert service.get(f"0/images/{entry['url']}").headers["Cache-Control"] == "private, max-age=86400"
    href = service.json("export", **{**PICTURE, "f": "json"})["href"]
    assert service.client.get(href).headers["Cache-Control"] == "private, max-age=60"


def test_json_is_compressed_for_who_takes_it(service):
    plain = service.get("layers", f="json")
    path = f"{service.path}/layers?f=json"
    packed = service.client.get(path, headers={"Accept-Encoding": "deflate, gzip;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert gzip.decompress(packed.data) == plain.data
    assert service.client.get(path, headers={"Accept-Encoding": "gzip"}).data == packed.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    for refused in ("", "identity", "gzip;q=0", "br"):
        answer = service.client.get(path, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers
        assert answer.data == plain.data
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_pictures_and_short_answers_are_not_compressed(service):
    for resource, asked in (("export", PICTURE), ("../../../info", {"f": "json"})):
        path = f"{service.path}/{resource}" if resource == "export" else "/arcgis/rest/info"
        answer = service.client.get(path, query_string=asked, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers


def test_head_tells_what_get_would_and_sends_nothing(service):
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        path = f"{service.path}/layers?f=json"
        head, get = service.client.head(path, headers=headers), service.client.get(path, headers=headers)
        assert head.data == b""
        assert head.headers["Content-Length"] == str(len(get.data))
        assert head.headers["ETag"] == get.headers["ETag"]


def test_a_page_of_a_named_origin_may_ask_everything(service):
    client = Client(MapServiceApp({"test": service.catalog}, cors=["https://maps.example"]))
    asking = {
        "Origin": "https://maps.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    told = client.options(f"{service.path}/export", headers=asking)
    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == "https://maps.example"
    assert "POST" in told.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in told.headers["Access-Control-Allow-Headers"]
    assert told.headers["Access-Control-Allow-Private-Network"] == "true"
    for answer in (
        client.get(f"{service.path}?f=json", headers=asking),
        client.get("/nowhere", headers=asking),
        client.get(
            f"{service.path}?f=json",
            headers={
                **asking,
                "If-None-Match": client.get(f"{service.path}?f=json").headers["ETag"],
            },
        ),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "https://maps.example"
        assert "Origin" in answer.headers["Vary"]


def test_every_origin_may_read_only_when_that_is_asked_for(service):
    client = Client(MapServiceApp({"test": service.catalog}, cors=["*"]))
    answer = client.get(f"{service.path}?f=json", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("header", ["X-Esri-Authorization", "Authorization"])
def test_a_token_may_stand_in_a_header(service, header):
    client = Client(MapServiceApp({"test": service.catalog}, token="secret"))
    for given, code in (("Bearer secret", None), ("Bearer wrong", 498), ("", 499)):
        body = client.get(f"{service.path}?f=json", headers={header: given}).json
        assert body.get("error", {}).get("code") == code


def test_a_token_guards_everything_but_the_word_that_one_is_needed(service):
    client = Client(MapServiceApp({"test": service.catalog}, token="secret"))
    assert client.get("/arcgis/rest/info?f=json").json["authInfo"]["isTokenBasedSecurity"] is True
    href = client.get(
        f"{service.path}/export", query_string={**PICTURE, "f": "json", "token": "secret"}
    ).json["href"]
    for path in (href, "/arcgis/rest/services", f"{service.path}/0", f"{service.path}/export?f=image"):
        assert json.loads(client.get(path).data)["error"]["code"] == 499
    assert client.get(f"{href}?token=secret").data.startswith(b"\x89PNG")


def test_the_command_line_names_origins_and_a_token(monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr("mapexplorer.service.serve", lambda target, **options: given.update(options))
    arguments = ["--cors", "https://Maps.example", "--cors", "http://localhost:8080", "--token", "x"]
    assert main(["serve", "map.json", *arguments]) == 0
    assert given["cors"] == ["https://maps.example", "http://localhost:8080"]
    assert given["token"] == "x"
