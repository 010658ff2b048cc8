"""Vector formats and archives that export can also give: told by their first bytes, kept as bytes."""

from __future__ import annotations

import gzip
import io
import zlib

from mapexplorer.protocol import BadAnswer, ImageFormat

_LOOKED_AT = 4096


def check_document(content: bytes, wanted: ImageFormat) -> str:
    """Return the media type of a PDF, SVG, SVGZ, EMF or PostScript document; else raise BadAnswer."""
    start = content[:_LOOKED_AT]
    fits = {
        ImageFormat.PDF: start.startswith(b"%PDF-"),
        ImageFormat.SVG: _is_svg(start),
        ImageFormat.SVGZ: _is_svg(_unzipped(content)),
        ImageFormat.EMF: start.startswith(b"\x01\0\0\0") and start[40:44] == b" EMF",
        ImageFormat.PS: start.startswith(b"%!PS"),
    }.get(wanted, False)
    if not fits:
        raise BadAnswer(f"The answer is not a document of the format {wanted.value}.")
    return wanted.content_type


def check_archive(content: bytes) -> str:
    """Return the media type of a KMZ; else raise BadAnswer. Only its first bytes are looked at."""
    if not content.startswith(b"PK\x03\x04"):
        raise BadAnswer("The answer is not a KMZ: the service may not give this form.")
    return "application/vnd.google-earth.kmz"


def _is_svg(start: bytes) -> bool:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith(b"<") and b"<svg" in text and b"<html" not in text


def _unzipped(content: bytes) -> bytes:
    if _is_svg(content[:_LOOKED_AT]):
        return content[:_LOOKED_AT]  # sent with Content-Encoding: gzip, so it is unpacked already
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return packed.read(_LOOKED_AT)
    except (OSError, EOFError, zlib.error):
        return b""
