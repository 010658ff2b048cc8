"""Time: an instant, a window or everything up to an instant, moved by hand or played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer.markup import Markup
from mapexplorer.explorer.parameters import Hand
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol.time import TimeExtent, TimeRelation

from . import controls, time_diagram, timeline
from .bound_panel import BoundPanel
from .lapse_controls import LapseControls
from .playback import Playback
from .published import member
from .time_layers import LayerTimes
from .time_window import Held, Mode, PublishedTime, Window, fitting_modes, published_time
from .zone_choice import ZoneChoice

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

MODES = (
    ("Off", Mode.OFF, "Features of all times are drawn."),
    ("Instant", Mode.INSTANT, "One moment."),
    ("Window", Mode.WINDOW, "From one moment to another."),
    ("Cumulative", Mode.CUMULATIVE, "Everything up to a moment."),
)
RELATIONS = (
    ("Overlaps", TimeRelation.OVERLAPS, "Drawn: what touches the window, both ends included."),
    (
        "Overlaps, start within end",
        TimeRelation.OVERLAPS_START_WITHIN_END,
        "Drawn: what touches the window, but not what begins only at its end.",
    ),
    (
        "After start, overlaps end",
        TimeRelation.AFTER_START_OVERLAPS_END,
        "Drawn: what touches the window, but not what is over at its start.",
    ),
    (
        "Within",
        TimeRelation.WITHIN,
        "Drawn: what lies in the window or reaches into it, not what only touches one of its ends.",
    ),
)
SPEEDS = (("Slow", 1.5), ("Normal", 0.7), ("Fast", 0.3), ("Very fast", 0.1))
DATE = "A date, with a time of day if need be"
PLAY, PAUSE = "▶" + controls.UPRIGHT, "❚❚"


class TimePanel(BoundPanel):
    """A slider over the time of the service, with playback and time lapses.

    Writes ``time``, ``time_relation`` and ``layer_time_options``.

    Times are shown in the time zone of the explorer and sent as UTC. A time set from code may lie between
    the marks of the slider: the date boxes show it exactly, the slider its closest mark.
    """

    title: ClassVar[str] = "Time"
    bound: ClassVar[tuple[str, ...]] = ("time", "time_relation", "layer_time_options")

    def build(self) -> tuple[Any, ...]:
        """Make the controls, from the mode down to the relation."""
        self.published: PublishedTime | None = None
        self.marks: tuple[int, ...] = (0, 1)
        self.window = Window(0, 1)
        self.playback = Playback(self, self._later)
        self.mode = create(
            ipywidgets.ToggleButtons,
            options=[(label, mode) for label, mode, _ in MODES],
            tooltips=[words for *_, words in MODES],
        )
        self.mode.add_class("me-modes")
        self.slider = controls.labelled(ipywidgets.IntSlider, "Time", readout=False, min=0, max=1)
        self.range = controls.labelled(ipywidgets.IntRangeSlider, "Time", readout=False, min=0, max=1)
        self.first = controls.labelled(
            ipywidgets.Text, "From", "A date, with a time if need be", continuous_update=False
        )
        self.last = controls.labelled(
            ipywidgets.Text, "To", "A date, with a time if need be", continuous_update=False
        )
        self.step = controls.labelled(ipywidgets.Dropdown, "Step", "How far one step goes")
        self.speed = controls.labelled(ipywidgets.Dropdown, "Speed", options=SPEEDS, value=SPEEDS[1][1])
        self.relation = controls.labelled(
            ipywidgets.Dropdown, "Relation", options=[(label, relation) for label, relation, _ in RELATIONS]
        )
        self.zone = ZoneChoice(self.explorer)
        self.message, self.explanation, self.about = controls.prose(), controls.prose(), controls.prose()
        self.layers = LayerTimes(
            self.listen,
            lambda options: self.write(layer_time_options=options),
            self.explorer,
        )
        # Followed, not bound: those set from code have time options of their own.
        self.explorer.parameters.observe(self._follow, names=["dynamic_layers"])
        self.lapse = LapseControls(self)
        self._build_player()
        self._listen()
        self._body = create(ipywidgets.VBox,
            (
                self.mode, self.slider, self.range, self.first, self.last, self.message, self.player,
                self.step, self.speed, self.relation, self.explanation, self.zone.box, self.layers.widget,
                self.lapse.widget,
            )
        )  # fmt: skip
        self._body.add_class("me-stack")
        return (self._body, self.about)

    def _build_player(self) -> None:
        self.back = controls.button(
            "|◀" + controls.UPRIGHT, "One step back", lambda: self._move(-1), "me-icon", "me-step"
        )
        self.play = controls.button(PLAY, "Play", self._play_or_pause, "me-icon", "me-play")
        self.forward = controls.button(
            "▶" + controls.UPRIGHT + "|", "One step forward", lambda: self._move(1), "me-icon", "me-step"
        )
        self.loop = create(
            ipywidgets.ToggleButton,
            description="↻",
            tooltip="Start again at the end",
            layout={"width": "auto"},
        )
        self.loop.add_class("me-button")
        self.loop.add_class("me-icon")
        self.player = controls.row(self.back, self.play, self.forward, self.loop, classes=("me-player",))

    def _listen(self) -> None:
        self.listen(self.mode, self._mode_chosen)
        self.listen(self.slider, self._slid)
        self.listen(self.range, self._slid)
        self.listen(self.first, self._dated)
        self.listen(self.last, self._dated)
        self.listen(self.step, self._step_chosen)
        self.listen(self.relation, self._relation_chosen)
        self.listen(self.zone.box, lambda: self.refuse(self.zone.choose()))
        self.speed.observe(lambda change: setattr(self.playback, "pause", change.new), names="value")
        self.loop.observe(lambda change: setattr(self.playback, "loop", change.new), names="value")
        self.playback.pause = self.speed.value

    def on_service(self) -> None:
        """Lay the slider over the time extent of the service in use."""
        self._stop()
        self.published = published_time(self.explorer.info, self.explorer.layer_infos)
        controls.shown(self._body, self.published is not None)
        if self.published is None:
            controls.say(self.about, controls.hint("This service says nothing about time."))
        else:
            names = ", ".join(name for name in self.published.layers if name)
            layers = f"Layers with time: {names}. " if names else ""
            controls.say(self.about, controls.hint(f"{layers}Requests carry times in UTC."))
            offered = timeline.choices(self.published.extent, self.published.step)
            with self.quietly():
                self.step.options = [(str(step), step) for step in offered]
                self.step.value = timeline.sensible(self.published.extent, self.published.step)
            self._lay_marks()
        with self.quietly():
            self.layers.use(self.explorer.layer_infos)
        self.lapse.stop()
        relations = member(self.explorer.info, "supports_time_relation") is True
        self.relation.disabled = not relations
        self._relations_missing = "" if relations else "This service does not know time relations."
        super().on_service()

    def show(self) -> None:
        """Set slider, dates and relation from the parameters."""
        time = self.explorer.parameters.time
        modes = fitting_modes(time)
        mode = self.mode.value if self.mode.value in modes else modes[0]
        self.mode.value = mode
        known = self.published is not None and time is not None and not time.unbounded
        if known and self.window.time(mode, self.marks) != time:
            self.window = self.window.following(time, mode, self.marks, self._stepping(time))
        self.slider.value = self.window.frame(mode)
        self.range.value = (max(self.window.first, 0), min(self.window.last, len(self.marks) - 1))
        controls.shown(self.slider, mode in (Mode.INSTANT, Mode.CUMULATIVE))
        controls.shown(self.range, mode is Mode.WINDOW)
        controls.shown(self.first, mode in (Mode.INSTANT, Mode.WINDOW))
        controls.shown(self.last, mode in (Mode.WINDOW, Mode.CUMULATIVE))
        self.zone.show()
        self.first.description = self.zone.label("At" if mode is Mode.INSTANT else "From")
        self.last.description = self.zone.label("Up to" if mode is Mode.CUMULATIVE else "To")
        self.first.value = timeline.text(time.start, self.zone.zone) if time else ""
        self.last.value = timeline.text(time.end, self.zone.zone) if time else ""
        for widget in (self.first, self.last):
            widget.placeholder = "open" if mode is Mode.WINDOW else ""
        self._show_relation(mode)
        self.layers.show()

    def _show_relation(self, mode: Mode) -> None:
        relation = self.explorer.parameters.time_relation or TimeRelation.OVERLAPS
        self.relation.value = relation
        words = next(words for _, known, words in RELATIONS if known == relation)
        if mode is Mode.INSTANT and relation != TimeRelation.OVERLAPS:
            words += " With an instant, features of one moment are never drawn."
        drawing = time_diagram.draw(relation, mode) if not self._relations_missing else None
        hint = controls.hint(self._relations_missing or words)
        controls.say(self.explanation, Markup(hint + drawing) if hint and drawing else hint)

    def refuse(self, sentence: str) -> None:
        """Show why a time was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def on_answer(self, answer: Answer) -> None:
        """Stop playing when the service fails."""
        if answer.export_error and self.playback.playing:
            self._stop()

    def on_zone(self) -> None:
        """Lay the steps anew over the days of the zone that was chosen."""
        self.lapse.stop()
        self._step_chosen()

    def close(self) -> None:
        """Stop playing and release the widgets."""
        self.explorer.parameters.unobserve(self._follow, names=["dynamic_layers"])
        self.playback.stop()
        self.lapse.close()
        super().close()

    # ---- what a person does

    def _mode_chosen(self) -> None:
        mode = self.mode.value
        if mode is Mode.OFF:
            self._stop()
        time = self.window.time(Mode.WINDOW, self.marks)
        if mode is Mode.WINDOW and time is not None and time.instant:
            self.window = Window(0, 1).following(time, Mode.INSTANT, self.marks, self._stepping(time))
        self._set(self.window)

    def _stepping(self, time: TimeExtent) -> Held:
        return Held(time, self.step.value, self.zone.zone)

    def _slid(self) -> None:
        before = self.window
        if self.mode.value is Mode.WINDOW:
            first, last = self.range.value
            held = before.time(Mode.WINDOW, self.marks) or TimeExtent(None, None)
            start = held.start if first == before.first else self.marks[first]
            end = held.end if last == before.last else self.marks[last]
            if start is not None and end is not None and start > end:
                start, end = self.marks[first], self.marks[last]
            self.write(time=TimeExtent(start, end))
            self.on_parameters()
        else:
            self._set(before.at_frame(self.slider.value, self.mode.value).on_marks())

    def _dated(self) -> None:
        try:
            zone, mode = self.zone.zone, self.mode.value
            first = timeline.parsed(self.first.value, zone) if mode is not Mode.CUMULATIVE else None
            last = first if mode is Mode.INSTANT else timeline.parsed(self.last.value, zone)
            time = None if first is None and last is None else TimeExtent(first, last)
        except ValueError as error:
            self.refuse(f"Time: {error}.")
            return
        self.write(time=time)

    def _step_chosen(self) -> None:
        self._lay_marks()
        self.on_parameters()

    def _relation_chosen(self) -> None:
        chosen = self.relation.value
        self.write(time_relation=None if chosen == TimeRelation.OVERLAPS else chosen)

    def _move(self, steps: int) -> None:
        self._begin()
        frame = self.frame() + steps
        if 0 <= frame < self.frames():
            self.show_frame(frame)

    def _play_or_pause(self) -> None:
        if self.playback.playing:
            self._stop()
            return
        self._begin()
        if self.frames() < 2:
            self._set(Window(0, 1))
        self.playback.play()
        self._show_playing()

    def _begin(self) -> None:
        """Leave the off state: a film needs a window."""
        if self.mode.value is Mode.OFF:
            with self.quietly():
                self.mode.value = Mode.WINDOW
            narrow = self.window.first >= self.window.last and self.window.held is None
            self._set(Window(self.window.first, self.window.first + 1) if narrow else self.window)

    def _stop(self) -> None:
        self.playback.stop()
        self._show_playing()

    def _show_playing(self) -> None:
        playing = self.playback.playing
        self.play.description, self.play.tooltip = (PAUSE, "Pause") if playing else (PLAY, "Play")

    def _set(self, window: Window) -> None:
        self.window = window
        self.write(time=window.time(self.mode.value, self.marks))
        self.on_parameters()

    def on_parameters(self) -> None:
        """Set the widgets from the parameters although none has changed."""
        with self.quietly():
            self.show()

    def _lay_marks(self) -> None:
        if self.published is None:
            return
        self.marks = timeline.marks(self.published.extent, self.step.value, self.zone.zone)
        self.window = Window(0, 1)
        with self.quietly():
            for slider in (self.slider, self.range):
                slider.value = 0 if slider is self.slider else (0, 1)
                slider.max = len(self.marks) - 1

    # ---- what the player asks (see `Film`)

    def frame(self) -> int:
        """The frame that is shown or was asked last."""
        return self.window.frame(self.mode.value)

    def frames(self) -> int:
        """How many frames there are in this mode."""
        return self.window.frames(self.mode.value, self.marks)

    def show_frame(self, frame: int) -> None:
        """Ask for a frame."""
        with self.explorer.parameters.by_hand(Hand.FILM):
            self._set(self.window.at_frame(frame, self.mode.value))

    def prepare(self, frames: Sequence[int]) -> None:
        """Have the next frames fetched ahead."""
        windows = [self.window.at_frame(frame, self.mode.value) for frame in frames]
        times = [window.time(self.mode.value, self.marks) for window in windows]
        self.explorer.controller.prefetch([self.explorer.request().replace(time=time) for time in times])

    def settled(self) -> bool:
        """Whether the frame that was asked last is on the screen."""
        return bool(self.explorer.controller.settled)

    def stopped(self) -> None:
        """The film is over."""
        self._show_playing()

    def _later(self, seconds: float, action: Callable[[], None]) -> Any:
        scheduler = self.explorer.controller.scheduler
        return scheduler.after(seconds, lambda: scheduler.deliver(action))
