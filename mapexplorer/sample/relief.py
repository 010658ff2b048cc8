"""Makes the muted shaded relief of the world from the full-colour original."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

SIZE = (3600, 1800)
"""Pixels of the result: ten to a degree."""

WORLD_FILE = "0.1\n0\n0\n-0.1\n-179.95\n89.95\n"
"""Pixel width, two rotations, pixel height, and the centre of the upper left pixel (longitude, latitude)."""

_DEEP = np.array([203.0, 219.0, 228.0])
_SHELF = np.array([226.0, 236.0, 240.0])
_PAPER = np.array([246.0, 240.0, 228.0])
_SATURATION = 0.75
_STRENGTH = 0.58


def mute_relief(original: bytes, land: Iterable[BaseGeometry]) -> Image.Image:
    """Returns the relief at ``SIZE``: land in warm, light tones, water between two soft blues.

    The original must be a plate carrée of the whole world; ``land`` are the areas, in degrees, largest first,
    that tell land from water.
    """
    with Image.open(io.BytesIO(original), formats=("JPEG",)) as picture:
        small = picture.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    colours = np.asarray(small, dtype=np.float64)
    dry = _land_cover(land)[..., None]
    blended = _water(colours) * (1 - dry) + _land(colours) * dry
    return Image.fromarray(np.clip(np.round(blended), 0, 255).astype(np.uint8), "RGB")


def _land_cover(areas: Iterable[BaseGeometry]) -> npt.NDArray[np.float64]:
    """Returns the share of land in every pixel of the result, counted on a grid twice as fine."""
    fine = Image.new("L", (SIZE[0] * 2, SIZE[1] * 2), 0)
    pen = ImageDraw.Draw(fine)
    for part in shapely.get_parts(list(areas)):
        pen.polygon(_pixels(part.exterior), fill=255)
        for hole in part.interiors:
            pen.polygon(_pixels(hole), fill=0)
    return np.asarray(fine.resize(SIZE, Image.Resampling.BOX), dtype=np.float64) / 255.0


def _pixels(ring: BaseGeometry) -> list[tuple[float, float]]:
    positions = shapely.get_coordinates(ring)
    return list(map(tuple, np.column_stack([positions[:, 0] + 180, 90 - positions[:, 1]]) * 20.0))


def _water(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Maps the lightness of the original water (deep to shelf) to our two blues."""
    depth = np.clip((colours[..., 0] - 118.0) / (214.0 - 118.0), 0.0, 1.0)[..., None]
    return np.asarray(_DEEP + (_SHELF - _DEEP) * depth)


def _land(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Takes colour out, then lightens towards the warm paper tone, keeping the shading."""
    grey = colours @ np.array([0.299, 0.587, 0.114])
    muted = grey[..., None] + (colours - grey[..., None]) * _SATURATION
    lifted = 255.0 - (255.0 - muted) * _STRENGTH
    return np.asarray(lifted * (_PAPER / 246.0))
