"""The web maps that can lie below a picture, by the names of the xyzservices collection."""

from __future__ import annotations

from typing import Any

import ipyleaflet
import xyzservices  # type: ignore[import-untyped]

from mapexplorer.explorer.markup import escape

BASEMAPS: dict[str, str] = {
    "Light (CARTO Positron)": "CartoDB.Positron",
    "Dark (CARTO Dark Matter)": "CartoDB.DarkMatter",
    "Streets (OpenStreetMap)": "OpenStreetMap.Mapnik",
    "Relief (Esri World Shaded Relief)": "Esri.WorldShadedRelief",
    "Images (Esri World Imagery)": "Esri.WorldImagery",
}
"""Titles of the choice and names of the providers."""


def tiles(name: str) -> Any:
    """The layer of a base map. Raises ValueError for a name that is not on the list."""
    if name not in BASEMAPS:
        raise ValueError(f"basemap: expected one of {', '.join(BASEMAPS)}, not {str(name)[:60]!r}.")
    provider = xyzservices.providers.query_name(BASEMAPS[name])
    return ipyleaflet.TileLayer(
        url=provider.build_url(),
        attribution=str(escape(provider["attribution"])),
        name=str(escape(name)),
        max_native_zoom=int(provider.get("max_zoom", 18)),
        max_zoom=23,
    )
