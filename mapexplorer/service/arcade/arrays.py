"""Arrays of Arcade: every row has its own length, every place is a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.arcade.columns import (
    TEXTS,
    Column,
    alike,
    constant_of,
    kind_of,
    nulls_of,
    numbers,
    objects,
    texts,
)
from mapexplorer.service.arcade.syntax import ArcadeError

MOST_ITEMS: Final = 256
MOST_VALUES: Final = 16 * 2**20
"""Items of the arrays of all features together."""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Array:
    """The items of all rows, and how many of them each row has."""

    items: tuple[Column, ...]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, items: tuple[Column, ...], count: int) -> Array:
        """Return an array of the same length in every row."""
        return cls(_bounded(items), np.full(count, len(items), dtype=np.int64))

    def at(self, index: Column) -> Column:
        """Return the item with a number in every row, null where there is none; below 0 from the end."""
        places = numbers(index, "the number of an item")
        places = np.where(places < 0, places + self.lengths, places)
        inside = places < self.lengths
        found = constant_of(None, len(places))
        for number, item in enumerate(self.items):
            found = merged(inside & (places == number), item, found)
        return found

    def with_item(self, index: Column, value: Column) -> Array:
        """Return the array with another item; one after the last is added."""
        places = numbers(index, "the number of an item")
        places = np.where(places < 0, places + self.lengths, places)
        if ((places < 0) | (places > self.lengths) | (places != np.floor(places))).any():
            raise ArcadeError("an array has no item of that number")
        width = int(max(places.max(initial=-1) + 1, len(self.items)))
        blank = constant_of(None, len(places))
        items = self.items + (blank,) * (width - len(self.items))
        changed = tuple(merged(places == number, value, item) for number, item in enumerate(items))
        return Array(_bounded(changed), np.maximum(self.lengths, places.astype(np.int64) + 1))

    def pushed(self, value: Column) -> Array:
        """Return the array with a value more at its end."""
        return self.with_item(self.lengths.astype(np.float64), value)


Value = Column | Array


def _bounded(items: tuple[Column, ...]) -> tuple[Column, ...]:
    if items:
        _check_size(len(items), len(items[0]))
    return items


def _check_size(width: int, rows: int) -> None:
    if width > MOST_ITEMS:
        raise ArcadeError(f"an array has at most {MOST_ITEMS} items")
    if width > 1 and width * rows > MOST_VALUES:
        raise ArcadeError(f"the arrays of all features have at most {MOST_VALUES} items together")


def merged(rows: Flags, new: Any, old: Any) -> Any:
    """Return a value that is new in some rows; what is of two kinds then becomes text."""
    if rows.all():
        return new
    if not rows.any():
        return old
    if isinstance(new, Array) != isinstance(old, Array):
        raise ArcadeError("a variable is an array for some features and none for others")
    if not isinstance(new, Array):
        new, old = alike(new, old)
        return np.where(rows, new, old)
    blank = constant_of(None, len(rows))
    width = max(len(new.items), len(old.items))
    pairs = zip(*(array.items + (blank,) * (width - len(array.items)) for array in (new, old)), strict=True)
    items = tuple(merged(rows, mine, theirs) for mine, theirs in pairs)
    return Array(items, np.where(rows, new.lengths, old.lengths))


def _filled(array: Array, name: str) -> tuple[Column, Flags]:
    """Return the items as numbers, (items, rows), and which of them are there and not null."""
    if not array.items:
        return np.zeros((0, len(array.lengths))), np.zeros((0, len(array.lengths)), dtype=bool)
    found = np.stack([numbers(item, name) for item in array.items])
    return found, (np.arange(len(found))[:, None] < array.lengths) & ~np.isnan(found)


def _total(array: Array) -> Column:
    found, there = _filled(array, "Sum")
    return np.asarray(np.where(there, found, 0.0).sum(axis=0))


def _mean(array: Array) -> Column:
    found, there = _filled(array, "Mean")
    count = there.sum(axis=0)
    total = np.where(there, found, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _extreme(name: str, choose: Any, worst: float) -> Callable[[Array], Column]:
    def evaluate(array: Array) -> Column:
        found, there = _filled(array, name)
        best = choose.reduce(np.where(there, found, worst), axis=0, initial=worst)
        return np.where(there.any(axis=0), best, np.nan)

    return evaluate


def _joined(array: Array, separator: Column | None = None) -> Column:
    between = objects([""] * len(array.lengths)) if separator is None else texts(separator)
    written = [texts(item).tolist() for item in array.items]
    rows = []
    for row, (count, sign) in enumerate(zip(array.lengths.tolist(), between.tolist(), strict=True)):
        rows.append((sign or "").join(written[number][row] or "" for number in range(count)))
    return objects(rows)


def _place(array: Array, value: Column) -> Column:
    found = np.full(len(array.lengths), -1.0)
    for number in reversed(range(len(array.items))):
        mine, asked = alike(array.items[number], value)
        same = (mine == asked) | (nulls_of(mine) & nulls_of(asked))
        found[np.asarray(same, dtype=bool) & (number < array.lengths)] = number
    return found


def _backwards(array: Array) -> Array:
    ends = array.lengths.astype(np.float64) - 1
    items = tuple(
        array.at(np.where(ends >= number, ends - number, np.nan)) for number in range(len(array.items))
    )
    return Array(items, array.lengths)


def _pieces(value: Column, separator: Column) -> Array:
    if kind_of(separator) != TEXTS:
        raise ArcadeError("Split needs a text to split at")
    pairs = zip(texts(value).tolist(), separator.tolist(), strict=True)
    rows = [[] if text is None else text.split(sign) if sign else list(text) for text, sign in pairs]
    width = max(map(len, rows), default=0)
    _check_size(width, len(rows))
    items = tuple(
        objects([row[number] if number < len(row) else None for row in rows]) for number in range(width)
    )
    return Array(items, np.array([len(row) for row in rows], dtype=np.int64))


@dataclass(frozen=True)
class ArrayFunction:
    """A function that takes or gives an array, and how many values it takes."""

    evaluate: Callable[..., Any]
    least: int
    most: int


ARRAY_FUNCTIONS: Final[Mapping[str, ArrayFunction]] = {
    "count": ArrayFunction(lambda array: array.lengths.astype(np.float64), 1, 1),
    "concatenate": ArrayFunction(_joined, 1, 2),
    "includes": ArrayFunction(lambda array, value: _place(array, value) >= 0, 2, 2),
    "indexof": ArrayFunction(_place, 2, 2),
    "sum": ArrayFunction(_total, 1, 1),
    "mean": ArrayFunction(_mean, 1, 1),
    "average": ArrayFunction(_mean, 1, 1),
    "max": ArrayFunction(_extreme("Max", np.maximum, -np.inf), 1, 1),
    "min": ArrayFunction(_extreme("Min", np.minimum, np.inf), 1, 1),
    "first": ArrayFunction(lambda array: array.at(np.zeros(len(array.lengths))), 1, 1),
    "back": ArrayFunction(lambda array: array.at(np.full(len(array.lengths), -1.0)), 1, 1),
    "reverse": ArrayFunction(_backwards, 1, 1),
    "push": ArrayFunction(lambda array, value: array.pushed(value), 2, 2),
    "isempty": ArrayFunction(lambda array: array.lengths < 0, 1, 1),
    "split": ArrayFunction(_pieces, 2, 2),
}
"""By name in small letters; all but Split take an array first."""
