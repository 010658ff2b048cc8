"""Value types: for each kind of parameter value its parser, its writer, its coercion and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from . import strict_json
from .model import Model, validate
from .numerals import finite_number, parse_number, shorten, write_number
from .spatial import Extent, SpatialReference
from .time import moment

Schema = dict[str, Any]


@dataclass(frozen=True)
class ValueType:
    """How the values of a parameter are read from text, written, and made from Python values.

    ``parse`` and ``coerce`` raise ValueError saying what was expected (ValueFaults for places inside
    JSON); ``parse`` may give None for a text that means "not given".
    """

    name: str
    parse: Callable[[str], Any]
    write: Callable[[Any], str]
    coerce: Callable[[Any], Any]
    json_schema: Callable[[], Schema]

    def schema(self) -> Schema:
        """Give the JSON Schema of a value."""
        return self.json_schema()


def number_type(name: str, *, above: float | None = None) -> ValueType:
    """Make the type of a finite number, optionally above a bound."""

    def check(value: float) -> float:
        if above is not None and value <= above:
            raise ValueError(f"expected a number above {write_number(above)}, not {write_number(value)}")
        return value

    def schema() -> Schema:
        return {"type": "number"} if above is None else {"type": "number", "exclusiveMinimum": above}

    return ValueType(
        name, lambda text: check(parse_number(text)), write_number, lambda v: check(finite_number(v)), schema
    )


def keyword_type(keywords: type[StrEnum], *, folded: bool) -> ValueType:
    """Make the type of one word out of a list; ``folded`` ignores upper and lower case."""
    words = {word.value.lower() if folded else word.value: word for word in keywords}

    def parse(text: str) -> StrEnum:
        stripped = text.strip()
        found = words.get(stripped.lower() if folded else stripped)
        if found is None:
            known = ", ".join(word.value for word in keywords)
            raise ValueError(f"expected one of {known}, not {shorten(text)}")
        return found

    def coerce(value: Any) -> StrEnum:
        if not isinstance(value, str):
            raise ValueError(f"expected one of {', '.join(words)}, not {shorten(value)}")
        return parse(str(value))

    return ValueType(
        keywords.__name__,
        parse,
        lambda value: str(value.value),
        coerce,
        lambda: {"type": "string", "enum": [word.value for word in keywords]},
    )


def _parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(f"expected true or false, not {shorten(text)}")
    return word == "true"


def _coerce_boolean(value: Any) -> bool:
    if isinstance(value, str):
        return _parse_boolean(value)
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    raise ValueError(f"expected True or False, not {shorten(value)}")


BOOLEAN = ValueType(
    "Boolean",
    _parse_boolean,
    lambda value: "true" if value else "false",
    _coerce_boolean,
    lambda: {"type": "boolean"},
)


def _check_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected text, not {shorten(value)}")
    return value.strip()


TEXT = ValueType("Text", _check_text, str, _check_text, lambda: {"type": "string", "minLength": 1})


def object_type(
    name: str, parse: Callable[[str], Any], coerce: Callable[[Any], Any], schema: Schema
) -> ValueType:
    """Make the type of a value that writes itself with ``to_text``."""
    return ValueType(name, parse, lambda value: str(value.to_text()), coerce, lambda: schema)


def json_type(
    name: str,
    read: Callable[[Any], Any],
    write: Callable[[Any], Any],
    schema: Callable[[], Schema],
    parse: Callable[[str], Any] | None = None,
    prepare: Callable[[Any], Any] = lambda value: value,
) -> ValueType:
    """Make the type of a JSON parameter: ``read`` takes the parsed JSON, ``write`` gives JSON back.

    ``prepare`` brings shorter forms that only Python code may use into the form of the wire.
    """

    def parse_json(text: str) -> Any:
        return read(strict_json.loads(text))

    def coerce(value: Any) -> Any:
        if isinstance(value, str):
            return (parse or parse_json)(value)
        plain = prepare(to_plain(value))
        strict_json.measure(plain)
        return read(plain)

    return ValueType(name, parse or parse_json, lambda value: strict_json.dumps(write(value)), coerce, schema)


def model_type(
    name: str,
    adapter: TypeAdapter[Any],
    *,
    check: Callable[[Any], Any] = lambda value: value,
    write: Callable[[Any], Any] | None = None,
    prepare: Callable[[Any], Any] = lambda value: value,
) -> ValueType:
    """Make the type of a JSON parameter read by a pydantic adapter and then checked as a whole."""

    def dump(value: Any) -> Any:
        return value.to_json() if isinstance(value, Model) else [item.to_json() for item in value]

    return json_type(
        name,
        lambda value: check(validate(adapter, value)),
        write or dump,
        lambda: adapter.json_schema(by_alias=True),
        prepare=prepare,
    )


def as_array(value: Any) -> Any:
    """Let one element stand for an array of one."""
    return value if isinstance(value, list) else [value]


def to_plain(value: Any) -> Any:
    """Turn models, numpy values, dates, enumerations and containers into plain JSON values."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"expected numbers of at most 64 bits, not {shorten(value)}")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.value if isinstance(value, StrEnum) else value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, Model):
        return value.to_json()
    if isinstance(value, (SpatialReference, Extent)):
        return value.as_given()
    if isinstance(value, date) or type(value).__name__ == "datetime64":
        return moment(value)
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [to_plain(item) for item in value]
    raise ValueError(f"expected a value that JSON can hold, not {shorten(value)}")
