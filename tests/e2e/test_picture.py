"""A person sets how the picture is drawn, compares two maps and takes a file away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import OVERLAY, PANE, LivePage


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.open()
    shared_page.run("RECEIVED.clear()")
    shared_page.tab("Picture")
    yield shared_page
    shared_page.run("explorer.panels['PicturePanel'].compare.close(); explorer.sharpness = 1")
    shared_page.run("explorer.panels['PicturePanel'].compare.way.value = 'swipe'")
    assert shared_page.take_errors() == []


def field(live: LivePage, label: str) -> str:
    """Give the selector of the box behind a label of the panel."""
    return f".me-picture-panel .me-field:has(> label:text-is('{label}')) :is(input, select):visible"


def on_dial(live: LivePage, bearing: float) -> tuple[float, float]:
    """Where the dial's ring is, so many degrees clockwise from its top."""
    dial = live.page.locator(".me-dial[role=slider]")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    assert box
    angle = math.radians(bearing)
    return box["x"] + 78 + 70 * math.sin(angle), box["y"] + 78 - 70 * math.cos(angle)


def test_the_dial_is_dragged_and_the_map_follows(live: LivePage) -> None:
    before, steps = live.shown_picture(), live.value("explorer.history.past")
    live.page.mouse.move(*on_dial(live, 0))
    live.page.mouse.down()
    for bearing in range(0, 64, 3):
        live.page.mouse.move(*on_dial(live, bearing + 0.3))
    expect(live.page.locator(".me-dial-figures")).to_have_text("\N{MINUS SIGN}63°")
    live.page.keyboard.down("Shift")
    live.page.mouse.move(*on_dial(live, 41))
    live.page.keyboard.up("Shift")
    live.page.mouse.up()
    live.page.mouse.move(*on_dial(live, 120))
    live.until("explorer.answer.request.rotation", -45)
    live.settle()
    live.page.locator(".me-north[aria-label='North is 45 degrees to the right of up']").wait_for()
    assert live.received()[-1]["rotation"] == "-45"
    assert np.abs(before.astype(int) - live.shown_picture()).mean() > 5
    dial = live.page.get_by_role("slider", name="Compass")
    expect(dial).to_have_attribute("aria-valuenow", "45")
    expect(dial).to_have_attribute("aria-valuetext", "north is 45° right of up")
    assert live.value("explorer.history.past") > steps


def test_the_dial_turns_the_map_by_a_click_and_by_keyboard(live: LivePage) -> None:
    live.page.mouse.click(*on_dial(live, 91))  # near a stop
    live.until("explorer.answer.request.rotation", -90)
    live.settle()
    turned = live.shown_picture()
    dial = live.page.get_by_role("slider", name="Compass")
    expect(dial).to_be_focused()
    for key, rotation in (
        ("ArrowUp", -91),
        ("ArrowLeft", -90),
        ("PageDown", -75),
        ("End", 180),
        ("Home", None),
    ):
        live.page.keyboard.press(key)
        live.until("explorer.parameters.rotation", rotation)
    slider = live.page.locator(".me-rotation .noUi-handle:visible")
    expect(slider).to_have_attribute("aria-valuenow", "0.0")  # it has heard of the turn
    slider.focus()
    live.page.keyboard.press("ArrowRight")
    live.until("explorer.answer.request.rotation", 1)
    live.settle()
    assert live.received()[-1]["rotation"] == "1"
    expect(dial).to_have_attribute("aria-valuenow", "-1")
    assert np.abs(turned.astype(int) - live.shown_picture()).mean() > 0.5


def test_a_finger_turns_the_dial_and_does_not_scroll(live: LivePage) -> None:
    x, y = on_dial(live, 15)
    session = live.page.context.new_cdp_session(live.page)
    touched = [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touched})
    for bearing in (30, 50, 70):
        x, y = on_dial(live, bearing)
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
    live.until("explorer.answer.request.rotation", -70)
    live.settle()


def test_a_projection_found_by_its_name_draws_the_map_anew(live: LivePage) -> None:
    live.page.locator(field(live, "Projection")).first.select_option(label="Another one …")
    box = live.page.locator(field(live, "Search")).first
    box.fill("ETRS89-extended / LAEA Europe")
    box.press("Enter")
    live.until("explorer.answer.request.image_sr.wkid", 3035)
    live.settle()
    assert live.received()[-1]["imageSR"] == "3035"
    assert live.received("queryLegends")[-1]["imageSR"] == "3035"
    live.page.locator(".me-north:visible").first.wait_for()
    bearing = live.value("explorer.answer and explorer.map.furniture.value.count('rotate(0.0deg)')")
    assert bearing == 0  # the Atlantic lies far west of the meridian of that projection


def test_a_sharper_picture_has_twice_the_pixels_in_the_same_room(live: LivePage) -> None:
    before = live.page.locator(f"{OVERLAY}:visible").first.bounding_box()
    live.page.locator(field(live, "Sharpness")).first.select_option(label="2× (high density)")
    live.until("explorer.answer.request.dpi", 192)
    live.settle()
    size = live.value("[explorer.map.size.width, explorer.map.size.height]")
    assert live.received()[-1]["size"] == f"{size[0] * 2},{size[1] * 2}"
    assert live.received()[-1]["dpi"] == "192"
    assert list(live.shown_picture().shape[:2]) == [size[1] * 2, size[0] * 2]
    after = live.page.locator(f"{OVERLAY}:visible").first.bounding_box()
    assert before
    assert after
    assert [after["width"], after["height"]] == pytest.approx([before["width"], before["height"]], abs=2)


