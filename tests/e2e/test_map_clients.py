"""Web maps that were not written here show the service: OpenLayers and esri-leaflet, as their packages come.

The pages stand on an origin of their own, which the service is told with `cors`.
"""

from __future__ import annotations

import functools
import http.server
import io
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from mapexplorer.service import build_server
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from tests.e2e.conftest import absent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PACKAGES = ("ol@10", "leaflet@1.9", "esri-leaflet@3")
WHITE, BLUE, RED = (255, 255, 255), (0, 0, 200), (200, 0, 0)


def box(xmin: float, xmax: float, **properties: Any) -> dict[str, Any]:
    ring = [[xmin, -5000], [xmax, -5000], [xmax, 5000], [xmin, 5000], [xmin, -5000]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def layer(ident: int, source: str, color: tuple[int, int, int], **keys: Any) -> dict[str, Any]:
    symbol = {"type": "esriSFS", "style": "esriSFSSolid", "color": [*color, 255], "outline": None}
    renderer = {"type": "simple", "symbol": symbol, "label": ""}
    drawing = {"drawingInfo": {"renderer": renderer}}
    return {"id": ident, "name": f"L{ident}", "type": "Feature Layer", "source": source, **drawing, **keys}


HALVES = [box(-5000, 0, KIND="a", t=1000), box(0, 5000, KIND="b", t=2000)]
DOCUMENT = {
    "name": "halves",
    "spatialReference": {"wkid": 102100},
    "layers": [
        layer(0, "halves.geojson", BLUE, timeInfo={"startTimeField": "t"}),
        layer(1, "whole.geojson", RED, defaultVisibility=False),
    ],
}


class _QuietPages(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the packages, and the origin that it is served under."""
    npm = shutil.which("npm")
    if npm is None:
        absent("npm is not installed, which brings OpenLayers and esri-leaflet")
    folder = tmp_path_factory.mktemp("web maps")
    (folder / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        absent(f"npm could not bring {', '.join(PACKAGES)}: {done.stderr[-300:]}")
    handler = functools.partial(_QuietPages, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def service(site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("map")
    for name, features in (("halves", HALVES), ("whole", [box(-5000, 5000)])):
        collection = {"type": "FeatureCollection", "features": features}
        (folder / f"{name}.geojson").write_text(json.dumps(collection))
    (folder / "map.json").write_text(json.dumps(DOCUMENT))
    catalog = MapCatalog(load_document(folder / "map.json"))
    server, addresses = build_server({catalog.name: catalog}, cors=[site[1]])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield addresses[0]
    server.shutdown()
    thread.join()
    server.server_close()


HEAD = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body{{margin:0;background:#fff}}#map{{width:400px;height:300px;background:#fff}}</style>
<link rel="stylesheet" href="{style}"><div id="map"></div>"""

OPENLAYERS = (
    HEAD.format(style="/node_modules/ol/ol.css")
    + """<script src="/node_modules/ol/dist/ol.js"></script><script>
const source = new ol.source.ImageArcGISRest({url: "SERVICE", crossOrigin: "anonymous",
                                              params: {FORMAT: "PNG32"}});
new ol.Map({target: "map", controls: [], layers: [new ol.layer.Image({source})],
            view: new ol.View({center: [0, 0], resolution: 10})});
window.change = (parameters) => source.updateParams(parameters);
</script>"""
)

LEAFLET = (
    HEAD.format(style="/node_modules/leaflet/dist/leaflet.css")
    + """<script src="/node_modules/leaflet/dist/leaflet.js"></script>
<script src="/node_modules/esri-leaflet/dist/esri-leaflet.js"></script><script>
const map = L.map("map", {center: [0, 0], zoom: 14, zoomControl: false, attributionControl: false,
                          fadeAnimation: false});
const shown = L.esri.dynamicMapLayer({url: "SERVICE", opacity: 1, f: "FORM", format: "png32"}).addTo(map);
</script>"""
)


def page_of(site: tuple[Path, str], browser: Browser, text: str) -> Page:
    folder, origin = site
    (folder / "page.html").write_text(text)
    page = browser.new_page()
    page.goto(f"{origin}/page.html")
    return page


def halves(page: Page) -> list[tuple[int, ...]]:
    """The colours in the middle of the left and of the right half of the map."""
    pixels = Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB")
    return [pixels.getpixel((column, 150)) for column in (100, 300)]


def wait_for(look: Callable[[], Any], wanted: Any, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while (found := look()) != wanted:
        assert time.monotonic() < ends, f"{found} instead of {wanted}"
        time.sleep(0.1)


def test_openlayers_shows_the_map_and_follows_its_parameters(
    site: tuple[Path, str], service: str, browser: Browser
) -> None:
    page = page_of(site, browser, OPENLAYERS.replace("SERVICE", service))
    wait_for(lambda: halves(page), [BLUE, BLUE])
    for parameters, wanted in (
        ({"LAYERS": "show:1"}, [RED, RED]),
        ({"LAYERS": "show:0"}, [BLUE, BLUE]),
        ({"layerDefs": json.dumps({"0": "KIND = 'a'"})}, [BLUE, WHITE]),
        ({"layerDefs": "", "TIME": "2000"}, [WHITE, BLUE]),
        ({"TIME": "null,1500"}, [BLUE, WHITE]),
        ({"TIME": "", "LAYERS": "hide:0"}, [RED, RED]),
        ({"LAYERS": "show:-1"}, [WHITE, WHITE]),
        ({"LAYERS": ""}, [BLUE, BLUE]),
    ):
        page.evaluate("parameters => change(parameters)", parameters)
        wait_for(lambda: halves(page), wanted)
    page.close()


@pytest.mark.parametrize("form", ["json", "image"])
def test_esri_leaflet_shows_the_map_and_follows_its_methods(
    site: tuple[Path, str], service: str, browser: Browser, form: str
) -> None:
    page = page_of(site, browser, LEAFLET.replace("SERVICE", service).replace("FORM", form))
    wait_for(lambda: halves(page), [BLUE, BLUE])
    for change, wanted in (
        ("shown.setLayers([1])", [RED, RED]),
        ("shown.setLayers([0])", [BLUE, BLUE]),
        ("shown.setLayerDefs({0: \"KIND = 'a'\"})", [BLUE, WHITE]),
        ("shown.setLayerDefs(''), shown.setTimeRange(new Date(1500), new Date(2500))", [WHITE, BLUE]),
        ("shown.setTimeRange(new Date(0), new Date(1500))", [BLUE, WHITE]),
    ):
        page.evaluate(f"() => {{ {change} }}")
        wait_for(lambda: halves(page), wanted)
    page.close()


def test_esri_leaflet_identifies_finds_and_queries(
    site: tuple[Path, str], service: str, browser: Browser
) -> None:
    page = page_of(site, browser, LEAFLET.replace("SERVICE", service).replace("FORM", "image"))
    ask = "(run) => new Promise((give, fail) => run((error, found) => error ? fail(error) : give(found)))"
    identified = page.evaluate(
        f"() => ({ask})(done => shown.identify().on(map).at(L.latLng(0, 0.01)).layers('visible').run(done))"
    )
    assert [feature["properties"]["KIND"] for feature in identified["features"]] == ["b"]
    found = page.evaluate(f"() => ({ask})(done => shown.find().layers('0').text('a').run(done))")
    assert [feature["properties"]["KIND"] for feature in found["features"]] == ["a"]
    queried = page.evaluate(
        f"() => ({ask})(done => L.esri.query({{url: '{service}/0'}}).where(\"KIND = 'b'\").run(done))"
    )
    assert [feature["properties"]["t"] for feature in queried["features"]] == [2000]
    bounds = page.evaluate(
        "() => new Promise((give, fail) => L.esri.query({url: '" + service + "/0'})"
        ".bounds((error, found) => error ? fail(error) : give(found.toBBoxString())))"
    )
    west, south, east, north = (float(side) for side in bounds.split(","))
    assert (west, south) == (-east, -north)
    assert east == pytest.approx(5000 / 111319.49079, rel=1e-3)
    page.close()


def test_a_page_of_another_origin_reads_nothing(
    site: tuple[Path, str], service: str, browser: Browser
) -> None:
    origin = site[1].replace("127.0.0.1", "localhost")
    page = browser.new_page()
    page.goto(f"{origin}/package.json")
    read = "url => fetch(url).then(answer => answer.text(), () => 'refused')"
    assert page.evaluate(read, f"{service}?f=json") == "refused"
    page.goto(f"{site[1]}/package.json")
    assert json.loads(page.evaluate(read, f"{service}?f=json"))["mapName"] == "halves"
    page.close()
