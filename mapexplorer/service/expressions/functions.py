"""The functions and operators of filter expressions, evaluated on whole columns; null in, null out."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mapexplorer.service.expressions.values import Array, Kind, Mask, Values, either_null, from_texts

DAY: Final = 86_400_000

COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the kinds of its arguments (`optional` of them may be missing) and the kind of
    its answer.
    """

    name: str
    arguments: tuple[Kind, ...]
    answer: Kind
    evaluate: Callable[..., Values]
    optional: int = 0
    repeats: bool = False

    def takes(self, count: int) -> bool:
        """Tell whether the function may be called with that many arguments."""
        if self.repeats:
            return count >= len(self.arguments)
        return len(self.arguments) - self.optional <= count <= len(self.arguments)

    def kind(self, place: int) -> Kind:
        """Return the kind of the argument in that place, from 0."""
        return self.arguments[min(place, len(self.arguments) - 1)]


def compare(name: str, left: Values, right: Values) -> Values:
    """Compare two columns of one kind; unknown where either is null."""
    relation = COMPARISONS[name]
    nulls = either_null(left, right)
    if Kind.NULL in (left.kind, right.kind):
        return Values(
            Kind.TRUTH, np.zeros(np.broadcast_shapes(left.data.shape, right.data.shape), dtype=bool), nulls
        )
    if left.kind is not Kind.TEXT:
        return Values(Kind.TRUTH, np.asarray(relation(left.data, right.data), dtype=bool), nulls)
    if right.words is not None and len(right.words) == 1 and right.data.shape == (1,):
        wanted = right.words[0]
        answer = left.map_words(lambda word: relation(word, wanted), Kind.TRUTH, np.bool_)
        return Values(Kind.TRUTH, answer.data, nulls)
    return Values(Kind.TRUTH, np.asarray(relation(left.texts(), right.texts()), dtype=bool), nulls)


def negate(condition: Values) -> Values:
    """NOT: unknown stays unknown."""
    return Values(Kind.TRUTH, ~condition.data, condition.nulls)


def both(left: Values, right: Values) -> Values:
    """AND: false wins over unknown."""
    false = _surely(left, False) | _surely(right, False)
    true = _surely(left, True) & _surely(right, True)
    return Values(Kind.TRUTH, true, ~(true | false))


def either(left: Values, right: Values) -> Values:
    """OR: true wins over unknown."""
    true = _surely(left, True) | _surely(right, True)
    false = _surely(left, False) & _surely(right, False)
    return Values(Kind.TRUTH, true, ~(true | false))


def _surely(condition: Values, wanted: bool) -> Mask:
    answer: Mask = condition.data if wanted else ~condition.data
    return answer if condition.nulls is None else answer & ~condition.nulls


def contained(value: Values, items: list[Values]) -> Values:
    """IN: true when an item equals; otherwise unknown when the value or an item is null."""
    known = [item for item in items if item.kind is not Kind.NULL]
    single = all(item.data.shape == (1,) and item.nulls is None for item in known)
    if value.kind in (Kind.NUMBER, Kind.DATE) and single:
        wanted = np.concatenate([item.data for item in known]) if known else np.array([], dtype=np.int64)
        answer = Values(Kind.TRUTH, np.isin(value.data, wanted), value.nulls)
    elif value.kind is Kind.TEXT and single:
        words = {item.words[0] for item in known if item.words is not None}
        answer = value.map_words(lambda word: word in words, Kind.TRUTH, np.bool_)
    else:
        answer = Values(Kind.TRUTH, np.zeros(1, dtype=bool), value.nulls)
        for item in known:
            answer = either(answer, compare("=", value, item))
    if len(known) < len(items):
        unknown = Values(Kind.TRUTH, np.zeros(1, dtype=bool), np.ones(1, dtype=bool))
        answer = either(answer, unknown)
    return answer


def is_null(value: Values) -> Values:
    """IS NULL: never unknown."""
    nulls = np.zeros(value.data.shape, dtype=bool) if value.nulls is None else value.nulls
    return Values(Kind.TRUTH, nulls)


def number(answer: Array, *sources: Values) -> Values:
    """Return numbers, null where a source is null or where arithmetic has no finite answer."""
    nulls = either_null(*sources)
    lost = ~np.isfinite(answer)
    if lost.any():
        nulls = lost if nulls is None else nulls | lost
        answer = np.where(lost, 0.0, answer)
    return Values(Kind.NUMBER, answer, nulls)


def calculate(sign: str, left: Values, right: Values) -> Values:
    """Add, subtract, multiply or divide as doubles; a division by zero is null."""
    actions: dict[str, Callable[[Array, Array], Array]] = {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
    }
    with np.errstate(all="ignore"):
        answer = actions[sign](left.data.astype(np.float64), right.data.astype(np.float64))
    return number(answer, left, right)


def _numeric(action: Callable[..., Array]) -> Callable[..., Values]:
    def evaluate(*arguments: Values) -> Values:
        with np.errstate(all="ignore"):
            answer = action(*(argument.data.astype(np.float64) for argument in arguments))
        return number(answer, *arguments)

    return evaluate


def _round(value: Array, digits: Array | float = 0.0) -> Array:
    """Round half away from zero, as SQL does (NumPy rounds half to even)."""
    factor = 10.0 ** np.trunc(digits)
    rounded: Array = np.sign(value) * np.floor(np.abs(value) * factor + 0.5) / factor
    return rounded


def _truncate(value: Array, digits: Array | float = 0.0) -> Array:
    factor = 10.0 ** np.trunc(digits)
    truncated: Array = np.trunc(value * factor) / factor
    return truncated


