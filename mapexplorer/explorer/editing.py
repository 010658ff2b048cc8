"""Changing a geometry on the map: a handle on every corner, to be dragged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipyleaflet
import shapely

from mapexplorer.explorer.outlines import Shape, in_reference, replace_layers
from mapexplorer.explorer.pages import Page, Point
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import Envelope, Polygon, Polyline, SpatialReference
from mapexplorer.protocol import Point as PointGeometry

MOST_HANDLES = 80
_SIZE = 14


class Handles:
    """The handles of one geometry; `changed(geometry)` is called when one was dragged.

    What is changed has the spatial reference of the map. The handles go when the plane of the map changes.
    """

    def __init__(self, pane: MapPane, guard: Any) -> None:
        self._pane, self._guard = pane, guard
        self._page: Page = pane.page
        self._plane: Any = None
        self._markers: list[Any] = []
        self._changed: Callable[[Shape], None] = lambda _: None
        self._ended: Callable[[], None] = lambda: None
        self._kind: type = Polygon
        self._sizes: list[int] = []
        pane.followers.append(self._follow)

    @property
    def on(self) -> bool:
        """Whether there are handles on the map."""
        return bool(self._markers)

    def start(
        self, geometry: Shape, changed: Callable[[Shape], None], ended: Callable[[], None]
    ) -> str | None:
        """Put handles on a geometry; gives the sentence that says why it cannot be."""
        self.stop()
        parts = _parts(geometry, self._pane.reference)
        if parts is None:
            return "This geometry has no place on the map that is shown."
        count = sum(map(len, parts))
        if count > MOST_HANDLES:
            return f"Its {count:,} points are too many to drag; change the text instead."
        with self._guard:
            self._page, self._changed, self._ended = self._pane.page, changed, ended
            self._plane = self._place()
            self._kind, self._sizes = type(geometry), [len(part) for part in parts]
            self._markers = [self._marker(point) for part in parts for point in part]
            replace_layers(self._page, [], self._markers)
        return None

    def stop(self) -> None:
        """Take the handles away."""
        with self._guard:
            if self._markers:
                old, self._markers = self._markers, []
                replace_layers(self._page, old, [])
                self._ended()

    def _place(self) -> Any:
        page = self._pane.page
        return page, getattr(page, "plane", None), self._pane.reference

    def _follow(self) -> None:
        if self._markers and self._plane != self._place():
            self.stop()

    def _marker(self, point: Point) -> Any:
        icon = ipyleaflet.DivIcon(
            html="", icon_size=[_SIZE, _SIZE], icon_anchor=[_SIZE // 2, _SIZE // 2]
        )  # an own drawing: the picture of Leaflet's pin hides the corner
        marker = ipyleaflet.Marker(
            location=self._page.leaflet_point(point), icon=icon, draggable=True, title="Drag this corner"
        )
        marker.observe(self._dragged, names="location")
        return marker

    def _dragged(self, change: Any) -> None:
        with self._guard:
            if change.owner not in self._markers:
                return
            if self._kind is Envelope:
                self._square(self._markers.index(change.owner))
            geometry = self._geometry()
            if isinstance(geometry, Polygon) and not _is_simple(geometry):
                self._put_back(change)
                return
            self._changed(geometry)

    def _put_back(self, change: Any) -> None:
        change.owner.unobserve(self._dragged, names="location")
        change.owner.location = change.old
        change.owner.observe(self._dragged, names="location")

    def _square(self, moved: int) -> None:
        """Move the two neighbours of a corner, so that a rectangle of the map coordinates stays one."""
        x, y = self._map_point(self._markers[moved])
        for number, marker in enumerate(self._markers):
            if number == moved or (number - moved) % 4 == 2:
                continue
            other_x, other_y = self._map_point(marker)
            beside = {number, moved} in ({1, 2}, {0, 3})
            marker.unobserve(self._dragged, names="location")
            marker.location = self._page.leaflet_point((other_x, y) if beside else (x, other_y))
            marker.observe(self._dragged, names="location")

    def _map_point(self, marker: Any) -> Point:
        lat, lng = marker.location
        return self._page.map_point(self._page.plane_point((lat, lng)))

    def _geometry(self) -> Shape:
        page, reference = self._page, self._pane.reference
        digits = max(0, 1 - math.floor(math.log10(page.current.resolution)))
        points = []
        for marker in self._markers:
            x, y = self._map_point(marker)
            points.append((round(x, digits), round(y, digits)))
        parts, start = [], 0
        for size in self._sizes:
            parts.append(tuple(points[start : start + size]))
            start += size
        if self._kind is PointGeometry:
            return PointGeometry(x=points[0][0], y=points[0][1], spatial_reference=reference)
        if self._kind is Polyline:
            return Polyline(paths=tuple(parts), spatial_reference=reference)
        if self._kind is Envelope:
            xs, ys = [x for x, _ in points], [y for _, y in points]
            return Envelope(
                xmin=min(xs), ymin=min(ys), xmax=max(xs), ymax=max(ys), spatial_reference=reference
            )
        return Polygon(rings=tuple((*part, part[0]) for part in parts), spatial_reference=reference)


def _parts(geometry: Shape, reference: SpatialReference) -> list[list[Point]] | None:
    """The corners of a geometry in the spatial reference of the map; rings without their repeated end."""
    own = geometry.spatial_reference
    if isinstance(geometry, Envelope) and (own is None or own.same_as(reference)):
        west, south, east, north = geometry.xmin, geometry.ymin, geometry.xmax, geometry.ymax
        return [[(west, south), (west, north), (east, north), (east, south)]]
    try:
        shape = in_reference(geometry, reference)
    except ValueError:
        return None
    found: list[list[Point]] = []
    for part in shapely.get_parts(shape):
        lines = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        for line in lines:
            points = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
            found.append(points[:-1] if part.geom_type == "Polygon" else points)
    return found or None


def _is_simple(polygon: Polygon) -> bool:
    return all(shapely.is_valid(shapely.Polygon(ring)) for ring in polygon.rings)
