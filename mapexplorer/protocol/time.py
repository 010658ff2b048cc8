"""Time: windows in milliseconds since 1970 UTC, relations, units, and options of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, model_validator

from .layers import layer_key
from .model import Flag, FrozenMapping, Model, Number, ValueFaults, validate
from .numerals import parse_number, shorten

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 8_640_000_000_000_000


class TimeRelation(StrEnum):
    """How a feature's time must lie to the window (Export Map, timeRelation)."""

    OVERLAPS = "esriTimeRelationOverlaps"
    OVERLAPS_START_WITHIN_END = "esriTimeRelationOverlapsStartWithinEnd"
    AFTER_START_OVERLAPS_END = "esriTimeRelationAfterStartOverlapsEnd"
    WITHIN = "esriTimeRelationWithin"


class TimeUnit(StrEnum):
    """Units of a time offset (Export Map, layerTimeOptions)."""

    CENTURIES = "esriTimeUnitsCenturies"
    DAYS = "esriTimeUnitsDays"
    DECADES = "esriTimeUnitsDecades"
    HOURS = "esriTimeUnitsHours"
    MILLISECONDS = "esriTimeUnitsMilliseconds"
    MINUTES = "esriTimeUnitsMinutes"
    MONTHS = "esriTimeUnitsMonths"
    SECONDS = "esriTimeUnitsSeconds"
    WEEKS = "esriTimeUnitsWeeks"
    YEARS = "esriTimeUnitsYears"
    UNKNOWN = "esriTimeUnitsUnknown"


def parse_moment(text: str) -> int:
    """Read milliseconds since 1970 UTC; an exponent is allowed, a fraction is not."""
    try:
        value = parse_number(text)
    except ValueError:
        value = 0.5
    if not value.is_integer():
        raise ValueError(f"expected milliseconds since 1970 UTC, not {shorten(text)}")
    return _check_moment(int(value))


def moment(value: Any) -> int:
    """Turn milliseconds, a date, a datetime (without zone: UTC), or ISO 8601 text into milliseconds.

    >>> moment("2008-01-01")
    1199145600000
    """
    if isinstance(value, str) and "-" in value[1:]:
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"expected a date such as 2008-07-01, not {shorten(value)}") from error
    if isinstance(value, str):
        return parse_moment(value)
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return _check_moment((aware - _EPOCH) // timedelta(milliseconds=1))
    if isinstance(value, date):
        return moment(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if type(value).__name__ == "datetime64":
        return _check_moment(int(value.astype("datetime64[ms]").astype("int64")))
    if not isinstance(value, bool) and hasattr(value, "__index__"):
        return _check_moment(int(value.__index__()))
    if isinstance(value, float) and value.is_integer():
        return _check_moment(int(value))
    raise ValueError(f"expected milliseconds since 1970 UTC or a date, not {shorten(value)}")


def _check_moment(value: int) -> int:
    if abs(value) > _LATEST:
        raise ValueError(f"expected a time within 275,000 years of 1970, not {shorten(value)}")
    return value


@dataclass(frozen=True)
class TimeExtent:
    """A window of time, both ends included, in milliseconds UTC; None is an open end.

    Both ends None means "no filter" (Export Map, time).
    """

    start: int | None = None
    end: int | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, moment(getattr(self, name)))
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("expected a start before the end")

    @classmethod
    def parse(cls, text: str) -> TimeExtent:
        """Read ``instant`` or ``start,end`` with ``null`` for an open end."""
        parts = [part.strip() for part in text.split(",")]
        if len(parts) == 1:
            instant = parse_moment(parts[0])
            return cls(instant, instant)
        if len(parts) != 2:
            raise ValueError(f"expected an instant or start,end, not {len(parts)} values")
        start, end = (None if part == "null" else parse_moment(part) for part in parts)
        return cls(start, end)

    @classmethod
    def of(cls, value: Any) -> TimeExtent:
        """Read wire text, one moment, or a pair of moments; see ``moment`` for what counts.

        >>> TimeExtent.of(("2008-01-01", None))
        TimeExtent(start=1199145600000, end=None)
        """
        if isinstance(value, TimeExtent):
            return value
        if isinstance(value, str) and "," in value:
            return cls.parse(value)
        if isinstance(value, Sequence) and not isinstance(value, str):
            if len(value) != 2:
                raise ValueError(f"expected an instant or a pair start, end, not {len(value)} values")
            start, end = (None if item is None else moment(item) for item in value)
            return cls(start, end)
        instant = moment(value)
        return cls(instant, instant)

    @property
    def instant(self) -> bool:
        """True when the window is one moment."""
        return self.start is not None and self.start == self.end

    @property
    def unbounded(self) -> bool:
        """True when both ends are open, so that nothing is filtered."""
        return self.start is None and self.end is None

    def to_text(self) -> str:
        """Write one number for an instant, else ``start,end`` with ``null`` for an open end."""
        if self.instant:
            return str(self.start)
        return ",".join("null" if end is None else str(end) for end in (self.start, self.end))


class LayerTimeOptions(Model):
    """How one layer takes part in time; a key that is None follows the layer's own options.

    Export Map, layerTimeOptions.
    """

    use_time: Flag | None = None
    time_data_cumulative: Flag | None = None
    time_offset: Number | None = None
    time_offset_units: TimeUnit | None = None

    @model_validator(mode="after")
    def _offset_has_a_unit(self) -> LayerTimeOptions:
        if self.time_offset and self.time_offset_units is TimeUnit.UNKNOWN:
            raise ValueError("timeOffset needs timeOffsetUnits other than esriTimeUnitsUnknown")
        return self


_OPTIONS: TypeAdapter[LayerTimeOptions] = TypeAdapter(LayerTimeOptions)


def layer_time_options(value: Any) -> FrozenMapping[int, LayerTimeOptions]:
    """Read time options by layer id from a JSON object or a mapping."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object from layer id to time options, not {shorten(value)}")
    found: dict[int, LayerTimeOptions] = {}
    for key, options in value.items():
        layer_id = layer_key(key)
        if layer_id in found:
            raise ValueFaults([((str(key),), "stands twice")])
        try:
            found[layer_id] = validate(_OPTIONS, options)
        except ValueFaults as faults:
            raise faults.below(str(key)) from faults
    return FrozenMapping(found)
