"""Check picture bytes before anybody decodes or shows them.

Only PNG, JPEG, GIF and BMP count as pictures, told by their first bytes and never by a header. The size is
read from those bytes before anything is decoded; what passes is decoded completely, so that a picture cut
short is found.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image

from mapexplorer.protocol import BadAnswer, CorruptImage, TooLarge

FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp"}
ALLOWED_MEDIA_TYPES = frozenset({*_MEDIA_TYPES.values(), "image/jpg", "image/x-ms-bmp", "image/x-bmp", ""})


@dataclass(frozen=True)
class Picture:
    """What a checked picture is: its format and its size in pixels."""

    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        """The media type that its first bytes prove."""
        return _MEDIA_TYPES[self.format]


def picture_format(content: bytes) -> str | None:
    """Tell PNG, JPEG, GIF or BMP by the first bytes; None for everything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"BM"):
        return "BMP"
    return None


def check_picture(content: bytes, *, pixels: int) -> Picture:
    """Prove that bytes are one complete picture of at most ``pixels`` pixels.

    Raises BadAnswer for bytes that are no picture we show, TooLarge before decoding, CorruptImage otherwise.
    """
    picture = _measured(content, pixels)
    decode_picture(content, pixels=pixels)
    return picture


def decode_picture(content: bytes, *, pixels: int) -> Image.Image:
    """Decode checked bytes; of an animation the first picture. Raises CorruptImage or TooLarge."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        fits = image.width * image.height <= pixels  # a GIF's first frame may be larger than its screen
        if fits:
            image.load()
    except Image.DecompressionBombError:
        raise TooLarge("The picture has more pixels than fit into memory.") from None
    except Exception as error:
        raise CorruptImage(f"The picture cannot be decoded: {type(error).__name__}.") from None
    if not fits:
        raise TooLarge(f"The picture has {image.width} × {image.height} pixels; at most {pixels} are read.")
    return image


def clean_png(content: bytes, *, pixels: int) -> bytes:
    """Decode a picture and write it anew as a PNG that carries pixels and nothing else."""
    _measured(content, pixels)
    image = decode_picture(content, pixels=pixels)
    try:
        plain = image.convert("RGBA")
        target = io.BytesIO()
        Image.frombytes("RGBA", plain.size, plain.tobytes()).save(target, "PNG", compress_level=6)
    except Exception as error:
        raise CorruptImage(f"The picture cannot be converted: {type(error).__name__}.") from None
    return target.getvalue()


def decode_base64(text: str, *, limit: int) -> bytes:
    """Read base64 strictly but for line ends, up to ``limit`` bytes; raises CorruptImage or TooLarge."""
    if len(text) > limit * 4 // 3 + 1024:
        raise TooLarge(f"An embedded picture is larger than {limit} bytes.")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CorruptImage("An embedded picture is not valid base64.") from None


def _measured(content: bytes, pixels: int) -> Picture:
    kind = picture_format(content)
    if kind is None:
        raise BadAnswer("The answer is not a PNG, JPEG, GIF or BMP picture.")
    try:
        width, height = _SIZES[kind](content)
    except (struct.error, IndexError, ValueError):
        raise CorruptImage("The picture is cut short before its size.") from None
    if width <= 0 or height <= 0:
        raise CorruptImage("The picture has no pixels.")
    if width * height > pixels:
        raise TooLarge(f"The picture has {width} × {height} pixels; at most {pixels} are read.")
    _COMPLETE[kind](content)
    return Picture(kind, width, height)


def _png_size(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _gif_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _bmp_size(content: bytes) -> tuple[int, int]:
    (header,) = struct.unpack("<I", content[14:18])
    if header == 12:
        width, height = struct.unpack("<HH", content[18:22])
    else:
        width, height = struct.unpack("<ii", content[18:26])
    return width, abs(height)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    position = 2
    while True:
        if content[position] != 0xFF:
            raise ValueError("no marker")
        while content[position] == 0xFF:
            position += 1
        marker = content[position]
        position += 1
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[position + 3 : position + 7])
            return width, height
        if marker in (0xD9, 0xDA):
            raise ValueError("no frame header")
        (length,) = struct.unpack(">H", content[position : position + 2])
        position += max(length, 2)


def _png_complete(content: bytes) -> None:
    """Walk through the chunks up to IEND; Pillow itself accepts a file whose end is missing."""
    view, position = memoryview(content), 8
    while position + 12 <= len(content):
        length, kind = struct.unpack(">I4s", view[position : position + 8])
        end = position + 8 + length
        if end + 4 > len(content):
            break
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise CorruptImage("The picture is damaged: a checksum does not fit.")
        if kind == b"IEND":
            return
        position = end + 4
    raise CorruptImage("The picture is cut short.")


def _jpeg_complete(content: bytes) -> None:
    scan = content.find(b"\xff\xda")
    if scan < 0 or content.find(b"\xff\xd9", scan) < 0:
        raise CorruptImage("The picture is cut short.")


def _gif_complete(content: bytes) -> None:
    if not content.rstrip(b"\0").endswith(b";"):
        raise CorruptImage("The picture is cut short.")


def _bmp_complete(content: bytes) -> None:
    """Decoding finds a BMP that is cut short, because its rows are not compressed."""


_SIZES = {"PNG": _png_size, "JPEG": _jpeg_size, "GIF": _gif_size, "BMP": _bmp_size}
_COMPLETE = {"PNG": _png_complete, "JPEG": _jpeg_complete, "GIF": _gif_complete, "BMP": _bmp_complete}
