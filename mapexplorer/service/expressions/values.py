"""Columns of values with nulls: what expressions are evaluated on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


class Kind(Enum):
    """The kind of value a column or an expression has."""

    NUMBER = "a number"
    TEXT = "text"
    DATE = "a date"
    TRUTH = "a condition"
    NULL = "null"


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A column of n values, or one value for all rows (shape (1,)).

    `data` holds numbers (int64 or float64), milliseconds since 1970 UTC (int64), truth values (bool) or, for
    text, codes into the array `words`; `nulls` marks the rows without a value, None meaning that every row
    has one.
    """

    kind: Kind
    data: Array
    nulls: Mask | None = None
    words: Array | None = None

    def texts(self) -> Array:
        """Return text as an object array of str; rows that are null hold an arbitrary text."""
        assert self.words is not None  # noqa: S101 - only called for text
        if len(self.words) == 0:
            return np.full(self.data.shape, "", dtype=object)
        return self.words[np.maximum(self.data, 0)]

    def map_words(self, change: Callable[[str], Any], kind: Kind, dtype: Any) -> Values:
        """Apply a function of one text to every distinct word once and spread the answers over the rows."""
        assert self.words is not None  # noqa: S101 - only called for text
        answers = np.empty(len(self.words), dtype=dtype)
        for place, word in enumerate(self.words):
            answers[place] = change(word)
        if kind is Kind.TEXT:
            return Values(kind, self.data, self.nulls, answers)
        if len(answers) == 0:
            return Values(kind, np.zeros(self.data.shape, dtype=dtype), self.nulls)
        return Values(kind, answers[np.maximum(self.data, 0)], self.nulls)


def numbers(value: float) -> Values:
    """Return one number for all rows."""
    whole = isinstance(value, int) and -(2**63) <= value < 2**63
    return Values(Kind.NUMBER, np.array([value], dtype=np.int64 if whole else np.float64))


def text(value: str) -> Values:
    """Return one text for all rows."""
    return Values(Kind.TEXT, np.zeros(1, dtype=np.int64), None, np.array([value], dtype=object))


def date(milliseconds: int) -> Values:
    """Return one date for all rows, in milliseconds since 1970 UTC."""
    return Values(Kind.DATE, np.array([milliseconds], dtype=np.int64))


def null() -> Values:
    """Return null for all rows."""
    return Values(Kind.NULL, np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool))


def from_texts(texts: Array, nulls: Mask | None) -> Values:
    """Return a text column from an object array of str."""
    return Values(Kind.TEXT, np.arange(len(texts)), nulls, texts)


def either_null(*columns: Values) -> Mask | None:
    """Return where any of the columns is null, None when no column has nulls."""
    answer: Mask | None = None
    for column in columns:
        if column.nulls is not None:
            answer = column.nulls if answer is None else answer | column.nulls
    return answer


class Columns:
    """The columns of one table by name, converted on first use and then kept; safe to share
    between threads.
    """

    def __init__(self, length: int, loaders: Mapping[str, Callable[[], Values]]) -> None:
        self._length = length
        self._loaders = loaders
        self._loaded: dict[str, Values] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Values:
        values = self._loaded.get(name)
        if values is None:
            values = self._loaded[name] = self._loaders[name]()
        return values
