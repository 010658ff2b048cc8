"""A person draws on the map: what the service receives, and what is then seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import PANE, LivePage


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.open()
    shared_page.run("RECEIVED.clear()")
    shared_page.tab("Space")
    yield shared_page
    assert shared_page.take_errors() == []


def button(live: LivePage, words: str) -> Any:
    return live.page.locator(".me-panels .me-space-panel button:visible", has_text=words).first


def on_map(live: LivePage, right: float, down: float) -> tuple[float, float]:
    """The point of the page at a share of the map's width and height."""
    pane = live.page.locator(PANE).first.bounding_box()
    assert pane
    return pane["x"] + pane["width"] * right, pane["y"] + pane["height"] * down


def map_point(live: LivePage, right: float, down: float) -> list[float]:
    """Where that point lies, in the coordinates of the map that is not turned."""
    extent = live.value("explorer.map.extent.numbers")
    return [
        extent[0] + (extent[2] - extent[0]) * right,
        extent[3] - (extent[3] - extent[1]) * down,
    ]


def edges(picture: Any, left: float, right: float, top: float, bottom: float) -> list[int]:
    """The pixels of a picture at shares of its width and height."""
    high, wide = picture.shape[:2]
    return [round(share * side) for share, side in ((left, wide), (right, wide), (top, high), (bottom, high))]


def still(live: LivePage) -> None:
    """Wait until the browser knows that the mouse draws a rectangle and does not move the map."""
    live.until("explorer.drawing.kind == 'rectangle'")
    live.page.locator(f"{PANE}:not(.leaflet-grab)").first.wait_for()


def drag(live: LivePage, start: tuple[float, float], end: tuple[float, float]) -> None:
    live.page.mouse.move(*start)
    live.page.mouse.down()
    live.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    live.page.mouse.move(*end)
    live.page.mouse.up()


def test_a_box_that_is_dragged_clips_the_picture(live: LivePage) -> None:
    before, view = live.shown_picture(), live.value("explorer.map.extent.numbers")
    live.page.locator(".me-space-panel button", has_text="Rectangle").first.click()
    still(live)
    drag(live, on_map(live, 0.3, 0.3), on_map(live, 0.6, 0.7))
    live.until("explorer.parameters.clipping is not None and explorer.drawing.kind is None")
    live.settle()
    assert live.value("explorer.map.extent.numbers") == view, "the map moved while a box was drawn"
    for operation in ("export", "queryLegends"):
        sent = json.loads(live.received(operation)[-1]["clipping"])
        assert sent["geometryType"] == "esriGeometryEnvelope"
        assert sent["geometry"]["spatialReference"]["wkid"] == 102100
    (west, north), (east, south) = map_point(live, 0.3, 0.3), map_point(live, 0.6, 0.7)
    pixel = (view[2] - view[0]) / before.shape[1]
    box = [sent["geometry"][side] for side in ("xmin", "ymin", "xmax", "ymax")]
    assert box == pytest.approx([west, south, east, north], abs=2 * pixel)
    after = live.shown_picture()
    left, right, top, bottom = edges(after, 0.3, 0.6, 0.3, 0.7)
    outside = np.ones(after.shape[:2], dtype=bool)
    outside[top - 4 : bottom + 4, left - 4 : right + 4] = False
    assert (after[outside] == after[2, 2]).all(), "something is drawn outside of the box"
    inside = slice(top + 4, bottom - 4), slice(left + 4, right - 4)
    change = np.abs(after[inside].astype(int) - before[inside])
    assert change.mean() < 3, "only labels and edges may differ inside of the box"
    assert live.page.locator(f"{PANE} path[stroke='#c2255c']").count() == 1
    button(live, "Remove").click()
    live.until("explorer.parameters.clipping is None")
    live.settle()
    assert np.array_equal(live.shown_picture(), before)
    assert live.page.locator(f"{PANE} path[stroke='#c2255c']").count() == 0


