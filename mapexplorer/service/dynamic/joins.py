"""Join tables: every row of the left one, with the fields of the right one beside it (Esri, Data source
object).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mapexplorer.protocol import JoinTableSource
from mapexplorer.service.dynamic.matching import check_cells, matching_rows, taken, taken_geometry
from mapexplorer.service.dynamic.problems import ElementProblem
from mapexplorer.service.fields import OBJECT_ID, find_name
from mapexplorer.service.sources import FeatureSource, SourceProblem
from mapexplorer.service.tables import Table


def joined(join: JoinTableSource, left: Table, right: Table, place: str) -> Table:
    """Return two tables joined by a key.

    A field is named as in its own table, and `table.field` as well; where both have a field of one name, that
    name means the left one. The geometries are those of the left table, or of the right one when the left has
    none. Raises `ElementProblem`.
    """
    left_key = _key(left, join.left_table_key, f"{place}.leftTableKey")
    right_key = _key(right, join.right_table_key, f"{place}.rightTableKey")
    outer = join.join_type == "esriLeftOuterJoin"
    try:
        left_rows, right_rows = matching_rows([left_key], [right_key], outer=outer)
        check_cells(len(left_rows), left.rows.shape[1] + right.rows.shape[1])
    except SourceProblem as problem:
        raise ElementProblem(place, str(problem)) from None
    columns: dict[str, pd.Series[Any]] = {}
    for table, rows in ((left, left_rows), (right, right_rows)):
        for name in table.rows.columns:
            column = taken(table.rows[name], rows)
            qualified = name if "." in name else f"{table.name}.{name}"
            for each in (name, qualified):
                if find_name(dict.fromkeys(columns), each) is None:
                    columns[each] = column
    if not columns[OBJECT_ID].is_unique:
        columns[OBJECT_ID] = pd.Series(np.arange(1, len(left_rows) + 1, dtype=np.int64))
    giver, rows = (left, left_rows) if left.spatial or not right.spatial else (right, right_rows)
    source = FeatureSource(
        pd.DataFrame(columns, index=pd.RangeIndex(len(left_rows)), copy=False),
        taken_geometry(giver.source.geometry, rows),
        giver.source.geometry_type,
        giver.source.crs,
        left.source.hidden,
    )
    return Table(left.name, source, left.spatial or right.spatial)


def _key(table: Table, name: str, place: str) -> pd.Series[Any]:
    names = {str(column): None for column in table.rows.columns}
    found = find_name(names, name) or find_name(names, name.removeprefix(f"{table.name}."))
    if found is None:
        raise ElementProblem(place, f"the table {table.name!r} has no field {name!r}")
    return table.rows[found]
