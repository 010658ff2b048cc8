"""The time zone in which an explorer shows and reads times."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer import time_zones

from . import controls

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer


class ZoneChoice:
    """A box with the names of time zones; what is chosen is the zone of the whole explorer."""

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self.box = controls.labelled(
            ipywidgets.Combobox,
            "Time zone",
            "Times are shown and typed in this zone: UTC, or a name such as Europe/Berlin",
            options=list(time_zones.names()),
            placeholder="UTC",
            continuous_update=False,
        )

    @property
    def zone(self) -> tzinfo:
        """The zone in use."""
        return time_zones.zone(self._explorer.time_zone)

    def show(self) -> None:
        """Set the box to the zone in use; for UTC it is empty, so that typing offers all names."""
        self.box.value = "" if self._explorer.time_zone == "UTC" else self._explorer.time_zone

    def choose(self) -> str:
        """Take what was chosen or typed, where nothing means UTC; gives why it cannot be, else nothing."""
        written = self.box.value.strip()
        found = {name.casefold(): name for name in time_zones.names()}.get(written.casefold(), written)
        try:
            self._explorer.time_zone = found or "UTC"
        except TraitError as error:
            return str(error)
        return ""

    def label(self, words: str) -> str:
        """The label of a time: in UTC it says so."""
        return f"{words} (UTC)" if self.zone is UTC else words
