"""GDAL as a client of the service: its reader of ArcGIS queries and its driver for ArcGIS map pictures."""

import json
import os
import shutil
import subprocess
import threading
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from mapexplorer.service import build_server
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.limits import Limits
from tests.service.conftest import BLUE, GREEN, box, collection, fill, layer, point, simple

pytestmark = pytest.mark.skipif(
    shutil.which("ogr2ogr") is None or shutil.which("gdal_translate") is None,
    reason="GDAL's programs are not installed (Debian: gdal-bin)",
)

COUNT = 250
FILES = {
    "towns.geojson": collection(
        *((point(n, n % 7), {"NAME": f"Tówn {n}", "POP": n, "t": 1000 * n}) for n in range(COUNT))
    ),
    "left.geojson": collection((box(0, 0, 50, 100), {"t": 1000})),
    "right.geojson": collection((box(50, 0, 100, 100), {"t": 2000})),
    "holed.geojson": collection(
        (
            {
                "type": "Polygon",
                "coordinates": [
                    [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]],
                    [[4, 4], [4, 6], [6, 6], [6, 4], [4, 4]],
                ],
            },
            {"NAME": "holed"},
        )
    ),
}
TIMED = {"timeInfo": {"startTimeField": "t"}}
LAYERS = [
    layer(0, "towns.geojson", defaultVisibility=False, **TIMED),
    layer(1, "left.geojson", simple(fill(BLUE)), **TIMED),
    layer(2, "right.geojson", simple(fill(GREEN)), **TIMED),
    layer(3, "holed.geojson", simple(fill(GREEN)), defaultVisibility=False),
]


@pytest.fixture
def address(write):
    catalog = MapCatalog(load_document(write(LAYERS, FILES)))
    server, addresses = build_server({catalog.name: catalog}, limits=Limits(max_records=100))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield addresses[0]
    server.shutdown()
    thread.join()
    server.server_close()


def run(*command):
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def read(address, folder, number, **asked):
    url = f"{address}/{number}/query?{urlencode({'outFields': '*', 'f': 'json', **asked})}"
    run("ogr2ogr", "-f", "GeoJSON", "-lco", "RFC7946=NO", str(folder / "read.geojson"), url)
    return json.loads((folder / "read.geojson").read_text())


@pytest.mark.parametrize("form", ["json", "geojson"])
def test_gdal_reads_all_features_portion_by_portion(address, folder, form):
    asked = {"where": "1=1", "f": form, "outSR": 3857, "resultRecordCount": 100, "orderByFields": "OBJECTID"}
    features = read(address, folder, 0, **asked)["features"]
    assert [feature["properties"]["POP"] for feature in features] == list(range(COUNT))
    assert features[9]["properties"]["NAME"] == "Tówn 9"
    assert features[9]["geometry"]["coordinates"] == [9.0, 2.0]


def test_gdal_reads_what_filters_leave(address, folder):
    found = read(address, folder, 0, where="POP < 9", geometry="0,0,3,9", time="1000,2000")
    assert [feature["properties"]["POP"] for feature in found["features"]] == [1, 2]
    assert found["crs"]["properties"]["name"].endswith("3857")


def test_gdal_sees_holes_as_holes(address, folder):
    (feature,) = read(address, folder, 3, where="1=1")["features"]
    assert feature["geometry"]["type"] == "Polygon"
    assert [len(ring) for ring in feature["geometry"]["coordinates"]] == [5, 5]


def picture(address, folder, layers="", time=""):
    wanted = f"<Layers>{layers}</Layers>" if layers else ""
    moment = f"<TimeRange>{time}</TimeRange>" if time else ""
    (folder / "map.xml").write_text(
        f"""<GDAL_WMS><Service name="AGS"><ServerUrl>{address}</ServerUrl><SRS>EPSG:3857</SRS>
        <ImageFormat>png</ImageFormat>{wanted}{moment}<Transparent>true</Transparent></Service>
        <DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>100</UpperLeftY><LowerRightX>100</LowerRightX>
        <LowerRightY>0</LowerRightY><SizeX>200</SizeX><SizeY>200</SizeY></DataWindow>
        <BandsCount>4</BandsCount></GDAL_WMS>"""
    )
    run("gdal_translate", "-q", "-of", "PNG", str(folder / "map.xml"), str(folder / "map.png"))
    pixels = np.asarray(Image.open(folder / "map.png").convert("RGBA"))
    return [tuple(pixels[100, column].tolist()) for column in (50, 150)]


NOTHING = (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [tuple(BLUE), tuple(GREEN)]),
        ({"layers": "show:2"}, [NOTHING, tuple(GREEN)]),
        ({"layers": "hide:2"}, [tuple(BLUE), NOTHING]),
        ({"time": "1000"}, [tuple(BLUE), NOTHING]),
        ({"time": "1500,2500"}, [NOTHING, tuple(GREEN)]),
    ],
)
def test_gdal_shows_the_map_its_layers_and_its_times(address, folder, asked, expected):
    shown = picture(address, folder, **asked)
    for pixel, wanted in zip(shown, expected, strict=True):
        assert pixel[3] == wanted[3]
        assert wanted == NOTHING or pixel == wanted
