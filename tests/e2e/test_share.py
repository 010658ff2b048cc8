"""A person reads a request, takes a change back, copies the link of a view, and opens it in another page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.live_page import RUN_ALL_CELLS, LivePage


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.open()
    yield shared_page
    assert shared_page.take_errors() == []


def test_a_change_is_taken_back_and_made_again_with_the_keyboard(live: LivePage) -> None:
    live.run("explorer.parameters.rotation = 20")
    live.settle()
    undo, redo = (live.page.locator(".me-header button", has_text=word) for word in ("Undo", "Redo"))
    undo.focus()
    live.page.keyboard.press("Enter")
    live.until("explorer.parameters.rotation is None")
    live.page.locator(".me-header button:enabled", has_text="Redo").wait_for()
    redo.focus()
    live.page.keyboard.press("Space")
    live.until("explorer.parameters.rotation == 20")
    live.settle()


def test_the_request_is_read_and_asked_for_in_another_form(live: LivePage) -> None:
    live.run("RECEIVED.clear()\nexplorer.parameters.dpi = 120")
    live.settle()
    live.tab("Request")
    panel = live.page.locator(".me-request-panel").first
    changed = panel.locator("tr.me-changed", has_text="dpi")
    changed.wait_for()
    assert "Dots per inch" in changed.inner_text()
    assert live.received()[-1]["dpi"] == "120"
    assert panel.locator(".me-bars tr", has_text="Drawing").count() == 1
    panel.locator("select").first.select_option(label="image: the picture alone")
    live.until("str(explorer.parameters.f) == 'image'")
    live.settle()
    assert live.received()[-1]["f"] == "image"
    panel.locator("select").last.select_option(label="curl")
    code = panel.locator("textarea")
    live.page.wait_for_function("box => box.value.startsWith('curl ')", arg=code.element_handle())
    assert "dpi=120" in code.input_value()
    assert "f=image" in code.input_value()


def test_a_state_that_is_pasted_shows_its_view(live: LivePage) -> None:
    live.run("STATE = __import__('json').dumps({**explorer.state, 'parameters': {'layers': 'show:0'}})")
    live.tab("Share")
    box = live.page.locator(".me-share-panel textarea").last
    box.fill(live.value("STATE"))
    live.page.locator(".me-share-panel button", has_text="Load").click()
    live.until("set(explorer.parameters.given()) <= {'layers', 'bbox', 'bbox_sr'}")
    live.settle()
    assert live.value("str(explorer.request().layers.to_text())") == "show:0"


def copied(live: LivePage, before: str = "") -> str:
    """What stands in the clipboard after a click on the button below the code."""
    live.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.page.evaluate("navigator.clipboard.writeText('nothing yet')")
    if before:
        live.page.evaluate(before)
    live.tab("Share")
    box = live.page.locator(".me-share-panel .me-copying:has(textarea)").first
    box.get_by_role("button", name="Copy").click()
    box.get_by_role("button", name="Copied").wait_for()
    box.get_by_role("button", name="Copy", exact=True).wait_for()
    live.page.evaluate("delete navigator.clipboard")
    return str(live.page.evaluate("navigator.clipboard.readText()"))


def test_a_button_copies_the_text_above_it(live: LivePage) -> None:
    assert copied(live) == live.value("explorer.to_code()")


def test_a_button_copies_on_a_page_that_may_not_write_to_the_clipboard(live: LivePage) -> None:
    forbid = "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"
    assert copied(live, forbid) == live.value("explorer.to_code()")


def test_the_link_of_a_view_opens_it_in_another_page(
    live: LivePage, open_page: Callable[..., LivePage]
) -> None:
    if live.front_end.name == "lab":
        live.tab("Share")
        assert "notebook" in live.page.locator(".me-share-panel").inner_text()
        return
    live.run("explorer.open('sample:usa', layers=[0], rotation=15)")
    live.settle()
    link = live.value("explorer.link")
    live.page.wait_for_function("link => location.href === link", arg=link)
    live.open()
    for _ in range(3):  # the page may still be told of the view before, which takes its place
        live.settle()
        live.page.evaluate("hash => { location.hash = hash }", link.partition("#")[2])
        live.until("explorer.target == 'sample:usa' and explorer.parameters.rotation == 15")
        live.settle()
        if live.value("explorer.link") == link:
            break
    assert live.value("explorer.link") == link

    live.page.evaluate("() => { location.hash = 'state=damaged' }")
    status = live.page.locator(".me-status", has_text="damaged")
    status.first.wait_for()
    assert live.value("explorer.target") == "sample:usa"

    # The person opens the link itself: it stands in the address line before anything of the page runs.
    fresh = open_page(script=f"if (!location.hash) location.hash = '{link.partition('#')[2]}'")
    fresh.until("explorer.target == 'sample:usa' and explorer.parameters.rotation == 15")
    fresh.settle()
    assert fresh.value("explorer.state") == live.value("explorer.state")


def test_a_cell_that_is_run_again_leaves_one_explorer(live: LivePage) -> None:
    if live.front_end.name == "voila":
        return
    live.run("FIRST = __import__('weakref').ref(explorer)")
    live.page.evaluate(RUN_ALL_CELLS)
    live.until("FIRST() is None or FIRST().closed")
    live.settle()
    assert (
        live.value("[thread.name for thread in __import__('threading').enumerate()].count('mapexplorer')")
        == 0
    )
    assert live.page.locator(".mapexplorer .me-header").count() == 1
