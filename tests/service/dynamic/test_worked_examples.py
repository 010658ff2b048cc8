"""The dynamic layers that the specifications print, on data shaped like theirs and on the sample maps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from mapexplorer.sample import document_path
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from tests.service.conftest import BLUE, RED, Asker, box, fill, layer, simple
from tests.service.dynamic.test_map_layers import WHITE, at, collection

# As printed in "Dynamic layer request examples", without the comments and the brace that is one too many.
TIME_OFF = """{ "id": 501, "source": { "type": "mapLayer", "mapLayerId": 0 },
 "drawingInfo": { "showLabels": false }, "layerTimeOptions": { "useTime": false } }"""
TAX_LOTS = """{ "id": 502, "source": { "type": "dataLayer", "dataSource": { "type": "table",
 "workspaceId": "MAP", "dataSourceName": "MAP.user1.Taxlots" } },
 "drawingInfo": { "renderer": { "type": "simple", "symbol": { "type": "esriSFS", "style": "esriSFSSolid",
 "color": [166,36,0,255], "outline": { "type": "esriSLS", "style": "esriSLSSolid",
 "color": [110,110,110,255], "width": 1.0 } }, "label": "TaxLots", "description": "" },
 "transparency": 60, "showLabels": true, "labelingInfo": [ {
 "labelPlacement": "esriServerPolygonPlacementAlwaysHorizontal", "labelExpression": "[TaxLotId]",
 "useCodedValues": false, "symbol": { "type": "esriTS", "color": [255,255,0,255],
 "verticalAlignment": "bottom", "horizontalAlignment": "left", "font": { "family": "Arial", "size": 12,
 "style": "normal", "weight": "bold", "decoration": "none" } }, "minScale": 15000, "maxScale": 30000,
 "where": "" } ] } }"""
VERSION = """{ "id": 503, "source": { "type": "mapLayer", "mapLayerId": 1, "gdbVersion": "USER1" },
 "definitionExpression": "neighborhood = 'French Quarter'" }"""
RASTER = """{ "id": 504, "source": { "type": "dataLayer", "dataSource": { "type": "raster",
 "workspaceId": "rasterWS", "dataSourceName": "NewOrleans.tif" } }, "drawingInfo": { "transparency": 0 } }"""

FRAME = {"bbox": "0,0,400,100", "size": "400,100", "time": "0,10"}
QUARTER = {"neighborhood": "French Quarter"}


@pytest.fixture
def service(serve, folder: Path) -> Asker:
    """Four squares side by side, one for each of the examples."""
    (folder / "tables").mkdir()
    (folder / "rasters").mkdir()
    lots = collection((box(100, 0, 200, 100), {"TaxLotId": "L7"}))
    (folder / "tables" / "MAP.user1.Taxlots.geojson").write_text(json.dumps(lots))
    Image.new("RGB", (10, 10), (10, 20, 30)).save(folder / "rasters" / "NewOrleans.tif")
    (folder / "rasters" / "NewOrleans.tfw").write_text("10\n0\n0\n-10\n305\n95\n")
    return serve(
        [
            layer(0, "timed.json", simple(fill(RED)), timeInfo={"startTimeField": "T"}),
            layer(1, "quarters.json", simple(fill(BLUE)), versions={"USER1": "edited.json"}),
        ],
        {
            "timed.json": collection((box(0, 0, 100, 100), {"T": 1_000_000})),
            "quarters.json": collection((box(200, 0, 210, 100), QUARTER)),
            "edited.json": collection(
                (box(200, 0, 300, 100), QUARTER), (box(0, 0, 100, 100), {"neighborhood": "Bywater"})
            ),
        },
        workspaces={"MAP": "tables", "rasterWS": "rasters"},
    )


def four(picture) -> list[tuple[int, ...]]:
    return [at(picture, x) for x in (50, 150, 250, 350)]


def test_the_four_examples_together(service):
    asked = {**FRAME, "dynamicLayers": f"[{TIME_OFF},{TAX_LOTS},{VERSION},{RASTER}]"}
    red, lot, blue, raster = four(service.picture(**asked))
    assert (red, blue, raster) == (tuple(RED), tuple(BLUE), (10, 20, 30, 255))
    assert lot == pytest.approx((219, 167, 153, 255), abs=1)
    listed = service.json("queryLegends", **asked)["layers"]
    assert [(found["layerId"], found["layerName"], len(found["legend"])) for found in listed] == [
        (501, "Layer 0", 1),
        (502, "MAP.user1.Taxlots", 1),
        (503, "Layer 1", 1),
        (504, "NewOrleans.tif", 3),
    ]
    assert listed[1]["legend"][0]["label"] == "TaxLots"


@pytest.mark.parametrize("number", range(4))
def test_each_example_draws_its_own_layer_and_nothing_else(service, number):
    example = (TIME_OFF, TAX_LOTS, VERSION, RASTER)[number]
    shown = four(service.picture(**{**FRAME, "dynamicLayers": f"[{example}]"}))
    assert [color != WHITE for color in shown] == [place == number for place in range(4)]
    assert four(service.picture(**FRAME)) == [WHITE] * 4


def test_labels_of_the_example_are_never_shown_since_their_scales_are_the_wrong_way_round(service):
    for scale in ("15000", "20000", "30000"):
        asked = {**FRAME, "mapScale": scale}
        without = TAX_LOTS.replace('"showLabels": true', '"showLabels": false')
        pictures = [
            service.picture(**{**asked, "dynamicLayers": f"[{text}]"}) for text in (TAX_LOTS, without)
        ]
        assert (pictures[0] == pictures[1]).all()


def test_the_version_of_the_source_wins_over_that_of_the_request(service):
    published = VERSION.replace("USER1", "sde.DEFAULT")
    shown = four(service.picture(**{**FRAME, "dynamicLayers": f"[{published}]", "gdbVersion": "USER1"}))
    assert shown[2] == WHITE
    unnamed = '[{"id": 1}]'
    shown = four(service.picture(**{**FRAME, "dynamicLayers": unnamed, "gdbVersion": "USER1"}))
    assert shown[2] == tuple(BLUE)
    wrong = VERSION.replace("USER1", "USER9")
    (detail,) = service.fault(**{**FRAME, "dynamicLayers": f"[{wrong}]"})
    assert detail.startswith("dynamicLayers[0].source.gdbVersion: ")


def test_the_example_url_gives_the_states_of_the_sample_map_a_red_fill_with_green_borders():
    catalog = MapCatalog(load_document(document_path("usa")))
    service = Asker(MapServiceApp({catalog.name: catalog}), catalog.name)
    states = next(found for found in catalog.layers if found.name == "Unemployment by state")
    query = (
        "bbox=-183.78001472868405,16.300709121618663,-61.406854669684265,74.03030803096895&bboxSR=4326&layers=&"
        "layerDefs=&size=&imageSR=4326&format=png&transparent=false&dpi=&time=&layerTimeOptions=&dynamicLayers="
        '[{"id":101,"source":{"type":"mapLayer","mapLayerId":3},"drawingInfo":{"renderer": {"type":"simple", '
        '"symbol": {"type":"esriSFS","style":"esriSFSSolid","color":[255,0,0,255],"outline":'
        '{"type":"esriSLS","style":"esriSLSSolid","color":[0,255,0,255],"width":1}}}}}]&gdbVersion='
    ).replace('"mapLayerId":3', f'"mapLayerId":{states.id}')
    parameters = dict(pair.split("=", 1) for pair in query.split("&"))
    picture = service.picture(**parameters)
    kansas = round((-98.5 + 183.78) / 122.373 * 400), round((106.352 - 38.5) / 122.373 * 400)
    assert at(picture, *kansas) == (255, 0, 0, 255)
    green = (picture[..., 1] == 255) & (picture[..., 0] == 0)
    assert 100 < green.sum() < 5000
    assert at(picture, 5, 395) == tuple(catalog.document.background_color)
