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

    from mapexplorer.explorer.companion import Companion
    from mapexplorer.explorer.opening import Opened
    from mapexplorer.explorer.parameters import Parameters
    from mapexplorer.explorer.view import MapPane
    from mapexplorer.protocol import MapRequest

SHARPEST = 4
STANDARD_DPI = 96.0


class Appearance:
    """The part of an explorer that belongs to the screen in front of it; no shared state has it."""

    map: MapPane
    _guard: RLock
    parameters: Parameters
    children: Any
    _opened: Opened
    _closed: bool
    _sharpness: int | None = None
    _screen = 1
    _companion: Companion | None = None
    _basemap: str | None = None

    if TYPE_CHECKING:  # parts of the explorer that this one needs

        def request(self) -> MapRequest:
            """The request of this moment."""

        def _submit(self) -> None: ...

    @property
    def sharpness(self) -> int:
        """Pixels of the picture for each pixel of the page, 1 to 4; size and dpi grow together.

        As many as the screen has, unless a number is set; None goes back to that. Has an effect while the
        picture follows the size of the map.
        """
        return self._sharpness or self._screen

    @sharpness.setter
    def sharpness(self, value: int | None) -> None:
        if value is not None and (isinstance(value, bool) or value not in range(1, SHARPEST + 1)):
            raise ValueError(f"sharpness: expected a whole number from 1 to {SHARPEST}, not {value!r}.")
        self._sharpen(None if value is None else int(value), self._screen)

    @property
    def follows_screen(self) -> bool:
        """Whether no sharpness is set, so that the picture is as fine as the screen."""
        return self._sharpness is None

    @property
    def screen(self) -> int:
        """Pixels of the screen for each pixel of the page, in whole numbers; 1 until the page has told."""
        return self._screen

    @property
    def fineness(self) -> float:
        """Pixels of the picture for each pixel that it takes on the page."""
        return self._finest() if self.parameters.size is None else 1

    def accompany(self) -> None:
        """Bring the page companion to the page; once."""
        from mapexplorer.explorer.companion import Companion

        with self._guard:
            if self._companion is None and not self._closed:
                self._companion = Companion(self._screen_told)
                self.children = (*self.children, self._companion)

    def _screen_told(self, ratio: float) -> None:
        with self._guard:
            self._sharpen(self._sharpness, min(max(int(ratio + 0.5), 1), SHARPEST))

    def _sharpen(self, chosen: int | None, screen: int) -> None:
        before = self.sharpness
        self._sharpness, self._screen = chosen, screen
        if self.sharpness != before:
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
        shown, fineness = self.map.size, self._finest()
        if fineness == 1:
            return {"size": self._opened.allowed(shown)}
        size = Size(round(shown.width * fineness), round(shown.height * fineness))
        return {"size": size, "dpi": (dpi or STANDARD_DPI) * size.width / shown.width}

    def _finest(self) -> float:
        """The sharpness as far as the service draws pictures of that size."""
        shown, sharpness = self.map.size, self.sharpness
        allowed = self._opened.allowed(Size(shown.width * sharpness, shown.height * sharpness))
        return max(1, min(allowed.width / shown.width, allowed.height / shown.height))
