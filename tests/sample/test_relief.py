"""The relief: land muted and warm, water in two blues, told apart by the areas given."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from PIL import Image

from mapexplorer.sample import relief


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """One green land area in water that is deep in the west and shallow in the east."""
    original = Image.new("RGB", (360, 180), (118, 165, 206))
    original.paste((214, 230, 243), (180, 0, 360, 180))
    original.paste((120, 160, 140), (160, 70, 200, 110))
    content = io.BytesIO()
    original.save(content, "JPEG", quality=95, subsampling=0)
    return np.asarray(relief.mute_relief(content.getvalue(), [shapely.box(-20, -20, 20, 20)])).astype(int)


def pixel(picture: np.ndarray, longitude: float, latitude: float) -> list[int]:
    return [int(value) for value in picture[int((90 - latitude) * 10), int((longitude + 180) * 10)]]


def test_the_picture_has_ten_pixels_a_degree(picture: np.ndarray) -> None:
    assert picture.shape == (1800, 3600, 3)
    size, _, _, step, west, north = (float(line) for line in relief.WORLD_FILE.split())
    assert (west - size / 2, north - step / 2) == pytest.approx((-180, 90))
    assert (west - size / 2 + 3600 * size, north - step / 2 + 1800 * step) == pytest.approx((180, -90))


@pytest.mark.parametrize(("longitude", "expected"), [(-120, (203, 219, 228)), (120, (226, 236, 240))])
def test_water_is_recoloured_by_its_depth(
    picture: np.ndarray, longitude: float, expected: tuple[int, int, int]
) -> None:
    assert pixel(picture, longitude, 45) == pytest.approx(expected, abs=2)


def test_land_is_lighter_and_less_green_than_the_original(picture: np.ndarray) -> None:
    red, green, blue = pixel(picture, 0, 0)
    assert min(red, green, blue) > 170
    assert 0 < green - red < 40


def test_the_coast_follows_the_area_and_not_the_colour(picture: np.ndarray) -> None:
    assert pixel(picture, -19.5, 19.5) == pytest.approx(pixel(picture, 0, 0), abs=3)
    assert pixel(picture, -20.5, 20.5)[2] > 215
