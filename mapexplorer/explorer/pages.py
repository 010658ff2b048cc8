"""The two kinds of Leaflet maps that can hold a picture, and how their views convert to map coordinates.

What Leaflet reports is read from the bounds and the pixel bounds of one message, never from `zoom` or
`center`: these may already hold what the kernel has asked for in the meantime.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipyleaflet
import ipywidgets
from traitlets import CFloat, List

from mapexplorer.explorer.overlay import EMPTY_PICTURE, Picture
from mapexplorer.protocol import Extent, Size, SpatialReference

Point = tuple[float, float]
RADIUS = 6378137.0
WORLD = 2 * math.pi * RADIUS
WEB_MERCATOR = SpatialReference.of(102100)
_STEEPEST = 89.9999999
_ONE_PIXEL = (
    1.01  # Leaflet rounds the origin of its pixels, so a view that was asked for comes back up to 1 px off
)
_REMEMBERED = 20
"""Views asked for that a late report of the browser may still show."""


@dataclass(frozen=True)
class View:
    """Where a map looks: centre in map coordinates, map units per pixel, and size in pixels when known."""

    center: Point
    resolution: float
    size: Size | None = None

    def extent(self, size: Size) -> Extent:
        """The unrotated rectangle of a picture of this size."""
        half_width, half_height = size.width * self.resolution / 2, size.height * self.resolution / 2
        x, y = self.center
        return Extent(x - half_width, y - half_height, x + half_width, y + half_height)

    def near(self, other: View | None) -> bool:
        """Whether both are the same view as far as Leaflet can tell."""
        if other is None or not math.isclose(self.resolution, other.resolution, rel_tol=1e-5):
            return False
        tolerance = _ONE_PIXEL * self.resolution
        return all(abs(a - b) <= tolerance for a, b in zip(self.center, other.center, strict=True))

    @classmethod
    def fitting(cls, extent: Extent, size: Size) -> View:
        """The view in which a picture of this size shows all of an extent."""
        return cls(extent.center, max(extent.width / size.width, extent.height / size.height), size)


class LeafletMap(ipyleaflet.Map):  # type: ignore[misc]  # ipyleaflet has no types
    """A map whose own reports are not echoed to it.

    The echo of a late report would follow the view that the kernel has asked for since, and take the map
    back to where it was.
    """

    center = List([0.0, 0.0]).tag(sync=True, o=True, echo_update=False)
    zoom = CFloat(0).tag(sync=True, o=True, echo_update=False)


class Page(ABC):
    """A Leaflet map with one picture on it.

    `on_view` is called with the view, whether the person moved the map, and whether its size changed;
    `on_first` when a browser reports for the first time, even if the map has no room yet.
    """

    crs: dict[str, Any]
    zooms: tuple[float, float]
    unit: float
    """Map units per pixel at zoom 0."""

    def __init__(
        self, height: str, on_view: Callable[[View, bool, bool], None], on_first: Callable[[], None]
    ) -> None:
        self._on_view, self._on_first = on_view, on_first
        self._heard = False
        self.size: Size | None = None
        zoom = max(self.zooms[0], 0.0)
        self.current = View((0.0, 0.0), self.unit / 2**zoom)
        self.picture: Picture | None = None
        self._past: list[View] = []  # asked for or seen before the view that the browser has yet to reach
        self._looked = False
        self.overlay = ipyleaflet.ImageOverlay(url=EMPTY_PICTURE, bounds=((0.0, 0.0), (1e-6, 1e-6)))
        self.widget = LeafletMap(
            layers=[self.overlay],
            crs=self.crs,
            center=[0.0, 0.0],
            zoom=zoom,
            min_zoom=self.zooms[0],
            max_zoom=self.zooms[1],
            zoom_snap=0,
            zoom_delta=0.5,
            scroll_wheel_zoom=True,
            attribution_control=False,
            layout=ipywidgets.Layout(width="100%", height=height),
        )
        self.widget.observe(self._report, names=["bounds", "pixel_bounds"])

    # ---- from the kernel to the browser

    def look(self, view: View) -> None:
        """Show this view, as far as the zoom levels reach; it is held until the person moves the map."""
        zoom = min(max(math.log2(self.unit / view.resolution), self.zooms[0]), self.zooms[1])
        view = View(view.center, self.unit / 2.0**zoom, self.size)
        if self._looked and view.near(self.current):
            return
        self._past = [*self._past[-_REMEMBERED:], self.current]
        self._looked, self.current = True, view
        self._adapt(view)
        self._command(zoom)

    def _command(self, zoom: float) -> None:
        center = list(self._to_leaflet(self.current.center))
        if zoom == self.widget.zoom:
            # With an unchanged zoom Leaflet would glide to the new centre and report views on the way; and
            # what the browser was asked for last it is not asked again, wherever it may be.
            zoom += -1e-7 if zoom >= self.zooms[1] else 1e-7
        with self.widget.hold_sync():
            self.widget.center = center
            self.widget.zoom = zoom
            # Both, changed or not: a page that is just opening may have missed the last message, and would
            # take the new zoom to the centre it began with.
            self.widget.send_state(("center", "zoom"))

    def place(self, picture: Picture) -> None:
        """Put a picture where it belongs; address and bounds travel in one message."""
        self.picture = picture
        bounds = self.bounds_of(picture)
        with self.overlay.hold_sync():
            self.overlay.url = picture.url
            self.overlay.bounds = bounds

    def appear(self, shown: bool) -> None:
        """Show or hide the map; the change of layout makes Leaflet measure it again."""
        (self.widget.remove_class if shown else self.widget.add_class)("me-away")
        self.widget.layout.display = None if shown else "none"

    def measure(self) -> None:
        """Have Leaflet measure its room again: any change of layout tells it to, and this one is not seen."""
        layout = self.widget.layout
        layout.visibility = None if layout.visibility == "inherit" else "inherit"

    def close(self) -> None:
        """Stop listening and release the widgets."""
        self.widget.unobserve(self._report, names=["bounds", "pixel_bounds"])
        m = self.widget
        styles = (m.style, m.default_style, m.dragging_style, m.layout)
        for widget in (*m.controls, *m.layers, *styles, m):
            widget.close()

    # ---- from the browser to the kernel

    def _report(self, _: object) -> None:
        if not self._heard:
            self._heard = True
            self._on_first()
        view = self._read()
        if view is None or view.size is None:
            return
        first, resized = self.size is None, view.size != self.size
        self.size = view.size
        arrived = view.near(self.current)
        # A view from before the browser heard of the one asked for is no move either. Several may have been
        # asked for since: a page that opens slowly reports where it began after that.
        moved = not arrived and not any(view.near(past) for past in self._past)
        if moved:
            self.current = view
        else:
            self.current = View(self.current.center, self.current.resolution, view.size)
        if moved or arrived:
            self._past = []
        if moved or resized:
            # Another size takes the centre along, as far as the browser rounds it: nobody has moved the map.
            self._on_view(self.current, moved and (first or not resized), resized)

    def _read(self) -> View | None:
        """The view that the browser reported, or None while the map is hidden."""
        m = self.widget
        size = self._pixels(m.left, m.right, m.top, m.bottom)
        if size is None or not all(map(math.isfinite, (m.south, m.west, m.north, m.east))):
            return None
        view = self._view(size)
        return view if view.resolution > 0 and math.isfinite(view.resolution) else None

    def _pixels(self, left: float, right: float, top: float, bottom: float) -> Size | None:
        width, height = right - left, bottom - top
        # ipyleaflet takes the larger of 0 and the right or bottom edge: an edge at 0 tells nothing about
        # the size.
        if self.size is not None:
            width = self.size.width if right <= 0 and width != 0 else width
            height = self.size.height if bottom <= 0 and height != 0 else height
        return Size(round(width), round(height)) if 2 <= width <= 20000 and 2 <= height <= 20000 else None

    # ---- what the kinds of pages differ in

    def _adapt(self, view: View) -> None:  # noqa: B027 (not every kind of page prepares)
        """Prepare for a view that the kernel asks for."""

    @abstractmethod
    def _view(self, size: Size) -> View: ...

    @abstractmethod
    def _to_leaflet(self, point: Point) -> Point: ...

    def leaflet_point(self, point: Point) -> Point:
        """The latitude and longitude by which Leaflet knows a map point."""
        return self._to_leaflet(point)

    @abstractmethod
    def plane_point(self, lat_lng: Point) -> Point:
        """The point of the plane of the screen, in map units, at a latitude and longitude of Leaflet."""

    def map_point(self, point: Point) -> Point:
        """The map coordinates of a point of the plane."""
        return point

    @abstractmethod
    def bounds_of(self, picture: Picture) -> tuple[Point, Point]:
        """The south-western and north-eastern corner of a picture in Leaflet's latitude and longitude."""


