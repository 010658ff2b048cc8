"""Range values: what mapRangeValues and layerRangeValues filter by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter

from .layers import layer_key
from .model import FrozenMapping, Model, ValueFaults, validate
from .numerals import shorten

RangeValue = float | tuple[float | None, float | None]
"""One value, or a pair of ends in rising order; None is an open end."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _read_range(value: Any) -> RangeValue:
    if _is_number(value):
        return float(value)
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"expected a number or a pair [from, to], not {shorten(value)}")
    ends: list[float | None] = []
    for end in value:
        if end is not None and not _is_number(end):
            raise ValueError(f"expected numbers or null in the pair, not {shorten(end)}")
        ends.append(None if end is None else float(end))
    low, high = ends
    if low is not None and high is not None and low > high:
        raise ValueError("expected the pair in rising order")
    return (low, high)


class MapRangeValue(Model):
    """The value, or pair of ends, of the range with this name (Export Map, mapRangeValues)."""

    name: Annotated[str, Field(strict=True, min_length=1)]
    value: Annotated[
        Annotated[float, Field(allow_inf_nan=False)]
        | tuple[
            Annotated[float, Field(allow_inf_nan=False)] | None,
            Annotated[float, Field(allow_inf_nan=False)] | None,
        ],
        BeforeValidator(_read_range),
    ]


LayerRangeValues = FrozenMapping[int, tuple[MapRangeValue, ...]]
"""Range values by layer id."""

_LIST: TypeAdapter[tuple[MapRangeValue, ...]] = TypeAdapter(tuple[MapRangeValue, ...])


def map_range_values(value: Any) -> tuple[MapRangeValue, ...]:
    """Read ``[{name, value}]``.

    >>> map_range_values([{"name": "elevation", "value": [1000, None]}])
    (MapRangeValue(name='elevation', value=(1000.0, None)),)
    """
    ranges = validate(_LIST, value)
    seen: set[str] = set()
    for number, item in enumerate(ranges):
        if item.name in seen:
            raise ValueFaults([((number, "name"), f"{shorten(item.name)} stands twice")])
        seen.add(item.name)
    return ranges


def layer_range_values(value: Any) -> LayerRangeValues:
    """Read range values by layer, in either of the two shapes that are in use.

    ``[{"<layerId>": {"<rangeName>": value}}]`` and ``[{"<layerId>": [{"name", "value"}]}]``.
    """
    found: dict[int, tuple[MapRangeValue, ...]] = {}
    for path, layer_id, item in by_layer(value):
        if not isinstance(item, (Mapping, list, tuple)):
            raise ValueFaults([(path, f"expected an object or an array of ranges, not {shorten(item)}")])
        try:
            ranges = map_range_values(named_ranges(item))
        except ValueFaults as faults:
            steps = [(_by_name(item, inner), problem) for inner, problem in faults.faults]
            raise ValueFaults(steps).below(*path) from faults
        found[layer_id] = found.get(layer_id, ()) + ranges
    return FrozenMapping(found)


def named_ranges(item: Any) -> Any:
    """Turn a mapping from name to value into an array of {name, value}; leave everything else."""
    if isinstance(item, Mapping):
        return [{"name": name, "value": value} for name, value in item.items()]
    return item


def as_range_array(value: Any) -> Any:
    """Bring what Python code may say into the form of the wire: one range, or name to value."""
    if isinstance(value, Mapping) and value.keys() == {"name", "value"}:
        return [value]
    return named_ranges(value)


def _by_name(item: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Turn ``[0].value`` back into the name that stands in the object form."""
    if isinstance(item, Mapping) and path and isinstance(path[0], int):
        return (list(item)[path[0]],)
    return path


def by_layer(value: Any) -> Iterable[tuple[tuple[str | int, ...], int, Any]]:
    """Walk ``[{"<layerId>": item}]``: the path, the layer id and the item."""
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"expected an array of objects from layer id to values, not {shorten(value)}")
    seen: set[int] = set()
    for number, element in enumerate(value):
        if not isinstance(element, Mapping):
            raise ValueFaults([((number,), f"expected an object, not {shorten(element)}")])
        for key, item in element.items():
            try:
                layer_id = layer_key(key)
            except ValueFaults as faults:
                raise faults.below(number) from faults
            if layer_id in seen:
                raise ValueFaults([((number, str(key)), "stands twice")])
            seen.add(layer_id)
            yield (number, str(key)), layer_id, item


def write_layer_range_values(value: LayerRangeValues) -> list[dict[str, dict[str, Any]]]:
    """Give the shape that the specification prints: name to value, by layer."""
    return [
        {
            str(layer_id): {item.name: _write_range(item.value) for item in ranges}
            for layer_id, ranges in value.items()
        }
    ]


def _write_range(value: RangeValue) -> Any:
    return list(value) if isinstance(value, tuple) else value
