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
    if not isinstance(value, (list, tuple)) or not value:
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
        return values.numbers(float(value))
    if value != int(value) or not -limit <= value < limit:
        raise ValueError(f"{info.name} takes a whole number of type {info.data_type}, not {value}")
    return values.date(int(value)) if info.data_type == "esriFieldTypeDate" else values.numbers(int(value))


def bind_defaults(infos: Sequence[ParameterInfo]) -> Mapping[str, tuple[Values, ...] | Values]:
    """Return the authored default of every parameter. Raises ValueError."""
    return {info.name: bind(info, info.default_value) for info in infos}
