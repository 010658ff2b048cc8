"""Fields of a layer: their types on the wire, and their columns as expressions see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from mapexplorer.service.expressions.values import Columns, Kind, Values
from mapexplorer.service.temporal import instants

OBJECT_ID = "OBJECTID"

_KINDS = {
    "esriFieldTypeOID": Kind.NUMBER,
    "esriFieldTypeSmallInteger": Kind.NUMBER,
    "esriFieldTypeInteger": Kind.NUMBER,
    "esriFieldTypeBigInteger": Kind.NUMBER,
    "esriFieldTypeSingle": Kind.NUMBER,
    "esriFieldTypeDouble": Kind.NUMBER,
    "esriFieldTypeString": Kind.TEXT,
    "esriFieldTypeDate": Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field: its name, its type on the wire, and for text the length of the longest value."""

    name: str
    type: str
    length: int | None = None

    @property
    def kind(self) -> Kind:
        """The kind of value that expressions see."""
        return _KINDS[self.type]


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns hold numbers, dates (UTC, milliseconds) or text with None for null.

    Truth values become 0 and 1, since map services have no such field; everything unknown becomes text.
    The rows are numbered from 0.
    """
    return pd.DataFrame(
        {str(name): _tidy_column(frame[name].reset_index(drop=True)) for name in frame.columns},
        index=pd.RangeIndex(len(frame)),
    )


def _tidy_column(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if column.dtype == object:
        column = _settle(column)
    if types.is_bool_dtype(column.dtype):
        column = column.astype("Float64" if column.isna().any() else "int16")
    if types.is_datetime64_any_dtype(column.dtype):
        moments, nulls = instants(column)
        dates = moments.astype("datetime64[ms]")
        dates[nulls] = np.datetime64("NaT")
        return pd.Series(dates)
    if types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype):
        return _tidy_numbers(column)
    texts = np.empty(len(column), dtype=object)
    for row, (value, missing) in enumerate(zip(column.array, column.isna(), strict=True)):
        texts[row] = None if missing else value if isinstance(value, str) else str(value)
    return pd.Series(texts, dtype=object)


def _settle(column: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of Python objects the type that its values share, if they share one."""
    sort = types.infer_dtype(column, skipna=True)
    if sort == "boolean":
        return column.astype("boolean")
    if sort in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pd.to_numeric(column)
    if sort in ("date", "datetime", "datetime64"):
        return pd.to_datetime(column, utc=True, errors="coerce")
    return column


def _tidy_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, np.dtype):
        return column
    if types.is_integer_dtype(column.dtype) and not column.isna().any():
        return pd.Series(column.to_numpy(dtype=np.int64))
    return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan))


def describe(table: pd.DataFrame, object_id_field: str, hidden: frozenset[str]) -> tuple[FieldInfo, ...]:
    """Return the fields of a table, the object id first."""
    fields = [FieldInfo(object_id_field, "esriFieldTypeOID")]
    for name in table.columns:
        if name != object_id_field and name not in hidden:
            fields.append(_describe_column(str(name), table[name]))
    return tuple(fields)


def _describe_column(name: str, column: pd.Series[Any]) -> FieldInfo:
    if types.is_datetime64_any_dtype(column.dtype):
        return FieldInfo(name, "esriFieldTypeDate", 8)
    if types.is_float_dtype(column.dtype):
        return FieldInfo(
            name, "esriFieldTypeSingle" if column.to_numpy().itemsize < 8 else "esriFieldTypeDouble"
        )
    if types.is_integer_dtype(column.dtype):
        largest = int(np.abs(column.to_numpy(dtype=np.float64)).max()) if len(column) else 0
        if column.to_numpy().itemsize <= 2:
            return FieldInfo(name, "esriFieldTypeSmallInteger")
        return FieldInfo(name, "esriFieldTypeInteger" if largest < 2**31 else "esriFieldTypeBigInteger")
    longest = (
        int(column.map(lambda value: len(value) if isinstance(value, str) else 0).max()) if len(column) else 0
    )
    return FieldInfo(name, "esriFieldTypeString", max(longest, 1))


def columns_of(table: pd.DataFrame, fields: tuple[FieldInfo, ...]) -> Columns:
    """Return the columns of a table for expressions, each converted when first used."""
    return Columns(len(table), {field.name: _loader(table, field) for field in fields})


def _loader(table: pd.DataFrame, field: FieldInfo) -> Any:
    return lambda: column_values(table[field.name], field.kind)


def column_values(column: pd.Series[Any], kind: Kind) -> Values:
    """Return a column of a tidy table as values with nulls."""
    if kind is Kind.DATE:
        moments, nulls = instants(column)
        return Values(kind, moments, nulls if nulls.any() else None)
    if kind is Kind.TEXT:
        codes, words = pd.factorize(column.to_numpy(dtype=object), use_na_sentinel=True)
        missing = codes < 0
        return Values(kind, codes, missing if missing.any() else None, np.asarray(words, dtype=object))
    numbers = column.to_numpy()
    if numbers.dtype.kind in "iu":
        return Values(kind, numbers.astype(np.int64))
    numbers = numbers.astype(np.float64)
    nulls = ~np.isfinite(numbers)
    return Values(kind, np.where(nulls, 0.0, numbers), nulls) if nulls.any() else Values(kind, numbers)


def find_name(fields: Mapping[str, Any] | tuple[FieldInfo, ...], name: str) -> str | None:
    """Return a field name as the table spells it, whatever the case of the given one, or None."""
    names = [field.name for field in fields] if isinstance(fields, tuple) else list(fields)
    folded = {known.casefold(): known for known in reversed(names)}
    return name if name in names else folded.get(name.casefold())
