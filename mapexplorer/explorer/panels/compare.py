"""Compare: keep the present state, go on changing, and draw a line between the two pictures."""

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

HINT = (
    "Keeps what is drawn now. Then change layers, filters or time, and move the line between both pictures."
)
SAME = "Nothing differs yet: change layers, filters or time."
WIRE = {row.name: row.wire for row in PARAMETERS}


class CompareBox:
    """The kept state is drawn anew for every place; left of the line is the kept one, right the present."""

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self._kept: dict[str, Any] | None = None
        self._service: Any = None
        self._drawn: MapRequest | None = None
        self._curtain: Curtain | None = None
        self.keep = controls.button("Keep this map", HINT, self._keep)
        self.swap = controls.button("Swap", "Go on with the kept map, and keep the present one", self._swap)
        self.stop = controls.button("Stop", "Show the present map alone", self.close)
        self.line = controls.labelled(
            ipywidgets.IntSlider, "Line", "Left: the kept map. Right: the present one.",
            value=50, min=0, max=100, readout=False,
        )  # fmt: skip
        self.note = controls.prose(controls.hint(HINT))
        buttons = controls.row(self.keep, self.swap, self.stop)
        self.widget = create(ipywidgets.VBox, (buttons, self.line, self.note))
        self.widget.add_class("me-stack")
        self.line.observe(lambda _: self._curtain and self._curtain.draw(self._share), names="value")
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
        self._kept, self._drawn = None, None
        if self._curtain is not None:
            self._curtain.close()
            self._curtain = None
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
        if self._curtain is None:
            self._curtain = Curtain(self._explorer.map)
        self._curtain.show(drawn, self._share)

    def _say(self, present: MapRequest, kept: MapRequest) -> None:
        differing = [
            WIRE[name] for name in WIRE
            if name not in FRAME and getattr(present, name, None) != getattr(kept, name, None)
        ]  # fmt: skip
        words = f"Differs in {', '.join(differing)}." if differing else SAME
        controls.say(self.note, tag("p", f"Left of the line: the kept map. {words}", class_="me-hint"))

    def _arrange(self) -> None:
        on = self._kept is not None
        controls.shown(self.keep, not on)
        for part in (self.swap, self.stop, self.line):
            controls.shown(part, on)
        if not on:
            controls.say(self.note, controls.hint(HINT))
