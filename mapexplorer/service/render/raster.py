"""Draw a georeferenced picture: warped to the frame by inverse mapping, masked by its own extent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from pyproj.exceptions import ProjError

from mapexplorer.service.projection import same_crs
from mapexplorer.service.render.drawing import Pixels
from mapexplorer.service.render.ragged import Flags, Floats, Indices
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.worlds import Bounds, copies, extent_beyond, world_of

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame
    from mapexplorer.service.layers import RasterLayer

CELL: Final = 16
"""Pixels of the squares within which a projection is taken as bilinear."""
_SAME_PLACE: Final = 0.25
"""Pixels by which a place may move on its way there and back; more, and it lies outside the projection."""
_FINEST: Final = 1.5
"""Raster pixels per picture pixel up to which nothing is reduced."""
_MEETS: Final = -0.01
"""Margin in pixels that leaves out a frame whose edge a raster only touches."""

_lock = Lock()


def warped_pictures(layer: RasterLayer, frame: Frame) -> Iterator[Pixels]:
    """Yield the raster layer as `warp` does, once for every world in which the frame meets it."""
    for copy in copies(frame, _bounds_in(layer, frame), _MEETS):
        check_time()
        yield warp(layer, copy)


def _bounds_in(layer: RasterLayer, frame: Frame) -> Bounds | None:
    """Return the envelope of a raster in the system of a frame, None when it has no place there."""
    own, world = world_of(layer.crs), world_of(frame.crs)
    beyond = own is not None and not own.holds(layer.extent.xmin, layer.extent.xmax)
    if beyond and world is not None and not same_crs(layer.crs, frame.crs):
        return world.west, -math.inf, world.east, math.inf
    try:
        return extent_beyond(layer.extent, layer.crs, frame.crs)
    except ValueError:
        return None


def warp(layer: RasterLayer, frame: Frame) -> Pixels:
    """Return the raster layer as RGBA pixels of the frame, transparent where it has none."""
    width, height = frame.size.width, frame.size.height
    if same_crs(layer.crs, frame.crs):
        columns, rows = _source_pixels(
            layer, *_map_places(np.array([0.0, 1, 0]), np.array([0.0, 0, 1]), frame)
        )
        return _affine(layer, columns, rows, width, height)
    grid_x = np.minimum(np.arange(0, width + CELL, CELL), width).astype(np.float64)
    grid_y = np.minimum(np.arange(0, height + CELL, CELL), height).astype(np.float64)
    x, y = np.meshgrid(grid_x, grid_y)
    mapping = _Mapping(layer, frame)
    u, v = mapping.inverse(x, y)
    centre_u, centre_v = mapping.inverse((x[:-1, :-1] + x[1:, 1:]) / 2, (y[:-1, :-1] + y[1:, 1:]) / 2)
    regular, empty = _sorted_cells(u, v, centre_u, centre_v, layer)
    factor = _reduction(u, v, grid_x, grid_y, regular)
    source = _reduced(layer, factor)
    scale_x, scale_y = source.width / layer.image.shape[1], source.height / layer.image.shape[0]
    picture = _mesh(source, u * scale_x, v * scale_y, grid_x, grid_y, regular)
    pixels = np.asarray(picture).copy()
    rest = np.argwhere(~regular & ~empty)
    if len(rest):
        _sample_cells(pixels, rest, mapping, np.asarray(source), (scale_x, scale_y))
    return pixels


@dataclass(frozen=True)
class _Mapping:
    """From pixels of the frame to pixels of the raster in another reference system."""

    layer: RasterLayer
    frame: Frame

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return columns and rows of the raster; NaN outside the area of the projection."""
        east, north = _map_places(x, y, self.frame)
        back = self.frame.datum.between(self.layer.crs, self.frame.crs)
        change = back.reversed()
        try:
            own_x, own_y = (np.asarray(axis) for axis in change.transform(east, north))
            again_x, again_y = (np.asarray(axis) for axis in back.transform(own_x, own_y))
        except ProjError:
            return np.full_like(x, np.nan), np.full_like(x, np.nan)
        with np.errstate(invalid="ignore"):
            moved = np.hypot(again_x - east, again_y - north)
            sound = moved < _SAME_PLACE * self.frame.resolution
        extent, world = self.layer.extent, world_of(self.layer.crs)
        if world is not None and not world.holds(extent.xmin, extent.xmax):
            # Rasters from 0 to 360 degrees hold the western half of the world beyond 180.
            own_x = extent.xmin + np.remainder(own_x - extent.xmin, world.width)
        u, v = _source_pixels(self.layer, own_x, own_y)
        return np.where(sound, u, np.nan), np.where(sound, v, np.nan)


