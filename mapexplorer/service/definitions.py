"""Published definition expressions: their `::name` parameters are bound as values, never pasted as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mapexplorer.service.document import ParameterInfo
from mapexplorer.service.expressions import values
from mapexplorer.service.expressions.values import Values

_WHOLE = {
    "esriFieldTypeSmallInteger": 2**15,
    "esriFieldTypeInteger": 2**31,
    "esriFieldTypeBigInteger": 2**63,
    "esriFieldTypeDate": 2**53,
}


def bind(info: ParameterInfo, value: Any) -> tuple[Values, ...] | Values:
    """Return the value of a parameter for its placeholder, a tuple when the parameter allows several.

    Raises ValueError for a value of another type, an array for one value, or one value for an array.
    """
    if not info.multiple_values:
        return _bound(info, value)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{info.name} takes an array of values")
    return tuple(_bound(info, item) for item in value)


def _bound(info: ParameterInfo, value: Any) -> Values:
    if info.data_type == "esriFieldTypeString":
        if isinstance(value, str):
            return values.text(value)
        raise ValueError(f"{info.name} takes text, not {type(value).__name__}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{info.name} takes a number, not {type(value).__name__}")
    limit = _WHOLE.get(info.data_type)
    if limit is None:
        try:
            return values.numbers(float(value))
        except OverflowError:
            raise ValueError(f"{info.name} takes a number that a double can hold") from None
    if value != int(value) or not -limit <= value < limit:
        raise ValueError(f"{info.name} takes a whole number of type {info.data_type}, not {value}")
    return values.date(int(value)) if info.data_type == "esriFieldTypeDate" else values.numbers(int(value))


def bind_defaults(infos: Sequence[ParameterInfo]) -> Mapping[str, tuple[Values, ...] | Values]:
    """Return the authored default of every parameter. Raises ValueError."""
    return {info.name: bind(info, info.default_value) for info in infos}


def bind_given(
    infos: Sequence[ParameterInfo], given: Mapping[str, Any]
) -> Mapping[str, tuple[Values, ...] | Values]:
    """Return the value of every parameter: the given one, else the authored default.

    Raises ValueError for a name that is no parameter, and as `bind` does (Export Map, layerParameterValues).
    """
    known = {info.name for info in infos}
    for name in given:
        if name not in known:
            raise ValueError(f"there is no parameter {name[:40]!r}")
    return {info.name: bind(info, given.get(info.name, info.default_value)) for info in infos}
