"""The date line in polygons: what is cut there in the data belongs together, and the cut is no border.

Areas that cross the date line are kept in two pieces, one on each side of the map. An edge along the date
line is taken for such a cut where the same feature goes on at the other side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from mapexplorer.service.datum import Change
from mapexplorer.service.projection import metres_per_unit, transformer
from mapexplorer.service.render.domain import FARTHEST
from mapexplorer.service.render.drawing import CLOSE, LINE, MOVE, Outline
from mapexplorer.service.render.ragged import Flags, Floats, Geometries, Indices, Ragged, join, ragged_of
from mapexplorer.service.worlds import World, moved, world_of

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame

_ON_LINE: Final = 1e-8
"""Share of the world's width by which a vertex may miss the date line."""
_ROUNDING_PIXELS: Final = 1e-6
_SNAP_METRES: Final = 0.01


@dataclass(frozen=True, eq=False)
class Seams:
    """Where polygons are cut: at the eastings ``places`` of every world, in the features of ``rows``.

    ``poles`` are northings that are single points on the ground. ``frame``, where it is given, says that the
    coordinates are its pixels.
    """

    world: World
    places: tuple[float, ...]
    poles: tuple[float, ...]
    rows: Indices
    frame: Frame | None = None

    def edges(self, polygons: Ragged) -> Flags:
        """Return which vertices begin an edge that is a cut."""
        if not len(polygons.vertices):
            return np.zeros(0, dtype=bool)
        x, y = self._on_map(polygons.vertices)
        cut = _along(x, y, self)
        cut[polygons.rings[1:] - 1] = False
        owners = np.repeat(polygons.feature_rows, np.diff(polygons.feature_vertices))
        flags: Flags = cut & np.isin(owners, self.rows)
        return flags

    def strokes(self, polygons: Ragged, outlines: Sequence[Outline]) -> list[Outline] | None:
        """Return the borders of every feature without its cuts, None where nothing is cut.

        Features that are not cut keep the very outline that is given.
        """
        chosen = np.isin(polygons.feature_rows, self.rows)
        if not chosen.any():
            return None
        part = polygons.take_features(chosen)
        cuts = self.edges(part)
        if not cuts.any():
            return None
        codes = np.full(len(part.vertices), LINE, dtype=np.uint8)
        codes[1:][cuts[:-1]] = MOVE
        codes[part.rings[:-1]] = MOVE
        whole = np.logical_or.reduceat(cuts, part.rings[:-1]) == 0
        codes[part.rings[1:][whole] - 1] = CLOSE
        borders = list(outlines)
        ends = part.feature_vertices.tolist()
        for number, (low, high) in zip(np.flatnonzero(chosen).tolist(), pairwise(ends), strict=True):
            if cuts[low:high].any():
                borders[number] = Outline(part.vertices[low:high], codes[low:high])
        return borders

    def _on_map(self, vertices: Floats) -> tuple[Floats, Floats]:
        if self.frame is None:
            return vertices[:, 0], vertices[:, 1]
        a, b, d, e, x_offset, y_offset = self.frame.affine
        right, down = vertices[:, 0] - x_offset, vertices[:, 1] - y_offset
        determinant = a * e - b * d
        return (e * right - b * down) / determinant, (a * down - d * right) / determinant

    @property
    def tolerance(self) -> float:
        """Map units by which a vertex may miss the line."""
        rounding = 0.0 if self.frame is None else _ROUNDING_PIXELS * self.frame.resolution
        return self.world.width * _ON_LINE + rounding


def _along(x: Floats, y: Floats, seams: Seams) -> Flags:
    """Return which vertices begin an edge along a seam or a pole; the last of each ring tells nothing."""
    width = seams.world.width
    found = np.zeros(len(x), dtype=bool)
    near = np.abs(x[1:] - x[:-1]) < width / 2
    for place in seams.places:
        on = np.abs(np.remainder(x - place + width / 2, width) - width / 2) <= seams.tolerance
        found[:-1] |= on[:-1] & on[1:] & near
    for pole in seams.poles:
        on = np.abs(y - pole) <= seams.tolerance
        found[:-1] |= on[:-1] & on[1:]
    return found


def seams_of(polygons: Ragged, change: Change) -> Seams | None:
    """Return where polygons in the target of a change are cut, None where they are not, or where the world
    does not begin again.
    """
    world = world_of(change.target)
    if world is None or polygons.dimension != 2 or not len(polygons.rows):
        return None
    seams = Seams(world, _places(world, change), _poles(world, change.target), np.unique(polygons.rows))
    rows = _cut_rows(polygons, seams)
    return Seams(world, seams.places, seams.poles, rows) if len(rows) else None


