"""The times of a time lapse: windows that follow each other through a range, on calendar steps."""

from __future__ import annotations

import re
from datetime import tzinfo
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Any

from mapexplorer.explorer.panels import timeline
from mapexplorer.explorer.panels.time_window import Held, Mode, Window, published_time
from mapexplorer.explorer.time_lapse import MOST_FRAMES, LapseFrame
from mapexplorer.explorer.time_zones import zone
from mapexplorer.protocol import ParameterError
from mapexplorer.protocol.time import TimeExtent, moment

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

_STEP = re.compile(r"\s*(\d+)?\s*([a-z]+)\s*", re.IGNORECASE)


def read_step(value: Any) -> timeline.Step:
    """Read a step such as ``"6 hours"``, ``"month"`` or a `Step`. Raises ParameterError."""
    if isinstance(value, timeline.Step):
        return value
    found = _STEP.fullmatch(str(value))
    word = found.group(2).lower() if found is not None else ""
    plural = {singular: unit for unit, singular in timeline.SINGULAR.items()}
    unit = plural.get(word, word)
    count = int(found.group(1) or 1) if found is not None else 0
    if unit not in timeline.SINGULAR or count < 1:
        raise ParameterError("step", f"expected a step such as 6 hours or 1 month, not {str(value)[:40]}")
    return timeline.Step(count, unit)


def stamp(time: TimeExtent, name: str = "UTC") -> str:
    """A time as it is stamped on a picture; another time zone than UTC is named."""
    start, end = (timeline.text(moment, zone(name)) for moment in (time.start, time.end))
    words = f"up to {end}" if time.start is None else f"{start} – {end}"
    if time.instant:
        words = start
    return words if name == "UTC" else f"{words} ({name})"


def lapse_frames(
    explorer: MapExplorer,
    *,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    mode: str = Mode.WINDOW,
    width: int = 1,
    stamped: bool = True,
    held: Held | None = None,
) -> tuple[LapseFrame, ...]:
    """The frames from a start to an end, by default over all the time of the service.

    Dates are read, and days and longer steps counted, in the time zone of the explorer. `mode` is window (of
    `width` steps, or `held` and its moves that begin in the range), instant or cumulative. Raises
    ParameterError for what cannot be.
    """
    if mode not in (Mode.WINDOW, Mode.INSTANT, Mode.CUMULATIVE):
        raise ParameterError("mode", f"expected window, instant or cumulative, not {str(mode)[:40]}")
    published = published_time(explorer.info, explorer.layer_infos)
    if published is None and (start is None or end is None):
        raise ParameterError("start", "is needed together with end: the service says nothing about time")
    extent = published.extent if published is not None else (0, 0)
    place = zone(explorer.time_zone)
    first, last = (
        fallback if value is None else _moment(name, value, place)
        for name, value, fallback in (("start", start, extent[0]), ("end", end, extent[1]))
    )
    if first >= last:
        raise ParameterError("end", "expected a time after the start")
    suggested = published.step if published is not None else None
    every = timeline.sensible((first, last), suggested) if step is None else read_step(step)
    if (last - first) / every.milliseconds > MOST_FRAMES:
        raise ParameterError(
            "step", f"{every} gives more than {MOST_FRAMES:,} pictures; take a longer one, or a shorter time"
        )
    begin = timeline.floor(first, every, place) if start is None else first
    row = _row(begin, last, every, place, clipped=end is not None)
    if held is not None and mode == Mode.WINDOW:
        times = _film(held, begin, last)
    else:
        window = Window(0, min(max(1, width), len(row) - 1) if mode == Mode.WINDOW else 0)
        numbers = range(window.frames(Mode(mode), row))
        times = [window.at_frame(number, Mode(mode)).time(Mode(mode), row) for number in numbers]
    request, zone_name = explorer.request(), explorer.time_zone
    return tuple(
        LapseFrame(request.replace(time=time), stamp(time, zone_name) if stamped else "")
        for time in times
        if time is not None
    )


def _film(held: Held, begin: int, last: int) -> list[TimeExtent | None]:
    """A window between the marks and those of its moves that begin in a range."""
    start = held.time.start
    if start is None:
        return []
    about = int((begin - start) / held.step.milliseconds) - 2
    moves = takewhile(lambda time: (time.start or 0) < last, map(held.moved, count(about)))
    return [time for time in islice(moves, MOST_FRAMES + 4) if (time.start or 0) >= begin]


def _row(first: int, last: int, step: timeline.Step, place: tzinfo, clipped: bool) -> tuple[int, ...]:
    row = [first]
    while row[-1] < last:
        following = timeline.later(first, step, len(row), place)
        row.append(min(following, last) if clipped else following)
    return tuple(row)


def _moment(name: str, value: Any, place: tzinfo) -> int:
    try:
        typed = timeline.parsed(value, place) if isinstance(value, str) else moment(value)
    except ValueError as error:
        raise ParameterError(name, str(error)) from None
    if typed is None:
        raise ParameterError(name, "expected a date")
    return typed
