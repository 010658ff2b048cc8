"""Asking a service for the values of a field, how often each occurs, or for the lowest and the highest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mapexplorer.client import Statistic
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.protocol import LayerInfo, MapExplorerError

MOST_PAGES = 10
"""Answers that are asked for before there are too many different values."""


@dataclass(frozen=True)
class ValueCounts:
    """Different values of a field in rising order and how many rows have each, or why they are not known."""

    field: str
    values: tuple[Any, ...] = ()
    counts: tuple[float, ...] = ()
    problem: str = ""


def read_values(service: Any, layer: ShownLayer, field: str) -> ValueCounts:
    """Ask for every different value of a field; blocks, and never raises for what the service answers."""
    counted = _offers_statistics(layer.info)
    asked: dict[str, Any] = {"order_by": field}
    if counted:
        asked |= {"out_statistics": (Statistic("count", field, "row_count"),), "group_by": field}
    else:
        asked |= {"out_fields": field, "return_distinct_values": True}
    found: list[tuple[Any, float]] = []
    try:
        for _ in range(MOST_PAGES):
            page = service.query_layer(layer.target, result_offset=len(found), **asked)
            counts = page.column("row_count") if counted else (1,) * len(page.rows)
            found += zip(page.column(field), counts, strict=True)
            if not page.exceeded or not page.rows:
                break
        else:
            problem = f"{field} has more than {len(found):,} different values. Equal interval needs only two."
            return ValueCounts(field, problem=problem)
    except MapExplorerError as error:
        return ValueCounts(field, problem=f"The values of {field} cannot be read: {error}")
    known = [(value, count) for value, count in found if value is not None]
    return ValueCounts(
        field, tuple(value for value, _ in known), tuple(float(count or 1) for _, count in known)
    )


def read_range(service: Any, layer: ShownLayer, field: str) -> ValueCounts:
    """Ask for the lowest and the highest value of a field; from all of them where there are no statistics."""
    if not _offers_statistics(layer.info):
        return read_values(service, layer, field)
    ends = (Statistic("min", field, "low"), Statistic("max", field, "high"))
    try:
        page = service.query_layer(layer.target, out_statistics=ends)
    except MapExplorerError as error:
        return ValueCounts(field, problem=f"The values of {field} cannot be read: {error}")
    values = [value for name in ("low", "high") for value in page.column(name) if value is not None]
    return ValueCounts(field, tuple(values), (1.0,) * len(values))


def _offers_statistics(layer: LayerInfo) -> bool:
    advanced = layer.raw.get("advancedQueryCapabilities")
    if isinstance(advanced, dict) and "supportsStatistics" in advanced:
        return bool(advanced["supportsStatistics"])
    return bool(layer.raw.get("supportsStatistics", True))
