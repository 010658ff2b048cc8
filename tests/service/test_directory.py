"""The services directory: folders, maps and layers as JSON and as pages that lead to each other."""

import json
import re

import pytest
from werkzeug.test import Client

from mapexplorer.protocol import DocumentError
from mapexplorer.service import catalog_from
from mapexplorer.service.app import MapServiceApp
from tests.service.conftest import collection, layer, point

EVIL = "<img src=x onerror=alert(1)>"
SERVICES = "/arcgis/rest/services"


@pytest.fixture
def folder_of_maps(write, folder):
    files = {"a.geojson": collection((point(1, 1), {"NAME": "a"}))}
    document = json.loads(
        write([layer(0, name="Group"), layer(1, "a.geojson", name=EVIL, parentLayerId=0)], files).read_text()
    )
    (folder / "empty").mkdir()
    for sub in ("Äther & co", "tides"):
        (folder / sub).mkdir()
        (folder / sub / "a.geojson").write_text(json.dumps(files["a.geojson"]))
        (folder / sub / "map.json").write_text(json.dumps({**document, "name": "inner map"}))
    return folder


@pytest.fixture
def client(folder_of_maps):
    return Client(MapServiceApp(catalog_from(folder_of_maps)))


def test_folders_of_a_folder_are_folders_of_the_service(folder_of_maps, client):
    assert list(catalog_from(folder_of_maps)) == ["test", "tides/inner map", "Äther & co/inner map"]
    root = client.get(f"{SERVICES}?f=json").json
    assert root["folders"] == ["tides", "Äther & co"]
    assert root["services"] == [{"name": "test", "type": "MapServer"}]
    inside = client.get(f"{SERVICES}/tides?f=json").json
    assert inside["folders"] == []
    assert inside["services"] == [{"name": "tides/inner map", "type": "MapServer"}]
    assert client.get(f"{SERVICES}/tides/inner map/MapServer?f=json").json["mapName"] == "inner map"


def test_a_picture_of_a_map_in_a_folder_is_drawn(client):
    path = f"{SERVICES}/%C3%84ther%20%26%20co/inner%20map/MapServer/export?bbox=0,0,2,2"
    assert client.get(f"{path}&f=image").data.startswith(b"\x89PNG")
    page = client.get(f"{path}&f=html").text
    assert 'action="/arcgis/rest/services/%C3%84ther%20%26%20co/inner%20map/MapServer/export"' in page


@pytest.mark.parametrize("path", ["nothing", "tides/nothing", "tides/x/MapServer", "empty"])
def test_what_is_no_folder_is_not_found(client, path):
    assert client.get(f"{SERVICES}/{path}?f=json").json["error"]["code"] == 404


def test_a_folder_without_any_map_is_told(tmp_path):
    (tmp_path / "sub").mkdir()
    with pytest.raises(DocumentError, match="holds no map document"):
        catalog_from(tmp_path)


def links(page):
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*)"', page)]


def test_every_page_can_be_reached_and_leads_only_to_answers(client):
    seen, waiting = set(), [f"{SERVICES}?f=html"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.content_type == "application/json":
            assert "error" not in answer.json, address
            continue
        assert answer.content_type == "text/html; charset=utf-8"
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert EVIL not in answer.text
        waiting += [link for link in links(answer.text) if link.startswith("/")]
    assert sum("inner%20map/MapServer/1?f=html" in address for address in seen) == 2
    assert f"{SERVICES}/test/MapServer/export?f=html" in seen


def test_the_page_of_a_map_shows_its_tree_and_its_facts(client):
    page = client.get(f"{SERVICES}/test/MapServer?f=html").text
    assert page.index("Group (0)") < page.index("&lt;img src=x onerror=alert(1)&gt; (1)")
    assert "102100 (3857)" in page
    layer_page = client.get(f"{SERVICES}/test/MapServer/1?f=html").text
    assert "<td>NAME</td><td>String</td>" in layer_page


def test_pages_carry_on_the_token(folder_of_maps):
    client = Client(MapServiceApp(catalog_from(folder_of_maps), token="a&b"))
    page = client.get(f"{SERVICES}?f=html&token=a%26b").text
    assert all(link.endswith("&token=a%26b") for link in links(page))
    assert client.get(links(page)[-1]).status_code == 200
    assert "Token Required" in client.get(f"{SERVICES}?f=html").text