def _concatenate(*parts: Values) -> Values:
    shape = np.broadcast_shapes(*(part.data.shape for part in parts))
    joined = np.full(shape, "", dtype=object)
    for part in parts:
        joined = joined + part.texts()
    nulls = either_null(*parts)
    return from_texts(joined, None if nulls is None else np.broadcast_to(nulls, shape))


def _text(change: Callable[[str], str]) -> Callable[[Values], Values]:
    return lambda value: value.map_words(change, Kind.TEXT, object)


def _rowwise(columns: tuple[Values, ...], change: Callable[..., Any]) -> tuple[Array, Mask | None]:
    shape = np.broadcast_shapes(*(column.data.shape for column in columns))
    sides = [np.broadcast_to(c.texts() if c.kind is Kind.TEXT else c.data, shape) for c in columns]
    answers = np.empty(shape, dtype=object)
    for row, values in enumerate(zip(*sides, strict=True)):
        answers[row] = change(*values)
    nulls = either_null(*columns)
    return answers, None if nulls is None else np.broadcast_to(nulls, shape)


def substring(text: str, start: float, length: float | None = None) -> str:
    """Return the characters from place `start` (the first is 1); places before the text count but
    are empty.
    """
    first = int(start) - 1
    end = len(text) if length is None else first + max(int(length), 0)
    return text[max(first, 0) : max(end, 0)]


def _substring(*columns: Values) -> Values:
    constant = all(column.data.shape == (1,) and column.nulls is None for column in columns[1:])
    if constant:
        places = [column.data[0] for column in columns[1:]]
        return columns[0].map_words(lambda word: substring(word, *places), Kind.TEXT, object)
    return from_texts(*_rowwise(columns, substring))


def _position(wanted: Values, value: Values) -> Values:
    answers, nulls = _rowwise((wanted, value), lambda part, text: text.find(part) + 1)
    return Values(Kind.NUMBER, answers.astype(np.int64), nulls)


def _trim(side: str) -> Callable[..., Values]:
    strip = {"BOTH": str.strip, "LEADING": str.lstrip, "TRAILING": str.rstrip}[side]

    def evaluate(value: Values, characters: Values | None = None) -> Values:
        if characters is None:
            return value.map_words(lambda word: strip(word, " "), Kind.TEXT, object)
        return from_texts(
            *_rowwise((value, characters), lambda text, part: strip(text, part) if part else text)
        )

    return evaluate


def _extract(unit: str) -> Callable[[Values], Values]:
    def evaluate(value: Values) -> Values:
        moments = value.data.astype("datetime64[ms]")
        if unit in ("YEAR", "MONTH", "DAY"):
            years = moments.astype("datetime64[Y]")
            months = moments.astype("datetime64[M]")
            days = moments.astype("datetime64[D]")
            parts = {
                "YEAR": years.astype(np.int64) + 1970,
                "MONTH": (months - years).astype(np.int64) + 1,
                "DAY": (days - months).astype(np.int64) + 1,
            }
            return Values(Kind.NUMBER, parts[unit], value.nulls)
        within = value.data % DAY
        divisor, modulus = {"HOUR": (3_600_000, 24), "MINUTE": (60_000, 60), "SECOND": (1000, 60)}[unit]
        if unit == "SECOND":
            return Values(Kind.NUMBER, within / divisor % modulus, value.nulls)
        return Values(Kind.NUMBER, within // divisor % modulus, value.nulls)

    return evaluate


def _length(value: Values) -> Values:
    return value.map_words(len, Kind.NUMBER, np.int64)


_NUMBER = Kind.NUMBER
_TEXT = Kind.TEXT

FUNCTIONS: Final[dict[str, Function]] = {
    function.name: function
    for function in (
        Function("ABS", (_NUMBER,), _NUMBER, _numeric(np.abs)),
        Function("CEILING", (_NUMBER,), _NUMBER, _numeric(np.ceil)),
        Function("FLOOR", (_NUMBER,), _NUMBER, _numeric(np.floor)),
        Function("LOG", (_NUMBER,), _NUMBER, _numeric(np.log)),
        Function("LOG10", (_NUMBER,), _NUMBER, _numeric(np.log10)),
        Function("POWER", (_NUMBER, _NUMBER), _NUMBER, _numeric(np.power)),
        Function("ROUND", (_NUMBER, _NUMBER), _NUMBER, _numeric(_round), optional=1),
        Function("TRUNCATE", (_NUMBER, _NUMBER), _NUMBER, _numeric(_truncate), optional=1),
        Function("CHAR_LENGTH", (_TEXT,), _NUMBER, _length),
        Function("CONCAT", (_TEXT, _TEXT), _TEXT, _concatenate, repeats=True),
        Function("LOWER", (_TEXT,), _TEXT, _text(str.lower)),
        Function("UPPER", (_TEXT,), _TEXT, _text(str.upper)),
        Function("POSITION", (_TEXT, _TEXT), _NUMBER, _position),
        Function("SUBSTRING", (_TEXT, _NUMBER, _NUMBER), _TEXT, _substring, optional=1),
        Function("TRIM BOTH", (_TEXT, _TEXT), _TEXT, _trim("BOTH"), optional=1),
        Function("TRIM LEADING", (_TEXT, _TEXT), _TEXT, _trim("LEADING"), optional=1),
        Function("TRIM TRAILING", (_TEXT, _TEXT), _TEXT, _trim("TRAILING"), optional=1),
        *(
            Function(f"EXTRACT {unit}", (Kind.DATE,), _NUMBER, _extract(unit))
            for unit in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
        ),
    )
}