def test_a_polygon_that_is_clicked_filters_features_and_clipping_wins(live: LivePage) -> None:
    before = live.shown_picture()
    button(live, "Filter features").click()
    live.page.locator(".me-space-panel button:visible", has_text="Line").wait_for()
    button(live, "Polygon").click()
    live.until("explorer.drawing.kind == 'polygon'")
    corners = [(0.35, 0.3), (0.65, 0.35), (0.5, 0.7)]
    for corner in corners[:-1]:
        live.page.mouse.click(*on_map(live, *corner))
    live.page.mouse.dblclick(*on_map(live, *corners[-1]))
    live.until("explorer.parameters.spatial_filter is not None and explorer.drawing.kind is None")
    live.settle()
    sent = json.loads(live.received()[-1]["spatialFilter"])
    assert (sent["geometryType"], sent["spatialRel"]) == ("esriGeometryPolygon", "esriSpatialRelIntersects")
    (ring,) = sent["geometry"]["rings"]
    extent = live.value("explorer.map.extent.numbers")
    pixel = (extent[2] - extent[0]) / before.shape[1]
    assert len(ring) == 4
    for point, corner in zip(ring, corners, strict=False):
        assert point == pytest.approx(map_point(live, *corner), abs=2 * pixel)
    assert not np.array_equal(live.shown_picture(), before)
    live.page.locator(".me-space-panel select:visible").first.select_option("lie inside it")
    live.until("explorer.parameters.spatial_filter.spatial_rel == 'esriSpatialRelContains'")
    button(live, "Clip the map").click()
    live.page.locator(".me-space-panel select[multiple]").wait_for()
    box = live.page.locator(".me-space-panel textarea:visible").first
    box.fill("-90, 10, -60, 35")
    live.page.locator(".me-space-panel input[type=text]:visible").first.fill("4326")
    button(live, "Apply").click()
    live.until("explorer.parameters.clipping is not None")
    live.settle()
    last = live.received()[-1]
    assert json.loads(last["clipping"])["geometry"] == {
        "spatialReference": {"wkid": 4326}, "xmin": -90.0, "ymin": 10.0, "xmax": -60.0, "ymax": 35.0
    }  # fmt: skip
    assert "spatialFilter" not in last
    button(live, "Filter features").click()
    live.page.locator(".me-space-panel .me-hint:visible", has_text="clipping wins").wait_for()
    assert button(live, "Polygon").is_disabled()


def test_what_is_drawn_on_a_turned_map_is_turned_back(live: LivePage) -> None:
    live.run("explorer.parameters.rotation = 30")
    live.until("explorer.answer.request.rotation == 30")
    live.settle()
    button(live, "Rectangle").click()
    still(live)
    first, second = on_map(live, 0.4, 0.35), on_map(live, 0.6, 0.65)
    live.page.mouse.click(*first)
    live.until("len(explorer.drawing._stroke.points) == 1")
    live.page.mouse.click(*second)
    live.until("explorer.parameters.clipping is not None")
    live.settle()
    sent = json.loads(live.received()[-1]["clipping"])
    assert sent["geometryType"] == "esriGeometryPolygon"
    after = live.shown_picture()
    left, right, top, bottom = edges(after, 0.4, 0.6, 0.35, 0.65)
    outside = np.ones(after.shape[:2], dtype=bool)
    outside[top - 5 : bottom + 5, left - 5 : right + 5] = False
    assert (after[outside] == after[2, 2]).all()
    inside = after[top + 5 : bottom - 5, left + 5 : right - 5]
    assert len(np.unique(inside.reshape(-1, 4), axis=0)) > 3


ATTACK = '<img src=x onerror="window.attacked=1">'
TOWNS = f"""
import geopandas as _geopandas
from shapely.geometry import Point as _Point
_towns = _geopandas.GeoDataFrame(
    {{"name": ["Ada", {ATTACK!r}, "Cyd"]}}, geometry=[_Point(0, 0), _Point(10, 0), _Point(10, 10)], crs=4326
)
"""
CYAN = (0, 255, 255, 255)


