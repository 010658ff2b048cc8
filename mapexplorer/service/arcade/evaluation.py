"""Evaluate Arcade expressions on the columns of a table.

Every statement is carried out for all rows at once; conditions, loops and returns only tell for which rows
it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from mapexplorer.service.arcade.arrays import ARRAY_FUNCTIONS, Array, Flags, Value, merged
from mapexplorer.service.arcade.columns import Column, column_of, constant_of, mapped, numbers, texts, truths
from mapexplorer.service.arcade.functions import FUNCTIONS
from mapexplorer.service.arcade.statements import (
    Assign,
    Block,
    Each,
    Give,
    If,
    Jump,
    Loop,
    Statement,
    parse_statements,
    values_in,
)
from mapexplorer.service.arcade.syntax import (
    ArcadeError,
    Attribute,
    Call,
    Constant,
    DomainName,
    Item,
    Listed,
    Node,
    Variable,
)
from mapexplorer.service.time_limit import check_time

MOST_STEPS: Final = 5_000
"""Statements that are carried out, those of loops every time."""

Names = Mapping[str, Mapping[str, str]]
"""The names of coded values, by field and by the code as it is written."""


@dataclass(frozen=True)
class Program:
    """A checked Arcade expression."""

    statements: Block

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, as they are spelled in it."""
        found = (node.name for node in values_in(self.statements) if isinstance(node, Attribute))
        return tuple(dict.fromkeys(found))

    @property
    def single_field(self) -> str | None:
        """The field that it is nothing but, None where it calculates."""
        if len(self.statements) == 1 and isinstance(self.statements[0], Give):
            value = self.statements[0].value
            return value.name if isinstance(value, Attribute) else None
        return None

    def evaluate(self, table: pd.DataFrame, names: Names | None = None) -> Column:
        """Return the value of every row; ``names`` are what DomainName tells.

        Raises `ArcadeError` for values of a wrong kind, for a field that the table does not have, and for
        loops that do not end.
        """
        if not len(table):
            return constant_of(None, 0)
        with np.errstate(all="ignore"):
            return _Run(table, names or {}).result(self.statements)

    def check(self, table: pd.DataFrame) -> Column:
        """Return the value for one row that is nowhere null, so that every value of a wrong kind shows.

        Raises `ArcadeError`.
        """
        columns = {}
        for field in self.fields:
            values = _named(table, field)
            known = values[values.notna().to_numpy()].iloc[:1]
            columns[field] = (known if len(known) else values.iloc[:1]).reset_index(drop=True)
        return self.evaluate(pd.DataFrame(columns, index=pd.RangeIndex(1)))

    def texts(self, table: pd.DataFrame, names: Names | None = None) -> list[str | None]:
        """Return the value of every row as text, None for null. Raises `ArcadeError`."""
        found = texts(self.evaluate(table, names)).tolist()
        return [None if text is None else str(text) for text in found]


@lru_cache(maxsize=256)
def parse_program(text: str) -> Program:
    """Read an Arcade expression. Raises `ArcadeError` naming what is not understood."""
    program = Program(parse_statements(text, lambda name: name in FUNCTIONS or name in ARRAY_FUNCTIONS))
    for node in values_in(program.statements):
        if isinstance(node, Call):
            _check(node)
    return program


def _check(call: Call) -> None:
    ways = [table[call.name] for table in (FUNCTIONS, ARRAY_FUNCTIONS) if call.name in table]
    if not any(way.least <= len(call.arguments) <= way.most for way in ways):
        raise ArcadeError(f"{call.name.strip()} does not take {len(call.arguments)} values")
    pattern = call.arguments[1] if call.name == "text" and len(call.arguments) > 1 else Constant("")
    if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
        raise ArcadeError("Text takes its pattern as a quoted text")


