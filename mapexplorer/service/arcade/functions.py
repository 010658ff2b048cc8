"""The functions and signs of Arcade that are understood, on whole columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import Any, Final

import numpy as np
import pandas as pd

from mapexplorer.service.arcade.columns import (
    MOMENTS,
    NUMBERS,
    TEXTS,
    Column,
    alike,
    called,
    constant_of,
    kind_of,
    mapped,
    nulls_of,
    numbers,
    objects,
    texts,
    truths,
)
from mapexplorer.service.arcade.syntax import ArcadeError
from mapexplorer.service.labels.moments import PatternError, check_pattern, write_moment

MOST_ARGUMENTS: Final = 64
LONGEST_TEXT: Final = 8_192
MOST_LETTERS: Final = 64 * 2**20
_NUMBER_PATTERN: Final = re.compile(r"(?P<group>#,##|#*)(?P<whole>[#0]*)(?:\.(?P<part>0*)(?P<free>#*))?")
_DATE_LETTERS: Final = {"Y": "y", "D": "d", "A": "t"}


@dataclass(frozen=True)
class Function:
    """A function: how it is evaluated and how many values it takes."""

    evaluate: Callable[..., Column]
    least: int
    most: int


def _joined(*parts: Column) -> Column:
    """Join texts; null is an empty one."""
    written = [np.where(nulls_of(part), "", texts(part)) for part in parts]
    together = written[0] if len(written) == 1 else reduce(np.add, written)
    return _bounded(np.asarray(together, dtype=object))


def _bounded(column: Column) -> Column:
    lengths = [len(text) for text in column if text is not None]
    if max(lengths, default=0) > LONGEST_TEXT:
        raise ArcadeError(f"a text has at most {LONGEST_TEXT} characters")
    if sum(lengths) > MOST_LETTERS:
        raise ArcadeError(f"the texts of all features have at most {MOST_LETTERS} characters together")
    return column


def _numbered(what: str, column: Column) -> Column:
    """Return numbers with null as 0, as arithmetic takes it."""
    found = numbers(column, what)
    return np.where(np.isnan(found), 0.0, found)


def _plus(left: Column, right: Column) -> Column:
    if TEXTS in (kind_of(left), kind_of(right)):
        return _joined(left, right)
    return _numbered("+", left) + _numbered("+", right)


def _arithmetic(sign: str, calculate: Callable[[Any, Any], Any]) -> Callable[[Column, Column], Column]:
    def evaluate(left: Column, right: Column) -> Column:
        found = calculate(_numbered(sign, left), _numbered(sign, right))
        return np.where(np.isfinite(found), found, np.nan)

    return evaluate


def _equal(left: Column, right: Column) -> Column:
    empty, void = nulls_of(left), nulls_of(right)
    if kind_of(left) == kind_of(right):
        same = np.asarray(left == right, dtype=bool)
    elif MOMENTS in (kind_of(left), kind_of(right)) or TEXTS in (kind_of(left), kind_of(right)):
        same = np.zeros(len(left), dtype=bool)
    else:
        same = numbers(left, "==") == numbers(right, "==")
    return np.where(empty | void, empty & void, same)


def _unequal(left: Column, right: Column) -> Column:
    return ~_equal(left, right)


def _compared(sign: str, compare: Callable[[Any, Any], Any]) -> Callable[[Column, Column], Column]:
    def evaluate(left: Column, right: Column) -> Column:
        void = nulls_of(left) | nulls_of(right)
        if void.all():
            return np.zeros(len(left), dtype=bool)
        if kind_of(left) == kind_of(right) == TEXTS:
            found = np.zeros(len(left), dtype=bool)
            found[~void] = np.asarray(compare(left[~void], right[~void]), dtype=bool)
            return found
        return np.asarray(compare(numbers(left, sign), numbers(right, sign)) & ~void)

    return evaluate


def _iif(condition: Column, true: Column, false: Column) -> Column:
    true, false = alike(true, false)
    return np.where(truths(condition, "IIf"), true, false)


def _when(*parts: Column) -> Column:
    if len(parts) % 2 == 0:
        raise ArcadeError("When takes pairs of condition and value, and what holds otherwise")
    *values, otherwise = alike(*parts[1::2], parts[-1])
    conditions = [truths(part, "When") for part in parts[:-1:2]]
    return np.select(conditions, values, otherwise)


def _decode(*parts: Column) -> Column:
    if len(parts) % 2:
        raise ArcadeError("Decode takes a value, pairs of key and value, and what holds otherwise")
    *values, otherwise = alike(*parts[2::2], parts[-1])
    return np.select([_equal(parts[0], key) for key in parts[1:-1:2]], values, otherwise)


def _default(value: Column, otherwise: Column) -> Column:
    value, otherwise = alike(value, otherwise)
    return np.where(_is_empty(value), otherwise, value)


def _is_empty(value: Column) -> Column:
    empty = nulls_of(value)
    return empty | np.asarray(value == "", dtype=bool) if kind_of(value) == TEXTS else empty


def _one_number(name: str, calculate: Callable[[Any], Any]) -> Function:
    def evaluate(value: Column) -> Column:
        found = calculate(numbers(value, name))
        return np.where(np.isfinite(found), found, np.nan)

    return Function(evaluate, 1, 1)


def _round(value: Column, digits: Column | None = None) -> Column:
    places = np.zeros(1) if digits is None else _numbered("Round", digits)
    factor = 10.0 ** np.clip(np.trunc(places), -15, 15)
    scaled = numbers(value, "Round") * factor
    return np.sign(scaled) * np.floor(np.abs(scaled) + 0.5) / factor


def _pow(value: Column, exponent: Column) -> Column:
    found = np.power(numbers(value, "Pow"), numbers(exponent, "Pow"))
    return np.where(np.isfinite(found), found, np.nan)


def _extreme(name: str, choose: Callable[[Any, Any], Any]) -> Function:
    return Function(lambda *parts: reduce(choose, (numbers(part, name) for part in parts)), 1, MOST_ARGUMENTS)


def _changed(change: Callable[[str], str]) -> Function:
    return Function(lambda value: _bounded(mapped(value, change)), 1, 1)


def _cut(name: str, cut: Callable[[str, int], str]) -> Function:
    def evaluate(value: Column, count: Column) -> Column:
        lengths = np.clip(_numbered(name, count), 0, LONGEST_TEXT).astype(int).tolist()
        pairs = zip(texts(value).tolist(), lengths, strict=True)
        found = np.empty(len(value), dtype=object)
        found[:] = [None if text is None else cut(text, length) for text, length in pairs]
        return found

    return Function(evaluate, 2, 2)


def _count(value: Column) -> Column:
    lengths = mapped(value, lambda text: str(len(text)))
    return np.asarray(pd.to_numeric(pd.Series(lengths), errors="coerce").fillna(0), dtype=np.float64)


def _each_text(find: Callable[..., Any], value: Column, *given: Column) -> list[Any]:
    """Return what a function finds in every text, None for null."""
    rows = zip(texts(value).tolist(), *(part.tolist() for part in given), strict=True)
    return [None if text is None else find(text, *others) for text, *others in rows]


def _find(wanted: Column, value: Column, start: Column | None = None) -> Column:
    after = constant_of(0.0, len(value)) if start is None else _numbered("Find", start)

    def place(text: str, piece: str | None, first: float) -> float:
        return float(text.find(piece or "", int(min(max(first, 0), LONGEST_TEXT))))

    found = _each_text(place, value, texts(wanted), after)
    return np.array([np.nan if at is None else at for at in found])


def _mid(value: Column, start: Column, count: Column | None = None) -> Column:
    long = constant_of(float(LONGEST_TEXT), len(value)) if count is None else _numbered("Mid", count)

    def part(text: str, first: float, length: float) -> str:
        low, wide = (int(min(max(place, 0), LONGEST_TEXT)) for place in (first, length))
        return text[low : low + wide]

    return objects(_each_text(part, value, _numbered("Mid", start), long))


def _replaced(value: Column, old: Column, new: Column) -> Column:
    def replace(text: str, piece: str | None, other: str | None) -> str:
        return text.replace(piece, other or "") if piece else text

    return _bounded(objects(_each_text(replace, value, texts(old), texts(new))))


def _total(*parts: Column) -> Column:
    return np.asarray(reduce(np.add, (_numbered("Sum", part) for part in parts)))


def _mean(*parts: Column) -> Column:
    return _total(*parts) / len(parts)


def _number(value: Column) -> Column:
    if kind_of(value) != TEXTS:
        return numbers(value, "Number")
    found = pd.to_numeric(pd.Series(value), errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _text(value: Column, pattern: Column | None = None) -> Column:
    if pattern is None or not len(value):
        return texts(value)
    distinct = set(pattern.tolist())
    if kind_of(pattern) != TEXTS or len(distinct) != 1:
        raise ArcadeError("Text takes one pattern for all rows")
    words = str(distinct.pop())
    if kind_of(value) == MOMENTS:
        return _dated(value, words)
    if kind_of(value) == NUMBERS:
        found = np.empty(len(value), dtype=object)
        found[:] = [None if number != number else _patterned(number, words) for number in value.tolist()]
        return found
    raise ArcadeError(f"Text takes a pattern for numbers and dates, not for {called(value)}")


def _dated(value: Column, pattern: str) -> Column:
    ours = "".join(_DATE_LETTERS.get(letter, letter) for letter in pattern)
    ours = re.sub(r"(?<!t)t(?!t)", "tt", ours)
    try:
        check_pattern(ours)
    except PatternError as problem:
        raise ArcadeError(str(problem)) from None
    found = np.empty(len(value), dtype=object)
    found[:] = [None if moment is None else write_moment(moment, ours) for moment in value.tolist()]
    return found


def _patterned(number: float, pattern: str) -> str:
    """Write a number as a pattern such as ``#,##0.00`` says."""
    match = _NUMBER_PATTERN.fullmatch(pattern)
    if match is None or len(pattern) > 40:
        raise ArcadeError(f"{pattern[:40]!r} is no pattern of numbers such as #,##0.00")
    if abs(number) > 1e15:
        return texts(np.array([number]))[0] or ""
    least, free = len(match["part"] or ""), len(match["free"] or "")
    rounded = Decimal(str(number)).quantize(Decimal(1).scaleb(-(least + free)), ROUND_HALF_UP)
    whole, _, part = f"{abs(rounded):f}".partition(".")
    part = part[:least] + part[least:].rstrip("0")
    whole = whole.lstrip("0").rjust(match["whole"].count("0"), "0")
    if match["group"] == "#,##":
        whole = f"{int(whole):,}" if whole.strip("0") else whole
    sign = "-" if rounded < 0 else ""
    return f"{sign}{whole or ('' if part else '0')}{'.' if part else ''}{part}"