def latitude(y: float) -> float:
    """Degrees of a Web Mercator ordinate in metres."""
    return math.degrees(2 * math.atan(math.exp(y / RADIUS)) - math.pi / 2)


def ordinate(degrees: float) -> float:
    """Web Mercator ordinate in metres of a latitude; finite at the poles."""
    clipped = min(max(degrees, -_STEEPEST), _STEEPEST)
    return RADIUS * math.log(math.tan(math.pi / 4 + math.radians(clipped) / 2))


class MercatorPage(Page):
    """A Web Mercator map, fractional zoom levels; map coordinates are metres of wkid 102100."""

    crs = ipyleaflet.projections.EPSG3857
    zooms = (0.0, 23.0)
    unit = WORLD / 256

    def _view(self, size: Size) -> View:
        m = self.widget
        west, east = (degrees * WORLD / 360 for degrees in (m.west, m.east))
        center = ((west + east) / 2, (ordinate(m.south) + ordinate(m.north)) / 2)
        return View(center, (east - west) / size.width, size)

    def _to_leaflet(self, point: Point) -> Point:
        return latitude(point[1]), point[0] * 360 / WORLD

    def plane_point(self, lat_lng: Point) -> Point:
        """Metres of Web Mercator."""
        return lat_lng[1] * WORLD / 360, ordinate(lat_lng[0])

    def bounds_of(self, picture: Picture) -> tuple[Point, Point]:
        """The corners of what the picture covers, in degrees."""
        covered = picture.covered
        return self._to_leaflet((covered.xmin, covered.ymin)), self._to_leaflet((covered.xmax, covered.ymax))


