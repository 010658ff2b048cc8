"""Lists of field names in a request, whatever the names hold: people have commas and quotes in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

_MOST_COMMAS: Final = 7
"""Commas of one name that are looked for."""


def listed(text: str, known: Callable[[str], bool]) -> Iterator[str]:
    """Yield the parts of a list, which is cut at its commas except those inside something known.

    >>> list(listed("a, b,c ,d", lambda part: part == "b,c"))
    ['a', 'b,c', 'd']
    """
    parts = text.split(",")
    while parts:
        lengths = range(min(len(parts), _MOST_COMMAS + 1), 1, -1)
        length = next((one for one in lengths if known(",".join(parts[:one]).strip())), 1)
        yield ",".join(parts[:length]).strip()
        del parts[:length]


def bare(text: str) -> str:
    """Return a name without the double quotes around it.

    >>> bare('"max wind"'), bare('size "q"')
    ('max wind', 'size "q"')
    """
    if len(text) > 2 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('""', '"')
    return text
