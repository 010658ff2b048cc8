"""North and lengths at the centre of pictures, and what is drawn of them."""

from __future__ import annotations

import math

import pytest

from mapexplorer.explorer.furniture import Furniture, bar, bearings
from mapexplorer.explorer.pages import ordinate
from mapexplorer.protocol import Extent, SpatialReference


def around(x: float, y: float, half: float) -> Extent:
    return Extent(x - half, y - half, x + half, y + half)


@pytest.mark.parametrize(
    ("code", "x", "y", "half", "rotation", "north", "ground"),
    [
        (102100, 0.0, 0.0, 1e5, 0.0, 0.0, 1.0),
        (102100, 0.0, ordinate(60.0), 1e4, 0.0, 0.0, 0.50125),  # the ellipsoid is wider than the sphere there
        (102100, 3e7, 0.0, 1e5, 0.0, 0.0, 1.0),  # beyond the date line
        (4326, 10.0, 0.0, 0.5, 0.0, 0.0, 111_319.49),
        (4326, 10.0, 60.0, 0.5, 0.0, 0.0, 55_800.0),
        (102100, 0.0, 0.0, 1e5, 30.0, -30.0, 1.0),  # turned to the left, and north with it
        (102100, 0.0, 0.0, 1e5, -90.0, 90.0, 1.0),
        (3031, 0.0, 2e6, 1e4, 0.0, 0.0, 1.0),  # up is away from the pole, which is the south pole
        (3031, 2e6, 0.0, 1e4, 0.0, 90.0, 1.0),
        (32632, 500_000.0, 5.5e6, 1e4, 0.0, 0.0, 1.0004),
    ],
)
def test_north_and_length_at_the_centre(
    code: int, x: float, y: float, half: float, rotation: float, north: float, ground: float
) -> None:
    known = bearings(around(x, y, half), SpatialReference.of(code), rotation)
    assert known is not None
    assert known.north == pytest.approx(north, abs=0.05)
    assert known.ground == pytest.approx(ground, rel=0.03)


@pytest.mark.parametrize(
    ("reference", "x", "y"),
    [
        (SpatialReference.of(999_999), 0.0, 0.0),  # PROJ has no such code
        (SpatialReference.of(4326), 0.0, 90.0),  # every way from the pole is south
        (SpatialReference.of(54030), 9e7, 9e7),  # off the earth
    ],
)
def test_nothing_is_told_where_nothing_is_known(reference: SpatialReference, x: float, y: float) -> None:
    assert bearings(around(x, y, 0.5), reference, 0.0) is None


@pytest.mark.parametrize(
    ("metres", "pixels", "label"),
    [
        (1.0, 100.0, "100 m"),
        (0.004, 125.0, "0.5 m"),
        (9.0, 1000 / 9, "1 km"),
        (45_000.0, 5e6 / 45_000, "5,000 km"),
    ],
)
def test_the_bar_has_a_round_length(metres: float, pixels: float, label: str) -> None:
    length, words = bar(metres)
    assert math.isclose(length, pixels)
    assert words == label


def test_the_furniture_says_what_it_shows() -> None:
    shown = Furniture()
    shown.show(bearings(around(0, 0, 1e5), SpatialReference.of(102100), 20.0), 1000.0)
    assert "rotate(-20.0deg)" in shown.value
    assert "North is 20 degrees to the left of up" in shown.value
    assert "100 km" in shown.value
    shown.show(None, 1000.0)
    assert shown.value == ""
