"""Spatial references by code or name: the usual ones, and those that PROJ knows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mapexplorer.protocol import SpatialReference

USUAL: tuple[tuple[int, str], ...] = (
    (102100, "Web Mercator"),
    (4326, "WGS 84, longitude and latitude"),
    (54030, "Robinson, the world"),
    (54009, "Mollweide, the world with equal areas"),
    (8857, "Equal Earth, the world with equal areas"),
    (3395, "World Mercator"),
    (3035, "Europe, equal areas (LAEA)"),
    (5070, "United States, equal areas (Albers)"),
    (102004, "United States, Lambert conformal conic"),
    (3408, "Arctic, equal areas"),
    (3031, "Antarctic, polar stereographic"),
)
"""Codes that the choice begins with."""
MOST = 40
"""Matches offered at a time."""


def line(code: int, name: str) -> str:
    """How a choice is written: code first, so that it can be read back."""
    return f"{code} · {name}"


def usual(more: Iterable[SpatialReference | None] = ()) -> tuple[str, ...]:
    """Lines of the usual spatial references, those of the service first."""
    own = [reference.code for reference in more if reference is not None and reference.code]
    known = dict(USUAL)
    first = [line(code, known.get(code) or name_of(code) or "of the service") for code in own]
    return tuple(dict.fromkeys([*first, *(line(code, name) for code, name in USUAL)]))


def code_of(words: str) -> int | None:
    """The code that a line or the text of a person begins with.

    >>> code_of("EPSG:3035"), code_of("54030 · Robinson"), code_of("robinson")
    (3035, 54030, None)
    """
    first = words.strip().upper().removeprefix("EPSG:").removeprefix("ESRI:").split("·")[0].split()
    return int(first[0]) if first and first[0].isdecimal() and len(first[0]) < 10 else None


def search(words: str) -> tuple[str, ...]:
    """Lines of the spatial references whose name holds all words, shortest names first; may take a second."""
    wanted = words.lower().replace("-", " ").split()
    found = [
        (len(name), name, code)
        for code, name, text in _known()
        if wanted and all(word in text for word in wanted)
    ]
    return tuple(line(code, name) for _, name, code in sorted(found)[:MOST])


def name_of(code: int) -> str | None:
    """The name that PROJ has for a code; None when it has none."""
    from mapexplorer.service.projection import UnknownSpatialReference, crs_of

    try:
        return str(crs_of(SpatialReference.of(code)).name)
    except UnknownSpatialReference:
        return None


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[int, str, str], ...]:
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    kinds = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]
    codes: dict[int, str] = {}
    for authority in ("EPSG", "ESRI"):  # a number that both have means the one of EPSG, as for services
        for info in query_crs_info(authority, kinds):
            if info.code.isdecimal() and not info.deprecated:
                codes.setdefault(int(info.code), info.name)
    return tuple(
        (code, name, f"{code} {name}".lower().replace("_", " ").replace("-", " "))
        for code, name in codes.items()
    )