def town(live: LivePage, number: int) -> tuple[float, float]:
    """Where a town stands on the page."""
    x, y = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)][number]
    west, south, east, north = live.value("explorer.map.extent.numbers")
    from mapexplorer.explorer.pages import WORLD, ordinate

    return on_map(live, (x * WORLD / 360 - west) / (east - west), (north - ordinate(y)) / (north - south))


def selected(live: LivePage) -> Any:
    sent = live.received()[-1].get("selectionDefinitions")
    return None if sent is None else [one["objectIds"] for one in json.loads(sent)]


def test_clicks_identify_and_select_and_a_box_selects_more(live: LivePage) -> None:
    live.run(TOWNS)
    live.open("{'Towns': _towns}, bbox=(-5, -5, 15, 15), bbox_sr=4326")
    live.tab("Select")
    live.page.evaluate("window.attacked = 0")
    choice = live.page.locator(".me-select-panel button")
    choice.filter(has_text="Identify").click()
    live.until("explorer.panels['SelectPanel'].mode.value == 'identify'")
    live.page.mouse.click(*town(live, 1))
    bubble = live.page.locator(f"{PANE} .leaflet-popup")
    bubble.wait_for()
    assert ATTACK in bubble.inner_text()
    choice.filter(has_text="Select").first.click()
    live.until("explorer.panels['SelectPanel'].mode.value == 'select'")
    bubble.wait_for(state="detached")
    before = live.shown_picture()
    assert not (before == CYAN).all(axis=-1).any()
    live.page.mouse.click(*town(live, 1))
    live.until("explorer.parameters.selection_definitions is not None")
    live.settle()
    assert selected(live) == [[2]]
    after = live.shown_picture()
    assert (after == CYAN).all(axis=-1).sum() > 20
    assert live.value("list(explorer.selection['name'])") == [ATTACK]
    choice.filter(has_text="in a box").click()
    still(live)
    (left, bottom), (right, top) = town(live, 0), town(live, 2)
    drag(live, (left - 15, bottom + 15), (right + 15, top - 15))
    live.until("len(explorer.parameters.selection_definitions[0].object_ids) == 3")
    live.settle()
    assert selected(live) == [[1, 2, 3]]
    assert "3 features" in live.page.locator(".me-select-panel").first.inner_text()
    assert live.page.evaluate("window.attacked") == 0


def test_the_table_shows_what_the_map_shows_and_selects_it(live: LivePage) -> None:
    live.run(TOWNS)
    live.open("{'Towns': _towns}, bbox=(-5, -5, 15, 15), bbox_sr=4326")
    drawer = live.page.locator(".me-drawer").first
    drawer.locator("button", has_text="Attribute table").click()
    ticks = drawer.locator(".me-tick:visible input")
    ticks.nth(2).wait_for()
    assert ticks.count() == 3
    assert ATTACK in drawer.inner_text()
    drawer.locator("button.me-column", has_text="name").click()
    live.until("explorer.table.order == ('name', 'ASC') and explorer.table.page.rows[0][0] == 2")
    drawer.locator("button.me-column", has_text="name ▲").wait_for()
    ticks.nth(2).focus()
    live.page.keyboard.press("Space")
    live.until("explorer.parameters.selection_definitions is not None")
    live.settle()
    assert selected(live) == [[3]]
    assert (live.shown_picture() == CYAN).all(axis=-1).sum() > 20
    live.run("explorer.parameters.layer_defs = {0: \"name = 'Cyd'\"}")
    live.until("explorer.table.page.count == 1")
    ticks.nth(1).wait_for(state="hidden")
    expect(ticks.first).to_be_checked(timeout=20_000)
    drawer.locator("button", has_text="Attribute table").click()
    ticks.first.wait_for(state="hidden")
