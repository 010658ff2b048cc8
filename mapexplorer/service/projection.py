"""Spatial references: from wire values to PROJ, units, and extents carried from one to another."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer, network
from pyproj.exceptions import CRSError, ProjError

from mapexplorer.protocol import Extent, SpatialReference

METRES_PER_DEGREE: Final = 20015077 / 180
"""What real map services use for every geographic spatial reference, whatever its ellipsoid and latitude."""

US_SURVEY_FOOT: Final = 1200 / 3937
POINTS_PER_EDGE: Final = 21
MAX_WKT_BYTES: Final = 4096

_SUCCESSORS: Final = {102100: 3857, 900913: 3857, 102113: 3785}

network.set_network_enabled(active=False)  # type: ignore[attr-defined]


class UnknownSpatialReference(ValueError):  # noqa: N818 - errors are named after causes
    """A spatial reference that PROJ does not know, or that no map can be drawn in."""


def crs_of(reference: SpatialReference) -> CRS:
    """Return the coordinate reference system of a wire value; the current code is preferred to the original
    one.

    Codes are looked up with EPSG first, then ESRI. Raises `UnknownSpatialReference`.
    """
    if reference.wkt is not None and reference.code is None:
        return _crs_of_wkt(reference.wkt)
    codes = [code for code in (reference.latest_wkid, reference.wkid) if code is not None]
    for code in codes:
        try:
            return _crs_of_code(code)
        except UnknownSpatialReference:
            if code == codes[-1]:
                raise
    raise UnknownSpatialReference("a spatial reference needs a wkid or a wkt")


@lru_cache(maxsize=256)
def _crs_of_code(code: int) -> CRS:
    code = _SUCCESSORS.get(code, code)
    for authority in ("EPSG", "ESRI"):
        try:
            return _drawable(CRS.from_authority(authority, code))
        except CRSError:
            continue
    raise UnknownSpatialReference(f"unknown spatial reference {code}")


@lru_cache(maxsize=256)
def _crs_of_wkt(wkt: str) -> CRS:
    if len(wkt.encode("utf-8", "replace")) > MAX_WKT_BYTES:
        raise UnknownSpatialReference(f"the well-known text is longer than {MAX_WKT_BYTES} bytes")
    try:
        return _drawable(CRS.from_wkt(wkt))
    except (CRSError, UnicodeEncodeError):
        raise UnknownSpatialReference("the well-known text of the spatial reference cannot be read") from None


def _drawable(crs: CRS) -> CRS:
    """Return the horizontal part of a reference system; heights and datum shifts bound to it have no meaning
    here.
    """
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_geocentric or not (crs.is_geographic or crs.is_projected or crs.is_engineering):
        raise UnknownSpatialReference(f"no map can be drawn in {crs.name}")
    return crs


def reference_of(crs: Any) -> SpatialReference | None:
    """Return the wire value of a coordinate reference system read from a file, None when the file
    gave none.
    """
    if crs is None:
        return None
    crs = CRS.from_wkt(crs.to_wkt()) if not isinstance(crs, CRS) else crs
    authority = crs.to_authority(auth_name="EPSG", min_confidence=70)
    if authority is None:
        authority = crs.to_authority(auth_name="ESRI", min_confidence=70)
    if authority is not None and authority[1].isdigit():
        return SpatialReference(wkid=int(authority[1]))
    return SpatialReference(wkt=crs.to_wkt("WKT1_ESRI"))


def metres_per_unit(crs: CRS) -> float:
    """Return the metres of one unit of a reference system, as scales count them (Export Map, size
    and dpi).
    """
    if crs.is_geographic:
        return METRES_PER_DEGREE
    axis = crs.axis_info[0]
    if axis.unit_name == "US survey foot":
        return US_SURVEY_FOOT
    return float(axis.unit_conversion_factor)


@lru_cache(maxsize=512)
def same_crs(first: CRS, second: CRS) -> bool:
    """Tell whether coordinates of both systems are the same numbers, x before y in either."""
    return first is second or bool(first.equals(second, ignore_axis_order=True))


@lru_cache(maxsize=256)
def transformer(source: CRS, target: CRS) -> Transformer:
    """Return the best transformation PROJ has without its network, always x before y; safe to share."""
    return Transformer.from_crs(source, target, always_xy=True)


def densified_envelope(
    extent: Extent, source: CRS, target: CRS, project: Callable[..., Any] | None = None
) -> tuple[float, float, float, float]:
    """Return the envelope of an extent in another system, following 21 points between the corners of every
    edge.

    Equal systems leave the numbers untouched. Points that cannot be projected are left out. `project` takes
    x and y instead of the best transformation. Raises ValueError when none is left.
    """
    box = (extent.xmin, extent.ymin, extent.xmax, extent.ymax)
    if same_crs(source, target):
        return box
    x, y = _edges(*box)
    try:
        projected = (project or transformer(source, target).transform)(x, y)
    except ProjError:
        projected = (np.array([np.inf]), np.array([np.inf]))
    x, y = (np.asarray(axis, dtype=float) for axis in projected)
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any():
        raise ValueError("no point of the extent can be projected")
    x, y = x[good], y[good]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _edges(
    xmin: float, ymin: float, xmax: float, ymax: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    along_x = np.linspace(xmin, xmax, POINTS_PER_EDGE + 2)
    along_y = np.linspace(ymin, ymax, POINTS_PER_EDGE + 2)
    x = np.concatenate([along_x, along_x, np.full_like(along_y, xmin), np.full_like(along_y, xmax)])
    y = np.concatenate([np.full_like(along_x, ymin), np.full_like(along_x, ymax), along_y, along_y])
    return x, y
