"""Drawing on the map with the mouse, one geometry at a time, and hearing clicks on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipyleaflet

from mapexplorer.explorer.outlines import Shape, replace_layers
from mapexplorer.explorer.pages import WORLD, MercatorPage, Page, Point
from mapexplorer.explorer.scheduler import Scheduler
from mapexplorer.explorer.strokes import Kind, Stroke, corners
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import Envelope, Polygon, Polyline
from mapexplorer.protocol import Point as PointGeometry

PREVIEW_PAUSE = 0.04
"""Seconds between two previews while the pointer moves; every one is a message to the browser."""
COLOR = "#d6336c"


class Drawing:
    """The pencil of one map.

    While something is drawn the map neither zooms on a double click nor, for a rectangle, moves with the
    mouse. `start` ends with `done(geometry)`, in map coordinates and with the spatial reference of the map,
    or with `cancel`; in both cases `ended` is called first. `on_click` hears clicks while nothing is drawn.
    """

    def __init__(self, pane: MapPane, scheduler: Scheduler, guard: Any) -> None:
        self._pane, self._scheduler, self._guard = pane, scheduler, guard
        self._heard: list[Page] = []
        self._stroke: Stroke | None = None
        self._page: Page = pane.page
        self._plane: Any = None
        self._done: Callable[[Shape], None] = lambda _: None
        self._ended: Callable[[], None] = lambda: None
        self._preview: list[Any] = []
        self._previewed = -1.0
        self._after_release = False
        self.on_click: Callable[[Point], None] | None = None
        self.crossed = False
        pane.followers.append(self._follow)
        self._follow()

    # ---- what panels call

    @property
    def kind(self) -> Kind | None:
        """What is being drawn, None when nothing is."""
        return self._stroke.kind if self._stroke is not None else None

    def start(self, kind: Kind, done: Callable[[Shape], None], ended: Callable[[], None]) -> None:
        """Begin to draw; what was being drawn before is given up."""
        self.cancel()
        with self._guard:
            self._stroke, self._page = Stroke(kind), self._pane.page
            self._plane = self._place()
            self._done, self._ended, self.crossed = done, ended, False
            widget = self._page.widget
            widget.double_click_zoom = False
            widget.dragging = kind is not Kind.RECTANGLE
            widget.add_class("me-drawing")

    def finish(self) -> bool:
        """End with the points so far; False while they make no whole."""
        with self._guard:
            stroke = self._stroke
            if stroke is None or not stroke.enough:
                return False
            if stroke.crossing():
                self.crossed, stroke.points = True, []
                self._show_preview([])
                return False
            geometry, done = self._geometry(stroke), self._done
            self._end()
            done(geometry)
            return True

    def cancel(self) -> None:
        """Give up what is being drawn."""
        with self._guard:
            if self._stroke is not None:
                self._end()

    def close(self) -> None:
        """Stop hearing the map."""
        self.on_click = None
        for page in self._heard:
            page.widget.on_interaction(self._hear, remove=True)
        self._heard.clear()

    # ---- from the map

    def _place(self) -> Any:
        page = self._pane.page
        return page, getattr(page, "plane", None), self._pane.reference

    def _follow(self) -> None:
        page = self._pane.page
        if page not in self._heard:
            self._heard.append(page)
            page.widget.on_interaction(self._hear)
        if self._stroke is not None and self._plane != self._place():
            self.cancel()

    def _hear(self, **content: Any) -> None:
        event, place = content.get("type"), _place_of(content.get("coordinates"))
        if event not in ("mousedown", "mouseup", "mousemove", "click", "dblclick"):
            return
        if (self._stroke is None and (self.on_click is None or event == "mousemove")) or place is None:
            return
        with self._guard:
            self._scheduler.attend()
            page = self._pane.page
            point = page.plane_point(place)
            if self._stroke is not None:
                self._draw(self._stroke, str(event), point, page.current.resolution)
            elif event == "mousedown":
                self._after_release = False
            elif event == "click" and not self._after_release and self.on_click is not None:
                self.on_click(page.map_point(point))

    def _draw(self, stroke: Stroke, event: str, point: Point, resolution: float) -> None:
        if event == "mousemove":
            now = self._scheduler.now()
            if now - self._previewed >= PREVIEW_PAUSE:
                self._previewed = now
                self._show_preview(stroke.preview(point))
            return
        complete = stroke.hear(event, point, resolution)
        if complete:
            # A click follows the release that ends a drag; it is no click on a feature.
            self._after_release = event == "mouseup"
            self.finish()
        else:
            self._show_preview(stroke.preview(point if stroke.kind is Kind.RECTANGLE else None))

    def _end(self) -> None:
        self._stroke = None
        self._show_preview([])
        widget = self._page.widget
        widget.double_click_zoom = widget.dragging = True
        widget.remove_class("me-drawing")
        self._ended()

    def _show_preview(self, points: list[Point]) -> None:
        page = self._page
        locations = [page.leaflet_point(page.map_point(point)) for point in points]
        if not locations:
            old, self._preview = self._preview, []
            replace_layers(page, old, [])
        elif self._preview:
            self._preview[0].locations = locations
        else:
            closed = self._stroke is not None and self._stroke.kind in (Kind.RECTANGLE, Kind.POLYGON)
            kind = ipyleaflet.Polygon if closed else ipyleaflet.Polyline
            self._preview = [
                kind(
                    locations=locations, color=COLOR, weight=2, fill=closed, fill_opacity=0.08,
                    pointer_events="none",
                )
            ]  # fmt: skip
            replace_layers(page, [], self._preview)

    # ---- the result

    def _geometry(self, stroke: Stroke) -> Shape:
        page, reference = self._pane.page, self._pane.reference
        points = stroke.points
        if stroke.kind is Kind.RECTANGLE:
            points = corners(*points)
        digits = max(0, 1 - math.floor(math.log10(page.current.resolution)))
        placed = [page.map_point(point) for point in points]
        shift = _into_world(page, placed)
        rounded = [(round(x - shift, digits), round(y, digits)) for x, y in placed]
        if stroke.kind is Kind.POINT:
            return PointGeometry(x=rounded[0][0], y=rounded[0][1], spatial_reference=reference)
        if stroke.kind is Kind.LINE:
            return Polyline(paths=(tuple(rounded),), spatial_reference=reference)
        if stroke.kind is Kind.RECTANGLE and not getattr(getattr(page, "plane", None), "rotation", 0.0):
            (xmin, ymin), (xmax, ymax) = rounded[0], rounded[2]
            return Envelope(xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax, spatial_reference=reference)
        return Polygon(rings=((*rounded, rounded[0]),), spatial_reference=reference)


def _into_world(page: Page, points: list[Point]) -> float:
    """By how many metres points on another copy of the world lie too far east."""
    if not isinstance(page, MercatorPage):
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    return WORLD * round(middle / WORLD)


def _place_of(coordinates: Any) -> Point | None:
    """A latitude and longitude that the browser sent, None for anything else."""
    if not isinstance(coordinates, list | tuple) or len(coordinates) != 2:
        return None
    if not all(isinstance(side, int | float) and math.isfinite(side) for side in coordinates):
        return None
    return float(coordinates[0]), float(coordinates[1])
