"""A layer that a request describes by its source, to be queried (Esri, Dynamic layer / table)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter

from mapexplorer.protocol import (
    DataLayerSource,
    LayerSource,
    MapLayerSource,
    ParameterError,
    RequestErrors,
    strict_json,
)
from mapexplorer.protocol.model import ValueFaults, validate, write_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.dynamic.data import WorkspaceData
from mapexplorer.service.dynamic.elements import DynamicTree, drawn_source
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.limits import Limits

LAYER: Final = "layer"
"""The parameter that describes the layer."""
_SOURCE: TypeAdapter[LayerSource] = TypeAdapter(LayerSource)
_LARGEST_ID: Final = 2**31 - 1


@dataclass(frozen=True)
class DescribedLayer:
    """A layer, the map that holds it alone, and its filter.

    `drawn` tells whether its source says how it is drawn, `spatial` whether it has geometries.
    """

    catalog: MapCatalog
    layer: FeatureLayer | RasterLayer
    definition: str | None
    drawn: bool
    spatial: bool


def described_layer(catalog: MapCatalog, text: str | None, limits: Limits) -> DescribedLayer:
    """Read the parameter `layer`: an object with `source`, and maybe `id` and `definitionExpression`.

    Without a source it is the published layer of that id. Raises `RequestErrors` with the JSON path.
    """
    if text is None:
        raise _refused("is required")
    try:
        value = strict_json.loads(text)
    except ValueError as problem:
        raise _refused(str(problem)) from None
    if not isinstance(value, Mapping):
        raise _refused("expected an object with source")
    layer_id, source, definition = _layer_id(value), _source(value), value.get("definitionExpression")
    if definition is not None and not isinstance(definition, str):
        raise _refused("expected text", ".definitionExpression")
    try:
        return _made(catalog, source, layer_id, (definition or "").strip() or None, limits)
    except ElementProblem as problem:
        raise RequestErrors([problem.fault()]) from None
    except ParameterError as fault:
        raise RequestErrors([fault]) from None


def _made(
    catalog: MapCatalog, source: LayerSource, layer_id: int, definition: str | None, limits: Limits
) -> DescribedLayer:
    if not isinstance(source, DataLayerSource):
        layer, tree = drawn_source(catalog, source, layer_id, limits, LAYER)
        if isinstance(layer, FeatureLayer):
            layer = replace(layer, versions={})  # they stand under the published id; this is one of them
        return DescribedLayer(catalog.showing((layer,), tree), layer, definition, drawn=True, spatial=True)
    data = WorkspaceData(catalog.workspaces, catalog.crs)
    layer, spatial = data.queried(source, f"{LAYER}.source")
    layer = replace(layer, document=layer.document.model_copy(update={"id": layer_id}))
    tree = DynamicTree([layer], {layer_id: (0.0, 0.0)})
    return DescribedLayer(catalog.showing((layer,), tree), layer, definition, drawn=False, spatial=spatial)


def _layer_id(value: Mapping[str, Any]) -> int:
    found = value.get("id", 0)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _LARGEST_ID:
        raise _refused("expected a whole number from 0 on", ".id")
    return found


def _source(value: Mapping[str, Any]) -> LayerSource:
    given = value.get("source")
    if given is None and "id" in value:
        return MapLayerSource(map_layer_id=_layer_id(value))
    try:
        return validate(_SOURCE, given)
    except ValueFaults as faults:
        listed = [ParameterError(write_path(f"{LAYER}.source", path), said) for path, said in faults.faults]
        raise RequestErrors(listed) from None


def _refused(problem: str, below: str = "") -> RequestErrors:
    return RequestErrors([ParameterError(f"{LAYER}{below}", problem)])
