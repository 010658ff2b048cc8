"""The choice of a spatial reference: the usual ones in a list, any other by its code or words of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets

from mapexplorer.explorer import references
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import SpatialReference

from . import controls

Work = Callable[[Callable[[], Any], Callable[[Any], None]], None]
Listen = Callable[[Any, Callable[[], object]], None]

OTHER = "Another one …"
AS_TEXT = "as written in well-known text"
LONGEST_LIST = 7


class ReferenceChoice:
    """A list of lines, a box below it for what the list does not hold, and below that what was found.

    A code is taken at once; words are searched among the names that PROJ knows, away from the event loop.
    `listen(control, heard)` tells of what a person does, `work(job, done)` runs a job elsewhere and hands its
    value over; `chosen` gets the spatial reference.
    """

    def __init__(
        self,
        label: str,
        hint: str,
        listen: Listen,
        work: Work,
        chosen: Callable[[SpatialReference], object],
    ) -> None:
        self._work, self._chosen = work, chosen
        self._asked = ""
        self._offered: tuple[str, ...] = references.usual()
        self._line = ""
        self._searching = False
        self.list = controls.labelled(ipywidgets.Dropdown, label, hint, options=(*self._offered, OTHER))
        self.box = controls.labelled(
            ipywidgets.Text,
            "Search",
            "A code such as 3035, or words of a name such as polar or utm zone 32n",
            placeholder="a code, or words of its name",
            continuous_update=False,
        )
        self.found = controls.labelled(ipywidgets.Select, "Found", "Choose one")
        self.note = controls.prose()
        self.widget = create(ipywidgets.VBox, (self.list, self.box, self.found, self.note))
        self.widget.add_class("me-stack")
        listen(self.list, self._picked)
        listen(self.box, self.heard)
        listen(self.found, self._taken)
        self._fit()

    def offer(self, own: Iterable[SpatialReference | None]) -> None:
        """Begin the list with these."""
        self._offered = references.usual(own)
        self._list(self._line)

    def show(self, reference: SpatialReference | None) -> None:
        """Choose the present one; a search goes on while that stays the same."""
        line = _line_of(reference)
        if self._searching and line == self._line:
            return
        self._searching = False
        self._list(line)
        self._fit()
        controls.say(self.note, None)

    def heard(self) -> None:
        """Read what the person wrote."""
        words = self.box.value.strip()
        code = references.code_of(words)
        self._offer_found(())
        controls.say(self.note, None)
        if code is not None:
            self._take(code)
        elif words:
            self._asked = words
            controls.say(self.note, controls.hint("Searching …"))
            self._work(lambda: (words, references.search(words)), self._search_done)

    def fail(self, sentence: str) -> None:
        """Say why a choice was not taken."""
        controls.say(self.note, controls.alert(sentence))

    def _picked(self) -> None:
        code = references.code_of(self.list.value)
        self._searching = self.list.value == OTHER
        self._fit()
        if code is not None:
            self._take(code)

    def _taken(self) -> None:
        code = references.code_of(self.found.value or "")
        if code is not None:
            self._take(code)

    def _take(self, code: int) -> None:
        self._searching = False
        self._chosen(SpatialReference.of(code))

    def _search_done(self, answer: tuple[str, tuple[str, ...]]) -> None:
        words, lines = answer
        if words != self._asked:
            return
        if len(lines) == 1:
            self._take(references.code_of(lines[0]) or 0)
        elif not lines:
            self.fail(f"No spatial reference is called “{words[:40]}”; expected a code or words of a name.")
        else:
            self._offer_found(lines)
            many = f"The first {len(lines)}" if len(lines) == references.MOST else str(len(lines))
            controls.say(self.note, controls.told(f"{many} were found: choose one of the list."))

    def _offer_found(self, lines: tuple[str, ...]) -> None:
        # A list chooses its first line by itself, which must be none of those that were found.
        self.found.options = (f"Found {len(lines)}:", *lines) if lines else ()
        self.found.rows = min(len(lines) + 1, LONGEST_LIST)
        self._fit()

    def _list(self, line: str) -> None:
        self._line = line
        options = (*dict.fromkeys((*self._offered, line) if line else self._offered), OTHER)
        if tuple(self.list.options) != options:
            self.list.options = options
        self.list.value = line or None

    def _fit(self) -> None:
        if not self._searching:
            self.box.value = self._asked = ""
            self.found.options = ()
        controls.shown(self.box, self._searching)
        controls.shown(self.found, self._searching and bool(self.found.options))


def _line_of(reference: SpatialReference | None) -> str:
    if reference is None:
        return ""
    if reference.code is None:
        return AS_TEXT
    code = reference.wkid or reference.code
    name = dict(references.USUAL).get(code) or references.name_of(code)
    return references.line(code, name or "unknown to PROJ")
