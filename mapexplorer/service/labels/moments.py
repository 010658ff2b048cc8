"""Dates in labels: patterns such as ``ddd, d MMM yyyy H:mm`` (Esri, Labeling objects, FORMATDATETIME).

d, dd day of the month · ddd, dddd day of the week · M, MM month · MMM, MMMM its name · y, yy year without the
century · yyyy year · h, hh hour of twelve · H, HH hour · m, mm minute · s, ss second · t, tt A/AM, P/PM.
Letters in single quotes and all other signs stand for themselves. Names are English, times UTC.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>[^A-Za-z'])")
_LENGTHS: Final = {"d": 4, "M": 4, "y": 4, "h": 2, "H": 2, "m": 2, "s": 2, "t": 2}
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class PatternError(ValueError):
    """A date pattern that cannot be read; the text is one sentence."""


def check_pattern(pattern: str) -> None:
    """Raise `PatternError` for a pattern with letters that stand for nothing."""
    _pieces(pattern)


def write_moment(moment: datetime, pattern: str) -> str:
    """Write a date and time by a pattern.

    >>> write_moment(datetime(2008, 7, 1, 15, 4), "dddd, d MMMM yyyy, h:mm tt")
    'Tuesday, 1 July 2008, 3:04 PM'
    """
    return "".join(text if kind == "text" else _write(moment, text) for kind, text in _pieces(pattern))


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[tuple[str, str], ...]:
    pieces = []
    place = 0
    while place < len(pattern):
        found = _TOKEN.match(pattern, place)
        if found is None:
            raise PatternError("the date pattern has a single quote that is not closed")
        place = found.end()
        letters = found["letters"]
        if letters is None:
            pieces.append(("text", found["quoted"] if found["other"] is None else found["other"]))
            continue
        if len(letters) > _LENGTHS.get(letters[0], 0) or letters == "yyy":
            raise PatternError(f"{letters!r} is nothing that a date pattern knows")
        pieces.append(("letters", letters))
    return tuple(pieces)


def _write(moment: datetime, letters: str) -> str:
    count = len(letters)
    if letters[0] in "dM" and count >= 3:
        name = _DAYS[moment.weekday()] if letters[0] == "d" else _MONTHS[moment.month - 1]
        return name if count == 4 else name[:3]
    if letters == "yyyy":
        return f"{moment.year:04d}"
    if letters[0] == "t":
        return ("AM", "PM")[moment.hour >= 12][:count]
    numbers = {
        "d": moment.day,
        "M": moment.month,
        "y": moment.year % 100,
        "h": (moment.hour + 11) % 12 + 1,
        "H": moment.hour,
        "m": moment.minute,
        "s": moment.second,
    }
    return f"{numbers[letters[0]]:0{count}d}"
