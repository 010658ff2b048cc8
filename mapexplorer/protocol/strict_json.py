"""Strict JSON: what both sides read and write.

No comments, no trailing commas, no NaN or Infinity, no key twice in an object, bounded depth and size.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .numerals import shorten

MAXIMUM_DEPTH = 32
MAXIMUM_NODES = 50_000
MAXIMUM_POSITIONS = 120_000
"""Positions, which are lists of two to four numbers; they count apart from other values."""
MAXIMUM_STRING = 64 * 1024
MAXIMUM_PICTURE = 360_000
"""Characters of an ``imageData`` text: 256 KiB of picture in base64, with room for line ends."""

_EXACT = 2**53


@contextmanager
def uncollected() -> Iterator[None]:
    """Parse without the garbage collector: deep inside nested JSON the finalizers that it runs would fail."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def loads(
    text: str,
    *,
    what: str = "",
    depth: int = MAXIMUM_DEPTH,
    nodes: int = MAXIMUM_NODES,
    string: int = MAXIMUM_STRING,
) -> Any:
    """Read JSON text strictly; raise ValueError, beginning with ``what`` and naming the place, if it is not.

    ``depth`` counts nested arrays and objects, ``nodes`` all values (of coordinates there may be more:
    MAXIMUM_POSITIONS), ``string`` the characters of one text (the texts of ``imageData`` may have
    MAXIMUM_PICTURE characters).
    """
    prefix = f"{what}: " if what else ""
    try:
        with uncollected():
            value = json.loads(
                text,
                parse_constant=_refuse_constant,
                parse_float=_finite,
                parse_int=_integer,
                object_pairs_hook=_unique,
            )
        measure(value, depth=depth, nodes=nodes, string=string)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text else ""
        cause = error.msg[:1].lower() + error.msg[1:]
        raise ValueError(f"{prefix}is not valid JSON at {line}column {error.colno}: {cause}") from error
    except RecursionError as error:
        raise ValueError(f"{prefix}nests deeper than {depth} levels") from error
    except ValueError as error:
        raise ValueError(f"{prefix}{error}") from error
    return value


def dumps(value: Any, *, escape_markup: bool = False) -> str:
    """Write compact JSON; 5.0 becomes ``5``, NaN and Infinity raise ValueError.

    With ``escape_markup`` the characters ``<``, ``>`` and ``&`` leave as ``\\u003c``, ``\\u003e`` and
    ``\\u0026``, so that the text is harmless inside a page.

    >>> dumps({"size": [5.0, 0.25]})
    '{"size":[5,0.25]}'
    """
    text = json.dumps(_shortest(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return _escape(text) if escape_markup else text


def pretty(value: Any, *, escape_markup: bool = False) -> str:
    """Write JSON as ``dumps`` does, indented by one blank per level."""
    text = json.dumps(_shortest(value), allow_nan=False, ensure_ascii=False, indent=1)
    return _escape(text) if escape_markup else text


def _escape(text: str) -> str:
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {shorten(text)} is too large")
    return value


def _integer(text: str) -> int | float:
    value = int(text) if len(text) <= 20 else 2**63
    return value if -(2**63) <= value < 2**63 else _finite(text)


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {shorten(key)} stands twice in one object")
        found[key] = value
    return found


def measure(
    value: Any, *, depth: int = MAXIMUM_DEPTH, nodes: int = MAXIMUM_NODES, string: int = MAXIMUM_STRING
) -> None:
    """Raise ValueError when a value nests too deep, holds too many values, or text that is no Unicode."""
    level: list[tuple[str, Any]] = [("", value)]
    count = positions = 0
    for number in range(depth + 1):
        if number == depth and any(isinstance(item, (dict, list)) for _, item in level):
            break
        below: list[tuple[str, Any]] = []
        before = positions
        for key, item in level:
            if isinstance(item, str):
                check_text(item, MAXIMUM_PICTURE if key == "imageData" else string)
            elif isinstance(item, dict):
                for name in item:
                    check_text(name, string)
                below.extend(item.items())
            elif isinstance(item, list):
                if _is_position(item):
                    positions += 1
                else:
                    below.extend((key, element) for element in item)
        count += len(level) - (positions - before)
        if positions > MAXIMUM_POSITIONS:
            raise ValueError(f"holds more than {MAXIMUM_POSITIONS} positions")
        if count > nodes:
            raise ValueError(f"holds more than {nodes} values")
        if not below:
            return
        level = below
    raise ValueError(f"nests deeper than {depth} levels")


def _is_position(items: list[Any]) -> bool:
    return 2 <= len(items) <= 4 and all(type(item) in (int, float) for item in items)


def check_text(text: str, longest: int) -> None:
    """Raise ValueError for a text that is too long or holds half a surrogate pair."""
    if len(text) > longest:
        raise ValueError(f"holds a text of more than {longest} characters")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half a surrogate pair, which is no character")


def _shortest(value: Any) -> Any:
    """Copy a value with whole floats as integers, so that they are written without ``.0``."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {key: _shortest(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortest(item) for item in value]
    return value
