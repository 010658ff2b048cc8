"""Select: identify and select by click, box and coordinates; colours; nothing of the service runs."""

from __future__ import annotations

from typing import Any

import pytest

from mapexplorer.client import FeatureRows, Identified
from mapexplorer.explorer.panels import SelectPanel
from mapexplorer.protocol import Unreachable

from .stand_in import StandIn, browser, choose, press, visible
from .test_space_panel import mouse

ATTACK = "<img src=x onerror=alert(1)>"


class Features:
    """A service that holds features 1 to 3 of layer 1, and records what it is asked."""

    secured = False
    url = "http://fake.invalid/arcgis/rest/services/x/MapServer"

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.failing = False
        self.found = [Identified(1, "Fixes", ATTACK, {"OBJECTID": 2, "name": ATTACK})]

    def identify(self, place, layers=None, *, request=None, raw=False):
        self.asked.append(("identify", place, layers, request, raw))
        if self.failing:
            raise Unreachable("The service is away.")
        return tuple(self.found)

    def features(self, layer_id, **wanted):
        self.asked.append(("features", layer_id, wanted))
        rows = tuple({"OBJECTID": number} for number in (1, 2, 3)) if layer_id == 1 else ()
        return FeatureRows((), rows, (), "OBJECTID", len(rows), False)


@pytest.fixture
def explorer() -> StandIn:
    explorer = StandIn()
    explorer.service = Features()
    return explorer


@pytest.fixture
def panel(explorer: StandIn) -> SelectPanel:
    return SelectPanel(explorer)


def answer(explorer: StandIn) -> None:
    while explorer.controller.scheduler.pump():
        pass


def click(explorer: StandIn, lng: float = 0, lat: float = 0) -> None:
    mouse(explorer, ("mousedown", lng, lat), ("mouseup", lng, lat), ("click", lng, lat))
    answer(explorer)


def popups(explorer: StandIn) -> list[Any]:
    return [layer for layer in explorer.map.page.widget.layers if hasattr(layer, "child")]


def test_a_click_does_nothing_until_it_should(explorer, panel):
    click(explorer)
    assert explorer.service.asked == []


def test_identify_shows_attributes_as_text_on_the_map_and_in_the_panel(explorer, panel):
    choose(panel.mode, "Identify")
    click(explorer, 10, 20)
    (popup,) = popups(explorer)
    assert list(popup.location) == pytest.approx([20, 10])
    for shown in (popup.child.value, panel.found.value):
        assert "<img" not in shown
        assert "&lt;img" in shown
    kind, place, layers, _, raw = explorer.service.asked[-1]
    assert (kind, layers, raw) == ("identify", [1, 3], True)
    assert place.reference.code == 3857
    choose(panel.mode, "Off")
    assert popups(explorer) == []
    assert not visible(panel.found)


def test_a_click_selects_what_is_on_top(explorer, panel):
    choose(panel.mode, "Select")
    click(explorer)
    (definition,) = explorer.parameters.selection_definitions
    assert (definition.layer_id, definition.object_ids) == (1, (2,))
    assert explorer.service.asked[-1][-1] is True
    assert "1 feature" in panel.rows[0].label.value
    explorer.service.found = []
    click(explorer)
    assert explorer.parameters.selection_definitions is None


def test_a_second_click_on_the_same_takes_it_away_again(explorer, panel):
    choose(panel.mode, "Select")
    browser(panel.add, value=True)
    click(explorer)
    assert explorer.parameters.selection_definitions is not None
    click(explorer)
    assert explorer.parameters.selection_definitions is None


def test_a_box_selects_in_the_first_layer_that_has_something_there(explorer, panel):
    press(panel.box)
    mouse(explorer, ("mousedown", 0, 0), ("mouseup", 20, 20), ("click", 20, 20))
    answer(explorer)
    (definition,) = explorer.parameters.selection_definitions
    assert definition.object_ids == (1, 2, 3)
    assert [layer_id for _, layer_id, _ in explorer.service.asked] == [1]
    assert explorer.service.asked[0][2]["geometry"].geometry_type == "esriGeometryEnvelope"


def test_the_keyboard_asks_at_coordinates(explorer, panel):
    choose(panel.mode, "Select")
    browser(panel.place, value="100, 200")
    answer(explorer)
    assert explorer.service.asked[-1][1].geometry.x == 100
    assert explorer.parameters.selection_definitions is not None
    browser(panel.place, value="here")
    assert "two numbers" in panel.message.value


def test_a_failure_is_one_sentence(explorer, panel):
    choose(panel.mode, "Identify")
    explorer.service.failing = True
    click(explorer)
    assert "The service is away." in panel.message.value


def test_only_the_latest_question_is_answered(explorer, panel):
    choose(panel.mode, "Select")
    mouse(explorer, ("click", 0, 0), ("click", 5, 5))
    explorer.service.found = [Identified(1, "Fixes", "x", {"OBJECTID": 9})]
    answer(explorer)
    (definition,) = explorer.parameters.selection_definitions
    assert definition.object_ids == (9,)
    assert len(explorer.service.asked) == 1


def test_colours_are_given_and_taken_back(explorer, panel):
    explorer.parameters.selection_definitions = [{"layerId": 1, "objectIds": [1]}]
    row = panel.rows[0]
    assert row.color.value == "#00ffff"
    browser(row.color, value="#ff0000")
    assert explorer.parameters.selection_definitions[0].selection_color == (255, 0, 0)
    browser(row.filled, value=True)
    browser(row.fill, value="#0000ff")
    assert explorer.parameters.selection_definitions[0].selection_fill_color == (0, 0, 255)
    browser(row.filled, value=False)
    browser(row.color, value="#00ffff")
    assert explorer.parameters.selection_definitions[0].to_json() == {"layerId": 1, "objectIds": [1]}
    press(row.remove)
    assert explorer.parameters.selection_definitions is None


def test_clear_selects_nothing(explorer, panel):
    assert panel.clear.disabled
    explorer.parameters.selection_definitions = [
        {"layerId": 1, "objectIds": [1]}, {"layerId": 3, "objectIds": [1]}
    ]  # fmt: skip
    press(panel.clear)
    assert explorer.parameters.selection_definitions is None
    assert panel.rows == []


def test_a_closed_panel_hears_no_clicks(explorer, panel):
    choose(panel.mode, "Select")
    panel.close()
    click(explorer)
    assert explorer.service.asked == []
