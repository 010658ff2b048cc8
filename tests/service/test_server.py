"""From paths, documents and tables to a service, and over HTTP on this machine."""

import io
import json
import threading
import urllib.error
import urllib.request

import geopandas
import pandas as pd
import pytest
import shapely
from PIL import Image

from mapexplorer.protocol import DocumentError
from mapexplorer.service import build_server, catalog_from, document_from_frames, serve
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from tests.service.conftest import collection, layer, point

TOWNS = geopandas.GeoDataFrame({"NAME": ["a"]}, geometry=[shapely.Point(10, 50)], crs=4326)
AREAS = geopandas.GeoDataFrame({"KIND": ["b"]}, geometry=[shapely.box(0, 40, 20, 60)], crs=4326)


def test_a_map_document_is_a_target(write):
    path = write([layer(0, "a.geojson")], {"a.geojson": collection((point(1, 1), {}))})
    assert list(catalog_from(path)) == ["test"]
    assert list(catalog_from(str(path))) == ["test"]


def test_the_value_of_a_document_is_a_target(write, folder, monkeypatch):
    path = write([layer(0, "a.geojson")], {"a.geojson": collection((point(1, 1), {}))})
    monkeypatch.chdir(folder)
    assert list(catalog_from(json.loads(path.read_text()))) == ["test"]


def test_a_folder_offers_a_service_for_every_document(write, folder):
    path = write([layer(0, "a.geojson")], {"a.geojson": collection((point(1, 1), {}))})
    document = json.loads(path.read_text())
    (folder / "other.json").write_text(json.dumps({**document, "name": "other"}))
    (folder / "notes.json").write_text("{}")
    assert list(catalog_from(folder)) == ["test", "other"]


def test_data_files_become_maps(tmp_path):
    TOWNS.to_file(tmp_path / "land.gpkg", layer="towns")
    AREAS.to_file(tmp_path / "land.gpkg", layer="areas")
    TOWNS.to_file(tmp_path / "towns.geojson", driver="GeoJSON")
    TOWNS.to_parquet(tmp_path / "towns.parquet")
    TOWNS.to_file(tmp_path / "towns.shp")
    assert [found.name for found in catalog_from(tmp_path / "land.gpkg")["land"].layers] == ["towns", "areas"]
    for name in ("towns.geojson", "towns.parquet", "towns.shp"):
        assert [found.name for found in catalog_from(tmp_path / name)["towns"].layers] == ["towns"]
    (tmp_path / "towns.json").write_text((tmp_path / "towns.geojson").read_text())
    assert list(catalog_from(tmp_path / "towns.json")) == ["towns"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nothing.json", "no file"),
        (5, "GeoDataFrame"),
        ({"a": 5}, "GeoDataFrame"),
        ({}, "no layer"),
        (pd.DataFrame({"a": [1]}), "GeoDataFrame"),
    ],
)
def test_what_names_no_map_is_told(target, words):
    with pytest.raises(DocumentError, match=words):
        catalog_from(target)


def test_tables_are_drawn_points_over_lines_over_areas_in_colours_of_their_own():
    lines = geopandas.GeoDataFrame(geometry=[shapely.LineString([(0, 40), (20, 60)])], crs=4326)
    catalog = catalog_from({"areas": AREAS, "lines": lines, "towns": TOWNS})["data"]
    assert [found.name for found in catalog.layers] == ["towns", "lines", "areas"]
    assert [found.renderer.symbol.type for found in catalog.layers] == ["esriSMS", "esriSLS", "esriSFS"]
    colors = [found.renderer.symbol.color[:3] for found in catalog.layers]
    assert len(set(colors)) == 3
    assert all(max(color) - min(color) > 60 for color in colors), "no greys"
    assert catalog.spatial_reference.code == 3857


def test_a_table_keeps_its_projected_reference_and_its_time():
    frame = TOWNS.to_crs(3035).assign(when=pd.to_datetime(["2008-01-01"]))
    catalog = catalog_from(frame)["data"]
    assert catalog.spatial_reference.code == 3035
    assert catalog.layers[0].document.time_info.start_time_field == "when"


def test_the_document_of_tables_can_be_changed_and_served():
    document, sources = document_from_frames({"towns": TOWNS}, "mine")
    document["layers"][0]["definitionExpression"] = "NAME = 'a'"
    catalog = MapCatalog(load_document(document), sources)
    assert catalog.name == "mine"
    assert len(catalog.layers[0].table) == 1


@pytest.fixture
def running():
    servers = []

    def start(target, **options):
        server, addresses = build_server(catalog_from(target), **options)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return addresses

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_service_over_http_answers_pictures_and_hrefs(running):
    address = running({"towns": TOWNS})[0]
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/arcgis/rest/services/data/MapServer")
    with urllib.request.urlopen(f"{address}/export?bbox=0,40,20,60&bboxSR=4326&f=json") as answer:
        body = json.load(answer)
    with urllib.request.urlopen(body["href"]) as answer:
        assert Image.open(io.BytesIO(answer.read())).size == (400, 400)


def test_another_name_for_this_machine_is_refused(running):
    address = running({"towns": TOWNS})[0]
    request = urllib.request.Request(address, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    refused.value.close()


def test_serve_prints_the_address_first(monkeypatch):
    printed = io.StringIO()

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("werkzeug.serving.BaseWSGIServer.serve_forever", interrupt)
    document, _ = document_from_frames({"a b": TOWNS}, "Größe 1")
    assert document["name"] == "Größe 1"
    serve({"towns": TOWNS}, output=printed)
    assert printed.getvalue().splitlines()[0].endswith("/arcgis/rest/services/data/MapServer")


def test_a_name_is_percent_encoded_in_the_path(write, running):
    path = write([layer(0, "a.geojson")], {"a.geojson": collection((point(1, 1), {}))}, name="Größe & 1")
    address = running(path)[0]
    assert address.endswith("/Gr%C3%B6%C3%9Fe%20%26%201/MapServer")
    with urllib.request.urlopen(f"{address}?f=json") as answer:
        assert json.load(answer)["mapName"] == "Größe & 1"
