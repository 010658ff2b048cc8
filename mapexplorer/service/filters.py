"""Which rows of a layer a request leaves: archive moment, definition, request expression, time, ranges and
spatial filter, remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import reduce
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import ParameterError, TimeRelation
from mapexplorer.protocol.parameter_values import ParameterValue
from mapexplorer.service.definitions import bind_given
from mapexplorer.service.expressions import Expression, Values, parse_expression
from mapexplorer.service.ranges import RangeValue, chosen_value, range_mask
from mapexplorer.service.spatial_filter import SpatialTest
from mapexplorer.service.temporal import Window, time_mask

if TYPE_CHECKING:
    from mapexplorer.service.layers import FeatureLayer

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

KEPT_BYTES: Final = 64 * 2**20
KEPT_ARRAYS: Final = 4096
KEPT_EXPRESSIONS: Final = 64


class Memory:
    """Remembers arrays by key, the least recently used leave when they pass a number of bytes, or one of
    arrays; safe for threads.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._held = 0
        self._arrays: OrderedDict[Hashable, npt.NDArray[Any]] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: Hashable, compute: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return the array of a key; two threads may compute it at once, the first to finish is kept."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = compute()
        array.flags.writeable = False
        with self._lock:
            kept = self._arrays.setdefault(key, array)
            if kept is array:
                self._held += array.nbytes
            while (self._held > self._most and len(self._arrays) > 1) or len(self._arrays) > KEPT_ARRAYS:
                _, dropped = self._arrays.popitem(last=False)
                self._held -= dropped.nbytes
        return kept


ParameterValues = tuple[tuple[str, ParameterValue | tuple[ParameterValue, ...]], ...]
"""The given values of the parameters of a published expression, by name."""


@dataclass(frozen=True, slots=True)
class RowQuery:
    """What decides which rows of a layer are drawn; hashable, so that panning does not evaluate it again."""

    expression: str | None = None
    parameters: ParameterValues = ()
    moment: int | None = None
    window: Window | None = None
    relation: TimeRelation = TimeRelation.OVERLAPS
    ranges: tuple[tuple[str, RangeValue], ...] = ()
    spatial: SpatialTest | None = None


class RowFilters:
    """The parsed expressions and the row sets of one layer."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._expressions: OrderedDict[Hashable, Expression] = OrderedDict()
        self._lock = Lock()

    def parse(self, layer: FeatureLayer, text: str, parameter: str) -> Expression:
        """Return a parsed expression. Raises `ExpressionError` naming the parameter and the layer."""
        return self._parsed(text, layer, text, parameter, {})

    def definition(self, layer: FeatureLayer, given: ParameterValues) -> Expression | None:
        """Return the published expression with the given values of its parameters, None when there is none.

        Raises `ParameterError` for values that are not those of the parameters.
        """
        if not given:
            return layer.definition
        try:
            bound = bind_given(layer.document.parameter_infos, dict(given))
        except ValueError as error:
            raise ParameterError(
                "layerParameterValues", f"layer {layer.id} ({layer.name}): {error}"
            ) from None
        if layer.definition is None:
            return None
        return self._parsed(given, layer, layer.definition.text, "layerParameterValues", bound)

    def _parsed(
        self,
        key: Hashable,
        layer: FeatureLayer,
        text: str,
        parameter: str,
        values: Mapping[str, tuple[Values, ...] | Values],
    ) -> Expression:
        with self._lock:
            known = self._expressions.get(key)
            if known is not None:
                self._expressions.move_to_end(key)
                return known
        subject = f"layer {layer.id} ({layer.name})"
        expression = parse_expression(
            text, layer.expression_fields, parameter=parameter, subject=subject, parameters=values
        )
        with self._lock:
            self._expressions[key] = expression
            if len(self._expressions) > KEPT_EXPRESSIONS:
                self._expressions.popitem(last=False)
        return expression

    def rows(self, layer: FeatureLayer, query: RowQuery) -> Rows:
        """Return the ascending numbers of the rows that pass every filter."""
        asked = None if query.expression is None else self.parse(layer, query.expression, "layerDefs")
        definition = self.definition(layer, query.parameters)
        volatile = any(expression is not None and expression.volatile for expression in (definition, asked))

        def compute() -> Rows:
            masks = self._masks(layer, query, definition, asked)
            if not masks:
                return np.arange(len(layer.columns), dtype=np.int64)
            return np.flatnonzero(reduce(np.logical_and, masks)).astype(np.int64, copy=False)

        return compute() if volatile else self._memory.recall(_digest("rows", query), compute)

    def _masks(
        self, layer: FeatureLayer, query: RowQuery, definition: Expression | None, asked: Expression | None
    ) -> list[Mask]:
        masks = [] if layer.archive is None else [layer.archive.at(query.moment)]
        if definition is not None:
            masks.append(self._mask(layer, definition, _digest("published", query.parameters)))
        if asked is not None:
            masks.append(self._mask(layer, asked, _digest("asked", asked.text)))
        if query.window is not None and layer.time is not None:
            masks.append(time_mask(layer.time, query.window, query.relation))
        requested: Mapping[str, RangeValue] = dict(query.ranges)
        for item in layer.ranges:
            value = chosen_value(item.info.name, requested, item.info.current_range_extent)
            inside = None if value is None else range_mask(item.numbers, item.nulls, value)
            if inside is not None:
                masks.append(inside)
        spatial = query.spatial
        if spatial is not None:
            masks.append(
                self._memory.recall(
                    _digest("spatial", spatial),
                    lambda: spatial.holds(layer.shapes.geometry, layer.shapes.crs),
                )
            )
        return masks

    def _mask(self, layer: FeatureLayer, expression: Expression, key: Hashable) -> Mask:
        if expression.volatile:
            return expression.matches(layer.columns)
        return self._memory.recall(key, lambda: np.array(expression.matches(layer.columns)))


def _digest(*parts: Hashable) -> bytes:
    """Return a short key for parts of a request, so that what is remembered does not hold a long request."""
    return hashlib.sha256(repr(parts).encode()).digest()
