"""The part of Arcade that labels, drawing order and visual variables may use, and what is refused of it."""

import math

import pandas as pd
import pytest

from mapexplorer.service.arcade import ArcadeError, parse_program

TABLE = pd.DataFrame(
    {
        "name": ["Texas", None, "ohio"],
        "a": [1.5, float("nan"), -2.0],
        "n": [10, 20, 30],
        "d": pd.to_datetime(["2008-07-01 15:04", None, "2009-12-31 00:00"]),
        "flag": [True, False, True],
        "single": pd.array([0.1, 2.5, 3], dtype="float32"),
        "odd name": [1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$feature.name", ["Texas", None, "ohio"]),
        ("$FEATURE['Name']", ["Texas", None, "ohio"]),
        ('return $feature["odd name"];', [1, 2, 3]),
        ("$feature.single", [0.1, 2.5, 3]),
        ("$feature.flag", [1, 0, 1]),
        ("$feature.a + 1", [2.5, 1, -1]),
        ("2 + 3 * 4 - 6 / (1 + 1)", [11, 11, 11]),
        ("-$feature.n % 7", [-3, -6, -2]),
        ("1 / 0", [None, None, None]),
        ("$feature.name + ' x ' + $feature.n", ["Texas x 10", " x 20", "ohio x 30"]),
        ("'it\\'s' + \"\\n\"", ["it's\n"] * 3),
        ("$feature.n > 15 && !($feature.n >= 30)", [False, True, False]),
        ("$feature.a < 0 || $feature.n == 10", [True, False, True]),
        ("$feature.a == null", [False, True, False]),
        ("$feature.name != 'ohio'", [True, True, False]),
        ("$feature.name < 'a'", [True, False, False]),
        ("$feature.n == '10'", [False, False, False]),
        ("IIf($feature.a > 0, 'up', 'down')", ["up", "down", "down"]),
        ("IIf($feature.n > 15, $feature.n, '')", ["", "20", "30"]),
        ("When($feature.n < 15, 'low', $feature.n < 25, 'mid', 'high')", ["low", "mid", "high"]),
        ("Decode($feature.n, 10, 'ten', 20, 'twenty', 'many')", ["ten", "twenty", "many"]),
        ("DefaultValue($feature.name, 'none')", ["Texas", "none", "ohio"]),
        ("IsEmpty($feature.name)", [False, True, False]),
        ("Abs($feature.a)", [1.5, None, 2]),
        ("Round($feature.a * 1.05, 1)", [1.6, 0, -2.1]),
        ("Floor($feature.a) + Ceil($feature.a)", [3, 0, -4]),
        ("Max($feature.a, 0) + Min($feature.n, 15, 12)", [11.5, 12, 12]),
        ("Sqrt(Pow($feature.n, 2)) + Exp(0) + Log(1)", [11, 21, 31]),
        ("Sqrt($feature.a)", [math.sqrt(1.5), None, None]),
        ("upper($feature.name)", ["TEXAS", None, "OHIO"]),
        ("Lower('A') + Proper('b c') + Trim(' d ')", ["aB Cd"] * 3),
        ("Left($feature.name, 2) + Right($feature.name, 2)", ["Teas", "", "ohio"]),
        ("Count($feature.name)", [5, 0, 4]),
        ("Number('1e2') + Number('x')", [100, 100, 100]),
        ("Concatenate($feature.name, TextFormatting.NewLine, 1)", ["Texas\n1", "\n1", "ohio\n1"]),
        ("Text($feature.n * 1234.5, '#,##0.00')", ["12,345.00", "24,690.00", "37,035.00"]),
        ("Text($feature.a, '0.#')", ["1.5", None, "-2"]),
        ("Text($feature.d, 'D MMM YYYY')", ["1 Jul 2008", None, "31 Dec 2009"]),
        ("Text($feature.d)", ["2008-07-01 15:04:00", None, "2009-12-31"]),
        ("Year($feature.d) * 100 + Month($feature.d)", [200806, 0, 200911]),
        ("Day($feature.d) + Hour($feature.d) + Minute($feature.d) + Second($feature.d)", [20, 0, 31]),
        ("var x = $feature.n / 3; var y = x + x; // twice\nreturn Round(y, 1);", [6.7, 13.3, 20]),
    ],
)
def test_an_expression_has_a_value_for_every_row(expression, expected):
    found = parse_program(expression).evaluate(TABLE).tolist()
    found = [None if value != value else value for value in found]
    assert found == [pytest.approx(value) if isinstance(value, float) else value for value in expected]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "empty"),
        ("1 +", "too early"),
        ("1; 2", "2 (column 4)"),
        ("$feature", "too early"),
        ("$feature + 1", "stands before a field"),
        ("$feature.missing", "no field 'missing'"),
        ("$map.x", "$map"),
        ("$datastore", "$datastore"),
        ("unset", "unset (column 1)"),
        ("if ($feature.n > 1) { return 1; }", "if of Arcade"),
        ("for (var i in $feature) { }", "for of Arcade"),
        ("function f() { return 1 }", "function of Arcade"),
        ("[1, 2]", "["),
        ("{ 'a': 1 }", "{"),
        ("`${$feature.n}`", "of Arcade"),
        ("$feature.a > 0 ? 1 : 2", "?"),
        ("Geometry($feature)", "function Geometry"),
        ("FeatureSetByName($datastore, 'x')", "function FeatureSetByName"),
        ("__import__('os')", "function __import__"),
        ("Upper()", "does not take 0"),
        ("$feature.name < 3", "< needs numbers"),
        ("Round($feature.name)", "Round needs numbers"),
        ("IIf($feature.n, 1, 2)", "IIf needs conditions"),
        ("Year($feature.name)", "Year needs dates"),
        ("Text($feature.n, $feature.name)", "pattern"),
        ("Text($feature.n, 'abc')", "'abc'"),
        ("When(true, 1, true, 2)", "pairs"),
        ("TextFormatting.Tab", "only NewLine"),
        ("(" * 40 + "1" + ")" * 40, "deeper than 32"),
        ("!" * 40 + "true", "deeper than 32"),
        ("1" + " + 1" * 300, "more than 400"),
        ("'" + "x" * 5000 + "'", "4096"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(expression, told):
    with pytest.raises(ArcadeError) as caught:
        parse_program(expression).check(TABLE)
    assert told in str(caught.value)


def test_texts_do_not_grow_without_bound():
    doubled = "".join(
        f"var {b} = {a} + {a};" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)
    )
    with pytest.raises(ArcadeError, match="at most 8192"):
        parse_program(f"var a = 'xx'; {doubled} q").evaluate(TABLE)


def test_no_rows_have_no_values():
    assert len(parse_program("Upper($feature.name)").evaluate(TABLE.iloc[:0])) == 0


def test_kinds_are_checked_where_the_first_rows_are_null():
    table = pd.DataFrame({"t": [None, "x"]})
    with pytest.raises(ArcadeError, match="needs numbers"):
        parse_program("Round($feature.t)").check(table)
