"""A person changes symbols and the order of layers: what the service receives, and what is then seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.e2e.live_page import LivePage

RED = (255, 0, 0, 255)
WELL_BESIDE_TEXT = """() => {
  const [text, well] = [...document.querySelectorAll('.me-symbols-panel .me-color input')]
      .filter(input => input.getClientRects().length).map(input => input.getBoundingClientRect());
  return well && well.top === text.top && well.height === text.height && well.left > text.right;
}"""
TABLES = ".me-symbols-panel .me-field:visible:has(> label:text-is('Table'))"


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.open()
    shared_page.run("RECEIVED.clear()")
    yield shared_page
    assert shared_page.take_errors() == []


def control(live: LivePage, label: str, number: int = 0) -> Any:
    """The control of the Symbols panel behind a label, or a later one with the same label."""
    named = f".me-symbols-panel .me-field:visible:has(> label:text-is('{label}'))"
    return live.page.locator(named).nth(number)


def choose(live: LivePage, label: str, option: str, number: int = 0) -> None:
    control(live, label, number).locator("select").select_option(label=option)


def press(live: LivePage, words: str, panel: str = "symbols") -> None:
    live.page.locator(f".me-{panel}-panel button:visible", has_text=words).first.click()


def received_layers(live: LivePage, operation: str = "export") -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = json.loads(live.received(operation)[-1]["dynamicLayers"])
    return layers


def share_of(picture: np.ndarray[Any, Any], color: tuple[int, ...]) -> float:
    return float((picture == color).all(axis=2).mean())


def choose_land(live: LivePage) -> None:
    """Choose the layer and wait until the browser shows its symbol, so that nothing typed is overwritten."""
    from playwright.sync_api import expect

    live.tab("Symbols")
    choose(live, "Layer", "Land")
    live.until("explorer.panels['SymbolsPanel'].chosen", 8)
    color = live.value("explorer.panels['SymbolsPanel'].look.color.value")
    expect(control(live, "Colour").locator("input[type=text]")).to_have_value(color, timeout=20_000)
    text = live.value("explorer.panels['SymbolsPanel'].json.text.value")
    expect(live.page.locator(".me-json-editor textarea")).to_have_value(text, timeout=20_000)


def color_land_red(live: LivePage) -> None:
    choose_land(live)
    box = control(live, "Colour").locator("input[type=text]")
    box.fill("#ff0000")
    box.press("Tab")  # JupyterLab keeps Enter for itself in this box
    live.until("explorer.parameters.dynamic_layers is not None")
    live.settle()


def test_nothing_is_sent_before_something_is_changed(live: LivePage) -> None:
    live.tab("Symbols")
    control(live, "Layer").wait_for()
    assert live.value("explorer.parameters.dynamic_layers") is None
    assert all("dynamicLayers" not in sent for sent in live.received())


def test_the_well_of_a_colour_is_as_high_as_the_text_beside_it(live: LivePage) -> None:
    live.tab("Symbols")
    control(live, "Colour").wait_for()
    live.page.wait_for_function(WELL_BESIDE_TEXT)


def test_a_colour_that_is_chosen_changes_its_layer_and_follows_the_tick_boxes(live: LivePage) -> None:
    before = live.shown_picture()
    land = before[:, :, :3].astype(int)
    color_land_red(live)
    after = live.shown_picture()
    for operation in ("export", "queryLegends"):
        sent = {layer["id"]: layer for layer in received_layers(live, operation)}
        assert list(sent) == [0, 1, 3, 4, 5, 6, 7, 8]
        assert [layer_id for layer_id, layer in sent.items() if "drawingInfo" in layer] == [8]
        assert sent[8]["drawingInfo"]["renderer"]["symbol"]["color"] == list(RED)
    red = (after == RED).all(axis=2)
    assert red.mean() > 0.1
    earlier = np.unique(land[red], axis=0, return_counts=True)[1]
    assert earlier.max() / earlier.sum() > 0.95, "red covers more than the land"
    live.tab("Layers")
    live.page.locator(".me-layer label", has_text="Land").first.click()
    live.until("explorer.parameters.dynamic_layers is None")
    live.settle()
    assert live.received()[-1]["layers"] in ("exclude:8", "hide:8")
    assert share_of(live.shown_picture(), RED) == 0
    live.page.locator(".me-layer label", has_text="Land").first.click()
    live.until("explorer.parameters.dynamic_layers is not None")
    live.settle()
    assert np.array_equal(live.shown_picture(), after)
    live.tab("Symbols")
    press(live, "Reset all")
    live.until("explorer.parameters.dynamic_layers is None")
    live.settle()
    assert "dynamicLayers" not in live.received()[-1]
    assert np.array_equal(live.shown_picture(), before)


def test_classes_are_made_from_a_field_and_shown_in_the_legend(live: LivePage) -> None:
    live.tab("Symbols")
    choose(live, "Layer", "Storm fixes")
    press(live, "By class")
    live.until("explorer.parameters.dynamic_layers is not None")
    choose(live, "Method", "Equal interval")
    choose(live, "Field", "wind_kt")
    drawn = "explorer.parameters.dynamic_layers[0].drawing_info.renderer"
    live.until(f"[{drawn}.type, getattr({drawn}, 'field', '')]", ["classBreaks", "wind_kt"])
    live.settle()
    renderer = received_layers(live)[0]["drawingInfo"]["renderer"]
    assert (renderer["type"], len(renderer["classBreakInfos"])) == ("classBreaks", 5)
    assert json.loads(live.received("query")[-1]["outStatistics"])[0]["onStatisticField"] == "wind_kt"
    middle = (*renderer["classBreakInfos"][2]["symbol"]["color"][:3], 255)
    assert share_of(live.shown_picture(), middle) > 0
    lowest = renderer["classBreakInfos"][0]["label"]
    live.page.locator(".me-legend li", has_text=lowest).first.wait_for()
    press(live, "Reset layer")
    live.until("explorer.parameters.dynamic_layers is None")


def test_a_layer_that_is_moved_to_the_top_covers_the_others(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Layers")
    press(live, "Drawing order", "layers")
    live.page.locator(".me-order select").select_option(label="Land")
    live.until("explorer.panels['LayersPanel'].order.list.value", 8)
    live.page.locator(".me-layers-panel button[title='Move the layer to the top']").click()
    live.until("explorer.parameters.dynamic_layers is not None")
    live.settle()
    assert [layer["id"] for layer in received_layers(live)] == [8, 0, 1, 3, 4, 5, 6, 7]
    after = live.shown_picture()
    assert not np.array_equal(after, before)
    press(live, "Reset order", "layers")
    live.until("explorer.parameters.dynamic_layers is None")
    live.settle()
    assert np.array_equal(live.shown_picture(), before)
    press(live, "Drawing order", "layers")


def test_faults_of_the_json_name_their_place(live: LivePage) -> None:
    choose_land(live)
    press(live, "Edit as JSON")
    text = live.page.locator(".me-json-editor textarea")
    text.fill('{"renderer": {"type": "simple", "symbol": {"type": "esriSFS", "color": [300, 0, 0]}}}')
    live.until("'[300, 0, 0]' in explorer.panels['SymbolsPanel'].json.text.value")
    press(live, "Apply")
    message = live.page.locator(".me-symbols-panel .me-error:visible").first
    message.wait_for()
    assert "drawingInfo.renderer.symbol.color: expected colour values from 0 to 255" in message.inner_text()
    text.fill('{"renderer": {"type": "simple", "symbol": {"type": "esriSFS", "color": [255, 0, 0]}}}')
    live.until("'[255, 0, 0]' in explorer.panels['SymbolsPanel'].json.text.value")
    press(live, "Apply")
    live.until("explorer.parameters.dynamic_layers is not None")
    live.settle()
    assert share_of(live.shown_picture(), RED) > 0.1
    press(live, "Edit as JSON")


def test_a_join_is_built_in_the_form_and_drawn_above_the_others(live: LivePage) -> None:
    from playwright.sync_api import expect

    before = live.shown_picture()
    live.tab("Symbols")
    press(live, "Add a layer")
    choose(live, "Kind", "Join")
    expect(live.page.locator(TABLES)).to_have_count(2, timeout=20_000)
    choose(live, "Table", "places")
    choose(live, "Table", "countries", 1)
    form = "explorer.panels['SymbolsPanel'].addition.form('Join')"
    live.until(f"[{form}.left.key.value, {form}.right.key.value]", ["name", "name"])
    key = control(live, "Key").locator("input")
    expect(key).to_have_value("name", timeout=20_000)
    key.fill("country")
    key.press("Tab")
    live.until(f"{form}.left.key.value", "country")
    choose(live, "Keep", "only rows with a match")
    live.until(f"{form}.kept.label", "only rows with a match")
    press(live, "Add on top")
    live.until("explorer.parameters.dynamic_layers is not None")
    live.settle()
    tables = [
        {"type": "table", "workspaceId": "samples", "dataSourceName": name}
        for name in ("places", "countries")
    ]
    for operation in ("export", "queryLegends"):
        first = received_layers(live, operation)[0]
        assert first["source"]["dataSource"] == {
            "type": "joinTable",
            "leftTableSource": tables[0],
            "rightTableSource": tables[1],
            "leftTableKey": "country",
            "rightTableKey": "name",
            "joinType": "esriLeftInnerJoin",
        }
    assert share_of(live.shown_picture(), (51, 122, 165, 255)) > 0.01
    live.page.locator(".me-legend", has_text="places and countries").first.wait_for()
    press(live, "Remove layer")
    live.until("explorer.parameters.dynamic_layers is None")
    live.settle()
    assert np.array_equal(live.shown_picture(), before)


def test_letters_of_labels_are_as_large_as_they_are_typed(live: LivePage) -> None:
    from playwright.sync_api import expect

    choose_land(live)
    live.page.locator(".me-labels label:visible", has_text="Labels").first.click()
    live.until("explorer.parameters.dynamic_layers is not None")
    size = control(live, "Text size").locator("input")
    expect(size).to_have_value("10", timeout=20_000)
    live.settle()
    size.fill("18")
    size.press("Tab")
    live.until("explorer.panels['SymbolsPanel'].labels.size.value", 18)
    live.settle()
    land = next(layer for layer in received_layers(live) if layer["id"] == 8)
    assert land["drawingInfo"]["labelingInfo"][0]["symbol"]["font"]["size"] == 18
    press(live, "Reset layer")
    live.until("explorer.parameters.dynamic_layers is None")


def test_a_change_of_a_layer_that_is_off_is_kept_and_undone(live: LivePage) -> None:
    from playwright.sync_api import expect

    live.run("explorer.parameters.layers = 'exclude:8'")
    live.settle()
    live.tab("Symbols")
    choose(live, "Layer", "Land (not drawn)")
    live.until("explorer.panels['SymbolsPanel'].chosen", 8)
    box = control(live, "Colour").locator("input[type=text]")
    color = live.value("explorer.panels['SymbolsPanel'].look.color.value")
    expect(box).to_have_value(color, timeout=20_000)
    box.fill("#ff0000")
    box.press("Tab")
    live.until("[layer['id'] for layer in explorer.unsent.get('dynamicLayers', [])]", [8])
    assert live.value("explorer.parameters.dynamic_layers") is None
    live.page.locator(".mapexplorer button", has_text="Undo").first.click()
    live.until("explorer.unsent", {})
    live.page.locator(".mapexplorer button", has_text="Redo").first.click()
    live.until("len(explorer.unsent)", 1)
    live.run("explorer.parameters.layers = None")
    live.settle()
    assert share_of(live.shown_picture(), RED) > 0.1
