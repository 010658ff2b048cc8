"""Values that a request gives single layers: of their ranges and of the parameters of their expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapexplorer.protocol import MapRequest, ParameterError
from mapexplorer.service.filters import ParameterValues
from mapexplorer.service.layers import FeatureLayer, Layer
from mapexplorer.service.ranges import RangeValue, requested_ranges


def own_ranges(layer: FeatureLayer, request: MapRequest) -> tuple[tuple[str, RangeValue], ...]:
    """Return the requested values of the ranges that a layer has, its own before those of the whole map.

    Others are left out, so that they do not spoil what is remembered of the layer (Export Map,
    mapRangeValues and layerRangeValues). Raises `ParameterError` for a layer value of a range that the
    layer does not have.
    """
    own = requested_ranges((request.layer_range_values or {}).get(layer.id))
    names = [item.info.name for item in layer.ranges]
    for name in own:
        if name not in names:
            raise ParameterError(
                "layerRangeValues", f"layer {layer.id} ({layer.name}) has no range {name[:40]!r}"
            )
    asked = requested_ranges(request.map_range_values) | own
    return tuple((name, asked[name]) for name in names if name in asked)


def own_parameters(layer: FeatureLayer, request: MapRequest) -> ParameterValues:
    """Return the given values of the parameters of a layer's published expression, checked by binding them.

    Raises `ParameterError` for an unknown parameter or a value of another type (Export Map,
    layerParameterValues).
    """
    given: ParameterValues = tuple(sorted((request.layer_parameter_values or {}).get(layer.id, {}).items()))
    layer.filters.definition(layer, given)
    return given


def stray_values(layers: Iterable[Layer], request: MapRequest) -> Iterator[ParameterError]:
    """Yield what is wrong with values for groups and rasters, which have neither ranges nor parameters."""
    for layer in layers:
        if isinstance(layer, FeatureLayer):
            continue
        if (request.layer_range_values or {}).get(layer.id):
            yield ParameterError("layerRangeValues", f"layer {layer.id} ({layer.name}) has no ranges")
        if (request.layer_parameter_values or {}).get(layer.id):
            yield ParameterError("layerParameterValues", f"layer {layer.id} ({layer.name}) has no parameters")
