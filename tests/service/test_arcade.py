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
        ("1; 2", [2, 2, 2]),
        ("$feature.n > 15 ? $feature.n > 25 ? 'c' : 'b' : 'a'", ["a", "b", "c"]),
        ("`${$feature.name}: ${Round($feature.n / 3, 1)}\\n$`", ["Texas: 3.3\n$", ": 6.7\n$", "ohio: 10\n$"]),
        ("var x = 2; `\\${x} ${x}`", ["${x} 2"] * 3),
        ("Sum(1, $feature.n) + Mean([1, 3])", [13, 23, 33]),
        ("Find('i', $feature.name) + Find('x', 'a')", [-2, -1, 1]),
        ("Mid($feature.name, 1, 2) + Mid('abc', 2)", ["exc", "c", "hic"]),
        ("Replace($feature.name, 'o', '0')", ["Texas", None, "0hi0"]),
        ("if ($feature.n > 15) { return 'big' } return 'small'", ["small", "big", "big"]),
        ("if ($feature.n > 25) 'a'; else if ($feature.n > 15) 'b'; else { 'c' }", ["c", "b", "a"]),
        ("var x = 'none'\nif (!IsEmpty($feature.name)) x = $feature.name\nx", ["Texas", "none", "ohio"]),
        ("var x; if ($feature.n == 20) { x = 5 }; return x", [None, 5, None]),
        ("var s = 0; for (var i = 1; i <= $feature.n / 10; i++) { s += i } return s", [1, 3, 6]),
        ("var x = $feature.n; while (x > 7) { x = x - 7; } x", [3, 6, 2]),
        ("var i = 0; while (true) { i += 1; if (i * 10 >= $feature.n) break; } i", [1, 2, 3]),
        ("var s = 0; for (var i = 0; i < 5; ++i) { if (i % 2 == 1) continue; s += i; } s", [6, 6, 6]),
        ("for (var i = 0; i < 9; i++) { if (i * 10 == $feature.n) return i * 2; } return -1", [2, 4, 6]),
        ("var a = [$feature.n, 5, null]; a[0] + a[-2] + a[1]", [20, 30, 40]),
        ("[1, 2][$feature.n / 10]", [2, None, None]),
        ("var a = []; a[0] = 1; a[1] = 'x'; a[0] += 2; Concatenate(a, '/')", ["3/x"] * 3),
        (
            "var a = []; if (!IsEmpty($feature.name)) { Push(a, $feature.name) } Push(a, $feature.n);"
            "return Concatenate(a, ', ')",
            ["Texas, 10", "20", "ohio, 30"],
        ),
        ("var a = []; for (var i = 0; i < $feature.n / 10; i++) Push(a, i); Count(a)", [1, 2, 3]),
        ("var a = [3, $feature.n, 1]; Max(a) - Min(a) + IndexOf(a, 1) + Sum(a)", [25, 45, 65]),
        ("IIf(Includes([10, 30], $feature.n), First(['a', 'b']), Back(['a', 'b']))", ["a", "b", "a"]),
        (
            "var t = ''; for (var k in ['x', 'y']) { t += k } for (var v of ['x', 'y']) { t += v } t",
            ["01xy"] * 3,
        ),
        ("Concatenate(Reverse(Split('a b c', ' ')), '-')", ["c-b-a"] * 3),
        ("Split($feature.name, 'x')[0]", ["Te", None, "ohio"]),
        ("DomainName($feature, 'n') + ' (' + $feature.n + ')'", ["ten (10)", "20 (20)", "thirty (30)"]),
        ("DomainName($feature, 'N', 30)", ["thirty"] * 3),
    ],
)
def test_an_expression_has_a_value_for_every_row(expression, expected):
    found = parse_program(expression).evaluate(TABLE, {"n": {"10": "ten", "30": "thirty"}}).tolist()
    found = [None if value != value else value for value in found]
    assert found == [pytest.approx(value) if isinstance(value, float) else value for value in expected]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "empty"),
        ("1 +", "too early"),
        ("1 2", "2 (column 3)"),
        ("var x = 1;", "gives no value"),
        ("$feature", "too early"),
        ("$feature + 1", "stands before a field"),
        ("$feature.missing", "no field 'missing'"),
        ("$map.x", "$map"),
        ("$datastore", "$datastore"),
        ("unset", "unset (column 1)"),
        ("if ($feature.n) { return 1; }", "if needs conditions"),
        ("if ($feature.n > 1 { return 1; }", "expected ), not {"),
        ("if (true) { 1", "too early"),
        ("else { 1 }", "else of Arcade"),
        ("break; 1", "break (column 1)"),
        ("while (true) { } 1", "more than 5000 steps"),
        ("for (;;) { } 1", "more than 5000 steps"),
        ("for (var i in $feature) { } 1", "stands before a field"),
        ("for (var i in 5) { } 1", "arrays only"),
        ("1 = 2", "can be set, not 1"),
        ("x = 2; x", "x (column 1)"),
        ("var x = 1; x[0] = 2; x", "is no array"),
        ("var x = []; x[3] = 2; x[0]", "no item of that number"),
        ("5[0]", "behind an array"),
        ("[1, 2]", "result cannot be an array"),
        ("[[1]]; 1", "item of an array cannot be an array"),
        ("[1] + 2", "does not take"),
        ("Upper([1])", "does not take"),
        ("Push(1, 2)", "can be set"),
        ("var a = []; for (var i = 0; i < 300; i++) Push(a, i); Count(a)", "at most 256 items"),
        ("DomainName('n')", "DomainName takes"),
        ("DomainName($feature, $feature.name)", "DomainName takes"),
        ("import x; 1", "import of Arcade"),
        ("function f() { return 1 }", "function of Arcade"),
        ("var x = { 'a': 1 }; 1", "{"),
        ("`${$feature.n`", "between ${ and }"),
        ("`${1 2}`", "2 (column 3)"),
        ("`a", "`"),
        ("$feature.a > 0 ? 1", "too early"),
        ("true ? " * 40 + "1", "deeper than 32"),
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


def test_the_arrays_of_many_features_are_bounded_together():
    many = pd.DataFrame({"n": range(200_000)})
    with pytest.raises(ArcadeError, match="together"):
        parse_program("var a = []; for (var i = 0; i < 200; i++) Push(a, i); Count(a)").evaluate(many)
