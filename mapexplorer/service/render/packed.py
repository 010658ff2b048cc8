"""Lines and polygons kept in about half the memory of `Ragged`, to be taken from when they are drawn."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.render.ragged import Flags, Floats, Ragged, gather

_FINEST: Final = 2.0**-24
"""Share of a number by which it may be rounded as a float of 32 bits."""
_SHARE: Final = 1 / 32
"""Share of the tolerance of generalised geometries by which packing may move them."""

Numbers = npt.NDArray[np.int32]


class Packed:
    """Features as coordinates of 32 bits from their middle, with offsets of 32 bits.

    Of the members of `Ragged` it has those that features are chosen by.
    """

    def __init__(self, ragged: Ragged) -> None:
        self.dimension = ragged.dimension
        self.extent = ragged.extent
        self._middle = _middle_of(ragged)
        self._steps = (ragged.vertices - self._middle).astype(np.float32)
        self._rings, self._parts = ragged.rings.astype(np.int32), ragged.parts.astype(np.int32)
        self.rows: Numbers = ragged.rows.astype(np.int32)
        self._features: Numbers = ragged.features.astype(np.int32)

    @classmethod
    def of(cls, ragged: Ragged, tolerance: float) -> Packed | Ragged:
        """Return geometries generalised to a tolerance packed; unchanged where that would move them by more
        than a small part of it.
        """
        if ragged.dimension == 0 or ragged.extent is None:
            return ragged
        farthest = float(np.abs(np.array(ragged.extent).reshape(2, 2) - _middle_of(ragged)).max())
        return cls(ragged) if farthest * _FINEST <= tolerance * _SHARE else ragged

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    @property
    def feature_rows(self) -> Numbers:
        """Row number of each feature."""
        return self.rows[self._features[:-1]]

    @property
    def bounds(self) -> Floats:
        """Envelope (xmin, ymin, xmax, ymax) of each feature, (features, 4)."""
        return np.asarray(self._bounds + np.tile(self._middle, 2), dtype=np.float64)

    @cached_property
    def _bounds(self) -> npt.NDArray[np.float32]:
        starts = self._rings[self._parts[self._features[:-1]]]
        low = np.minimum.reduceat(self._steps, starts, axis=0)
        high = np.maximum.reduceat(self._steps, starts, axis=0)
        return np.asarray(np.hstack([low, high]), dtype=np.float32)

    def vertices_at(self, numbers: npt.NDArray[Any]) -> Floats:
        """Return the vertices with these numbers."""
        return np.asarray(self._steps[numbers] + self._middle, dtype=np.float64)

    def take_features(self, keep: Flags) -> Ragged:
        """Return the features flagged."""
        chosen = np.flatnonzero(np.repeat(keep, np.diff(self._features)))
        ring_numbers, parts = gather(self._parts, chosen)
        vertex_numbers, rings = gather(self._rings, ring_numbers)
        vertices = self.vertices_at(vertex_numbers)
        return Ragged(self.dimension, vertices, rings, parts, self.rows[chosen].astype(np.int64))


def _middle_of(ragged: Ragged) -> Floats:
    return np.asarray(np.reshape(ragged.extent or (0.0,) * 4, (2, 2)).mean(axis=0), dtype=np.float64)
