"""What lies at a place, in a bubble on the map; every text of the service is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipyleaflet
import ipywidgets

from mapexplorer.client import Identified
from mapexplorer.explorer import time_zones
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.outlines import replace_layers
from mapexplorer.explorer.pages import Page, Point
from mapexplorer.explorer.panels.attribute_words import AttributeWords
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import FieldInfo

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

    def rewrite(self, content: Markup) -> None:
        """Say something else in the bubble where it is open."""
        for layer in self._layers:
            layer.child.value = content

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


def identified(found: Sequence[Identified], fields: Mapping[int, tuple[FieldInfo, ...]], zone: str) -> Markup:
    """The attributes of features, each under its layer and name; the first one is open.

    `fields` are those of each layer by its id, which say how values read; times are shown in a zone.
    """
    if not found:
        return tag("p", "Nothing lies here.", class_="me-hint")
    parts = []
    times = False
    for number, one in enumerate(found[:MOST_FEATURES]):
        words = AttributeWords(fields.get(one.layer_id, ()), time_zones.zone(zone))
        times = times or words.has_times(one.attributes)
        rows = [
            tag("tr", tag("th", name, scope="row"), tag("td", _short(value)))
            for name, value in words.rows(one.attributes)
        ]
        heading = tag("summary", tag("strong", one.value or one.layer_name), f" {one.layer_name}")
        parts.append(
            tag(
                "details", heading, tag("table", tag("tbody", rows), class_="me-attributes"), open=number == 0
            )
        )
    if len(found) > MOST_FEATURES:
        parts.append(tag("p", f"and {len(found) - MOST_FEATURES} more", class_="me-hint"))
    if times:
        parts.append(tag("p", f"Times in {zone}", class_="me-hint"))
    return tag("div", parts, class_="me-identified")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
