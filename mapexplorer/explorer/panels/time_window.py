"""A moving window over a row of time marks: which time each frame of a film asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mapexplorer.protocol.time import TimeExtent

from .published import member
from .timeline import Step, nearest, published_extent, published_step


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
class Window:
    """Two positions on a row of marks: indexes of its first and last mark."""

    first: int
    last: int

    @classmethod
    def around(cls, time: TimeExtent, marks: tuple[int, ...]) -> Window:
        """The window closest to a time; an open end lies at the end of the row."""
        first = 0 if time.start is None else nearest(marks, time.start)
        last = len(marks) - 1 if time.end is None else nearest(marks, time.end)
        return cls(first, last)

    def time(self, mode: Mode, marks: tuple[int, ...]) -> TimeExtent | None:
        """The time filter of this window; an instant is at its first mark, "up to" ends at its last."""
        if mode is Mode.INSTANT:
            return TimeExtent(marks[self.first], marks[self.first])
        if mode is Mode.WINDOW:
            return TimeExtent(marks[self.first], marks[self.last])
        return TimeExtent(None, marks[self.last]) if mode is Mode.CUMULATIVE else None

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
        if mode is Mode.WINDOW:
            return Window(frame, frame + self.last - self.first)
        return Window(0, frame) if mode is Mode.CUMULATIVE else Window(frame, frame)


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
