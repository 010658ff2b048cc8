"""The classes of a layer's renderer as filters: each a clause, and several of them one expression.

The expression of a layer stays the only truth: `split` finds in it what `join` wrote, next to whatever else
the layer is filtered by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.renderers import ClassBreaksRenderer, UniqueValueRenderer

from .conditions import Kind, literal
from .filter_faults import quoted_field
from .published import whole
from .timeline import text as date_text


@dataclass(frozen=True)
class LegendClass:
    """A class as a legend lists it, and the clause that its features meet; `values` as legends give them."""

    label: str
    clause: str
    values: tuple[str, ...] = ()


def classes_of(renderer: Any, kinds: Mapping[str, Kind]) -> tuple[LegendClass, ...]:
    """The classes that can be filtered by; none for a simple or a normalised renderer."""
    if isinstance(renderer, UniqueValueRenderer):
        return _by_value(renderer, kinds)
    if isinstance(renderer, ClassBreaksRenderer) and not renderer.normalization_type:
        return _by_break(renderer)
    return ()


def _by_value(renderer: UniqueValueRenderer, kinds: Mapping[str, Kind]) -> tuple[LegendClass, ...]:
    listed: list[tuple[str, list[tuple[str, ...]]]] = []
    if renderer.unique_value_groups:
        for group in renderer.unique_value_groups:
            listed += [(item.label or "", list(item.values)) for item in group.classes]
    else:
        for info in renderer.unique_value_infos or ():
            parts: tuple[str, ...] = (info.value,)
            if len(renderer.fields) > 1:
                parts = tuple(info.value.split(renderer.delimiter))
            listed.append((info.label or info.value, [parts]))
    found = []
    for label, values in listed:
        clause = _values_clause(renderer.fields, values, kinds)
        if clause:
            found.append(
                LegendClass(label, clause, tuple(renderer.delimiter.join(parts) for parts in values))
            )
    return tuple(found)


def _values_clause(
    fields: Sequence[str], values: Sequence[tuple[str, ...]], kinds: Mapping[str, Kind]
) -> str | None:
    if not values or any(len(parts) != len(fields) for parts in values):
        return None
    try:
        written = [
            [_literal(part, kinds.get(field, Kind.TEXT)) for field, part in zip(fields, parts, strict=True)]
            for parts in values
        ]
    except ValueError:
        return None
    names = [quoted_field(field) for field in fields]
    if len(names) == 1 and len(written) > 1:
        return f"{names[0]} IN ({', '.join(parts[0] for parts in written)})"
    alternatives = [
        " AND ".join(f"{name} = {part}" for name, part in zip(names, parts, strict=True)) for parts in written
    ]
    if len(alternatives) == 1:
        return alternatives[0] if len(names) == 1 else f"({alternatives[0]})"
    return f"({' OR '.join(f'({alternative})' for alternative in alternatives)})"


def _literal(value: str, kind: Kind) -> str:
    moment = whole(value) if kind is Kind.DATE else None
    return literal(date_text(moment) if moment is not None else value, kind)


def _by_break(renderer: ClassBreaksRenderer) -> tuple[LegendClass, ...]:
    field = quoted_field(renderer.field)
    found, previous = [], renderer.min_value
    for place, info in enumerate(renderer.class_break_infos):
        low = previous if info.class_min_value is None else info.class_min_value
        sign = ">=" if place == 0 or low > previous else ">"
        low_end, high_end = write_number(low), write_number(info.class_max_value)
        label = info.label or f"{low_end} – {high_end}"
        clause = f"({field} {sign} {low_end} AND {field} <= {high_end})"
        found.append(LegendClass(label, clause, (high_end,)))
        previous = info.class_max_value
    return tuple(found)


def join(rest: str, chosen: Iterable[int], classes: Sequence[LegendClass]) -> str:
    """The expression that keeps the features of the chosen classes that also meet the rest."""
    clauses = " OR ".join(classes[place].clause for place in sorted(chosen))
    if not clauses or not rest:
        return clauses or rest
    return f"({rest}) AND ({clauses})"


def split(expression: str, classes: Sequence[LegendClass]) -> tuple[str, frozenset[int]]:
    """The rest of an expression and the classes chosen in it."""
    alone = _chosen(expression, classes)
    if alone is not None:
        return "", alone
    parts = _outer_parts(expression, " AND ")
    if len(parts) == 2 and all(part.startswith("(") and part.endswith(")") for part in parts):
        chosen = _chosen(parts[1][1:-1], classes)
        if chosen is not None:
            return parts[0][1:-1], chosen
    return expression, frozenset()


def _chosen(expression: str, classes: Sequence[LegendClass]) -> frozenset[int] | None:
    places = {item.clause: place for place, item in reversed(list(enumerate(classes)))}
    parts = _outer_parts(expression, " OR ")
    known = [places.get(part) for part in parts]
    return frozenset(place for place in known if place is not None) if None not in known else None


def _outer_parts(expression: str, joiner: str) -> list[str]:
    """Cut an expression at a joining word that stands outside brackets and quotes."""
    parts, begin, depth, quote = [], 0, 0, ""
    for at, sign in enumerate(expression):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif depth == 0 and expression.startswith(joiner, at):
            parts.append(expression[begin:at])
            begin = at + len(joiner)
    return [*parts, expression[begin:]]
