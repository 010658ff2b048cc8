"""Picture fills: a picture repeated over polygons, scaled and turned (Esri, Symbol objects, esriPFS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from mapexplorer.protocol.symbols import PictureFillSymbol
from mapexplorer.service.render.drawing import Drawing, Outline, Pixels
from mapexplorer.service.render.pictures import picture_of, picture_size
from mapexplorer.service.render.symbols import stroke_of


def draw_pictured(
    surface: Drawing,
    outlines: Sequence[Outline],
    symbol: PictureFillSymbol,
    pixels_per_point: float,
    borders: Sequence[Outline] | None = None,
) -> None:
    """Fill outlines with a picture, then draw their borders, by default the outlines; pictures start from the
    upper left corner.
    """
    every = np.concatenate([outline.vertices for outline in outlines])
    low = np.clip(np.floor(every.min(axis=0)), 0, (surface.width, surface.height)).astype(int)
    high = np.clip(np.ceil(every.max(axis=0)), 0, (surface.width, surface.height)).astype(int)
    if (high > low).all():
        left, top = low.tolist()
        wide, high_ = (high - low).tolist()
        end = top + high_

        def paint(part: Drawing) -> None:
            first, last = max(top, part.top), min(end, part.top + part.height)
            if first < last:
                part.paste(_tiles(symbol, pixels_per_point, (left, first, wide, last - first)), left, first)

        surface.fill_within(outlines, paint)
    stroke = stroke_of(symbol.outline, pixels_per_point)
    if stroke.width:
        surface.draw_each(borders or outlines, None, [stroke], round_ends=False)


def _tiles(symbol: PictureFillSymbol, pixels_per_point: float, box: tuple[int, int, int, int]) -> Pixels:
    """Return the repeated picture over a box (left, top, width, height) of pixels."""
    left, top, wide, high = box
    width, height = picture_size(symbol, pixels_per_point)
    size = _whole(width * abs(symbol.xscale)), _whole(height * abs(symbol.yscale))
    tile = np.asarray(picture_of(symbol).resize(size, Image.Resampling.LANCZOS))
    x = np.arange(left, left + wide) - symbol.xoffset * pixels_per_point
    y = np.arange(top, top + high) + symbol.yoffset * pixels_per_point
    if symbol.angle % 360 == 0:
        columns, rows = np.rint(x).astype(np.int64) % size[0], np.rint(y).astype(np.int64) % size[1]
        return np.ascontiguousarray(tile[rows[:, None], columns])
    return _turned_tiles(tile, x + 0.5, y + 0.5, symbol.angle)


def _turned_tiles(tile: Pixels, x: Any, y: Any, angle: float) -> Pixels:
    """Sample a tile turned counter-clockwise, evenly between its pixels."""
    turn = math.radians(angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    high, wide = tile.shape[:2]
    whole = tile.astype(np.float64)
    # Weighted by opacity, so that what is invisible lends no colour.
    whole[..., :3] *= whole[..., 3:] / 255
    picture = np.empty((len(y), len(x), 4), dtype=np.uint8)
    for number, row in enumerate(y):
        u, v = cosine * x - sine * row - 0.5, sine * x + cosine * row - 0.5
        left, top = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        share_x, share_y = (u - left)[:, None], (v - top)[:, None]
        upper = (
            whole[top % high, left % wide] * (1 - share_x) + whole[top % high, (left + 1) % wide] * share_x
        )
        below = (top + 1) % high
        lower = whole[below, left % wide] * (1 - share_x) + whole[below, (left + 1) % wide] * share_x
        mixed = upper * (1 - share_y) + lower * share_y
        mixed[:, :3] *= 255 / np.maximum(mixed[:, 3:], 1e-9)
        picture[number] = np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
    return picture


def _whole(length: float) -> int:
    """Return the pixels of a tile's side, at least one and at most as many as a picture has."""
    return min(max(round(length), 1), 4096)