def _places(world: World, change: Change) -> tuple[float, ...]:
    """Return the eastings of the date lines of target and source."""
    near = world_of(change.source)
    if near is None:
        return (world.west,)
    try:
        x = float(change.transform(near.west, 0.0)[0])
    except ProjError:
        return (world.west,)
    return (world.west, x) if abs(x) < FARTHEST else (world.west,)


def _poles(world: World, crs: CRS) -> tuple[float, ...]:
    """Return the northings of the poles where the system has them."""
    if crs.is_geographic:
        return (world.width / 4, -world.width / 4)
    base = crs.geodetic_crs
    if base is None:
        return ()
    quarter = world_of(base)
    try:
        high = 90.0 if quarter is None else quarter.width / 4
        poles = [float(transformer(base, crs).transform(0.0, side)[1]) for side in (high, -high)]
    except ProjError:
        return ()
    return tuple(pole for pole in poles if abs(pole) < FARTHEST)


def _cut_rows(polygons: Ragged, seams: Seams) -> Indices:
    """Return the rows with a seam on their east and on their west at the same height.

    Rings have their area on the left: an edge to the north has it in the west.
    """
    x, y = polygons.vertices.T
    cut = _along(x, y, Seams(seams.world, seams.places, (), seams.rows))
    cut[polygons.rings[1:] - 1] = False
    edges = np.flatnonzero(cut)
    rows = np.repeat(polygons.feature_rows, np.diff(polygons.feature_vertices))[edges]
    low, high = np.minimum(y[edges], y[edges + 1]), np.maximum(y[edges], y[edges + 1])
    present, which = np.unique(rows, return_inverse=True)
    north = y[edges + 1] > y[edges]
    bottom, top = np.full(len(present), -np.inf), np.full(len(present), np.inf)
    for side in (north, ~north):
        lowest, highest = np.full(len(present), np.inf), np.full(len(present), -np.inf)
        np.minimum.at(lowest, which[side], low[side])
        np.maximum.at(highest, which[side], high[side])
        bottom, top = np.maximum(bottom, lowest), np.minimum(top, highest)
    facing = bottom < top
    return np.asarray(present[facing], dtype=np.int64)


def joined_at_seam(polygons: Ragged, change: Change) -> Ragged:
    """Return polygons with what the date line cuts in two as one, going on beyond it, for a target that has
    no date line; unchanged for others.
    """
    if polygons.dimension != 2 or world_of(change.target) is not None:
        return polygons
    seams = seams_of(polygons, Change(change.source, change.source))
    if seams is None:
        return polygons
    west, east = _at_seam(polygons, seams)
    touching = np.isin(polygons.rows, seams.rows) & (west != east)
    if not touching.any():
        return polygons
    chosen = np.flatnonzero(touching)
    parts = polygons.take_parts(chosen).part_geometries()
    parts[west[chosen]] = [moved(part, seams.world.width) for part in parts[west[chosen]]]
    rows, first = np.unique(polygons.rows[chosen], return_index=True)
    merged = [_union(pieces) for pieces in np.split(parts, first[1:])]
    rest = polygons.take_parts(np.flatnonzero(~touching).astype(np.int64))
    return join(rest, ragged_of(np.array(merged, dtype=object), rows, 2))


def _at_seam(polygons: Ragged, seams: Seams) -> tuple[Flags, Flags]:
    """Return which parts reach the western and which the eastern date line."""
    starts = polygons.rings[polygons.parts[:-1]]
    x = polygons.vertices[:, 0]
    low, high = np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)
    world, tolerance = seams.world, seams.tolerance
    return np.abs(low - world.west) <= tolerance, np.abs(high - world.east) <= tolerance


def _union(pieces: Geometries) -> shapely.Geometry:
    try:
        return shapely.union_all(pieces)
    except shapely.GEOSException:
        return shapely.multipolygons(pieces)


def without_spikes(polygons: Ragged, image: Ragged, change: Change) -> Ragged:
    """Return the projected ``image`` of polygons in which those that run round a pole in the source no
    longer run to the pole and back.
    """
    if polygons.dimension != 2 or world_of(change.target) is not None:
        return image
    seams = seams_of(polygons, Change(change.source, change.source))
    if seams is None:
        return image
    west, east = _at_seam(polygons, seams)
    round_pole = np.intersect1d(polygons.rows[west & east], seams.rows)
    spiked = np.isin(image.rows, round_pole)
    if not spiked.any():
        return image
    parts: Geometries = image.take_parts(np.flatnonzero(spiked).astype(np.int64)).part_geometries()
    try:
        clean = shapely.set_precision(parts, _SNAP_METRES / metres_per_unit(change.target))
    except shapely.GEOSException:
        return image
    rest = image.take_parts(np.flatnonzero(~spiked).astype(np.int64))
    return join(rest, ragged_of(np.asarray(clean, dtype=object), image.rows[spiked], 2))
