"""Range filters: one number or an interval of a field that several layers may share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import MapRangeValue

RangeValue = float | tuple[float | None, float | None]


def requested_ranges(values: Sequence[MapRangeValue] | None) -> dict[str, RangeValue]:
    """Return the requested value of every range by name; a name given twice takes the last value."""
    return {value.name: value.value for value in values or ()}


def range_mask(
    numbers: npt.NDArray[np.float64], nulls: npt.NDArray[np.bool_], value: RangeValue
) -> npt.NDArray[np.bool_] | None:
    """Return the rows within a range value, both ends included, or None when the value filters nothing.

    A row without a number fails every range but the one open at both ends (Export Map, mapRangeValues).
    """
    low, high = value if isinstance(value, tuple) else (value, value)
    if low is None and high is None:
        return None
    inside = ~nulls
    if low is not None:
        inside &= numbers >= low
    if high is not None:
        inside &= numbers <= high
    return inside


def current_value(current: Sequence[float | None] | None) -> RangeValue | None:
    """Return the authored `currentRangeExtent` as a range value, None when there is none."""
    return None if current is None else (current[0], current[1])


def chosen_value(
    name: str, requested: Mapping[str, RangeValue], current: Sequence[float | None] | None
) -> RangeValue | None:
    """Return the value that applies to a range: the requested one, else the authored current one."""
    return requested[name] if name in requested else current_value(current)
