"""The tables of a SELECT, joined row by row, and what their columns are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.service.dynamic.matching import Indices, matching_rows, taken
from mapexplorer.service.dynamic.statements import Statement, TableName
from mapexplorer.service.expressions.grammar import Field
from mapexplorer.service.expressions.lexer import Lexeme, Misplaced
from mapexplorer.service.expressions.terms import Compiler, Term
from mapexplorer.service.expressions.values import Columns, Kind, Values
from mapexplorer.service.fields import OBJECT_ID, column_values, describe, find_name
from mapexplorer.service.sources import SourceProblem
from mapexplorer.service.tables import Table

GEOMETRY_NAMES: Final = frozenset({"shape", "geometry", "geom", "the_geom"})
"""Names by which a statement may mean the geometry, which its rows carry anyway."""

FindTable = Callable[[str], Table]


@dataclass(slots=True)
class Part:
    """One table of a statement and its row for every row of the statement so far."""

    table: Table
    alias: str
    rows: Indices


class Scope:
    """The tables of a statement and what their columns are called."""

    def __init__(
        self, statement: Statement, find_table: FindTable, evaluate: Callable[[Statement], Table]
    ) -> None:
        self.statement = statement
        self._find_table = find_table
        self.evaluate = evaluate
        self.parts: list[Part] = []
        self._add(statement.table)
        self.parts[0].rows = np.arange(len(self.parts[0].table.rows), dtype=np.int64)

    def _add(self, name: TableName) -> Part:
        table = self._table(name)
        alias = name.alias.rpartition(".")[2] if name.alias == name.name else name.alias
        if any(part.alias.casefold() == alias.casefold() for part in self.parts):
            raise Misplaced(f"two tables are called {alias!r}; give one another name", name.position)
        self.parts.append(Part(table, alias, np.empty(0, dtype=np.int64)))
        return self.parts[-1]

    def _table(self, name: TableName) -> Table:
        if name.query is not None:
            return self.evaluate(name.query)
        try:
            return self._find_table(name.name)
        except SourceProblem as problem:
            raise Misplaced(str(problem), name.position) from None

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

    def find(self, name: Lexeme) -> tuple[Part, str]:
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

    def key(self, part: Part, column: str) -> str:
        """Return the name of a column among those of all tables."""
        return f"{self.parts.index(part)}.{column}"

    def columns(self) -> Columns:
        """Return the columns of all tables, row by row of the statement."""
        loaders: dict[str, Callable[[], Values]] = {}
        for part in self.parts:
            for info in describe(part.table.rows, OBJECT_ID, frozenset()):
                loaders[self.key(part, info.name)] = self._loader(part, info.name, info.kind)
        return Columns(len(self.parts[0].rows), loaders)

    def _loader(self, part: Part, column: str, kind: Kind) -> Callable[[], Values]:
        return lambda: column_values(taken(part.table.rows[column], part.rows), kind)

    def compiler(self, node: Any) -> Compiler:
        """Return a compiler for the expressions below a node, its names looked up."""
        leaves = self.statement.sentence.leaves
        for number, name in self.statement.columns(node):
            part, column = self.find(name)
            leaves[number] = replace(
                leaves[number], field=Field(self.key(part, column), self.kind(part, column))
            )
        return Compiler(self.statement.sentence)

    def kind(self, part: Part, column: str) -> Kind:
        """Return the kind of the values of a column."""
        (info,) = (info for info in describe(part.table.rows, OBJECT_ID, frozenset()) if info.name == column)
        return info.kind


def _column(part: Part, name: str) -> str | None:
    """Return the column of a table that a name means, `field` or `table.field`, None when it has none."""
    names = {str(column): None for column in part.table.rows.columns}
    table, _, field = name.rpartition(".")
    if table and part.alias.casefold() in (table.casefold(), table.casefold().rpartition(".")[2]):
        return find_name(names, field)
    return find_name(names, name)


def true_rows(condition: Term, columns: Columns) -> npt.NDArray[np.bool_]:
    """Return for every row whether a condition is true; unknown is not."""
    answer = condition.evaluate(columns)
    true = answer.data.astype(bool)
    if answer.nulls is not None:
        true = true & ~answer.nulls
    return np.broadcast_to(true, (len(columns),))


def series_of(term: Term, columns: Columns, rows: Indices) -> pd.Series[Any]:
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
