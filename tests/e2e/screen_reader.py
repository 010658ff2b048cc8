"""What readers of the screen are told of a page."""

from __future__ import annotations

from typing import Any

from tests.e2e.live_page import LivePage

CONTROLS = {
    "button", "checkbox", "combobox", "ColorWell", "DateTime", "link", "listbox", "radio", "slider",
    "spinbutton", "tab", "textbox",
}  # fmt: skip


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
