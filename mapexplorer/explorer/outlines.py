"""Geometries as thin outlines over the picture, wherever the page and its plane lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipyleaflet
import shapely

from mapexplorer.explorer.pages import MercatorPage, Page, Point
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import Envelope, Multipoint, ParameterError, Polygon, Polyline, SpatialReference
from mapexplorer.protocol import Point as PointGeometry

Shape = PointGeometry | Multipoint | Polyline | Polygon | Envelope

MOST_DOTS = 300
"""So many points of a multipoint are marked; more would only be a cloud."""


@dataclass(frozen=True)
class Style:
    """How an outline looks."""

    color: str
    dash: str | None = None
    fill: float = 0.0


class Outlines:
    """Named geometries on the map; they follow when the page, its plane or its spatial reference changes."""

    def __init__(self, pane: MapPane) -> None:
        self._pane = pane
        self._wanted: dict[str, tuple[Shape, Style]] = {}
        self._drawn: dict[str, tuple[Page, list[Any]]] = {}
        self._plane: Any = None
        pane.followers.append(self._follow)

    def put(self, name: str, geometry: Shape | None, style: Style) -> None:
        """Show a geometry under a name, in place of what had the name before; None takes it away."""
        if geometry is None:
            self._wanted.pop(name, None)
        elif self._wanted.get(name) == (geometry, style) and name in self._drawn:
            return
        else:
            self._wanted[name] = (geometry, style)
        self._draw(name)

    def _follow(self) -> None:
        page = self._pane.page
        plane = (page, getattr(page, "plane", None), self._pane.reference)
        if plane != self._plane:
            self._plane = plane
            for name in tuple(self._wanted):
                self._draw(name)

    def _draw(self, name: str) -> None:
        page, layers = self._drawn.pop(name, (self._pane.page, []))
        wanted = self._wanted.get(name)
        made = [] if wanted is None else layers_of(self._pane.page, self._pane.reference, *wanted)
        replace_layers(page, layers, made if page is self._pane.page else [])
        if page is not self._pane.page:
            replace_layers(self._pane.page, [], made)
        if wanted is not None:
            self._drawn[name] = (self._pane.page, made)


def replace_layers(page: Page, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Take layers from a page and put others on it, in one message."""
    if old or new:
        page.widget.layers = [*(layer for layer in page.widget.layers if layer not in old), *new]
    for layer in old:
        icon = getattr(layer, "icon", None)
        if icon is not None:
            icon.close()
        layer.close()


def layers_of(page: Page, reference: SpatialReference, geometry: Shape, style: Style) -> list[Any]:
    """Leaflet layers that show a geometry on a page; none where it has no place in the spatial reference."""
    try:
        shape = in_reference(geometry, reference)
    except (ParameterError, ValueError):
        return []
    look = {"color": style.color, "weight": 2, "fill_opacity": style.fill, "pointer_events": "none"}
    if style.dash:
        look["dash_array"] = style.dash
    made: list[Any] = []
    for part in shapely.get_parts(shape)[:MOST_DOTS]:
        if part.geom_type == "Polygon":
            rings = [_leaflet(page, shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
            made.append(ipyleaflet.Polygon(locations=rings, fill=style.fill > 0, **look))
        elif part.geom_type in ("LineString", "LinearRing"):
            line = _leaflet(page, shapely.get_coordinates(part))
            made.append(ipyleaflet.Polyline(locations=line, fill=False, **look))
        elif part.geom_type == "Point":
            (place,) = _leaflet(page, shapely.get_coordinates(part))
            made.append(ipyleaflet.CircleMarker(location=place, radius=6, **look))
    return made


def in_reference(geometry: Shape, reference: SpatialReference) -> shapely.Geometry:
    """A geometry in another spatial reference, its edges divided; its own one counts as the other if absent.

    Raises ParameterError and ValueError where it cannot be carried there.
    """
    from mapexplorer.service.projection import crs_of
    from mapexplorer.service.request_geometry import carried, shape_of

    shape = shape_of(geometry, "geometry")
    own = geometry.spatial_reference
    if own is None or own.same_as(reference):
        return shape
    return carried(shape, crs_of(own), crs_of(reference))


def _leaflet(page: Page, points: Any) -> list[Point]:
    places = [page.leaflet_point((float(x), float(y))) for x, y in points]
    if not isinstance(page, MercatorPage) or not places:
        return places
    # The map may show another copy of the world than the one in which the coordinates lie.
    middle = sum(lng for _, lng in places) / len(places)
    shown = page.leaflet_point(page.current.center)[1]
    shift = 360.0 * round((shown - middle) / 360.0)
    return [(lat, lng + shift) for lat, lng in places]
