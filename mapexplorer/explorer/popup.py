"""What lies at a place, in a bubble on the map; every text of the service is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipyleaflet
import ipywidgets

from mapexplorer.client import Identified
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.outlines import replace_layers
from mapexplorer.explorer.pages import Page, Point
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.view import MapPane

MOST_FEATURES = 12
LONGEST_VALUE = 300


class Popup:
    """The bubble of one map; at most one is open."""

    def __init__(self, pane: MapPane) -> None:
        self._pane = pane
        self._page: Page = pane.page
        self._layers: list[Any] = []
        self._plane: Any = None
        pane.followers.append(self._follow)

    def show(self, point: Point, content: Markup) -> None:
        """Open at a map point, in place of the one before."""
        self.hide()
        self._page = self._pane.page
        self._plane = (self._page, getattr(self._page, "plane", None), self._pane.reference)
        child = create(ipywidgets.HTML, value=content)
        child.add_class("me-popup")
        self._layers = [
            ipyleaflet.Popup(
                location=self._page.leaflet_point(point), child=child, min_width=180, max_width=320,
                max_height=170,
            )
        ]  # fmt: skip
        replace_layers(self._page, [], self._layers)

    def hide(self) -> None:
        """Close it."""
        old, self._layers = self._layers, []
        replace_layers(self._page, old, [])
        for layer in old:
            layer.child.close()

    def _follow(self) -> None:
        page = self._pane.page
        if self._layers and self._plane != (page, getattr(page, "plane", None), self._pane.reference):
            self.hide()


def identified(found: Sequence[Identified]) -> Markup:
    """The attributes of features, each under its layer and name; the first one is open."""
    if not found:
        return tag("p", "Nothing lies here.", class_="me-hint")
    parts = []
    for number, one in enumerate(found[:MOST_FEATURES]):
        rows = [
            tag("tr", tag("th", name, scope="row"), tag("td", _short(value)))
            for name, value in one.attributes.items()
        ]
        heading = tag("summary", tag("strong", one.value or one.layer_name), f" {one.layer_name}")
        parts.append(
            tag(
                "details", heading, tag("table", tag("tbody", rows), class_="me-attributes"), open=number == 0
            )
        )
    if len(found) > MOST_FEATURES:
        parts.append(tag("p", f"and {len(found) - MOST_FEATURES} more", class_="me-hint"))
    return tag("div", parts, class_="me-identified")


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
