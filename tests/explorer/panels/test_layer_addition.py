"""Layers of a registered workspace, drawn by the embedded service."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mapexplorer import connect
from mapexplorer.explorer.panels import SymbolsPanel

from .stand_in import StandIn, browser, choose, press

VIEW = {"bbox": (0, 0, 100, 100), "size": (50, 50)}


def square(west, east):
    ring = [[west, 10], [east, 10], [east, 90], [west, 90], [west, 10]]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


@pytest.fixture
def service(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "left.geojson").write_text(collection(square(10, 40)))
    (tmp_path / "tables" / "right.geojson").write_text(collection(square(60, 90)))
    symbol = {"type": "esriSFS", "color": [0, 0, 200, 255]}
    layer = {
        "id": 0,
        "name": "Left",
        "type": "Feature Layer",
        "source": "left.geojson",
        "drawingInfo": {"renderer": {"type": "simple", "symbol": symbol}},
    }
    document = {
        "name": "squares",
        "spatialReference": {"wkid": 3857},
        "workspaces": {"W": "tables"},
        "layers": [layer],
    }
    (tmp_path / "map.json").write_text(json.dumps(document))
    return connect(str(tmp_path / "map.json"))


@pytest.fixture
def panel(service):
    explorer = StandIn(service.info.raw, [])
    explorer.layer_infos = service.layer_infos
    return SymbolsPanel(explorer)


def pixel(service, panel, x, y=25):
    parameters = panel.explorer.parameters
    picture = service.export(**VIEW, dynamic_layers=parameters.dynamic_layers, layers=parameters.layers)
    return tuple(int(part) for part in np.asarray(picture.image.convert("RGB"))[y, x])


def add(panel, workspace, name):
    choose(panel.addition.geometry, "Areas")
    browser(panel.addition.workspace, value=workspace)
    browser(panel.addition.name, value=name)
    press(panel.addition.widget.children[-1].children[0])


def test_a_table_of_a_workspace_is_drawn_beside_the_published_layers(service, panel):
    before = pixel(service, panel, 37)
    add(panel, "W", "right")
    assert pixel(service, panel, 12) == (0, 0, 200)
    assert pixel(service, panel, 37) == (51, 122, 165)
    browser(panel.look.color, value="#00ff00")
    assert pixel(service, panel, 37) == (0, 255, 0)
    panel.explorer.parameters.layers = "show:-1"
    assert pixel(service, panel, 12) == before
    assert pixel(service, panel, 37) == (0, 255, 0)
    press(panel.remove)
    assert pixel(service, panel, 37) == before


def test_what_the_service_does_not_know_is_named(service, panel):
    add(panel, "nowhere", "right")
    with pytest.raises(Exception, match="nowhere") as refused:
        pixel(service, panel, 37)
    panel.explorer.fail(str(refused.value))
    assert "dynamicLayers[0].source" in panel.message.value
