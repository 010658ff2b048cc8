"""Small pictures blended all at once look as laid over the picture one by one."""

import numpy as np
import pytest

from mapexplorer.service.render.dots import blend_dots, dots_of
from mapexplorer.service.render.surface import Surface

CORNERS = [(3, 4), (30, 4), (3, 30), (-5, 50), (52, -4), (55, 57), (90, 90)]


def pictures():
    numbers = np.random.default_rng(4)
    for _ in CORNERS:
        picture = numbers.integers(0, 256, (9, 11, 4)).astype(np.uint8)
        picture[..., 3] = np.where(numbers.random((9, 11)) < 0.3, 255, picture[..., 3])
        picture[::3, ::2, 3] = 0
        yield picture


def ground_of(color):
    surface = Surface(60, 60, color)
    surface.pixels[10:40, 2:5] = (200, 30, 20, color[3])
    surface.pixels[0:20, 30:50] = (20, 130, 220, 255)
    return surface


@pytest.mark.parametrize("color", [(255, 255, 255, 255), (0, 0, 0, 0), (10, 200, 90, 128)])
def test_they_look_as_pasted_one_by_one(color):
    together, alone = ground_of(color), ground_of(color)
    blend_dots(
        together.pixels,
        [
            (dots_of(picture, -2, 3), x + 2, y - 3)
            for picture, (x, y) in zip(pictures(), CORNERS, strict=True)
        ],
    )
    for picture, (x, y) in zip(pictures(), CORNERS, strict=True):
        alone.paste(picture, x, y)
    seen = alone.pixels[..., 3] > 8
    assert seen.sum() > 400
    difference = np.abs(together.pixels.astype(int) - alone.pixels.astype(int))
    assert difference[seen].max() <= 2
    assert difference[..., 3].max() <= 1


def test_a_strip_shows_its_part_of_them():
    whole, strip = Surface(40, 40, (255, 255, 255, 255)), Surface(40, 10, (255, 255, 255, 255), top=15)
    picture = np.full((20, 30, 4), (0, 60, 120, 200), dtype=np.uint8)
    for surface in (whole, strip):
        surface.paste_dots([(dots_of(picture, 0, 0), 5, 8)])
    assert (whole.pixels[15:25] == strip.pixels).all()
    assert (strip.pixels[:, 5:35, 0] < 100).all()


def test_nothing_is_blended_where_there_is_nothing():
    surface = Surface(5, 5, (1, 2, 3, 255))
    surface.paste_dots([])
    surface.paste_dots([(dots_of(np.zeros((3, 3, 4), dtype=np.uint8), 0, 0), 1, 1)])
    assert (surface.pixels == (1, 2, 3, 255)).all()
