"""The embedded map service: `export` and `queryLegends` of an ArcGIS map service over files and
GeoDataFrames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapexplorer.service.app import MapServiceApp
    from mapexplorer.service.catalog import MapCatalog
    from mapexplorer.service.defaults import document_from_frames
    from mapexplorer.service.document import load_document
    from mapexplorer.service.server import application, build_server, catalog_from, serve

__all__ = [
    "MapCatalog",
    "MapServiceApp",
    "application",
    "build_server",
    "catalog_from",
    "document_from_frames",
    "load_document",
    "serve",
]

_ROOMS = {
    "MapCatalog": "catalog",
    "MapServiceApp": "app",
    "application": "server",
    "build_server": "server",
    "catalog_from": "server",
    "document_from_frames": "defaults",
    "load_document": "document",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the data libraries behind it take a while to load."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
