"""Encode pixels in the raster formats of a map service."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from mapexplorer.protocol.formats import ImageFormat
from mapexplorer.service.render.deflate import deflate
from mapexplorer.service.render.drawing import Pixels

JPEG_QUALITY: Final = 88
_SAMPLE_ROWS: Final = 12
_MOST_EXACT_COLORS: Final = 96
_INCH: Final = 0.0254

Ground = tuple[int, int, int, int]


def encode(
    picture: Pixels, format: ImageFormat, *, transparent: bool, background: Ground, dpi: float = 96.0
) -> bytes:
    """Return RGBA pixels (H, W, 4) as an image file; the same pixels always give the same bytes.

    png8, png24 and gif make every pixel of the background colour transparent, drawn or not; png32 (and png
    with ``transparent``) keeps the alpha of the pixels; all others are opaque (Export Map: format,
    transparent). Raises ValueError for a vector format.
    """
    match format:
        case ImageFormat.PNG32:
            return write_png(picture, dpi)
        case ImageFormat.PNG if transparent:
            return write_png(picture, dpi)
        case ImageFormat.PNG:
            return write_png(_opaque(picture), dpi)
        case ImageFormat.PNG24:
            key = _key(background) if transparent else None
            return write_png(_opaque(picture), dpi, key)
        case ImageFormat.PNG8 | ImageFormat.GIF:
            return _paletted(_opaque(picture), format, _key(background) if transparent else None, dpi)
        case ImageFormat.JPG:
            return _saved(picture, "JPEG", dpi, quality=JPEG_QUALITY, subsampling=0)
        case ImageFormat.BMP:
            return _saved(picture, "BMP", dpi)
        case _:
            raise ValueError(f"{format} is not a raster format")


def keyed(format: ImageFormat, transparent: bool) -> bool:
    """Tell whether transparency is a colour key: then the picture is drawn on its background."""
    return not transparent or format not in (ImageFormat.PNG, ImageFormat.PNG32)


def ground_color(background: Ground) -> Ground:
    """Return the colour of the ground when it is opaque: laid over white where it is not."""
    alpha = background[3] / 255
    red, green, blue = (round(channel * alpha + 255 * (1 - alpha)) for channel in background[:3])
    return red, green, blue, 255


def _key(background: Ground) -> tuple[int, int, int]:
    return ground_color(background)[:3]


def _opaque(picture: Pixels) -> Pixels:
    # Pillow drops the fourth band several times faster than a strided copy.
    packed = Image.fromarray(picture).tobytes("raw", "RGB")
    return np.frombuffer(packed, dtype=np.uint8).reshape(*picture.shape[:2], 3)


def write_png(pixels: Pixels, dpi: float, key: tuple[int, int, int] | None = None) -> bytes:
    """Return RGB or RGBA pixels as PNG; ``key`` is the RGB colour that is transparent.

    Flat colours compress best and fastest without filters, photographs with differences between pixels; a few
    sample rows decide.
    """
    height, width, bands = pixels.shape
    rows = pixels.reshape(height, width * bands)
    body = deflate(_filtered(rows, bands))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if bands == 3 else 6, 0, 0, 0)
    density = round(dpi / _INCH)
    chunks = [(b"IHDR", header), (b"pHYs", struct.pack(">IIB", density, density, 1))]
    if key is not None:
        chunks.append((b"tRNS", struct.pack(">HHH", *key)))
    chunks += [(b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def _filtered(rows: Pixels, bands: int) -> Pixels:
    """Return the rows with the filter that suits them: 0 none, or 2 differences to the row above."""
    height = len(rows)
    step = max(1, height // _SAMPLE_ROWS)
    sample = rows[::step][:_SAMPLE_ROWS]
    above = rows[np.maximum(np.arange(0, height, step)[: len(sample)] - 1, 0)]
    candidates = {
        0: sample,
        1: _beside(sample, bands),
        2: sample - above,
    }
    cost = {number: len(deflate(np.ascontiguousarray(part))) for number, part in candidates.items()}
    # Differences spoil the long runs of flat maps in ways a sample hides: they must win clearly.
    best = min((1, 2), key=lambda number: cost[number])
    chosen = best if cost[best] < 0.85 * cost[0] else 0
    filtered = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = chosen
    match chosen:
        case 1:
            filtered[:, 1:] = _beside(rows, bands)
        case 2:
            filtered[0, 1:] = rows[0]
            np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
        case _:
            filtered[:, 1:] = rows
    return filtered


def _beside(rows: Pixels, bands: int) -> Pixels:
    """Return the differences to the pixel on the left (filter 1)."""
    difference = rows.copy()
    difference[:, bands:] -= rows[:, :-bands]
    return difference


def _paletted(picture: Pixels, format: ImageFormat, key: tuple[int, int, int] | None, dpi: float) -> bytes:
    indices, palette = palette_of(picture, 255 if key is not None else 256)
    extra: dict[str, Any] = {}
    if key is not None:
        indices = np.where(
            (picture == np.array(key, dtype=np.uint8)).all(axis=2), np.uint8(len(palette)), indices
        )
        palette = np.vstack([palette, np.array([key], dtype=np.uint8)])
        extra["transparency"] = len(palette) - 1
    image = Image.fromarray(np.ascontiguousarray(indices))
    image.putpalette(palette.tobytes(), "RGB")
    output = io.BytesIO()
    if format is ImageFormat.GIF:
        image.save(output, "GIF", optimize=False, **extra)
    else:
        image.save(output, "PNG", compress_level=3, bits=8, dpi=(dpi, dpi), **extra)
    return output.getvalue()


def palette_of(picture: Pixels, most: int) -> tuple[npt.NDArray[np.uint8], Pixels]:
    """Return palette indices (H, W) and a palette (n, 3) of at most ``most`` colours.

    Few colours are kept as they are; of many, the frequent ones are, so that flat areas do not change.
    """
    image = Image.fromarray(picture)
    exact = image.getcolors(most)
    if exact is not None:
        few = np.array(sorted(color for _, color in exact), dtype=np.uint8)
        return np.searchsorted(_packed(few), _packed(picture)).astype(np.uint8), few
    quantised = image.quantize(most, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    indices = np.frombuffer(quantised.tobytes(), dtype=np.uint8).reshape(picture.shape[:2])
    palette = np.array(quantised.getpalette() or [], dtype=np.uint8).reshape(-1, 3)[:most].copy()
    _keep_frequent(picture, indices, palette)
    return indices, palette


def _packed(colors: Pixels) -> npt.NDArray[np.uint32]:
    wide = colors.astype(np.uint32)
    return np.asarray((wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2], dtype=np.uint32)


def _keep_frequent(picture: Pixels, indices: npt.NDArray[np.uint8], palette: Pixels) -> None:
    """Put the most frequent exact colours in place of the average ones that stand for them."""
    sample = _packed(picture[::2, ::2])
    where = indices[::2, ::2].ravel()
    codes, first, counts = np.unique(sample, return_index=True, return_counts=True)
    taken: set[int] = set()
    for position in np.argsort(-counts, kind="stable")[:_MOST_EXACT_COLORS].tolist():
        index = int(where[first[position]])
        if index in taken:
            continue
        taken.add(index)
        code = int(codes[position])
        palette[index] = (code >> 16, code >> 8 & 255, code & 255)


def _saved(picture: Pixels, kind: str, dpi: float, **options: Any) -> bytes:
    output = io.BytesIO()
    Image.fromarray(_opaque(picture)).save(output, kind, dpi=(dpi, dpi), **options)
    return output.getvalue()
