"""Which layers are drawn, and what is said about single layers by their id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import strict_json
from .model import FrozenMapping, ValueFaults
from .numerals import parse_integer, shorten, whole_number

_ENTRY = re.compile(r"""(?:[^;'"]|'[^']*(?:'|\Z)|"[^"]*(?:"|\Z))*""")

MAXIMUM_IDS = 10_000


class Verb(StrEnum):
    """What a list of layers means (Export Map, layers)."""

    SHOW = "show"
    HIDE = "hide"
    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class LayerSelection:
    """A verb and layer ids; ``show`` without ids draws nothing and is written ``show:-1``."""

    verb: Verb = Verb.SHOW
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "verb", Verb(self.verb))
        ids = dict.fromkeys(whole_number(layer_id) for layer_id in self.ids)
        object.__setattr__(self, "ids", tuple(layer_id for layer_id in ids if layer_id >= 0))

    @classmethod
    def parse(cls, text: str) -> LayerSelection | None:
        """Read ``verb:id,id`` or a bare list, which means show; a verb with nothing behind it is None.

        >>> LayerSelection.parse("show:2,4,7")
        LayerSelection(verb=<Verb.SHOW: 'show'>, ids=(2, 4, 7))
        """
        verb, colon, listed = text.rpartition(":")
        meaning = _verb(verb) if colon else Verb.SHOW
        if not listed.strip():
            return None
        parts = listed.split(",", MAXIMUM_IDS)
        if len(parts) > MAXIMUM_IDS:
            raise ValueError(f"expected at most {MAXIMUM_IDS} layer ids")
        return cls(meaning, tuple(_layer_id(part) for part in parts))

    @classmethod
    def of(cls, value: Any) -> LayerSelection | None:
        """Read wire text, one id, ids (which means show), or a pair of verb and ids."""
        if value is None or isinstance(value, LayerSelection):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        if hasattr(value, "__index__"):
            return cls(Verb.SHOW, (whole_number(value),))
        if not isinstance(value, Iterable):
            raise ValueError(f"expected layer ids, not {shorten(value)}")
        items = list(value)
        if len(items) == 2 and isinstance(items[0], str) and isinstance(items[1], (list, tuple)):
            return cls(_verb(items[0]), tuple(items[1]))
        return cls(Verb.SHOW, tuple(items))

    def to_text(self) -> str:
        """Write ``verb:id,id``; nothing listed is the id −1, which no layer has."""
        return f"{self.verb.value}:{','.join(map(str, self.ids)) or '-1'}"


def _verb(text: str) -> Verb:
    try:
        return Verb(text.strip().lower())
    except ValueError as error:
        raise ValueError(f"expected show, hide, include or exclude, not {shorten(text)}") from error


def _layer_id(text: str) -> int:
    try:
        return parse_integer(text)
    except ValueError as error:
        raise ValueError(f"expected layer ids separated by commas, not {shorten(text)}") from error


def layer_key(key: Any) -> int:
    """Read the id that stands as a key of a JSON object, e.g. ``"3"``."""
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    if isinstance(key, str) and re.fullmatch(r"-?[0-9]{1,18}", key):
        return int(key)
    raise ValueFaults([((), f"expected a layer id in quotes as key, not {shorten(key)}")])


def parse_layer_definitions(text: str) -> FrozenMapping[int, str]:
    """Read definition expressions by layer: a JSON object, or the older form ``0:expr;5:expr``.

    Empty expressions and null mean no filter and are left out. In the older form entries end at a
    semicolon outside quotes and the id ends at the first colon.

    >>> parse_layer_definitions("0:POP > 5;3:NAME = 'a;b'")
    {0: 'POP > 5', 3: "NAME = 'a;b'"}
    """
    if text.lstrip().startswith("{"):
        return layer_definitions(strict_json.loads(text))
    if text.lstrip().startswith("["):
        raise ValueError("expected an object from layer id to expression, not an array")
    found: dict[int, str] = {}
    for entry in _entries(text):
        key, colon, expression = entry.partition(":")
        if not colon:
            raise ValueError(f"expected layerId:expression, not {shorten(entry)}")
        layer_id = _layer_id(key)
        if layer_id in found:
            raise ValueError(f"layer {layer_id} stands twice")
        found[layer_id] = expression.strip()
    return FrozenMapping({layer_id: text for layer_id, text in found.items() if text})


def _entries(text: str) -> list[str]:
    """Cut at semicolons outside quotes; an empty last entry is left out."""
    entries: list[str] = []
    position = 0
    while position <= len(text):
        match = _ENTRY.match(text, position)
        end = match.end() if match else len(text)
        entries.append(text[position:end])
        position = end + 1
    return entries[:-1] if len(entries) > 1 and not entries[-1].strip() else entries


def layer_definitions(value: Any) -> FrozenMapping[int, str]:
    """Turn a mapping from layer id to expression, or wire text, into its frozen form."""
    if isinstance(value, str):
        return parse_layer_definitions(value)
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object from layer id to expression, not {shorten(value)}")
    found: dict[int, str] = {}
    for key, expression in value.items():
        layer_id = layer_key(key)
        if layer_id in found:
            raise ValueFaults([((str(key),), "stands twice")])
        if expression is not None and not isinstance(expression, str):
            raise ValueFaults([((str(key),), f"expected text, not {shorten(expression)}")])
        found[layer_id] = (expression or "").strip()
    return FrozenMapping({layer_id: text for layer_id, text in found.items() if text})
