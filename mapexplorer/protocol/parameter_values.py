"""Values of parameterised filters by layer (Export Map, layerParameterValues)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .model import FrozenMapping, ValueFaults
from .numerals import shorten
from .ranges import by_layer

ParameterValue = str | int | float
LayerParameterValues = FrozenMapping[int, FrozenMapping[str, ParameterValue | tuple[ParameterValue, ...]]]
"""By layer id and parameter name: one value, or a tuple for a parameter that takes several."""


def layer_parameter_values(value: Any) -> LayerParameterValues:
    """Read ``[{"<layerId>": {"<name>": value | [values]}}]``.

    >>> layer_parameter_values([{"0": {"floor": 10}, "1": {"crimeType": ["burglary", "theft"]}}])
    {0: {'floor': 10}, 1: {'crimeType': ('burglary', 'theft')}}
    """
    found: dict[int, FrozenMapping[str, ParameterValue | tuple[ParameterValue, ...]]] = {}
    for path, layer_id, item in by_layer(value):
        if not isinstance(item, Mapping):
            raise ValueFaults([(path, f"expected an object from name to value, not {shorten(item)}")])
        found[layer_id] = FrozenMapping({str(name): _read(path, name, given) for name, given in item.items()})
    return FrozenMapping(found)


def _read(path: tuple[str | int, ...], name: Any, value: Any) -> ParameterValue | tuple[ParameterValue, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(_single((*path, str(name), place), item) for place, item in enumerate(value))
    return _single((*path, str(name)), value)


def _single(path: tuple[str | int, ...], value: Any) -> ParameterValue:
    if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueFaults([(path, "expected a finite number")])
        return value
    raise ValueFaults([(path, f"expected text, a number, or an array of these, not {shorten(value)}")])


def write_layer_parameter_values(value: LayerParameterValues) -> list[dict[str, dict[str, Any]]]:
    """Give the JSON that the specification prints."""
    return [
        {
            str(layer_id): {
                name: list(item) if isinstance(item, tuple) else item for name, item in named.items()
            }
            for layer_id, named in value.items()
        }
    ]
