"""Markers drawn pixel by pixel look as the same markers stamped one after the other."""

import numpy as np
import pytest

from mapexplorer.service.render.dense import MOST_COVERED, Stamps, draw_dense
from mapexplorer.service.render.drawing import outline_of
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import Stroke

WHITE = (255, 255, 255, 255)
COLORS = ((0.8, 0.1, 0.1, 1.0), (0.1, 0.2, 0.8, 1.0), (0.2, 0.7, 0.3, 1.0))
OUTLINE = Stroke((1.0, 1.0, 1.0, 1.0), 0.67)
TURNS = np.linspace(0, 2 * np.pi, 21)
CIRCLE = outline_of((np.column_stack([np.cos(TURNS), np.sin(TURNS)]) * 3,), closed=True)


def stamped(surface, places, classes):
    for place, number in zip(places, classes, strict=True):
        surface.stamp(CIRCLE, COLORS[number], OUTLINE, np.array([place], dtype=float))
    return surface.pixels


@pytest.fixture(scope="module")
def stamps():
    return Stamps.of([stamped(Surface(11, 11), [(5, 5)], [number]) for number in range(len(COLORS))])


@pytest.mark.parametrize("ground", [WHITE, (0, 0, 0, 0)])
@pytest.mark.parametrize("count", [1, 60, 3_000])
def test_later_markers_lie_over_earlier_ones(stamps, ground, count):
    numbers = np.random.default_rng(count)
    # Each at a place of its own: of several at one place only the last is drawn.
    places = np.column_stack(np.divmod(numbers.permutation(116 * 166)[:count], 166)) - 8
    classes = numbers.integers(0, len(COLORS), count)
    dense = Surface(100, 150, ground)
    assert draw_dense(dense.pixels, stamps, places, classes)
    expected = stamped(Surface(100, 150, ground), places.tolist(), classes.tolist())
    difference = np.abs(dense.pixels.astype(int) - expected.astype(int))
    seen = (dense.pixels[..., 3] > 8) | (expected[..., 3] > 8)
    assert difference[seen].max() <= 8
    assert difference[..., 3].max() <= 2


def test_of_several_markers_at_one_place_the_last_is_seen(stamps):
    surface = Surface(20, 20, WHITE)
    draw_dense(surface.pixels, stamps, np.array([[10, 10]] * 3), np.array([2, 0, 1]))
    assert surface.pixels[10, 10, :3].tolist() == [26, 51, 204]


def test_stamps_of_different_shapes_or_of_too_many_pixels_are_refused(stamps):
    other = stamps.pictures[0].copy()
    other[0, 0, 3] = 9
    assert Stamps.of([stamps.pictures[0], other]) is None
    assert Stamps.of([np.full((MOST_COVERED, 2, 4), 255, dtype=np.uint8)]) is None
    assert Stamps.of([np.zeros((5, 5, 4), dtype=np.uint8)]) is None
