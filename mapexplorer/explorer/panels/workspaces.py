"""The data that a service has registered beside its layers, as far as it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .published import member


@dataclass(frozen=True)
class Workspace:
    """An id, and the names of what can be drawn under it."""

    id: str
    tables: tuple[str, ...] = ()
    rasters: tuple[str, ...] = ()
    layer_files: tuple[str, ...] = ()


def workspaces_of(info: Any) -> tuple[Workspace, ...] | None:
    """The workspaces that a service lists in its root resource; None when it says nothing of them.

    ArcGIS Server says nothing; the embedded service lists them.
    """
    listed = (member(info, "raw") or {}).get("workspaces")
    if not isinstance(listed, list):
        return None
    return tuple(
        Workspace(one["id"], _names(one, "tables"), _names(one, "rasters"), _names(one, "layerFiles"))
        for one in listed
        if isinstance(one, Mapping) and isinstance(one.get("id"), str) and one["id"]
    )


def _names(workspace: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = workspace.get(key)
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()
