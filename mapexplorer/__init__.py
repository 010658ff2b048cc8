"""An interactive ArcGIS map explorer for Jupyter, with an embedded map service that works offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapexplorer.client import MapService
    from mapexplorer.connection import connect
    from mapexplorer.explorer.explorer import MapExplorer
    from mapexplorer.protocol import MapRequest
    from mapexplorer.service import serve

__version__ = "0.1.0"

__all__ = ["MapExplorer", "MapRequest", "MapService", "connect", "explore", "serve"]

_HOMES = {
    "MapExplorer": "mapexplorer.explorer.explorer",
    "MapRequest": "mapexplorer.protocol",
    "MapService": "mapexplorer.client",
    "connect": "mapexplorer.connection",
    "serve": "mapexplorer.service",
}


def explore(target: Any = None, **parameters: Any) -> MapExplorer:
    """Show a map service: a live map, its legend and controls for every parameter.

    `target` is None for the demo ("sample:world" and so on for the others), the URL of a MapServer, a file
    or map document, a GeoDataFrame or a mapping of names to GeoDataFrames, or a `MapService`. Keywords are
    parameters by their Python names (``bbox=``, ``layers=``, ``time=``, …), or options of `connect`
    (``token=``, ``referer=``, …); an unknown one or a value that does not fit raises TraitError.

    >>> explorer = explore("sample:world", rotation=10)  # doctest: +SKIP
    """
    from mapexplorer.explorer.explorer import MapExplorer

    return MapExplorer(target, **parameters)


def __getattr__(name: str) -> Any:
    """Import public names when they are first used, so that ``import mapexplorer`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
