"""What an explorer can do with its own past and state: undo and redo, save and load, write itself as code."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapexplorer.client import snippets
from mapexplorer.explorer.address import PageAddress
from mapexplorer.explorer.history import History, Moment
from mapexplorer.explorer.opening import Opened, open_service
from mapexplorer.explorer.state import LONGEST, State, StateError, portable_target
from mapexplorer.explorer.status import StatusLine
from mapexplorer.explorer.unsent import Unsent
from mapexplorer.protocol import MapExplorerError

if TYPE_CHECKING:
    import os

    from mapexplorer.explorer.panel import Panel
    from mapexplorer.explorer.panels.composer import Composer
    from mapexplorer.explorer.parameters import Parameters


class Restorable:
    """The part of an explorer that knows how to be as it was."""

    parameters: Parameters
    history: History
    address: PageAddress
    status: StatusLine
    composer: Composer
    _guard: threading.RLock
    _opened: Opened
    _restoring = False

    if TYPE_CHECKING:  # parts of the explorer that this one needs

        @property
        def panels(self) -> dict[str, Panel]:
            """The panels in the tabs, by the name of their class."""

        def _become(self, opened: Opened, given: Mapping[str, Any]) -> None:
            """Show exactly these parameters of a service."""

        def _open_soon(self, target: str, state: State | None = None) -> None:
            """Open a service, and show a view of it, without blocking the event loop."""

        def _front(self, panel: str | None) -> str | None:
            """Bring a panel to the front; give the name of the one in front."""

    # ---- one step back or forth

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        with self._guard:
            return self._return_to(self.history.back())

    def redo(self) -> bool:
        """Make the change again that was taken back last; False when there is none."""
        with self._guard:
            return self._return_to(self.history.forth())

    def _return_to(self, moment: Moment | None) -> bool:
        if moment is not None:
            with self.history.amending():
                self._restore(moment.service, moment.given, moment.unsent)
        return moment is not None

    def _restore(self, opened: Opened, given: Mapping[str, Any], unsent: Unsent) -> None:
        """Show exactly this, as one step."""
        with self._guard:
            self._restoring = True
            try:
                self._become(opened, given)
                self.composer.want(unsent)
            finally:
                self._restoring = False
            self._note()

    def _now(self) -> Moment:
        return Moment(self._opened, self.parameters.given(), self.composer.unsent)

    def _note(self, _: Any = None) -> None:
        if not self._restoring:
            self.history.note(self._now(), self.parameters.hand)

    def _unsent_changed(self) -> None:
        self._note()
        self.address.show(self._state())

    @property
    def unsent(self) -> dict[str, Any]:
        """What waits until layers are switched on, as an object for JSON: changes of symbols, and order.

        ``{"dynamicLayers": [{"id": 3, "drawingInfo": {…}}], "order": […]}``; what is empty is left out. One
        can be assigned; raises ParameterError for anything else.
        """
        return self.composer.unsent.to_dict()

    @unsent.setter
    def unsent(self, value: Any) -> None:
        self.composer.want(Unsent.of(value))

    # ---- the state

    @property
    def state(self) -> dict[str, Any]:
        """The view as a small object for JSON; assign one (or its JSON, or a link) to show that view.

        Tokens are not part of it. Raises StateError for something that is no state, and what opening its
        service raises; what was shown then stays.
        """
        return self._state().to_dict()

    @state.setter
    def state(self, value: Any) -> None:
        state = State.of(value)
        opened = self._opened
        if state.target is not None and state.target != self.target:
            opened = open_service(state.target)
        with self._guard:
            self._restore(opened, state.parameters, state.unsent)
            self._front(state.panel)

    @property
    def target(self) -> str | None:
        """What names the service in use elsewhere: an address, ``sample:…``, a path; None for tables."""
        return portable_target(self._opened.target, self._opened.service.url)

    def _state(self) -> State:
        with self._guard:
            return State(self.target, self.parameters.given(), self._front(None), self.composer.unsent)

    @property
    def link(self) -> str | None:
        """A link that shows this view in the page of the app; None in a notebook."""
        return self.address.link(self._state())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the state into a JSON file and give its path."""
        file = Path(path).expanduser()
        file.write_text(self._state().to_json() + "\n", encoding="utf-8")
        return file

    def load(self, path: str | os.PathLike[str]) -> None:
        """Show the view of a file that `save` wrote. Raises OSError and StateError."""
        file = Path(path).expanduser()
        if file.stat().st_size > 4 * LONGEST:
            raise StateError(f"{file.name} is too large to be a state.")
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise StateError(f"{file.name} is not a JSON file.") from error
        self.state = text

    def to_code(self) -> str:
        """Write Python that shows this view again; a token comes from the variable ARCGIS_TOKEN."""
        state, service = self._state(), self._opened.service
        absent = sorted(set(self._opened.first_view(state.parameters)) - set(state.parameters))
        return snippets.as_explorer(
            state.parameters, state.target, absent, secured=service.secured, unsent=state.unsent.to_dict()
        )

    # ---- links

    def _follow_link(self, link: str) -> None:
        """Show the view of a link; a service that is no demo is opened only when the person agrees."""
        try:
            state = State.of(link)
            if state.target in (None, self.target):
                self.state = state
            elif state.target.startswith("sample:"):
                self._open_soon(state.target, state)
            else:
                self._offer(state)
        except (MapExplorerError, ValueError) as error:
            self.status.fail(str(error))

    def _offer(self, state: State) -> None:
        from mapexplorer.explorer.panels import SharePanel

        share = self.panels.get("SharePanel")
        if not isinstance(share, SharePanel):
            raise StateError(f"The link is for {state.target}. Open that first, then the link.")
        share.offer(state)
        self._front("SharePanel")
        self.status.tell(f"The link is for {state.target}. Press Load in the Share panel to open it.")


def file_name(title: str) -> str:
    """A name for the file of a state."""
    words = "".join(letter if letter.isalnum() else "-" for letter in title.lower())[:60]
    return f"{'-'.join(filter(None, words.split('-'))) or 'map'}.mapexplorer.json"
