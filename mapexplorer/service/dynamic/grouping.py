"""GROUP BY: the rows of a SELECT put together, with statistics of each group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlglot import exp

from mapexplorer.service.dynamic.matching import Indices, check_cells, taken
from mapexplorer.service.dynamic.scope import Scope, series_of, true_rows
from mapexplorer.service.expressions.grammar import Field, Leaf
from mapexplorer.service.expressions.lexer import Lexeme, Misplaced
from mapexplorer.service.expressions.terms import Compiler
from mapexplorer.service.expressions.values import Columns, Kind, Values
from mapexplorer.service.fields import column_values, find_name
from mapexplorer.service.sources import SourceProblem

_NUMBERS_ONLY: Final = (exp.Sum, exp.Avg)
_KNOWN: Final = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)


def grouped_rows(scope: Scope, rows: Indices) -> pd.DataFrame:
    """Return the rows that a SELECT with groups gives. Raises `Misplaced`."""
    statement = scope.statement
    try:
        check_cells(len(rows), 2 * len(statement.outputs) + len(statement.groups or ()))
    except SourceProblem as problem:
        raise Misplaced(str(problem), 0) from None
    groups = _Groups(scope, rows)
    table: dict[str, Any] = {}
    for node, alias in statement.outputs:
        if isinstance(node, exp.Star):
            raise Misplaced("a SELECT with groups names its columns instead of *", 0)
        plain = statement.lexeme(node).value if isinstance(node, exp.Column) else None
        name = alias or plain or f"Expr{len(table) + 1}"
        if find_name(dict.fromkeys(table), name) is not None:
            raise Misplaced(f"two columns are called {name[:60]!r}; give one another name", 0)
        table[name] = groups.values(node)
    kept = np.ones(groups.count, dtype=bool) if statement.having is None else groups.matches(statement.having)
    frame = pd.DataFrame(table, index=pd.RangeIndex(groups.count))
    return _arranged(scope, frame[kept].reset_index(drop=True))


def _arranged(scope: Scope, frame: pd.DataFrame) -> pd.DataFrame:
    statement = scope.statement
    if statement.order:
        keys = []
        for node, _ in statement.order:
            name = statement.lexeme(node)
            column = find_name({str(column): None for column in frame.columns}, name.value)
            if column is None:
                raise Misplaced(
                    f"ORDER BY takes columns that the query gives, not {name.value[:60]!r}", name.position
                )
            keys.append(column)
        frame = frame.sort_values(keys, ascending=[not down for _, down in statement.order], kind="stable")
    if statement.distinct:
        frame = frame.drop_duplicates()
    return frame.iloc[: statement.limit].reset_index(drop=True)


class _Groups:
    """Groups of rows, by number, with the columns they are told apart by and the statistics asked of them."""

    def __init__(self, scope: Scope, rows: Indices) -> None:
        self._scope, self._rows = scope, rows
        self._columns: dict[str, tuple[pd.Series[Any], Kind]] = {}
        named = [scope.find(scope.statement.lexeme(node)) for node in scope.statement.groups or ()]
        series = [taken(part.table.rows[column], part.rows[rows]) for part, column in named]
        if series:
            keys = pd.DataFrame(dict(enumerate(series)))
            self._numbers = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup().to_numpy()
        else:
            self._numbers = np.zeros(len(rows), dtype=np.int64)
        present, first = np.unique(self._numbers, return_index=True)
        self.count = len(present) if series else 1
        for (part, column), values in zip(named, series, strict=True):
            kept = values.iloc[first].reset_index(drop=True)
            self._columns[scope.key(part, column)] = kept, scope.kind(part, column)

    def values(self, node: Any) -> pd.Series[Any]:
        """Return what an expression over groups and statistics gives for every group."""
        whole = exp.Paren(this=node)
        compiler = self._compiler(whole)
        return series_of(compiler.value(whole), self._known(), np.arange(self.count, dtype=np.int64))

    def matches(self, having: Any) -> Any:
        """Return for every group whether a condition holds."""
        compiler = self._compiler(having)
        return true_rows(compiler.condition(having.this), self._known())

    def _known(self) -> Columns:
        return Columns(self.count, {key: _loader(*pair) for key, pair in self._columns.items()})

    def _compiler(self, whole: Any) -> Compiler:
        statement = self._scope.statement
        for node in list(whole.find_all(exp.AggFunc)):
            node.replace(self._statistic(node))
        leaves = statement.sentence.leaves
        for number, name in statement.columns(whole):
            leaves[number] = replace(leaves[number], field=self._grouped(name))
        return Compiler(statement.sentence)

    def _grouped(self, name: Lexeme) -> Field:
        part, column = self._scope.find(name)
        key = self._scope.key(part, column)
        if key not in self._columns:
            raise Misplaced(
                f"{name.value[:60]!r} stands neither in GROUP BY nor in a statistic", name.position
            )
        return Field(key, self._columns[key][1])

    def _statistic(self, node: Any) -> Any:
        """Make a statistic of every group and return a column that stands for it."""
        unlike = isinstance(node.this, exp.Distinct)
        given = node.this.expressions[0] if unlike and len(node.this.expressions) == 1 else node.this
        counted = isinstance(node, exp.Count)
        if not isinstance(node, _KNOWN) or node.args.get("expressions") or (unlike and not counted):
            raise Misplaced("statistics are COUNT, SUM, MIN, MAX and AVG of one value", 0)
        if isinstance(given, exp.Star):
            made, kind = self._counts(), Kind.NUMBER
        else:
            term = self._scope.compiler(given).value(given)
            if isinstance(node, _NUMBERS_ONLY) and term.kind is not Kind.NUMBER:
                raise Misplaced(f"{node.key.upper()} needs numbers, not {term.kind.value}", term.position)
            values = series_of(term, self._scope.columns(), self._rows)
            grouped = values.groupby(self._numbers)
            made = _made(node.key, grouped, unlike).reindex(pd.RangeIndex(self.count))
            kind = Kind.NUMBER if counted else term.kind
        if counted:
            made = made.fillna(0).astype(np.int64)
        leaves = self._scope.statement.sentence.leaves
        key = f"statistic {len(leaves)}"
        self._columns[key] = made, kind
        leaves.append(Leaf(0, field=Field(key, kind)))
        return exp.Column(this=exp.Identifier(this=f"f{len(leaves) - 1}", quoted=True))

    def _counts(self) -> pd.Series[Any]:
        return pd.Series(np.bincount(self._numbers, minlength=self.count))


def _made(name: str, grouped: Any, unlike: bool) -> Any:
    match name:
        case "count":
            return grouped.nunique() if unlike else grouped.count()
        case "sum":
            return grouped.sum(min_count=1)
        case "avg":
            return grouped.mean()
    return grouped.min() if name == "min" else grouped.max()


def _loader(values: pd.Series[Any], kind: Kind) -> Callable[[], Values]:
    return lambda: column_values(values, kind)
