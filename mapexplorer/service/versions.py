"""Versions: the layers of a map over other sources than the published ones (Export Map, gdbVersion)."""

from __future__ import annotations

from mapexplorer.protocol import ParameterError
from mapexplorer.protocol.numerals import shorten
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.layers import FeatureLayer, is_published


def check_version(catalog: MapCatalog, name: str | None, parameter: str) -> None:
    """Raise `ParameterError` for a version that no layer of a map declares."""
    if is_published(name):
        return
    if not any(isinstance(layer, FeatureLayer) and name in layer.versions for layer in catalog.layers):
        raise ParameterError(parameter, f"no layer has a version {shorten(name)}")


def in_version(catalog: MapCatalog, name: str | None) -> MapCatalog:
    """Return a map whose layers that declare a version stand over its source, the others as published.

    Raises `ParameterError` when no layer declares it.
    """
    check_version(catalog, name, "gdbVersion")
    if is_published(name):
        return catalog
    layers = (
        layer.in_version(name) if isinstance(layer, FeatureLayer) else layer for layer in catalog.layers
    )
    return catalog.showing(tuple(layers), catalog.tree)
