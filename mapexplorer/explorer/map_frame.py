"""The room of the map: one map, or two side by side that look at the same place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.overlay import Picture
from mapexplorer.explorer.pages import View
from mapexplorer.explorer.view import MapPane

KEPT, PRESENT = "Kept map", "Present map"


class MapFrame(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """Holds the map of an explorer and, while two are compared, a second one left of it.

    Either map leads when a person moves it: the other takes its centre and scale over at once, and
    `on_view(view, moved, resized)` hears of it as if the first had been moved. `measure(pane)` has a map
    measure its room now and when the page has arranged itself.
    """

    def __init__(
        self,
        pane: MapPane,
        on_view: Callable[[View, bool, bool], None],
        measure: Callable[[MapPane], None],
        guard: Any,
    ) -> None:
        super().__init__((pane,))
        self._pane, self._on_view, self._measure, self._guard = pane, on_view, measure, guard
        self.second: MapPane | None = None
        self.split = False
        pane.followers.append(self._follow)
        pane.on_move = self._follow
        self.add_class("me-maps")

    def beside(self, picture: Picture) -> None:
        """Show a picture of the same place left of the map."""
        second = self._begin()
        second.show(picture, follow=not self._same(second))
        self._follow()

    def alone(self) -> None:
        """Leave the room to the map of the explorer; the second one is hidden, not removed."""
        if self.split and self.second is not None:
            self.split = False
            self.remove_class("me-split")
            self.second.add_class("me-away")
            for pane in (self._pane, self.second):
                pane.caption.value = ""
            self._measure(self._pane)

    def release(self) -> None:
        """Release both maps."""
        for pane in filter(None, (self._pane, self.second)):
            pane.release()

    def _begin(self) -> MapPane:
        second = self.second
        if second is None:
            second = self.second = MapPane(self._led, lambda: self._measure(self._made()))
            second.home.add_class("me-away")
            second.page.look(self._pane.view)
            self.children = (self._pane, second)  # appended: a map that is put elsewhere would be made anew
        if not self.split:
            self.split = True
            self.add_class("me-split")
            second.remove_class("me-away")
            self._pane.caption.value = str(tag("span", PRESENT))
            second.caption.value = str(tag("span", KEPT))
            for pane in (self._pane, second):
                self._measure(pane)
        return second

    def _made(self) -> MapPane:
        return self.second or self._pane

    def _same(self, second: MapPane) -> bool:
        return second.page.picture is not None and second.reference.same_as(self._pane.reference)

    def _follow(self) -> None:
        """Have the second map look where the first does, once it shows the same projection."""
        second = self.second
        if self.split and second is not None and self._same(second):
            second.page.look(self._pane.view)

    def _led(self, view: View, moved: bool, resized: bool) -> None:
        """The person moved the second map."""
        with self._guard:
            second = self.second
            if moved and self.split and second is not None and self._same(second):
                self._pane.page.look(view)
                self._on_view(View(view.center, view.resolution, self._pane.size), True, False)
