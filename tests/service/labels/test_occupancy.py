"""What labels have taken: cell for cell as on a chart of the picture, however it is kept."""

import math

import numpy as np
import pytest

from mapexplorer.service.labels.occupancy import Occupancy, cells_of

SIZE = 300, 200


def chart_of(boxes):
    chart = np.zeros((SIZE[1] // 2 + 2, SIZE[0] // 2 + 2), dtype=bool)
    for box in boxes:
        chart[square(box)] = True
    return chart


def square(box):
    left, top, right, bottom = (value / 2 for value in box)
    return (
        slice(max(math.floor(top), 0), max(math.ceil(bottom), 0)),
        slice(max(math.floor(left), 0), max(math.ceil(right), 0)),
    )


def boxes_of(numbers, count, wide, high):
    corners = numbers.uniform(-10, SIZE, (count, 2))
    return [
        tuple(box) for box in np.hstack([corners, corners + numbers.uniform(1, (wide, high), (count, 2))])
    ]


@pytest.mark.parametrize(("wide", "high"), [(60, 15), (8, 90), (3, 3)])
def test_boxes_are_free_where_no_cell_of_them_is_taken(wide, high):
    numbers = np.random.default_rng(wide)
    taken, asked = boxes_of(numbers, 12, wide, high), boxes_of(numbers, 400, 40, 40)
    occupancy, chart = Occupancy(*SIZE), chart_of(taken)
    occupancy.take(taken)
    expected = [not chart[square(box)].any() for box in asked]
    assert 20 < sum(expected) < 380
    assert [occupancy.free([box]) for box in asked] == expected
    assert list(occupancy.rooms(cells_of(np.array(asked)).tolist())) == np.flatnonzero(expected).tolist()
    places = numbers.uniform(0, SIZE, (300, 2))
    under = [not chart[int(y // 2), int(x // 2)] for x, y in places]
    assert [occupancy.free_at(place[None]) for place in places] == under


def test_labels_and_markers_are_noted_apart():
    occupancy = Occupancy(*SIZE)
    occupancy.mark(cells_of(np.array([10.0, 10, 20, 20])).tolist())
    assert occupancy.free([(12, 12, 14, 14)])
    assert not occupancy.free_of_markers([(12, 12, 14, 14)])
    occupancy.take([(100, 100, 150, 110)])
    assert occupancy.free_of_markers([(100, 100, 150, 110)])
    assert not occupancy.free([(0, 0, 5, 5), (149, 109, 160, 120)])


def test_what_lies_beyond_the_picture_is_not_free_for_a_line():
    occupancy = Occupancy(*SIZE)
    assert occupancy.free_at(np.array([[0.0, 0.0], [299.0, 199.0]]))
    for place in ((-1, 5), (5, -1), (303, 5), (5, 203)):
        assert not occupancy.free_at(np.array([[50.0, 50.0], place]))
