"""The controls of a time lapse: what to record, how it goes on, and the file that came of it."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.lapse_times import lapse_frames
from mapexplorer.explorer.legend_files import download
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.status import write_bytes
from mapexplorer.explorer.time_lapse import LapseFrame, write_time_lapse
from mapexplorer.protocol import Cancelled, MapExplorerError

from . import controls, timeline
from .fold import Fold
from .time_window import Held, Mode

if TYPE_CHECKING:
    from .time import TimePanel

_LOG = logging.getLogger(__name__)
KINDS = (
    ("Animated GIF", "time-lapse.gif"),
    ("Animated PNG", "time-lapse.png"),
    ("Animated WebP", "time-lapse.webp"),
    ("Pictures in a zip file", "time-lapse.zip"),
    ("Pictures in a folder", "time-lapse"),
)
TYPES = {".gif": "image/gif", ".png": "image/png", ".webp": "image/webp", ".zip": "application/zip"}
DATE = "A date in the time zone chosen above"
LARGEST_LINK = 8_000_000
"""Bytes up to which a file is sent to the browser for a download."""


class LapseControls:
    """Records what the slider of the panel would play, without moving the map."""

    def __init__(self, panel: TimePanel) -> None:
        self._panel = panel
        self._job = 0  # the number of the recording that is wanted; another number ends an older one
        self.first = controls.labelled(
            ipywidgets.Text, "From", "A date in the time zone chosen above", continuous_update=False
        )
        self.last = controls.labelled(
            ipywidgets.Text, "To", "A date in the time zone chosen above", continuous_update=False
        )
        self.kind = controls.labelled(ipywidgets.Dropdown, "As", "The kind of file", options=KINDS)
        self.path = controls.labelled(
            ipywidgets.Text, "File", "Where it is written, beside the notebook", value=KINDS[0][1]
        )
        self.stamped = create(
            ipywidgets.Checkbox,
            description="Write the date on each picture",
            value=True,
            indent=False,
            layout={"width": "auto"},
        )
        self.stamped.add_class("me-layer")
        self.record = controls.button("Record", "Export every frame and write the file", self._record)
        self.cancel = controls.button("Cancel", "Stop recording; nothing is written", self.stop)
        self.progress = create(ipywidgets.IntProgress, min=0, max=1, layout={"width": "auto"})
        self.progress.add_class("me-progress")
        self.message = controls.prose()
        self.kind.observe(lambda change: setattr(self.path, "value", change.new), names="value")
        words = (
            "Records the windows that the slider would play, with its step and speed, in the size of the map."
        )
        parts = (
            controls.prose(controls.hint(words)), self.first, self.last, self.kind, self.path, self.stamped,
            controls.row(self.record, self.cancel), self.progress, self.message,
        )  # fmt: skip
        self.fold = Fold("Time lapse", "Record a range of times as an animation", parts)
        self.widget = self.fold.widget
        self.widget.add_class("me-lapse")
        self._show_running(False)

    def close(self) -> None:
        """End a recording that is under way, without a word."""
        self._job += 1

    def stop(self) -> None:
        """End a recording that is under way."""
        if self.cancel.layout.display != "none":
            controls.say(self.message, controls.hint("Cancelled; nothing was written."))
        self._job += 1
        self._show_running(False)
        published, zone = self._panel.published, self._panel.zone.zone
        for box, place in ((self.first, 0), (self.last, 1)):
            box.placeholder = timeline.text(published.extent[place], zone) if published is not None else ""

    def _record(self) -> None:
        panel = self._panel
        try:
            width = panel.window.last - panel.window.first
            frames = self._frames(panel.step.value, width, panel.window.held)
            if len(frames) < 2:  # the range is shorter than the window of the slider
                frames = self._frames(panel.step.value, 1)
            if len(frames) < 2:  # and than its step
                frames = self._frames(None, 1)
        except MapExplorerError as error:
            controls.say(self.message, controls.alert(str(error)))
            return
        self._job += 1
        self.progress.value, self.progress.max = 0, len(frames)
        self._show_running(True)
        controls.say(self.message, None)
        scheduler = panel.explorer.controller.scheduler
        scheduler.attend()
        scheduler.work(partial(self._write, self._job, self.path.value.strip(), frames))

    def _frames(self, step: Any, width: int, held: Held | None = None) -> tuple[LapseFrame, ...]:
        panel = self._panel
        mode = panel.mode.value
        return lapse_frames(
            panel.explorer,
            start=self.first.value.strip() or None,
            end=self.last.value.strip() or None,
            step=step,
            mode=Mode.WINDOW if mode is Mode.OFF else mode,
            width=width,
            stamped=self.stamped.value,
            held=held,
        )

    def _write(self, job: int, path: str, frames: tuple[LapseFrame, ...]) -> None:
        """Export and write; runs away from the event loop."""
        scheduler = self._panel.explorer.controller.scheduler

        def heard(done: int, total: int) -> bool:
            if self._job == job:
                scheduler.deliver(partial(self._tell, job, done, total))
            return self._job == job

        try:
            made = write_time_lapse(
                path or KINDS[0][1],
                frames,
                self._panel.explorer.service.export,
                pause=self._panel.playback.pause,
                loop=True,
                on_frame=heard,
            )
            content = _result(made, len(frames))
        except Cancelled:
            return
        except (MapExplorerError, OSError) as error:
            content = controls.alert(str(error)) or Markup()
        except Exception as error:
            _LOG.exception("A time lapse could not be made.")
            content = controls.alert(f"It could not be made ({type(error).__name__}).") or Markup()
        scheduler.deliver(partial(self._end, job, content))

    def _tell(self, job: int, done: int, total: int) -> None:
        if self._job == job:
            self.progress.value = done
            controls.say(self.message, controls.hint(f"Frame {min(done + 1, total)} of {total} …"))

    def _end(self, job: int, content: Markup) -> None:
        if self._job == job:
            self._show_running(False)
            controls.say(self.message, content)

    def _show_running(self, running: bool) -> None:
        for widget in (self.cancel, self.progress):
            controls.shown(widget, running)
        self.record.disabled = running


def _result(made: Path, frames: int) -> Markup:
    """What was written, with a link that saves it on the person's own machine."""
    if made.is_dir():
        return tag(
            "p", f"{_count(frames)} in the folder ", tag("code", str(made)), class_="me-hint", role="status"
        )
    size = made.stat().st_size
    words = tag(
        "p",
        f"{_count(frames)}, {write_bytes(size)}, in ",
        tag("code", str(made)),
        class_="me-hint",
        role="status",
    )
    kind: Any = TYPES.get(made.suffix.lower(), "application/octet-stream")
    if size > LARGEST_LINK:
        return words
    return Markup(words + tag("p", download(made.read_bytes(), kind, made.name, f"Download {made.name}")))


def _count(frames: int) -> str:
    return "1 picture" if frames == 1 else f"{frames} pictures"
