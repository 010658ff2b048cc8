"""Labels of clipped layers: nothing outside the shape is labelled, and labels keep inside where they can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely

from mapexplorer.service.labels.blocks import Box
from mapexplorer.service.render.ragged import Flags, Floats, Geometries, Ragged, ragged_of

Mask: TypeAlias = shapely.Geometry | None
"""The part of the picture that a layer is drawn in, in pixels and prepared; None for all of it."""


def seen_places(places: Floats, mask: Mask) -> Flags:
    """Return which places, (n, 2), lie inside a mask."""
    if mask is None:
        return np.ones(len(places), dtype=bool)
    return np.asarray(shapely.intersects_xy(mask, places[:, 0], places[:, 1]), dtype=bool)


def seen_parts(parts: Ragged, mask: Mask) -> Ragged:
    """Return lines or polygons cut to a mask."""
    if mask is None or len(parts.rows) == 0:
        return parts
    geometries = parts.part_geometries()
    inside = shapely.covers(mask, geometries)
    meets = inside | shapely.intersects(mask, geometries)
    crossing = meets & ~inside
    cut = geometries.copy()
    cut[crossing] = _cut(geometries[crossing], mask)
    return ragged_of(cut[meets], parts.rows[meets], parts.dimension)


def _cut(geometries: Geometries, mask: shapely.Geometry) -> Geometries:
    """Return geometries cut to a mask; those too broken to be cut are left as they are."""
    try:
        return np.asarray(shapely.intersection(geometries, mask), dtype=object)
    except shapely.GEOSException:
        if len(geometries) == 1:
            return geometries
        return np.concatenate([_cut(geometries[at : at + 1], mask) for at in range(len(geometries))])


def uncut(boxes: Sequence[Box], mask: Mask) -> bool:
    """Tell whether boxes lie inside a mask as a whole."""
    return mask is None or bool(shapely.covers(mask, shapely.box(*np.array(boxes).T)).all())
