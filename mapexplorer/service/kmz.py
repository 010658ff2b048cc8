"""Write a picture as KMZ: a ground overlay that lies on the earth where the map was drawn."""

from __future__ import annotations

import io
import zipfile
from typing import Final
from xml.sax.saxutils import escape

import numpy as np
from pyproj.exceptions import ProjError

from mapexplorer.protocol import ParameterError, RequestErrors, SpatialReference
from mapexplorer.service.frame import Frame
from mapexplorer.service.projection import crs_of, same_crs, transformer

_WGS84: Final = SpatialReference(4326)
_STEPS: Final = 64
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Place = tuple[float, float]


def write_kmz(content: bytes, suffix: str, name: str, frame: Frame) -> bytes:
    """Return a zip of `doc.kml` and the picture; the same picture always gives the same bytes.

    Raises `RequestErrors` when a corner of the frame has no place on the earth.
    """
    picture = f"picture.{suffix}"
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        document = _document(picture, name, frame).encode("utf-8")
        archive.writestr(_entry("doc.kml", zipfile.ZIP_DEFLATED), document)
        archive.writestr(_entry(picture, zipfile.ZIP_STORED), content)
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
        sides = {"north": extent.ymax, "south": extent.ymin, "east": extent.xmax, "west": extent.xmin}
        inside = "".join(f"<{side}>{degrees!r}</{side}>" for side, degrees in sides.items())
        return f"<LatLonBox>{inside}</LatLonBox>"
    places = " ".join(f"{longitude!r},{latitude!r}" for longitude, latitude in corners(frame))
    return f"<gx:LatLonQuad><coordinates>{places}</coordinates></gx:LatLonQuad>"


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry
