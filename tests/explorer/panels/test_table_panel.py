"""The attribute table: rows as the map shows them, sorted, in pages, linked with the selection."""

from __future__ import annotations

from typing import Any

import geopandas
import pytest
from shapely.geometry import Point

from mapexplorer import connect
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.panels.table import TablePanel, shortened
from mapexplorer.explorer.scheduler import ManualScheduler

from .stand_in import browser, choose, press, visible

ATTACK = "<img src=x onerror=alert(1)>"
COUNT = 20
BOX = {"xmin": -0.5, "ymin": -1, "xmax": 4.5, "ymax": 1, "spatialReference": {"wkid": 4326}}
FAR = {**BOX, "xmin": 170, "xmax": 171}


@pytest.fixture
def explorer():
    names = [f"Town {number}" for number in range(COUNT)]
    names[2] = ATTACK
    frame = geopandas.GeoDataFrame(
        {"name": names, "size": [(7 * number) % COUNT for number in range(COUNT)]},
        geometry=[Point(number, 0) for number in range(COUNT)],
        crs=4326,
    )
    service = connect({"Towns": frame})
    explorer = MapExplorer(
        service, scheduler=ManualScheduler(), bbox=(-1, -5, COUNT, 5), bbox_sr=4326, image_sr=4326
    )
    settle(explorer)
    yield explorer
    explorer.close()
    service.close()


@pytest.fixture
def table(explorer) -> TablePanel:
    browser(explorer.table.opener, value=True)
    settle(explorer)
    return explorer.table


def settle(explorer: MapExplorer) -> None:
    while explorer.controller.scheduler.pump():
        pass


def names(table: TablePanel) -> list[str]:
    return [row["name"] for _, row in table.page.rows]


def test_nothing_is_asked_until_the_table_is_opened(explorer):
    assert explorer.table.page.rows == ()
    assert not visible(explorer.table._table)


def test_the_first_page_shows_what_is_in_view(explorer, table):
    assert visible(table._table)
    assert names(table)[:2] == ["Town 0", "Town 1"]
    assert "1 – 8 of 20" in table.count.value
    assert [head.description for head in table.heads[:2]] == ["name", "size"]
    assert not visible(table.heads[2])
    assert "<img" not in table.cells[2].value
    assert "&lt;img" in table.cells[2].value


def test_pages_are_turned_and_end(explorer, table):
    assert table.back.disabled
    for _ in range(2):
        press(table.forward)
        settle(explorer)
    assert "17 – 20 of 20" in table.count.value
    assert table.forward.disabled
    assert [visible(line) for line in table._lines] == [True] * 4 + [False] * 4
    press(table.back)
    settle(explorer)
    assert "9 – 16 of 20" in table.count.value


def test_a_heading_sorts_up_down_and_not_at_all(explorer, table):
    found = []
    for _ in range(3):
        press(table.heads[1])
        settle(explorer)
        found.append((table.heads[1].description, table.page.rows[0][1]["size"]))
    assert found == [("size ▲", 0), ("size ▼", 19), ("size", 0)]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"layer_defs": {0: "size >= 10"}}, 10),
        ({"bbox": (-0.4, -1, 4.4, 1)}, 5),
        ({"clipping": {"geometryType": "esriGeometryEnvelope", "geometry": BOX}}, 5),
        ({"clipping": {"geometryType": "esriGeometryEnvelope", "geometry": FAR}}, 0),
        ({"clipping": {"geometryType": "esriGeometryEnvelope", "geometry": BOX, "excludedLayers": [0]}}, 20),
        ({"spatial_filter": {"geometryType": "esriGeometryEnvelope", "geometry": BOX}}, 5),
    ],
)  # fmt: skip
def test_the_table_follows_filters_and_view(explorer, table, given, count):
    explorer.parameters.update(**given)
    settle(explorer)
    said = table.count.value
    assert f"of {count}<" in said if count else "no rows" in said


def test_ticks_and_the_selection_are_the_same(explorer, table):
    browser(table.ticks[1], value=True)
    browser(table.ticks[3], value=True)
    (definition,) = explorer.parameters.selection_definitions
    assert definition.object_ids == (2, 4)
    assert list(explorer.selection["name"]) == ["Town 1", "Town 3"]
    browser(table.ticks[1], value=False)
    assert explorer.parameters.selection_definitions[0].object_ids == (4,)
    explorer.parameters.selection_definitions = [{"layerId": 0, "objectIds": [1]}]
    assert [tick.value for tick in table.ticks[:4]] == [True, False, False, False]
    choose(table.which, "selected")
    settle(explorer)
    assert names(table) == ["Town 0"]
    explorer.parameters.selection_definitions = None
    settle(explorer)
    assert "no rows" in table.count.value


def test_a_failure_is_one_sentence_and_the_rows_stay(explorer, table, monkeypatch):
    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError("The service is away.")

    monkeypatch.setattr(type(explorer.service), "features", fail)
    press(table.forward)
    settle(explorer)
    assert "The service is away." in table.message.value
    assert names(table)[0] == "Town 0"


def test_a_long_text_is_cut():
    assert shortened("x" * 200) == "x" * 79 + "…"


def test_the_table_begins_with_the_uppermost_layer_that_is_drawn_at_this_scale():
    explorer = MapExplorer("sample:usa", scheduler=ManualScheduler())
    settle(explorer)
    table = explorer.table
    names = {layer_id: name for name, layer_id in table.layer.options}
    browser(table.opener, value=True)
    assert names[table.layer.value] == "State outlines"
    choose(table.layer, "International airports")
    browser(table.opener, value=False)
    browser(table.opener, value=True)
    assert names[table.layer.value] == "International airports", "what was chosen by hand stays"
    explorer.close()
