"""Leave out markers that later ones hide, in one pass over the points and before anything is kept of each.

A grid of pixels remembers which marker lies on top in every one. What is left is at most one marker a pixel,
or one for each class where markers of different sizes cannot hide each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol.symbols import SimpleMarkerSymbol
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass
from mapexplorer.service.render.ragged import Flags, Floats, Indices, Ragged
from mapexplorer.service.render.symbols import marker_of
from mapexplorer.service.time_limit import check_time

MOST_CELLS: Final = 2**25
"""Cells of one grid, pixels times classes; where there are more nothing is left out."""
_BATCH: Final = 2**17
"""Points looked at in one go."""

Numbers = npt.NDArray[np.int32]
Places = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Thinning:
    """What has to be known of markers to tell which of them are hidden.

    ``numbers`` is the class of every row of the layer, ``drawn`` tells which classes have a symbol and
    ``offsets`` (classes, 2) by how many pixels it stands beside its place. ``alike`` tells that all are of
    one size, so that those of a later class hide those of an earlier one.
    """

    numbers: ClassNumbers
    drawn: Flags
    offsets: Floats
    alike: bool

    @classmethod
    def of(
        cls, classes: Sequence[SymbolClass], numbers: ClassNumbers, pixels_per_point: float
    ) -> Thinning | None:
        """Return what is known of some classes, None where markers show what lies under them."""
        symbols = [entry.symbol for entry in classes]
        if not all(symbol is None or isinstance(symbol, SimpleMarkerSymbol) for symbol in symbols):
            return None
        markers = [
            marker_of(symbol, pixels_per_point) if isinstance(symbol, SimpleMarkerSymbol) else None
            for symbol in symbols
        ]
        used = [marker for marker in markers if marker is not None]
        if not used or not all(marker.opaque for marker in used):
            return None
        return cls(
            numbers,
            # One entry more, for the number -1 of rows without a class.
            np.array([*(marker is not None for marker in markers), False]),
            np.array([(0.0, 0.0) if marker is None else marker.offset for marker in markers]),
            len({(marker.size, marker.outline.width) for marker in used}) == 1,
        )

    @property
    def anchored(self) -> bool:
        """Whether all markers stand beside their places alike, so that hiding does not depend on scale."""
        return bool((self.offsets == self.offsets[:1]).all())

    def at_one_place(self) -> Thinning:
        """Return the same for markers that stand beside their places alike, as if they stood on them."""
        return replace(self, offsets=np.zeros_like(self.offsets))

    def cells(self, grid: PixelGrid) -> int:
        """Return how many cells of a grid have to be remembered."""
        width, height = grid.size
        return width * height * (1 if self.alike else len(self.offsets))

    def uppermost(
        self, points: Ragged, chosen: Indices | Numbers | None, places: Places, grid: PixelGrid
    ) -> tuple[Numbers, int]:
        """Return which of the chosen points (all for None) lie on top of a cell, ascending, and how many of
        them stand in the grid.

        ``places`` gives where points stand, (n, 2) in pixels.
        """
        top = _Top(self, grid)
        count = len(points.rows) if chosen is None else len(chosen)
        for part in batches(count):
            check_time()
            which = np.arange(part.start, part.stop) if chosen is None else chosen[part]
            found = part if chosen is None else which
            top.add(which, places(points.vertices[found]), self.numbers[points.rows[found]])
        return top.kept(), top.count


def batches(count: int) -> Iterator[slice]:
    """Divide so many points into parts whose arrays stay in the processor's cache."""
    for low in range(0, count, _BATCH):
        yield slice(low, min(low + _BATCH, count))


@dataclass(frozen=True)
class PixelGrid:
    """A grid of cells that are pixels, with some more round the picture."""

    width: int
    height: int
    border: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, border included."""
        return self.width + 2 * self.border, self.height + 2 * self.border


class _Top:
    """The uppermost point of every cell so far; `count` tells how many points there were."""

    def __init__(self, thinning: Thinning, grid: PixelGrid) -> None:
        self.count = 0
        self._thinning, self._grid = thinning, grid
        self._every = bool(thinning.drawn[:-1].all())
        self._shifted = bool(thinning.offsets.any())
        cells = grid.size[0] * grid.size[1]
        self._top: Numbers = np.full(thinning.cells(grid), -1, dtype=np.int32)
        several = thinning.alike and len(thinning.offsets) > 1
        self._classes = np.full(cells, -1, dtype=thinning.numbers.dtype) if several else None

    def add(self, which: Indices | Numbers, places: Floats, numbers: ClassNumbers) -> None:
        """Put points with their numbers, places and classes on top of what is there."""
        if self._shifted:
            places = places + self._thinning.offsets[numbers]
        # A marker belongs to the pixel it is stamped on: half a pixel right and down of its place.
        places = np.floor(places - 0.5 + 0.5)
        places += self._grid.border
        x, y = places[:, 0], places[:, 1]
        width, height = self._grid.size
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        inside &= numbers >= 0 if self._every else self._thinning.drawn[numbers]
        if not inside.all():
            which, numbers, x, y = which[inside], numbers[inside], x[inside], y[inside]
        self.count += len(which)
        cells = y.astype(np.int32) * width + x.astype(np.int32)
        if self._classes is not None:
            above = np.flatnonzero(numbers >= self._classes[cells])
            ascending = above[np.argsort(numbers[above], kind="stable")]
            cells, which = cells[ascending], which[ascending]
            self._classes[cells] = numbers[ascending]
        elif not self._thinning.alike:
            cells = cells + numbers.astype(np.int32) * (width * height)
        # Of several points of one cell the last assigned remains.
        self._top[cells] = which

    def kept(self) -> Numbers:
        """Return the points on top, ascending."""
        kept = self._top[self._top >= 0]
        kept.sort()
        return kept
