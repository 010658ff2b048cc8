"""Classes, unique values and their colours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mapexplorer.explorer.panels import color_schemes
from mapexplorer.explorer.panels.classification import (
    METHODS,
    MOST_VALUES,
    breaks,
    class_breaks,
    unique_values,
)
from mapexplorer.explorer.panels.symbol_edits import plain_symbol

MARKER = plain_symbol("esriGeometryPoint")


@pytest.mark.parametrize(
    ("method", "values", "counts", "number", "ends"),
    [
        ("Equal interval", [0, 1, 2, 100], [1, 1, 1, 1], 4, [0, 25, 50, 75, 100]),
        ("Quantile", range(1, 9), [1] * 8, 4, [1, 2, 4, 6, 8]),
        ("Quantile", [1, 2, 3], [8, 1, 1], 5, [1, 1, 3]),
        ("Natural breaks", [1, 2, 3, 50, 51, 52, 90, 91], [1] * 8, 3, [1, 3, 52, 91]),
        ("Natural breaks", [1, 2], [5, 5], 4, [1, 1, 2]),
        ("Natural breaks", [7], [5], 4, [7, 7]),
        ("Equal interval", [7], [5], 4, [7, 7]),
        ("Quantile", [7, 7], [1, 1], 4, [7, 7]),
        ("Equal interval", [float("nan"), 0, 10], [1, 1, 1], 2, [0, 5, 10]),
        ("Equal interval", [-1, 0.5], [1, 1], 3, [-1, -0.5, 0, 0.5]),
        ("Equal interval", [0, 1], [1, 1], 3, [0, 0.334, 0.667, 1]),
    ],
)
def test_classes_end_where_the_method_says(method, values, counts, number, ends):
    assert breaks(list(values), counts, number, method) == pytest.approx(ends)


def test_natural_breaks_are_the_best_that_there_are():
    values = [1.0, 4.0, 5.0, 9.0, 10.0, 11.0, 20.0, 23.0]
    counts = [3.0, 1.0, 2.0, 1.0, 1.0, 4.0, 1.0, 2.0]

    def scatter(inner):
        total = 0.0
        for low, high in itertools.pairwise([0, *inner, len(values)]):
            part, weights = np.array(values[low:high]), np.array(counts[low:high])
            total += float((weights * (part - np.average(part, weights=weights)) ** 2).sum())
        return total

    best = min(itertools.combinations(range(1, len(values)), 2), key=scatter)
    ends = METHODS["Natural breaks"](np.array(values), np.array(counts), 3)
    assert ends == [values[place - 1] for place in (*best, len(values))]


def test_natural_breaks_of_many_values_are_found_too():
    values = [*range(3000), *range(10_000, 13_000)]
    assert breaks(values, [1] * len(values), 2, "Natural breaks") == pytest.approx(
        [0, 2999, 12_999], rel=0.01
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_field_without_numbers_is_an_error(method):
    with pytest.raises(ValueError, match="no numbers"):
        breaks([float("nan")], [1], 3, method)


def test_classes_become_a_renderer_with_a_label_and_colour_each():
    renderer = class_breaks("POP", [0.5, 5000.0, 10_000.0], MARKER, [(1, 2, 3), (4, 5, 6)])
    assert renderer.min_value == 0.5
    assert [(i.class_max_value, i.label, i.symbol.color) for i in renderer.class_break_infos] == [
        (5000, "0.5 – 5,000", (1, 2, 3, 255)),
        (10_000, "5,000 – 10,000", (4, 5, 6, 255)),
    ]


def test_values_become_a_renderer_in_their_order():
    shades = lambda count: color_schemes.colors("Bright", count)  # noqa: E731
    renderer = unique_values("KIND", ["b", None, "a", ""], [1, 9, 5, 2], MARKER, shades)
    assert [(info.value, info.symbol.color) for info in renderer.unique_value_infos] == [
        ("a", (228, 26, 28, 255)),
        ("b", (55, 126, 184, 255)),
    ]
    assert renderer.default_symbol is None
    numbers = unique_values("N", [10, 9.5, 2], [1, 1, 1], MARKER, shades)
    assert [info.value for info in numbers.unique_value_infos] == ["2", "9.5", "10"]


def test_the_rarest_of_too_many_values_share_a_symbol():
    values = [f"v{number:03}" for number in range(MOST_VALUES + 5)]
    shades = lambda count: color_schemes.colors("Pairs", count)  # noqa: E731
    renderer = unique_values("KIND", values, list(range(len(values))), MARKER, shades)
    assert len(renderer.unique_value_infos) == MOST_VALUES
    assert renderer.unique_value_infos[0].value == "v005"
    assert renderer.default_label == "Other values"
    with pytest.raises(ValueError, match="no values"):
        unique_values("KIND", [None], [1], MARKER, shades)


@pytest.mark.parametrize("name", color_schemes.NAMES)
@pytest.mark.parametrize("count", [1, 2, 5, 12, 40])
def test_every_scheme_gives_so_many_colours_both_ways(name, count):
    found = color_schemes.colors(name, count)
    assert len(found) == count
    assert all(0 <= part <= 255 for shade in found for part in shade)
    assert color_schemes.colors(name, count, reverse=True) == found[::-1]
    assert color_schemes.scheme_of([(1, 2, 3), *found]) is None
    if name in color_schemes.RAMPS and count < 13:
        assert len(set(found)) == count
