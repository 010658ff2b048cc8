"""Time steps on the calendar, and instants as text, in UTC or another time zone.

Times are milliseconds since 1970-01-01 UTC, as everywhere on the wire. In a time zone, days and longer steps
go from one local midnight to another. Hours, days and weeks have a fixed
length; months, years, decades and centuries follow the calendar, and a day that a month does not have becomes
its last day. Times outside the years 1 to 9999 cannot be written as a date and are read as absent.
"""

from __future__ import annotations

import bisect
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from .published import interval, number

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = {
    "milliseconds": 1,
    "seconds": 1000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
    "weeks": 604_800_000,
}
CLOCK_UNITS = ("milliseconds", "seconds", "minutes", "hours")
MONTHS = {"months": 1, "years": 12, "decades": 120, "centuries": 1200}
SINGULAR = {"centuries": "century"} | {
    unit: unit[:-1] for unit in (*MILLISECONDS, *MONTHS) if unit != "centuries"
}
MOST_STEPS = 5000
COMFORTABLE = range(30, 201)


@dataclass(frozen=True)
class Step:
    """A length of time: a positive count of one unit, such as 6 hours or 1 month."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"1 {SINGULAR[self.unit]}" if self.count == 1 else f"{self.count} {self.unit}"

    @property
    def milliseconds(self) -> float:
        """The length of the step; calendar units with their mean length."""
        if self.unit in MILLISECONDS:
            return self.count * MILLISECONDS[self.unit]
        return self.count * MONTHS[self.unit] * 30.436875 * 86_400_000

    def after(self, time: int, times: int = 1) -> int:
        """The time a number of steps later, or earlier when it is negative.

        Raises OverflowError where the calendar ends.
        """
        if self.unit in MILLISECONDS:
            return time + times * self.count * MILLISECONDS[self.unit]
        return add_months(time, times * self.count * MONTHS[self.unit])


USUAL_STEPS = tuple(
    Step(count, unit)
    for count, unit in (
        (1, "seconds"), (1, "minutes"), (10, "minutes"), (1, "hours"), (3, "hours"), (6, "hours"),
        (12, "hours"), (1, "days"), (1, "weeks"), (1, "months"), (3, "months"), (1, "years"), (5, "years"),
        (1, "decades"), (1, "centuries"),
    )
)  # fmt: skip


def add_months(time: int, months: int) -> int:
    """The same day and time of day some months later; the last day of the month where that day is missing."""
    moment = at(time)
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"the year {year} lies outside the calendar")
    day = min(moment.day, monthrange(year, month + 1)[1])
    return milliseconds(moment.replace(year=year, month=month + 1, day=day))


def at(time: int) -> datetime:
    """The moment in UTC. Raises OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(milliseconds=time)