@dataclass(frozen=True)
class Plane:
    """The plane of a turned page: map coordinates turned about `pivot`, which lies at `origin` of the plane.

    Positive rotations turn counter-clockwise, like the picture (Export Map, rotation).
    """

    rotation: float = 0.0
    pivot: Point = (0.0, 0.0)
    origin: Point = (0.0, 0.0)

    def to_plane(self, point: Point) -> Point:
        """Plane coordinates of a map point."""
        return self._turn(point, self.pivot, self.origin, self.rotation)

    def to_map(self, point: Point) -> Point:
        """Map coordinates of a point of the plane."""
        return self._turn(point, self.origin, self.pivot, -self.rotation)

    @staticmethod
    def _turn(point: Point, about: Point, onto: Point, degrees: float) -> Point:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        x, y = point[0] - about[0], point[1] - about[1]
        return onto[0] + x * cos - y * sin, onto[1] + x * sin + y * cos


class PlanePage(Page):
    """A map in Leaflet's simple system, whose plane is that of the picture, turned with it.

    Any spatial reference will do, since "latitude, longitude" are ordinate and abscissa of the plane. The
    area of interest lies far to the right of and below the plane's zero, where the pixel bounds that
    ipyleaflet reports are never cut off.
    """

    crs = ipyleaflet.projections.Simple
    zooms = (-40.0, 40.0)
    unit = 1.0

    def __init__(
        self, height: str, on_view: Callable[[View, bool, bool], None], on_first: Callable[[], None]
    ) -> None:
        self.plane = Plane()
        super().__init__(height, on_view, on_first)

    def _adapt(self, view: View) -> None:
        reach = 2048 * view.resolution
        shift = 2.0 ** math.ceil(math.log2(64 * reach))
        x, y = self.plane.to_plane(view.center)
        if not (reach < x < 1e6 * reach and reach < -y < 1e6 * reach):
            self.plane = Plane(self.plane.rotation, view.center, (shift, -shift))
            if self.picture is not None:
                self.place(self.picture)

    def place(self, picture: Picture) -> None:
        """Put a picture where it belongs and turn the plane with it, about the centre of the view."""
        if picture.rotation != self.plane.rotation:
            center = self.current.center
            self.plane = Plane(picture.rotation, center, self.plane.to_plane(center))
        super().place(picture)

    def _view(self, size: Size) -> View:
        m = self.widget
        resolution = (m.east - m.west) / size.width
        center = ((m.west + m.east) / 2, -(m.top + m.bottom) / 2 * resolution)
        return View(self.plane.to_map(center), resolution, size)

    def _to_leaflet(self, point: Point) -> Point:
        x, y = self.plane.to_plane(point)
        return y, x

    def plane_point(self, lat_lng: Point) -> Point:
        """Abscissa and ordinate of the turned plane."""
        return lat_lng[1], lat_lng[0]

    def map_point(self, point: Point) -> Point:
        """The map coordinates of a point of the plane, turned back."""
        return self.plane.to_map(point)

    def bounds_of(self, picture: Picture) -> tuple[Point, Point]:
        """The corners of the picture in the turned plane."""
        extent = picture.extent
        x, y = self.plane.to_plane(extent.center)
        half_width, half_height = extent.width / 2, extent.height / 2
        return (y - half_height, x - half_width), (y + half_height, x + half_width)
