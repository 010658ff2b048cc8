"""What a legend lists of visual variables: the symbol at each of their stops.

The sizes, colours and transparencies in between are not listed; a size that follows the scale of the map is
the same for all features, and none of its sizes is listed either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.renderers import ColorInfo, Renderer, SizeByScale, SizeInfo, TransparencyInfo
from mapexplorer.protocol.symbols import Symbol
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.render.classes import class_numbers
from mapexplorer.service.render.classify import SymbolClass, classes_of, group_headings
from mapexplorer.service.render.ragged import Flags, Indices
from mapexplorer.service.render.variation import (
    Look,
    VariationError,
    by_scale,
    field_of,
    looking,
    values_of,
)

Gradation = SizeInfo | ColorInfo | TransparencyInfo

_STEPS: Final = 3
"""Sizes listed of a variable that gives only the smallest and the largest."""


@dataclass(frozen=True)
class Listed:
    """All that a legend lists of a renderer: its classes, then the stops of its visual variables.

    ``headings`` are those of the groups that the entries belong to; ``variables`` tells of each entry which
    visual variable it is of, None for a class.
    """

    entries: tuple[SymbolClass, ...]
    variables: tuple[int | None, ...]
    headings: tuple[str, ...]


@lru_cache(maxsize=64)
def listed(renderer: Renderer) -> Listed:
    """Return the entries of a renderer in a legend."""
    classes = classes_of(renderer)
    entries, headings = list(classes), list(group_headings(renderer))
    variables: list[int | None] = [None] * len(classes)
    base = next((entry.symbol for entry in classes if entry.symbol is not None), None)
    for number, info in _effective(renderer):
        if base is None:
            break
        stops = list(_stops(info, base, len(headings)))
        if stops:
            entries += stops
            variables += [number] * len(stops)
            headings.append(_heading(info))
    return Listed(tuple(entries), tuple(variables), tuple(headings))


def seen_variables(layer: FeatureLayer, rows: Indices) -> frozenset[int]:
    """Return the visual variables that some of the rows follow, which are drawn and have a number for it."""
    variables = _effective(layer.renderer)
    if not variables:
        return frozenset()
    drawn = rows[class_numbers(layer, layer.renderer)[rows] >= 0]
    return frozenset(number for number, info in variables if _numbered(layer, info)[drawn].any())


def _effective(renderer: Renderer) -> list[tuple[int, Gradation]]:
    """Return the visual variables that are listed, with their numbers: of several for one thing the last."""
    last: dict[tuple[str, bool], tuple[int, Gradation]] = {}
    for number, info in enumerate(renderer.visual_variables or ()):
        if isinstance(info, Gradation):
            last[info.type, isinstance(info, SizeInfo) and info.target == "outline"] = number, info
    return sorted(last.values(), key=lambda found: found[0])


def _numbered(layer: FeatureLayer, info: Gradation) -> Flags:
    if isinstance(info, SizeInfo) and by_scale(info):
        return np.zeros(len(layer.table), dtype=bool)
    return layer.shapes.noted(("numbered", info), lambda: np.isfinite(values_of(info, layer.table)))


def _stops(info: Gradation, symbol: Symbol, group: int) -> Iterator[SymbolClass]:
    for value, look, label in _looks(info):
        text = label or write_number(value)
        yield SymbolClass(text, looking(symbol, look), (value,), group)


def _looks(info: Gradation) -> Iterator[tuple[float, Look, str | None]]:
    """Yield value, look and authored label of every stop, the smallest value first."""
    if isinstance(info, ColorInfo):
        for color in sorted(info.stops, key=lambda stop: stop.value):
            red, green, blue, alpha = color.color
            yield color.value, Look(color=(red, green, blue, alpha)), color.label
    elif isinstance(info, TransparencyInfo):
        for fade in sorted(info.stops, key=lambda stop: stop.value):
            yield fade.value, Look(opacity=1 - fade.transparency / 100), fade.label
    elif not by_scale(info):
        for value, size in _sizes(info):
            yield value, Look(outline=size) if info.target == "outline" else Look(size=size), None


def _sizes(info: SizeInfo) -> Iterator[tuple[float, float]]:
    if info.stops:
        yield from ((stop.value, stop.size) for stop in sorted(info.stops, key=lambda stop: stop.value))
        return
    low, high, smallest, largest = info.min_data_value, info.max_data_value, info.min_size, info.max_size
    if isinstance(smallest, SizeByScale) or isinstance(largest, SizeByScale):
        return
    if low is None or high is None or smallest is None or largest is None:
        return
    if low > high:
        low, high, smallest, largest = high, low, largest, smallest
    steps = _STEPS if low < high else 1
    yield from zip(
        np.linspace(low, high, steps).tolist(), np.linspace(smallest, largest, steps).tolist(), strict=True
    )


def _heading(info: Gradation) -> str:
    """Return what a variable follows, as a heading of its entries."""
    try:
        field = field_of(info)
    except VariationError:
        return ""
    divisor = getattr(info, "normalization_field", None)
    return f"{field} / {divisor}" if divisor else field
