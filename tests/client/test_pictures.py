"""What counts as a picture, and what is refused before it is decoded."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from mapexplorer.client import MapService
from mapexplorer.client.documents import check_document
from mapexplorer.client.pictures import (
    check_picture,
    clean_png,
    decode_base64,
    decode_picture,
    picture_format,
)
from mapexplorer.protocol import BadAnswer, CorruptImage, ImageFormat, MapExplorerError, TooLarge

from .conftest import picture
from .faults import FaultServer, answer

PIXELS = 1000 * 1000
BOX = {"bbox": (0, 0, 200, 100), "bbox_sr": 3857, "image_sr": 3857, "size": (20, 10), "f": "image"}


def saved(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (20, 10), (200, 30, 40)).save(target, kind)
    return target.getvalue()


def huge_png(side: int) -> bytes:
    """A PNG that says it has side × side pixels; small as bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_the_four_kinds_pass_with_their_size(kind: str) -> None:
    found = check_picture(picture(kind=kind), pixels=PIXELS)
    assert (found.format, found.width, found.height) == (kind, 20, 10)
    assert decode_picture(picture(kind=kind), pixels=PIXELS).size == (20, 10)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "EPS", "PPM", "ICO", "TGA", "PDF"])
def test_other_kinds_are_no_pictures_whatever_they_are_called(
    server: FaultServer, service: MapService, kind: str
) -> None:
    server.route("/export", answer(saved(kind), "image/png"))
    with pytest.raises(BadAnswer):
        service.export(**BOX)


def test_an_svg_is_never_a_picture(server: FaultServer, service: MapService) -> None:
    server.route("/export", answer(b"<?xml version='1.0'?><svg onload='alert(1)'/>", "image/png"))
    with pytest.raises(BadAnswer, match="SVG"):
        service.export(**BOX)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_the_kind_is_told_by_the_bytes_and_not_by_the_header(
    server: FaultServer, service: MapService, kind: str
) -> None:
    server.route("/export", answer(picture(kind=kind), "application/octet-stream"))
    result = service.export(**BOX)
    assert result.content_type == f"image/{kind.lower()}"
    assert result.image.size == (20, 10)


def test_a_png_cut_at_any_byte_is_found(server: FaultServer, service: MapService) -> None:
    content = picture(4, 3)
    for cut in range(len(content)):
        server.route("/export", answer(content[:cut], "image/png", length=-1))
        with pytest.raises((CorruptImage, BadAnswer)):
            service.export(**BOX)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_picture_cut_at_any_byte_is_found_by_decoding(kind: str) -> None:
    content = picture(60, 40, kind)
    step = max(1, len(content) // 600)
    for cut in range(0, len(content), step):
        with pytest.raises((CorruptImage, BadAnswer)):
            check_picture(content[:cut], pixels=PIXELS)


def test_any_flipped_byte_of_a_png_is_found() -> None:
    content = picture(30, 20)
    for place in range(len(content)):
        for bits in (0x01, 0xFF):
            spoilt = content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]
            with pytest.raises(MapExplorerError):
                check_picture(spoilt, pixels=PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP"])
def test_a_flipped_byte_of_another_kind_gives_a_picture_or_our_error(kind: str) -> None:
    content = picture(30, 20, kind)
    for place in range(min(len(content), 700)):
        spoilt = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        with contextlib.suppress(MapExplorerError):
            assert check_picture(spoilt, pixels=PIXELS).width > 0


@pytest.mark.parametrize("side", [1001, 13_000, 2**31 - 1])
def test_a_picture_with_too_many_pixels_is_refused_before_decoding(side: int) -> None:
    with pytest.raises(TooLarge):
        check_picture(huge_png(side), pixels=PIXELS)


def test_a_gif_whose_first_frame_is_larger_than_its_screen_is_refused() -> None:
    content = bytearray(picture(20, 10, "GIF"))
    start = content.index(b",\0\0\0\0")
    content[start + 5 : start + 9] = struct.pack("<HH", 9000, 9000)
    with pytest.raises(TooLarge):
        check_picture(bytes(content), pixels=PIXELS)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"BM" + b"\0" * 60]
)
def test_a_beginning_alone_is_no_picture(content: bytes) -> None:
    with pytest.raises((BadAnswer, CorruptImage)):
        check_picture(content, pixels=PIXELS)


def test_only_the_first_picture_of_an_animation_is_read() -> None:
    target = io.BytesIO()
    frames = [Image.new("P", (20, 10), color % 200) for color in range(300)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=10)
    assert check_picture(target.getvalue(), pixels=PIXELS).width == 20
    assert Image.open(io.BytesIO(clean_png(target.getvalue(), pixels=PIXELS))).size == (20, 10)


def test_a_clean_png_carries_pixels_and_nothing_else() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    target = io.BytesIO()
    Image.new("RGBA", (5, 5), (1, 2, 3, 4)).save(
        target, "PNG", pnginfo=notes, exif=b"Exif\0\0secret", icc_profile=b"x" * 200
    )
    clean = clean_png(target.getvalue(), pixels=PIXELS)
    assert b"script" in target.getvalue()
    assert b"script" not in clean
    assert b"secret" not in clean
    assert [clean[8 + 4 : 16], clean.count(b"iCCP"), clean.count(b"eXIf")] == [b"IHDR", 0, 0]
    assert Image.open(io.BytesIO(clean)).getpixel((0, 0)) == (1, 2, 3, 4)


@pytest.mark.parametrize("text", ["a", "ab=c", "<svg>", "äöü", "AAAA\0", "data:image/png;base64,AAAA"])
def test_bad_base64_is_a_corrupt_picture(text: str) -> None:
    with pytest.raises(CorruptImage):
        decode_base64(text, limit=1000)


def test_base64_may_have_line_ends_and_must_not_be_endless() -> None:
    encoded = base64.encodebytes(picture()).decode()
    assert picture_format(decode_base64(encoded, limit=10_000)) == "PNG"
    with pytest.raises(TooLarge):
        decode_base64("A" * 100_000, limit=1000)


@pytest.mark.parametrize(
    ("wanted", "content"),
    [
        ("pdf", b"%PDF-1.7\n"),
        ("svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("ps", b"%!PS-Adobe-3.0\n"),
        ("emf", b"\x01\0\0\0" + b"\0" * 36 + b" EMF" + b"\0" * 60),
    ],
)
def test_a_document_is_accepted_only_when_its_format_was_asked_for(
    server: FaultServer, service: MapService, wanted: str, content: bytes
) -> None:
    server.route("/export", answer(content, "application/octet-stream"))
    result = service.export(**{**BOX, "format": wanted})
    assert result.content == content
    assert result.content_type == ImageFormat(wanted).content_type
    assert result._repr_png_() is None
    with pytest.raises(BadAnswer):
        _ = result.image
    with pytest.raises(BadAnswer):
        service.export(**BOX)
    with pytest.raises(BadAnswer):
        check_document(b"<html><svg></svg></html>", ImageFormat(wanted))
