"""Sharing a view: a link to it, its state as JSON to keep or to load, and the code that rebuilds it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.restoring import file_name
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.state import State
from mapexplorer.protocol import MapExplorerError

from . import controls
from .bound_panel import BoundPanel
from .copying import copied, with_copy

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

IN_NOTEBOOK = "A notebook page has no link of its own: share the code or the file below."
TOO_LONG = "This view is too large for a link: share the file below."


class SharePanel(BoundPanel):
    """The view that is shown, in three forms; a state that is pasted or opened is shown."""

    title: ClassVar[str] = "Share"
    bound: ClassVar[tuple[str, ...]] = ()

    def build(self) -> tuple[Any, ...]:
        """Make the three sections."""
        self._written = ""
        self.link = copied(ipywidgets.Text, "The link to this view")
        self.no_link = controls.prose(controls.hint(IN_NOTEBOOK))
        self.code = copied(ipywidgets.Textarea, "Python that shows this view", rows=8)
        self.json = copied(ipywidgets.Textarea, "The state as JSON", rows=8)
        self.load = controls.button("Load", "Show the view whose state stands in the box", self._load)
        self.download, self.message = controls.prose(), controls.prose()
        link = _section("Link", "Opens the page with this view.", self.no_link, with_copy(self.link))
        code = _section("Code", "Shows this view in a notebook.", with_copy(self.code))
        state = _section(
            "State",
            "The whole view in a few lines, without tokens. Paste another one here to show it.",
            with_copy(self.json, self.load, self.download),
            self.message,
        )
        body = create(ipywidgets.VBox, [*link, *code, *state])
        body.add_class("me-stack")
        self.explorer.composer.followers.append(self._unsent_changed)
        return (body,)

    def close(self) -> None:
        """Follow nothing and release the widgets."""
        self.explorer.composer.followers.remove(self._unsent_changed)
        super().close()

    def _unsent_changed(self) -> None:
        with self.quietly():
            self.show()

    def on_answer(self, answer: Answer) -> None:
        """Write what is shown now."""
        with self.quietly():
            self.show()

    def show(self) -> None:
        """Write link, code and state; a state that the person is just writing stays."""
        explorer = self.explorer
        link = explorer.link
        controls.say(
            self.no_link, None if link else controls.hint(TOO_LONG if explorer.address.page else IN_NOTEBOOK)
        )
        controls.shown(self.link, link is not None)
        self.link.value = link or ""
        self.code.value = explorer.to_code()
        state = State.of(explorer.state)
        if self.json.value.strip() in ("", self._written.strip()):
            self._write(state)
        controls.say(self.download, _download(state, file_name(explorer.target or "map")))

    def offer(self, state: State) -> None:
        """Put a state into the box for the person to load."""
        self.json.value = state.to_json()

    def refuse(self, sentence: str) -> None:
        """Show why a state was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def _write(self, state: State) -> None:
        self._written = state.to_json()
        self.json.value = self._written

    def _load(self) -> None:
        text = self.json.value
        try:
            with self.explorer.parameters.by_hand():
                self.explorer.state = text
        except (MapExplorerError, TraitError, OSError, ValueError) as error:
            self.refuse(str(error))
            return
        self.refuse("")
        with self.quietly():
            self._write(State.of(self.explorer.state))
            self.show()


def _section(title: str, words: str, *parts: Any) -> tuple[Any, ...]:
    heading = controls.prose(tag("div", tag("h4", title), controls.hint(words)))
    return (heading, *parts)


def _download(state: State, name: str) -> Markup:
    content = base64.b64encode(state.to_json().encode()).decode("ascii")
    return tag(
        "a", "Download", href=f"data:application/json;base64,{content}", download=name, class_="me-download"
    )
