"""Each class that can be ticked keeps exactly the rows that the service draws with its symbol."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mapexplorer.explorer.panels import LegendPanel
from mapexplorer.explorer.panels.conditions import Kind
from mapexplorer.explorer.panels.legend_classes import MOST_VALUES, classes_of, join, split
from mapexplorer.protocol.dynamic import DrawingInfo
from mapexplorer.service.expressions import Field, parse_expression
from mapexplorer.service.fields import columns_of, describe, tidy
from mapexplorer.service.render.classify import classify

from .stand_in import FIXES, StandIn, browser, visible

MARK = {"type": "esriSMS", "style": "esriSMSCircle", "color": [1, 2, 3, 255], "size": 5}
TABLE = tidy(
    pd.DataFrame(
        {
            "id": range(1, 11),
            "pop": [0, 5, 10, 15, 20.5, 25, 30, 40, 1000, np.nan],
            "area": [1, 2, 0.5, 0, np.nan, 5, 3, 4, 10, 2],
            "kind": ["a", "b", "o'b", None, "c", "a", "d", "", "b", "e"],
            "code": [1, 2, 3, 4, 5, 6, 7, 1, 2, np.nan],
        }
    )
)
INFOS = describe(TABLE, "id", frozenset())
FIELDS = {info.name.casefold(): Field(info.name, info.kind) for info in INFOS}
KINDS = {"pop": Kind.NUMBER, "area": Kind.NUMBER, "kind": Kind.TEXT, "code": Kind.NUMBER, "id": Kind.NUMBER}
BREAKS = {
    "type": "classBreaks",
    "field": "pop",
    "minValue": 0,
    "classBreakInfos": [
        {"classMaxValue": 10, "label": "calm", "symbol": MARK},
        {"classMaxValue": 20.5, "label": "windy", "symbol": MARK},
        {"classMinValue": 30, "classMaxValue": 40, "label": "stormy", "symbol": MARK},
    ],
}
BY_AREA = {"normalizationType": "esriNormalizeByField", "normalizationField": "area"}
BY_LOG = {
    "normalizationType": "esriNormalizeByLog",
    "minValue": 0,
    "classBreakInfos": [{"classMaxValue": high, "symbol": MARK} for high in (1, 1.5, 2)],
}
BY_TOTAL = {"normalizationType": "esriNormalizeByPercentOfTotal", "normalizationTotal": 200}
OTHERS = {"defaultSymbol": MARK, "defaultLabel": "Others"}
UNIQUE = {
    "type": "uniqueValue",
    "field1": "kind",
    "uniqueValueInfos": [{"value": value, "symbol": MARK} for value in ("a", "o'b", "c")],
}
PAIRS = {
    **UNIQUE,
    "field2": "code",
    "fieldDelimiter": ";",
    "uniqueValueInfos": [{"value": value, "symbol": MARK} for value in ("a;1", "b;2")],
}
GROUPS = {
    **UNIQUE,
    "uniqueValueInfos": None,
    "uniqueValueGroups": [{"classes": [{"values": [["a"], ["b"]], "symbol": MARK, "label": "x"}]}],
}


def renderer(body):
    return DrawingInfo.model_validate({"renderer": body}).renderer


def rows(expression):
    parsed = parse_expression(expression, FIELDS, parameter="layerDefs")
    return np.flatnonzero(parsed.matches(columns_of(TABLE, INFOS))).tolist()


@pytest.mark.parametrize("others", [{}, OTHERS])
@pytest.mark.parametrize(
    "body",
    [
        BREAKS,
        {**BREAKS, **BY_AREA},
        {**BREAKS, **BY_LOG},
        {**BREAKS, **BY_TOTAL},
        UNIQUE,
        {**UNIQUE, "field1": "code", "uniqueValueInfos": [{"value": "3", "symbol": MARK}]},
        PAIRS,
        GROUPS,
    ],
)
def test_a_ticked_class_keeps_the_rows_that_are_drawn_with_its_symbol(body, others):
    known = renderer({**body, **others})
    classes = classes_of(known, KINDS)
    numbers, drawn = classify(known, TABLE)
    assert len(classes) == len(drawn)
    assert all(item.clause for item in classes)
    for place, item in enumerate(classes):
        assert rows(item.clause) == np.flatnonzero(numbers == place).tolist(), item.clause
    assert [item.others for item in classes].count(True) == len(others) // 2


@pytest.mark.parametrize("body", [{**BREAKS, **BY_AREA, **OTHERS}, {**UNIQUE, **OTHERS}, {**PAIRS, **OTHERS}])
@pytest.mark.parametrize("rest", ["", "pop > 5 OR kind = ') AND ('"])
@pytest.mark.parametrize("chosen", [(0,), (2,), (0, 1, 2)])
def test_what_was_joined_with_the_others_is_found_again(body, rest, chosen):
    classes = classes_of(renderer(body), KINDS)
    assert split(join(rest, chosen, classes), classes) == (rest, frozenset(chosen))


@pytest.mark.parametrize(
    ("body", "kinds", "names", "words"),
    [
        ({**BREAKS, **BY_TOTAL, "normalizationTotal": -5}, KINDS, 3, "normalisation"),
        (
            {**BREAKS, **BY_LOG, "classBreakInfos": [{"classMaxValue": 999, "symbol": MARK}], **OTHERS},
            KINDS,
            2,
            "normalisation",
        ),
        ({**UNIQUE, **OTHERS}, {"kind": Kind.NUMBER}, 4, "cannot be written"),
        ({**UNIQUE, "uniqueValueInfos": [], **OTHERS}, KINDS, 1, "only class"),
        ({**UNIQUE, "valueExpression": "Upper($feature.kind)"}, KINDS, 3, "calculated"),
        ({**BREAKS, "valueExpression": "$feature.pop * 2", **OTHERS}, KINDS, 4, "calculated"),
    ],
)
def test_a_class_that_no_filter_can_name_says_why(body, kinds, names, words):
    silent = [item for item in classes_of(renderer(body), kinds) if not item.clause]
    assert len(silent) == names
    assert all(words in item.reason for item in silent)


def test_too_many_values_leave_only_the_others_out():
    infos = [{"value": str(value), "symbol": MARK} for value in range(MOST_VALUES + 1)]
    *named, others = classes_of(renderer({**UNIQUE, "uniqueValueInfos": infos, **OTHERS}), KINDS)
    assert all(item.clause for item in named)
    assert (others.clause, others.label) == ("", "Others")
    assert "101 values" in others.reason


def test_classes_are_disabled_with_their_reason_and_the_others_can_be_ticked():
    explorer = StandIn(layers=[{**FIXES, "drawingInfo": {"renderer": {**BREAKS, "field": "wind", **OTHERS}}}])
    explorer.parameters.layer_defs = {1: "OBJECTID > 5"}
    panel = LegendPanel(explorer)
    known = panel.lists[1]
    assert [box.description for box in known.boxes] == ["calm", "windy", "stormy", "Others"]
    assert not visible(known.note)
    browser(known.boxes[3], value=True)
    assert explorer.parameters.layer_defs[1] == (
        "(OBJECTID > 5) AND ((wind IS NULL OR NOT ((wind >= 0 AND wind <= 20.5) OR "
        "(wind >= 30 AND wind <= 40))))"
    )
    assert known.boxes[3].value

    broken = {**BREAKS, "field": "wind", **BY_TOTAL, "normalizationTotal": -5}
    explorer = StandIn(layers=[{**FIXES, "drawingInfo": {"renderer": broken}}])
    explorer.parameters.layer_defs = {1: "OBJECTID > 5"}
    known = LegendPanel(explorer).lists[1]
    assert all(box.disabled for box in known.boxes)
    assert "calm, windy, stormy: Its normalisation cannot be written as a filter." in known.note.value
