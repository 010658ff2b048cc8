"""The constants of filter expressions: numbers, texts, dates and the present moment."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

from mapexplorer.service.expressions import values
from mapexplorer.service.expressions.functions import DAY
from mapexplorer.service.expressions.lexer import Kind, Lexeme, Misplaced

_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{2}:\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def constant(lexeme: Lexeme) -> values.Values:
    """Return the value of a number or a quoted text."""
    if lexeme.kind is Kind.TEXT:
        return values.text(lexeme.value)
    if lexeme.value.isdigit() and len(lexeme.value) <= 18:
        return values.numbers(int(lexeme.value))
    number = float(lexeme.value)
    if not math.isfinite(number):
        raise Misplaced("the number is too large", lexeme.position)
    return values.numbers(number)


def moment(word: str, literal: Lexeme) -> values.Values:
    """Return the value of DATE 'yyyy-mm-dd' or TIMESTAMP 'yyyy-mm-dd hh:mm:ss', which are UTC."""
    shape, form = (_DATE, "yyyy-mm-dd") if word == "DATE" else (_TIMESTAMP, "yyyy-mm-dd hh:mm:ss")
    problem = f"{word} needs the form '{form}'"
    if not shape.fullmatch(literal.value):
        raise Misplaced(problem, literal.position)
    day, _, time = literal.value.partition(" ")
    year, month, date = (int(part) for part in day.split("-"))
    hour, minute, second = time.split(":") if time else ("0", "0", "0")
    whole, _, fraction = second.partition(".")
    try:
        when = datetime(
            year,
            month,
            date,
            int(hour),
            int(minute),
            int(whole),
            int(fraction.ljust(6, "0") or 0),
            tzinfo=UTC,
        )
    except ValueError:
        raise Misplaced(f"there is no such day or time: {literal.value}", literal.position) from None
    return values.date(milliseconds(when))


def milliseconds(when: datetime) -> int:
    """Return the milliseconds since 1970 UTC of an aware datetime."""
    span = when - _EPOCH
    return span.days * DAY + span.seconds * 1000 + span.microseconds // 1000


def current(word: str) -> values.Values:
    """Return what CURRENT_TIMESTAMP (this moment) or CURRENT_DATE (the day's beginning, UTC) means now."""
    now = milliseconds(datetime.now(UTC))
    return values.date(now - now % DAY if word == "CURRENT_DATE" else now)
