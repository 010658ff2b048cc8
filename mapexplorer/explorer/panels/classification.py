"""Renderers made from the values of a field: where classes end, which values get a symbol of their own.

Natural breaks: W. D. Fisher, On Grouping for Maximum Homogeneity, 1958; G. F. Jenks, 1967. Nothing here knows
widgets or services.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import (
    ClassBreakInfo,
    ClassBreaksRenderer,
    Symbol,
    UniqueValueInfo,
    UniqueValueRenderer,
)
from mapexplorer.protocol.numerals import write_number

from .symbol_edits import Rgb, colored

MOST_CLASSES = 12
MOST_VALUES = 40
"""Values that get a symbol of their own; the rarest of more share one."""
_MOST_POINTS = 400
"""Distinct values that natural breaks looks at; more are put together with their neighbours first."""
OTHERS = (150, 150, 150)

Numbers = npt.NDArray[np.float64]


def equal_interval(values: Numbers, counts: Numbers, number: int) -> list[float]:
    """Upper ends of classes that are equally wide."""
    return [float(end) for end in np.linspace(values[0], values[-1], number + 1)[1:]]


def quantile(values: Numbers, counts: Numbers, number: int) -> list[float]:
    """Upper ends of classes that hold about equally many rows."""
    reached = np.cumsum(counts) / counts.sum()
    places = [int(np.searchsorted(reached, step / number - 1e-9)) for step in range(1, number + 1)]
    return [float(values[min(place, len(values) - 1)]) for place in places]


def natural_breaks(values: Numbers, counts: Numbers, number: int) -> list[float]:
    """Upper ends of classes whose values differ least from their mean."""
    values, counts = _gathered(values, counts)
    weights = np.concatenate([[0.0], np.cumsum(counts)])
    sums = np.concatenate([[0.0], np.cumsum(counts * values)])
    squares = np.concatenate([[0.0], np.cumsum(counts * values**2)])

    def scatter(start: Any, end: int) -> Any:
        weight = weights[end] - weights[start]
        return squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / weight

    size = len(values)
    number = min(number, size)
    best = np.array([0.0, *(float(scatter(0, end)) for end in range(1, size + 1))])
    cuts = np.zeros((number + 1, size + 1), dtype=np.int64)
    for groups in range(2, number + 1):
        previous = best.copy()
        for end in range(groups, size + 1):
            starts = np.arange(groups - 1, end)
            costs = previous[starts] + scatter(starts, end)
            chosen = int(np.argmin(costs))
            best[end], cuts[groups, end] = costs[chosen], starts[chosen]
    ends, end = [], size
    for groups in range(number, 0, -1):
        ends.append(float(values[end - 1]))
        end = int(cuts[groups, end])
    return ends[::-1]


METHODS: dict[str, Callable[[Numbers, Numbers, int], list[float]]] = {
    "Natural breaks": natural_breaks,
    "Quantile": quantile,
    "Equal interval": equal_interval,
}
"""How classes are made, by the name a person sees."""


def _gathered(values: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    if len(values) <= _MOST_POINTS:
        return values, counts
    edges = np.unique(np.linspace(0, len(values), _MOST_POINTS + 1).astype(np.int64)[:-1])
    weights = np.add.reduceat(counts, edges)
    lasts = np.append(edges[1:], len(values)) - 1
    return values[lasts], weights


def breaks(values: Sequence[float], counts: Sequence[float], number: int, method: str) -> list[float]:
    """The lowest value and the upper ends of at most so many classes, rounded where that moves nothing much.

    Raises ValueError when there are no values.
    """
    pairs = sorted(
        (float(v), float(c)) for v, c in zip(values, counts, strict=True) if math.isfinite(v) and c > 0
    )
    if not pairs:
        raise ValueError("the field holds no numbers")
    numbers = np.array([value for value, _ in pairs])
    weights = np.array([count for _, count in pairs])
    ends = sorted(set(METHODS[method](numbers, weights, max(1, min(number, MOST_CLASSES)))))
    low, high = float(numbers[0]), float(numbers[-1])
    inner = [_rounded(end, high - low) for end in ends[:-1]]
    return [low, *sorted({end for end in inner if low <= end < high}), high]


def _rounded(value: float, span: float) -> float:
    """Up to a thousandth of the span, so that the values of the class stay in it."""
    digits = 3 - math.floor(math.log10(span)) if span > 0 else 6
    step = 10.0**-digits
    return round(math.ceil(value / step - 1e-6) * step, max(digits, 0))


def class_breaks(
    field: str, ends: Sequence[float], symbol: Symbol, shades: Sequence[Rgb]
) -> ClassBreaksRenderer:
    """A renderer with a class between every two ends."""
    infos = [
        ClassBreakInfo(
            class_max_value=high,
            label=f"{_shown(low)} – {_shown(high)}" if low != high else _shown(high),
            symbol=colored(symbol, shade),
        )
        for low, high, shade in zip(ends, ends[1:], shades, strict=False)
    ]
    return ClassBreaksRenderer(field=field, min_value=ends[0], class_break_infos=tuple(infos))


def unique_values(
    field: str,
    values: Sequence[Any],
    counts: Sequence[float],
    symbol: Symbol,
    shades: Callable[[int], Sequence[Rgb]],
) -> UniqueValueRenderer:
    """A renderer with a symbol for each value, the most frequent ones where there are too many.

    Raises ValueError when there are no values.
    """
    known = [(value, count) for value, count in zip(values, counts, strict=True) if value not in (None, "")]
    if not known:
        raise ValueError("the field holds no values")
    kept = sorted(known, key=lambda pair: -pair[1])[:MOST_VALUES]
    texts = [_text(value) for value in sorted((value for value, _ in kept), key=_order)]
    infos = tuple(
        UniqueValueInfo(value=text, label=text, symbol=colored(symbol, shade))
        for text, shade in zip(texts, shades(len(texts)), strict=False)
    )
    more = len(known) > len(kept)
    return UniqueValueRenderer(
        field1=field,
        unique_value_infos=infos,
        default_symbol=colored(symbol, OTHERS) if more else None,
        default_label="Other values" if more else None,
    )


def _shown(value: float) -> str:
    return f"{int(value):,}" if value.is_integer() else write_number(value)


def _text(value: Any) -> str:
    return write_number(value) if isinstance(value, (int, float)) else str(value)


def _order(value: Any) -> tuple[int, float, str]:
    return (0, float(value), "") if isinstance(value, (int, float)) else (1, 0.0, str(value).casefold())
