"""Reads a stored pandas table without running it.

The storm table comes as a serialised DataFrame. Loading such a file the usual way runs whatever it asks for;
this reader only looks at its instructions, keeps every "call this" as an inert note and picks the column
names and the array contents out of the notes. Nothing named in the file is imported or called.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass
class Recipe:
    """A call that the stream asks for and that is not made: what, with which arguments, and what state."""

    what: Any
    arguments: Any
    state: Any = None


class _Mark:
    pass


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = {"SHORT_BINUNICODE", "BINUNICODE", "BININT", "BININT1", "BININT2", "BYTEARRAY8", "SHORT_BINBYTES"}
_IGNORED = {"PROTO", "FRAME"}


class _Notes:
    """The stack and the memo of the stream's instructions, building notes instead of objects."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: list[Any] = []

    def follow(self, name: str, argument: Any) -> None:
        if name in _IGNORED:
            return
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name == "MEMOIZE":
            self.memo.append(self.stack[-1])
        elif name == "MARK":
            self.stack.append(_Mark())
        else:
            self._combine(name)

    def _combine(self, name: str) -> None:
        match name:
            case "EMPTY_TUPLE":
                self.stack.append(())
            case "EMPTY_LIST":
                self.stack.append([])
            case "EMPTY_DICT":
                self.stack.append({})
            case "TUPLE":
                self.stack.append(tuple(self._since_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                self.stack.append(tuple(self._take(int(name[-1]))))
            case "APPENDS":
                items = self._since_mark()
                self.stack[-1].extend(items)
            case "SETITEM":
                key, value = self._take(2)
                self.stack[-1][key] = value
            case "SETITEMS":
                pairs = self._since_mark()
                self.stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))
            case "STACK_GLOBAL":
                self.stack.append(".".join(self._take(2)))
            case "REDUCE" | "NEWOBJ":
                self.stack.append(Recipe(*self._take(2)))
            case "BUILD":
                (state,) = self._take(1)
                self.stack[-1].state = state
            case _:
                raise ValueError(
                    f"the stored table uses the instruction {name}, which is not expected in one"
                )

    def _take(self, count: int) -> list[Any]:
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def _since_mark(self) -> list[Any]:
        place = max(index for index, item in enumerate(self.stack) if isinstance(item, _Mark))
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken


def read_frame(stream: bytes) -> pd.DataFrame:
    """Returns the table of a serialised pandas DataFrame of numbers and text, built from its notes.

    Raises ``ValueError`` for a stream that is something else.
    """
    notes = _Notes()
    for instruction, argument, _ in pickletools.genops(stream):
        if instruction.name == "STOP":
            break
        notes.follow(instruction.name, argument)
    if len(notes.stack) != 1:
        raise ValueError("the stream does not hold a single value")
    frame = _expect(notes.stack[0], "pandas.core.frame.DataFrame")
    blocks, axes = _expect(frame.state["_mgr"], "pandas.core.internals.managers.BlockManager").arguments
    names = [str(name) for name in _array(axes[0].arguments[1]["data"])]
    columns: dict[str, Any] = {}
    for block in blocks:
        values, placement, _ = _expect(block, "pandas._libs.internals._unpickle_block").arguments
        chosen = [names[place] for place in _places(placement, len(names))]
        columns.update(zip(chosen, _array(values), strict=True))
    return pd.DataFrame({name: columns[name] for name in names})


def _expect(recipe: Any, what: str) -> Recipe:
    found = recipe.what if isinstance(recipe, Recipe) else type(recipe).__name__
    if found != what:
        raise ValueError(f"expected {what} in the stored table, found {found}")
    assert isinstance(recipe, Recipe)  # noqa: S101 - told to the type checker; _expect raised otherwise
    return recipe


def _places(placement: Recipe, count: int) -> list[int]:
    """Returns the column numbers of a block, which are noted as a slice or as an array."""
    if placement.what == "builtins.slice":
        return list(range(count))[slice(*placement.arguments)]
    return [int(place) for place in _array(placement)]


def _array(recipe: Recipe) -> np.ndarray[Any, np.dtype[Any]]:
    """Builds the array that a note describes: from raw bytes, or from a list of objects."""
    if recipe.what == "numpy.core.numeric._frombuffer":
        buffer, kind, shape, order = recipe.arguments
        return np.frombuffer(buffer, dtype=_dtype(kind)).reshape(shape, order=order)
    _expect(recipe, "numpy.core.multiarray._reconstruct")
    _, shape, kind, by_column, items = recipe.state
    if isinstance(items, list):
        values = np.empty(len(items), dtype=object)
        values[:] = items
    else:
        values = np.frombuffer(items, dtype=_dtype(kind))
    return values.reshape(shape, order="F" if by_column else "C")


def _dtype(recipe: Recipe) -> np.dtype[Any]:
    kind = str(_expect(recipe, "numpy.dtype").arguments[0])
    if kind not in ("f8", "i8", "i4", "f4", "b1"):
        raise ValueError(f"arrays of type {kind} are not expected in the stored table")
    return np.dtype(kind).newbyteorder("<")
