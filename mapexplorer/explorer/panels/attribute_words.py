"""Attributes of features as people read them: times in a time zone, codes by their names, plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from mapexplorer.protocol import FieldInfo

from . import timeline
from .field_values import coded_names, value_text
from .published import whole

DATE, DAY = "esriFieldTypeDate", "esriFieldTypeDateOnly"
LONGEST_PLAIN = 1e15
"""Numbers from here on are written with an exponent: their last digits are not known."""


@dataclass(frozen=True)
class AttributeWords:
    """How the values of the fields of one layer read in a time zone; fields are known by name or alias."""

    fields: tuple[FieldInfo, ...]
    zone: tzinfo = UTC

    def rows(self, attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What to call each attribute, and its value as text, in the order of the service."""
        known: dict[str, FieldInfo] = {}
        for field in self.fields:
            known.setdefault((field.alias or "").casefold(), field)
        known |= {field.name.casefold(): field for field in self.fields}
        rows = []
        for name, value in attributes.items():
            field = known.get(name.casefold(), FieldInfo(name=name))
            rows.append((field.alias or name, written(value, field, self.zone)))
        return rows

    def has_times(self, attributes: Iterable[str]) -> bool:
        """Whether one of these attributes is a time, whose zone should be named."""
        dated = {word.casefold() for field in self.fields if field.type == DATE
                 for word in (field.name, field.alias or "")}  # fmt: skip
        return any(name.casefold() in dated for name in attributes)


def written(value: Any, field: FieldInfo, zone: tzinfo = UTC) -> str:
    """A value as people read it; what a server has written as a text already stays as it is."""
    if value is None:
        return ""
    if field.type in (DATE, DAY) and (moment := whole(value)) is not None:
        return timeline.text(moment, zone if field.type == DATE else UTC)
    if isinstance(value, float) and not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    if plain and (name := coded_names(field).get(value_text(value))):
        return name
    if isinstance(value, float):
        return plain_number(value)
    return str(value)


def plain_number(value: float) -> str:
    """A number with at most six digits behind the point; an exponent only where it must be."""
    if value and not 1e-4 <= abs(value) < LONGEST_PLAIN:
        return f"{value:.6g}"
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
