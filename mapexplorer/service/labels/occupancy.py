"""Which parts of the picture labels have taken already."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from mapexplorer.service.labels.blocks import Box
from mapexplorer.service.render.ragged import Floats

_CELL: Final = 2
"""Pixels of a cell; finer than any gap between labels that can be seen."""


class Occupancy:
    """The cells of the picture that labels and markers cover."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        shape = math.ceil(height / _CELL) + 1, math.ceil(width / _CELL) + 1
        self._labels = np.zeros(shape, dtype=bool)
        self._markers = np.zeros(shape, dtype=bool)

    def inside(self, boxes: Iterable[Box]) -> bool:
        """Tell whether boxes lie within the picture as a whole."""
        return all(
            left >= 0 and top >= 0 and right <= self._width and bottom <= self._height
            for left, top, right, bottom in boxes
        )

    def free(self, boxes: Iterable[Box], *, of_markers: bool = False) -> bool:
        """Tell whether no label covers boxes inside the picture, nor any marker where that is asked."""
        for box in boxes:
            place = _cells(box)
            if self._labels[place].any() or (of_markers and self._markers[place].any()):
                return False
        return True

    def free_at(self, places: Floats) -> bool:
        """Tell whether places, (n, 2), lie within the picture where no label is."""
        cells = (places // _CELL).astype(np.int64)
        rows, columns = self._labels.shape
        if (cells < 0).any() or (cells >= (columns, rows)).any():
            return False
        return not self._labels[cells[:, 1], cells[:, 0]].any()

    def take(self, boxes: Iterable[Box]) -> None:
        """Note a label."""
        for box in boxes:
            self._labels[_cells(box)] = True

    def mark(self, box: Box) -> None:
        """Note a marker, which labels of others keep off where they can."""
        self._markers[_cells(box)] = True


def _cells(box: Box) -> tuple[slice, slice]:
    left, top, right, bottom = box
    return (
        slice(max(int(top // _CELL), 0), max(math.ceil(bottom / _CELL), 0)),
        slice(max(int(left // _CELL), 0), max(math.ceil(right / _CELL), 0)),
    )
