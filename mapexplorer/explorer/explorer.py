"""The explorer: a map service as a live map with its legend, its controls and a status line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Bunch, Instance

from mapexplorer.explorer import rerun
from mapexplorer.explorer.address import PageAddress
from mapexplorer.explorer.answer import Answer
from mapexplorer.explorer.appearance import Appearance
from mapexplorer.explorer.arrangement import PanelChoice, PanelTabs
from mapexplorer.explorer.closing import parts
from mapexplorer.explorer.controller import Controller, Fetch, Frame
from mapexplorer.explorer.delivery import LONGEST_HOLD, comes_before_its_page, keep_unread_messages
from mapexplorer.explorer.drawing import Drawing
from mapexplorer.explorer.editing import Handles
from mapexplorer.explorer.header import Header, without_secrets
from mapexplorer.explorer.history import History
from mapexplorer.explorer.legend import LegendBox
from mapexplorer.explorer.legend_changes import LegendHistory
from mapexplorer.explorer.map_frame import MapFrame
from mapexplorer.explorer.opener import Opener
from mapexplorer.explorer.opening import (
    LegendPage,
    Opened,
    carry_over,
    connection_options,
    legend_for,
    open_service,
    picture_for,
    sample_choices,
)
from mapexplorer.explorer.outlines import Outlines
from mapexplorer.explorer.overlay import Picture
from mapexplorer.explorer.pages import View
from mapexplorer.explorer.panels.composer import Composer
from mapexplorer.explorer.parameters import Parameters
from mapexplorer.explorer.restoring import Restorable
from mapexplorer.explorer.scheduler import Scheduler
from mapexplorer.explorer.selections import selected_rows
from mapexplorer.explorer.state import State
from mapexplorer.explorer.status import StatusLine
from mapexplorer.explorer.time_zones import TimeZone
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import Extent, MapExplorerError, MapRequest, SpatialReference

if TYPE_CHECKING:
    import pandas

    from mapexplorer.client import MapService
    from mapexplorer.explorer.panel import Panel
    from mapexplorer.protocol import LayerInfo, ServiceInfo

_LOG = logging.getLogger(__name__)
_MEASURED_AGAIN = (0.3, 1.0, 3.0, 8.0)
"""Seconds after the map was first shown: style sheets and themes that come late change its room unheard."""
_PLACE = frozenset({"bbox", "bbox_sr", "image_sr", "map_scale", "size"})


class MapExplorer(Restorable, Appearance, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """An interactive map of one map service.

    `parameters` holds what is asked for: setting one moves the controls and the map, and the controls set
    it. `answer` is what is shown, `controller` sends the requests, `panels` are the controls by name, `state`
    is the view as JSON and `history` what was before. `target` and the keywords are those of `explore`.
    """

    answer = Instance(Answer, allow_none=True)
    time_zone = TimeZone(help="The name of the time zone in which times are shown, typed and stamped.")
    _ready = False
    _closed = False

    def __init__(
        self,
        target: Any = None,
        *,
        panels: Iterable[PanelChoice] | None = None,
        scheduler: Scheduler | None = None,
        **parameters: Any,
    ) -> None:
        keep_unread_messages()
        super().__init__()
        options = connection_options(parameters)
        self.parameters = Parameters(**parameters)
        self._guard = self.parameters.guard
        self._moving = False  # the map itself is writing parameters
        self._held = False  # the map keeps to the place set from code until the person moves it
        self._bbox_of_map: Extent | None = None
        self._paused = True
        opened = open_service(target, **options)
        self.legend = LegendBox()
        self._legends = LegendHistory()
        self.status = StatusLine()
        self.map = MapPane(self._viewed, self._first_seen)
        self.map.home.on_click(lambda _: self.fit_whole())
        self.maps = MapFrame(self.map, self._viewed, self._measure, self._guard)
        self.header = Header(sample_choices(), self._open_soon, self.undo, self.redo)
        self._opener = Opener(self, self._take)
        self.address = PageAddress(self._follow_link)
        self.tabs = PanelTabs(self)
        self.controller = Controller(
            *self._fetches(opened),
            self._show,
            on_busy=self.status.busy,
            guard=self._guard,
            scheduler=scheduler,
        )
        self.history = History(self.controller.scheduler.now, self._show_steps)
        self.outlines, self.handles = Outlines(self.map), Handles(self.map, self._guard)
        self.drawing = Drawing(self.map, self.controller.scheduler, self._guard)
        self._use(opened)
        self.composer = Composer(self)  # before the history: what it composes belongs to the same step
        self.composer.followers.append(self._unsent_changed)
        self.parameters.watch(self._note)
        self.parameters.watch(self._parameter_changed)
        self._compose(panels)
        self.history.begin(self._now())
        self._paused, self._ready = False, True
        rerun.remember(self)
        if comes_before_its_page():
            self.controller.scheduler.hold(LONGEST_HOLD)
        self._submit()

    def _compose(self, panels: Iterable[PanelChoice] | None) -> None:
        from mapexplorer.explorer import style
        from mapexplorer.explorer.panels.table import TablePanel

        self.arrange(panels)
        self.table = TablePanel(self)
        self.table.widget.add_class("me-drawer")
        body = ipywidgets.Box([self.maps, self.status, self.table.widget, self.tabs, self.legend])
        body.add_class("me-body")
        self.children = [style.sheet(), self.header, body, self.address]
        self.add_class("mapexplorer")

    @property
    def panels(self) -> dict[str, Panel]:
        """The panels in the tabs, by the name of their class."""
        return self.tabs.panels

    def arrange(self, panels: Iterable[PanelChoice] | None = None) -> None:
        """Show these panels (classes, their names or titles) in this order; None shows all of them."""
        with self._guard:
            self.tabs.arrange(panels)

    # ---- the service

    @property
    def opened(self) -> Opened:
        """The service in use with all that was read of it."""
        return self._opened

    @property
    def service(self) -> MapService:
        """The service in use."""
        return self._opened.service

    @property
    def info(self) -> ServiceInfo:
        """The root resource of the service."""
        return self._opened.info

    @property
    def layer_infos(self) -> tuple[LayerInfo, ...]:
        """The layer resources of the service."""
        return self._opened.layer_infos

    def open(self, target: Any = None, **parameters: Any) -> None:
        """Show another service.

        Parameters that belong to the old one (place, layers, filters, time and so on) are taken away;
        keywords are set. When the service cannot be opened, or a keyword does not fit, the error is raised
        and the old one stays.
        """
        if not self._ready:  # ipywidgets opens the connection of a widget by a method of this name
            super().open()
            return
        options = connection_options(parameters)
        Parameters(**parameters)
        self._opener.forget()
        self._adopt(open_service(target, **options), parameters)

    def _open_soon(self, target: str, state: State | None = None) -> None:
        """Open a service without blocking the event loop; a failure is shown in the status line."""
        if state is None and target != self._opened.target and without_secrets(target) == self.target:
            state = self._state()  # the same service with another token: the view stays
        self._opener.open(target, state)

    def _adopt(self, opened: Opened, parameters: Mapping[str, Any], *, exactly: bool = False) -> None:
        with self._guard:
            self._paused = True
            try:
                self.controller.use(*self._fetches(opened))
                with self.parameters.together():
                    self.parameters.update(**{**opened.foreign(self.parameters), **parameters})
                    self._use(opened)
                    if exactly:
                        self.parameters.update(**_all_of(parameters))
                self._note()
                for panel in self.panels.values():
                    panel.on_service()
            finally:
                self._paused = False
            self._submit()

    def _take(self, opened: Opened, state: State | None) -> None:
        if state is None:
            self._adopt(opened, {})
        else:
            self._restore(opened, state.parameters, state.unsent)
            self._front(state.panel)

    def _become(self, opened: Opened, given: Mapping[str, Any]) -> None:
        with self._guard:
            if opened is not self._opened:
                self._adopt(opened, given, exactly=True)
                return
            self._paused = True
            try:
                self.parameters.update(**_all_of(given))
            finally:
                self._paused = False
            self._submit()

    def _front(self, panel: str | None) -> str | None:
        if panel is not None:
            self.tabs.bring_forward(panel)
        return self.tabs.front

    def _show_steps(self) -> None:
        self.header.steps(self.history.past, self.history.future)

    def _use(self, opened: Opened) -> None:
        self._opened = opened
        self._held = True
        self.parameters.update(**opened.first_view(self.parameters.given()))
        self.header.show(opened.title, opened.detail, opened.target)

    @staticmethod
    def _fetches(opened: Opened) -> tuple[Fetch, Fetch]:
        return partial(picture_for, opened), partial(legend_for, opened)

    # ---- from parameters to requests

    def request(self) -> MapRequest:
        """The request of this moment: the parameters, with the map's own size and place where not given."""
        with self._guard:
            given = self.parameters.given()
            missing: dict[str, Any] = {}
            if "size" not in given:
                missing |= self._sized(given.get("dpi"))
            if "bbox" not in given:
                missing["bbox"] = self._opened.whole
                missing["bbox_sr"] = self._opened.whole.spatial_reference or given.get("bbox_sr")
            return MapRequest(**{**given, **missing})

    def _parameter_changed(self, change: Bunch) -> None:
        if not self._moving and change.name in _PLACE:
            self._held = True
            if change.name == "image_sr" and change.old is not None and change.new is not None:
                self._carry_over(change.new)
        self._submit()

    def _carry_over(self, reference: SpatialReference) -> None:
        """Keep centre and scale when the picture changes its spatial reference."""
        shown, bbox = self.map.reference, self.parameters.bbox
        followed = self.answer.request.bbox if self.answer is not None else None
        in_view = bbox is not None and bbox in (self._bbox_of_map, followed)
        if (
            self._paused
            or not in_view
            or shown.same_as(reference)
            or not shown.same_as(self.parameters.bbox_sr)
        ):
            return  # the place was set together with the reference, and counts
        extent = carry_over(self.map.extent, shown, reference)
        if extent is not None:
            with self.history.amending():
                self.parameters.update(bbox=extent, bbox_sr=reference)

    def _submit(self) -> None:
        with self._guard:
            if self._paused or self._closed:
                return
            try:
                request = self.request()
            except (MapExplorerError, ValueError) as error:
                self.status.fail(str(error))
                return
            self.controller.submit(request)

    def fit(self, extent: Any, reference: Any = None) -> None:
        """Move the map to an extent; `reference` is its spatial reference, else that of the map on screen."""
        box = Extent.of(extent)
        known = SpatialReference.of(reference) if reference is not None else box.spatial_reference
        self.parameters.update(bbox=box, bbox_sr=known or self.map.reference, map_scale=None)

    def fit_whole(self) -> None:
        """Move the map to where the service begins: its initial extent, or else all of it."""
        view = self._opened.first_view({"image_sr": self.map.reference, "time": None})
        self.fit(view["bbox"], view["bbox_sr"])

    @property
    def selection(self) -> pandas.DataFrame:
        """The selected rows as a table whose first column names their layer; asks the service, and blocks."""
        given = self.parameters
        layers = self.composer.shown.now()
        return selected_rows(self.service, layers, given.selection_definitions, given.request())

    def run_now(self, timeout: float = 60.0) -> Answer:
        """Send the latest parameters at once, wait, and return what is shown; for scripts and cells.

        Raises TimeoutError when no answer came in `timeout` seconds.
        """
        if not self.controller.run_now(timeout) or self.answer is None:
            raise TimeoutError(f"The map service did not answer within {timeout:g} seconds.")
        return self.answer

    def wait(self, timeout: float = 30.0) -> bool:
        """Wait until everything asked for is shown; False when that takes longer."""
        return self.controller.wait(timeout)

    def time_lapse(
        self,
        path: str | Path,
        *,
        pause: float = 0.5,
        loop: bool = True,
        on_frame: Callable[[int, int], bool | None] | None = None,
        **times: Any,
    ) -> Path:
        """Write a range of times as one file: ``explorer.time_lapse("storms.gif", step="1 year")``.

        The ending of the path says how: .gif, .png, .webp, a .zip of pictures, or a folder. The keywords
        `start`, `end`, `step`, `mode`, `width` and `stamped` are those of `lapse_frames`; see
        `write_time_lapse` for the others and for the errors. Blocks until the file is there.
        """
        from mapexplorer.explorer.lapse_times import lapse_frames
        from mapexplorer.explorer.time_lapse import write_time_lapse

        frames = lapse_frames(self, **times)
        return write_time_lapse(path, frames, self.service.export, pause=pause, loop=loop, on_frame=on_frame)

    # ---- from the map to the parameters

    def _viewed(self, view: View, moved: bool, resized: bool) -> None:
        """The person moved the map, or its size changed."""
        with self._guard:
            if self._closed:
                return
            if moved:
                self._held = False
            if not self._held:
                self._moving = True
                counted = self.parameters.by_hand if moved else self.history.amending
                try:
                    with counted():
                        self.parameters.update(**self._place(view, moved))
                finally:
                    self._moving = False
            if resized:
                self._submit()

    def _first_seen(self) -> None:
        """A page has put the explorer together and shows the map."""
        self.controller.scheduler.resume()
        self._measure(self.map)

    def _measure(self, pane: MapPane) -> None:
        def measure() -> None:
            with self._guard:
                if not self._closed:
                    pane.measure()

        scheduler = self.controller.scheduler
        for delay in _MEASURED_AGAIN:
            scheduler.after(delay, partial(scheduler.deliver, measure))
        # Later than the first map, which must not wait for it.
        scheduler.after(_MEASURED_AGAIN[0], partial(scheduler.deliver, self.accompany))

    def _place(self, view: View, moved: bool) -> dict[str, Any]:
        extent = self._bbox_of_map = view.extent(self.map.size)
        changes: dict[str, Any] = {"bbox": extent, "bbox_sr": self.map.reference}
        answer = self.answer
        if (
            moved
            and self.parameters.map_scale is not None
            and answer is not None
            and answer.export is not None
        ):
            drawn = answer.export.extent.width / answer.export.width
            drawn *= self.fineness
            if abs(view.resolution / drawn - 1) > 1e-3:
                changes["map_scale"] = None  # zoomed by hand: the scale of the map counts from now on
        return changes

    # ---- from answers to the screen

    def _show(self, frame: Frame) -> None:
        """Show what came; called under the guard, frames in the order of their requests."""
        picture: Picture | None = frame.export.value
        legend: LegendPage | None = frame.legend.value if frame.legend is not None else None
        before = self.answer
        answer = Answer(
            request=frame.request,
            export=picture.result if picture is not None else None,
            legend=legend.result if legend is not None else None,
            export_error=frame.export.error,
            legend_error=frame.legend.error if frame.legend is not None else None,
            legend_pending=frame.legend is None,
            previous=self._previous(before, frame.request),
            elapsed=self.controller.scheduler.now() - frame.since,
        )
        if picture is not None:
            self.map.show(picture, follow=self._held and self._same_place(frame.request))
            if legend is not None:
                changes = self._legends.changes(legend)
                self.legend.show(legend.page(picture.result.scale, changes, self.fineness))
            else:
                self.legend.mark(True)
        if frame.export.refused:
            self.header.ask_token(True)
        counts = self.controller.counts
        self.status.show(answer, counts["export"] + counts["queryLegends"])
        self.answer = answer
        self.address.show(self._state())
        for panel in self.panels.values():
            try:
                panel.on_answer(answer)
            except Exception:
                _LOG.exception("The panel %s could not take an answer.", panel.title)

    def _same_place(self, request: MapRequest) -> bool:
        wanted = self.request()
        return all(getattr(request, name) == getattr(wanted, name) for name in _PLACE | {"dpi"})

    @staticmethod
    def _previous(before: Answer | None, request: MapRequest) -> MapRequest | None:
        if before is None:
            return None
        return before.previous if before.request == request else before.request

    # ---- the end

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    def close(self) -> None:
        """Stop everything: no request is sent, no widget changes any more, no thread stays."""
        if self._closed or not self._ready:
            return
        self._closed = True
        self._opener.forget()
        self.parameters.unwatch(self._parameter_changed)
        self.parameters.unwatch(self._note)
        self.controller.close()
        self.composer.close()
        for panel in self.panels.values():
            panel.close()
        self.table.close()
        self.drawing.close()
        self.maps.release()
        inside = list(parts(self))
        super().close()
        for part in inside:
            part.close()


def _all_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter, those that are not given as None."""
    return {name: given.get(name) for name in Parameters.names}
