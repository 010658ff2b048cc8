"""What stands on a map besides the picture: the north arrow and the scale bar of the place shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ipywidgets

from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.protocol import Extent, SpatialReference

LONGEST_BAR = 140
"""Pixels."""
_STEP = 0.01
"""Degrees of latitude to look north."""


@dataclass(frozen=True)
class Bearings:
    """North and lengths at the centre of a picture.

    `north` is in degrees clockwise from straight up, `ground` in metres on the ground along one map unit of
    the horizontal.
    """

    north: float
    ground: float


def bearings(extent: Extent, reference: SpatialReference, rotation: float) -> Bearings | None:
    """Find north and lengths at the centre of a picture; None where the earth is not or PROJ cannot tell.

    `rotation` turns the picture counter-clockwise, in degrees (Export Map, rotation).
    """
    from pyproj import Geod
    from pyproj.exceptions import ProjError

    from mapexplorer.service.projection import UnknownSpatialReference

    x, y = extent.center
    half = extent.width / 200
    try:
        to_earth, from_earth = _transformers(reference)
        longitudes, latitudes = to_earth.transform([x - half, x, x + half], [y, y, y])
        if not all(map(math.isfinite, (*longitudes, *latitudes))) or abs(latitudes[1]) > 89.9:
            return None
        length = Geod(ellps="WGS84").inv(longitudes[0], latitudes[0], longitudes[2], latitudes[2])[2]
        step = -_STEP if latitudes[1] > 0 else _STEP
        there_x, there_y = from_earth.transform(longitudes[1], latitudes[1] + step)
        here_x, here_y = from_earth.transform(longitudes[1], latitudes[1])
    except (UnknownSpatialReference, ProjError, ValueError):
        return None
    sign = math.copysign(1.0, step)
    angle = math.degrees(math.atan2((there_x - here_x) * sign, (there_y - here_y) * sign))
    ground = length / (2 * half)
    if not (math.isfinite(angle) and math.isfinite(ground) and ground > 0):
        return None
    return Bearings((angle - rotation + 180) % 360 - 180, ground)


@lru_cache(maxsize=16)
def _transformers(reference: SpatialReference) -> tuple[Any, Any]:
    from pyproj import Transformer

    from mapexplorer.service.projection import crs_of

    crs = crs_of(reference)
    return (
        Transformer.from_crs(crs, "EPSG:4326", always_xy=True),
        Transformer.from_crs("EPSG:4326", crs, always_xy=True),
    )


def bar(metres_per_pixel: float) -> tuple[float, str]:
    """The longest bar of a round length: its pixels and its label.

    >>> bar(1000.0)
    (100.0, '100 km')
    """
    longest = LONGEST_BAR * metres_per_pixel
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(factor * power for factor in (1, 2, 5) if factor * power <= longest * (1 + 1e-9))
    label = f"{length / 1000:,.10g} km" if length >= 1000 else f"{length:,.10g} m"
    return length / metres_per_pixel, label


class Furniture(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """North arrow and scale bar over the corners of a map."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("me-furniture")

    def show(self, known: Bearings | None, units_per_pixel: float) -> None:
        """Stand for a picture whose screen pixels have this many map units; empty where nothing is known."""
        self.value = "" if known is None else _drawn(known, units_per_pixel)


def _drawn(known: Bearings, units_per_pixel: float) -> Markup:
    pixels, label = bar(known.ground * units_per_pixel)
    turned = f"{known.north:.1f}"
    arrow = tag(
        "div",
        tag("span", "▲", aria_hidden="true"),
        tag("b", "N", aria_hidden="true"),
        class_="me-north",
        style=f"transform: rotate({turned}deg)",
        role="img",
        aria_label=f"North is {_direction(known.north)}",
    )
    scale = tag(
        "div", label, class_="me-scale-bar", style=f"width: {pixels:.1f}px", role="img",
        aria_label=f"This bar is {label} long on the ground at the centre of the map",
    )  # fmt: skip
    return Markup(arrow + scale)


def _direction(degrees: float) -> str:
    if abs(degrees) < 0.5:
        return "up"
    return f"{abs(degrees):.0f} degrees to the {'right' if degrees > 0 else 'left'} of up"
