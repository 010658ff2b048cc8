"""The drawing order inside a layer (Esri, All layers and tables, orderBy; JS, OrderByInfo)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol.dynamic import OrderBy
from mapexplorer.service.arcade import ArcadeError, Program, parse_program
from mapexplorer.service.arcade.columns import nulls_of
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.fields import find_name
from mapexplorer.service.layers import FeatureLayer

Ranks = npt.NDArray[np.int64]


def drawing_ranks(layer: FeatureLayer, keys: Sequence[OrderBy], place: str) -> Ranks | None:
    """Return the place of every row in the order of drawing, None when the rows keep their own order.

    Ascending puts small values on top, so they are drawn last; rows without a value lie at the bottom, equal
    ones keep their order. Raises `ElementProblem`.
    """
    if not keys:
        return None
    columns: list[tuple[str | Program, str]] = []
    for number, key in enumerate(keys):
        where = f"{place}[{number}]"
        if key.value_expression:
            columns.append((_program(layer, key.value_expression, f"{where}.valueExpression"), key.order))
            continue
        name = find_name(layer.fields, key.field or "")
        if name is None:
            raise ElementProblem(f"{where}.field", f"the layer has no field {key.field!r}")
        columns.append((name, key.order))
    return layer.shapes.noted(("order", tuple(columns)), lambda: _ranks(layer, columns))


def _program(layer: FeatureLayer, expression: str, where: str) -> Program:
    try:
        program = parse_program(expression)
        program.check(layer.table)
    except ArcadeError as problem:
        raise ElementProblem(where, str(problem)) from None
    return program


def _ranks(layer: FeatureLayer, columns: Sequence[tuple[str | Program, str]]) -> Ranks:
    values = [_sortable(*_column(layer, key), order) for key, order in columns]
    drawn = np.lexsort([part for pair in reversed(values) for part in reversed(pair)])
    ranks = np.empty(len(drawn), dtype=np.int64)
    ranks[drawn] = np.arange(len(drawn))
    return ranks


def _column(layer: FeatureLayer, key: str | Program) -> tuple[Any, Any]:
    """Return numbers in the order of the values, and where there is no value (None: nowhere)."""
    if isinstance(key, str):
        column = layer.columns[key]
        if column.words is None:
            return column.data, column.nulls
        words, codes = np.unique(column.words.astype(str), return_inverse=True)
        data = codes[np.maximum(column.data, 0)] if len(words) else np.zeros(len(column.data), dtype=np.int64)
        return data, column.nulls
    try:
        values = key.evaluate(layer.table)
    except ArcadeError:
        values = np.full(len(layer.table), np.nan)
    nulls = nulls_of(values)
    if values.dtype == object:
        return np.unique(np.where(nulls, "", values).astype(str), return_inverse=True)[1], nulls
    return values.astype(np.int64 if values.dtype.kind == "M" else np.float64), nulls


def _sortable(data: Any, nulls: Any, order: str) -> tuple[Any, Any]:
    """Return keys that sort rows as they are drawn: first those without a value, then towards the top."""
    known = np.ones(len(data), dtype=bool) if nulls is None else ~nulls
    data = np.where(known, data, 0)
    return known, data if order == "descending" else -data
