"""Replace what is translucent by opaque pictures, for formats that know no transparency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from mapexplorer.service.render.drawing import Pixels
from mapexplorer.service.render.ragged import Flags
from mapexplorer.service.render.recording import Item, Picture, Recording, Sheet, replay
from mapexplorer.service.render.surface import Surface

TILE: Final = 16
"""Pixels of the squares that are replaced where something translucent touches them."""
_FINER: Final = 2
MOST_FINE_PIXELS: Final = 1600 * 1600


def flattened(recording: Recording, most_fine_pixels: int = MOST_FINE_PIXELS) -> list[Item]:
    """Return what was drawn on an opaque ground without anything translucent.

    Opaque outlines stay as they are. Where something translucent is drawn, its place shows a picture of it
    and of all that is below, twice as fine as the drawing up to so many pixels of it.
    """
    if all(item.opaque for item in recording.items):
        return list(recording.items)
    fine = _FINER if recording.width * recording.height <= most_fine_pixels else 1
    shadow = Surface(recording.width * fine, recording.height * fine, recording.ground)
    flat: list[Item] = []
    for opaque, run in groupby(_split(recording.items), lambda item: item.opaque):
        items = tuple(run)
        if opaque:
            flat.extend(items)
            replay(items, shadow, fine)
        else:
            flat.extend(_covered(shadow, items, fine))
    return flat


def _split(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items with their clipped sheets taken apart, so that what is opaque in them stays as it is."""
    for item in items:
        if not isinstance(item, Sheet) or item.opacity < 1 or item.opaque:
            yield item
        elif item.within is None:
            yield from _split(item.items)
        else:
            for _, run in groupby(_split(item.items), lambda inner: inner.opaque):
                yield Sheet(tuple(run), 1.0, item.within)


def _covered(shadow: Surface, items: Sequence[Item], fine: int) -> Iterator[Picture]:
    """Draw items on the shadow and yield pictures of the tiles that they change."""
    before = shadow.pixels.view(np.uint32)[..., 0].copy()
    replay(items, shadow, fine)
    side = TILE * fine
    touched = _by_tile(before != shadow.pixels.view(np.uint32)[..., 0], side)
    del before
    for top, bottom, left, right in rectangles(touched):
        # One pixel over the next picture: programs that smooth the edges of pictures show gaps otherwise.
        part: Pixels = shadow.pixels[top * side : bottom * side + 1, left * side : right * side + 1].copy()
        part[..., 3] = 255
        yield Picture(part, left * TILE, top * TILE, fine)


def _by_tile(changed: Flags, side: int) -> Flags:
    rows = np.logical_or.reduceat(changed, np.arange(0, changed.shape[0], side), axis=0)
    return np.asarray(np.logical_or.reduceat(rows, np.arange(0, changed.shape[1], side), axis=1))


def rectangles(cells: Flags) -> list[tuple[int, int, int, int]]:
    """Return rectangles (top, bottom, left, right) that cover exactly the cells that are true.

    >>> rectangles(np.array([[True, True, False], [True, True, True]]))
    [(0, 1, 0, 2), (1, 2, 0, 3)]
    """
    done: list[tuple[int, int, int, int]] = []
    open_runs: dict[tuple[int, int], int] = {}
    for row, line in enumerate([*cells, np.zeros_like(cells[0])]):
        edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0)).tolist()
        runs = set(zip(edges[::2], edges[1::2], strict=True))
        for run in sorted(open_runs.keys() - runs):
            done.append((open_runs.pop(run), row, *run))
        for run in runs - open_runs.keys():
            open_runs[run] = row
    return sorted(done)
