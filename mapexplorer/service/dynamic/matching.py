"""Which rows of two tables belong together by equal keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.service.sources import SourceProblem
from mapexplorer.service.time_limit import check_time

Indices = npt.NDArray[np.int64]
NO_ROW: Final = -1
MOST_ROWS: Final = 1_000_000
"""Rows that a join or a query may give."""
MOST_CELLS: Final = 20_000_000
"""Rows times fields that a join or a query may give: 160 MB."""


def matching_rows(
    left: Sequence[pd.Series[Any]], right: Sequence[pd.Series[Any]], *, outer: bool
) -> tuple[Indices, Indices]:
    """Return the row numbers of both sides for every pair with equal keys, in the order of the left rows.

    The series are the parts of the key, one or more on each side. A null equals nothing. With `outer` a left
    row without a partner stays, beside NO_ROW. Raises `SourceProblem` for keys of different kinds, and for
    more than MOST_ROWS pairs.
    """
    check_time()
    left_codes, right_codes = _codes(left, right)
    order = np.argsort(right_codes, kind="stable")
    ordered = right_codes[order]
    starts = np.searchsorted(ordered, left_codes, side="left")
    counts = np.searchsorted(ordered, left_codes, side="right") - starts
    counts[left_codes < 0] = 0
    kept = np.maximum(counts, 1) if outer else counts
    total = int(kept.sum())
    if total > MOST_ROWS:
        raise SourceProblem(f"the join gives {total} rows, more than {MOST_ROWS}")
    left_rows = np.repeat(np.arange(len(left_codes), dtype=np.int64), kept)
    nth = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(kept) - kept, kept)
    found = np.repeat(counts > 0, kept)
    places = np.where(found, np.repeat(starts, kept) + nth, 0)
    right_rows = np.full(total, NO_ROW, dtype=np.int64)
    right_rows[found] = order[places[found]]
    return left_rows, right_rows


def check_cells(rows: int, columns: int) -> None:
    """Raise `SourceProblem` for a table that would take too much memory."""
    check_time()
    if rows * columns > MOST_CELLS:
        raise SourceProblem(f"{rows} rows of {columns} fields are more than {MOST_CELLS} values")


def _codes(left: Sequence[pd.Series[Any]], right: Sequence[pd.Series[Any]]) -> tuple[Indices, Indices]:
    """Return a number per row of each side, equal exactly where the keys are, negative where one is null."""
    count = len(left[0])
    combined = np.zeros(count + len(right[0]), dtype=np.int64)
    null = np.zeros(len(combined), dtype=bool)
    for one, other in zip(left, right, strict=True):
        codes, distinct = pd.factorize(_alike(one, other))
        null |= codes < 0
        combined, _ = pd.factorize(combined * (len(distinct) + 1) + np.maximum(codes, 0))
    combined[null] = -1
    return combined[:count].astype(np.int64), combined[count:].astype(np.int64)


def _alike(left: pd.Series[Any], right: pd.Series[Any]) -> npt.NDArray[Any]:
    """Return both columns as one array of values that can be compared."""
    kinds = [_kind(column) for column in (left, right)]
    if kinds[0] != kinds[1]:
        raise SourceProblem(f"{kinds[0]} cannot be compared with {kinds[1]}")
    whole = all(pd.api.types.is_integer_dtype(column.dtype) for column in (left, right))
    if kinds[0] == "numbers":
        dtype: Any = np.int64 if whole else np.float64
        return np.concatenate([column.to_numpy(dtype=dtype) for column in (left, right)])
    return np.concatenate([column.to_numpy() for column in (left, right)])


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "dates"
    return "numbers" if pd.api.types.is_numeric_dtype(column.dtype) else "text"


def taken(column: pd.Series[Any], rows: Indices) -> pd.Series[Any]:
    """Return the values of a column at some rows, null at NO_ROW."""
    missing = rows < 0
    if not len(column):
        empty = pd.Series(np.full(len(rows), None, dtype=object))
        return empty if column.dtype == object else empty.astype("float64")
    values = column.take(np.maximum(rows, 0)).reset_index(drop=True)
    if not missing.any():
        return values
    if pd.api.types.is_integer_dtype(values.dtype):
        values = values.astype(np.float64)
    return values.mask(missing, None if values.dtype == object else np.nan)


def taken_geometry(geometry: npt.NDArray[np.object_], rows: Indices) -> npt.NDArray[np.object_]:
    """Return the geometries at some rows, None at NO_ROW."""
    if not len(geometry):
        return np.full(len(rows), None, dtype=object)
    found = geometry[np.maximum(rows, 0)]
    found[rows < 0] = None
    return found
