"""Cut an Arcade expression into tokens and build the trees of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

MOST_LETTERS: Final = 4_096
MOST_TOKENS: Final = 400
DEEPEST: Final = 32

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<template>`(?:[^`\\]|\\.)*`)
      | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>\$?[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||\+\+|--|\+=|-=|\*=|/=|%=|[-+*/%<>!=()\[\]{},;:.?`])""",
    re.VERBOSE | re.DOTALL,
)
_OPEN: Final = re.compile(r"(?<!\\)\$\{")
_INSERTED: Final = re.compile(r"(?<!\\)\$\{([^{}`]*)\}")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_STATEMENTS: Final = frozenset(
    {"if", "else", "for", "while", "function", "break", "continue", "return", "var", "import", "export"}
)
_PRIORITIES: Final = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)


class ArcadeError(ValueError):
    """An Arcade expression that cannot be obeyed; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, a truth value or null."""

    value: float | str | bool | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of the feature."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that the expression has set before."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a sign between or before values, and what it is given."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An array of values."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A value of an array."""

    array: Node
    index: Node


@dataclass(frozen=True, slots=True)
class DomainName:
    """The name of a coded value: that of a field, or of another value as the field codes it."""

    field: str
    value: Node


Node = Constant | Attribute | Variable | Call | Listed | Item | DomainName


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the values that a value is made of."""
    match node:
        case Call():
            return node.arguments
        case Listed():
            return node.items
        case Item():
            return node.array, node.index
        case DomainName():
            return (node.value,)
    return ()


class ValueParser:
    """Reads values from left to right; `knows` tells functions by their name in small letters."""

    def __init__(self, text: str, knows: Callable[[str], bool]) -> None:
        if len(text) > MOST_LETTERS:
            raise ArcadeError(f"an Arcade expression has at most {MOST_LETTERS} characters here")
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0
        self._knows = knows
        self._names: set[str] = set()

    def _expression(self, priority: int = 0) -> Node:
        if priority == len(_PRIORITIES):
            return self._prefixed()
        node = self._expression(priority + 1)
        while self._sign() in _PRIORITIES[priority]:
            sign = self._take()[1]
            node = Call(sign, (node, self._expression(priority + 1)))
        if priority == 0 and self._sign() == "?":
            self._next += 1
            with self._deeper():
                holds = self._expression()
                self._expect(":")
                return Call("iif", (node, holds, self._expression()))
        return node

    def _prefixed(self) -> Node:
        with self._deeper():
            if self._sign() in ("!", "-", "+"):
                sign = self._take()[1]
                return Call(f"{sign} ", (self._prefixed(),))
            node = self._primary()
            while self._sign() == "[":
                self._next += 1
                node = Item(node, self._expression())
                self._expect("]")
            return node

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ArcadeError(f"the expression is nested deeper than {DEEPEST}")
        yield
        self._depth -= 1

    def _primary(self) -> Node:
        token = kind, value, _ = self._take()
        if kind == "text":
            return Constant(_unescaped(value[1:-1]))
        if kind == "template":
            return self._template(value[1:-1])
        if kind == "number":
            return Constant(float(value))
        if value == "(":
            node = self._expression()
            self._expect(")")
            return node
        if value == "[":
            return Listed(self._list("]"))
        if kind != "word":
            self._refuse(token)
        return self._named(token)

    def _template(self, text: str) -> Node:
        """Return a text with values in it, as in `${$feature.name}`."""
        pieces = _INSERTED.split(text)
        parts: list[Node] = [Constant("")]
        for number, piece in enumerate(pieces):
            if number % 2 == 0:
                if _OPEN.search(piece):
                    raise ArcadeError("a value in a text stands between ${ and }, without braces of its own")
                parts.append(Constant(_unescaped(piece)))
                continue
            inner = ValueParser(piece, self._knows)
            inner._names, inner._depth = self._names, self._depth
            with inner._deeper():
                parts.append(inner._expression())
            if inner._next < len(inner._tokens):
                inner._refuse(inner._tokens[inner._next])
        return Call("concatenate", tuple(parts))

    def _named(self, token: tuple[str, str, int]) -> Node:
        word = token[1].lower()
        if word in ("true", "false", "null"):
            return Constant({"true": True, "false": False, "null": None}[word])
        if word == "$feature":
            return self._attribute()
        if word == "textformatting" and self._sign() == ".":
            self._next += 1
            if self._take()[1].lower() == "newline":
                return Constant("\n")
            raise ArcadeError("of TextFormatting only NewLine is understood")
        if word in _STATEMENTS:
            raise ArcadeError(f"{word} of Arcade is not understood here (column {token[2] + 1})")
        if self._sign() == "(":
            return self._call(token[1])
        if word not in self._names:
            self._refuse(token)
        return Variable(word)

    def _attribute(self) -> Node:
        sign = self._take()[1]
        kind, name, _ = self._take()
        if sign == "." and kind == "word":
            return Attribute(name)
        if sign != "[" or kind != "text":
            raise ArcadeError('$feature stands before a field, as in $feature.name or $feature["name"]')
        self._expect("]")
        return Attribute(name[1:-1])

    def _call(self, name: str) -> Node:
        if name.lower() == "domainname":
            return self._domain_name()
        if not self._knows(name.lower()):
            raise ArcadeError(f"the function {name[:40]} of Arcade is not understood here")
        self._expect("(")
        return Call(name.lower(), self._list(")"))

    def _list(self, end: str) -> tuple[Node, ...]:
        """Return the values up to a sign that ends them."""
        found: list[Node] = []
        while self._sign() != end:
            if found:
                self._expect(",")
            found.append(self._expression())
        self._next += 1
        return tuple(found)

    def _domain_name(self) -> DomainName:
        self._expect("(")
        feature = self._take()[1].lower() == "$feature" and self._sign() == ","
        given = self._list(")") if feature and self._take() else ()
        if not (1 <= len(given) <= 2 and isinstance(given[0], Constant) and isinstance(given[0].value, str)):
            raise ArcadeError('DomainName takes $feature and a field, as in DomainName($feature, "kind")')
        field = given[0].value
        return DomainName(field, given[1] if len(given) > 1 else Attribute(field))

    # --- tokens ---

    def _word(self) -> str:
        kind, value, _ = self._tokens[self._next] if self._next < len(self._tokens) else ("", "", 0)
        return value.lower() if kind == "word" else ""

    def _sign(self) -> str:
        kind, value, _ = self._tokens[self._next] if self._next < len(self._tokens) else ("", "", 0)
        return value if kind == "sign" else ""

    def _take(self) -> tuple[str, str, int]:
        if self._next >= len(self._tokens):
            raise ArcadeError("the expression ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token[:2] != ("sign", sign):
            self._refuse(token, f"expected {sign}, not ")

    def _refuse(self, token: tuple[str, str, int], problem: str = "not understood of Arcade: ") -> NoReturn:
        raise ArcadeError(f"{problem}{token[1][:40]} (column {token[2] + 1})")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ArcadeError(f"not understood of Arcade: {text[place]} (column {place + 1})")
        if match.lastgroup != "blank":
            found.append((match.lastgroup or "", match.group(), place))
        place = match.end()
        if len(found) > MOST_TOKENS:
            raise ArcadeError(f"the expression has more than {MOST_TOKENS} parts")
    if not found:
        raise ArcadeError("the expression is empty")
    return found
