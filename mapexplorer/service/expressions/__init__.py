"""Filter expressions, the standardized SQL of `layerDefs` and definition expressions, evaluated column-wise.

Source: Export Map, layerDefs; Esri's page "Supported SQL functions in ArcGIS Server".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import ExpressionError
from mapexplorer.service.expressions.grammar import Field, parse
from mapexplorer.service.expressions.lexer import Misplaced
from mapexplorer.service.expressions.terms import Compiler, Term
from mapexplorer.service.expressions.values import Columns, Kind, Values

__all__ = ["Columns", "Expression", "Field", "Kind", "Values", "parse_expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked filter expression; `volatile` when its answer depends on the present moment."""

    text: str
    volatile: bool
    condition: Term

    def matches(self, columns: Columns) -> npt.NDArray[np.bool_]:
        """Return for every row whether the expression is true; unknown, as null makes it, is not true."""
        answer = self.condition.evaluate(columns)
        true = answer.data.astype(bool)
        if answer.nulls is not None:
            true = true & ~answer.nulls
        return np.broadcast_to(true, (len(columns),))


def parse_expression(
    text: str,
    fields: Mapping[str, Field],
    *,
    parameter: str,
    subject: str = "",
    parameters: Mapping[str, tuple[Values, ...] | Values] | None = None,
) -> Expression:
    """Parse a filter expression over the given fields.

    `fields` is keyed by case-folded name; `parameter` is the name for the error, `subject` the layer the
    expression belongs to; `parameters` gives the values of `::name` placeholders. Raises `ExpressionError`
    with the column of the fault.
    """
    try:
        tree, sentence = parse(text, fields, parameters or {})
        condition = Compiler(sentence).condition(tree)
    except Misplaced as error:
        where = f"{subject}: " if subject else ""
        raise ExpressionError(
            parameter, f"{where}{error.problem} (column {error.position + 1})", error.position
        ) from None
    except RecursionError:
        raise ExpressionError(parameter, "the expression is nested too deeply", 0) from None
    volatile = any(leaf.moment for leaf in sentence.leaves)
    return Expression(text, volatile, condition)
