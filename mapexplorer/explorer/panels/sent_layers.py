"""What the request says about layers, in one line."""

from __future__ import annotations

from mapexplorer.explorer.markup import Markup, join, tag
from mapexplorer.protocol import LayerSelection, Verb

MOST_CHARACTERS = 60

_MEANING = {
    Verb.SHOW: "only these",
    Verb.HIDE: "every layer but these",
    Verb.INCLUDE: "the default layers and these",
    Verb.EXCLUDE: "the default layers without these",
}


def sent_layers(selection: LayerSelection | None, *, carried: bool) -> Markup:
    """The verb and ids that are sent and what they mean; `carried` says that dynamic layers replace them."""
    by_others = " Carried by dynamicLayers, with your symbols and order." if carried else ""
    if selection is None:
        words = "No layers are sent: the service draws its default layers."
        return tag("p", words + by_others, class_="me-hint")
    text = f"layers={selection.to_text()}"
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    meaning = _MEANING[selection.verb] if selection.ids else "nothing"
    return tag("p", join(["Sent: ", tag("code", text), f" – {meaning}.{by_others}"]), class_="me-hint")
