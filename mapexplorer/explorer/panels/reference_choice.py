"""A box for a spatial reference: a code, or words of its name to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets

from mapexplorer.explorer import references
from mapexplorer.protocol import SpatialReference

from . import controls

Work = Callable[[Callable[[], Any], Callable[[Any], None]], None]


class ReferenceChoice:
    """Takes a code at once; words are searched among the names that PROJ knows, away from the event loop.

    `work(job, done)` runs a job elsewhere and hands its value over; `chosen` gets the spatial reference, or
    None for an empty box. `tell` shows a sentence, in alarm when the second argument is True.
    """

    def __init__(
        self, label: str, hint: str, work: Work, chosen: Callable[[SpatialReference | None], object]
    ) -> None:
        self._work, self._chosen = work, chosen
        self._asked = ""
        self.box = controls.labelled(
            ipywidgets.Combobox,
            label,
            hint,
            options=references.usual(),
            placeholder="code or name",
            continuous_update=False,
        )
        self.note = controls.prose()
        self.widget = ipywidgets.VBox((self.box, self.note))
        self.widget.add_class("me-stack")

    def offer(self, own: Iterable[SpatialReference | None]) -> None:
        """Begin the list with these."""
        self.box.options = references.usual(own)

    def show(self, reference: SpatialReference | None) -> None:
        """Write the present choice."""
        if reference is None:
            self.box.value = ""
        elif reference.code is None:
            self.box.value = "as written in well-known text"
        else:
            code = reference.wkid or reference.code
            name = dict(references.USUAL).get(code) or references.name_of(code)
            self.box.value = references.line(code, name or "unknown to PROJ")
        controls.say(self.note, None)

    def heard(self) -> None:
        """Read what the person wrote."""
        words = self.box.value.strip()
        code = references.code_of(words)
        if not words:
            self._chosen(None)
        elif code is not None:
            self._chosen(SpatialReference.of(code))
        else:
            self._asked = words
            controls.say(self.note, controls.hint("Searching …"))
            self._work(lambda: (words, references.search(words)), self._found)

    def fail(self, sentence: str) -> None:
        """Say why a choice was not taken."""
        controls.say(self.note, controls.alert(sentence))

    def _found(self, answer: tuple[str, tuple[str, ...]]) -> None:
        words, lines = answer
        if words != self._asked:
            return
        if len(lines) == 1:
            self._chosen(SpatialReference.of(references.code_of(lines[0])))
        elif not lines:
            self.fail(f"No spatial reference is called “{words[:40]}”; expected a code or words of a name.")
        else:
            self.box.options = lines
            self.box.value = ""
            many = f"the first {len(lines)}" if len(lines) == references.MOST else str(len(lines))
            self.box.placeholder = f"{len(lines)} found: choose here"
            controls.say(self.note, controls.hint(f"Found {many}: open the list and choose one."))
