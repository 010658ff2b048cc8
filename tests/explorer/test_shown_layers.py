"""Table and selection follow dynamic layers: under their ids and names, with the rows that they draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mapexplorer import connect
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.panels import SelectPanel
from mapexplorer.explorer.panels.table import TablePanel
from mapexplorer.explorer.scheduler import ManualScheduler

from .panels.stand_in import browser, choose

CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
DOT = {"renderer": {"type": "simple", "symbol": {"type": "esriSMS", "size": 10, "color": [0, 0, 0, 255]}}}
LARGE = {
    "id": 101,
    "name": "Large towns",
    "source": {"type": "mapLayer", "mapLayerId": 0},
    "definitionExpression": "size > 1",
}
SPOTS = {
    "id": 102,
    "name": "Spots",
    "source": {
        "type": "dataLayer",
        "dataSource": {"type": "table", "workspaceId": "W", "dataSourceName": "spots"},
    },
    "drawingInfo": DOT,
}


def towns(*names: str) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "size": number},
            "geometry": {"type": "Point", "coordinates": [10 * number, 10]},
        }
        for number, name in enumerate(names)
    ]
    return json.dumps({"type": "FeatureCollection", "crs": CRS, "features": features})


@pytest.fixture
def explorer(tmp_path: Path, wire: object) -> Iterator[MapExplorer]:
    (tmp_path / "more").mkdir()
    (tmp_path / "towns.geojson").write_text(towns("Aa", "Bee", "Cee", "Dee"))
    (tmp_path / "more" / "spots.geojson").write_text(towns("first", "second"))
    layer = {"id": 0, "name": "Towns", "type": "Feature Layer", "source": "towns.geojson", "drawingInfo": DOT}
    document = {
        "name": "towns", "spatialReference": {"wkid": 3857}, "workspaces": {"W": "more"}, "layers": [layer]
    }  # fmt: skip
    (tmp_path / "map.json").write_text(json.dumps(document))
    service = connect(str(tmp_path / "map.json"))
    explorer = MapExplorer(service, scheduler=ManualScheduler(), bbox=(-5, -5, 45, 25), bbox_sr=3857)
    settle(explorer)
    yield explorer
    explorer.close()
    service.close()


def settle(explorer: MapExplorer) -> None:
    while explorer.controller.scheduler.pump():
        pass


def draw(explorer: MapExplorer, *layers: Any) -> None:
    explorer.parameters.dynamic_layers = layers
    settle(explorer)


def table_of(explorer: MapExplorer) -> TablePanel:
    browser(explorer.table.opener, value=True)
    settle(explorer)
    return explorer.table


def names(table: TablePanel) -> list[str]:
    return [row["name"] for _, row in table.page.rows]


@pytest.mark.parametrize(
    ("layer", "found"), [(LARGE, ["Cee", "Dee"]), (SPOTS, ["first", "second"])], ids=["published", "data"]
)
def test_the_table_shows_the_rows_of_a_dynamic_layer(explorer: MapExplorer, layer: Any, found: Any) -> None:
    table = table_of(explorer)
    assert names(table) == ["Aa", "Bee", "Cee", "Dee"]
    draw(explorer, layer)
    assert table.layer.options == ((layer["name"], layer["id"]),)
    assert names(table) == found
    draw(explorer)
    assert table.opener.disabled
    explorer.parameters.dynamic_layers = None
    settle(explorer)
    assert names(table) == ["Aa", "Bee", "Cee", "Dee"]


def test_a_tick_selects_under_the_id_of_the_dynamic_layer(explorer: MapExplorer) -> None:
    draw(explorer, LARGE, SPOTS)
    table = table_of(explorer)
    browser(table.ticks[0], value=True)
    settle(explorer)
    (definition,) = explorer.parameters.selection_definitions
    assert (definition.layer_id, definition.object_ids) == (101, (3,))
    choose(table.layer, "Spots")
    settle(explorer)
    browser(table.ticks[1], value=True)
    settle(explorer)
    assert explorer.selection[["layer", "name"]].to_numpy().tolist() == [
        ["Large towns", "Cee"],
        ["Spots", "second"],
    ]
    choose(table.which, "selected")
    settle(explorer)
    assert names(table) == ["second"]


@pytest.mark.parametrize(
    ("place", "selected"), [("30, 10", {101: (4,)}), ("10, 10", {102: (2,)}), ("45, 24", {})]
)
def test_a_click_selects_in_the_layers_that_are_drawn(
    explorer: MapExplorer, place: str, selected: Any
) -> None:
    draw(explorer, LARGE, SPOTS)
    panel = explorer.panels["SelectPanel"]
    assert isinstance(panel, SelectPanel)
    assert [name for name, _ in panel.layer.options] == ["Any visible layer", "Large towns", "Spots"]
    choose(panel.mode, "Select")
    browser(panel.place, value=place)
    settle(explorer)
    found = explorer.parameters.selection_definitions or ()
    assert {definition.layer_id: definition.object_ids for definition in found} == selected


def test_a_layer_that_is_added_stands_beside_the_published_ones(explorer: MapExplorer) -> None:
    added = explorer.parameters.dynamic_layers
    assert added is None
    draw(explorer, {**SPOTS, "id": 5}, {"id": 0, "source": {"type": "mapLayer", "mapLayerId": 0}})
    table = table_of(explorer)
    assert table.layer.options == (("Spots", 5), ("Towns", 0))


def test_data_that_the_service_does_not_have_is_not_offered(explorer: MapExplorer) -> None:
    source = {"type": "dataLayer", "dataSource": {**SPOTS["source"]["dataSource"], "dataSourceName": "none"}}
    draw(explorer, LARGE, {**SPOTS, "source": source})
    assert table_of(explorer).layer.options == (("Large towns", 101),)
    missing = explorer.composer.shown.now()[1]
    assert "no table 'none'" in missing.problem
