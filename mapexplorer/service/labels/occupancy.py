"""Which parts of the picture labels have taken already."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from mapexplorer.service.labels.blocks import Box
from mapexplorer.service.render.ragged import Floats, Indices

_CELL: Final = 2
"""Pixels of a cell; finer than any gap between labels that can be seen."""

Cells = Sequence[int]
"""First row and the one after the last, first column and the one after the last."""


class Occupancy:
    """The cells of the picture that labels and markers cover."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._columns = math.ceil(width / _CELL) + 1
        self._labels = _Covered(math.ceil(height / _CELL) + 1)
        self._markers = _Covered(math.ceil(height / _CELL) + 1)

    def inside(self, boxes: Iterable[Box]) -> bool:
        """Tell whether boxes lie within the picture as a whole."""
        return all(
            left >= 0 and top >= 0 and right <= self._width and bottom <= self._height
            for left, top, right, bottom in boxes
        )

    def free(self, boxes: Iterable[Box]) -> bool:
        """Tell whether no label covers boxes inside the picture."""
        return not any(self._labels.meets(_cells(box)) for box in boxes)

    def free_of_markers(self, boxes: Iterable[Box]) -> bool:
        """Tell whether no marker covers boxes inside the picture."""
        return not any(self._markers.meets(_cells(box)) for box in boxes)

    def rooms(self, several: Iterable[Cells]) -> Iterator[int]:
        """Yield the numbers of those cells, as `cells_of` gives them, that no label covers."""
        return self._labels.rooms(several)

    def free_at(self, places: Floats) -> bool:
        """Tell whether places, (n, 2), lie within the picture where no label is."""
        cells = (places // _CELL).astype(np.int64)
        if (cells < 0).any() or (cells >= (self._columns, self._labels.count)).any():
            return False
        return not any(
            self._labels.meets((row, row + 1, column, column + 1)) for column, row in cells.tolist()
        )

    def take(self, boxes: Iterable[Box]) -> None:
        """Note a label."""
        for box in boxes:
            self._labels.add(_cells(box))

    def mark(self, cells: Cells) -> None:
        """Note a marker, which labels of others keep off where they can; cells as `cells_of` gives them."""
        self._markers.add(cells)


class _Covered:
    """The cells that rectangles cover: for every row a number of as many bits as there are columns."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._rows = [0] * count
        self._lowest = count

    def add(self, cells: Cells) -> None:
        """Cover a rectangle of cells."""
        top, bottom, left, right = cells
        bottom = min(bottom, self.count)
        if top < bottom and left < right:
            bits = (1 << right) - (1 << left)
            for row in range(top, bottom):
                self._rows[row] |= bits
            self._lowest = min(self._lowest, bottom - top)

    def meets(self, cells: Cells) -> bool:
        """Tell whether one of the cells is covered."""
        return next(self.rooms((cells,)), None) is None

    def rooms(self, several: Iterable[Cells]) -> Iterator[int]:
        """Yield the numbers of those rectangles of which nothing is covered."""
        rows, step, count = self._rows, self._lowest, self.count
        for number, (top, bottom, left, right) in enumerate(several):
            last = bottom - 1 if bottom < count else count - 1
            if top > last or left >= right:
                yield number
                continue
            bits = (1 << right) - (1 << left)
            if rows[last] & bits or rows[top] & bits:
                continue
            # Nothing is less high than the steps between the rows that are looked at.
            if top + step >= last or not any(rows[row] & bits for row in range(top + step, last, step)):
                yield number


def cells_of(boxes: Floats) -> Indices:
    """Return the cells, (…, 4), that boxes, (…, 4), cover at least in part."""
    low, high = np.floor(boxes[..., :2] / _CELL), np.ceil(boxes[..., 2:] / _CELL)
    found = np.stack([low[..., 1], high[..., 1], low[..., 0], high[..., 0]], axis=-1)
    return np.asarray(np.maximum(found, 0), dtype=np.int64)


def _cells(box: Box) -> Cells:
    left, top, right, bottom = box
    return (
        max(math.floor(top / _CELL), 0),
        max(math.ceil(bottom / _CELL), 0),
        max(math.floor(left / _CELL), 0),
        max(math.ceil(right / _CELL), 0),
    )
