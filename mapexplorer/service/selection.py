"""Selections: which features are highlighted above their layer (Export Map, selectionDefinitions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapexplorer.protocol import ParameterError
from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.selection import SelectionDefinition
from mapexplorer.service.expressions import Values
from mapexplorer.service.layers import FeatureLayer, Layer

Rgb = tuple[int, int, int]
Rows = npt.NDArray[np.int64]

CYAN: Final[Rgb] = (0, 255, 255)
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Highlight:
    """Rows of a layer that are highlighted in a colour; polygons and points are hollow without a fill."""

    rows: Rows
    color: Rgb
    fill: Rgb | None


def selection_faults(
    definitions: Sequence[SelectionDefinition], layers: Iterable[Layer]
) -> Iterator[ParameterError]:
    """Yield what is wrong with the ids of definitions: a layer with uniqueIdInfo takes uniqueIds of its kind,
    every other objectIds.
    """
    known = {layer.id: layer for layer in layers}
    for number, definition in enumerate(definitions):
        layer = known.get(definition.layer_id)
        if not isinstance(layer, FeatureLayer):
            continue
        info = layer.document.unique_id_info
        place = f"selectionDefinitions[{number}]"
        name = f"layer {layer.id} ({layer.name})"
        if info is None:
            if definition.unique_ids is not None:
                yield ParameterError(f"{place}.uniqueIds", f"{name} is addressed by objectIds")
        elif definition.unique_ids is None:
            yield ParameterError(f"{place}.objectIds", f"{name} is addressed by uniqueIds")
        elif info.type == "simple":
            if any(not isinstance(value, str) for value in definition.unique_ids):
                yield ParameterError(f"{place}.uniqueIds", f"{name} takes texts, not arrays")
        elif any(len(value) != len(info.fields) or isinstance(value, str) for value in definition.unique_ids):
            fields = ", ".join(info.fields)
            yield ParameterError(f"{place}.uniqueIds", f"{name} takes arrays of one text each for {fields}")


def highlights(
    layer: FeatureLayer, rows: Rows, definitions: Sequence[SelectionDefinition]
) -> tuple[Highlight, ...]:
    """Return what is highlighted of the rows of a layer that passed every filter, in the order asked for."""
    found = []
    for definition in definitions:
        if definition.layer_id != layer.id:
            continue
        if definition.object_ids is not None:
            chosen = _by_object_id(layer, rows, definition.object_ids)
        else:
            chosen = _by_unique_id(layer, rows, definition.unique_ids or ())
        if len(chosen):
            color = definition.selection_color or CYAN
            found.append(Highlight(chosen, color, definition.selection_fill_color))
    return tuple(found)


def _by_object_id(layer: FeatureLayer, rows: Rows, ids: Sequence[int]) -> Rows:
    wanted = np.array([one for one in ids if abs(one) <= _LARGEST_ID], dtype=np.int64)
    return rows[np.isin(layer.object_ids[rows], wanted)]


def _by_unique_id(layer: FeatureLayer, rows: Rows, ids: Sequence[str | tuple[str, ...]]) -> Rows:
    info = layer.document.unique_id_info
    if info is None:
        return rows[:0]
    wanted = [(one,) if isinstance(one, str) else one for one in ids]
    # The number of the beginning that a row shares with ids, field by field; -1 where it shares none.
    shared = np.zeros(len(rows), dtype=np.int64)
    numbers = [0] * len(wanted)
    for position, field in enumerate(info.fields):
        texts = {text: place for place, text in enumerate(dict.fromkeys(one[position] for one in wanted))}
        places = _places(layer.columns[field], rows, list(texts))
        longer = [
            number * len(texts) + texts[one[position]] for number, one in zip(numbers, wanted, strict=True)
        ]
        known = {pair: number for number, pair in enumerate(dict.fromkeys(longer))}
        numbers = [known[pair] for pair in longer]
        combined = np.where((shared < 0) | (places < 0), -1, shared * len(texts) + places)
        shared = pd.Index(list(known), dtype=np.int64).get_indexer(pd.Index(combined))
    return rows[shared >= 0]


def _places(values: Values, rows: Rows, texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return which of the texts each row holds, -1 for none; numbers are compared in their shortest form."""
    if values.words is not None:
        of_word = pd.Index(texts).get_indexer(pd.Index(values.words))
        places = of_word[np.maximum(values.data[rows], 0)] if len(of_word) else np.full(len(rows), -1)
    else:
        numbers = [_number(text, whole=values.data.dtype.kind == "i") for text in texts]
        known = [number for number in numbers if number is not None]
        back = np.array([place for place, number in enumerate(numbers) if number is not None] + [-1])
        places = back[pd.Index(known, dtype=values.data.dtype).get_indexer(pd.Index(values.data[rows]))]
    if values.nulls is not None:
        places = np.where(values.nulls[rows], -1, places)
    return np.asarray(places, dtype=np.int64)


def _number(text: str, *, whole: bool) -> float | None:
    """Return the number whose shortest form a text is, None when it is no such text."""
    try:
        number: float = int(text) if whole else float(text)
        written = str(number) if whole else write_number(number)
    except ValueError:
        return None
    return number if written == text and abs(number) <= _LARGEST_ID else None
