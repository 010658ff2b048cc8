"""Layer files of ArcGIS Pro (.lyrx), which hold the Cartographic Information Model, read as REST JSON.

Source: Esri's open specification of the model (cim-spec). What the service cannot draw is named, never
guessed.
"""

from __future__ import annotations

from mapexplorer.service.cim.layers import LayerFile, read_layer_file
from mapexplorer.service.cim.reading import Unreadable

__all__ = ["LayerFile", "Unreadable", "read_layer_file"]
