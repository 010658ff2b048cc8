"""Very many points: those near a frame found by cells, and thinned once for all frames of a scale.

What a picture shows of very many markers is bounded by its pixels. The pass that leaves out hidden markers
(see `thinning`) gives the picture of all of them exactly, but looks at each. Where the same rows are drawn
again at about the same scale and there are several to a pixel, it looks at a level instead: of all points in
one cell of at most a pixel only the one drawn last. Every marker that a level leaves out has one above it
that stands less than a pixel away in both directions.
"""

from __future__ import annotations

import math
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.frame import Frame, to_pixels
from mapexplorer.service.kept import Kept
from mapexplorer.service.render.points import MOST_EXACT
from mapexplorer.service.render.ragged import Floats, Indices, Ragged
from mapexplorer.service.render.thinning import MOST_CELLS, PixelGrid, Thinning, batches
from mapexplorer.service.time_limit import check_time

FEWEST: Final = 150_000
"""Fewer points are looked at one by one for every picture."""
CROWDED: Final = 4
"""Points a cell on average from which on a level is worth its making."""
SIDE: Final = 256
"""Columns and rows of the cells by which the points near a frame are found."""
_LARGE_PART: Final = 0.5
"""Share of the points from which on they are not looked for by cells."""
_LEVEL_SHARE: Final = 8
"""The levels of a layer fill at most one part of so many of its coordinates."""
_REMEMBERED: Final = 64

Numbers = npt.NDArray[np.int32]


