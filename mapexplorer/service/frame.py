"""The frame: which part of the world a picture shows, and how its pixels lie on the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from mapexplorer.protocol import Extent, MapRequest, ParameterError, Size, SpatialReference
from mapexplorer.service.datum import PROJ_CHOICE, DatumTransformations, read_transformations
from mapexplorer.service.projection import (
    UnknownSpatialReference,
    crs_of,
    metres_per_unit,
    same_crs,
)
from mapexplorer.service.worlds import extent_beyond

INCHES_PER_METRE: Final = 39.37
"""Exactly this, not 1/0.0254: recorded scales of real map services agree with it to the last digit."""

_SHORTEST_SIDE: Final = 1e-250
_FITS: Final = 1e-12
"""Relative difference of two aspect ratios that is only the rounding of coordinates."""

_QUARTER_TURNS: Final = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}


@dataclass(frozen=True)
class Frame:
    """The fitted extent (unrotated, in the spatial reference of the image), its picture and its scale.

    `datum` tells how layers of other datums get there.
    """

    extent: Extent
    size: Size
    dpi: float
    scale: float
    rotation: float
    spatial_reference: SpatialReference
    crs: CRS
    datum: DatumTransformations = PROJ_CHOICE

    @property
    def resolution(self) -> float:
        """Map units per pixel."""
        return self.extent.width / self.size.width

    @property
    def pixels_per_point(self) -> float:
        """Pixels of one point, 1/72 inch."""
        return self.dpi / 72

    @cached_property
    def affine(self) -> tuple[float, float, float, float, float, float]:
        """The map → pixel transformation (a, b, d, e, xoff, yoff): column = a·x + b·y + xoff, row = d·x + e·y
        + yoff.

        Columns run right and rows down from the upper left corner; a positive rotation turns the picture
        counter-clockwise around its centre (Export Map, rotation).
        """
        across = self.size.width / self.extent.width
        down = self.size.height / self.extent.height
        cosine, sine = _direction(self.rotation)
        middle_x, middle_y = self.size.width / 2, self.size.height / 2
        left = -self.extent.xmin * across - middle_x
        top = self.extent.ymax * down - middle_y
        if self.rotation == 0:
            return (across, 0.0, 0.0, -down, -self.extent.xmin * across, self.extent.ymax * down)
        return (
            cosine * across,
            -sine * down,
            -sine * across,
            -cosine * down,
            cosine * left + sine * top + middle_x,
            -sine * left + cosine * top + middle_y,
        )

    @cached_property
    def polygon(self) -> shapely.Polygon:
        """The ground the picture shows: the frame turned against the rotation, in the image's spatial
        reference.
        """
        centre_x, centre_y = self.extent.center
        cosine, sine = _direction(self.rotation)
        corners = []
        for side_x, side_y in ((-1, -1), (-1, 1), (1, 1), (1, -1)):
            x, y = side_x * self.extent.width / 2, side_y * self.extent.height / 2
            corners.append((centre_x + cosine * x + sine * y, centre_y - sine * x + cosine * y))
        if self.rotation == 0:
            return shapely.box(self.extent.xmin, self.extent.ymin, self.extent.xmax, self.extent.ymax)
        return shapely.Polygon(corners)

    @cached_property
    def envelope(self) -> tuple[float, float, float, float]:
        """The envelope (xmin, ymin, xmax, ymax) of the ground the picture shows; for it features
        are fetched.
        """
        xmin, ymin, xmax, ymax = self.polygon.bounds
        return float(xmin), float(ymin), float(xmax), float(ymax)


def to_pixels(vertices: npt.NDArray[np.float64], frame: Frame) -> npt.NDArray[np.float64]:
    """Return (n, 2) map coordinates as pixels of the frame: x right, y down, turned."""
    a, b, d, e, x_offset, y_offset = frame.affine
    pixels = np.empty_like(vertices)
    if frame.rotation == 0:
        # Relative to the frame, so that large coordinates lose no digits.
        np.multiply(vertices[:, 0] - frame.extent.xmin, a, out=pixels[:, 0])
        np.multiply(vertices[:, 1] - frame.extent.ymax, e, out=pixels[:, 1])
        return pixels
    x, y = vertices[:, 0], vertices[:, 1]
    pixels[:, 0] = a * x + b * y + x_offset
    pixels[:, 1] = d * x + e * y + y_offset
    return pixels


def _direction(rotation: float) -> tuple[float, float]:
    """Return cosine and sine of an angle in degrees, exact for quarter turns."""
    exact = _QUARTER_TURNS.get(rotation)
    return (
        exact if exact is not None else (math.cos(math.radians(rotation)), math.sin(math.radians(rotation)))
    )


def build_frame(request: MapRequest, map_sr: SpatialReference, full_extent: Extent) -> Frame:
    """Return the frame of a request: project the extent, take its size from mapScale or fit it to the
    picture.

    Without a bbox the full extent (in the map's spatial reference) is taken, as for a legend. Raises
    `ParameterError` naming the parameter at fault (Export Map: bbox, bboxSR, imageSR, size, dpi, mapScale,
    rotation, datumTransformations).
    """
    image_sr = request.image_sr or map_sr
    image_crs = _crs("imageSR", image_sr)
    if request.bbox_sr is not None:
        _crs("bboxSR", request.bbox_sr)
    size: Size = request.effective("size")
    dpi: float = request.effective("dpi")
    box = _box_in_image(request, map_sr, image_crs, full_extent)
    metres = metres_per_unit(image_crs)
    if request.map_scale is not None:
        scale = float(request.map_scale)
        box = _box_at_scale(box, size, scale / (dpi * INCHES_PER_METRE * metres))
    else:
        if box[2] <= box[0] and box[3] <= box[1]:
            raise ParameterError(
                "bbox", "the extent is a single point; give it a width or a height, or a mapScale"
            )
        box = _fit(box, size)
        scale = (box[2] - box[0]) / size.width * metres * INCHES_PER_METRE * dpi
    width, height = box[2] - box[0], box[3] - box[1]
    sides = (*box, scale, width, height)
    if not all(math.isfinite(side) for side in sides) or min(width, height) < _SHORTEST_SIDE:
        raise ParameterError("bbox", "the extent is too large or too small to be drawn")
    return Frame(
        extent=Extent(*box, spatial_reference=image_sr),
        size=size,
        dpi=dpi,
        scale=scale,
        rotation=float(request.effective("rotation") or 0) % 360 % 360,
        spatial_reference=image_sr,
        crs=image_crs,
        datum=read_transformations(request.datum_transformations),
    )


def _crs(parameter: str, reference: SpatialReference) -> CRS:
    try:
        return crs_of(reference)
    except UnknownSpatialReference as error:
        raise ParameterError(parameter, str(error)) from None


def _box_in_image(
    request: MapRequest, map_sr: SpatialReference, image_crs: CRS, full_extent: Extent
) -> tuple[float, float, float, float]:
    extent: Extent = request.bbox if request.bbox is not None else full_extent
    box_sr = map_sr
    if request.bbox is not None:
        box_sr = request.bbox_sr or request.bbox.spatial_reference or map_sr
    box_crs = _crs("bboxSR", box_sr)
    if same_crs(box_crs, image_crs):
        return (extent.xmin, extent.ymin, extent.xmax, extent.ymax)
    try:
        xmin, ymin, xmax, ymax = extent_beyond(extent, box_crs, image_crs)
    except ValueError:
        raise ParameterError("bbox", "no point of the extent can be projected to imageSR") from None
    return float(xmin), float(ymin), float(xmax), float(ymax)


def _fit(box: tuple[float, float, float, float], size: Size) -> tuple[float, float, float, float]:
    """Grow the side that is too short for the picture, around the same centre; no side ever shrinks."""
    xmin, ymin, xmax, ymax = box
    width, height = xmax - xmin, ymax - ymin
    if math.isclose(width * size.height, height * size.width, rel_tol=_FITS):
        return box
    if width * size.height < height * size.width:
        middle, half = (xmin + xmax) / 2, height * size.width / size.height / 2
        return middle - half, ymin, middle + half, ymax
    middle, half = (ymin + ymax) / 2, width * size.height / size.width / 2
    return xmin, middle - half, xmax, middle + half


def _box_at_scale(
    box: tuple[float, float, float, float], size: Size, resolution: float
) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = box
    middle_x, middle_y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half_width, half_height = resolution * size.width / 2, resolution * size.height / 2
    return middle_x - half_width, middle_y - half_height, middle_x + half_width, middle_y + half_height
