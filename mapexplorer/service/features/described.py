"""What is told of a layer that a request describes: its body, its features (Esri, Dynamic layer / table)."""

from __future__ import annotations

from typing import Any, Final

from mapexplorer.protocol import ParameterError, RequestErrors, ServiceFault
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.dynamic import DescribedLayer, described_layer
from mapexplorer.service.features.given import Given
from mapexplorer.service.features.query import Pairs, query
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.resources import described_body
from mapexplorer.service.versions import in_version

_TAKEN: Final = frozenset({"layer", "gdbversion", "where"})


def describe(catalog: MapCatalog, pairs: Pairs, limits: Limits) -> dict[str, Any]:
    """Return the body of the layer that the parameter `layer` describes. Raises `RequestErrors`."""
    return described_body(_described(catalog, Given(pairs), limits), limits)


def query_described(catalog: MapCatalog, pairs: Pairs, limits: Limits) -> dict[str, Any]:
    """Return the answer to a query of the layer that the parameter `layer` describes.

    Its definition expression is part of the filter. Raises `RequestErrors`, and `ServiceFault` for a raster.
    """
    given = Given(pairs)
    described = _described(catalog, given, limits)
    if not isinstance(described.layer, FeatureLayer):
        raise ServiceFault(400, "The requested operation is not supported by this layer.")
    wheres = [where for where in (described.definition, given.text("where")) if where]
    asked = [(name, value) for name, value in pairs if name.casefold() not in _TAKEN]
    if wheres:
        asked.append(("where", " AND ".join(f"({where})" for where in wheres) if wheres[1:] else wheres[0]))
    return query(described.catalog, described.layer, asked, limits)


def _described(catalog: MapCatalog, given: Given, limits: Limits) -> DescribedLayer:
    try:
        known = in_version(catalog, given.text("gdbVersion"))
    except ParameterError as fault:
        raise RequestErrors([fault]) from None
    return described_layer(known, given.text("layer"), limits)
