"""What lies below the picture: nothing, or the tiles of a web map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer.basemaps import BASEMAPS
from mapexplorer.explorer.sharing import create

from . import controls

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

NONE = ""
HINT = "Your browser fetches the tiles from their makers. They show where the picture is transparent."
NOT_HERE = "Only a Web Mercator picture that is not turned can lie on a base map; it comes back with it."


class BackdropChoice:
    """Chooses `explorer.basemap`, and a transparent picture with it."""

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        names = [("None", NONE), *((name, name) for name in BASEMAPS)]
        self.box = controls.labelled(ipywidgets.Dropdown, "Base map", HINT, options=names)
        self.note = controls.prose()
        self.widget = create(ipywidgets.VBox, (self.box, self.note))
        self.widget.add_class("me-stack")
        self.box.observe(self._chosen, names="value")

    def show(self) -> None:
        """Set the choice."""
        chosen = self._explorer.basemap
        if (self.box.value or None) != chosen:
            self.box.value = chosen or NONE
        flat = self._explorer.parameters
        away = bool(flat.rotation) or (flat.image_sr is not None and flat.image_sr.code != 3857)
        controls.say(self.note, controls.hint(NOT_HERE if away else HINT) if chosen else None)

    def _chosen(self, change: object) -> None:
        wanted = self.box.value or None
        if wanted == self._explorer.basemap:
            return
        self._explorer.basemap = wanted
        self._explorer.parameters.update(transparent=True if wanted else None)
        self.show()
