"""Statistics of features by groups, and distinct values (Esri, Query: outStatistics)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import numpy as np
import pandas as pd
from pydantic import Field, TypeAdapter, model_validator

from mapexplorer.protocol import strict_json
from mapexplorer.protocol.model import Model, ValueFaults, validate
from mapexplorer.service.features.values import wire_values
from mapexplorer.service.fields import FieldInfo, find_name

MOST_STATISTICS: Final = 64
_OUT_NAME: Final = re.compile(r"[^\W\d]\w{0,63}")
_NUMBERS_ONLY: Final = frozenset({"sum", "avg", "stddev", "var"})


class Statistic(Model):
    """One statistic of a field and the name of its value in the answer."""

    statistic_type: Literal["count", "sum", "min", "max", "avg", "stddev", "var"]
    on_statistic_field: Annotated[str, Field(strict=True, min_length=1)]
    out_statistic_field_name: str | None = None

    @model_validator(mode="after")
    def _has_a_plain_name(self) -> Statistic:
        name = self.out_statistic_field_name
        if name is not None and name and _OUT_NAME.fullmatch(name) is None:
            raise ValueFaults([(("outStatisticFieldName",), "expected a name of letters, digits and _")])
        return self

    @property
    def name(self) -> str:
        """The name of the value in the answer."""
        return self.out_statistic_field_name or f"{self.statistic_type}_{self.on_statistic_field}"


def read_statistics(text: str) -> tuple[Statistic, ...]:
    """Read `outStatistics`. Raises ValueError."""
    value = strict_json.loads(text, what="outStatistics")
    if isinstance(value, list):
        value = [
            {**item, "statisticType": item["statisticType"].lower()}
            if isinstance(item, dict) and isinstance(item.get("statisticType"), str)
            else item
            for item in value
        ]
    found = validate(TypeAdapter(tuple[Statistic, ...]), value)
    if not 1 <= len(found) <= MOST_STATISTICS:
        raise ValueError(f"expected 1 to {MOST_STATISTICS} statistics")
    return found


def settled(
    statistics: Sequence[Statistic], fields: tuple[FieldInfo, ...]
) -> tuple[tuple[Statistic, FieldInfo], ...]:
    """Return each statistic with its field. Raises ValueError for a field it cannot be made of."""
    pairs = []
    for statistic in statistics:
        name = find_name(fields, statistic.on_statistic_field)
        if name is None:
            raise ValueError(f"the layer has no field {statistic.on_statistic_field[:64]!r}")
        field = next(field for field in fields if field.name == name)
        if statistic.statistic_type in _NUMBERS_ONLY and field.type in (
            "esriFieldTypeString",
            "esriFieldTypeDate",
        ):
            raise ValueError(f"{statistic.statistic_type} needs numbers, which {name!r} does not hold")
        pairs.append((statistic, field))
    names = [statistic.name.casefold() for statistic in statistics]
    if len(set(names)) < len(names):
        raise ValueError("two statistics have the same name")
    return tuple(pairs)


def statistic_fields(pairs: Sequence[tuple[Statistic, FieldInfo]]) -> tuple[FieldInfo, ...]:
    """Return the fields of the values: whole numbers for counts, the field's own type for extremes."""
    found = []
    for statistic, field in pairs:
        kind = "esriFieldTypeDouble"
        if statistic.statistic_type == "count":
            kind = "esriFieldTypeInteger"
        elif statistic.statistic_type in ("min", "max"):
            kind = "esriFieldTypeInteger" if field.type == "esriFieldTypeOID" else field.type
        found.append(FieldInfo(statistic.name, kind, field.length if kind == field.type else None))
    return tuple(found)


def summarise(
    table: pd.DataFrame, groups: Sequence[str], pairs: Sequence[tuple[Statistic, FieldInfo]]
) -> pd.DataFrame:
    """Return a table with a row for each group (null is one), or with one row when there are no groups."""
    if groups:
        numbers, parts = _numbered(table, groups)
        columns = {name: table[name].iloc[parts].reset_index(drop=True) for name in groups}
    else:
        numbers, parts = np.zeros(len(table), dtype=np.int64), np.zeros(1, dtype=np.int64)
        columns = {}
    index = pd.RangeIndex(len(parts))
    for statistic, field in pairs:
        grouped = table[field.name].reset_index(drop=True).groupby(numbers)
        columns[statistic.name] = _one(grouped, statistic.statistic_type).reindex(index)
        if statistic.statistic_type == "count":
            columns[statistic.name] = columns[statistic.name].fillna(0).astype(np.int64)
    return pd.DataFrame(columns, index=index)


def _one(grouped: Any, kind: str) -> Any:
    """Return one statistic by group number; nulls do not count, and of nothing but nulls it is null."""
    match kind:
        case "count":
            return grouped.count()
        case "sum":
            return grouped.sum(min_count=1)
        case "avg":
            return grouped.mean()
        case "stddev":
            return grouped.std(ddof=1)
        case "var":
            return grouped.var(ddof=1)
    return grouped.min() if kind == "min" else grouped.max()


def _numbered(table: pd.DataFrame, names: Sequence[str]) -> tuple[Any, Any]:
    """Return the group number of every row, in the order groups appear, and the first row of each."""
    codes = [pd.factorize(table[name])[0].astype(np.int64) for name in names]
    together = np.zeros(len(table), dtype=np.int64)
    for code in codes:
        # Numbered again after every field, so that products of many fields cannot overflow.
        together = pd.factorize(together * (int(code.max(initial=0)) + 2) + code + 1)[0].astype(np.int64)
    _, first = np.unique(together, return_index=True)
    return together, first


def distinct_rows(table: pd.DataFrame, names: Sequence[str]) -> Any:
    """Return the numbers of the first rows of all combinations of the named fields."""
    return _numbered(table, names)[1]


def sorted_rows(table: pd.DataFrame, keys: Sequence[tuple[str, bool]]) -> Any:
    """Return row numbers in the order of (field, descending) keys; null is smaller than everything."""
    ranks = []
    for name, descending in reversed(keys):
        codes = pd.factorize(table[name], sort=True)[0].astype(np.int64)
        ranks.append(-codes if descending else codes)
    return np.lexsort(ranks) if ranks else np.arange(len(table))


def rows_as_attributes(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as attributes."""
    names = [str(name) for name in table.columns]
    columns = [wire_values(table[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
