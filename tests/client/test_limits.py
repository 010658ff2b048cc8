"""Bounds are positive, finite numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mapexplorer.client import Limits
from mapexplorer.protocol import ParameterError


@pytest.mark.parametrize("value", [-1, 0, math.nan, math.inf, "5", None, True])
@pytest.mark.parametrize("name", ["total", "idle", "connect", "json_bytes", "image_pixels"])
def test_a_limit_that_bounds_nothing_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize("name", ["redirects", "retries", "backoff", "longest_pause", "legend_fetches"])
def test_what_may_happen_no_times_may_be_zero(name: str) -> None:
    assert getattr(Limits(**{name: 0}), name) == 0


def test_the_promised_bounds_are_the_defaults() -> None:
    limits = Limits()
    assert (limits.connect, limits.idle, limits.total) == (5, 10, 30)
    assert (limits.json_bytes, limits.image_bytes) == (8 * 2**20, 32 * 2**20)
    assert (limits.redirects, limits.retries, limits.longest_pause) == (3, 2, 5)
