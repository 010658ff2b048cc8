"""Stores of computed values are bounded in number and in bytes."""

import numpy as np
import pytest

from mapexplorer.service.kept import Kept


def compute_nothing():
    raise AssertionError("it is known")


def test_a_value_is_computed_once():
    kept = Kept(2)
    assert kept.get("a", lambda: 1) == 1
    assert kept.get("a", compute_nothing) == 1


def test_the_least_recently_used_leaves_first():
    kept = Kept(2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda key=key: key)
    assert kept.get("a", compute_nothing) == "a"
    assert kept.get("b", lambda: "again") == "again"


@pytest.mark.parametrize(
    "value", [np.zeros(50, dtype=np.uint8), (np.zeros(30, np.uint8), np.zeros(20, np.uint8))]
)
def test_values_leave_when_together_they_have_too_many_bytes(value):
    kept = Kept(10, 120)
    for key in "abc":
        kept.get(key, lambda: value)
    assert kept.nbytes == 100
    assert kept.get("a", lambda: None) is None


def test_one_value_stays_however_large_it_is():
    kept = Kept(10, 10)
    kept.get("a", lambda: np.zeros(50))
    assert kept.get("a", compute_nothing).shape == (50,)


def test_none_is_remembered():
    kept = Kept(1)
    assert kept.get("a", lambda: None) is None
    assert kept.get("a", compute_nothing) is None
