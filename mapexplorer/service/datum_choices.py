"""The datum transformations a service offers for the datums of its layers (root resource)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from pyproj import CRS
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from mapexplorer.protocol import DatumTransformation, ParameterError
from mapexplorer.service.datum import AUTHORITIES, read_transformations, same_datum

MOST_OFFERED: Final = 100
_HUB: Final = CRS.from_epsg(4326)
_INVERSE: Final = "INVERSE("

_warnings_lock = Lock()


def offered_transformations(layers: Iterable[CRS], image: CRS) -> list[dict[str, Any]]:
    """Return what connects the datum of each layer with WGS 84 and with that of the map.

    Only what can be carried out here is offered: no grid file is missing.
    """
    found: dict[int, dict[str, Any]] = {}
    for crs in layers:
        for goal in (_HUB, image):
            start, end = crs.geodetic_crs, goal.geodetic_crs
            if start is None or end is None or same_datum(start, end):
                continue
            for code, forward, name in _between(start, end):
                found.setdefault(code, _element(code, forward, name))
    return list(found.values())[:MOST_OFFERED]


def _element(code: int, forward: bool, name: str) -> dict[str, Any]:
    step = {"wkid": code, "latestWkid": code, "transformForward": forward, "name": name}
    return {"geoTransforms": [step]}


@lru_cache(maxsize=256)
def _between(start: CRS, end: CRS) -> tuple[tuple[int, bool, str], ...]:
    """Return the id, the direction and the name of every transformation between two datums, the best
    first."""
    try:
        # PROJ's remark that a better one lacks its grid is for a person at a terminal.
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            ways = TransformerGroup(start, end).transformers
    except ProjError:
        return ()
    found = []
    for way in ways:
        told = way.to_json_dict()
        ident = told.get("id") or {}
        authority, code = ident.get("authority", ""), str(ident.get("code", ""))
        forward = not authority.startswith(_INVERSE)
        known = authority.removeprefix(_INVERSE).rstrip(")") in AUTHORITIES and code.isdecimal()
        if known and _usable(int(code)):
            found.append((int(code), forward, told["name"].removeprefix("Inverse of ")))
    return tuple(found)


def _usable(code: int) -> bool:
    try:
        read_transformations([DatumTransformation(wkid=code)])
    except ParameterError:
        return False
    return True
