"""Which rectangle a picture shows: what the service says, or, where it does not, what it must have drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mapexplorer.protocol import Extent, MapRequest, SpatialReference

_ABSURD = 1e15
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def answered_extent(
    body: dict[str, Any], request: MapRequest, map_sr: Callable[[], SpatialReference | None]
) -> Extent | None:
    """Read the extent of an export answer; None when it is missing, not finite, empty or beyond all maps.

    Numbers may be text, sides may be exchanged (Export Map, JSON response). A missing spatial reference is
    the one that was asked for.
    """
    given = body.get("extent")
    if not isinstance(given, dict):
        return None
    numbers = [finite_number(given.get(side)) for side in _SIDES]
    if any(number is None or abs(number) > _ABSURD for number in numbers):
        return None
    a, b, c, d = (float(number) for number in numbers if number is not None)
    if a == c or b == d:
        return None
    reference = _reference(given.get("spatialReference")) or request.image_sr or map_sr()
    return Extent(min(a, c), min(b, d), max(a, c), max(b, d), reference)


def computed_extent(request: MapRequest, map_sr: Callable[[], SpatialReference | None]) -> Extent | None:
    """Fit the requested box to the aspect ratio of the picture, as the service does (Export Map, size).

    None when that is not possible here: no bbox, a mapScale, or a picture in another spatial reference.
    """
    box = request.bbox
    if box is None or request.map_scale is not None:
        return None
    source = request.bbox_sr or map_sr()
    target = request.image_sr or map_sr()
    both_of_the_map = request.image_sr is None and request.bbox_sr is None
    if not both_of_the_map and (source is None or not source.same_as(target)):
        return None
    size = request.effective("size")
    width, height = box.width, box.height
    if width * size.height < height * size.width:
        width = height * size.width / size.height
    else:
        height = width * size.height / size.width
    if not (0 < width < _ABSURD and 0 < height < _ABSURD):
        return None
    x, y = box.center
    return Extent(x - width / 2, y - height / 2, x + width / 2, y + height / 2, target)


def finite_number(value: Any) -> float | None:
    """Read a finite number that may have come as text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _reference(value: Any) -> SpatialReference | None:
    try:
        return None if value is None else SpatialReference.of(value)
    except (ValueError, TypeError):
        return None
