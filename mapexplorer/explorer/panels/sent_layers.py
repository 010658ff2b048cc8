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
    if selection is None:
        text: Markup | str = "the default layers of the service"
    else:
        written = f"layers={selection.to_text()}"
        if len(written) > MOST_CHARACTERS:
            written = f"{written[:MOST_CHARACTERS]}…"
        meaning = _MEANING[selection.verb] if selection.ids else "nothing"
        text = join([tag("code", written), f" – {meaning}"])
    if carried:
        parts = ["Sent: dynamicLayers, with your symbols and order, for ", text, "."]
    elif selection is None:
        parts = ["No layers are sent: the service draws its default layers."]
    else:
        parts = ["Sent: ", text, "."]
    return tag("p", join(parts), class_="me-hint")
