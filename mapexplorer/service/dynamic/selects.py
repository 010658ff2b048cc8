"""Evaluate the SELECT of a query table on the tables of a workspace (Esri, Data source object)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlglot import exp

from mapexplorer.service.dynamic.matching import Indices, check_cells, matching_rows, taken, taken_geometry
from mapexplorer.service.dynamic.statements import Statement, TableName, parse_statement
from mapexplorer.service.expressions.grammar import Field
from mapexplorer.service.expressions.lexer import Lexeme, Misplaced
from mapexplorer.service.expressions.terms import Compiler, Term
from mapexplorer.service.expressions.values import Columns, Kind, Values
from mapexplorer.service.fields import OBJECT_ID, column_values, describe, find_name
from mapexplorer.service.sources import FeatureSource, SourceProblem
from mapexplorer.service.tables import Table

GEOMETRY_NAMES: Final = frozenset({"shape", "geometry", "geom", "the_geom"})
"""Names by which a statement may mean the geometry, which its rows carry anyway."""

FindTable = Callable[[str], Table]


def selected(text: str, find_table: FindTable) -> Table:
    """Return the table that a SELECT gives.

    `find_table` raises `SourceProblem` for a name it does not know. The geometries are those of the first
    table that has any. Raises `Misplaced` with the column of the fault, or `SourceProblem`.
    """
    statement = parse_statement(text)
    scope = _Scope(statement, find_table)
    scope.join()
    rows = _filtered(scope)
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


@dataclass(slots=True)
class _Part:
    """One table of a statement and its row for every row of the statement so far."""

    table: Table
    alias: str
    rows: Indices


class _Scope:
    """The tables of a statement and what their columns are called."""

    def __init__(self, statement: Statement, find_table: FindTable) -> None:
        self.statement = statement
        self._find_table = find_table
        self.parts: list[_Part] = []
        self._add(statement.table)
        self.parts[0].rows = np.arange(len(self.parts[0].table.rows), dtype=np.int64)

    def _add(self, name: TableName) -> _Part:
        try:
            table = self._find_table(name.name)
        except SourceProblem as problem:
            raise Misplaced(str(problem), name.position) from None
        alias = name.alias.rpartition(".")[2] if name.alias == name.name else name.alias
        if any(part.alias.casefold() == alias.casefold() for part in self.parts):
            raise Misplaced(f"two tables are called {alias!r}; give one another name", name.position)
        self.parts.append(_Part(table, alias, np.empty(0, dtype=np.int64)))
        return self.parts[-1]

    def join(self) -> None:
        """Match the rows of the further tables, one table after the other."""
        for join in self.statement.joins:
            part = self._add(join.table)
            own: list[pd.Series[Any]] = []
            others: list[pd.Series[Any]] = []
            for pair in join.pairs:
                sides = [(*self.find(self.statement.lexeme(node)), node) for node in pair]
                mine = [number for number, (found, _, _) in enumerate(sides) if found is part]
                if len(mine) != 1:
                    position = self.statement.lexeme(pair[0]).position
                    raise Misplaced("ON compares a column of the joined table with an earlier one", position)
                _, column, _ = sides[mine[0]]
                own.append(part.table.rows[column])
                other, column, _ = sides[1 - mine[0]]
                others.append(taken(other.table.rows[column], other.rows))
            try:
                left_rows, part.rows = matching_rows(others, own, outer=join.outer)
            except SourceProblem as problem:
                raise Misplaced(str(problem), join.table.position) from None
            for earlier in self.parts[:-1]:
                earlier.rows = earlier.rows[left_rows]

    def find(self, name: Lexeme) -> tuple[_Part, str]:
        """Return the table and the column that a name means. Raises `Misplaced`."""
        found = [(part, column) for part in self.parts if (column := _column(part, name.value)) is not None]
        if len(found) == 1:
            return found[0]
        problem = "unknown field" if not found else "several tables have a field"
        raise Misplaced(f"{problem} {name.value[:60]!r}", name.position)

    def is_geometry(self, name: Lexeme) -> bool:
        """Tell whether a name means the geometry, because no table has such a field."""
        fields = [part for part in self.parts if _column(part, name.value) is not None]
        return not fields and name.value.casefold().rpartition(".")[2] in GEOMETRY_NAMES

    def key(self, part: _Part, column: str) -> str:
        """Return the name of a column among those of all tables."""
        return f"{self.parts.index(part)}.{column}"

    def columns(self) -> Columns:
        """Return the columns of all tables, row by row of the statement."""
        loaders: dict[str, Callable[[], Values]] = {}
        for part in self.parts:
            for info in describe(part.table.rows, OBJECT_ID, frozenset()):
                loaders[self.key(part, info.name)] = self._loader(part, info.name, info.kind)
        return Columns(len(self.parts[0].rows), loaders)

    def _loader(self, part: _Part, column: str, kind: Kind) -> Callable[[], Values]:
        return lambda: column_values(taken(part.table.rows[column], part.rows), kind)

    def compiler(self, node: Any) -> Compiler:
        """Return a compiler for the expressions below a node, its names looked up."""
        leaves = self.statement.sentence.leaves
        for number, name in self.statement.columns(node):
            part, column = self.find(name)
            kinds = {info.name: info.kind for info in describe(part.table.rows, OBJECT_ID, frozenset())}
            leaves[number] = replace(leaves[number], field=Field(self.key(part, column), kinds[column]))
        return Compiler(self.statement.sentence)


def _column(part: _Part, name: str) -> str | None:
    """Return the column of a table that a name means, `field` or `table.field`, None when it has none."""
    names = {str(column): None for column in part.table.rows.columns}
    table, _, field = name.rpartition(".")
    if table and part.alias.casefold() in (table.casefold(), table.casefold().rpartition(".")[2]):
        return find_name(names, field)
    return find_name(names, name)


def _filtered(scope: _Scope) -> Indices:
    """Return the rows for which WHERE is true."""
    count = len(scope.parts[0].rows)
    node = scope.statement.where
    if node is None:
        return np.arange(count, dtype=np.int64)
    condition = scope.compiler(node).condition(node)
    answer = condition.evaluate(scope.columns())
    true = answer.data.astype(bool)
    if answer.nulls is not None:
        true = true & ~answer.nulls
    return np.flatnonzero(np.broadcast_to(true, (count,))).astype(np.int64)


def _outputs(scope: _Scope, rows: Indices) -> list[tuple[str, pd.Series[Any]]]:
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
        series = _series(term, scope.columns(), rows)
        name = alias or f"Expr{len(outputs) + 1}"
        add(name, name, series)
    return list(outputs.items())


def _series(term: Term, columns: Columns, rows: Indices) -> pd.Series[Any]:
    """Return the values of an expression as a column of a table."""
    answer = term.evaluate(columns)
    shape = (len(columns),)
    nulls = np.zeros(shape, dtype=bool) if answer.nulls is None else np.broadcast_to(answer.nulls, shape)
    nulls = nulls[rows]
    if answer.kind is Kind.TEXT:
        texts = np.broadcast_to(answer.texts(), shape)[rows].astype(object)
        texts[nulls] = None
        return pd.Series(texts, dtype=object)
    data = np.broadcast_to(answer.data, shape)[rows]
    if answer.kind is Kind.DATE:
        dates = data.astype("datetime64[ms]")
        dates[nulls] = np.datetime64("NaT")
        return pd.Series(dates)
    if answer.kind is Kind.NULL or nulls.any():
        return pd.Series(np.where(nulls, np.nan, data.astype(np.float64)))
    return pd.Series(data.copy())


def _kept_rows(
    statement: Statement, scope: _Scope, table: pd.DataFrame, rows: Indices, carried: Indices
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
    statement: Statement, scope: _Scope, table: pd.DataFrame, rows: Indices, node: Any
) -> pd.Series[Any]:
    name = statement.lexeme(node)
    output = find_name({str(column): None for column in table.columns}, name.value)
    if output is not None:
        return table[output]
    part, column = scope.find(name)
    return taken(part.table.rows[column], part.rows[rows])
