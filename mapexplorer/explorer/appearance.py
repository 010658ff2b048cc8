"""How fine the picture of an explorer is, what lies below it, and files of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapexplorer.explorer.basemaps import tiles
from mapexplorer.explorer.files import FileKind, fetch, kind_of
from mapexplorer.protocol import Size

if TYPE_CHECKING:
    from threading import RLock

    from mapexplorer.explorer.opening import Opened
    from mapexplorer.explorer.view import MapPane
    from mapexplorer.protocol import MapRequest

SHARPEST = 4
STANDARD_DPI = 96.0


class Appearance:
    """The part of an explorer that belongs to the screen in front of it; no shared state has it."""

    map: MapPane
    _guard: RLock
    _opened: Opened
    _sharpness = 1
    _basemap: str | None = None

    if TYPE_CHECKING:  # parts of the explorer that this one needs

        def request(self) -> MapRequest:
            """The request of this moment."""

        def _submit(self) -> None: ...

    @property
    def sharpness(self) -> int:
        """Pixels of the picture for each pixel of the page, 1 to 4; size and dpi grow together.

        Has an effect while the picture follows the size of the map.
        """
        return self._sharpness

    @sharpness.setter
    def sharpness(self, value: int) -> None:
        if isinstance(value, bool) or value not in range(1, SHARPEST + 1):
            raise ValueError(f"sharpness: expected a whole number from 1 to {SHARPEST}, not {value!r}.")
        if value != self._sharpness:
            self._sharpness = int(value)
            self._submit()

    @property
    def basemap(self) -> str | None:
        """The web map below the picture, a name of `mapexplorer.explorer.basemaps.BASEMAPS`, or None.

        It is seen where the picture is transparent. The browser fetches its tiles from their makers.
        """
        return self._basemap

    @basemap.setter
    def basemap(self, name: str | None) -> None:
        layer = None if name is None else tiles(name)
        with self._guard:
            self._basemap = name
            self.map.set_basemap(layer)

    def download(self, path: str | os.PathLike[str], format: FileKind | str | None = None) -> Path:
        """Write the map in view into a file, in the format asked for or that of its ending; return the path.

        Any format that the service draws will do, those too that no page shows, and kmz. Blocks. Raises
        ParameterError for an unknown format, and the errors of `MapService.export`.
        """
        file = Path(path).expanduser()
        file.write_bytes(fetch(self._opened.service, self.request(), kind_of(file, format)).content)
        return file

    def _sized(self, dpi: float | None) -> dict[str, Any]:
        """Size, and resolution where it grows with it, of a picture that follows the map."""
        shown = self.map.size
        size = self._opened.allowed(Size(shown.width * self._sharpness, shown.height * self._sharpness))
        if self._sharpness == 1:
            return {"size": size}
        return {"size": size, "dpi": (dpi or STANDARD_DPI) * size.width / shown.width}
