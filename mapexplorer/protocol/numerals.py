"""Numbers as the wire writes them: a point as decimal sign, an exponent allowed, never NaN or Infinity."""

from __future__ import annotations

import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_BLANKS = " \t\r\n"
_EXACT = 2**53


def shorten(value: object, length: int = 40) -> str:
    """Quote a value for an error text, cut to ``length`` characters.

    >>> shorten("a" * 100, 5)
    "'aaaaa…'"
    """
    if isinstance(value, str):
        text = "".join(c if c.isprintable() else "�" for c in value[: length + 1])
        return f"'{text[:length]}…'" if len(text) > length else f"'{text}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "an array"
    text = repr(value)
    return f"{text[:length]}…" if len(text) > length else text


def parse_number(text: str) -> float:
    """Read a finite number; blanks around it are tolerated, digit grouping is not.

    >>> parse_number(" 5E6 ")
    5000000.0
    """
    stripped = text.strip(_BLANKS)
    if _NUMBER.fullmatch(stripped):
        value = float(stripped)
        if math.isfinite(value):
            return value
    raise ValueError(f"expected a number such as 12.5 or 5E6, not {shorten(text)}")


def parse_integer(text: str) -> int:
    """Read a whole number without decimal point or exponent."""
    stripped = text.strip(_BLANKS)
    if not _INTEGER.fullmatch(stripped):
        raise ValueError(f"expected a whole number, not {shorten(text)}")
    return int(stripped)


def write_number(value: float) -> str:
    """Write the shortest text that reads back as the same number.

    >>> write_number(5.0), write_number(0.1), write_number(1e22)
    ('5', '0.1', '1e22')
    """
    if isinstance(value, int):
        return str(int(value))
    if not math.isfinite(value):
        raise ValueError("a number on the wire must be finite")
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(float(value)).replace("e+", "e")


def finite_number(value: Any) -> float:
    """Turn a Python or numpy number, or its text, into a finite float."""
    if isinstance(value, str):
        return parse_number(value)
    if not isinstance(value, bool) and value is not None:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise ValueError(f"expected a finite number, not {shorten(value)}")


def whole_number(value: Any) -> int:
    """Turn a Python or numpy integer, or its text, into an int; 3.0 is not one."""
    if isinstance(value, str):
        return parse_integer(value)
    if not isinstance(value, bool) and hasattr(value, "__index__"):
        return int(value.__index__())
    raise ValueError(f"expected a whole number, not {shorten(value)}")
