from __future__ import annotations

import pytest

from mapexplorer.explorer.panels.condition_words import NotBuildable
from mapexplorer.explorer.panels.conditions import (
    ALL,
    ANY,
    OPERATORS,
    Condition,
    Conditions,
    Kind,
    Operator,
    compose,
    kind_of,
    literal,
    read,
)
from mapexplorer.explorer.panels.field_values import Choices, coded_choices, occurring_choices

KINDS = {"wind": Kind.NUMBER, "max wind": Kind.NUMBER, "name": Kind.TEXT, "time": Kind.DATE, "day": Kind.DAY}


@pytest.mark.parametrize(
    ("expression", "conditions", "again"),
    [
        ("", (), ""),
        ("wind >= 100", [("wind", ">=", "100")], None),
        ("WIND>=-3.5", [("wind", ">=", "-3.5")], "wind >= -3.5"),
        ("wind != 1e3", [("wind", "<>", "1e3")], "wind <> 1e3"),
        ('"max wind" < .5', [("max wind", "<", ".5")], None),
        ("name = 'O''Brien (x)'", [("name", "=", "O'Brien (x)")], None),
        ("name LIKE '%a%'", [("name", "contains", "a")], None),
        ("name like 'a%'", [("name", "begins", "a")], "name LIKE 'a%'"),
        ("name LIKE '%a'", [("name", "ends", "a")], None),
        ("name IN ('a', 'b,c')", [("name", "in", "a", "b,c")], None),
        ("wind BETWEEN 1 AND 5", [("wind", "between", "1", "5")], None),
        ("time >= DATE '2008-07-01'", [("time", ">=", "2008-07-01")], None),
        ("time < TIMESTAMP '2008-07-01 06:00:00'", [("time", "<", "2008-07-01 06:00")], None),
        ("time = TIMESTAMP '2008-07-01 06:00:07'", [("time", "=", "2008-07-01 06:00:07")], None),
        ("name IS NULL", [("name", "empty")], None),
        ("time is not null", [("time", "filled")], "time IS NOT NULL"),
        ("(wind = 1) AND (name = 'x')", [("wind", "=", "1"), ("name", "=", "x")], "wind = 1 AND name = 'x'"),
    ],
)
def test_simple_expressions_are_read_and_written_again(expression, conditions, again):
    found = read(expression, KINDS)
    wanted = tuple(Condition(field, Operator(sign), values) for field, sign, *values in conditions)
    assert [(item.field, item.operator, list(item.values)) for item in found.items] == [
        (item.field, item.operator, list(item.values)) for item in wanted
    ]
    written = expression if again is None else again
    assert compose(found, KINDS) == written
    assert read(written, KINDS) == found


@pytest.mark.parametrize("joiner", [ALL, ANY])
def test_conditions_are_joined_by_one_word(joiner):
    conditions = Conditions(
        (Condition("wind", Operator.MORE, ("1",)), Condition("name", Operator.EQUAL, ("x",))), joiner
    )
    assert compose(conditions, KINDS) == f"wind > 1 {joiner} name = 'x'"
    assert read(compose(conditions, KINDS), KINDS) == conditions


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("wind = 1 AND name = 'x' OR name = 'y'", "mixes AND with OR"),
        ("(wind > 1 AND wind < 4) OR name = 'x'", "brackets"),
        ("UPPER(name) = 'X'", "other than a field"),
        ("wind + 1 > 2", "signs"),
        ("name LIKE 'a_b'", "pattern of its own"),
        ("name NOT LIKE 'a%'", "more than comparisons"),
        ("NOT name = 'x'", "other than a field"),
        ("wind = '5'", "its kind"),
        ("time = DATE 'soon'", "date that cannot be read"),
        ("name = ''", "its kind"),
        ("other = 1", "other than a field"),
        ("wind >", "not complete"),
        ("wind = 1; DROP TABLE x", "signs"),
        ("wind = 1 -- x", "signs"),
    ],
)
def test_what_is_more_than_conditions_says_why(expression, reason):
    with pytest.raises(NotBuildable, match=reason):
        read(expression, KINDS)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("ten", Kind.NUMBER, "expected a number"),
        ("soon", Kind.DATE, "expected a date"),
        ("", Kind.NUMBER, "number"),
    ],
)
def test_a_value_of_another_kind_is_refused(value, kind, words):
    with pytest.raises(ValueError, match=words):
        literal(value, kind)


@pytest.mark.parametrize("value", ["x' OR 1=1 --", "''", "a;b", "50%"])
def test_a_value_never_leaves_its_quotes(value):
    condition = Conditions((Condition("name", Operator.EQUAL, (value,)),))
    assert read(compose(condition, KINDS), KINDS) == condition


def test_every_operator_of_every_kind_makes_the_round_trip():
    samples = {Kind.NUMBER: "7", Kind.TEXT: "seven", Kind.DATE: "2007-07-07", Kind.DAY: "2007-07-07"}
    fields = {kind: name for name, kind in KINDS.items()}
    for kind, operators in OPERATORS.items():
        for operator in operators:
            count = {Operator.BETWEEN: 2, Operator.EMPTY: 0, Operator.FILLED: 0}.get(operator, 1)
            conditions = Conditions((Condition(fields[kind], operator, (samples[kind],) * count),))
            assert read(compose(conditions, KINDS), KINDS) == conditions


@pytest.mark.parametrize(
    ("field_type", "kind"),
    [
        ("esriFieldTypeOID", Kind.NUMBER),
        ("esriFieldTypeDouble", Kind.NUMBER),
        ("esriFieldTypeDate", Kind.DATE),
        ("esriFieldTypeGUID", Kind.TEXT),
        ("", Kind.TEXT),
    ],
)
def test_the_type_of_a_field_tells_the_kind_of_its_values(field_type, kind):
    assert kind_of(field_type) is kind


def test_coded_values_are_shown_by_their_names():
    codes = [{"code": 1, "name": "Paved"}, {"code": "b", "name": "b"}, {"code": None}, {"code": True}]
    choices = coded_choices({"domain": {"codedValues": codes}})
    assert choices == Choices(("1", "b"), ("Paved (1)", "b"))
    assert choices.label("1") == "Paved (1)"
    assert choices.value("Paved (1)") == "1"
    assert choices.value("2") == "2"
    assert coded_choices({"domain": "?"}) == Choices()


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        ((3, 2.5, 2.0), Kind.NUMBER, ("3", "2.5", "2")),
        (("b", "a", " "), Kind.TEXT, ("b", "a")),
        ((1199145600000,), Kind.DATE, ("2008-01-01",)),
    ],
)
def test_occurring_values_are_offered_as_people_type_them(values, kind, texts):
    assert occurring_choices(values, kind) == Choices(texts, texts)
