"""A person works with the explorer in Notebook 7, in the column that a document leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import PANE, LivePage
from tests.e2e.test_explorer import (
    assert_keys_belong_to_the_control,
    assert_shows_the_answer,
    colours,
    drag,
)

pytestmark = pytest.mark.parametrize("open_page", ["notebook"], indirect=True)

OWN_MISTAKES = ["Cannot read properties of undefined (reading 'schema')"]
"""What Notebook 7 itself says on its console while it opens a document, an empty one too."""


@pytest.fixture(scope="module")
def first_state(shared_page: LivePage) -> None:
    """Remember the view that the page opened with."""
    shared_page.run("FIRST = explorer.state")
    shared_page.errors[:] = [error for error in shared_page.errors if error not in OWN_MISTAKES]


@pytest.fixture
def live(shared_page: LivePage, first_state: None) -> Iterator[LivePage]:
    """The page with the view as it was at first, and no requests recorded yet."""
    shared_page.run("explorer.state = FIRST")
    shared_page.settle()
    shared_page.run("RECEIVED.clear()")
    yield shared_page
    assert shared_page.take_errors() == []


def test_the_first_map_and_its_legend_stand_in_the_column(live: LivePage) -> None:
    assert colours(live.shown_picture()) > 50
    assert_shows_the_answer(live)
    assert "Storm" in live.legend()
    column = live.page.locator(".jp-OutputArea-output:has(> .mapexplorer)").first.bounding_box()
    explorer = live.page.locator(".mapexplorer").first.bounding_box()
    panels = live.page.locator(".mapexplorer .me-panels").first.bounding_box()
    pane = live.page.locator(PANE).first.bounding_box()
    assert column
    assert explorer
    assert panels
    assert pane
    assert explorer["width"] <= column["width"] + 1
    assert pane["x"] + pane["width"] < panels["x"], "the panels stand beside the map"
    assert panels["x"] + panels["width"] <= explorer["x"] + explorer["width"]


def test_dragging_and_zooming_ask_for_what_is_then_shown(live: LivePage) -> None:
    west, width = live.value("[explorer.answer.export.extent.xmin, explorer.answer.export.extent.width]")
    drag(live, -100, -30)
    assert live.value("explorer.answer.export.extent.xmin") > west
    assert_shows_the_answer(live)
    live.page.locator(f"{PANE} .leaflet-control-zoom-in").first.click()
    live.until(f"explorer.answer.export.extent.width < {width} * 0.9")
    live.settle()
    assert_shows_the_answer(live)


def test_a_layer_and_a_filter_leave_the_map_and_the_legend_and_undo_brings_them_back(live: LivePage) -> None:
    before = live.shown_picture()
    name = live.value("explorer.layer_infos[0].name")
    live.tab("Layers")
    live.page.locator(".me-layer:visible label", has_text=name).first.click()
    live.until("explorer.parameters.layers is not None")
    live.settle()
    for operation in ("export", "queryLegends"):
        assert live.received(operation)[-1]["layers"] in ("hide:0", "exclude:0")
    assert name not in live.legend()
    assert_shows_the_answer(live)
    live.page.get_by_role("button", name="Undo").first.click()
    live.until("explorer.parameters.layers is None")
    live.settle()
    assert name in live.legend()
    live.tab("Filters")
    box = live.page.locator(".me-expression input:visible").first
    box.fill("wind_kt >= 130")
    box.press("Enter")
    live.until("explorer.parameters.layer_defs == {0: 'wind_kt >= 130'}")
    live.settle()
    for operation in ("export", "queryLegends"):
        assert "wind_kt >= 130" in live.received(operation)[-1]["layerDefs"]
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)
    live.page.get_by_role("button", name="Undo").first.click()
    live.until("explorer.parameters.layer_defs is None")
    live.settle()
    assert np.array_equal(live.shown_picture(), before)


def test_the_time_slider_moves_picture_and_legend(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Time")
    live.page.locator(".me-panels button:visible", has_text="Instant").first.click()
    live.until("explorer.parameters.time is not None and explorer.parameters.time.instant is not None")
    live.settle()
    first = live.received()[-1]["time"]
    slider = live.page.locator(".me-panels .noUi-target:visible")
    expect(slider.locator(".noUi-handle")).to_have_count(1)  # a window has two: it is that of the moment now
    slider.locator(".noUi-handle").focus()
    live.page.keyboard.press("ArrowRight")
    live.until(f"explorer.parameters.time.start > {first}")
    live.settle()
    moment = str(live.value("explorer.parameters.time.start"))
    assert [live.received(operation)[-1]["time"] for operation in ("export", "queryLegends")] == [moment] * 2
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def test_keys_belong_to_the_control_that_has_the_focus_and_not_to_the_cell(live: LivePage) -> None:
    assert_keys_belong_to_the_control(live)


def test_a_rectangle_that_is_drawn_clips_the_picture(live: LivePage) -> None:
    live.tab("Space")
    live.page.locator(".me-space-panel button:visible", has_text="Rectangle").first.click()
    live.until("explorer.drawing.kind == 'rectangle'")
    live.page.locator(f"{PANE}:not(.leaflet-grab)").first.wait_for()
    pane = live.page.locator(PANE).first.bounding_box()
    assert pane
    corners = [
        (pane["x"] + pane["width"] * right, pane["y"] + pane["height"] * down)
        for right, down in ((0.3, 0.3), (0.45, 0.5), (0.6, 0.7))
    ]
    live.page.mouse.move(*corners[0])
    live.page.mouse.down()
    for corner in corners[1:]:
        live.page.mouse.move(*corner)
    live.page.mouse.up()
    live.until("explorer.parameters.clipping is not None and explorer.drawing.kind is None")
    live.settle()
    for operation in ("export", "queryLegends"):
        assert json.loads(live.received(operation)[-1]["clipping"])["geometryType"] == "esriGeometryEnvelope"
    picture = live.shown_picture()
    high, wide = picture.shape[:2]
    assert (picture[: int(high * 0.3) - 4] == picture[2, 2]).all(), "something is drawn above the box"
    inside = picture[int(high * 0.3) + 4 : int(high * 0.7) - 4, int(wide * 0.3) + 4 : int(wide * 0.6) - 4]
    assert colours(inside) > 20


def test_a_turned_map_is_a_page_of_its_own_and_undo_leaves_it(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Picture")
    live.page.locator(".me-dial[role=slider]").click(position={"x": 127.5, "y": 28.5})  # at 45°
    live.until("explorer.answer.request.rotation", -45)
    live.settle()
    assert live.received()[-1]["rotation"] == "-45"
    expect(
        live.page.locator(".me-north[aria-label='North is 45 degrees to the right of up']").first
    ).to_be_visible()
    assert np.abs(before.astype(int) - live.shown_picture()).mean() > 5
    live.page.get_by_role("button", name="Undo").first.click()
    live.until("explorer.parameters.rotation is None")
    live.settle()
    assert_shows_the_answer(live)
