"""Layers of a registered workspace, built in the form and drawn by the embedded service."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mapexplorer import connect
from mapexplorer.explorer.panels import SymbolsPanel
from mapexplorer.explorer.panels.workspaces import Workspace, workspaces_of
from mapexplorer.protocol import ServiceInfo

from .stand_in import StandIn, browser, choose, press, visible

VIEW = {"bbox": (0, 0, 100, 100), "size": (50, 50)}
BLUE, DEFAULT, LIME = (0, 0, 200), (51, 122, 165), (0, 255, 0)
RIGHT, LEFT = 37, 12
"""Columns of the picture in which the squares lie."""


def square(west, east, **properties):
    ring = [[west, 10], [east, 10], [east, 90], [west, 90], [west, 10]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def collection(*features):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


@pytest.fixture
def service(tmp_path):
    data = tmp_path / "tables"
    data.mkdir()
    (tmp_path / "left.geojson").write_text(collection(square(10, 40)))
    (data / "lots.geojson").write_text(collection(square(10, 40, lot="a"), square(60, 90, lot="b")))
    (data / "sales.csv").write_text("lot,price\nb,300\n")
    Image.new("RGB", (10, 10), LIME).save(data / "photo.png")
    (data / "photo.pgw").write_text("5\n0\n0\n-10\n52\n95\n")
    symbol = {"type": "esriSFS", "color": [*BLUE, 255]}
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
    explorer.service, explorer.layer_infos = service, service.layer_infos
    panel = SymbolsPanel(explorer)
    browser(panel.add_opener, value=True)
    return panel


def pixel(service, panel, x, y=25):
    parameters = panel.explorer.parameters
    picture = service.export(**VIEW, dynamic_layers=parameters.dynamic_layers, layers=parameters.layers)
    return tuple(int(part) for part in np.asarray(picture.image.convert("RGB"))[y, x])


def work(panel):
    while panel.explorer.controller.scheduler.pump():
        pass


def add(panel):
    press(panel.addition.add)
    work(panel)


def test_what_the_service_has_registered_is_offered(panel):
    form = panel.addition
    assert not form.note.value
    assert form.kind.options == ("Table", "Query", "Join", "Picture")
    assert form.form("Table").workspace.list.options == ("W", "Another one …")
    assert form.form("Table").name.list.options == ("lots", "sales", "Another one …")
    assert form.form("Picture").name.list.options == ("photo", "Another one …")
    choose(form.kind, "Query")
    assert visible(form.form("Query").widget)
    assert not visible(form.form("Table").widget)
    assert "<code>lots</code> <code>sales</code>" in form.form("Query").tables.value


def test_a_table_is_drawn_beside_the_published_layers(service, panel):
    before = pixel(service, panel, RIGHT)
    add(panel)
    assert [pixel(service, panel, x) for x in (LEFT, RIGHT)] == [DEFAULT, DEFAULT]
    browser(panel.look.color, value="#00ff00")
    assert pixel(service, panel, RIGHT) == LIME
    panel.explorer.parameters.layers = "show:-1"
    assert pixel(service, panel, RIGHT) == LIME
    press(panel.remove)
    assert pixel(service, panel, RIGHT) == before


def test_a_query_is_drawn(service, panel):
    choose(panel.addition.kind, "Query")
    browser(panel.addition.form("Query").query, value="SELECT * FROM lots WHERE lot = 'b'")
    add(panel)
    assert [pixel(service, panel, x) for x in (LEFT, RIGHT)] == [BLUE, DEFAULT]
    assert panel.explorer.composer.name(panel.chosen) == "Query"


@pytest.mark.parametrize(
    ("kept", "left"), [("every row of the left side", DEFAULT), ("only rows with a match", BLUE)]
)
def test_a_join_is_drawn_and_classed_by_the_fields_of_both_sides(service, panel, kept, left):
    form = panel.addition.form("Join")
    choose(panel.addition.kind, "Join")
    choose(form.right.table.name.list, "sales")
    work(panel)
    assert (form.left.key.value, form.right.key.value) == ("lot", "lot")
    choose(form.kept, kept)
    add(panel)
    assert [pixel(service, panel, x) for x in (LEFT, RIGHT)] == [left, DEFAULT]
    choose(panel.classes.mode, "By class")
    assert panel.classes.field.options == ("price",)
    work(panel)
    renderer = panel.effective().renderer
    assert [info.class_max_value for info in renderer.class_break_infos] == [300]


def test_a_picture_is_drawn(service, panel):
    choose(panel.addition.kind, "Picture")
    add(panel)
    assert pixel(service, panel, RIGHT) == LIME
    assert not visible(panel.look.widget)


def test_a_table_without_geometries_is_not_drawn(panel):
    choose(panel.addition.form("Table").name.list, "sales")
    add(panel)
    assert "no geometries to draw" in panel.addition.message.value
    assert panel.explorer.parameters.dynamic_layers is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * FROM nothing", "nothing"),
        ("DROP TABLE lots", "layer.source.dataSource.query"),
        ("SELECT <b> FROM lots", "&lt;b<mark"),
    ],
)
def test_what_the_service_refuses_stands_in_the_form(panel, text, message):
    choose(panel.addition.kind, "Query")
    browser(panel.addition.form("Query").query, value=text)
    add(panel)
    assert message in panel.addition.message.value
    assert "<b>" not in panel.addition.message.value
    assert panel.explorer.parameters.dynamic_layers is None


def test_another_name_can_be_typed(panel):
    form = panel.addition.form("Table")
    assert not visible(form.name.text)
    choose(form.name.list, "Another one …")
    assert visible(form.name.text)
    browser(form.name.text, value="lots.geojson")
    add(panel)
    assert panel.explorer.parameters.dynamic_layers[0].name == "lots.geojson"


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (None, None),
        ("x", None),
        ([], ()),
        ([{"id": "W"}], (Workspace("W"),)),
        ([{"id": 5}, 7, {"id": "V", "tables": ["a", 5], "rasters": "x"}], (Workspace("V", ("a",)),)),
    ],
)
def test_what_a_service_lists_is_read_as_far_as_it_makes_sense(listed, found):
    assert workspaces_of(ServiceInfo.parse({"workspaces": listed})) == found


def test_a_service_without_workspaces_says_so(service):
    explorer = StandIn({**service.info.raw, "workspaces": []}, [])
    explorer.service, explorer.layer_infos = service, service.layer_infos
    panel = SymbolsPanel(explorer)
    assert "no workspaces" in panel.addition.note.value
    assert not visible(panel.addition.body)


def test_a_join_is_a_side_of_another_join(service, panel):
    form = panel.addition.form("Join")
    choose(panel.addition.kind, "Join")
    assert form.left.kind.options == ("Table", "Query")
    choose(form.right.table.name.list, "sales")
    work(panel)
    add(panel)
    first = panel.explorer.parameters.dynamic_layers[0].source.data_source
    browser(panel.add_opener, value=True)
    choose(form.left.kind, "Layer: lots and sales")
    work(panel)
    assert {"lot", "price"} <= set(form.left.fields)
    browser(form.left.key, value="lot")
    choose(form.kept, "only rows with a match")
    add(panel)
    second = panel.explorer.parameters.dynamic_layers[0].source.data_source
    assert second.left_table_source == first
    assert (second.left_table_key, second.right_table_key) == ("lot", "lot")
    assert [pixel(service, panel, x) for x in (LEFT, RIGHT)][1] == DEFAULT
    assert panel.explorer.composer.name(panel.chosen) == "lots and sales and sales"
