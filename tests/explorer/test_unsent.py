"""Changes of layers that are switched off: no request has them, but view, link, code and undo do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import mapexplorer
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.state import State, StateError
from mapexplorer.explorer.unsent import Unsent
from mapexplorer.protocol import DrawingInfo, ParameterError

from .conftest import Bench
from .fake_service import FakeService

PALE = {"dynamicLayers": [{"id": 1, "drawingInfo": {"transparency": 40.0}}]}
DRAWING = DrawingInfo(transparency=40.0)


@pytest.fixture
def towns(make: Callable[..., Bench]) -> MapExplorer:
    """Only the layer Towns (0) is drawn; Roads (1) is switched off."""
    bench = make(FakeService(supportsDynamicLayers=True), layers="show:0")
    bench.settle()
    explorer: MapExplorer = bench.explorer
    return explorer


def drawn(explorer: MapExplorer) -> dict[int, Any]:
    return {element.id: element.drawing_info for element in explorer.parameters.dynamic_layers or ()}


def test_a_change_of_a_layer_that_is_off_is_in_the_view_and_not_in_the_request(towns: MapExplorer) -> None:
    towns.composer.draw(1, DRAWING)
    assert towns.parameters.dynamic_layers is None
    assert towns.state["view"]["unsent"] == PALE
    assert towns.unsent == PALE
    towns.parameters.layers = "show:0,1"
    assert drawn(towns) == {0: None, 1: DRAWING}
    assert "unsent" not in towns.state["view"]
    towns.parameters.layers = "show:0"
    assert (drawn(towns), towns.unsent) == ({}, PALE)


@pytest.mark.parametrize("form", [dict, json.dumps, lambda state: "#" + State.of(state).to_fragment()])
def test_a_view_brings_it_back(towns: MapExplorer, form: Callable[[Any], Any]) -> None:
    towns.composer.draw(1, DRAWING)
    kept = form(towns.state)
    towns.composer.reset_all()
    assert towns.unsent == {}
    steps = towns.history.past
    towns.state = kept
    assert (towns.unsent, towns.history.past) == (PALE, steps + 1)
    towns.parameters.layers = "show:1"
    assert drawn(towns) == {1: DRAWING}


def test_a_view_without_it_takes_it_away(towns: MapExplorer) -> None:
    kept = towns.state
    towns.composer.draw(1, DRAWING)
    towns.state = kept
    towns.parameters.layers = "show:1"
    assert drawn(towns) == {}


def test_it_is_undone_and_done_again_step_by_step(towns: MapExplorer) -> None:
    towns.composer.draw(1, DRAWING)
    towns.parameters.layers = "show:1"
    towns.composer.draw(1, DrawingInfo(transparency=80.0))
    seen = []
    while towns.undo():
        seen.append((towns.unsent, drawn(towns)))
    assert seen[:3] == [({}, {1: DRAWING}), (PALE, {}), ({}, {})]
    while towns.redo():
        pass
    assert drawn(towns) == {1: DrawingInfo(transparency=80.0)}
    towns.parameters.layers = "show:0"
    assert towns.unsent["dynamicLayers"][0]["drawingInfo"] == {"transparency": 80.0}


def test_the_place_of_a_layer_that_is_off_is_kept(towns: MapExplorer) -> None:
    towns.parameters.layers = None
    towns.composer.reorder([1, 0])
    towns.parameters.layers = "show:0"
    assert towns.unsent == {"order": [1, 0]}
    kept = towns.state
    towns.composer.reset_all()
    towns.state = kept
    towns.parameters.layers = None
    assert list(drawn(towns)) == [1, 0]


def test_the_code_brings_it_back(towns: MapExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    towns.composer.draw(1, DRAWING)
    code = towns.to_code()
    assert f"explorer.unsent = {PALE!r}" in code

    class Explored:
        unsent: Any = None

    monkeypatch.setattr(mapexplorer, "explore", lambda *_, **__: Explored())
    names: dict[str, Any] = {}
    exec(code, names)
    assert Unsent.of(names["explorer"].unsent) == Unsent.of(PALE)


def test_another_service_begins_without_it(towns: MapExplorer, make: Callable[..., Bench]) -> None:
    towns.composer.draw(1, DRAWING)
    towns.open(make().service)
    assert towns.unsent == {}
    assert towns.undo()
    assert towns.unsent == PALE


def test_dynamic_layers_of_code_displace_it_until_they_are_taken_back(towns: MapExplorer) -> None:
    towns.composer.draw(1, DRAWING)
    towns.parameters.dynamic_layers = [{"id": 7, "source": {"type": "mapLayer", "mapLayerId": 0}}]
    assert towns.unsent == {}
    towns.undo()
    assert towns.unsent == PALE


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "unsent: expected an object"),
        ({"layers": []}, "unsent: expected an object"),
        ({"order": "up"}, "unsent.order: expected a list"),
        ({"order": [True]}, "unsent.order: expected a list"),
        ({"dynamicLayers": [{"id": "x"}]}, "unsent.dynamicLayers"),
        ({"dynamicLayers": [{"id": 1, "drawingInfo": {"transparency": 900}}]}, "drawingInfo.transparency"),
    ],
)
def test_anything_else_is_refused_and_changes_nothing(towns: MapExplorer, value: Any, message: str) -> None:
    towns.composer.draw(1, DRAWING)
    with pytest.raises(ParameterError, match=message.replace("[", r"\[")):
        towns.unsent = value
    with pytest.raises(StateError, match=message.replace("[", r"\[")):
        towns.state = {**towns.state, "view": {"unsent": value}}
    assert towns.unsent == PALE


def test_layers_that_the_service_does_not_have_are_left_out(towns: MapExplorer) -> None:
    towns.unsent = {"dynamicLayers": [{"id": 9, "drawingInfo": {}}, PALE["dynamicLayers"][0]], "order": [9]}
    assert towns.unsent == PALE
