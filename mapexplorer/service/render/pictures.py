"""Picture markers: decoded from the symbol itself, never fetched."""

from __future__ import annotations

import base64
import binascii
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from mapexplorer.protocol.errors import ParameterError
from mapexplorer.protocol.symbols import PictureFillSymbol, PictureMarkerSymbol
from mapexplorer.service.render.drawing import Pixels

MOST_BYTES: Final = 256 * 1024
MOST_SIDE: Final = 512
_SIDE_PIXELS: Final = 4096
_POINTS_PER_PIXEL: Final = 0.75


class PictureError(ValueError):
    """A picture of a symbol that cannot be used; the text is one sentence."""


@dataclass(frozen=True, eq=False)
class Sprite:
    """A picture marker in pixels: RGBA with the place of the marker's point in it, counted from the upper
    left."""

    pixels: Pixels
    left: float
    top: float


@lru_cache(maxsize=128)
def decode_picture(data: str) -> Image.Image:
    """Return the RGBA picture in base64 text; raises `PictureError` when it is none or too large."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("imageData is not valid base64") from None
    if len(content) > MOST_BYTES:
        raise PictureError(f"imageData is larger than {MOST_BYTES // 1024} KiB")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "BMP")) as picture:
            if max(picture.size) > MOST_SIDE:
                raise PictureError(f"imageData is larger than {MOST_SIDE} by {MOST_SIDE} pixels")
            return picture.convert("RGBA")
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("imageData is no PNG, JPEG, GIF or BMP picture") from None


def picture_of(symbol: PictureMarkerSymbol | PictureFillSymbol) -> Image.Image:
    """Return the picture of a symbol; raises `PictureError`, also when it would have to be fetched."""
    if symbol.image_data is None:
        raise PictureError("a picture needs imageData: this service fetches no picture from a url")
    return decode_picture(symbol.image_data)


def picture_size(
    symbol: PictureMarkerSymbol | PictureFillSymbol, pixels_per_point: float
) -> tuple[float, float]:
    """Return width and height of a picture marker in pixels; its own at 96 dpi where not given."""
    picture = picture_of(symbol)
    width = symbol.width if symbol.width is not None else picture.width * _POINTS_PER_PIXEL
    height = symbol.height if symbol.height is not None else picture.height * _POINTS_PER_PIXEL
    return width * pixels_per_point, height * pixels_per_point


def sprite_of(
    symbol: PictureMarkerSymbol,
    pixels_per_point: float,
    *,
    turn: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Sprite:
    """Return a picture marker scaled, turned by its own angle and ``turn`` (degrees clockwise), with its
    offset.

    ``shift`` moves the picture by a fraction of a pixel, right and down. Raises `ParameterError` when it
    would be too large.
    """
    picture = picture_of(symbol)
    width, height = picture_size(symbol, pixels_per_point)
    if max(width, height) > _SIDE_PIXELS:
        raise ParameterError("dpi", f"a picture marker would be more than {_SIDE_PIXELS} pixels wide or high")
    if width <= 0 or height <= 0:
        return Sprite(np.zeros((1, 1, 4), dtype=np.uint8), 0.5, 0.5)
    smaller = _reduced(picture, width, height)
    angle = math.radians((turn - symbol.angle) % 360)
    cosine, sine = math.cos(angle), math.sin(angle)
    half_x = (abs(cosine) * width + abs(sine) * height) / 2
    half_y = (abs(sine) * width + abs(cosine) * height) / 2
    x0, y0 = math.floor(shift[0] - half_x) - 1, math.floor(shift[1] - half_y) - 1
    size = math.ceil(shift[0] + half_x) + 1 - x0, math.ceil(shift[1] + half_y) + 1 - y0
    across, down = smaller.width / width, smaller.height / height
    from_x, from_y = x0 - shift[0], y0 - shift[1]
    border = 1.0
    padded = Image.new("RGBA", (smaller.width + 2, smaller.height + 2))
    padded.paste(smaller, (1, 1))
    turned = padded.transform(
        size,
        Image.Transform.AFFINE,
        (
            cosine * across,
            sine * across,
            (cosine * from_x + sine * from_y + width / 2) * across + border,
            -sine * down,
            cosine * down,
            (-sine * from_x + cosine * from_y + height / 2) * down + border,
        ),
        Image.Resampling.BILINEAR,
    )
    return Sprite(
        np.asarray(turned), -x0 - symbol.xoffset * pixels_per_point, -y0 + symbol.yoffset * pixels_per_point
    )


def _reduced(picture: Image.Image, width: float, height: float) -> Image.Image:
    """Return the picture no finer than the pixels it is drawn on, so that bilinear sampling loses nothing."""
    size = min(picture.width, math.ceil(width)), min(picture.height, math.ceil(height))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
