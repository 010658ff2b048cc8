"""LIKE without regular expressions: a matcher whose time cannot explode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MAX_WILDCARDS: Final = 16


def like(pattern: str) -> Callable[[str], bool]:
    """Return a test for texts that match a LIKE pattern, where % stands for any text and _ for one character.

    Between two % the leftmost match is the best one, so no choice is ever taken back. Case-sensitive.
    Raises ValueError when the pattern has more than 16 wildcards.
    """
    if sum(pattern.count(wildcard) for wildcard in "%_") > MAX_WILDCARDS:
        raise ValueError(f"a LIKE pattern may hold at most {MAX_WILDCARDS} wildcards")
    pieces = pattern.split("%")
    if len(pieces) == 1:
        return lambda text: len(text) == len(pattern) and _fits(text, pattern, 0)
    first, *middle, last = pieces
    middle = [piece for piece in middle if piece]

    def matches(text: str) -> bool:
        end = len(text) - len(last)
        if len(first) > end or not _fits(text, first, 0) or not _fits(text, last, end):
            return False
        position = len(first)
        for piece in middle:
            found = _find(text, piece, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return True

    return matches


def _fits(text: str, piece: str, position: int) -> bool:
    if "_" not in piece:
        return text.startswith(piece, position)
    part = text[position : position + len(piece)]
    return len(part) == len(piece) and all(
        wanted in ("_", character) for wanted, character in zip(piece, part, strict=True)
    )


def _find(text: str, piece: str, position: int, end: int) -> int:
    if "_" not in piece:
        return text.find(piece, position, end)
    for start in range(position, end - len(piece) + 1):
        if _fits(text, piece, start):
            return start
    return -1
