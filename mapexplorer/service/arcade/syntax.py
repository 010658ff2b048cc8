"""Cut an Arcade expression into tokens and build its tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

MOST_LETTERS: Final = 4_096
MOST_TOKENS: Final = 400
DEEPEST: Final = 32

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>\$?[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!=()\[\]{},;:.?`])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_STATEMENTS: Final = frozenset(
    {"if", "else", "for", "while", "function", "break", "continue", "import", "export"}
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


Node = Constant | Attribute | Variable | Call


@dataclass(frozen=True, slots=True)
class Script:
    """What an expression sets, in order, and what it returns."""

    variables: tuple[tuple[str, Node], ...]
    result: Node


def parse_script(text: str, knows: Callable[[str], bool]) -> Script:
    """Return the tree of an expression; `knows` tells functions by their name in small letters.

    Raises `ArcadeError` naming what is not understood.
    """
    if len(text) > MOST_LETTERS:
        raise ArcadeError(f"an Arcade expression has at most {MOST_LETTERS} characters here")
    return _Parser(text, knows).script()


class _Parser:
    """Reads statements and expressions from left to right."""

    def __init__(self, text: str, knows: Callable[[str], bool]) -> None:
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0
        self._knows = knows
        self._names: set[str] = set()

    def script(self) -> Script:
        variables: list[tuple[str, Node]] = []
        while self._word() == "var":
            self._next += 1
            kind, name, _ = self._take()
            if kind != "word" or name.startswith("$"):
                self._fail("a name is needed after var")
            self._expect("=")
            variables.append((name.lower(), self._expression()))
            self._names.add(name.lower())
            self._skip(";")
        if self._word() == "return":
            self._next += 1
        if self._next < len(self._tokens) and self._tokens[self._next][:2] == ("sign", ";"):
            self._fail("an expression is needed")
        result = self._expression()
        self._skip(";")
        if self._next < len(self._tokens):
            self._refuse(self._tokens[self._next])
        return Script(tuple(variables), result)

    def _expression(self, priority: int = 0) -> Node:
        if priority == len(_PRIORITIES):
            return self._prefixed()
        node = self._expression(priority + 1)
        while self._sign() in _PRIORITIES[priority]:
            sign = self._take()[1]
            node = Call(sign, (node, self._expression(priority + 1)))
        return node

    def _prefixed(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ArcadeError(f"the expression is nested deeper than {DEEPEST}")
        if self._sign() in ("!", "-", "+"):
            sign = self._take()[1]
            node: Node = Call(f"{sign} ", (self._prefixed(),))
        else:
            node = self._primary()
        self._depth -= 1
        return node

    def _primary(self) -> Node:
        token = kind, value, _ = self._take()
        if kind == "text":
            return Constant(re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value[1:-1]))
        if kind == "number":
            return Constant(float(value))
        if value == "(":
            node = self._expression()
            self._expect(")")
            return node
        if kind != "word":
            self._refuse(token)
        return self._named(token)

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
        if not self._knows(name.lower()):
            raise ArcadeError(f"the function {name[:40]} of Arcade is not understood here")
        self._expect("(")
        arguments: list[Node] = []
        while self._sign() != ")":
            if arguments:
                self._expect(",")
            arguments.append(self._expression())
        self._next += 1
        return Call(name.lower(), tuple(arguments))

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

    def _skip(self, sign: str) -> None:
        while self._sign() == sign:
            self._next += 1

    def _fail(self, problem: str) -> NoReturn:
        raise ArcadeError(problem)

    def _refuse(self, token: tuple[str, str, int], problem: str = "not understood of Arcade: ") -> NoReturn:
        raise ArcadeError(f"{problem}{token[1][:40]} (column {token[2] + 1})")


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
