"""A person works with the explorer in JupyterLab and in Voila: what they see, what the service received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import OVERLAY, PANE, LivePage
from tests.e2e.screen_reader import REGION, await_names, await_words, follow_speech

DRAWN = """__import__('hashlib').sha256(
    explorer.answer.export.image.convert('RGBA').tobytes()).hexdigest()"""
"""The fingerprint of the picture that the service drew for the latest answer."""

PATIENT = 20_000
"""Milliseconds that the page of a busy machine may take."""
TITLES = (
    "Layers", "Symbols", "Filters", "Time", "Ranges", "Space", "Select", "Version", "Picture", "Legend",
    "Request", "Share",
)  # fmt: skip

HALF_WORLD = 20_037_508.342789244
"""Metres of Web Mercator from the prime meridian to the date line."""


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    """The explorer with the demo as it is at first, and no requests recorded yet."""
    shared_page.open()
    shared_page.run("RECEIVED.clear()")
    yield shared_page
    assert shared_page.take_errors() == []


def fingerprint(picture: np.ndarray[Any, Any]) -> str:
    import hashlib

    return hashlib.sha256(picture.tobytes()).hexdigest()


def assert_shows_the_answer(live: LivePage) -> None:
    """The overlay holds the picture of the latest answer, and the screen shows it there, pixel for pixel."""
    picture = live.shown_picture()
    assert fingerprint(picture) == live.value(DRAWN)
    image, pane = (live.page.locator(place).first.bounding_box() for place in (OVERLAY, PANE))
    assert image
    assert pane
    assert [round(image["width"]), round(image["height"])] == [picture.shape[1], picture.shape[0]]
    screen = live.screenshot()
    left, top = round(image["x"] - pane["x"]), round(image["y"] - pane["y"])
    # Within the buttons of the map; the rows may be off by one where the page places it between two pixels.
    across, down = slice(100, int(pane["width"]) - 100), slice(110, int(pane["height"]) - 110)
    shown = screen[down, across, :3].astype(int)
    differences = []
    for shift in (-1, 0, 1):
        rows = slice(down.start - top - shift, down.stop - top - shift)
        part = picture[rows, across.start - left : across.stop - left, :3].astype(int)
        assert part.shape == shown.shape, "the picture does not cover the map"
        differences.append(float(np.abs(shown - part).mean()))
    assert min(differences) < 1, differences


def colours(picture: np.ndarray[Any, Any]) -> int:
    return len(np.unique(picture.reshape(-1, 4), axis=0))


def test_the_first_page_shows_what_the_service_drew(live: LivePage) -> None:
    assert colours(live.shown_picture()) > 50
    assert_shows_the_answer(live)
    assert "Storm" in live.legend()
    assert live.page.locator(".me-legend img").count() > 3
    shown = live.page.locator(PANE).first.bounding_box()
    assert shown
    size = live.value("[explorer.answer.export.width, explorer.answer.export.height]")
    assert size == [round(shown["width"]), round(shown["height"])]


def test_every_control_has_a_name(live: LivePage) -> None:
    for title in TITLES:
        live.tab(title)
        tab = live.page.get_by_role("tab", name=title, exact=True)
        expect(tab).to_have_attribute("aria-selected", "true", timeout=PATIENT)
        await_names(live)
    expect(
        live.page.get_by_role("group", name="Map: arrow keys move it, plus and minus zoom")
    ).to_be_visible()


def test_the_tabs_are_one_stop_of_the_keyboard_and_arrows_choose_among_them(live: LivePage) -> None:
    live.tab("Layers")
    tabs = live.page.locator(".me-panels > .lm-TabBar [role=tab]")
    expect(tabs.nth(0)).to_have_attribute("aria-selected", "true", timeout=PATIENT)
    stops = [tabs.nth(at).get_attribute("tabindex") for at in range(tabs.count())]
    assert sorted(stops) == ["-1"] * (len(TITLES) - 1) + ["0"]
    live.page.get_by_role("button", name="Attribute table").focus()
    live.page.keyboard.press("Tab")
    expect(tabs.nth(0)).to_be_focused(timeout=PATIENT)
    assert tabs.nth(0).evaluate("tab => parseFloat(getComputedStyle(tab).outlineWidth)") >= 2
    live.page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused(timeout=PATIENT)
    live.page.keyboard.press("Enter")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true", timeout=PATIENT)
    live.until("explorer.tabs.front", "SymbolsPanel")


def said(live: LivePage) -> str:
    return f"The map is drawn, 1:{live.value('explorer.answer.export.scale'):,.0f}"


def assert_keys_belong_to_the_control(live: LivePage) -> None:
    """An arrow chooses in a list, and a letter on a slider is no command for the cell it stands in."""
    live.tab("Time")
    live.page.locator(".me-panels button:visible", has_text="Window").first.click()
    live.until("explorer.parameters.time is not None")
    handle = live.page.locator(".me-panels .noUi-handle[aria-label]:visible").first
    handle.wait_for(timeout=PATIENT)  # its name is from the companion, which is there then
    step = live.page.locator(".me-panels .me-field:has(> label:text-is('Step')) select:visible").first
    chosen = step.evaluate("list => list.selectedIndex")
    step.press("ArrowDown")
    expect(step).to_have_js_property("selectedIndex", chosen + 1, timeout=PATIENT)
    for key in ("m", "x"):
        handle.press(key)
    expect(handle).to_be_focused(timeout=PATIENT)
    if live.front_end.page:
        kind = "window.jupyterapp.shell.currentWidget.content.activeCell.model.type"
        assert live.page.evaluate(kind) == "code"


def test_keys_belong_to_the_control_that_has_the_focus(live: LivePage) -> None:
    assert_keys_belong_to_the_control(live)


def test_what_the_status_line_says_is_announced(live: LivePage) -> None:
    live.run("explorer.status.fail('No map came.')")
    alert = live.page.locator(".me-status [role=alert]").first
    expect(alert).to_contain_text("No map came.", timeout=PATIENT)
    follow_speech(live)
    live.run("explorer.parameters.layers = 'show:0'")
    live.settle()
    first = said(live)
    assert await_words(live, first) == [first]
    live.run("explorer.parameters.layers = 'show:0,1'")  # drawn anew, with nothing else to say
    live.settle()
    live.run("explorer.parameters.map_scale = 3e7")
    live.settle()
    assert await_words(live, "The map is drawn, 1:30,000,000").count(first) == 1
    live.run("explorer.status.fail('No map came.')")
    expect(alert).to_contain_text("No map came.", timeout=PATIENT)
    expect(live.page.locator(REGION)).to_have_text("", timeout=PATIENT)


COUNT_WATCHERS = """() => {
  window.watching = 0;
  const ours = new WeakSet();
  const {observe, disconnect} = MutationObserver.prototype;
  MutationObserver.prototype.observe = function (target, options) {
    if (target.matches?.('.mapexplorer')) { ours.add(this); window.watching += 1; }
    return observe.call(this, target, options);
  };
  MutationObserver.prototype.disconnect = function () {
    if (ours.delete(this)) window.watching -= 1;
    return disconnect.call(this);
  };
}"""


def test_a_second_view_does_not_speak_as_well_and_nothing_of_it_stays(live: LivePage) -> None:
    regions = live.page.locator(REGION)
    expect(regions).to_have_count(1, timeout=PATIENT)
    live.page.evaluate(COUNT_WATCHERS)
    live.run("explorer.children = (*explorer.children, explorer.children[-1])")
    live.page.wait_for_function("window.watching === 1")
    live.run("explorer.parameters.map_scale = 2e7")
    expect(regions.nth(0)).to_have_text("The map is drawn, 1:20,000,000", timeout=PATIENT)
    expect(regions).to_have_text(["The map is drawn, 1:20,000,000", ""], timeout=PATIENT)
    live.run("explorer.children = explorer.children[:-1]")
    live.page.wait_for_function("window.watching === 0")
    expect(regions).to_have_count(1, timeout=PATIENT)
    live.settle()


def test_the_time_slider_moves_picture_and_legend(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Time")
    live.page.locator(".me-panels button", has_text="Instant").first.click()
    live.until("explorer.parameters.time is not None and explorer.parameters.time.instant is not None")
    live.settle()
    asked = len(live.received())
    first = live.received()[-1]["time"]
    live.page.locator(".me-panels .noUi-handle:visible").first.focus()
    for _ in range(3):
        live.page.keyboard.press("ArrowRight")
    live.until(f"len([name for name, _ in RECEIVED if name == 'export']) > {asked}")
    live.page.wait_for_timeout(200)
    live.settle()
    last = live.received()[-1]["time"]
    assert int(last) > int(first)
    assert live.received("queryLegends")[-1]["time"] == last
    assert live.value("explorer.parameters.time.start") == int(last)
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def test_a_layer_that_is_unticked_leaves_picture_and_legend(live: LivePage) -> None:
    before, legend = live.shown_picture(), live.legend()
    name = live.value("explorer.layer_infos[0].name")
    assert name in legend
    live.tab("Layers")
    live.page.locator(".me-layer label", has_text=name).first.click()
    live.until("explorer.parameters.layers is not None")
    live.settle()
    assert live.received()[-1]["layers"] in ("hide:0", "exclude:0")
    assert live.received("queryLegends")[-1]["layers"] == live.received()[-1]["layers"]
    assert name not in live.legend()
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def type_filter(live: LivePage, expression: str) -> None:
    live.tab("Filters")
    box = live.page.locator(".me-expression input").first
    box.fill(expression)
    box.press("Enter")


def test_a_filter_that_is_typed_thins_the_map_out(live: LivePage) -> None:
    before = live.shown_picture()
    type_filter(live, "wind_kt >= 130")
    live.until("explorer.parameters.layer_defs == {0: 'wind_kt >= 130'}")
    live.settle()
    for operation in ("export", "queryLegends"):
        received = live.received(operation)[-1]["layerDefs"]
        assert "wind_kt >= 130" in received
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def test_a_filter_that_makes_no_sense_is_explained_and_the_map_stays(live: LivePage) -> None:
    before, legend = live.shown_picture(), live.legend()
    type_filter(live, "wnd_kt >= 130")
    live.until("explorer.answer.error is not None")
    message = live.page.locator(".me-filter .me-error").first
    message.wait_for()
    assert "wnd_kt" in message.inner_text()
    assert "wnd_kt" in live.page.locator(".me-status").first.inner_text()
    assert np.array_equal(live.shown_picture(), before)
    assert live.legend() == legend
    type_filter(live, "wind_kt >= 130")
    live.until("explorer.answer.error is None")
    live.settle()
    assert live.page.locator(".me-filter .me-error:visible").count() == 0


def drag(live: LivePage, across: int, down: int) -> None:
    """Drag the map by pixels, and wait until another place is drawn."""
    before = live.value("explorer.answer.export.extent.xmin")
    pane = live.page.locator(PANE).first.bounding_box()
    assert pane
    x, y = pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2
    live.page.mouse.move(x, y)
    live.page.mouse.down()
    live.page.mouse.move(x + across, y + down, steps=8)
    live.page.wait_for_timeout(200)  # a pause before the release: no inertia, so that the distance is known
    live.page.mouse.up()
    live.until(f"explorer.answer.export.extent.xmin != {before}")
    live.settle()


def test_dragging_the_map_asks_for_the_new_place(live: LivePage) -> None:
    before = live.shown_picture()
    west = live.value("explorer.answer.export.extent.xmin")
    drag(live, -100, -30)
    moved, resolution = live.value(
        f"[explorer.answer.export.extent.xmin - {west},"
        " explorer.answer.export.extent.width / explorer.answer.export.width]"
    )
    assert moved / resolution == pytest.approx(100, abs=4)
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def test_dragging_goes_on_across_the_date_line(live: LivePage) -> None:
    live.open("'sample:world'")
    live.run("explorer.parameters.bbox = (164, 59, 178, 65.5)")
    live.settle()
    for _ in range(5):
        drag(live, -300, 0)
        assert_shows_the_answer(live)
    edge = "explorer.answer.export.extent"
    extent = live.value(f"[{edge}.xmin, {edge}.ymin, {edge}.xmax, {edge}.ymax]")
    assert extent[0] > HALF_WORLD
    there = live.shown_picture()
    assert colours(there) > 200  # Alaska and the sea
    drawn = f"bbox=({extent[0] - 2 * HALF_WORLD}, {extent[1]}, {extent[2] - 2 * HALF_WORLD}, {extent[3]})"
    size = "size=(explorer.answer.export.width, explorer.answer.export.height)"
    asked = f"explorer.service.export({drawn}, bbox_sr=102100, image_sr=102100, {size})"
    here = np.frombuffer(
        bytes.fromhex(live.value(f"{asked}.image.convert('RGB').tobytes().hex()")), np.uint8
    ).reshape(*there.shape[:2], 3)
    assert np.abs(here.astype(int) - there[..., :3]).mean() < 2


def test_a_turned_map_is_shown_turned(live: LivePage) -> None:
    live.run("explorer.parameters.rotation = 30")
    live.until("explorer.answer.request.rotation == 30")
    live.settle()
    assert live.received()[-1]["rotation"] == "30"
    assert_shows_the_answer(live)
    live.run("explorer.parameters.rotation = None")
    live.until("explorer.answer.request.rotation is None")
    live.settle()
    assert_shows_the_answer(live)


def test_a_wider_window_asks_for_a_wider_picture(live: LivePage) -> None:
    width = live.value("explorer.answer.export.width")
    live.page.set_viewport_size({"width": 1400, "height": 900})
    try:
        live.until(f"explorer.answer.export.width > {width}")
        live.settle()
        pane = live.page.locator(PANE).first.bounding_box()
        assert pane
        assert live.value("explorer.answer.export.width") == round(pane["width"])
        assert_shows_the_answer(live)
    finally:
        live.page.set_viewport_size({"width": 1280, "height": 900})
        live.until(f"explorer.answer.export.width == {width}")


FOLLOW_THE_OVERLAY = """selector => {
  window.seen = [];
  const image = [...document.querySelectorAll(selector)].find(image => image.getClientRects().length);
  const note = () => window.seen.push(image.src.slice(-64));
  new MutationObserver(note).observe(image, {attributes: true, attributeFilter: ['src']});
}"""


def test_two_hundred_fast_moves_ask_seldom_and_end_on_the_right_picture(live: LivePage) -> None:
    live.tab("Time")
    live.page.locator(".me-panels button", has_text="Window").first.click()
    live.settle()
    live.run(
        "SHOWN = []\n"
        "def _note(change):\n"
        "    SHOWN.append(explorer.map.page.overlay.url[-64:])\n"
        "explorer.observe(_note, 'answer')"
    )
    live.page.evaluate(FOLLOW_THE_OVERLAY, OVERLAY)
    before = len(live.received())
    handle = live.page.locator(".me-panels .noUi-handle:visible").first
    handle.focus()
    start = live.value("explorer.parameters.time.start")
    for _ in range(200):
        live.page.keyboard.press("ArrowRight")
    live.until(f"explorer.parameters.time.start != {start}")
    live.page.wait_for_timeout(300)
    live.settle()
    live.run("explorer.unobserve(_note, 'answer')")
    assert len(live.received()) - before < 100
    fresh = live.value(
        "_digest(explorer.service.export(explorer.request()))",
        "def _digest(result):\n"
        "    import hashlib\n"
        "    return hashlib.sha256(result.image.convert('RGBA').tobytes()).hexdigest()",
    )
    assert fingerprint(live.shown_picture()) == fresh
    answered = live.value("SHOWN")
    seen = live.page.evaluate("window.seen")
    positions = [answered.index(picture) for picture in seen]
    assert positions == sorted(positions), "an older picture came back"
    assert seen[-1] == answered[-1]


ATTACK = '<img src=x onerror="window.attacked=(window.attacked||0)+1">'
HOSTILE = f"""
import geopandas as _geopandas
from shapely.geometry import Point as _Point
_attack = {ATTACK!r}
_frame = _geopandas.GeoDataFrame(
    {{"kind": [_attack, "plain"], _attack: [1, 2]}}, geometry=[_Point(0, 0), _Point(1, 1)], crs=4326
)
_symbol = {{"type": "esriSMS", "style": "esriSMSCircle", "color": [200, 0, 0, 255], "size": 12}}
_infos = [{{"value": value, "label": value, "symbol": _symbol}} for value in (_attack, "plain")]
"""


def test_a_hostile_name_shows_as_text_and_runs_nothing(live: LivePage) -> None:
    live.run(HOSTILE)
    live.open("{_attack: _frame}")
    live.page.evaluate("window.attacked = 0")
    for title in live.value("[panel.title for panel in explorer.panels.values()]"):
        live.tab(title)
        live.page.wait_for_timeout(150)
    assert ATTACK in live.page.locator(".me-legend").first.inner_text()
    live.run("explorer.parameters.layer_defs = {0: _attack}")
    live.until("explorer.answer.error is not None")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.attacked") == 0
    assert live.page.locator(".mapexplorer img[src='x']").count() == 0


def test_the_same_name_in_an_unguarded_widget_does_run(live: LivePage) -> None:
    """The twin of the test above: the attack is a live one in this very page."""
    live.page.evaluate("window.attacked = 0")
    live.run(
        "import ipywidgets as _ipywidgets\n"
        f"_unguarded = _ipywidgets.HTML({ATTACK!r})\n"
        "explorer.children = (*explorer.children, _unguarded)"
    )
    live.page.wait_for_function("window.attacked > 0")
    live.run("explorer.children = explorer.children[:-1]")


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_has_to_be_scrolled_sideways(live: LivePage, width: int) -> None:
    live.page.set_viewport_size({"width": width, "height": 900})
    try:
        for title in live.value("[panel.title for panel in explorer.panels.values()]"):
            live.tab(title)
            live.page.wait_for_timeout(100)
            wide = live.page.evaluate(
                """() => [document.scrollingElement, document.querySelector('.mapexplorer'),
                    ...document.querySelectorAll('.mapexplorer *')]
                  .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
                               (e === document.scrollingElement
                                || ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)))
                  .map(e => `${e.tagName}.${e.className} ${e.scrollWidth} > ${e.clientWidth}`)"""
            )
            assert wide == [], f"{title} at {width} px"
    finally:
        live.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_film_shows_its_frames_in_order(live: LivePage) -> None:
    live.tab("Time")
    live.page.locator(".me-panels button", has_text="Window").first.click()
    live.settle()
    live.run(
        "FRAMES = []\n"
        "def _frame(change):\n"
        "    FRAMES.append([change.new.request.time.start, explorer.map.page.overlay.url[-64:]])\n"
        "explorer.observe(_frame, 'answer')"
    )
    live.page.evaluate(FOLLOW_THE_OVERLAY, OVERLAY)
    live.page.locator(".me-play").first.click()
    live.until("len(FRAMES) >= 8")
    live.page.locator(".me-play").first.click()
    live.page.wait_for_timeout(500)
    live.settle()
    live.run("explorer.unobserve(_frame, 'answer')")
    frames = live.value("FRAMES")
    times = [time for time, _ in frames]
    assert times == sorted(times)
    assert len(set(times)) >= 5
    seen = live.page.evaluate("window.seen")
    positions = [[picture for _, picture in frames].index(picture) for picture in seen]
    assert positions == sorted(positions)
    assert live.value("explorer.parameters.time.start") == times[-1]
