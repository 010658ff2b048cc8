"""Write a picture as KMZ: a ground overlay that lies on the earth where the map was drawn."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape

import numpy as np
from pyproj.exceptions import ProjError

from mapexplorer.protocol import ParameterError, RequestErrors, Size, SpatialReference
from mapexplorer.service.frame import Frame
from mapexplorer.service.projection import crs_of, same_crs, transformer
from mapexplorer.service.worlds import world_of

_WGS84: Final = SpatialReference(4326)
_STEPS: Final = 64
_WHOLE: Final = 1e-6
"""Share of a pixel that may reach beyond a pole by rounding."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Place = tuple[float, float]


@dataclass(frozen=True)
class PartOnEarth:
    """The part of a picture that lies between the poles and shows no place twice: its frame, and the columns
    and rows of the picture that it has.
    """

    frame: Frame
    columns: slice
    rows: slice


def part_on_earth(frame: Frame) -> PartOnEarth:
    """Return the part of a picture that can be laid on the earth; all of a turned one.

    Raises `RequestErrors` when there is none.
    """
    world, extent, size = world_of(frame.crs), frame.extent, frame.size
    columns, rows = (0, size.width), (0, size.height)
    if world is not None and frame.rotation == 0:
        beyond = (1 - world.width / extent.width) / 2
        columns = _inner(beyond, beyond, size.width)
        if frame.crs.is_geographic:
            pole = world.width / 4
            rows = _inner(
                (extent.ymax - pole) / extent.height, (-pole - extent.ymin) / extent.height, size.height
            )
    if columns[0] >= columns[1] or rows[0] >= rows[1]:
        raise RequestErrors([ParameterError("f", "for kmz the frame must show some of the earth")])
    across, down = extent.width / size.width, extent.height / size.height
    part = replace(
        extent,
        xmin=extent.xmin + columns[0] * across if columns[0] else extent.xmin,
        xmax=extent.xmax - (size.width - columns[1]) * across,
        ymin=extent.ymin + (size.height - rows[1]) * down,
        ymax=extent.ymax - rows[0] * down,
    )
    shown = Size(columns[1] - columns[0], rows[1] - rows[0])
    return PartOnEarth(replace(frame, extent=part, size=shown), slice(*columns), slice(*rows))


def _inner(first: float, last: float, count: int) -> tuple[int, int]:
    """Return the numbers of the pixels that are left of some without shares at both ends, whole pixels
    only.
    """
    return (
        min(max(math.ceil(first * count - _WHOLE), 0), count),
        count - min(max(math.ceil(last * count - _WHOLE), 0), count),
    )


def write_kmz(content: bytes, suffix: str, name: str, frame: Frame) -> bytes:
    """Return a zip of `doc.kml` and the picture; the same picture always gives the same bytes.

    Raises `RequestErrors` when a corner of the frame has no place on the earth.
    """
    picture = f"picture.{suffix}"
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        document = _document(picture, name, frame).encode("utf-8")
        archive.writestr(entry("doc.kml", zipfile.ZIP_DEFLATED), document)
        archive.writestr(entry(picture, zipfile.ZIP_STORED), content)
    return output.getvalue()


def corners(frame: Frame) -> tuple[Place, Place, Place, Place]:
    """Return longitude and latitude of the lower left, lower right, upper right and upper left corner.

    Longitudes go on beyond 180 degrees where the frame does. Raises `RequestErrors` when a corner has none.
    """
    middle = frame.extent.center
    a, b, d, e, x_offset, y_offset = frame.affine
    determinant = a * e - b * d
    places = []
    for column, row in (
        (0, frame.size.height),
        (frame.size.width, frame.size.height),
        (frame.size.width, 0),
        (0, 0),
    ):
        right, down = column - x_offset, row - y_offset
        x, y = (e * right - b * down) / determinant, (a * down - d * right) / determinant
        places.append(_on_earth(frame, middle, (x, y)))
    lower_left, lower_right, upper_right, upper_left = places
    return lower_left, lower_right, upper_right, upper_left


def _on_earth(frame: Frame, middle: Place, corner: Place) -> Place:
    """Return a corner in degrees, followed from the middle so that the longitude does not jump."""
    target = crs_of(_WGS84)
    if same_crs(frame.crs, target):
        return corner
    x, y = (np.linspace(start, end, _STEPS + 1) for start, end in zip(middle, corner, strict=True))
    try:
        east, north = (np.asarray(axis) for axis in transformer(frame.crs, target).transform(x, y))
    except ProjError:
        east = north = np.full(1, np.inf)
    if not (np.isfinite(east[-1]) and np.isfinite(north[-1])):
        raise RequestErrors([ParameterError("f", "for kmz every corner must have a place on the earth")])
    known = np.isfinite(east)
    return float(np.unwrap(east[known], period=360)[-1]), float(north[-1])


def _document(picture: str, name: str, frame: Frame) -> str:
    title = escape("".join(letter for letter in name if letter.isprintable()))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">\n'
        f"<Document>\n<name>{title}</name>\n<GroundOverlay>\n<name>{title}</name>\n"
        f"<Icon><href>{picture}</href></Icon>\n{_placed(frame)}\n</GroundOverlay>\n</Document>\n</kml>\n"
    )


def _placed(frame: Frame) -> str:
    if frame.rotation == 0 and same_crs(frame.crs, crs_of(_WGS84)):
        extent = frame.extent
        shift = 360.0 * math.ceil((extent.center[0] - 180) / 360)
        sides = {
            "north": min(extent.ymax, 90.0),
            "south": max(extent.ymin, -90.0),
            "east": extent.xmax - shift,
            "west": extent.xmin - shift,
        }
        inside = "".join(f"<{side}>{degrees!r}</{side}>" for side, degrees in sides.items())
        return f"<LatLonBox>{inside}</LatLonBox>"
    places = " ".join(f"{longitude!r},{latitude!r}" for longitude, latitude in corners(frame))
    return f"<gx:LatLonQuad><coordinates>{places}</coordinates></gx:LatLonQuad>"


def entry(name: str, compression: int) -> zipfile.ZipInfo:
    """Return what a zip notes of a file, always of the same moment."""
    noted = zipfile.ZipInfo(name, _EPOCH)
    noted.compress_type = compression
    noted.external_attr = 0o644 << 16
    return noted
