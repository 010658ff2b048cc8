"""The label expression grammar, over a table of one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mapexplorer.service.labels.expression import LabelExpressionError, parse_arcade, parse_label

ROW: dict[str, Any] = {
    "NAME": "Texas",
    "POP": 25145561,
    "A": 2.25,
    "B": -2.25,
    "WHOLE": 3.0,
    "SINGLE": np.float32(0.1),
    "NOTHING": None,
    "WHEN": pd.Timestamp("2008-07-01 15:04:09"),
    "DAY": pd.Timestamp("2009-01-05"),
    "KIND": 2,
    "long name": "x",
}


def label(expression: str, names: Any = None) -> str | None:
    return parse_label(expression).texts(pd.DataFrame([ROW]), names)[0]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("[NAME]", "Texas"),
        ("[name]", "Texas"),
        ("[long name]", "x"),
        ('"State: " CONCAT NEWLINE CONCAT UCASE([NAME])', "State: \nTEXAS"),
        ('"State: "CONCAT[NAME]', "State: Texas"),
        ("lcase([NAME]) concat newline", "texas\n"),
        ('"say ""hello"""', 'say "hello"'),
        ('"CONCAT [NAME] & {NAME} %s"', "CONCAT [NAME] & {NAME} %s"),
        ("[POP]", "25145561"),
        ("[WHOLE]", "3"),
        ("[SINGLE]", "0.1"),
        ("ROUND([A],1)", "2.3"),
        ("ROUND([B], 1)", "-2.3"),
        ("ROUND([A],0)", "2"),
        ("ROUND([A])", "2"),
        ("ROUND([A],5)", "2.25"),
        ("ROUND([NAME],1)", "Texas"),
        ("[NOTHING]", ""),
        ('"a" CONCAT [NOTHING] CONCAT "b"', "ab"),
        ("UCASE([NOTHING])", ""),
        ("ROUND([NOTHING],1)", ""),
        ('FORMATDATETIME([NOTHING],"yyyy")', ""),
        ("[WHEN]", "2008-07-01 15:04:09"),
        ("[DAY]", "2009-01-05"),
        ('FORMATDATETIME([WHEN],"d.M.yyyy")', "1.7.2008"),
        ('FORMATDATETIME([WHEN],"dddd, d MMMM yyyy")', "Tuesday, 1 July 2008"),
        ('FORMATDATETIME([WHEN],"ddd MMM y")', "Tue Jul 8"),
        ('FORMATDATETIME([WHEN],"H:m:s")', "15:4:9"),
        ('FORMATDATETIME([WHEN],"hh:mm:ss tt")', "03:04:09 PM"),
        ('FORMATDATETIME([DAY],"h HH dd/MM/yy")', "12 00 05/01/09"),
        ("FORMATDATETIME([DAY],\"d 'day' M\")", "5 day 1"),
        ('FORMATDATETIME([NAME],"yyyy")', "Texas"),
    ],
)
def test_an_expression_writes(expression: str, text: str) -> None:
    assert label(expression) == text


@pytest.mark.parametrize("expression", ["[MISSING]", '"x" CONCAT [MISSING]', "UCASE([MISSING])"])
def test_an_unknown_field_gives_no_label(expression: str) -> None:
    assert label(expression) is None


def test_coded_values_are_written_by_their_names_where_that_is_asked() -> None:
    names = {"KIND": {"2": "Motorway"}}
    assert label("[KIND]") == "2"
    assert label("[KIND]", names) == "Motorway"
    assert label("UCASE([kind])", names) == "MOTORWAY"
    assert label("[POP]", names) == "25145561"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("[NAME] & [POP]", "column 8"),
        ("[NAME] + [POP]", "column 8"),
        ("[NAME] [POP]", "CONCAT (column 8)"),
        ("[NAME] CONCAT", "column 14"),
        ("", "column 1"),
        ('"open', "column 1"),
        ("[open", "column 1"),
        ("UCASE(NAME)", "a [Field] in UCASE() (column 7)"),
        ('UCASE("text")', "a [Field] in UCASE()"),
        ("UCASE([NAME]", "column 13"),
        ("ROUND([A],-1)", "digits from 0 to 15"),
        ("ROUND([A],99)", "digits from 0 to 15"),
        ("FORMATDATETIME([WHEN])", "expected ,"),
        ('FORMATDATETIME([WHEN],"qq")', "'qq'"),
        ('FORMATDATETIME([WHEN],"d \'open")', "single quote"),
        ("EVAL([NAME])", "column 1"),
        ("__import__('os')", "column 1"),
        ("$feature.NAME", "column 1"),
        ("'text'", "column 1"),
        (" CONCAT ".join(["[NAME]"] * 65), "64 parts"),
        ('"' + "x" * 5000 + '"', "4096"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_with_its_place(expression: str, told: str) -> None:
    with pytest.raises(LabelExpressionError, match=r"column|at most|date pattern") as caught:
        parse_label(expression)
    assert told in str(caught.value)


@pytest.mark.parametrize("expression", ["$feature.NAME", '$feature["NAME"]', "return $feature.NAME;"])
def test_the_arcade_expression_of_a_single_field_is_understood(expression: str) -> None:
    assert parse_arcade(expression).texts(pd.DataFrame([ROW])) == ["Texas"]


def test_other_arcade_is_evaluated_row_by_row() -> None:
    table = pd.DataFrame({"NAME": ["Texas", None], "N": [1500.0, 2.0]})
    label = parse_arcade("Upper($feature.name) + TextFormatting.NewLine + Text($feature.N, '#,##0')")
    assert label.fields == ("name", "N")
    assert label.texts(table) == ["TEXAS\n1,500", "\n2"]
    assert parse_arcade("$feature.NONE + 'x'").texts(table) == [None, None]


@pytest.mark.parametrize("expression", ["$datastore", "Geometry($feature)", "function f() { 1 }", "`a"])
def test_arcade_beyond_that_is_refused(expression: str) -> None:
    with pytest.raises(LabelExpressionError, match="Arcade"):
        parse_arcade(expression)
