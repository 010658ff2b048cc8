"""The world side by side with itself: in degrees and on cylindrical maps it begins again at the date line.

A picture that goes on beyond the date line shows there what lies at the other side of the map. Everything
that meets a frame is therefore looked for under the frame moved by whole worlds, under as many of these as
meet the data; for a frame inside the world that is the frame itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from mapexplorer.protocol import Extent
from mapexplorer.service.datum import Change
from mapexplorer.service.projection import densified_envelope, same_crs, transformer

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame

Bounds = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]

MOST_COPIES: Final = 33
"""Worlds that are drawn side by side at most, those nearest to the middle of the frame."""
SEAM: Final = 3e-10
"""Share of the world's width left out on both sides of the date line, where PROJ may answer either side."""

_ROUNDING: Final = 1e-9
_MERIDIANS: Final = np.array([-150.0, -75.0, 0.0, 75.0, 150.0])
_PARALLELS: Final = np.array([-40.0, 0.0, 40.0])


@dataclass(frozen=True)
class World:
    """The width of the world in some reference system, and where its middle meridian lies."""

    width: float
    middle: float

    @property
    def west(self) -> float:
        """The western date line."""
        return self.middle - self.width / 2

    @property
    def east(self) -> float:
        """The eastern date line."""
        return self.middle + self.width / 2

    def holds(self, xmin: float, xmax: float) -> bool:
        """Tell whether a range lies between the date lines, rounding apart."""
        rounding = self.width * _ROUNDING
        return xmin >= self.west - rounding and xmax <= self.east + rounding

    def place_of(self, x: Any) -> Any:
        """Return the places between the date lines that are the same as some beyond."""
        return self.west + np.remainder(x - self.west, self.width)

    def shifts(self, moved: tuple[float, float], still: tuple[float, float]) -> list[float]:
        """Return by how much the first range is moved, from west to east, to meet the second one."""
        first = math.ceil((still[0] - moved[1]) / self.width - _ROUNDING)
        last = math.floor((still[1] - moved[0]) / self.width + _ROUNDING)
        if last - first >= MOST_COPIES:
            first = (first + last) // 2 - MOST_COPIES // 2
            last = first + MOST_COPIES - 1
        return [number * self.width for number in range(first, last + 1)]

    def wrapped(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape with what lies beyond the date lines moved to its place between them."""
        if shapely.is_empty(shape):
            return shape
        xmin, ymin, xmax, ymax = shapely.bounds(shape).tolist()
        if self.holds(xmin, xmax):
            return shape
        margin = self.width * SEAM if shapely.get_dimensions(shape) > 0 else 0.0
        inside = shapely.box(self.west + margin, ymin, self.east - margin, ymax)
        if ymin == ymax:
            inside = shapely.LineString([(self.west + margin, ymin), (self.east - margin, ymin)])
        pieces = [
            shapely.intersection(moved(shape, shift), inside)
            for shift in self.shifts((xmin, xmax), (self.west, self.east))
        ]
        return shapely.union_all(pieces)


def moved(shape: shapely.Geometry, by: float) -> shapely.Geometry:
    """Return a geometry moved to the east."""
    return shape if by == 0 else shapely.transform(shape, lambda places: places + np.array([by, 0.0]))


@lru_cache(maxsize=256)
def world_of(crs: CRS) -> World | None:
    """Return the world of a system in which it begins again at the date line, None of any other.

    These are degrees, and the projections that draw meridians as straight lines at even distances and
    parallels straight across them.
    """
    if crs.is_geographic:
        return World(_whole_turn(crs), 0.0)
    base = crs.geodetic_crs
    if not crs.is_projected or base is None:
        return None
    turn = _whole_turn(base)
    meridians, parallels = np.meshgrid(
        (central_meridian(crs) + _MERIDIANS) / 360 * turn, _PARALLELS / 360 * turn
    )
    try:
        x, y = (np.asarray(axis) for axis in transformer(base, crs).transform(meridians, parallels))
    except ProjError:
        return None
    middle = float(x[1, 2])
    width = float(x[1, 3] - middle) * 360 / _MERIDIANS[3]
    even = middle + _MERIDIANS / 360 * width
    if not (math.isfinite(width) and width > 0 and np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    straight = np.abs(x - even).max() < width * 1e-7 and np.ptp(y, axis=1).max() < width * 1e-7
    return World(width, middle) if straight else None


def _whole_turn(crs: CRS) -> float:
    """Return a whole turn in the angular unit of a system: 360 degrees, 400 gons."""
    turn = 2 * math.pi / float(crs.axis_info[0].unit_conversion_factor)
    return float(round(turn)) if abs(turn - round(turn)) < 1e-6 else turn


def central_meridian(crs: CRS) -> float:
    """Return the meridian in the middle of a projection, in degrees; 0 where it has none."""
    operation = crs.coordinate_operation
    if operation is None:
        return 0.0
    for parameter in operation.params:
        if parameter.name.startswith("Longitude of") and parameter.unit_name.casefold() == "degree":
            return float(parameter.value)
    return 0.0


def copies(frame: Frame, bounds: Bounds | None, margin: float = 0.0) -> list[Frame]:
    """Return the frame moved by whole worlds, from west to east, to wherever it meets bounds in its system.

    ``margin`` are pixels round the frame. Where the world does not begin again it is the frame itself.
    """
    world = world_of(frame.crs)
    if world is None or bounds is None:
        return [frame]
    xmin, _, xmax, _ = frame.envelope
    wider = margin * frame.resolution
    shifts = world.shifts((xmin - wider, xmax + wider), (bounds[0], bounds[2]))
    return [_moved_frame(frame, shift) for shift in shifts] or [frame]


def _moved_frame(frame: Frame, by: float) -> Frame:
    if by == 0:
        return frame
    extent = frame.extent
    return replace(frame, extent=replace(extent, xmin=extent.xmin + by, xmax=extent.xmax + by))


def extent_beyond(
    extent: Extent, source: CRS, target: CRS, project: Callable[..., Any] | None = None
) -> Bounds:
    """Return the envelope of an extent in another system as `densified_envelope` does, but in one piece where
    the extent lies across the date line or beyond it.

    ``project`` takes x and y instead of the best transformation. Raises ValueError when no point of the
    extent can be projected.
    """
    near, far = world_of(source), world_of(target)
    project = project or transformer(source, target).transform
    if same_crs(source, target) or (near is None and far is None):
        return densified_envelope(extent, source, target, project)
    if near is None and far is not None:
        return _joined_envelope(extent, source, target, far, project)
    if near is None or near.holds(extent.xmin, extent.xmax):
        return densified_envelope(extent, source, target, project)
    if far is None:
        return densified_envelope(extent, source, target, lambda x, y: project(near.place_of(x), y))
    return _side_by_side(extent, (source, near), (target, far), project)


@dataclass(frozen=True)
class ChangeBeyond(Change):
    """A change between two systems in both of which the world begins again, that goes on beyond the date
    line.
    """

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return coordinates in the target as `Change.transform` does, whole worlds away from there."""
        near, far = world_of(self.source), world_of(self.target)
        if near is None or far is None:
            return super().transform(x, y)
        x = np.asarray(x, dtype=np.float64)
        east, north = super().transform(near.place_of(x), y)
        middle = _middle_of((self.target, far), (self.source, near), near.east)
        expected = far.middle + (x - middle) * (far.width / near.width)
        with np.errstate(invalid="ignore"):
            return east + np.rint((expected - east) / far.width) * far.width, north


def goes_beyond(west: float, east: float, source: CRS, target: CRS) -> bool:
    """Tell whether a range in one system lies beyond its date lines, and the other one goes on there too."""
    near = world_of(source)
    return near is not None and world_of(target) is not None and not near.holds(west, east)


def _middle_of(far: tuple[CRS, World], near: tuple[CRS, World], beside: float) -> float:
    """Return where the middle of one world lies in another, of two date lines the one on the side of a
    place.
    """
    (far_crs, world), (near_crs, other) = far, near
    middle = float(transformer(far_crs, near_crs).transform(world.middle, 0.0)[0])
    if other.width / 2 - abs(middle - other.middle) < other.width * _ROUNDING:
        return other.east if beside > other.middle else other.west
    return middle


def _side_by_side(
    extent: Extent, source: tuple[CRS, World], target: tuple[CRS, World], project: Callable[..., Any]
) -> Bounds:
    """Return the envelope between two systems in both of which the world begins again: the easting changes in
    proportion.
    """
    (near_crs, near), (far_crs, far) = source, target
    middle = _middle_of(target, source, extent.center[0])
    part = near.width / 8
    narrow = replace(extent, xmin=middle - part, xmax=middle + part)
    _, ymin, _, ymax = densified_envelope(narrow, near_crs, far_crs, project)
    # Plain numbers become infinite silently where they are too large; those of numpy warn.
    ratio = float(far.width / near.width)
    return (
        far.middle + (extent.xmin - middle) * ratio,
        ymin,
        far.middle + (extent.xmax - middle) * ratio,
        ymax,
    )


def _joined_envelope(
    extent: Extent, source: CRS, target: CRS, far: World, project: Callable[..., Any]
) -> Bounds:
    """Return the envelope in a system in which the world begins again, round the middle of the extent where
    that is narrower than from one date line to the other.
    """
    plain = densified_envelope(extent, source, target, project)
    try:
        middle = float(project(*extent.center)[0])
    except ProjError:
        return plain
    if not math.isfinite(middle):
        return plain
    centred = World(far.width, middle)

    def near_middle(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        east, north = (np.asarray(axis, dtype=float) for axis in project(x, y))
        with np.errstate(invalid="ignore"):
            return np.asarray(centred.place_of(east)), north

    joined = densified_envelope(extent, source, target, near_middle)
    return joined if joined[2] - joined[0] < (plain[2] - plain[0]) * (1 - _ROUNDING) else plain
