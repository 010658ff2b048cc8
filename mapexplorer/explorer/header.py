"""The top row: which service is shown, and where another one is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import ipywidgets

from mapexplorer.client.addresses import is_secret
from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.sharing import create, lay_out

OTHER = "another service …"


class Header(ipywidgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """Title, undo and redo, a chooser of the demo services, and a box for an address or path.

    `on_open` is called with what the person chose or typed, `undo` and `redo` without anything. A token is
    typed into a box of its own, which is there when a service asks for one, and it is never shown.
    """

    def __init__(
        self,
        samples: tuple[str, ...],
        on_open: Callable[[str], None],
        undo: Callable[[], object],
        redo: Callable[[], object],
    ) -> None:
        self._on_open = on_open
        self._quiet = False
        self._named = ("", "")
        self.title = create(ipywidgets.HTML)
        self.title.add_class("me-title")
        self.chooser = create(
            ipywidgets.Dropdown,
            options=[(f"Demo: {name}", f"sample:{name}") for name in samples] + [(OTHER, "")],
            value="",
            description="Demo maps",
            tooltip="Choose one of the demo services",
            layout={"width": "190px"},
        )
        self.chooser.add_class("me-chooser")
        self.address = create(
            ipywidgets.Text,
            description="Map service",
            tooltip="The address of a map service, or the path of a file",
            placeholder="https://…/MapServer, or the path of a file",
            layout={"flex": "1 1 220px", "width": "auto", "min_width": "140px"},
        )
        self.address.add_class("me-address")
        self.token = create(
            ipywidgets.Password,
            description="Token",
            tooltip="The token that the map service asks for; Enter opens it",
            placeholder="Token",
            layout={"flex": "1 1 220px", "width": "auto", "min_width": "140px", "display": "none"},
        )
        for control in (self.chooser, self.address, self.token):
            control.add_class("me-named")
        self.button = create(
            ipywidgets.Button, description="Open", tooltip="Show this map service", layout={"width": "72px"}
        )
        self.undo, self.redo = _step("Undo", undo), _step("Redo", redo)
        self.chooser.observe(self._choose, names=["value"])
        self.button.on_click(self._press)
        for box in (self.address, self.token):
            box.on_msg(self._entered)
        steps = create(ipywidgets.HBox, [self.undo, self.redo])
        steps.add_class("me-steps")
        super().__init__([self.title, steps, self.chooser, self.address, self.token, self.button])
        self.add_class("me-header")
        self.steps(0, 0)

    def steps(self, past: int, future: int) -> None:
        """Say how many changes can be taken back, and made again."""
        for button, word, count in ((self.undo, "Undo", past), (self.redo, "Redo", future)):
            button.disabled = count == 0
            button.tooltip = f"{word} the last change" if count else f"Nothing to {word.lower()}"

    def show(self, title: str, detail: str, target: object) -> None:
        """Name the service; `target` is what it was opened from."""
        heading = [tag("h3", tag("bdi", title))]
        if detail:
            heading.append(tag("p", tag("bdi", detail)))
        self.title.value = str(tag("div", heading, class_="me-heading"))
        self._quiet = True
        try:
            # A target may be a table or a document, which cannot be compared with texts.
            named = target if isinstance(target, str) else ""
            is_demo = named in [value for _, value in self.chooser.options]
            self.chooser.value = named if is_demo else ""
            self.address.value = "" if is_demo else without_secrets(named)
            self._named = (self.address.value, named)
            self.ask_token(False)
        finally:
            self._quiet = False

    def _choose(self, _: object) -> None:
        if self.chooser.value and not self._quiet:
            self._on_open(self.chooser.value)

    def propose(self, target: str, token: bool) -> None:
        """Put what could not be opened into the box, to be corrected or given a token."""
        self.address.value = without_secrets(target)
        self.ask_token(token)

    def ask_token(self, wanted: bool) -> None:
        """Offer the box for a token, or take it away together with what was typed there."""
        lay_out(self.token, display=None if wanted else "none")
        if not wanted:
            self.token.value = ""

    def _entered(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            self._press(widget)

    def _press(self, _: object) -> None:
        typed, token = self.address.value.strip(), self.token.value.strip()
        shown, named = self._named
        if typed and typed == shown and not token:
            typed = named  # the same again, with the token that is not shown
        if typed:
            self._on_open(with_token(typed, token) if token else typed)


def _step(word: str, pressed: Callable[[], object]) -> ipywidgets.Button:
    button = create(ipywidgets.Button, description=word, layout={"width": "auto"})
    button.add_class("me-button")
    button.on_click(lambda _: pressed())
    return button


def without_secrets(address: str) -> str:
    """An address without the secrets in its query; a path as it is."""
    if "://" not in address:
        return address
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not is_secret(pair[0])]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def with_token(address: str, token: str) -> str:
    """An address with a token in its query, in place of the one before."""
    bare = without_secrets(address)
    return f"{bare}{'&' if '?' in bare else '?'}token={quote(token, safe='')}"
