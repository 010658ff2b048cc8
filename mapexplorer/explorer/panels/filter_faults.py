"""Which filter an error is about, and what can be said about a filter before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

PARAMETER = re.compile(r"layer_?defs", re.IGNORECASE)
PLACE = re.compile(r"layer_?defs\s*(?:\[\s*[\"']?|\.|/)\s*(\d+)", re.IGNORECASE)
LAYER = re.compile(r"\blayer\s*(?:id\s*)?[#:=]?\s*[\"'(]?(\d+)\b", re.IGNORECASE)
PLACED = re.compile(r"layer_?defs(?:\[[^\]]*\]|\.\d+)*\s*:", re.IGNORECASE)
BETWEEN = re.compile(r";\s+(?=[A-Za-z_]+(?:\[[^\]]*\]|\.\w+)*\s*:)")
CLAUSE = re.compile(
    r"where\s*clause|definition\s*(?:expression|query|clause)|\bSQL\b|invalid\s+(?:query|expression)",
    re.IGNORECASE,
)
LEADING = re.compile(
    r"^\s*'?layer_?defs(?:\[[^\]]*\]|\.\d+)*'?\s*:\s*(?:layer\s+\d+\s*(?:\(.*?\)\s*)?:\s*)?", re.IGNORECASE
)


def faults(error: object, names: Mapping[int, str], filtered: Iterable[int]) -> dict[int | None, str]:
    """The sentences of an error (an exception or its text) that concern filters, by layer id.

    `names` are the layers with a filter box, `filtered` those that have a filter now. A sentence that names
    no layer belongs to the only filtered layer, or to None when there are several.
    """
    found: dict[int | None, str] = {}
    active = [layer_id for layer_id in filtered if layer_id in names]
    for sentence in _sentences(error):
        if not PARAMETER.search(sentence) and not CLAUSE.search(sentence):
            continue
        layer_id = _named_layer(sentence, names)
        if layer_id is None and len(active) == 1:
            layer_id = active[0]
        words = _capital(LEADING.sub("", sentence).strip())
        found[layer_id] = f"{found[layer_id]} {words}" if layer_id in found else words
    return found


def incomplete(expression: str) -> str | None:
    """What keeps an expression from being sent: an open quote or bracket; None when it may be sent."""
    depth = 0
    quote = None
    for sign in expression:
        if quote:
            quote = None if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth < 0:
                return "There is a closing bracket without an opening one."
    if quote:
        return f"A {quote} is not closed."
    return "A bracket is not closed." if depth else None


def quoted_field(name: str) -> str:
    """A field name as an expression takes it: plain, or in double quotes when it is not a simple word."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", name) else '"' + name.replace('"', '""') + '"'


def _sentences(error: object) -> list[str]:
    """The sentences of an error, one per parameter that it names, each beginning with that parameter."""
    if error is None:
        return []
    parts: list[Any] = list(getattr(error, "faults", ())) or list(getattr(error, "details", ())) or [error]
    return [
        sentence[named.start() :] if (named := PLACED.search(sentence)) else sentence
        for part in parts
        for sentence in BETWEEN.split(str(part))
    ]


def _named_layer(sentence: str, names: Mapping[int, str]) -> int | None:
    for pattern in (PLACE, LAYER):
        found = pattern.search(sentence)
        if found and int(found.group(1)) in names:
            return int(found.group(1))
    by_name = [
        layer_id for layer_id, name in names.items() if name and f"'{name}'" in sentence.replace('"', "'")
    ]
    return by_name[0] if len(by_name) == 1 else None


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
