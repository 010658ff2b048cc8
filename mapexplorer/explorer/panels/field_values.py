"""The values offered for a field: those of its coded domain, or those that occur in the service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from mapexplorer.explorer.time_zones import zone
from mapexplorer.protocol import MapExplorerError
from mapexplorer.protocol.numerals import write_number

from . import timeline
from .conditions import Kind, zone_of
from .published import member, number

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

_LOG = logging.getLogger(__name__)
MOST_VALUES = 300


@dataclass(frozen=True)
class Choices:
    """Values as conditions hold them, and what a person reads for each."""

    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def label(self, value: str) -> str:
        """What stands for a value; the value itself when it is not a known one."""
        return self.labels[self.values.index(value)] if value in self.values else value

    def value(self, label: str) -> str:
        """The value that a label stands for; the text itself when it is not a known one."""
        return self.values[self.labels.index(label)] if label in self.labels else label


def coded_choices(field: Any) -> Choices:
    """The values of the coded domain of a field, each with its name."""
    named = coded_names(field)
    labels = (code if name in ("", code) else f"{name} ({code})" for code, name in named.items())
    return Choices(tuple(named), tuple(labels))


def coded_names(field: Any) -> dict[str, str]:
    """The names of the values of a coded domain by value, both as texts; "" for a value without a name."""
    domain = member(field, "domain") if field is not None else None
    codes = member(domain, "coded_values", "codedValues") if domain is not None else None
    known: dict[str, str] = {}
    for code in codes if isinstance(codes, list | tuple) else ():
        value, name = member(code, "code"), member(code, "name")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            known[value_text(value)] = "" if name in (None, value) else str(name)
    return known


def occurring_choices(values: Iterable[Any], kind: Kind, place: tzinfo = UTC) -> Choices:
    """The values that occur in a field, null left out; dates come as milliseconds."""
    texts: dict[str, None] = {}
    for value in values:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            continue
        moment = number(value) if kind in (Kind.DATE, Kind.DAY) else None
        text = timeline.text(int(moment), zone_of(kind, place)) if moment is not None else value_text(value)
        if text.strip():
            texts[text] = None
    return Choices(tuple(texts), tuple(texts))


def value_text(value: str | int | float) -> str:
    """A value as conditions hold it."""
    return value if isinstance(value, str) else write_number(float(value)) if value % 1 else str(int(value))


class FieldValues:
    """Looks up which values occur in fields of the service in use, each once, off the event loop.

    A field that cannot be asked has no values to offer; any value can still be typed.
    """

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self._service: Any = None
        self._known: dict[tuple[int, str], tuple[Any, ...]] = {}

    def ask(self, layer_id: int, field: str, kind: Kind, take: Callable[[Choices], None]) -> None:
        """Give the values to `take`, at once when they are known, else when they have come."""
        service = self._explorer.service
        if service is not self._service:
            self._service, self._known = service, {}
        known = self._known.get((layer_id, field))
        if known is not None:
            take(self._choices(known, kind))
            return
        scheduler = self._explorer.controller.scheduler
        scheduler.attend()
        scheduler.work(partial(self._fetch, service, layer_id, field, kind, take))

    def _fetch(
        self, service: Any, layer_id: int, field: str, kind: Kind, take: Callable[[Choices], None]
    ) -> None:
        try:
            rows = service.query_layer(
                layer_id,
                out_fields=field,
                return_distinct_values=True,
                order_by=field,
                result_record_count=MOST_VALUES,
            )
        except (MapExplorerError, AttributeError) as error:
            _LOG.debug("The values of %s could not be listed: %s", field, error)
            found: tuple[Any, ...] = ()
        else:
            found = rows.column(field)

        def deliver() -> None:
            if service is self._service:
                self._known[layer_id, field] = tuple(found)
                take(self._choices(found, kind))

        self._explorer.controller.scheduler.deliver(deliver)

    def _choices(self, values: Iterable[Any], kind: Kind) -> Choices:
        return occurring_choices(values, kind, zone(self._explorer.time_zone))
