"""The classes of a layer's renderer as filters: each a clause, and several of them one expression.

The expression of a layer stays the only truth: `split` finds in it what `join` wrote, next to whatever else
the layer is filtered by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapexplorer.protocol.numerals import write_number
from mapexplorer.protocol.renderers import ClassBreaksRenderer, UniqueValueRenderer

from .conditions import Kind, literal
from .filter_faults import quoted_field
from .published import whole
from .timeline import text as date_text

CALCULATED = "Its values are calculated by an expression."
UNREADABLE = "Its values cannot be written as a filter."
ONLY = "It is the only class."
MOST_VALUES = 100
"""Values that the filter of all others names; servers bound the length of expressions."""


@dataclass(frozen=True)
class LegendClass:
    """A class as a legend lists it, and the clause that its features meet; `values` as legends give them.

    A class without a clause cannot be filtered by; `reason` says why.
    """

    label: str
    clause: str
    values: tuple[str, ...] = ()
    reason: str = ""
    others: bool = False
    """Whether it is the class of everything that the other classes leave over."""

    @property
    def name(self) -> str:
        """What it is called beside its tick box."""
        return self.label or ("(all others)" if self.others else "(no label)")


def classes_of(renderer: Any, kinds: Mapping[str, Kind]) -> tuple[LegendClass, ...]:
    """The classes of a renderer; none for a simple one."""
    if getattr(renderer, "value_expression", None):
        name = "field1" if isinstance(renderer, UniqueValueRenderer) else "field"
        plain = renderer.model_copy(update={"value_expression": None, name: "value"})
        return tuple(replace(item, clause="", reason=CALCULATED) for item in classes_of(plain, kinds))
    if isinstance(renderer, UniqueValueRenderer):
        return _by_value(renderer, kinds)
    if isinstance(renderer, ClassBreaksRenderer):
        return classes_by_break(renderer)
    return ()


def _by_value(renderer: UniqueValueRenderer, kinds: Mapping[str, Kind]) -> tuple[LegendClass, ...]:
    found = []
    listed = _listed(renderer)
    for label, values in listed:
        clause = _values_clause(renderer.fields, values, kinds)
        texts = tuple(renderer.delimiter.join(parts) for parts in values)
        found.append(LegendClass(label, clause or "", texts, "" if clause else UNREADABLE))
    if renderer.default_symbol is not None:
        found.append(_other_values(renderer, [parts for _, values in listed for parts in values], kinds))
    return tuple(found)


def _listed(renderer: UniqueValueRenderer) -> list[tuple[str, list[tuple[str, ...]]]]:
    """The label of each class with its values, a part for each field."""
    if renderer.unique_value_groups:
        return [
            (item.label or "", list(item.values))
            for group in renderer.unique_value_groups
            for item in group.classes
        ]
    several = len(renderer.fields) > 1
    return [
        (
            info.label or info.value,
            [tuple(info.value.split(renderer.delimiter)) if several else (info.value,)],
        )
        for info in renderer.unique_value_infos or ()
    ]


def _other_values(
    renderer: UniqueValueRenderer, values: Sequence[tuple[str, ...]], kinds: Mapping[str, Kind]
) -> LegendClass:
    label = renderer.default_label or ""
    nulls = " OR ".join(f"{quoted_field(field)} IS NULL" for field in renderer.fields)
    if len(values) > MOST_VALUES:
        words = f"A filter cannot name the {len(values)} values that this class leaves out."
        return LegendClass(label, "", reason=words, others=True)
    if not values:
        return LegendClass(label, "", reason=ONLY, others=True)
    named = _values_clause(renderer.fields, values, kinds)
    if named is None:
        return LegendClass(label, "", reason=UNREADABLE, others=True)
    return LegendClass(label, f"({nulls} OR NOT ({named}))", others=True)


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
    moment = whole(value) if kind in (Kind.DATE, Kind.DAY) else None
    return literal(date_text(moment) if moment is not None else value, kind)


@dataclass(frozen=True)
class _Measure:
    """How the value that a renderer compares with its breaks is written in a filter.

    Divisors are multiplied with the other side instead: a division by 0 is an error in many databases. Only
    those above 0 are thought of, as they are numbers of people, areas, totals.
    """

    field: str
    divisor: str = ""
    scale: Callable[[float], float] = float

    @classmethod
    def of(cls, renderer: ClassBreaksRenderer) -> _Measure:
        field = quoted_field(renderer.field or "")
        match renderer.normalization_type:
            case "esriNormalizeByField":
                return cls(field, quoted_field(renderer.normalization_field or ""))
            case "esriNormalizeByLog":
                return cls(field, scale=lambda bound: 10.0**bound)
            case "esriNormalizeByPercentOfTotal":
                total = float(renderer.normalization_total or 0)
                if total <= 0:
                    raise ValueError("the total is not above 0")
                return cls(field, scale=lambda bound: bound * total / 100)
        return cls(field)

    def within(self, sign: str, low: float, high: float) -> str:
        """The clause of the values from a lower bound, itself included with the sign >=, to a higher one."""
        times = f" * {self.divisor}" if self.divisor else ""
        low_end, high_end = (f"{write_number(self.scale(bound))}{times}" for bound in (low, high))
        above = f"{self.divisor} > 0 AND " if self.divisor else ""
        return f"({above}{self.field} {sign} {low_end} AND {self.field} <= {high_end})"

    @property
    def missing(self) -> str:
        """The condition that there is nothing to compare."""
        return " OR ".join(f"{name} IS NULL" for name in (self.field, self.divisor) if name)


def classes_by_break(renderer: ClassBreaksRenderer) -> tuple[LegendClass, ...]:
    """The classes of a class-breaks renderer, normalised or not."""
    ranges = _ranges(renderer)
    labels = [
        info.label or f"{write_number(low)} – {write_number(high)}"
        for info, (_, low, high) in zip(renderer.class_break_infos, ranges, strict=True)
    ]
    values = [(write_number(high),) for _, _, high in ranges]
    others = renderer.default_symbol is not None
    try:
        measure = _Measure.of(renderer)
        clauses = [measure.within(*span) for span in ranges]
        left = " OR ".join(measure.within(*span) for span in _merged(ranges))
        over = f"({measure.missing} OR NOT ({left}))" if left else ""
        reason = ""
    except (ValueError, OverflowError):
        clauses, over = [""] * len(ranges), ""
        reason = "Its normalisation cannot be written as a filter."
    found = [
        LegendClass(label, clause, value, reason)
        for label, clause, value in zip(labels, clauses, values, strict=True)
    ]
    if others:
        found.append(
            LegendClass(
                renderer.default_label or "", over, reason="" if over else reason or ONLY, others=True
            )
        )
    return tuple(found)


def _ranges(renderer: ClassBreaksRenderer) -> list[tuple[str, float, float]]:
    """Of each class the sign of its lower end, that end, and the higher one, which belongs to it."""
    found: list[tuple[str, float, float]] = []
    previous = renderer.min_value
    for place, info in enumerate(renderer.class_break_infos):
        low = previous if info.class_min_value is None else info.class_min_value
        found.append((">=" if place == 0 or low > previous else ">", low, info.class_max_value))
        previous = info.class_max_value
    return found


def _merged(ranges: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The same values with as few ranges as possible."""
    merged: list[tuple[str, float, float]] = []
    for sign, low, high in ranges:
        if merged and sign == ">" and low <= merged[-1][2]:
            merged[-1] = (*merged[-1][:2], max(high, merged[-1][2]))
        else:
            merged.append((sign, low, high))
    return merged


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
    places = {item.clause: place for place, item in reversed(list(enumerate(classes))) if item.clause}
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
