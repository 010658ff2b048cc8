"""What readers of the screen are told of a page."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from tests.e2e.live_page import LivePage

CONTROLS = {
    "button", "checkbox", "combobox", "ColorWell", "DateTime", "link", "listbox", "radio", "slider",
    "spinbutton", "tab", "textbox",
}  # fmt: skip
REGION = ".me-companion [role=status]"
"""The live region of an explorer; outside the panels, which have messages of their own."""
FOLLOW_SPEECH = """() => {
  window.spoken = [];
  const region = document.querySelector('.me-companion [role=status]');
  new MutationObserver(() => window.spoken.push(region.textContent))
    .observe(region, {childList: true, characterData: true, subtree: true});
}"""


def follow_speech(live: LivePage) -> None:
    """Keep what is put into the live region from now on."""
    live.page.locator(REGION).first.wait_for(state="attached")
    live.page.evaluate(FOLLOW_SPEECH)


def await_words(live: LivePage, words: str) -> list[str]:
    """Wait until something is spoken; give all that was since it is followed, without the pauses."""
    live.page.wait_for_function("words => window.spoken.includes(words)", arg=words, timeout=20_000)
    return [said for said in live.page.evaluate("window.spoken") if said]


def await_names(live: LivePage) -> None:
    """Wait until every control of the explorer has a name."""
    deadline = time.monotonic() + 20
    while missing := _nameless(live):
        assert time.monotonic() < deadline, missing
        live.page.wait_for_timeout(100)


def _nameless(live: LivePage) -> list[tuple[str, str]]:
    """The role and the markup of controls that have no name."""
    session = live.page.context.new_cdp_session(live.page)
    try:
        session.send("DOM.enable")
        session.send("Accessibility.enable")
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        found = [
            (node["role"]["value"], _inside(session, node["backendDOMNodeId"]))
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in CONTROLS
            and not node.get("name", {}).get("value", "").strip()
        ]
        return [(role, markup) for role, markup in found if markup]
    except PlaywrightError as gone:  # an element that was replaced between the two questions
        return [("unknown", str(gone))]
    finally:
        session.detach()


def _inside(session: Any, node: int) -> str:
    """The markup of a node of the explorer; nothing for one of the page around it."""
    element = session.send("DOM.resolveNode", {"backendNodeId": node})["object"]["objectId"]
    asked = "function() { return this.closest?.('.mapexplorer') ? this.outerHTML.slice(0, 200) : '' }"
    call = {"objectId": element, "functionDeclaration": asked, "returnByValue": True}
    return str(session.send("Runtime.callFunctionOn", call)["result"]["value"])
