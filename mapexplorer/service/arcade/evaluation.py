"""Evaluate Arcade expressions on the columns of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from mapexplorer.service.arcade.columns import Column, column_of, constant_of, texts
from mapexplorer.service.arcade.functions import FUNCTIONS
from mapexplorer.service.arcade.syntax import (
    ArcadeError,
    Attribute,
    Call,
    Constant,
    Node,
    Script,
    Variable,
    parse_script,
)
from mapexplorer.service.time_limit import check_time


@dataclass(frozen=True)
class Program:
    """A checked Arcade expression."""

    script: Script

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, as they are spelled in it."""
        roots = [node for _, node in self.script.variables] + [self.script.result]
        return tuple(dict.fromkeys(name for root in roots for name in _fields(root)))

    def evaluate(self, table: pd.DataFrame) -> Column:
        """Return the value of every row.

        Raises `ArcadeError` for values of a wrong kind, and for a field that the table does not have.
        """
        if not len(table):
            return constant_of(None, 0)
        known: dict[str, Column] = {}
        for name, node in self.script.variables:
            known[name] = _value(node, table, known)
        with np.errstate(all="ignore"):
            return _value(self.script.result, table, known)

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

    def texts(self, table: pd.DataFrame) -> list[str | None]:
        """Return the value of every row as text, None for null. Raises `ArcadeError`."""
        return [None if text is None else str(text) for text in texts(self.evaluate(table)).tolist()]


@lru_cache(maxsize=256)
def parse_program(text: str) -> Program:
    """Read an Arcade expression. Raises `ArcadeError` naming what is not understood."""
    program = Program(parse_script(text, FUNCTIONS.__contains__))
    for root in (*(node for _, node in program.script.variables), program.script.result):
        _check(root)
    return program


def _check(node: Node) -> None:
    if isinstance(node, Call):
        function = FUNCTIONS[node.name]
        if not function.least <= len(node.arguments) <= function.most:
            raise ArcadeError(f"{node.name.strip()} does not take {len(node.arguments)} values")
        pattern = node.arguments[1] if node.name == "text" and len(node.arguments) > 1 else Constant("")
        if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
            raise ArcadeError("Text takes its pattern as a quoted text")
        for argument in node.arguments:
            _check(argument)


def _fields(node: Node) -> Iterator[str]:
    if isinstance(node, Attribute):
        yield node.name
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from _fields(argument)


def _value(node: Node, table: pd.DataFrame, known: dict[str, Column]) -> Column:
    match node:
        case Constant():
            return constant_of(node.value, len(table))
        case Attribute():
            return column_of(_named(table, node.name))
        case Variable():
            return known[node.name]
    check_time()
    with np.errstate(all="ignore"):
        return FUNCTIONS[node.name].evaluate(*(_value(part, table, known) for part in node.arguments))


def _named(table: pd.DataFrame, field: str) -> pd.Series[Any]:
    for name in table.columns:
        if str(name).casefold() == field.casefold():
            return table[name]
    raise ArcadeError(f"the layer has no field {field[:64]!r}")
