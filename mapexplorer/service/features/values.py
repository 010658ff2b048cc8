"""Attribute values on the wire: as they are for query, as text for identify and find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.protocol.numerals import write_number
from mapexplorer.service.fields import FieldInfo
from mapexplorer.service.layers import FeatureLayer

Rows = npt.NDArray[np.int64]
NULL: Final = "Null"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def wire_values(column: pd.Series[Any]) -> list[Any]:
    """Return the values of a column of a tidy table: numbers, text, milliseconds for dates, None for null."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = column.to_numpy().astype("datetime64[ms]")
        missing = np.isnat(moments)
        return [
            None if gone else int(value)
            for value, gone in zip(moments.astype(np.int64), missing, strict=True)
        ]
    if column.dtype.kind in "iu":
        return [int(value) for value in column.to_numpy()]
    if column.dtype.kind == "f":
        numbers = column.to_numpy(dtype=np.float64)
        return [float(value) if np.isfinite(value) else None for value in numbers]
    return [value if isinstance(value, str) else None for value in column.to_numpy(dtype=object)]


def attributes_of(layer: FeatureLayer, rows: Rows, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the named attributes of rows, in the order of both."""
    part = layer.table.iloc[rows]
    columns = [wire_values(part[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)] or [
        {} for _ in rows
    ]


def display_texts(layer: FeatureLayer, attributes: dict[str, Any]) -> dict[str, str]:
    """Return attributes as a person reads them: dates written out, names for codes, the word Null."""
    kinds = {field.name: field for field in layer.fields}
    return {name: _display(layer, kinds[name], value) for name, value in attributes.items()}


def _display(layer: FeatureLayer, field: FieldInfo, value: Any) -> str:
    if value is None:
        return NULL
    domain = layer.document.domains.get(field.name)
    if domain is not None:
        for coded in domain.coded_values:
            if coded.code == value:
                return str(coded.name)
    if field.type == "esriFieldTypeDate":
        return moment_text(value)
    return value if isinstance(value, str) else write_number(value)


def moment_text(milliseconds: int) -> str:
    """Return a moment as ISO 8601 text in UTC with a blank between date and time."""
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(milliseconds)
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return text if milliseconds % 1000 == 0 else f"{text}.{milliseconds % 1000:03d}"
