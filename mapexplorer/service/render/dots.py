"""Small pictures as the pixels that they colour, many of which are blended at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mapexplorer.service.render.drawing import Pixels

Dots = npt.NDArray[np.int32]
"""The pixels of a small picture, (n, 3): row and column from a corner, and the four bytes of red, green, blue
and alpha."""


def dots_of(picture: Pixels, left: int, top: int) -> Dots:
    """Return what can be seen of an RGBA picture whose first pixel lies at a place from the corner."""
    rows, columns = np.nonzero(picture[..., 3])
    colors = np.ascontiguousarray(picture).view(np.int32)[rows, columns, 0]
    return np.column_stack([rows + top, columns + left, colors]).astype(np.int32)


def blend_dots(pixels: Pixels, pictures: Sequence[tuple[Dots, int, int]]) -> None:
    """Blend pictures that do not overlap over RGBA pixels, each with the column and row of its corner."""
    every = np.concatenate([dots for dots, _, _ in pictures])
    counts = [len(dots) for dots, _, _ in pictures]
    high, wide = pixels.shape[:2]
    rows = every[:, 0] + np.repeat(np.array([top for _, _, top in pictures], dtype=np.int32), counts)
    columns = every[:, 1] + np.repeat(np.array([left for _, left, _ in pictures], dtype=np.int32), counts)
    shown = (rows >= 0) & (rows < high) & (columns >= 0) & (columns < wide)
    if not shown.all():
        every, rows, columns = every[shown], rows[shown], columns[shown]
    places, colors = rows * wide + columns, np.ascontiguousarray(every[:, 2])
    flat = pixels.reshape(-1, 4).view(np.int32)[:, 0]
    partly = np.flatnonzero(colors.view(np.uint8)[3::4] < 255)
    mixed = places[partly]
    below = flat[mixed]
    flat[places] = colors
    flat[mixed] = _blended(below, colors[partly])


def _blended(below: Dots, above: Dots) -> Dots:
    """Return the four bytes of colours laid over others."""
    ground = below.view(np.uint8).reshape(-1, 4).astype(np.int32)
    color = above.view(np.uint8).reshape(-1, 4).astype(np.int32)
    alpha = color[:, 3:].copy()
    if (ground[:, 3] == 255).all():
        color[:, 3] = 255
        mixed = ground * 255 + (color - ground) * alpha
    else:
        rest = ground[:, 3:] * (255 - alpha)
        total = np.maximum(255 * alpha + rest, 1)
        mixed = (color * (255 * alpha) + ground * rest) // total * 255
        mixed[:, 3] = total[:, 0]
    return ((mixed + 127) // 255).astype(np.uint8).view(np.int32)[:, 0]
