"""Range values over one number field."""

import numpy as np
import pytest

from mapexplorer.service.ranges import chosen_value, range_mask

NUMBERS = np.array([4, 5, 1000, 1500, 1501, 0], dtype=float)
NULLS = np.array([False] * 5 + [True])


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (5.0, [2]),
        ((1000.0, 1500.0), [3, 4]),
        ((None, 1500.0), [1, 2, 3, 4]),
        ((1000.0, None), [3, 4, 5]),
    ],
)
def test_a_range_keeps_its_rows(value, rows):
    assert (np.flatnonzero(range_mask(NUMBERS, NULLS, value)) + 1).tolist() == rows


def test_a_range_open_at_both_ends_filters_nothing():
    assert range_mask(NUMBERS, NULLS, (None, None)) is None


def test_the_current_extent_applies_until_a_value_is_asked_for():
    assert chosen_value("depth", {}, (1, 2)) == (1, 2)
    assert chosen_value("depth", {"depth": 7.0}, (1, 2)) == 7.0
    assert chosen_value("depth", {"width": 7.0}, None) is None
