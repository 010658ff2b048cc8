"""Filter expressions as lists of conditions: composed from choices, and read back where they are simple.

The builder of the Filters panel shows what this module can read. Anything richer is left alone and stays a
text: `read` raises `NotBuildable` with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum

from . import timeline
from .condition_words import NotBuildable, Word, Words, words_of
from .filter_faults import quoted_field
from .published import number


class Kind(StrEnum):
    """What the values of a field are, as far as conditions depend on it."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DAY = "day"


class Operator(StrEnum):
    """How a field is compared with the given values."""

    EQUAL = "="
    UNEQUAL = "<>"
    MORE = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    BETWEEN = "between"
    ONE_OF = "in"
    CONTAINS = "contains"
    BEGINS = "begins"
    ENDS = "ends"
    EMPTY = "empty"
    FILLED = "filled"


_ORDERED = (Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE, Operator.LESS, Operator.BETWEEN)
_ANY = (Operator.EMPTY, Operator.FILLED)
_DATED = (*_ORDERED, Operator.EQUAL, Operator.UNEQUAL, *_ANY)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.NUMBER: (Operator.EQUAL, Operator.UNEQUAL, *_ORDERED, Operator.ONE_OF, *_ANY),
    Kind.TEXT: (
        Operator.EQUAL, Operator.UNEQUAL, Operator.ONE_OF, Operator.CONTAINS, Operator.BEGINS,
        Operator.ENDS, *_ORDERED, *_ANY,
    ),
    Kind.DATE: _DATED,
    Kind.DAY: _DATED,
}  # fmt: skip
"""The operators that make sense for a kind of field, the most useful one first."""
PATTERNS = {Operator.CONTAINS: ("%", "%"), Operator.BEGINS: ("", "%"), Operator.ENDS: ("%", "")}
COMPARISONS = frozenset({*_ORDERED[:4], Operator.EQUAL, Operator.UNEQUAL})
ALL, ANY = "AND", "OR"


def values_wanted(operator: Operator) -> int | None:
    """How many values an operator compares with; None for any number of them."""
    if operator in _ANY:
        return 0
    return {Operator.BETWEEN: 2, Operator.ONE_OF: None}.get(operator, 1)


@dataclass(frozen=True)
class Condition:
    """One comparison; values are texts as a person types them, dates in the time zone of that person."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all values are given."""
        wanted = values_wanted(self.operator)
        return bool(self.values) if wanted is None else len([v for v in self.values if v]) >= wanted


@dataclass(frozen=True)
class Conditions:
    """Several conditions and how they are joined: ALL of them, or ANY."""

    items: tuple[Condition, ...] = ()
    joiner: str = ALL


def kind_of(field_type: str) -> Kind:
    """The kind of a field from its esriFieldType…"""
    name = field_type.removeprefix("esriFieldType")
    if name == "DateOnly":
        return Kind.DAY
    if name in ("Date", "TimestampOffset"):
        return Kind.DATE
    numeric = ("OID", "SmallInteger", "Integer", "BigInteger", "Single", "Double")
    return Kind.NUMBER if name in numeric else Kind.TEXT


def compose(conditions: Conditions, kinds: Mapping[str, Kind], zone: tzinfo = UTC) -> str:
    """Write conditions as an expression, its dates in UTC.

    Raises ValueError for a value that is not of its field's kind.
    """
    return f" {conditions.joiner} ".join(
        _written(item, kinds.get(item.field, Kind.TEXT), zone) for item in conditions.items
    )


def _written(condition: Condition, kind: Kind, zone: tzinfo) -> str:
    field, operator = quoted_field(condition.field), condition.operator
    if operator in PATTERNS:
        before, after = PATTERNS[operator]
        return f"{field} LIKE {_quoted(before + condition.values[0] + after)}"
    if operator in _ANY:
        return f"{field} IS NULL" if operator is Operator.EMPTY else f"{field} IS NOT NULL"
    values = [literal(value, kind, zone) for value in condition.values]
    if operator is Operator.BETWEEN:
        return f"{field} BETWEEN {values[0]} AND {values[1]}"
    if operator is Operator.ONE_OF:
        return f"{field} IN ({', '.join(values)})"
    return f"{field} {operator} {values[0]}"


