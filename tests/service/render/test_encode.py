"""Every raster format holds the pixels it was given, by the rules for transparency."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from mapexplorer.protocol import ImageFormat
from mapexplorer.service.render.encode import encode, ground_color

WHITE = (255, 255, 255, 255)


def picture(width: int = 64, height: int = 48) -> np.ndarray:
    pixels = np.full((height, width, 4), 255, dtype=np.uint8)
    pixels[10:30, 10:40] = (200, 30, 30, 255)
    pixels[15:20, 15:20] = 255
    return pixels


def photograph(width: int = 300, height: int = 200) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(2).integers(0, 6, (height, width, 3))
    ramp = np.stack([x * 0.8, y, (x + y) * 0.5], axis=2) + noise
    return np.dstack([ramp.clip(0, 255).astype(np.uint8), np.full((height, width), 255, dtype=np.uint8)])


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    ("name", "transparent", "magic", "mode"),
    [
        ("png", False, b"\x89PNG\r\n\x1a\n", "RGB"),
        ("png", True, b"\x89PNG\r\n\x1a\n", "RGBA"),
        ("png8", False, b"\x89PNG\r\n\x1a\n", "P"),
        ("png24", True, b"\x89PNG\r\n\x1a\n", "RGB"),
        ("png32", False, b"\x89PNG\r\n\x1a\n", "RGBA"),
        ("jpg", True, b"\xff\xd8\xff", "RGB"),
        ("gif", False, b"GIF8", "P"),
        ("bmp", True, b"BM", "RGB"),
    ],
)
def test_every_format_has_its_kind_of_pixels(name, transparent, magic, mode):
    content = encode(picture(), ImageFormat(name), transparent=transparent, background=WHITE)
    assert content.startswith(magic)
    image = opened(content)
    assert image.mode == mode
    assert image.size == (64, 48)
    difference = np.abs(np.asarray(image.convert("RGB")).astype(int) - picture()[..., :3])
    assert difference.max() <= (40 if name == "jpg" else 0)
    assert difference.mean() < 1


@pytest.mark.parametrize("name", ["png8", "png24", "gif"])
def test_a_colour_key_makes_every_pixel_of_the_background_transparent(name):
    content = encode(picture(), ImageFormat(name), transparent=True, background=WHITE)
    alpha = np.asarray(opened(content).convert("RGBA"))[..., 3]
    assert alpha[0, 0] == 0
    assert alpha[17, 17] == 0
    assert alpha[25, 25] == 255


@pytest.mark.parametrize("name", ["jpg", "bmp"])
def test_other_formats_stay_opaque(name):
    plain = encode(picture(), ImageFormat(name), transparent=False, background=WHITE)
    assert encode(picture(), ImageFormat(name), transparent=True, background=WHITE) == plain


@pytest.mark.parametrize("maker", [picture, photograph])
@pytest.mark.parametrize("name", ["png24", "png32"])
def test_lossless_formats_give_back_the_pixels_whatever_filter_is_chosen(maker, name):
    content = encode(maker(), ImageFormat(name), transparent=False, background=WHITE)
    assert (np.asarray(opened(content).convert("RGBA")) == maker()).all()


def test_a_photograph_is_smaller_with_differences_than_without():
    content = encode(photograph(), ImageFormat.PNG24, transparent=False, background=WHITE)
    assert len(content) < 0.75 * photograph()[..., :3].size


@pytest.mark.parametrize("name", ["png8", "gif"])
def test_a_palette_keeps_the_colours_of_flat_areas(name):
    pixels = photograph()
    pixels[:, 150:] = (17, 99, 201, 255)
    pixels[:50, 150:] = 255
    shown = np.asarray(
        opened(encode(pixels, ImageFormat(name), transparent=False, background=WHITE)).convert("RGB")
    )
    assert (shown[100, 200:] == (17, 99, 201)).all()
    assert (shown[10, 200:] == 255).all()
    assert np.abs(shown.astype(int) - pixels[..., :3]).mean() < 12


@pytest.mark.parametrize("name", ["png", "png8", "png24", "png32", "jpg", "gif", "bmp"])
def test_the_same_pixels_give_the_same_bytes(name):
    first, second = (
        encode(photograph(), ImageFormat(name), transparent=True, background=WHITE) for _ in range(2)
    )
    assert first == second


def test_the_resolution_is_written_in_pixels_per_metre():
    content = encode(picture(), ImageFormat.PNG, transparent=False, background=WHITE, dpi=192)
    assert struct.unpack(">II", content[content.index(b"pHYs") + 4 :][:8]) == (7559, 7559)


@pytest.mark.parametrize("size", [(1, 1), (8, 5), (1, 700), (700, 1)])
def test_odd_sizes_are_encoded(size):
    for name in ("png", "png8", "png32", "jpg", "gif", "bmp"):
        content = encode(picture(*size), ImageFormat(name), transparent=True, background=WHITE)
        assert opened(content).size == size


@pytest.mark.parametrize("name", ["pdf", "svg", "svgz", "emf", "ps"])
def test_vector_formats_are_refused(name):
    with pytest.raises(ValueError, match="not a raster format"):
        encode(picture(), ImageFormat(name), transparent=False, background=WHITE)


def test_a_translucent_background_counts_over_white():
    assert ground_color((0, 0, 0, 51)) == (204, 204, 204, 255)
    assert ground_color((10, 20, 30, 255)) == (10, 20, 30, 255)
