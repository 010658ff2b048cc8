"""Parse filter expressions: sqlglot builds the tree, an allow-list decides what may stand in it.

No text of a caller reaches the parser. The lexer replaces every field by a quoted number and every constant
by a placeholder before sqlglot sees the expression, so what is parsed consists of the words of the language
alone, and every leaf of the tree leads back to the lexeme, and so to the column, from which it came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from mapexplorer.service.expressions.constants import constant, current, moment
from mapexplorer.service.expressions.functions import FUNCTIONS
from mapexplorer.service.expressions.lexer import Kind as LexemeKind
from mapexplorer.service.expressions.lexer import Lexeme, Misplaced, lexemes
from mapexplorer.service.expressions.values import Kind, Values

MAX_ITEMS: Final = 1000

_SPECIAL: Final = frozenset({"EXTRACT", "POSITION", "SUBSTRING", "TRIM"})
_UNITS: Final = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
_SIDES: Final = frozenset({"BOTH", "LEADING", "TRAILING"})
_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "FROM", "FOR"})
_MOMENTS: Final = frozenset({"CURRENT_DATE", "CURRENT_TIMESTAMP"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field that expressions may name: its name in the table and the kind of its values."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Leaf:
    """What stands at the end of a branch: a field, a constant, the values of a parameter or the present
    moment.
    """

    position: int
    field: Field | None = None
    constants: tuple[Values, ...] = ()
    several: bool = False
    moment: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of value the leaf stands for."""
        if self.field is not None:
            return self.field.kind
        return Kind.DATE if self.moment else self.constants[0].kind if self.constants else Kind.NULL

    def values(self) -> Values:
        """Return the value of a leaf that is not a field."""
        return current(self.moment) if self.moment else self.constants[0]


@dataclass(slots=True)
class Sentence:
    """The expression as the parser sees it, and the way back from there to the caller's text."""

    text: str = ""
    leaves: list[Leaf] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def add(self, words: str, position: int) -> None:
        """Append words that stand for the lexeme at that position of the original."""
        self.starts.append(len(self.text))
        self.positions.append(position)
        self.text += words + " "

    def leaf(self, leaf: Leaf, words: str) -> None:
        """Append a leaf; `words` holds a place for its number."""
        self.add(words.replace("#", str(len(self.leaves))), leaf.position)
        self.leaves.append(leaf)

    def origin(self, column: int) -> int:
        """Return the position in the original of a column of the sentence."""
        return self.positions[max(bisect_right(self.starts, column) - 1, 0)]


def parse(
    text: str, fields: Mapping[str, Field], parameters: Mapping[str, tuple[Values, ...] | Values]
) -> tuple[Any, Sentence]:
    """Return the syntax tree of an expression and the sentence it was parsed from.

    `fields` is keyed by case-folded name; `parameters` gives the values of `::name` placeholders, a tuple for
    one that allows several. Raises `Misplaced`.
    """
    sentence = _sentence(lexemes(text), fields, parameters)
    try:
        tree = sqlglot.parse_one(sentence.text, into=exp.Condition)
    except ParseError as error:
        column = int(error.errors[0].get("col") or 1) - 1 if error.errors else 0
        raise Misplaced("the expression is incomplete or wrong here", sentence.origin(column)) from None
    except (TokenError, RecursionError):
        raise Misplaced("the expression cannot be read", 0) from None
    return tree, sentence


def _sentence(
    found: Sequence[Lexeme], fields: Mapping[str, Field], parameters: Mapping[str, Any]
) -> Sentence:
    sentence = Sentence()
    index = 0
    while index < len(found):
        lexeme = found[index]
        following = found[index + 1] if index + 1 < len(found) else None
        if lexeme.kind is LexemeKind.WORD:
            index += _add_word(sentence, lexeme, following, found[max(index - 2, 0) : index], fields)
        else:
            _add_other(sentence, lexeme, fields, parameters)
        index += 1
    return sentence


def _add_other(
    sentence: Sentence, lexeme: Lexeme, fields: Mapping[str, Field], parameters: Mapping[str, Any]
) -> None:
    if lexeme.kind is LexemeKind.OPERATOR:
        sentence.add(lexeme.value, lexeme.position)
    elif lexeme.kind is LexemeKind.QUOTED:
        _add_field(sentence, lexeme, fields)
    elif lexeme.kind is LexemeKind.PLACEHOLDER:
        if lexeme.value not in parameters:
            raise Misplaced(f"there is no parameter ::{lexeme.value}", lexeme.position)
        bound = parameters[lexeme.value]
        several = isinstance(bound, tuple)
        sentence.leaf(Leaf(lexeme.position, constants=bound if several else (bound,), several=several), ":p#")
    else:
        add_constant(sentence, lexeme)


def add_constant(sentence: Sentence, lexeme: Lexeme) -> None:
    """Append a number or a quoted text."""
    sentence.leaf(Leaf(lexeme.position, constants=(constant(lexeme),)), ":p#")


def _add_field(sentence: Sentence, lexeme: Lexeme, fields: Mapping[str, Field]) -> None:
    known = fields.get(lexeme.value.casefold())
    if known is None:
        raise Misplaced(f"unknown field {_short(lexeme.value)}", lexeme.position)
    sentence.leaf(Leaf(lexeme.position, field=known), '"f#"')


def _add_word(
    sentence: Sentence,
    lexeme: Lexeme,
    following: Lexeme | None,
    before: Sequence[Lexeme],
    fields: Mapping[str, Field],
) -> int:
    """Append a bare word and return how many further lexemes it took."""
    taken = add_language_word(sentence, lexeme, following, before, fields)
    if taken is None:
        _add_field(sentence, lexeme, fields)
    return taken or 0


def add_language_word(
    sentence: Sentence,
    lexeme: Lexeme,
    following: Lexeme | None,
    before: Sequence[Lexeme],
    fields: Collection[str],
) -> int | None:
    """Append a word of the language and return how many further lexemes it took.

    None, and nothing appended, for a name; `fields` are case-folded names that win over CURRENT_DATE and
    CURRENT_TIMESTAMP. Raises `Misplaced` for an unknown function.
    """
    word = lexeme.upper
    called = following is not None and following.upper == "("
    unit = word in _UNITS and [part.upper for part in before] == ["EXTRACT", "("]
    side = word in _SIDES and [part.upper for part in before] == ["TRIM", "("]
    if word in ("DATE", "TIMESTAMP") and following is not None and following.kind is LexemeKind.TEXT:
        sentence.leaf(Leaf(lexeme.position, constants=(moment(word, following),)), ":p#")
        return 1
    if called and word in _SPECIAL:
        sentence.add(word, lexeme.position)
    elif called and word in FUNCTIONS:
        sentence.add(f"fn_{word}", lexeme.position)
    elif unit or side or word in _KEYWORDS:
        sentence.add(word, lexeme.position)
    elif called:
        raise Misplaced(f"unknown function {_short(lexeme.value)}", lexeme.position)
    elif word in _MOMENTS and lexeme.value.casefold() not in fields:
        sentence.leaf(Leaf(lexeme.position, moment=word), ":p#")
    else:
        return None
    return 0


def _short(name: str) -> str:
    return repr(name if len(name) <= 40 else name[:40] + "…")