def literal(value: str, kind: Kind, zone: tzinfo = UTC) -> str:
    """A value as a constant of an expression. Raises ValueError when it is not of the kind."""
    if kind is Kind.NUMBER:
        if number(value) is None:
            raise ValueError(f"expected a number, not {value[:40]}")
        return value.strip()
    if kind is Kind.TEXT:
        return _quoted(value)
    moment = timeline.text(timeline.parsed(value, zone_of(kind, zone)))
    day, _, clock = moment.partition(" ")
    return f"TIMESTAMP '{day} {clock:0<5}{':00' if len(clock) == 5 else ''}'" if clock else f"DATE '{day}'"


def zone_of(kind: Kind, zone: tzinfo) -> tzinfo:
    """The time zone in which values of a kind are shown and typed: a day is the same day everywhere."""
    return zone if kind is Kind.DATE else UTC


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read(expression: str, kinds: Mapping[str, Kind], zone: tzinfo = UTC) -> Conditions:
    """Read an expression; `kinds` are the fields. Raises NotBuildable for what the builder cannot show."""
    words = Words(words_of(expression))
    if words.over:
        return Conditions()
    items = [_condition(words, kinds, zone)]
    joiners: set[str] = set()
    while not words.over:
        joiner = words.take_word(ALL, ANY)
        if joiner is None:
            raise NotBuildable("it holds more than comparisons of fields with values")
        joiners.add(joiner)
        items.append(_condition(words, kinds, zone))
    if len(joiners) > 1:
        raise NotBuildable("it mixes AND with OR")
    return Conditions(tuple(items), joiners.pop() if joiners else ALL)


def _condition(words: Words, kinds: Mapping[str, Kind], zone: tzinfo) -> Condition:
    if words.take_sign("("):
        inner = _condition(words, kinds, zone)
        if not words.take_sign(")"):
            raise NotBuildable("it groups conditions with brackets")
        return inner
    field = _field(words.next(), kinds)
    if words.take_word("IS"):
        negated = words.take_word("NOT")
        words.expect_word("NULL")
        return Condition(field, Operator.FILLED if negated else Operator.EMPTY)
    if words.take_word("IN"):
        return Condition(field, Operator.ONE_OF, _list(words, kinds[field], zone))
    if words.take_word("BETWEEN"):
        low = _value(words, kinds[field], zone)
        words.expect_word(ALL)
        return Condition(field, Operator.BETWEEN, (low, _value(words, kinds[field], zone)))
    if words.take_word("LIKE"):
        return _like(field, words)
    sign = words.next()
    operator = {"!=": "<>"}.get(sign.text, sign.text)
    if sign.kind != "sign" or operator not in COMPARISONS:
        raise NotBuildable("it holds more than comparisons of fields with values")
    return Condition(field, Operator(operator), (_value(words, kinds[field], zone),))


def _field(word: Word, kinds: Iterable[str]) -> str:
    if word.kind in ("name", "word"):
        exact = word.text if word.text in kinds else None
        same = [name for name in kinds if name.casefold() == word.text.casefold()]
        if exact or len(same) == 1:
            return exact or same[0]
    raise NotBuildable("it compares something other than a field of this layer")


def _value(words: Words, kind: Kind, zone: tzinfo) -> str:
    date = words.take_word("DATE", "TIMESTAMP")
    word = words.next()
    if kind in (Kind.DATE, Kind.DAY) and date and word.kind == "text":
        try:
            return timeline.text(timeline.parsed(word.text), zone_of(kind, zone))
        except ValueError:
            raise NotBuildable("it holds a date that cannot be read") from None
    fitting = {Kind.NUMBER: "number", Kind.TEXT: "text"}.get(kind)
    if date or word.kind != fitting or not word.text:
        raise NotBuildable("it compares a field with something other than a value of its kind")
    return word.text


def _list(words: Words, kind: Kind, zone: tzinfo) -> tuple[str, ...]:
    if not words.take_sign("("):
        raise NotBuildable("it holds more than comparisons of fields with values")
    values = [_value(words, kind, zone)]
    while words.take_sign(","):
        values.append(_value(words, kind, zone))
    if not words.take_sign(")"):
        raise NotBuildable("it holds more than comparisons of fields with values")
    return tuple(values)


def _like(field: str, words: Words) -> Condition:
    pattern = words.next()
    if pattern.kind == "text":
        for operator, (before, after) in PATTERNS.items():
            text = pattern.text
            if text.startswith(before) and text.endswith(after) and len(text) > len(before + after):
                return Condition(field, operator, (text[len(before) : len(text) - len(after)],))
    raise NotBuildable("it compares a text with a pattern of its own")