class _Run:
    """One evaluation: the variables, and which rows take part in what is carried out."""

    def __init__(self, table: pd.DataFrame, names: Names) -> None:
        self.table = table
        self.names = {field.casefold(): coded for field, coded in names.items()}
        self.known: dict[str, Value] = {}
        self.value: Column = constant_of(None, len(table))
        self.flowing = np.ones(len(table), dtype=bool)
        self.left = np.zeros(len(table), dtype=bool)
        self.skipped = np.zeros(len(table), dtype=bool)
        self.steps = 0

    def result(self, statements: Block) -> Column:
        self.carry_out(statements, np.ones(len(self.table), dtype=bool))
        return self.value

    def carry_out(self, statements: Block, rows: Flags) -> None:
        """Carry out statements for rows, without those that have returned or left the loop."""
        for statement in statements:
            rows = rows & self.flowing
            if not rows.any():
                return
            self._count()
            self._one(statement, rows)

    def _count(self) -> None:
        check_time()
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ArcadeError(f"the expression takes more than {MOST_STEPS} steps")

    def _one(self, statement: Statement, rows: Flags) -> None:
        match statement:
            case Assign():
                self._assign(statement, rows)
            case If():
                holds = self._truth(statement.condition, "if")
                self.carry_out(statement.then, rows & holds)
                self.carry_out(statement.otherwise, rows & ~holds)
            case Loop():
                self._repeat(statement, rows)
            case Each():
                self._each(statement, rows)
            case Jump():
                self.flowing &= ~rows
                kept = self.left if statement.leaves else self.skipped
                kept |= rows
            case Give():
                value = self._column(statement.value, "the result")
                self.value = np.asarray(merged(rows, value, self.value))
                if statement.final:
                    self.flowing &= ~rows

    def _assign(self, statement: Assign, rows: Flags) -> None:
        value = self.value_of(statement.value)
        old = self.known.get(statement.name)
        if statement.index is not None:
            if not isinstance(old, Array) or isinstance(value, Array):
                raise ArcadeError(f"{statement.name} is no array whose items can be set")
            at = numbers(self._column(statement.index, "an item"), "the number of an item")
            # Rows that take no part have no item changed that they might not have.
            value = old.with_item(np.where(rows, at, 0.0), value)
        if old is None:
            old = Array((), np.zeros(len(rows), np.int64)) if isinstance(value, Array) else _nothing(rows)
        self.known[statement.name] = merged(rows, value, old)

    def _repeat(self, loop: Loop, rows: Flags) -> None:
        around = self.left, self.skipped
        self.left, self.skipped = np.zeros_like(rows), np.zeros_like(rows)
        while True:
            self._count()
            rows = rows & self.flowing & self._truth(loop.condition, "a loop")
            if not rows.any():
                break
            self._round(loop.body, rows)
            self.carry_out(loop.step, rows)
        self.flowing |= self.left
        self.left, self.skipped = around

    def _each(self, loop: Each, rows: Flags) -> None:
        array = self.value_of(loop.array)
        if not isinstance(array, Array):
            raise ArcadeError("for goes through arrays only")
        around = self.left, self.skipped
        self.left, self.skipped = np.zeros_like(rows), np.zeros_like(rows)
        for number, item in enumerate(array.items):
            rows = rows & self.flowing & (number < array.lengths)
            if not rows.any():
                break
            self._count()
            self.known[loop.name] = item if loop.values else np.full(len(rows), float(number))
            self._round(loop.body, rows)
        self.flowing |= self.left
        self.left, self.skipped = around

    def _round(self, body: Block, rows: Flags) -> None:
        self.carry_out(body, rows)
        self.flowing |= self.skipped
        self.skipped[:] = False

    def _truth(self, node: Node, what: str) -> Flags:
        return truths(self._column(node, what), what)

    def _column(self, node: Node, what: str) -> Column:
        value = self.value_of(node)
        if isinstance(value, Array):
            raise ArcadeError(f"{what} cannot be an array")
        return value

    def value_of(self, node: Node) -> Value:
        """Return a value in every row."""
        match node:
            case Constant():
                return constant_of(node.value, len(self.table))
            case Attribute():
                return column_of(_named(self.table, node.name))
            case Variable():
                known = self.known.get(node.name)
                return constant_of(None, len(self.table)) if known is None else known
            case Listed():
                items = tuple(self._column(item, "an item of an array") for item in node.items)
                return Array.of(items, len(self.table))
            case Item():
                array = self.value_of(node.array)
                if not isinstance(array, Array):
                    raise ArcadeError("[ ] stands behind an array only")
                return array.at(self._column(node.index, "the number of an item"))
            case DomainName():
                coded = self.names.get(node.field.casefold(), {})
                return mapped(self._column(node.value, "DomainName"), lambda code: coded.get(code, code))
        check_time()
        return self._called(node)

    def _called(self, call: Call) -> Value:
        given = [self.value_of(part) for part in call.arguments]
        if call.name not in FUNCTIONS or (given and isinstance(given[0], Array)):
            return self._of_array(call, given)
        if any(isinstance(value, Array) for value in given):
            raise ArcadeError(f"{call.name.strip()} does not take an array there")
        return FUNCTIONS[call.name].evaluate(*given)

    def _of_array(self, call: Call, given: list[Value]) -> Value:
        function = ARRAY_FUNCTIONS.get(call.name)
        arrays = [isinstance(value, Array) for value in given]
        fitting = not any(arrays) if call.name == "split" else arrays[:1] == [True] and not any(arrays[1:])
        if function is None or not fitting or not function.least <= len(given) <= function.most:
            raise ArcadeError(f"{call.name.strip()} does not take what it is given")
        found: Value = function.evaluate(*given)
        return found


def _nothing(rows: Flags) -> Column:
    return constant_of(None, len(rows))


def _named(table: pd.DataFrame, field: str) -> pd.Series[Any]:
    for name in table.columns:
        if str(name).casefold() == field.casefold():
            return table[name]
    raise ArcadeError(f"the layer has no field {field[:64]!r}")