def milliseconds(moment: datetime) -> int:
    """A moment as milliseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def clock(time: int, zone: tzinfo) -> int:
    """What clocks of a zone show, as if it were UTC. Raises OverflowError where the calendar ends."""
    return time if zone is UTC else milliseconds(at(time).astimezone(zone).replace(tzinfo=UTC))


def instant(shown: int, zone: tzinfo) -> int:
    """When clocks of a zone show this; of two such times the first. Raises OverflowError."""
    return shown if zone is UTC else milliseconds(at(shown).replace(tzinfo=zone).astimezone(UTC))


def later(time: int, step: Step, times: int, zone: tzinfo = UTC) -> int:
    """The time a number of steps later on the calendar of a zone. Raises OverflowError."""
    if zone is UTC or step.unit in CLOCK_UNITS:
        return step.after(time, times)
    return instant(step.after(clock(time, zone), times), zone)


def published_step(count: object, unit: object) -> Step | None:
    """A step from an interval and its esriTimeUnits… as published; None when they make no sense."""
    found = number(count)
    name = str(unit or "").removeprefix("esriTimeUnits").lower()
    if found is None or found < 1 or found != int(found) or name not in SINGULAR:
        return None
    return Step(int(found), name)


def published_extent(value: object) -> tuple[int, int] | None:
    """A time extent as published, in rising order; None when an end is missing or not a date."""
    found = interval(value)
    if found is None:
        return None
    first, last = int(found[0]), int(found[1])
    try:
        at(first), at(last)
    except OverflowError:
        return None
    return first, last


def floor(time: int, step: Step, zone: tzinfo = UTC) -> int:
    """The last calendar mark of a zone at or before a time: a full hour, midnight, the first of January…"""
    if zone is not UTC:
        return min(instant(floor(clock(time, zone), step), zone), time)
    moment = at(time)
    if step.unit in CLOCK_UNITS:
        day = milliseconds(moment.replace(hour=0, minute=0, second=0, microsecond=0))
        size = min(step.count * MILLISECONDS[step.unit], 86_400_000)
        return day + (time - day) // size * size
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if step.unit == "days":
        return milliseconds(midnight)
    if step.unit == "weeks":
        return milliseconds(midnight) - midnight.weekday() * 86_400_000
    months = step.count * MONTHS[step.unit]
    index = midnight.year * 12 + midnight.month - 1
    year, month = divmod(index // months * months, 12)
    if year < 1:
        year, month = 1, 0
    return milliseconds(midnight.replace(year=year, month=month + 1, day=1))


def marks(extent: tuple[int, int], step: Step, zone: tzinfo = UTC) -> tuple[int, ...]:
    """Every calendar mark from the one at or before the start to the one at or after the end, at least two.

    At most MOST_STEPS + 1 marks; a longer row is cut at its end.
    """
    first, last = extent
    start = floor(first, step, zone)
    row = [start]
    while len(row) <= MOST_STEPS and (row[-1] < last or len(row) < 2):
        try:
            row.append(later(start, step, len(row), zone))
        except OverflowError:
            break
    return tuple(row)


def choices(extent: tuple[int, int], published: Step | None = None) -> tuple[Step, ...]:
    """The steps worth offering for an extent, shortest first: between 2 and MOST_STEPS of them fit into it.

    The step that the service published belongs to them when it fits. There is always at least one.
    """
    length = extent[1] - extent[0]
    wanted = {*USUAL_STEPS, *((published,) if published else ())}
    fitting = (step for step in wanted if 2 <= length / step.milliseconds <= MOST_STEPS)
    return tuple(sorted(fitting, key=lambda step: step.milliseconds)) or USUAL_STEPS[:1]


def sensible(extent: tuple[int, int], published: Step | None = None) -> Step:
    """The step to begin with: the published one if it gives 2 to 200 steps, else one that gives 30 to 200."""
    offered = choices(extent, published)
    length = extent[1] - extent[0]
    fitting = [step for step in offered if length / step.milliseconds <= COMFORTABLE[-1]]
    if published is not None and published in fitting:
        return published
    comfortable = [step for step in fitting if length / step.milliseconds >= COMFORTABLE[0]]
    return comfortable[-1] if comfortable else (fitting or offered)[0]


def nearest(row: tuple[int, ...], time: int) -> int:
    """The index of the mark closest to a time; of two equally close ones the earlier."""
    right = bisect.bisect_left(row, time)
    if right == 0:
        return 0
    if right == len(row):
        return len(row) - 1
    return right - 1 if time - row[right - 1] <= row[right] - time else right


def text(time: int | None, zone: tzinfo = UTC) -> str:
    """A time as people write it: 2008-07-01, 2008-07-01 06:00, finer where needed; "" for None."""
    if time is None:
        return ""
    try:
        moment = at(time).astimezone(zone)
    except OverflowError:
        return f"{time} ms"
    day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    if moment.microsecond:
        return f"{day} {moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
    if moment.second:
        return f"{day} {moment:%H:%M:%S}"
    return f"{day} {moment:%H:%M}" if moment.hour or moment.minute else day


DATE = re.compile(
    r"(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?)?)?\s*(Z|UTC)?",
    re.IGNORECASE,
)


def parsed(value: str, zone: tzinfo = UTC) -> int | None:
    """The time of a text such as 2008, 2008-07, 2008-07-01 or 2008-07-01 06:00; None for "".

    It is read in the zone; with Z or UTC behind it, in UTC. Raises ValueError with the forms that are
    understood.
    """
    if not value.strip():
        return None
    found = DATE.fullmatch(value.strip())
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups()[:6])
        thousandths = int((found.group(7) or "").ljust(3, "0"))
        moment = datetime(
            year or 0,
            month or 1,
            day or 1,
            hour or 0,
            minute or 0,
            second or 0,
            thousandths * 1000,
            tzinfo=UTC if found.group(8) else zone,
        )
        return milliseconds(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"expected a date such as 2008-07-01 or 2008-07-01 06:00 ({zone})") from None