def _map_places(x: Floats, y: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Return map coordinates of pixels of the frame."""
    a, b, d, e, x_offset, y_offset = frame.affine
    determinant = a * e - b * d
    right, down = x - x_offset, y - y_offset
    return (e * right - b * down) / determinant, (a * down - d * right) / determinant


def _source_pixels(layer: RasterLayer, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return columns and rows, counted from the upper left corner, of places in the raster's own system."""
    high, wide = layer.image.shape[:2]
    extent = layer.extent
    return (x - extent.xmin) / extent.width * wide, (extent.ymax - y) / extent.height * high


def _affine(layer: RasterLayer, columns: Floats, rows: Floats, width: int, height: int) -> Pixels:
    """Warp by an affine mapping, given by the source places of three pixel corners: origin, right, down."""
    du_x, du_y = columns[1] - columns[0], columns[2] - columns[0]
    dv_x, dv_y = rows[1] - rows[0], rows[2] - rows[0]
    finest = min(math.hypot(du_x, dv_x), math.hypot(du_y, dv_y))
    source = _reduced(layer, _power(finest))
    scale_x, scale_y = source.width / layer.image.shape[1], source.height / layer.image.shape[0]
    coefficients = (
        du_x * scale_x,
        du_y * scale_x,
        columns[0] * scale_x,
        dv_x * scale_y,
        dv_y * scale_y,
        rows[0] * scale_y,
    )
    warped = source.transform(
        (width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(warped)


def _sorted_cells(
    u: Floats, v: Floats, centre_u: Floats, centre_v: Floats, layer: RasterLayer
) -> tuple[Flags, Flags]:
    """Return which cells are mapped bilinearly by their corners, and which lie outside the raster."""
    high, wide = layer.image.shape[:2]
    corners_u = np.stack([u[:-1, :-1], u[1:, :-1], u[1:, 1:], u[:-1, 1:]])
    corners_v = np.stack([v[:-1, :-1], v[1:, :-1], v[1:, 1:], v[:-1, 1:]])
    with np.errstate(invalid="ignore"):
        known = np.isfinite(corners_u).all(axis=0) & np.isfinite(centre_u)
        off = np.hypot(corners_u.mean(axis=0) - centre_u, corners_v.mean(axis=0) - centre_v)
        spread = np.hypot(np.ptp(corners_u, axis=0), np.ptp(corners_v, axis=0))
        smooth = known & (off < np.maximum(0.03 * spread, 0.5))
        all_in = (
            (corners_u.min(axis=0) >= 0)
            & (corners_u.max(axis=0) <= wide)
            & (corners_v.min(axis=0) >= 0)
            & (corners_v.max(axis=0) <= high)
        )
        all_out = (
            (corners_u.max(axis=0) < 0)
            | (corners_u.min(axis=0) > wide)
            | (corners_v.max(axis=0) < 0)
            | (corners_v.min(axis=0) > high)
        )
    unknown = np.isnan(corners_u).all(axis=0) & np.isnan(centre_u)
    return smooth & all_in, (smooth & all_out) | unknown


def _reduction(u: Floats, v: Floats, grid_x: Floats, grid_y: Floats, regular: Flags) -> int:
    """Return the power of two by which the raster may be reduced without losing detail in most cells."""
    if not regular.any():
        return 1
    with np.errstate(invalid="ignore", divide="ignore"):
        across = np.hypot(np.diff(u, axis=1), np.diff(v, axis=1))[:-1] / np.diff(grid_x)
        down = np.hypot(np.diff(u, axis=0), np.diff(v, axis=0))[:, :-1] / np.diff(grid_y)[:, None]
    finest = np.minimum(across, down)[regular]
    return _power(float(np.median(finest[np.isfinite(finest)])))


def _power(ratio: float) -> int:
    """Return the power of two to reduce by, for raster pixels per picture pixel."""
    return 1 if not ratio > _FINEST else 2 ** max(0, round(math.log2(ratio)))


def _reduced(layer: RasterLayer, factor: int) -> Image.Image:
    """Return the raster reduced by averaging; the levels are kept as long as the layer."""
    factor = min(factor, 2 ** math.floor(math.log2(max(min(layer.image.shape[:2]), 1))))
    with _lock:
        levels = layer.reduced
        if factor not in levels:
            picture = Image.fromarray(layer.image)
            high, wide = layer.image.shape[:2]
            if factor > 1:
                size = max(1, round(wide / factor)), max(1, round(high / factor))
                picture = picture.resize(size, Image.Resampling.BOX)
            levels[factor] = picture
        return levels[factor]


def _mesh(
    source: Image.Image, u: Floats, v: Floats, grid_x: Floats, grid_y: Floats, regular: Flags
) -> Image.Image:
    pieces = []
    for row, column in np.argwhere(regular).tolist():
        box = (int(grid_x[column]), int(grid_y[row]), int(grid_x[column + 1]), int(grid_y[row + 1]))
        if box[0] == box[2] or box[1] == box[3]:
            continue
        # Upper left, lower left, lower right, upper right.
        quad: list[float] = []
        for at in ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1)):
            quad += [float(u[at]), float(v[at])]
        pieces.append((box, tuple(quad)))
    size = int(grid_x[-1]), int(grid_y[-1])
    if not pieces:
        return Image.new("RGBA", size)
    return source.transform(size, Image.Transform.MESH, pieces, Image.Resampling.BILINEAR)


def _sample_cells(
    pixels: Pixels, cells: Indices, mapping: _Mapping, source: Pixels, scale: tuple[float, float]
) -> None:
    """Fill cells at seams and edges pixel by pixel."""
    high, wide = pixels.shape[:2]
    down, right = np.mgrid[0:CELL, 0:CELL]
    rows = (cells[:, 0, None] * CELL + down.ravel()).ravel()
    columns = (cells[:, 1, None] * CELL + right.ravel()).ravel()
    inside = (rows < high) & (columns < wide)
    rows, columns = rows[inside], columns[inside]
    u, v = mapping.inverse(columns + 0.5, rows + 0.5)
    pixels[rows, columns] = sample(source, u * scale[0], v * scale[1])


def sample(source: Pixels, u: Floats, v: Floats) -> Pixels:
    """Return bilinear samples of an RGBA picture at columns and rows; transparent outside it."""
    high, wide = source.shape[:2]
    with np.errstate(invalid="ignore"):
        inside = (u >= 0) & (u <= wide) & (v >= 0) & (v <= high)
    result = np.zeros((len(u), 4), dtype=np.uint8)
    x, y = np.clip(u[inside] - 0.5, 0, wide - 1), np.clip(v[inside] - 0.5, 0, high - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, wide - 1), np.minimum(top + 1, high - 1)
    part_x, part_y = (x - left)[:, None], (y - top)[:, None]
    total: npt.NDArray[np.float64] = np.zeros((len(x), 4))
    for row, column, share in (
        (top, left, (1 - part_x) * (1 - part_y)),
        (top, right, part_x * (1 - part_y)),
        (bottom, left, (1 - part_x) * part_y),
        (bottom, right, part_x * part_y),
    ):
        colors = source[row, column].astype(np.float64)
        total[:, 3:] += colors[:, 3:] * share
        total[:, :3] += colors[:, :3] * colors[:, 3:] * share
    with np.errstate(invalid="ignore", divide="ignore"):
        total[:, :3] = np.nan_to_num(total[:, :3] / total[:, 3:])
    result[inside] = np.rint(total).astype(np.uint8)
    return result
