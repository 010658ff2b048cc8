"""Reading numbers and texts that a service published, whatever it published.

Panels are built from metadata of servers of many versions. A value that makes no sense is read as absent:
a wrong time extent must cost the time slider, not the explorer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from mapexplorer.protocol import FieldInfo


def number(value: Any) -> float | None:
    """A finite number from a number or a text such as "12.5"; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A whole number from a number or a text; None for fractions and anything else."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def interval(value: Any) -> tuple[float, float] | None:
    """Two finite numbers in rising order from a sequence of exactly two; None for anything else."""
    if isinstance(value, str | bytes | dict):
        return None
    try:
        first, second = value
    except (TypeError, ValueError):
        return None
    low, high = number(first), number(second)
    if low is None or high is None:
        return None
    return (min(low, high), max(low, high))


def member(owner: Any, *names: str) -> Any:
    """The first of several members that an object or mapping has and that is not None."""
    for name in names:
        found = owner.get(name) if isinstance(owner, dict) else getattr(owner, name, None)
        if found is not None:
            return found
    return None


def plain_fields(fields: Iterable[FieldInfo]) -> tuple[FieldInfo, ...]:
    """The fields without those that a join gives a second time, under the name of their table."""
    listed = [field for field in fields if field.name]
    known = {field.name.casefold() for field in listed}
    return tuple(
        field
        for field in listed
        if "." not in field.name or field.name.rpartition(".")[2].casefold() not in known
    )
