"""Rows fall in the classes that the renderer objects of Esri describe."""

import numpy as np
import pandas as pd
import pytest

from mapexplorer.protocol import ClassBreaksRenderer, UniqueValueRenderer
from mapexplorer.service.render.classify import classes_of, classify, group_headings

SYMBOL = {"type": "esriSFS", "style": "esriSFSSolid", "color": [0, 0, 0, 255]}


def breaks(*maxima: float, **more: object) -> ClassBreaksRenderer:
    infos = [
        {"classMaxValue": item[0], "classMinValue": item[1], "symbol": SYMBOL}
        if isinstance(item, tuple)
        else {"classMaxValue": item, "symbol": SYMBOL}
        for item in maxima
    ]
    value = {"type": "classBreaks", "field": "v", "classBreakInfos": infos, **more}
    return ClassBreaksRenderer.model_validate(value)


def unique(values: list[object], fields: tuple[str, ...] = ("v",), **more: object) -> UniqueValueRenderer:
    named = {f"field{number}": field for number, field in enumerate(fields, 1)}
    infos = [{"value": value, "symbol": SYMBOL, "label": f"is {value}"} for value in values]
    value = {"type": "uniqueValue", **named, "uniqueValueInfos": infos, **more}
    return UniqueValueRenderer.model_validate(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1, 2), (0, 0), (10, 0), (10.0001, 1), (20, 1), (21, 2), (None, 2), (float("nan"), 2)],
)
def test_the_first_class_is_closed_below_and_the_next_ones_above(value, expected):
    renderer = breaks(10, 20, minValue=0, defaultSymbol=SYMBOL)
    numbers, classes = classify(renderer, pd.DataFrame({"v": [value, 5]}))
    assert numbers[0] == expected
    assert len(classes) == 3


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 0), (10, 0), (11, -1), (15, -1), (16, 1), (20, 1), (25, -1), (-3, -1)]
)
def test_class_minima_leave_gaps_in_which_nothing_is_drawn(value, expected):
    numbers, _ = classify(breaks((10, 0), (20, 16)), pd.DataFrame({"v": [value]}))
    assert numbers.tolist() == [expected]


@pytest.mark.parametrize(
    ("more", "row", "expected"),
    [
        ({"normalizationType": "esriNormalizeByField", "normalizationField": "n"}, (30, 10), 1),
        ({"normalizationType": "esriNormalizeByField", "normalizationField": "n"}, (30, 0), 2),
        ({"normalizationType": "esriNormalizeByField", "normalizationField": "n"}, (30, None), 2),
        ({"normalizationType": "esriNormalizeByField", "normalizationField": "n"}, (0, 0), 2),
        ({"normalizationType": "esriNormalizeByLog"}, (100, 1), 0),
        ({"normalizationType": "esriNormalizeByLog"}, (101, 1), 1),
        ({"normalizationType": "esriNormalizeByLog"}, (0, 1), 2),
        ({"normalizationType": "esriNormalizeByLog"}, (-5, 1), 2),
        ({"normalizationType": "esriNormalizeByPercentOfTotal", "normalizationTotal": 1000}, (20, 1), 0),
        ({"normalizationType": "esriNormalizeByPercentOfTotal", "normalizationTotal": 1000}, (25, 1), 1),
    ],
)
def test_values_are_normalised_before_they_are_classed(more, row, expected):
    renderer = breaks(2, 4, defaultSymbol=SYMBOL, **more)
    numbers, _ = classify(renderer, pd.DataFrame({"v": [row[0]], "n": [row[1]]}, dtype="float64"))
    assert numbers.tolist() == [expected]


def test_percent_of_total_of_25_in_50_is_50():
    more = {"normalizationType": "esriNormalizeByPercentOfTotal", "normalizationTotal": 50}
    numbers, _ = classify(breaks((49.999, 0), (50, 49.9999), **more), pd.DataFrame({"v": [25]}))
    assert numbers.tolist() == [1]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ([1, 2, 3], ["1", "3"], [0, -1, 1]),
        ([1.0, 1.5, None], ["1", "1.5"], [0, 1, -1]),
        (["a", None, "b"], ["b", "a"], [1, -1, 0]),
        ([True, False, True], ["1"], [0, -1, 0]),
        (np.array([0.1, 2.0], dtype="float32"), ["0.1", "2"], [0, 1]),
        (pd.array([7, None], dtype="Int64"), ["7"], [0, -1]),
        (pd.to_datetime(["1970-01-02", None]), ["86400000"], [0, -1]),
    ],
)
def test_unique_values_are_compared_as_shortest_text(column, values, expected):
    numbers, _ = classify(unique(values), pd.DataFrame({"v": column}))
    assert numbers.tolist() == expected


@pytest.mark.parametrize(("delimiter", "joined"), [(None, "a, 1, x"), (";", "a;1;x"), ("", "a1x")])
def test_up_to_three_fields_are_joined(delimiter, joined):
    table = pd.DataFrame({"v": ["a", "a", None, "b"], "w": [1, 2, 1, 1], "x": ["x", "x", "x", "x"]})
    renderer = unique([joined], ("v", "w", "x"), fieldDelimiter=delimiter, defaultSymbol=SYMBOL)
    assert classify(renderer, table)[0].tolist() == [0, 1, 1, 1]


def test_groups_win_over_the_plain_list():
    renderer = unique(
        ["a", "b"],
        uniqueValueGroups=[
            {"heading": "One", "classes": [{"label": "b or c", "symbol": SYMBOL, "values": [["b"], ["c"]]}]},
            {"heading": "Two", "classes": [{"label": "d", "symbol": SYMBOL, "values": [["d"]]}]},
        ],
    )
    numbers, classes = classify(renderer, pd.DataFrame({"v": ["a", "b", "c", "d"]}))
    assert numbers.tolist() == [-1, 0, 0, 1]
    assert [(entry.label, entry.values, entry.group) for entry in classes] == [
        ("b or c", ("b", "c"), 0),
        ("d", ("d",), 1),
    ]
    assert group_headings(renderer) == ("One", "Two")


def test_the_class_of_the_default_symbol_comes_last():
    classes = classes_of(unique(["a"], defaultSymbol=SYMBOL, defaultLabel="other"))
    assert [entry.label for entry in classes] == ["is a", "other"]
    assert classes[1].values is None


def test_a_missing_field_is_an_error():
    with pytest.raises(KeyError):
        classify(unique(["a"]), pd.DataFrame({"other": [1]}))


def test_an_empty_table_has_no_classes_to_tell():
    table = pd.DataFrame({"v": np.array([], dtype=float), "w": np.array([], dtype=object)})
    assert classify(breaks(10), table)[0].tolist() == []
    assert classify(unique(["a"], ("v", "w")), table)[0].tolist() == []
