"""A name that is chosen from a list, or typed where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from mapexplorer.explorer.sharing import create

from . import controls

OTHER = "Another one …"


class NameChoice:
    """A list with a box for names that it does not hold; the box alone without a list."""

    def __init__(self, label: str, hint: str, changed: Callable[[], object]) -> None:
        self.list = controls.labelled(ipywidgets.Dropdown, label, hint)
        self.text = controls.labelled(ipywidgets.Text, label, hint, continuous_update=False)
        self.widget = create(ipywidgets.VBox, (self.list, self.text))
        self.widget.add_class("me-stack")
        self._changed = changed
        self._offering = False
        self._fit()
        self.list.observe(self._chosen, names="value")
        self.text.observe(lambda _: changed(), names="value")

    @property
    def value(self) -> str:
        """The name, empty when there is none."""
        chosen = self.list.value
        return str(self.text.value).strip() if chosen in (None, OTHER) else str(chosen)

    def offer(self, names: Sequence[str]) -> None:
        """Offer these names; nobody is told of a change."""
        options = (*names, OTHER) if names else ()
        self._offering = True
        if tuple(self.list.options) != options:
            before = self.value
            self.list.options = options
            if options:
                self.list.value = before if before in names else names[0]
        self._offering = False
        self._fit()

    def _fit(self) -> None:
        controls.shown(self.list, bool(self.list.options))
        controls.shown(self.text, self.list.value in (None, OTHER))

    def _chosen(self, _: object) -> None:
        self._fit()
        if not self._offering:
            self._changed()