def test_the_picture_is_as_fine_as_the_screen(live: LivePage, open_page: Callable[..., LivePage]) -> None:
    assert live.value("explorer.screen") == 1
    live.run("explorer.sharpness = None")
    assert live.value("explorer.request().dpi") is None
    if live.front_end.name == "lab":
        return  # one page more is enough
    swatch = live.page.locator(".me-legend img").first.bounding_box()
    assert swatch
    fine = open_page(density=2)
    fine.until("explorer.answer is not None and explorer.answer.request.dpi", 192)
    fine.settle()
    fine.run("explorer.parameters.layers = 'show:0,1'")  # what came before was not recorded
    fine.until("explorer.answer.request.layers is not None")
    fine.settle()
    size = fine.value("[explorer.map.size.width, explorer.map.size.height]")
    for operation in ("export", "queryLegends"):
        assert fine.received(operation)[-1]["dpi"] == "192"
    assert fine.received()[-1]["size"] == f"{size[0] * 2},{size[1] * 2}"
    assert list(fine.shown_picture().shape[:2]) == [size[1] * 2, size[0] * 2]
    finer = fine.page.locator(".me-legend img").first.bounding_box()
    assert finer
    assert [finer["width"], finer["height"]] == pytest.approx([swatch["width"], swatch["height"]], abs=1)
    fine.tab("Picture")
    chosen = fine.page.locator(field(fine, "Sharpness")).first
    expect(chosen.locator("option:checked")).to_have_text("As this screen (2×)")
    chosen.select_option(label="1× (ordinary screens)")
    fine.until("explorer.answer.request.dpi is None")
    fine.settle()
    assert fine.received()[-1]["size"] == f"{size[0]},{size[1]}"


def test_a_kept_map_stays_left_of_the_line(live: LivePage) -> None:
    before = live.screenshot()
    live.page.get_by_role("button", name="Keep this map").click()
    live.page.get_by_role("button", name="Swap").wait_for()
    live.run("explorer.parameters.layers = 'show:0'")
    live.settle()
    live.page.wait_for_function(
        "selector => document.querySelectorAll(selector).length === 2", arg=f"{PANE} img.leaflet-image-layer"
    )
    live.until("'Differs in layers' in explorer.panels['PicturePanel'].compare.note.value")
    live.until("explorer.controller.settled")
    after = live.screenshot()
    middle = before.shape[1] // 2
    left = np.abs(before[120:-60, 60 : middle - 60].astype(int) - after[120:-60, 60 : middle - 60]).mean()
    right = np.abs(before[120:-60, middle + 60 : -60].astype(int) - after[120:-60, middle + 60 : -60]).mean()
    assert left < 1, (left, right)
    assert right > 0.5, (left, right)


BOTH_IN_PLACE = """() => {
    const maps = [...document.querySelectorAll('.me-split > .me-map')].map(map =>
        [...map.querySelectorAll('.leaflet-container')].find(page => page.getClientRects().length));
    return maps.length === 2 && maps.every(page => {
        const [room, picture] = [page, page && page.querySelector('img.leaflet-image-layer')]
            .map(part => part && part.getBoundingClientRect());
        return picture && Math.abs(room.width - maps[0].getBoundingClientRect().width) <= 1
            && ['left', 'right', 'top', 'bottom'].every(side => Math.abs(room[side] - picture[side]) <= 2);
    });
}"""

ONE_MAP = """() => [...document.querySelectorAll('.me-map .leaflet-container')]
    .filter(page => page.getClientRects().length).length === 1"""


def test_two_maps_side_by_side_move_together(live: LivePage) -> None:
    live.page.get_by_role("button", name="Keep this map").click()
    live.page.get_by_role("button", name="Side by side").click()
    live.until("explorer.maps.split")
    live.run("explorer.parameters.layers = 'show:0'")
    live.settle()
    same_place = "explorer.maps.second.page.overlay.bounds == explorer.map.page.overlay.bounds"
    live.until(f"explorer.maps.second.page.picture is not None and {same_place}")
    live.page.wait_for_function(BOTH_IN_PLACE)
    before = live.value("explorer.map.view.center[0]")
    kept = live.page.locator(".me-split > .me-map:nth-child(2) .leaflet-container:visible")
    kept.scroll_into_view_if_needed()
    box = kept.bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    live.page.mouse.move(*middle)
    live.page.mouse.down()
    live.page.mouse.move(middle[0] + 80, middle[1] + 20, steps=4)
    live.page.mouse.up()
    live.until(f"{before} - explorer.map.view.center[0] > 40 * explorer.map.view.resolution")
    live.settle()
    live.until(same_place)
    live.page.wait_for_function(BOTH_IN_PLACE)
    last = live.received()[-2:]
    assert last[0]["bbox"] == last[1]["bbox"]
    assert last[0]["size"] == last[1]["size"]
    assert {request.get("layers") for request in last} == {None, "show:0"}
    live.page.get_by_role("button", name="Stop").click()
    live.until("not explorer.maps.split")
    live.settle()
    live.page.wait_for_function(ONE_MAP)


def test_a_file_of_lines_is_made_and_saved(live: LivePage) -> None:
    live.page.locator(field(live, "As")).first.select_option(label="pdf")
    live.page.get_by_role("button", name="Make the file").click()
    link = live.page.locator(".me-picture-panel a.me-download:visible")
    link.wait_for()
    with live.page.expect_download() as saving:
        link.click()
    assert saving.value.suggested_filename == "map.pdf"
    assert saving.value.path().read_bytes().startswith(b"%PDF")
