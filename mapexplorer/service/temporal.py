"""Time: the time of features, the window a layer is asked for, and the four time relations."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.protocol import LayerTimeOptions, ParameterError, TimeExtent, TimeRelation, TimeUnit

Instants = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Window = tuple[int | None, int | None]

_EARLIEST: Final = np.iinfo(np.int64).min
_LATEST: Final = np.iinfo(np.int64).max
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_FIXED: Final[dict[TimeUnit, int]] = {
    TimeUnit.MILLISECONDS: 1,
    TimeUnit.SECONDS: 1000,
    TimeUnit.MINUTES: 60_000,
    TimeUnit.HOURS: 3_600_000,
    TimeUnit.DAYS: 86_400_000,
    TimeUnit.WEEKS: 7 * 86_400_000,
}
_MONTHS: Final[dict[TimeUnit, int]] = {
    TimeUnit.MONTHS: 1,
    TimeUnit.YEARS: 12,
    TimeUnit.DECADES: 120,
    TimeUnit.CENTURIES: 1200,
}


@dataclass(frozen=True, eq=False)
class FeatureTimes:
    """When the features of a layer happen: starts and ends in milliseconds since 1970 UTC.

    `ends` is `starts` when the layer has one time field; `unknown` marks features without any time. With two
    fields a missing start or end is open on that side.
    """

    starts: Instants
    ends: Instants
    unknown: Mask
    extent: tuple[int, int] | None

    @classmethod
    def of(cls, start: tuple[Instants, Mask] | None, end: tuple[Instants, Mask] | None) -> FeatureTimes:
        """Combine the values and null masks of the start field and the end field, either of which may be
        absent.
        """
        if start is None or end is None:
            instants, nulls = start or end or (np.array([], dtype=np.int64), np.array([], dtype=bool))
            return cls(instants, instants, nulls, _extent(instants[~nulls]))
        (starts, no_start), (ends, no_end) = start, end
        known = np.concatenate([starts[~no_start], ends[~no_end]])
        return cls(
            np.where(no_start, _EARLIEST, starts),
            np.where(no_end, _LATEST, ends),
            np.zeros(len(starts), dtype=bool),
            _extent(known),
        )


def _extent(known: Instants) -> tuple[int, int] | None:
    return (int(known.min()), int(known.max())) if len(known) else None


def instants(column: pd.Series[Any]) -> tuple[Instants, Mask]:
    """Return a column of dates, ISO 8601 text (UTC unless it names a zone) or milliseconds as (milliseconds,
    nulls).

    Raises ValueError naming the first text that is no date.
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        nulls = ~np.isfinite(numbers)
        return np.where(nulls, 0, numbers).astype(np.int64), nulls
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        missing = column.isna()
        dates = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
        if bool((dates.isna() & ~missing).any()):
            raise ValueError(f"{column[dates.isna() & ~missing].iloc[0]!r} is no ISO 8601 date")
        column = dates
    if getattr(column.dtype, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    nulls = column.isna().to_numpy(dtype=bool)
    moments = column.to_numpy().astype("datetime64[ms]").astype(np.int64)
    return np.where(nulls, 0, moments), nulls


def shift(instant: int, amount: float, unit: TimeUnit) -> int:
    """Return an instant moved by an amount of a unit.

    Months and longer follow the calendar in UTC; a day that does not exist becomes the last one of its month.
    Raises ValueError for an unknown unit, a part of a month, and a year outside 1…9999.
    """
    if unit in _FIXED:
        moved_by = amount * _FIXED[unit]
        if not math.isfinite(moved_by):
            raise ValueError("the time offset leads out of the calendar")
        return instant + round(moved_by)
    if unit not in _MONTHS:
        raise ValueError("a time offset needs a unit, for example esriTimeUnitsDays")
    if amount != int(amount):
        raise ValueError(f"an offset in {unit.value} must be a whole number, not {amount}")
    try:
        when = _EPOCH + timedelta(milliseconds=instant)
        months = when.year * 12 + when.month - 1 + int(amount) * _MONTHS[unit]
        year, month = divmod(months, 12)
        day = min(when.day, calendar.monthrange(year, month + 1)[1])
        moved = when.replace(year=year, month=month + 1, day=day)
    except (OverflowError, ValueError, IndexError):
        raise ValueError("the time offset leads out of the calendar") from None
    return (moved - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How one layer takes part in time, nothing left open."""

    use_time: bool = True
    cumulative: bool = False
    offset: float = 0.0
    unit: TimeUnit = TimeUnit.UNKNOWN


def time_rule(asked: LayerTimeOptions | None, published: LayerTimeOptions | None) -> TimeRule:
    """Return the time options of a layer, key by key: the request, else the published ones, else the
    defaults.
    """

    def first(name: str, default: Any) -> Any:
        given = (getattr(options, name) for options in (asked, published) if options is not None)
        return next((value for value in given if value is not None), default)

    return TimeRule(
        first("use_time", True),
        first("time_data_cumulative", False),
        first("time_offset", 0.0),
        first("time_offset_units", TimeUnit.UNKNOWN),
    )


def window(time: TimeExtent, rule: TimeRule) -> Window:
    """Return the window that a layer's own times are compared with.

    The offset is subtracted from the window; a cumulative layer's window has no start.
    Raises `ParameterError` for an offset without a usable unit.
    """
    start, end = time.start, time.end
    if rule.offset:
        try:
            start = None if start is None else shift(start, -rule.offset, rule.unit)
            end = None if end is None else shift(end, -rule.offset, rule.unit)
        except ValueError as error:
            raise ParameterError("layerTimeOptions", str(error)) from None
    return (None if rule.cumulative else start), end


def time_mask(times: FeatureTimes, span: Window, relation: TimeRelation) -> Mask:
    """Return the features that stand in the relation to the window (Export Map, timeRelation).

    An end of the window that is None drops its comparison. A feature without a time is never in.
    """
    start, end = span
    after: Callable[..., Mask] = (
        np.greater_equal
        if relation in (TimeRelation.OVERLAPS, TimeRelation.OVERLAPS_START_WITHIN_END)
        else np.greater
    )
    before: Callable[..., Mask] = (
        np.less_equal
        if relation in (TimeRelation.OVERLAPS, TimeRelation.AFTER_START_OVERLAPS_END)
        else np.less
    )
    inside = ~times.unknown
    if start is not None:
        inside = inside & after(times.ends, _bounded(start))
    if end is not None:
        inside = inside & before(times.starts, _bounded(end))
    return inside


def _bounded(instant: int) -> int:
    """Keep an instant of a request within the numbers that times are stored in, short of the open ends."""
    return max(_EARLIEST + 1, min(_LATEST - 1, instant))
