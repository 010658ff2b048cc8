"""A moving window over a row of time marks: which time each frame of a film asks for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any

from mapexplorer.protocol.time import TimeExtent

from .published import member
from .timeline import Step, later, nearest, published_extent, published_step


class Mode(StrEnum):
    """How the slider turns into a time filter."""

    OFF = "off"
    INSTANT = "instant"
    WINDOW = "window"
    CUMULATIVE = "cumulative"


def fitting_modes(time: TimeExtent | None) -> tuple[Mode, ...]:
    """The modes that can express a time, the most natural one first."""
    if time is None or time.unbounded:
        return (Mode.OFF,)
    if time.instant:
        return (Mode.INSTANT, Mode.WINDOW)
    return (Mode.WINDOW,) if time.start is not None else (Mode.CUMULATIVE, Mode.WINDOW)


@dataclass(frozen=True)
class Held:
    """The exact time of a window whose ends do not lie on the marks; it moves by whole steps."""

    time: TimeExtent
    step: Step
    zone: tzinfo = UTC

    def moved(self, steps: int) -> TimeExtent:
        """The time so many steps later, on the calendar; an open end stays open. Raises OverflowError."""
        ends = (self.time.start, self.time.end)
        return TimeExtent(*(None if end is None else later(end, self.step, steps, self.zone) for end in ends))


@dataclass(frozen=True)
class Window:
    """Two positions on a row of marks: indexes of its first and last mark.

    A window that was typed or set from code lies between the marks: `held` says where exactly, `shift` by
    how many steps it has been moved since.
    """

    first: int
    last: int
    held: Held | None = None
    shift: int = 0

    @classmethod
    def around(cls, time: TimeExtent, marks: tuple[int, ...]) -> Window:
        """The window closest to a time; an open end lies at the end of the row."""
        first = 0 if time.start is None else nearest(marks, time.start)
        last = len(marks) - 1 if time.end is None else nearest(marks, time.end)
        return cls(first, last)

    def following(self, time: TimeExtent, mode: Mode, marks: tuple[int, ...], step: Held) -> Window:
        """The window of another time; what the mode leaves open keeps the width of this one.

        `step` tells how windows move.
        """
        width = max(self.last - self.first, 0)
        try:
            if mode is Mode.INSTANT and time.start is not None:
                time = TimeExtent(time.start, later(time.start, step.step, width, step.zone))
            elif mode is Mode.CUMULATIVE and time.end is not None:
                time = TimeExtent(later(time.end, step.step, -width, step.zone), time.end)
        except OverflowError:
            return Window.around(time, marks)
        near = Window.around(time, marks)
        exact = TimeExtent(marks[near.first], marks[near.last]) == time
        return near if exact else replace(near, held=replace(step, time=time))

    def time(self, mode: Mode, marks: tuple[int, ...]) -> TimeExtent | None:
        """The time filter of this window; an instant is at its start, "up to" ends at its end."""
        if mode is Mode.OFF:
            return None
        time = TimeExtent(marks[max(self.first, 0)], marks[min(self.last, len(marks) - 1)])
        if self.held is not None:
            with suppress(OverflowError):
                time = self.held.moved(self.shift)
        if mode is Mode.INSTANT:
            start = marks[max(self.first, 0)] if time.start is None else time.start
            return TimeExtent(start, start)
        if mode is Mode.CUMULATIVE:
            return TimeExtent(None, marks[-1] if time.end is None else time.end)
        return time

    def frame(self, mode: Mode) -> int:
        """The number of the frame that this window is in a film over all marks."""
        return self.last if mode is Mode.CUMULATIVE else self.first

    def frames(self, mode: Mode, marks: tuple[int, ...]) -> int:
        """How many frames such a film has."""
        if mode is Mode.OFF:
            return 0
        return len(marks) - (self.last - self.first) if mode is Mode.WINDOW else len(marks)

    def at_frame(self, frame: int, mode: Mode) -> Window:
        """The window of the same width that is the given frame."""
        steps = frame - self.frame(mode)
        return Window(self.first + steps, self.last + steps, self.held, self.shift + steps)

    def on_marks(self) -> Window:
        """The same window with its ends on the marks."""
        return Window(self.first, self.last)


@dataclass(frozen=True)
class PublishedTime:
    """What a service says about time: its extent, the step it suggests, and the layers with time."""

    extent: tuple[int, int]
    step: Step | None
    layers: tuple[str, ...]


def published_time(info: Any, layer_infos: Iterable[Any]) -> PublishedTime | None:
    """Read the time extent of a service, or the union of those of its layers; None when there is none."""
    layers = [layer for layer in layer_infos or () if member(layer, "time_info") is not None]
    root = member(info, "time_info")
    extents = [published_extent(member(root, "time_extent"))] if root is not None else []
    if not any(extents):
        extents = [published_extent(member(member(layer, "time_info"), "time_extent")) for layer in layers]
    known = [extent for extent in extents if extent]
    if not known:
        return None
    steps = [
        published_step(member(root, "default_time_interval"), member(root, "default_time_interval_units"))
        if root is not None
        else None
    ]
    for layer in layers:
        own = member(layer, "time_info")
        steps.append(published_step(member(own, "time_interval"), member(own, "time_interval_units")))
    return PublishedTime(
        extent=(min(first for first, _ in known), max(last for _, last in known)),
        step=next((step for step in steps if step), None),
        layers=tuple(str(member(layer, "name") or "") for layer in layers),
    )
