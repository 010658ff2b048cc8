"""Dynamic layers: the layers that a request describes itself, instead of the published ones.

Source: Export Map, dynamicLayers; Esri's pages "Layer source object" and "Data source object".
"""

from __future__ import annotations

from mapexplorer.service.dynamic.described import DescribedLayer, described_layer
from mapexplorer.service.dynamic.elements import with_dynamic_layers

__all__ = ["DescribedLayer", "described_layer", "with_dynamic_layers"]
