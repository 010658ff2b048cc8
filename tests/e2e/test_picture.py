"""A person sets how the picture is drawn, compares two maps and takes a file away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.e2e.live_page import OVERLAY, PANE, LivePage


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.open()
    shared_page.run("RECEIVED.clear()")
    shared_page.tab("Picture")
    yield shared_page
    shared_page.run("explorer.panels['PicturePanel'].compare.close(); explorer.sharpness = 1")
    assert shared_page.take_errors() == []


def field(live: LivePage, label: str) -> str:
    """Give the selector of the box behind a label of the panel."""
    return f".me-picture-panel .me-field:has(> label:text-is('{label}')) :is(input, select):visible"


def test_the_dial_turns_the_map_by_pointer_and_by_keyboard(live: LivePage) -> None:
    before = live.shown_picture()
    live.page.get_by_role("button", name="Turn until north is 45° right of up", exact=True).click()
    live.until("explorer.parameters.rotation", -45)
    live.settle()
    assert live.received()[-1]["rotation"] == "-45"
    live.page.locator(".me-north[aria-label='North is 45 degrees to the right of up']").wait_for()
    turned = live.shown_picture()
    assert np.abs(before.astype(int) - turned).mean() > 5
    live.page.locator(".me-rotation .noUi-handle:visible").focus()
    live.page.keyboard.press("ArrowRight")
    live.until("explorer.parameters.rotation", -44)
    live.settle()
    assert live.received()[-1]["rotation"] == "-44"
    assert np.abs(turned.astype(int) - live.shown_picture()).mean() > 0.5


def test_a_projection_found_by_its_name_draws_the_map_anew(live: LivePage) -> None:
    live.page.locator(field(live, "Projection")).first.select_option(label="Another one …")
    box = live.page.locator(field(live, "Search")).first
    box.fill("ETRS89-extended / LAEA Europe")
    box.press("Enter")
    live.until("explorer.parameters.image_sr.wkid", 3035)
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


def test_a_file_of_lines_is_made_and_saved(live: LivePage) -> None:
    live.page.locator(field(live, "As")).first.select_option(label="pdf")
    live.page.get_by_role("button", name="Make the file").click()
    link = live.page.locator(".me-picture-panel a.me-download:visible")
    link.wait_for()
    with live.page.expect_download() as saving:
        link.click()
    assert saving.value.suggested_filename == "map.pdf"
    assert saving.value.path().read_bytes().startswith(b"%PDF")
