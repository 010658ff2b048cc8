"""Which groups of a statistics query are answered (Esri, Query: having)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from mapexplorer.protocol import ExpressionError
from mapexplorer.service.expressions import Columns, Expression, Field, parse_expression
from mapexplorer.service.expressions.lexer import Kind, Lexeme, Misplaced, lexemes
from mapexplorer.service.features.statistics import Statistic, settled, statistic_fields
from mapexplorer.service.fields import FieldInfo, column_values, describe

_AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "STDDEV", "VAR"})
Pairs = tuple[tuple[Statistic, FieldInfo], ...]


@dataclass(frozen=True)
class Having:
    """A checked condition on groups, and the further statistics that it needs."""

    expression: Expression
    statistics: Pairs

    def kept(self, table: pd.DataFrame) -> Any:
        """Return for every group whether it is answered."""
        infos = describe(table, "", frozenset())[1:]
        columns = {info.name: _loader(table[info.name], info) for info in infos}
        return self.expression.matches(Columns(len(table), columns))


def _loader(values: pd.Series[Any], info: FieldInfo) -> Any:
    return lambda: column_values(values, info.kind)


def read_having(
    text: str, statistics: Pairs, groups: Sequence[str], fields: tuple[FieldInfo, ...], object_id: str
) -> Having:
    """Read a condition over statistics, such as ``COUNT(*) > 2 AND AVG(POP) < 5``, groups and the names of
    the statistics asked for. Raises ValueError.
    """
    try:
        plain, asked = _plain(text, lexemes(text), object_id)
        further = settled(asked, fields) if asked else ()
        made = statistic_fields((*statistics, *further))
        named: dict[str, FieldInfo] = {field.name: field for field in (*fields, *made)}
        known: Mapping[str, Field] = {
            name.casefold(): Field(name, named[name].kind)
            for name in (*groups, *(field.name for field in made))
        }
        return Having(parse_expression(plain, known, parameter="having"), further)
    except Misplaced as problem:
        raise ValueError(f"{problem.problem} (column {problem.position + 1})") from None
    except ExpressionError as problem:
        raise ValueError(problem.problem) from None


def _plain(text: str, found: Sequence[Lexeme], object_id: str) -> tuple[str, list[Statistic]]:
    """Return the condition with a name in place of each statistic, and the statistics."""
    pieces: list[str] = []
    asked: list[Statistic] = []
    end = index = 0
    while index < len(found):
        word, *inside = found[index : index + 4]
        index += 1
        if word.upper not in _AGGREGATES or [part.upper for part in inside[:1]] != ["("]:
            continue
        whole = len(inside) == 3 and inside[2].upper == ")"
        star = whole and inside[1].upper == "*" and word.upper == "COUNT"
        if not whole or not (star or inside[1].kind in (Kind.WORD, Kind.QUOTED)):
            raise Misplaced(f"{word.upper} takes one field here", word.position)
        name = f"of_having_{len(asked)}"
        asked.append(
            Statistic.model_validate(
                {
                    "statisticType": word.value.lower(),
                    "onStatisticField": object_id if star else inside[1].value,
                    "outStatisticFieldName": name,
                }
            )
        )
        pieces += [text[end : word.position], f'"{name}"']
        end = inside[2].position + 1
        index += 3
    return "".join([*pieces, text[end:]]), asked
