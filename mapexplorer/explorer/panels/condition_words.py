"""The words of a filter expression: names, numbers, texts and signs, for reading simple conditions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_WORD = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")+")
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<word>[^\W\d][\w.]*)
    | (?P<sign><>|!=|<=|>=|[<>=(),])
    )""",
    re.VERBOSE,
)


class NotBuildable(ValueError):  # noqa: N818 - a limit of the builder, not a fault of the expression
    """An expression that is more than a list of conditions; the message says in what way."""


@dataclass(frozen=True)
class Word:
    """One part of an expression; texts and names without their quotes."""

    kind: Literal["text", "name", "number", "word", "sign"]
    text: str


def words_of(expression: str) -> list[Word]:
    """Cut an expression into words. Raises NotBuildable where it holds anything else."""
    found: list[Word] = []
    rest = expression.strip()
    while rest:
        match = _WORD.match(rest)
        if match is None:
            raise NotBuildable("it holds signs that conditions do not have")
        for kind in ("text", "name", "number", "word", "sign"):
            if (part := match[kind]) is not None:
                quote = {"text": "'", "name": '"'}.get(kind)
                plain = part if quote is None else part[1:-1].replace(quote * 2, quote)
                found.append(Word(kind, plain))
        rest = rest[match.end() :].lstrip()
    return found


class Words:
    """A row of words that is read from its beginning."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words, self._at = words, 0

    @property
    def over(self) -> bool:
        """Whether all words were read."""
        return self._at >= len(self._words)

    def next(self) -> Word:
        """Read one word. Raises NotBuildable at the end."""
        if self.over:
            raise NotBuildable("it is not complete")
        self._at += 1
        return self._words[self._at - 1]

    def take_word(self, *wanted: str) -> str | None:
        """Read one of these words of the language, in capitals, if it comes next."""
        if self.over:
            return None
        word = self._words[self._at]
        if word.kind != "word" or word.text.upper() not in wanted:
            return None
        self._at += 1
        return word.text.upper()

    def expect_word(self, wanted: str) -> None:
        """Read this word. Raises NotBuildable when another comes."""
        if self.take_word(wanted) is None:
            raise NotBuildable("it holds more than comparisons of fields with values")

    def take_sign(self, wanted: str) -> bool:
        """Read this sign if it comes next."""
        if self.over or self._words[self._at] != Word("sign", wanted):
            return False
        self._at += 1
        return True
