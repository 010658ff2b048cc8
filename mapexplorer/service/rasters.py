"""Read raster sources: PNG and JPEG with a world file, and GeoTIFF by its tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from pyproj import CRS
from pyproj.exceptions import CRSError

from mapexplorer.protocol import SpatialReference
from mapexplorer.service.projection import UnknownSpatialReference, crs_of
from mapexplorer.service.sources import SourceProblem

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})

_WORLD_SUFFIXES: Final = {
    ".png": (".pgw", ".pngw", ".wld"),
    ".jpg": (".jgw", ".jpgw", ".wld"),
    ".jpeg": (".jgw", ".jpegw", ".wld"),
    ".tif": (".tfw", ".tifw", ".wld"),
    ".tiff": (".tfw", ".tiffw", ".wld"),
}
_PIXEL_SCALE, _TIE_POINTS, _TRANSFORMATION, _GEO_KEYS, _NO_DATA = 33550, 33922, 34264, 34735, 42113
_RASTER_TYPE, _GEOGRAPHIC_CODE, _PROJECTED_CODE, _USER_DEFINED = 1025, 2048, 3072, 32767

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class RasterSource:
    """A georeferenced picture: RGBA rows from the north (H, W, 4), its outer bounds, its CRS and
    its bands.
    """

    image: npt.NDArray[np.uint8]
    bounds: Bounds
    crs: CRS | None
    bands: int


def read_raster(path: Path) -> RasterSource:
    """Read a georeferenced picture.

    Raises `SourceProblem` for a rotated or sheared one, for samples that are not 8 bits wide and for a
    GeoTIFF whose reference system has no code.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise SourceProblem(f"{path.name} is no PNG, JPEG or GeoTIFF")
    if not path.is_file():
        raise SourceProblem(f"there is no file {path.name}")
    try:
        with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as picture:
            tags: dict[int, Any] = dict(getattr(picture, "tag_v2", {}))
            pixels, bands = _pixels(picture, tags)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise SourceProblem(f"{path.name} cannot be read as a picture") from error
    height, width = pixels.shape[:2]
    crs = _crs_of_tags(tags) or _crs_beside(path)
    bounds = _bounds_of_tags(tags, width, height) or _bounds_of_world_file(path, width, height)
    return RasterSource(pixels, bounds, crs, bands)


def _pixels(picture: Image.Image, tags: dict[int, Any]) -> tuple[npt.NDArray[np.uint8], int]:
    if picture.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"):
        raise SourceProblem(f"pictures with {picture.mode} samples cannot be drawn, only 8 bits a band")
    bands = 1 if picture.mode in ("1", "L", "LA") else 3
    pixels = np.array(picture.convert("RGBA"))
    no_data = str(tags.get(_NO_DATA, "")).strip("\x00 ")
    if no_data and picture.mode in ("L", "RGB"):
        try:
            empty = (np.asarray(picture.convert("RGB")) == float(no_data)).all(axis=2)
        except ValueError:
            raise SourceProblem(f"the no-data value {no_data!r} is no number") from None
        pixels[empty, 3] = 0
    return pixels, bands


def _bounds_of_tags(tags: dict[int, Any], width: int, height: int) -> Bounds | None:
    keys = _geo_keys(tags)
    if _TRANSFORMATION in tags:
        a, b, _, x, d, e, _, y = (float(number) for number in tags[_TRANSFORMATION][:8])
        if b != 0 or d != 0:
            raise SourceProblem("rotated or sheared GeoTIFFs cannot be drawn")
    elif _PIXEL_SCALE in tags and _TIE_POINTS in tags:
        if len(tags[_TIE_POINTS]) != 6:
            raise SourceProblem("a GeoTIFF with several tie points cannot be drawn")
        a, down = float(tags[_PIXEL_SCALE][0]), float(tags[_PIXEL_SCALE][1])
        column, row, _, east, north, _ = (float(number) for number in tags[_TIE_POINTS])
        e = -down
        x, y = east - column * a, north + row * down
    else:
        return None
    if keys.get(_RASTER_TYPE) == 2:
        x, y = x - a / 2, y - e / 2
    return _upright(a, e, x, y, width, height)


def _bounds_of_world_file(path: Path, width: int, height: int) -> Bounds:
    suffixes = _WORLD_SUFFIXES[path.suffix.lower()]
    candidates = [path.with_suffix(suffix) for suffix in (*suffixes, *(s.upper() for s in suffixes))]
    world = next((candidate for candidate in candidates if candidate.is_file()), None)
    if world is None:
        raise SourceProblem(
            f"{path.name} has no georeference: a world file ({suffixes[0]}) is missing beside it"
        )
    try:
        a, d, b, e, x, y = (float(number) for number in world.read_text(encoding="ascii").split())
    except ValueError:
        raise SourceProblem(f"{world.name} does not hold the six numbers of a world file") from None
    if b != 0 or d != 0:
        raise SourceProblem("rotated or sheared pictures cannot be drawn")
    return _upright(a, e, x - a / 2, y - e / 2, width, height)


def _upright(a: float, e: float, x: float, y: float, width: int, height: int) -> Bounds:
    """Return bounds from the size of a pixel and the outer corner of the first one."""
    if a <= 0 or e >= 0:
        raise SourceProblem(
            "a picture must have its rows from north to south and its columns from west to east"
        )
    return x, y + e * height, x + a * width, y


def _geo_keys(tags: dict[int, Any]) -> dict[int, int]:
    """Return the GeoTIFF keys whose values stand in the directory itself."""
    directory = [int(number) for number in tags.get(_GEO_KEYS, ())]
    entries = zip(*(directory[start::4] for start in range(4, 8)), strict=False)
    return {key: value for key, location, _, value in entries if location == 0}


def _crs_of_tags(tags: dict[int, Any]) -> CRS | None:
    keys = _geo_keys(tags)
    code = keys.get(_PROJECTED_CODE) or keys.get(_GEOGRAPHIC_CODE)
    if code is None:
        return None
    if code == _USER_DEFINED:
        raise SourceProblem("the GeoTIFF defines its own spatial reference; only coded ones can be read")
    try:
        return crs_of(SpatialReference(wkid=code))
    except UnknownSpatialReference as error:
        raise SourceProblem(str(error)) from None


def _crs_beside(path: Path) -> CRS | None:
    """Return the reference system of a .prj file beside the picture, None when there is none."""
    beside = path.with_suffix(".prj")
    if not beside.is_file():
        return None
    try:
        return CRS.from_wkt(beside.read_text(encoding="utf-8", errors="replace"))
    except CRSError:
        raise SourceProblem(f"{beside.name} cannot be read as a spatial reference") from None
