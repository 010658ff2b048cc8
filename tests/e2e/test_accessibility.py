"""What readers of the screen are told of the controls, and a person without a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import LivePage

CONTROLS = {
    "button", "checkbox", "combobox", "ColorWell", "DateTime", "link", "listbox", "radio", "slider",
    "spinbutton", "tab", "textbox",
}  # fmt: skip
UNNAMED_IN_NOTEBOOKS = {"slider", "ColorWell"}
"""ipywidgets gives these no name and no way to give one; the page of the app has a script that does."""
TITLES = (
    "Layers", "Symbols", "Filters", "Time", "Ranges", "Space", "Select", "Version", "Picture", "Legend",
    "Request", "Share",
)  # fmt: skip


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    yield shared_page
    assert shared_page.take_errors() == []


def nameless(live: LivePage) -> list[tuple[str, str]]:
    """The role and the markup of the explorer's controls that have no name."""
    session = live.page.context.new_cdp_session(live.page)
    session.send("DOM.enable")
    session.send("Accessibility.enable")
    found = []
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if node["ignored"] or role not in CONTROLS or node.get("name", {}).get("value", "").strip():
            continue
        found.append((role, _inside(session, node["backendDOMNodeId"])))
    session.detach()
    return [(role, markup) for role, markup in found if markup]


def _inside(session: Any, node: int) -> str:
    """The markup of a node of the explorer; nothing for one of the page around it."""
    element = session.send("DOM.resolveNode", {"backendNodeId": node})["object"]["objectId"]
    asked = "function() { return this.closest?.('.mapexplorer') ? this.outerHTML.slice(0, 200) : '' }"
    call = {"objectId": element, "functionDeclaration": asked, "returnByValue": True}
    return str(session.send("Runtime.callFunctionOn", call)["result"]["value"])


def test_every_control_has_a_name(live: LivePage) -> None:
    allowed = UNNAMED_IN_NOTEBOOKS if live.front_end.name == "lab" else set()
    for title in TITLES:
        live.tab(title)
        expect(live.page.get_by_role("tab", name=title, exact=True)).to_have_attribute(
            "aria-selected", "true"
        )
        assert [(title, *item) for item in nameless(live) if item[0] not in allowed] == []


def test_the_tabs_are_one_stop_of_the_keyboard_and_arrows_choose_among_them(live: LivePage) -> None:
    live.tab("Layers")
    tabs = live.page.locator(".me-panels > .lm-TabBar [role=tab]")
    expect(tabs.nth(0)).to_have_attribute("aria-selected", "true")
    stops = [tabs.nth(at).get_attribute("tabindex") for at in range(tabs.count())]
    assert sorted(stops) == ["-1"] * (len(TITLES) - 1) + ["0"]
    live.page.get_by_role("button", name="Attribute table").focus()
    live.page.keyboard.press("Tab")
    expect(tabs.nth(0)).to_be_focused()
    assert tabs.nth(0).evaluate("tab => parseFloat(getComputedStyle(tab).outlineWidth)") >= 2
    live.page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    live.page.keyboard.press("Enter")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    live.until("explorer.tabs.front", "SymbolsPanel")


def test_what_the_status_line_says_is_announced(live: LivePage) -> None:
    live.run("explorer.status.fail('No map came.')")
    alert = live.page.locator(".me-status [role=alert]").first
    expect(alert).to_contain_text("No map came.")
    live.run("explorer.parameters.layers = 'show:0'")
    live.settle()
    expect(live.page.locator(".me-status [role=status]").first).to_contain_text("1:")
    if live.front_end.name == "voila":
        expect(live.page.locator("#spoken")).to_contain_text("The map is drawn, 1:")