class PointIndex:
    """The points of each cell of a grid over all of them."""

    def __init__(self, points: Ragged) -> None:
        self._extent = points.extent or (0.0, 0.0, 0.0, 0.0)
        cells = (
            self._steps(points.vertices[:, 1], 1) * np.uint16(SIDE) + self._steps(points.vertices[:, 0], 0)
        ).astype(np.uint16)
        # Sixteen bits are sorted by counting.
        self._order: Numbers = np.argsort(cells, kind="stable").astype(np.int32)
        counts = np.bincount(cells, minlength=SIDE * SIDE)
        self._starts: Numbers = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return self._order.nbytes + self._starts.nbytes

    def near(self, box: tuple[float, float, float, float]) -> Numbers | None:
        """Return the points that may lie in a box, ascending; None when that is a large part of all."""
        west, south, east, north = box
        columns = self._steps(np.array([west, east]), 0).tolist()
        rows = self._steps(np.array([south, north]), 1).tolist()
        first = np.arange(rows[0], rows[1] + 1) * SIDE
        starts, ends = self._starts[first + columns[0]], self._starts[first + columns[1] + 1]
        if (ends - starts).sum() > _LARGE_PART * len(self._order):
            return None
        found = np.concatenate(
            [self._order[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        )
        found.sort()
        return found

    def _steps(self, values: Floats, axis: int) -> npt.NDArray[np.uint16]:
        """Return the columns or rows of coordinates, those beyond the grid in its outermost ones."""
        low, high = self._extent[axis], self._extent[axis + 2]
        share = (values - low) * (SIDE / (high - low or 1.0))
        return np.clip(share, 0, SIDE - 1).astype(np.uint16)


@dataclass(frozen=True, eq=False)
class _Level:
    """Points that are enough for a scale, ascending."""

    points: Numbers

    @property
    def nbytes(self) -> int:
        """Bytes of its array."""
        return self.points.nbytes


class _Names:
    """Gives arrays names that no other array ever has, also when one takes the place of another."""

    def __init__(self) -> None:
        self._known: list[tuple[weakref.ref[Any], int]] = []
        self._next = 0

    def of(self, array: npt.NDArray[Any]) -> int:
        """Return the name of an array."""
        for reference, name in self._known:
            if reference() is array:
                return name
        self._next += 1
        self._known = [entry for entry in self._known if entry[0]() is not None][-_REMEMBERED:]
        self._known.append((weakref.ref(array), self._next))
        return self._next


class Crowd:
    """The points of a layer in one reference system; ``length`` is the number of its rows."""

    def __init__(self, points: Ragged, length: int) -> None:
        self._points, self._length = points, length
        self._single = len(points.rows) == length and bool((np.diff(points.rows) == 1).all())
        self._levels = Kept(_REMEMBERED, points.vertices.nbytes // _LEVEL_SHARE)
        self._index = Kept(1)
        self._names = _Names()
        self._asked: OrderedDict[Any, None] = OrderedDict()
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept to draw the points quickly."""
        return self._levels.nbytes + self._index.nbytes

    def near(self, frame: Frame, margin: float) -> Numbers | None:
        """Return the points that may lie within a margin of pixels of a frame, ascending; None for all."""
        extent = self._points.extent
        if len(self._points.rows) < FEWEST or extent is None:
            return None
        wider = margin * frame.resolution
        west, south, east, north = frame.envelope
        box = (west - wider, south - wider, east + wider, north + wider)
        width, height = extent[2] - extent[0], extent[3] - extent[1]
        seen_width = min(box[2], extent[2]) - max(box[0], extent[0])
        seen_height = min(box[3], extent[3]) - max(box[1], extent[1])
        if min(seen_width, seen_height) > 0 and seen_width * seen_height > _LARGE_PART * width * height:
            return None
        if not self._again("near"):
            return None
        return self._index.get("index", lambda: PointIndex(self._points)).near(box)

    def among(self, chosen: Numbers | None, rows: Indices) -> Indices | Numbers | None:
        """Return which of the chosen points (all for None) belong to rows; None for all points."""
        if len(rows) == self._length:
            return chosen
        if chosen is None and self._single:
            return rows
        owners = self._points.rows if chosen is None else self._points.rows[chosen]
        if len(owners) * 16 < len(rows):
            places = np.minimum(np.searchsorted(rows, owners), len(rows) - 1)
            wanted = rows[places] == owners
        else:
            flags = np.zeros(self._length, dtype=bool)
            flags[rows] = True
            wanted = flags[owners]
        return np.flatnonzero(wanted) if chosen is None else chosen[wanted]

    def meeting(self, frame: Frame, rows: Indices, tolerance: float) -> Indices:
        """Return those of the rows of which a point lies in the turned frame, widened by pixels."""
        points = self._points
        low, high = -tolerance, np.array([frame.size.width, frame.size.height]) + tolerance
        corners = np.array(points.extent or (np.nan,) * 4).reshape(2, 2)
        pixels = to_pixels(corners, frame)
        if self._single and frame.rotation == 0 and bool(((pixels >= low) & (pixels <= high)).all()):
            return rows
        chosen = self.among(self.near(frame, tolerance), rows)
        met = [np.empty(0, dtype=np.int64)]
        for part in batches(len(points.rows) if chosen is None else len(chosen)):
            check_time()
            which = part if chosen is None else chosen[part]
            pixels = to_pixels(points.vertices[which], frame)
            x, y = pixels[:, 0], pixels[:, 1]
            inside = (x >= low) & (x <= high[0]) & (y >= low) & (y <= high[1])
            met.append(points.rows[which][inside])
        found = np.concatenate(met)
        return found if self._single else found[np.diff(found, prepend=-1) > 0]

    def seen(self, frame: Frame, rows: Indices, margin: float, thinning: Thinning) -> Ragged | None:
        """Return the points of rows whose markers are seen, in pixels; None where they are so few that
        every one may as well be drawn."""
        grid = PixelGrid(frame.size.width, frame.size.height, math.ceil(margin) + 1)
        if len(self._points.rows) < FEWEST or thinning.cells(grid) > MOST_CELLS:
            return None

        def found(chosen: Indices | Numbers | None, *, enough: int) -> Ragged | None:
            kept, count = thinning.uppermost(self._points, chosen, lambda v: to_pixels(v, frame), grid)
            if count < enough:
                return None
            seen = self._points.take_parts(kept)
            return seen.with_vertices(to_pixels(seen.vertices, frame))

        # Up to MOST_EXACT markers are drawn one by one in the order of the rows, however they are found;
        # those of a whole level stand for many more.
        fewest = MOST_EXACT + 1
        level = self.level(rows, thinning, frame.resolution)
        if level is not None and (seen := found(level, enough=min(fewest, len(level)))) is not None:
            return seen
        chosen = self.among(self.near(frame, margin), rows)
        return None if chosen is not None and len(chosen) < FEWEST else found(chosen, enough=fewest)

    def level(self, rows: Indices, thinning: Thinning, resolution: float) -> Numbers | None:
        """Return the points that are enough for map units per pixel; None where nearly all are needed, or
        when the rows are asked for the first time."""
        xmin, ymin, xmax, ymax = self._points.extent or (0.0, 0.0, 0.0, 0.0)
        cell = 2.0 ** math.floor(math.log2(resolution))
        if len(rows) < FEWEST or not thinning.anchored or max(xmax - xmin, ymax - ymin) / cell > MOST_CELLS:
            return None
        grid = PixelGrid(int((xmax - xmin) / cell) + 1, int((ymax - ymin) / cell) + 1)
        if thinning.cells(grid) > min(len(rows) // CROWDED, MOST_CELLS):
            return None
        corner = np.array([xmin, ymin])
        with self._lock:
            chosen = 0 if len(rows) == self._length else self._names.of(rows)
            key = (cell, chosen, self._names.of(thinning.numbers), thinning.alike)
        if not self._again(key):
            return None
        return self._levels.get(
            key,
            lambda: _Level(
                thinning.at_one_place().uppermost(
                    self._points, self.among(None, rows), lambda v: (v - corner) / cell, grid
                )[0]
            ),
        ).points

    def _again(self, key: Any) -> bool:
        """Tell whether something is asked for once more: only then it is worth preparing for."""
        with self._lock:
            known = key in self._asked
            self._asked[key] = None
            self._asked.move_to_end(key)
            if len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
            return known
