"""The drawing order inside a layer (Esri, All layers and tables, orderBy; JS, OrderByInfo)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol.dynamic import OrderBy
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
    columns = []
    for number, key in enumerate(keys):
        where = f"{place}[{number}]"
        if key.value_expression:
            raise ElementProblem(
                f"{where}.valueExpression", "this service orders by a field only, not by an expression"
            )
        name = find_name(layer.fields, key.field or "")
        if name is None:
            raise ElementProblem(f"{where}.field", f"the layer has no field {key.field!r}")
        columns.append((name, key.order))
    return layer.shapes.noted(("order", tuple(columns)), lambda: _ranks(layer, columns))


def _ranks(layer: FeatureLayer, columns: Sequence[tuple[str, str]]) -> Ranks:
    values = [_sortable(layer, name, order) for name, order in columns]
    drawn = np.lexsort([part for pair in reversed(values) for part in reversed(pair)])
    ranks = np.empty(len(drawn), dtype=np.int64)
    ranks[drawn] = np.arange(len(drawn))
    return ranks


def _sortable(layer: FeatureLayer, name: str, order: str) -> tuple[Any, Any]:
    """Return keys that sort rows as they are drawn: first those without a value, then towards the top."""
    column = layer.columns[name]
    data = column.data
    if column.words is not None:
        words, codes = np.unique(column.words.astype(str), return_inverse=True)
        data = codes[np.maximum(data, 0)] if len(words) else np.zeros(len(data), dtype=np.int64)
    known = np.ones(len(data), dtype=bool) if column.nulls is None else ~column.nulls
    data = np.where(known, data, 0)
    return known, data if order == "descending" else -data
