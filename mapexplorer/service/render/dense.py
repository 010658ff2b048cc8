"""Draw very many small opaque markers at once: pixel by pixel from the markers that cover it, not one by one.

The cost grows with the pixels of the picture, hardly with the markers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.render.drawing import Pixels
from mapexplorer.service.render.ragged import Indices
from mapexplorer.service.time_limit import check_time

MOST_COVERED: Final = 128
"""Pixels that a marker may cover; larger ones are drawn one by one."""
_BAND: Final = 64
"""Rows that are drawn at once, so that the arrays stay in the processor's cache."""

Keys = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Stamps:
    """Pictures of markers, (classes, side, side, 4), that all cover the same pixels round their middle."""

    pictures: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, pictures: Sequence[Pixels]) -> Stamps | None:
        """Return the pictures of one size together, None where they differ in shape or cover too much."""
        every = np.stack(pictures)
        alpha = every[..., 3]
        same = bool((alpha == alpha[0]).all())
        return cls(every) if same and 0 < np.count_nonzero(alpha[0]) <= MOST_COVERED else None

    @property
    def middle(self) -> int:
        """The row and column of the place of the marker in its picture."""
        return int(self.pictures.shape[1]) // 2


def draw_dense(pixels: Pixels, stamps: Stamps, places: Indices, classes: Indices) -> bool:
    """Draw the marker of its class at each whole-pixel place, (n, 2), the later over the earlier.

    Returns False, with nothing drawn, when the markers are too many to be numbered.
    """
    rows, columns = np.nonzero(stamps.pictures[0, ..., 3])
    count = len(rows)
    if (len(places) + 1) * count >= np.iinfo(np.int32).max:
        return False
    height, width = pixels.shape[:2]
    middle = stamps.middle
    grid = np.full((height + 2 * middle, width + 2 * middle), -count, dtype=np.int32)
    x, y = places[:, 0] + middle, places[:, 1] + middle
    near = np.flatnonzero((x >= 0) & (x < grid.shape[1]) & (y >= 0) & (y < grid.shape[0]))
    # Of several markers at one place the last assigned remains. They count from 1, so that 0 is none.
    grid[y[near], x[near]] = ((near + 1) * count).astype(np.int32)
    classes = np.append(0, classes)
    colors = stamps.pictures[:, rows, columns]
    shifts = np.column_stack([2 * middle - rows, 2 * middle - columns])
    for low in range(0, height, _BAND):
        check_time()
        band = pixels[low : low + _BAND]
        _draw_band(band, grid[low : low + len(band) + 2 * middle], shifts, colors, classes)
    return True


def _draw_band(
    band: Pixels, grid: Keys, shifts: Indices, colors: npt.NDArray[np.uint8], classes: Indices
) -> None:
    """Draw some rows. A key is the number of a marker times the pixels that it covers, plus one of these."""
    height, width = band.shape[:2]
    count = colors.shape[1]
    whole = colors[0, :, 3] == 255
    ground = np.zeros((height, width), dtype=np.int32)
    above = ground.copy()
    key = np.empty_like(ground)
    for number, (row, column) in enumerate(shifts.tolist()):
        np.add(grid[row : row + height, column : column + width], number, out=key)
        target = ground if whole[number] else above
        np.maximum(target, key, out=target)
    flat = band.view(np.uint32).reshape(-1)
    base = ground.reshape(-1)
    covered = np.flatnonzero(base)
    table = colors.view(np.uint32)[..., 0]
    markers, parts = np.divmod(base[covered], count)
    flat[covered] = table[classes[markers], parts]
    steps = shifts @ np.array([grid.shape[1], 1])
    partial = [(number, int(steps[number])) for number in np.flatnonzero(~whole).tolist()]
    for places, keys in reversed(_partly_covered(grid, width, partial, base, above.reshape(-1))):
        markers, parts = np.divmod(keys, count)
        _blend(flat, places, colors[classes[markers], parts])


def _partly_covered(
    grid: Keys, width: int, partial: Sequence[tuple[int, int]], base: Keys, top: Keys
) -> list[tuple[Indices, Keys]]:
    """Return the pixels and keys of markers that cover pixels in part above ``base``, the uppermost first.

    ``partial`` are such parts of a marker, with their steps through the grid.
    """
    places = np.flatnonzero(top > base)
    keys = top[places]
    layers = []
    every = grid.reshape(-1)
    while len(places):
        layers.append((places, keys))
        floor = base[places]
        below = floor.copy()
        corners = places + places // width * (grid.shape[1] - width)
        for number, step in partial:
            key = every[corners + step]
            key += number
            key *= key < keys
            np.maximum(below, key, out=below)
        more = below > floor
        places, keys = places[more], below[more]
    return layers


def _blend(flat: npt.NDArray[np.uint32], places: Indices, colors: npt.NDArray[np.uint8]) -> None:
    """Lay colours, (n, 4), over some pixels."""
    under = flat[places].view(np.uint8).reshape(-1, 4).astype(np.float32)
    share = colors[:, 3:].astype(np.float32) / 255
    rest = under[:, 3:] / 255 * (1 - share)
    alpha = share + rest
    mixed = np.empty_like(under)
    mixed[:, :3] = (colors[:, :3] * share + under[:, :3] * rest) / alpha
    mixed[:, 3:] = alpha * 255
    flat[places] = np.rint(mixed).astype(np.uint8).view(np.uint32).reshape(-1)
