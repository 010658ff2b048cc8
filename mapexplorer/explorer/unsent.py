"""What a person wants of layers that are switched off: no request says it, but the view has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapexplorer.protocol import BY_NAME, DynamicLayer, ParameterError

_ROW = BY_NAME["dynamic_layers"]
_LAYERS, _ORDER = _ROW.wire, "order"


@dataclass(frozen=True)
class Unsent:
    """Elements that join dynamicLayers once their layers are switched on; and the order of all layers, from
    top to bottom, where those that are drawn do not tell it.

    >>> Unsent.of({"dynamicLayers": [{"id": 3, "drawingInfo": {"transparency": 40}}]}).layers[0].id
    3
    """

    layers: tuple[DynamicLayer, ...] = ()
    order: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.layers or self.order)

    def to_dict(self) -> dict[str, Any]:
        """Write it as an object for JSON, without what is empty."""
        written = {_LAYERS: [layer.to_json() for layer in self.layers], _ORDER: list(self.order)}
        return {key: value for key, value in written.items() if value}

    @classmethod
    def of(cls, value: Any) -> Unsent:
        """Read what `to_dict` wrote; None stands for nothing. Raises ParameterError."""
        if isinstance(value, Unsent):
            return value
        value = {} if value is None else value
        if not isinstance(value, Mapping) or set(value) - {_LAYERS, _ORDER}:
            raise ParameterError("unsent", f"expected an object with {_LAYERS} and {_ORDER}")
        order = value.get(_ORDER) or ()
        if not isinstance(order, list | tuple) or not all(type(layer_id) is int for layer_id in order):
            raise ParameterError("unsent.order", "expected a list of layer ids")
        try:
            layers = _ROW.coerce(value.get(_LAYERS) or ())
        except ParameterError as error:
            raise ParameterError(f"unsent.{error.parameter}", error.problem) from error
        return cls(layers, tuple(order))


NOTHING = Unsent()
