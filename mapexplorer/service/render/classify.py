"""Which class of a renderer each row falls in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.renderers import ClassBreaksRenderer, Renderer, SimpleRenderer, UniqueValueRenderer
from mapexplorer.protocol.symbols import Symbol
from mapexplorer.service.arcade import ArcadeError, Names, parse_program
from mapexplorer.service.arcade.columns import Column, constant_of
from mapexplorer.service.arcade.columns import numbers as arcade_numbers
from mapexplorer.service.arcade.columns import texts as arcade_texts
from mapexplorer.service.render.ragged import Floats, Indices

ClassNumbers = npt.NDArray[np.signedinteger[Any]]
"""Of 16 bits wherever these are enough."""
NOTHING = -1
"""The class number of a row that is not drawn."""


@dataclass(frozen=True)
class SymbolClass:
    """One class of a renderer, as drawn and as listed in a legend.

    ``values`` are the texts of a unique-value class, or the maximum of a class break; None for a simple
    renderer and for the default symbol. ``group`` is the position of its group, None without groups.
    """

    label: str
    symbol: Symbol | None
    values: tuple[str | float, ...] | None = None
    group: int | None = None


def classes_of(renderer: Renderer) -> tuple[SymbolClass, ...]:
    """Return the classes in the order of the renderer; that of the default symbol comes last, if there is
    one."""
    if isinstance(renderer, SimpleRenderer):
        return (SymbolClass(renderer.label or "", renderer.symbol),)
    if isinstance(renderer, UniqueValueRenderer):
        classes = _unique_value_classes(renderer)
    else:
        classes = [
            SymbolClass(info.label or "", info.symbol, (info.class_max_value,))
            for info in renderer.class_break_infos
        ]
    if renderer.default_symbol is not None:
        classes.append(SymbolClass(renderer.default_label or "", renderer.default_symbol))
    return tuple(classes)


def number_type(count: int) -> type[np.int16 | np.int32]:
    """Return the type of the numbers of so many classes."""
    return np.int16 if count <= np.iinfo(np.int16).max else np.int32


def group_headings(renderer: Renderer) -> tuple[str, ...]:
    """Return the headings of the groups of a unique-value renderer; empty without groups."""
    if isinstance(renderer, UniqueValueRenderer) and renderer.unique_value_groups:
        return tuple(group.heading or "" for group in renderer.unique_value_groups)
    return ()


def _unique_value_classes(renderer: UniqueValueRenderer) -> list[SymbolClass]:
    if renderer.unique_value_groups:
        return [
            SymbolClass(
                entry.label or "",
                entry.symbol,
                tuple(renderer.delimiter.join(value) for value in entry.values),
                number,
            )
            for number, group in enumerate(renderer.unique_value_groups)
            for entry in group.classes
        ]
    return [
        SymbolClass(info.label or "", info.symbol, (info.value,))
        for info in renderer.unique_value_infos or ()
    ]


def classify(
    renderer: Renderer, table: pd.DataFrame, rows: Indices | None = None, names: Names | None = None
) -> tuple[ClassNumbers, tuple[SymbolClass, ...]]:
    """Return the class number of each row (of ``rows``, or of the whole table) and the classes.

    The default symbol has the last number; NOTHING where a row matches no class and there is no default
    symbol. ``names`` are those of coded values, for expressions. Raises KeyError for a field that the table
    does not have.
    """
    classes = classes_of(renderer)
    table = table if rows is None else table.iloc[rows]
    if isinstance(renderer, SimpleRenderer):
        return np.zeros(len(table), dtype=np.int16), classes
    default = len(classes) - 1 if renderer.default_symbol is not None else NOTHING
    if isinstance(renderer, UniqueValueRenderer):
        return _by_value(renderer, classes, table, default, names), classes
    return _by_break(renderer, table, default, names), classes


def calculated(expression: str, table: pd.DataFrame, names: Names | None = None) -> Column:
    """Return what an expression of a renderer gives for every row, null everywhere where it cannot be told.

    Faults are told where the renderer is read.
    """
    try:
        return parse_program(expression).evaluate(table, names)
    except ArcadeError:
        return constant_of(None, len(table))


def column(table: pd.DataFrame, field: str) -> pd.Series[Any]:
    """Return a column by its name, exact or but for case; raise KeyError when there is none."""
    if field in table.columns:
        return table[field]
    for name in table.columns:
        if str(name).casefold() == field.casefold():
            return table[name]
    raise KeyError(field)


def numbers_of(table: pd.DataFrame, field: str) -> Floats:
    """Return a column as floats, NaN where it is null or not a number; dates are milliseconds."""
    values = column(table, field)
    if pd.api.types.is_datetime64_any_dtype(values):
        milliseconds = _milliseconds(values)
        return np.asarray(milliseconds, dtype=np.float64)
    return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _milliseconds(values: pd.Series[Any]) -> Floats:
    naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
    stamps = naive.to_numpy().astype("datetime64[ms]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64).astype(np.float64))


def _by_value(
    renderer: UniqueValueRenderer,
    classes: tuple[SymbolClass, ...],
    table: pd.DataFrame,
    default: int,
    names: Names | None,
) -> ClassNumbers:
    number_of: dict[str, int] = {}
    for number, entry in enumerate(classes):
        for value in entry.values or ():
            number_of.setdefault(str(value), number)
    combined = np.zeros(len(table), dtype=np.int64)
    texts = np.array([""], dtype=object)
    null = np.zeros(len(table), dtype=bool)
    parts = [column(table, field) for field in renderer.fields]
    if renderer.value_expression:
        parts = [pd.Series(arcade_texts(calculated(renderer.value_expression, table, names)))]
    for position, part in enumerate(parts):
        codes, written = _coded(part)
        null |= codes < 0
        if position:
            texts = np.array(
                [f"{text}{renderer.delimiter}{more}" for text in texts for more in written], object
            )
        else:
            texts = written
        combined = combined * max(len(written), 1) + np.maximum(codes, 0)
        combined, occurring = _renumbered(combined)
        texts = texts[occurring] if len(texts) else texts
    chosen = np.array(
        [number_of.get(text, default) for text in texts] or [default], dtype=number_type(len(classes))
    )
    return np.where(null, chosen.dtype.type(default), chosen[combined])


def _renumbered(codes: Indices) -> tuple[Indices, Indices]:
    """Return codes counted from 0 without gaps, and the original code of each."""
    new, occurring = pd.factorize(codes)
    return np.asarray(new, dtype=np.int64), np.asarray(occurring, dtype=np.int64)


def _coded(values: pd.Series[Any]) -> tuple[Indices, npt.NDArray[np.object_]]:
    """Return a code per row (-1 for null) and the text of each code."""
    if pd.api.types.is_datetime64_any_dtype(values):
        values = pd.Series(_milliseconds(values))
    codes, distinct = pd.factorize(values)
    written = np.empty(len(distinct), dtype=object)
    written[:] = [_text(value) for value in np.asarray(distinct)]
    return np.asarray(codes, dtype=np.int64), written


def _text(value: Any) -> str:
    """Write a value as classes are compared: numbers in shortest form, flags as 1 and 0."""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, np.float32):
        return write_number(float(str(value)))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return write_number(float(value))
    return str(value)


def _by_break(
    renderer: ClassBreaksRenderer, table: pd.DataFrame, default: int, names: Names | None
) -> ClassNumbers:
    """Return class numbers by ranges: [minimum, maximum] for the first class, (previous maximum, maximum]
    after it.

    A classMinValue above the previous maximum leaves a gap and belongs to its own class.
    """
    values = _normalised(renderer, table, names)
    numbers = np.full(len(values), default, dtype=number_type(len(renderer.class_break_infos) + 1))
    free = np.isfinite(values)
    previous = renderer.min_value
    for number, info in enumerate(renderer.class_break_infos):
        low = previous if info.class_min_value is None else info.class_min_value
        closed = number == 0 or low > previous
        inside = free & (values <= info.class_max_value) & (values >= low if closed else values > low)
        numbers[inside] = number
        free &= ~inside
        previous = info.class_max_value
    return numbers


def _normalised(renderer: ClassBreaksRenderer, table: pd.DataFrame, names: Names | None) -> Floats:
    values = _measured(renderer, table, names)
    with np.errstate(divide="ignore", invalid="ignore"):
        match renderer.normalization_type:
            case "esriNormalizeByField":
                return values / numbers_of(table, renderer.normalization_field or "")
            case "esriNormalizeByLog":
                return np.log10(values)
            case "esriNormalizeByPercentOfTotal":
                return values / (renderer.normalization_total or np.nan) * 100
            case _:
                return values


def _measured(renderer: ClassBreaksRenderer, table: pd.DataFrame, names: Names | None) -> Floats:
    if not renderer.value_expression:
        return numbers_of(table, renderer.field or "")
    try:
        return np.asarray(
            arcade_numbers(calculated(renderer.value_expression, table, names), "a class break")
        )
    except ArcadeError:
        return np.full(len(table), np.nan)


def expression_fault(renderer: Renderer, table: pd.DataFrame) -> str | None:
    """Return what is wrong with the expression of a renderer, evaluated on all rows."""
    expression = getattr(renderer, "value_expression", None)
    if not expression:
        return None
    try:
        program = parse_program(expression)
        for values in (program.check(table), program.evaluate(table)):
            if isinstance(renderer, ClassBreaksRenderer):
                arcade_numbers(values, "a class break")
    except ArcadeError as problem:
        return f"valueExpression: {problem}"
    return None
