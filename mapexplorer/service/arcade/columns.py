"""Values of Arcade as columns: floats (NaN is null), truth, text (None is null) or moments (NaT is null)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.protocol.numerals import write_number
from mapexplorer.service.arcade.syntax import ArcadeError

Column = npt.NDArray[Any]
NUMBERS: Final = "f"
TRUTHS: Final = "b"
TEXTS: Final = "O"
MOMENTS: Final = "M"
_CALLED: Final = {NUMBERS: "a number", TRUTHS: "a truth value", TEXTS: "a text", MOMENTS: "a date"}


def kind_of(column: Column) -> str:
    """Return the letter of the kind of a column."""
    return column.dtype.kind


def called(column: Column) -> str:
    """Return what the values of a column are called in a sentence."""
    return _CALLED[kind_of(column)]


def column_of(values: pd.Series[Any]) -> Column:
    """Return a column of a table; truth values are 1 and 0, as a service tells them."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
        return np.asarray(naive.to_numpy()).astype("datetime64[ms]")
    if values.dtype == np.float32:
        # By their text, so that 0.1 of a single is 0.1 and not 0.10000000149.
        return np.asarray(values.astype(str).astype(np.float64))
    if pd.api.types.is_numeric_dtype(values.dtype):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    missing = values.isna().to_numpy()
    texts = values.astype(object).to_numpy(copy=True)
    texts[missing] = None
    return np.array([None if text is None else str(text) for text in texts], dtype=object)


def constant_of(value: float | str | bool | None, count: int) -> Column:
    """Return a column that is the same everywhere; null is a number that is none."""
    if value is None:
        return np.full(count, np.nan)
    return np.full(count, value, dtype={bool: bool, str: object}.get(type(value), np.float64))


def nulls_of(column: Column) -> npt.NDArray[np.bool_]:
    """Return where a column has no value."""
    match kind_of(column):
        case "f":
            return np.asarray(np.isnan(column))
        case "M":
            return np.asarray(np.isnat(column))
        case "O":
            return np.asarray(pd.isna(column))
    return np.zeros(len(column), dtype=bool)


def numbers(column: Column, what: str) -> Column:
    """Return a column of numbers, null as it is; raises `ArcadeError` naming `what` needs them."""
    match kind_of(column):
        case "f":
            return column
        case "b":
            return column.astype(np.float64)
        case "M":
            found = column.astype(np.int64).astype(np.float64)
            return np.where(np.isnat(column), np.nan, found)
    if nulls_of(column).all():
        return np.full(len(column), np.nan)
    raise ArcadeError(f"{what} needs numbers, not {called(column)}")


def truths(column: Column, what: str) -> npt.NDArray[np.bool_]:
    """Return a column of truth values; null is false. Raises `ArcadeError`."""
    if kind_of(column) == TRUTHS:
        return column
    if nulls_of(column).all():
        return np.zeros(len(column), dtype=bool)
    raise ArcadeError(f"{what} needs conditions, not {called(column)}")


def texts(column: Column) -> Column:
    """Return a column as text, null as None; numbers in their shortest form, dates as ISO 8601."""
    match kind_of(column):
        case "O":
            return column
        case "b":
            return np.where(column, "true", "false").astype(object)
        case "f":
            written = [None if value != value else write_finite(value) for value in column.tolist()]
        case _:
            written = [None if moment is None else write_date(moment) for moment in column.tolist()]
    return objects(written)


def write_finite(value: float) -> str:
    """Write a number in its shortest form, also one that is too large to be any."""
    return write_number(value) if np.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def write_date(moment: Any) -> str:
    """Write a moment, without a time at midnight."""
    midnight = moment.hour == moment.minute == moment.second == moment.microsecond == 0
    return str(moment.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S"))


def mapped(column: Column, change: Any) -> Column:
    """Return the text of a column changed value by value, each distinct one once; null stays."""
    codes, distinct = pd.factorize(texts(column))
    changed = np.append(objects([change(text) for text in distinct]), np.array([None], dtype=object))
    return changed[codes]


def objects(values: list[Any]) -> Column:
    """Return a column of texts."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def alike(*columns: Column) -> tuple[Column, ...]:
    """Return columns of one kind: all as they are, or all as text; what is nothing but null fits to any."""
    kinds = {kind_of(column) for column in columns if not nulls_of(column).all() or kind_of(column) != "f"}
    if len(kinds) > 1:
        return tuple(texts(column) for column in columns)
    kind = next(iter(kinds), NUMBERS)
    return tuple(column if kind_of(column) == kind else _nothing(kind, len(column)) for column in columns)


def _nothing(kind: str, count: int) -> Column:
    if kind == TEXTS:
        return np.full(count, None, dtype=object)
    if kind == MOMENTS:
        return np.full(count, np.datetime64("NaT"), dtype="datetime64[ms]")
    return np.zeros(count, dtype=bool) if kind == TRUTHS else np.full(count, np.nan)
