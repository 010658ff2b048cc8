"""Evaluate the SELECT of a query table on the tables of a workspace (Esri, Data source object)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlglot import exp

from mapexplorer.service.dynamic.grouping import grouped_rows
from mapexplorer.service.dynamic.matching import Indices, check_cells, taken, taken_geometry
from mapexplorer.service.dynamic.scope import FindTable, Scope, series_of, true_rows
from mapexplorer.service.dynamic.statements import Statement, parse_statement
from mapexplorer.service.expressions.grammar import MAX_ITEMS, Leaf
from mapexplorer.service.expressions.lexer import Misplaced
from mapexplorer.service.expressions.values import null, numbers
from mapexplorer.service.fields import OBJECT_ID, column_values, describe, find_name
from mapexplorer.service.sources import FeatureSource, SourceProblem
from mapexplorer.service.tables import Table, source_of_rows


def selected(text: str, find_table: FindTable) -> Table:
    """Return the table that a SELECT gives.

    `find_table` raises `SourceProblem` for a name it does not know. The geometries are those of the first
    table that has any. Raises `Misplaced` with the column of the fault, or `SourceProblem`.
    """
    return _evaluated(parse_statement(text), find_table)


def _evaluated(statement: Statement, find_table: FindTable) -> Table:
    scope = Scope(statement, find_table, lambda inner: _evaluated(inner, find_table))
    scope.join()
    rows = _filtered(scope)
    if statement.grouped:
        return Table(statement.table.name, source_of_rows(grouped_rows(scope, rows)), spatial=False)
    outputs = _outputs(scope, rows)
    table = pd.DataFrame(dict(outputs), index=pd.RangeIndex(len(rows)), copy=False)
    giver = next((part for part in scope.parts if part.table.spatial), scope.parts[0])
    carried = giver.rows[rows]
    kept = _kept_rows(statement, scope, table, rows, carried)
    table = table.iloc[kept].reset_index(drop=True)
    if OBJECT_ID not in table.columns or not table[OBJECT_ID].is_unique:
        table[OBJECT_ID] = np.arange(1, len(table) + 1, dtype=np.int64)
    source = giver.table.source
    geometry = taken_geometry(source.geometry, carried[kept])
    return Table(
        statement.table.name,
        FeatureSource(table, geometry, source.geometry_type, source.crs, frozenset()),
        giver.table.spatial,
    )


def _filtered(scope: Scope) -> Indices:
    """Return the rows for which WHERE is true."""
    count = len(scope.parts[0].rows)
    where = scope.statement.where
    if where is None:
        return np.arange(count, dtype=np.int64)
    for member, statement in scope.statement.members:
        _take_values(scope, member, scope.evaluate(statement).rows)
    condition = scope.compiler(where).condition(where.this)
    return np.flatnonzero(true_rows(condition, scope.columns())).astype(np.int64)


def _take_values(scope: Scope, member: Any, answer: pd.DataFrame) -> None:
    """Put the values of the first column of a SELECT into an IN; nothing is in no values."""
    leaves = scope.statement.sentence.leaves
    column = answer[next(name for name in answer.columns if name != OBJECT_ID or len(answer.columns) == 1)]
    (info,) = describe(column.to_frame("value"), "", frozenset())[1:]
    distinct = column.drop_duplicates()
    if not len(distinct):
        leaves += [Leaf(0, constants=(numbers(number),)) for number in (0, 1)]
        places = [exp.Placeholder(this=f"p{len(leaves) - back}") for back in (2, 1)]
        member.replace(exp.EQ(this=places[0], expression=places[1]))
        return
    single = [
        column_values(distinct.iloc[[row]], info.kind) for row in range(min(len(distinct), MAX_ITEMS + 1))
    ]
    constants = tuple(null() if one.nulls is not None and one.nulls[0] else one for one in single)
    leaves.append(Leaf(0, constants=constants, several=True))
    member.set("expressions", [exp.Placeholder(this=f"p{len(leaves) - 1}")])


def _outputs(scope: Scope, rows: Indices) -> list[tuple[str, pd.Series[Any]]]:
    """Return the columns that the statement names, with their names."""
    outputs: dict[str, pd.Series[Any]] = {}

    wide = sum(len(part.table.rows.columns) for part in scope.parts)
    stars = sum(isinstance(node, exp.Star) for node, _ in scope.statement.outputs)
    try:
        check_cells(len(rows), len(scope.statement.outputs) + wide * stars)
    except SourceProblem as problem:
        raise Misplaced(str(problem), 0) from None

    def add(name: str, qualified: str, column: pd.Series[Any]) -> None:
        for each in (name, qualified):
            if find_name(dict.fromkeys(outputs), each) is None:
                outputs[each] = column

    for node, alias in scope.statement.outputs:
        if isinstance(node, exp.Star):
            for part in scope.parts:
                for column in part.table.rows.columns:
                    add(column, f"{part.alias}.{column}", taken(part.table.rows[column], part.rows[rows]))
            continue
        if isinstance(node, exp.Column):
            wanted = scope.statement.lexeme(node)
            if scope.is_geometry(wanted):
                continue
            part, column = scope.find(wanted)
            series = taken(part.table.rows[column], part.rows[rows])
            add(alias or column, f"{part.alias}.{alias or column}", series)
            continue
        term = scope.compiler(node).value(node)
        series = series_of(term, scope.columns(), rows)
        name = alias or f"Expr{len(outputs) + 1}"
        add(name, name, series)
    return list(outputs.items())


def _kept_rows(
    statement: Statement, scope: Scope, table: pd.DataFrame, rows: Indices, carried: Indices
) -> Indices:
    """Return the rows that DISTINCT and LIMIT leave, in the order of ORDER BY."""
    order = np.arange(len(table), dtype=np.int64)
    if statement.order:
        keys = [_sort_key(statement, scope, table, rows, node) for node, _ in statement.order]
        frame = pd.DataFrame(dict(enumerate(keys)))
        rising = [not descending for _, descending in statement.order]
        order = frame.sort_values(list(frame.columns), ascending=rising, kind="stable").index.to_numpy()
    if statement.distinct:
        unlike = table.drop(columns=[name for name in table if str(name).rpartition(".")[2] == OBJECT_ID])
        unlike = unlike.assign(**{".place": carried}).iloc[order]
        order = order[~unlike.duplicated().to_numpy()]
    return order if statement.limit is None else order[: statement.limit]


def _sort_key(
    statement: Statement, scope: Scope, table: pd.DataFrame, rows: Indices, node: Any
) -> pd.Series[Any]:
    name = statement.lexeme(node)
    output = find_name({str(column): None for column in table.columns}, name.value)
    if output is not None:
        return table[output]
    part, column = scope.find(name)
    return taken(part.table.rows[column], part.rows[rows])