def _part_of_date(name: str, start: str, unit: str, first: int) -> Function:
    """Count whole units since the start of the larger one; Arcade's months begin with 0."""

    def evaluate(value: Column) -> Column:
        if kind_of(value) != MOMENTS:
            if nulls_of(value).all():
                return constant_of(None, len(value))
            raise ArcadeError(f"{name} needs dates, not {called(value)}")
        whole, base = value.astype(f"datetime64[{unit}]"), value.astype(f"datetime64[{start}]")
        found = (whole - base.astype(f"datetime64[{unit}]")).astype(np.int64).astype(np.float64) + first
        return np.where(np.isnat(value), np.nan, found)

    return Function(evaluate, 1, 1)


def _year(value: Column) -> Column:
    if kind_of(value) != MOMENTS:
        if nulls_of(value).all():
            return constant_of(None, len(value))
        raise ArcadeError(f"Year needs dates, not {called(value)}")
    years = value.astype("datetime64[Y]").astype(np.int64).astype(np.float64) + 1970
    return np.where(np.isnat(value), np.nan, years)


def _log(value: Any) -> Any:
    return np.log(np.where(value > 0, value, np.nan))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "+": Function(_plus, 2, 2),
    "-": Function(_arithmetic("-", np.subtract), 2, 2),
    "*": Function(_arithmetic("*", np.multiply), 2, 2),
    "/": Function(_arithmetic("/", np.divide), 2, 2),
    "%": Function(_arithmetic("%", np.fmod), 2, 2),
    "- ": Function(lambda value: -_numbered("-", value), 1, 1),
    "+ ": Function(lambda value: _numbered("+", value), 1, 1),
    "! ": Function(lambda value: ~truths(value, "!"), 1, 1),
    "&&": Function(lambda left, right: truths(left, "&&") & truths(right, "&&"), 2, 2),
    "||": Function(lambda left, right: truths(left, "||") | truths(right, "||"), 2, 2),
    "==": Function(_equal, 2, 2),
    "!=": Function(_unequal, 2, 2),
    "<": Function(_compared("<", np.less), 2, 2),
    "<=": Function(_compared("<=", np.less_equal), 2, 2),
    ">": Function(_compared(">", np.greater), 2, 2),
    ">=": Function(_compared(">=", np.greater_equal), 2, 2),
    "iif": Function(_iif, 3, 3),
    "when": Function(_when, 3, MOST_ARGUMENTS),
    "decode": Function(_decode, 4, MOST_ARGUMENTS),
    "defaultvalue": Function(_default, 2, 2),
    "isempty": Function(_is_empty, 1, 1),
    "abs": _one_number("Abs", np.abs),
    "ceil": _one_number("Ceil", np.ceil),
    "floor": _one_number("Floor", np.floor),
    "sqrt": _one_number("Sqrt", np.sqrt),
    "log": _one_number("Log", _log),
    "exp": _one_number("Exp", np.exp),
    "round": Function(_round, 1, 2),
    "pow": Function(_pow, 2, 2),
    "max": _extreme("Max", np.fmax),
    "min": _extreme("Min", np.fmin),
    "sum": Function(_total, 1, MOST_ARGUMENTS),
    "mean": Function(_mean, 1, MOST_ARGUMENTS),
    "average": Function(_mean, 1, MOST_ARGUMENTS),
    "find": Function(_find, 2, 3),
    "mid": Function(_mid, 2, 3),
    "replace": Function(_replaced, 3, 3),
    "upper": _changed(str.upper),
    "lower": _changed(str.lower),
    "proper": _changed(str.title),
    "trim": _changed(str.strip),
    "left": _cut("Left", lambda text, length: text[:length]),
    "right": _cut("Right", lambda text, length: text[len(text) - length :] if length < len(text) else text),
    "count": Function(_count, 1, 1),
    "concatenate": Function(_joined, 1, MOST_ARGUMENTS),
    "text": Function(_text, 1, 2),
    "number": Function(_number, 1, 1),
    "year": Function(_year, 1, 1),
    "month": _part_of_date("Month", "Y", "M", 0),
    "day": _part_of_date("Day", "M", "D", 1),
    "hour": _part_of_date("Hour", "D", "h", 0),
    "minute": _part_of_date("Minute", "h", "m", 0),
    "second": _part_of_date("Second", "m", "s", 0),
}
"""By name in small letters; signs before a value are followed by a blank."""
