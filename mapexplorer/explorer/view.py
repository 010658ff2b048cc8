"""The map of an explorer: shows pictures on the page that suits them and tells what the person looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import ipyleaflet
import ipywidgets

from mapexplorer.explorer.furniture import Furniture
from mapexplorer.explorer.overlay import Picture
from mapexplorer.explorer.pages import WEB_MERCATOR, MercatorPage, Page, PlanePage, View
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import Extent, Size, SpatialReference

DEFAULT_SIZE = Size(800, 500)
"""Pixels of the picture as long as no browser has shown the map."""


class MapPane(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """A Web Mercator map, or for other spatial references and turned pictures a map of their own plane.

    The page changes together with the picture: until the new picture is there the old one stays where it
    is. The page not in use is hidden, not removed: Leaflet maps whose view was removed go on hearing
    the window and write what they believe into the model. `on_view(view, moved, resized)` reports what the
    person does, `reference` is the system of its coordinates. `on_first()` is called when a browser shows
    one of the pages for the first time. `followers` are called when page, plane or picture have changed.
    `home` is the button that leads back to all of the map, `caption` says which of two maps this is, and
    `on_move` is called at once when a person moves the map.
    """

    bound: ClassVar[tuple[str, ...]] = ("bbox", "bbox_sr")
    """The parameters that moving the map sets."""

    def __init__(
        self,
        on_view: Callable[[View, bool, bool], None],
        on_first: Callable[[], None] = lambda: None,
        height: str = "480px",
    ) -> None:
        super().__init__()
        self._on_view, self._on_first = on_view, on_first
        self._size: Size | None = None
        self._height = height
        self.reference: SpatialReference = WEB_MERCATOR
        self.followers: list[Callable[[], None]] = []
        self.furniture = Furniture()
        self.home = create(
            ipywidgets.Button,
            description="⤢\N{VARIATION SELECTOR-15}",
            tooltip="Show the whole map",
            layout={"width": "34px"},
        )
        self.home.add_class("me-home")
        self.caption = create(ipywidgets.HTML)
        self.caption.add_class("me-caption")
        self.on_move: Callable[[], None] = lambda: None
        self._pages: dict[type[Page], Page] = {}
        self.page: Page = self._page(MercatorPage)
        self.add_class("me-map")

    def _page(self, kind: type[Page]) -> Page:
        if kind not in self._pages:
            self._pages[kind] = kind(self._height, self._viewed(kind), self._on_first)
            self._pages[kind].appear(len(self._pages) == 1)  # two maps at a time would share the width
            self.children = [
                *(page.widget for page in self._pages.values()),
                self.furniture,
                self.home,
                self.caption,
            ]
        return self._pages[kind]

    def _viewed(self, kind: type[Page]) -> Callable[[View, bool, bool], None]:
        def viewed(view: View, moved: bool, resized: bool) -> None:
            if self._pages.get(kind) is self.page:
                self._size = view.size
                if moved:
                    self.on_move()
                self._on_view(view, moved, resized)

        return viewed

    @property
    def size(self) -> Size:
        """Size of the map in CSS pixels; a default before it is displayed."""
        return self._size or DEFAULT_SIZE

    @property
    def view(self) -> View:
        """Where the map looks."""
        return self.page.current

    @property
    def extent(self) -> Extent:
        """The unrotated rectangle that the map shows, in `reference`."""
        return self.view.extent(self.size)

    def show(self, picture: Picture, *, follow: bool) -> None:
        """Show a picture; with `follow` the map moves to it, else it keeps its centre and scale."""
        page, left = self._page(MercatorPage if picture.is_mercator else PlanePage), self.page
        same_plane = self.reference.same_as(picture.spatial_reference)
        view = self.view if same_plane and not follow else View.fitting(picture.extent, self.size)
        switched = page is not left
        if switched and page.size is None:
            page.size = self._size
        self.reference, self.page = picture.spatial_reference, page
        if switched or follow or not same_plane:
            page.look(view)
        page.place(picture)
        self.furniture.show(picture.bearings, page.current.resolution)
        if switched:
            left.appear(False)
            page.appear(True)
        for follow_picture in self.followers:
            follow_picture()

    def measure(self) -> None:
        """Have the map measure its room again; it reports its view when that has changed."""
        self.page.measure()

    def set_basemap(self, tiles: ipyleaflet.TileLayer | None) -> None:
        """Put tiles under the pictures of the Mercator page, or take them away; there are none at first.

        They are seen where the picture is transparent, so ``parameters.transparent = True`` goes with them.
        The browser, not the kernel, fetches tiles from their server.
        """
        page = self._page(MercatorPage)
        named = [
            control for control in page.widget.controls if isinstance(control, ipyleaflet.AttributionControl)
        ]
        if tiles is None:
            page.widget.controls = [control for control in page.widget.controls if control not in named]
        elif not named:
            page.widget.add(ipyleaflet.AttributionControl(position="bottomright", prefix=""))
        above = [layer for layer in page.widget.layers if not isinstance(layer, ipyleaflet.TileLayer)]
        page.widget.layers = above if tiles is None else [tiles, *above]

    def release(self) -> None:
        """Release every page, also those that are not shown."""
        for page in self._pages.values():
            page.close()
        self._pages.clear()
