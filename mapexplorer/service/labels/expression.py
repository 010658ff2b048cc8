"""Label expressions: texts, fields and five functions, joined with CONCAT, read by a fixed grammar.

    expression := part { CONCAT part }
    part       := "text" | [Field] | NEWLINE | UCASE([f]) | LCASE([f]) | ROUND([f], n)
                | FORMATDATETIME([f], "pattern")

Keywords may be written in any case; a doubled quote inside a text stands for one. Source: Esri, Labeling
objects, labelExpression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import pandas as pd

from mapexplorer.protocol.numerals import write_number
from mapexplorer.service.arcade import ArcadeError, Program, parse_program
from mapexplorer.service.labels.moments import PatternError, check_pattern, write_moment

MOST_PARTS: Final = 64
MOST_LETTERS: Final = 4_096

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\r\n]|"")*")|\[(?P<field>[^\[\]\r\n]{1,128})\]'
    r"|(?P<word>[A-Za-z]\w*)|(?P<number>-?\d{1,3})|(?P<sign>[(),]))"
)
Change = Callable[[Any, str], str]
"""Makes text of a value: takes the value itself and how it would be written."""


class LabelExpressionError(ValueError):
    """A label expression that cannot be read; the text is one sentence with the column of the fault."""


@dataclass(frozen=True)
class Part:
    """A piece of a label: fixed ``text``, or the value of a ``field`` as ``change`` writes it."""

    text: str = ""
    field: str | None = None
    change: Change | None = None


@dataclass(frozen=True)
class LabelExpression:
    """A checked label expression."""

    parts: tuple[Part, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, as they are spelled in it."""
        return tuple(part.field for part in self.parts if part.field is not None)

    def texts(
        self, table: pd.DataFrame, names: Mapping[str, Mapping[str, str]] | None = None
    ) -> list[str | None]:
        """Return the label of every row of a table; None where an expression names a field it does not have.

        ``names`` gives the name of each coded value, by column and by the code as it is written. A null value
        is an empty piece.
        """
        spelled = {str(name).casefold(): str(name) for name in reversed(table.columns)}
        written: list[list[str]] = []
        for part in self.parts:
            if part.field is None:
                written.append([part.text] * len(table))
                continue
            column = spelled.get(part.field.casefold())
            if column is None:
                return [None] * len(table)
            values = table[column]
            coded = (names or {}).get(column)
            written.append([_write(value, part.change, coded) for value in _plain(values)])
        return ["".join(pieces) for pieces in zip(*written, strict=True)]


def _plain(values: pd.Series[Any]) -> list[Any]:
    """Return a column as Python values, None for null, dates as milliseconds wrapped in a timestamp."""
    missing = values.isna().to_numpy()
    if values.dtype == np.float32:
        # The shortest text of a single is shorter than that of the double it becomes.
        return [None if null else np.float32(value) for value, null in zip(values, missing, strict=True)]
    return [None if null else value for value, null in zip(values.tolist(), missing, strict=True)]


def _write(value: Any, change: Change | None, coded: Mapping[str, str] | None) -> str:
    if value is None:
        return ""
    text = value if type(value) is str else write_value(value)
    name = (coded or {}).get(text)
    if name is not None:
        value = text = name
    return text if change is None else change(value, text)


def write_value(value: Any) -> str:
    """Write a value of a table: numbers in their shortest form, dates as ISO 8601, without a time at
    midnight."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating):
        return (
            write_number(float(str(value))) if isinstance(value, np.float32) else write_number(float(value))
        )
    if isinstance(value, pd.Timestamp):
        midnight = value == value.normalize()
        return value.strftime("%Y-%m-%d") if midnight else value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _upper(value: Any, text: str) -> str:
    return text.upper()


def _lower(value: Any, text: str) -> str:
    return text.lower()


def _rounded(digits: int, value: Any, text: str) -> str:
    """Round half away from zero, as it is done on paper; what is no number stays as it is."""
    try:
        number = Decimal(text)
        if not number.is_finite():
            return text
        return write_number(float(number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)))
    except InvalidOperation:
        return text


def _moment(pattern: str, value: Any, text: str) -> str:
    return write_moment(value, pattern) if isinstance(value, pd.Timestamp) else text


@lru_cache(maxsize=256)
def parse_label(expression: str) -> LabelExpression:
    """Read a label expression. Raises `LabelExpressionError`, also for other languages such as Arcade."""
    if len(expression) > MOST_LETTERS:
        raise LabelExpressionError(f"a label expression has at most {MOST_LETTERS} characters")
    return LabelExpression(tuple(_Reader(expression).parts()))


@dataclass(frozen=True)
class ArcadeLabel:
    """A checked Arcade expression of a label."""

    program: Program

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, as they are spelled in it."""
        return self.program.fields

    def texts(
        self, table: pd.DataFrame, names: Mapping[str, Mapping[str, str]] | None = None
    ) -> list[str | None]:
        """Return the label of every row; None where it cannot be told, as for a field the table lacks.

        ``names`` are the names of coded values, which DomainName tells.
        """
        try:
            return self.program.texts(table, names)
        except ArcadeError:
            return [None] * len(table)


