"""Cut a filter expression into lexemes; nothing that is not listed here gets any further."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_BYTES: Final = 4096
MAX_LEXEMES: Final = 256
MAX_DEPTH: Final = 32

# One alternative per lexeme, none with nested repetition, so the scan is linear.
_LEXEME: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | (?P<comment>--|/\*)
      | '(?P<text>(?:[^']|'')*)'
      | "(?P<quoted>(?:[^"]|"")+)"
      | ::(?P<placeholder>[^\W\d]\w*)
      | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*)
      | (?P<operator><>|<=|>=|[=<>+\-*/(),])""",
    re.VERBOSE,
)


class Kind(Enum):
    """What a lexeme is."""

    TEXT = "text"
    QUOTED = "quoted"
    PLACEHOLDER = "placeholder"
    NUMBER = "number"
    WORD = "word"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One lexeme: its kind, its value (quotes removed and undoubled) and the column where it
    begins, from 0.
    """

    kind: Kind
    value: str
    position: int

    @property
    def upper(self) -> str:
        """The value of a bare word or an operator in capitals, an empty text for every other lexeme."""
        return self.value.upper() if self.kind in (Kind.WORD, Kind.OPERATOR) else ""


class Misplaced(Exception):  # noqa: N818 - a place, told as part of an ExpressionError
    """Something in an expression that the language does not have, with the column where it stands, from 0."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position


def lexemes(text: str) -> list[Lexeme]:
    """Return the lexemes of an expression.

    Raises `Misplaced` for a comment, a second statement, a character outside the language, and for an
    expression that is longer (4096 bytes, 256 lexemes) or nested deeper (32) than the service allows.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Misplaced(f"the expression is longer than {MAX_BYTES} bytes", 0)
    found: list[Lexeme] = []
    position = 0
    while position < len(text):
        match = _LEXEME.match(text, position)
        if match is None:
            raise Misplaced(_stray(text, position), position)
        if match.lastgroup == "comment":
            raise Misplaced("comments are not allowed", position)
        if match.lastgroup != "blank":
            found.append(_lexeme(match, position))
        position = match.end()
        if len(found) > MAX_LEXEMES:
            raise Misplaced(f"the expression has more than {MAX_LEXEMES} parts", position)
    if not found:
        raise Misplaced("the expression is empty", 0)
    _limit_depth(found)
    return found


def _lexeme(match: re.Match[str], position: int) -> Lexeme:
    group = match.lastgroup or ""
    value = match.group(group)
    if group == "text":
        value = value.replace("''", "'")
    elif group == "quoted":
        value = value.replace('""', '"')
    elif group == "number" and re.match(r"\w", match.string[match.end() : match.end() + 1]):
        raise Misplaced(
            f"a number must not run into a word: {match.string[position : match.end() + 1]!r}", position
        )
    return Lexeme(Kind(group), value, position)


def _stray(text: str, position: int) -> str:
    character = text[position]
    if character in "'\"":
        return "the quotation mark is never closed"
    if character == ";":
        return "only one expression is allowed, no second statement"
    if text.startswith("!=", position):
        return "write <> instead of !="
    return f"unexpected character {character!r}"


def _limit_depth(found: list[Lexeme]) -> None:
    """Refuse deep nesting before the parser, which recurses, sees it; signs and NOT nest as brackets do."""
    depth = prefixes = 0
    for lexeme in found:
        if lexeme.upper == "(":
            depth += 1
        elif lexeme.upper == ")":
            depth -= 1
        prefixes = prefixes + 1 if lexeme.upper in ("NOT", "-", "+") else 0
        if depth + prefixes > MAX_DEPTH:
            raise Misplaced(f"the expression is nested deeper than {MAX_DEPTH}", lexeme.position)
