"""Compare: keep the present state, go on changing, and see both pictures on one map or on two."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.comparison import FRAME, Curtain, kept_in_frame
from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.opening import picture_for
from mapexplorer.explorer.overlay import Picture
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import PARAMETERS, MapExplorerError, MapRequest

from . import controls
from .background import away

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer
    from mapexplorer.explorer.explorer import MapExplorer

HINT = "Keeps what is drawn now. Then change layers, filters or time, and see the two maps together."
SWIPE, BESIDE = "swipe", "beside"
WAYS = (("Swipe", SWIPE), ("Side by side", BESIDE))
SAME = "Nothing differs yet: change layers, filters or time."
WIRE = {row.name: row.wire for row in PARAMETERS}


class CompareBox:
    """The kept state is drawn anew for every place; the kept one is seen left, the present one right.

    Both are on two maps that look at the same place, or on one map on both sides of a line.
    """

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self._kept: dict[str, Any] | None = None
        self._service: Any = None
        self._drawn: MapRequest | None = None
        self._picture: Picture | None = None
        self._curtain = Curtain(explorer.map)
        self.way = create(
            ipywidgets.ToggleButtons,
            options=WAYS,
            tooltips=["One map with a line to move", "Two maps that move together"],
        )
        self.way.add_class("me-modes")
        self.keep = controls.button("Keep this map", HINT, self._keep)
        self.swap = controls.button("Swap", "Go on with the kept map, and keep the present one", self._swap)
        self.stop = controls.button("Stop", "Show the present map alone", self.close)
        self.line = controls.labelled(
            ipywidgets.IntSlider, "Line", "Left: the kept map. Right: the present one.",
            value=50, min=0, max=100, readout=False,
        )  # fmt: skip
        self.note = controls.prose(controls.hint(HINT))
        buttons = controls.row(self.keep, self.swap, self.stop)
        self.widget = create(ipywidgets.VBox, (buttons, self.way, self.line, self.note))
        self.widget.add_class("me-stack")
        self.line.observe(lambda _: self._curtain.draw(self._share), names="value")
        self.way.observe(lambda _: self._way_chosen(), names="value")
        self._arrange()

    @property
    def _share(self) -> float:
        return float(self.line.value) / 100

    def follow(self, answer: Answer) -> None:
        """Draw the kept state for the frame of a new answer."""
        if self._kept is None or answer.export is None:
            return
        if self._service is not self._explorer.service:
            self.close()
            return
        wanted = kept_in_frame(self._kept, answer.request)
        self._say(answer.request, wanted)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        away(self._explorer, partial(self._draw, wanted), partial(self._take, wanted))

    def close(self) -> None:
        """End the comparison."""
        self._kept, self._drawn, self._picture = None, None, None
        self._curtain.take_down()
        self._explorer.maps.alone()
        self._arrange()

    def _keep(self) -> None:
        explorer = self._explorer
        answer = explorer.answer
        if answer is None or answer.export is None:
            return
        self._kept = {name: value for name, value in explorer.parameters.given().items() if name not in FRAME}
        self._service, self._drawn = explorer.service, None
        self._arrange()
        self.follow(answer)

    def _swap(self) -> None:
        kept, explorer = self._kept, self._explorer
        if kept is None:
            return
        given = explorer.parameters.given()
        names = (set(kept) | set(given)) - FRAME
        self._kept = {name: value for name, value in given.items() if name not in FRAME}
        explorer.parameters.update(**{name: kept.get(name) for name in names})

    def _draw(self, request: MapRequest) -> Picture | str:
        try:
            return picture_for(self._explorer.opened, request)
        except MapExplorerError as error:
            return str(error)

    def _take(self, wanted: MapRequest, drawn: Picture | str) -> None:
        if wanted != self._drawn:
            return
        if isinstance(drawn, str):
            self._drawn = None
            controls.say(self.note, controls.alert(f"The kept map cannot be drawn: {drawn}"))
            return
        self._picture = drawn
        self._hang()

    def _hang(self) -> None:
        """Show the picture of the kept state in the way that is chosen."""
        if self._picture is None:
            return
        if self.way.value == SWIPE:
            self._explorer.maps.alone()
            self._curtain.show(self._picture, self._share)
        else:
            self._curtain.take_down()
            self._explorer.maps.beside(self._picture)

    def _way_chosen(self) -> None:
        self._arrange()
        self._hang()

    def _say(self, present: MapRequest, kept: MapRequest) -> None:
        differing = [
            WIRE[name] for name in WIRE
            if name not in FRAME and getattr(present, name, None) != getattr(kept, name, None)
        ]  # fmt: skip
        words = f"Differs in {', '.join(differing)}." if differing else SAME
        controls.say(
            self.note, tag("p", f"Left: the kept map. Right: the present one. {words}", class_="me-hint")
        )

    def _arrange(self) -> None:
        on = self._kept is not None
        controls.shown(self.keep, not on)
        for part in (self.swap, self.stop, self.way):
            controls.shown(part, on)
        controls.shown(self.line, on and self.way.value == SWIPE)
        if not on:
            controls.say(self.note, controls.hint(HINT))