def parse_arcade(expression: str) -> LabelExpression | ArcadeLabel:
    """Read an Arcade expression; a single field is written as a label expression writes it.

    Raises `LabelExpressionError` naming what is not understood.
    """
    try:
        program = parse_program(expression)
    except ArcadeError as problem:
        raise LabelExpressionError(str(problem)) from None
    if program.single_field is not None:
        return LabelExpression((Part(field=program.single_field),))
    return ArcadeLabel(program)


class _Reader:
    """Reads the grammar from left to right."""

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._place = 0
        self._tokens: list[tuple[str, str, int]] = []
        while self._text[self._place :].strip():
            found = _TOKEN.match(self._text, self._place)
            if found is None:
                raise self._fault(self._skipped())
            kind = found.lastgroup or ""
            column = found.start(kind) + (0 if kind == "field" else 1)
            self._tokens.append((kind, found[kind], column))
            self._place = found.end()
        self._next = 0

    def parts(self) -> list[Part]:
        """Return the parts, at least one."""
        parts = [self._part()]
        while self._next < len(self._tokens):
            self._expect("word", "CONCAT")
            parts.append(self._part())
        if len(parts) > MOST_PARTS:
            raise LabelExpressionError(f"a label expression has at most {MOST_PARTS} parts")
        return parts

    def _part(self) -> Part:
        kind, token, column = self._take()
        if kind == "text":
            return Part(text=token[1:-1].replace('""', '"'))
        if kind == "field":
            return Part(field=token.strip())
        word = token.upper()
        if kind == "word" and word == "NEWLINE":
            return Part(text="\n")
        if kind != "word" or word not in ("UCASE", "LCASE", "ROUND", "FORMATDATETIME"):
            raise self._fault(column - 1)
        self._expect("sign", "(")
        kind, field, column = self._take()
        if kind != "field":
            raise self._fault(column - 1, f"a [Field] in {word}()")
        change = self._change(word)
        self._expect("sign", ")")
        return Part(field=field.strip(), change=change)

    def _change(self, word: str) -> Change:
        if word == "UCASE":
            return _upper
        if word == "LCASE":
            return _lower
        if word == "ROUND":
            if not self._follows(","):
                return partial(_rounded, 0)
            kind, digits, column = self._take()
            if kind != "number" or not 0 <= int(digits) <= 15:
                raise self._fault(column - 1, "a number of digits from 0 to 15")
            return partial(_rounded, int(digits))
        self._expect("sign", ",")
        kind, pattern, column = self._take()
        if kind != "text":
            raise self._fault(column - 1, "a date pattern in double quotes")
        pattern = pattern[1:-1].replace('""', '"')
        try:
            check_pattern(pattern)
        except PatternError as problem:
            raise LabelExpressionError(f"{problem} (column {column})") from None
        return partial(_moment, pattern)

    def _follows(self, sign: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next][:2] == ("sign", sign):
            self._next += 1
            return True
        return False

    def _take(self) -> tuple[str, str, int]:
        if self._next >= len(self._tokens):
            raise self._fault(len(self._text.rstrip()))
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, kind: str, token: str) -> None:
        given, text, column = self._take()
        if given != kind or text.upper() != token:
            raise self._fault(column - 1, token)

    def _skipped(self) -> int:
        rest = self._text[self._place :]
        return self._place + len(rest) - len(rest.lstrip())

    def _fault(self, place: int, wanted: str = "") -> LabelExpressionError:
        wanted = wanted or '"text", [Field], NEWLINE, UCASE, LCASE, ROUND or FORMATDATETIME'
        return LabelExpressionError(f"expected {wanted} (column {place + 1})")
