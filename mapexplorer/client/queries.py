"""Ask for the rows of a layer: attributes, distinct values, statistics (Esri, Query of a map layer)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapexplorer.protocol import BadAnswer, DynamicLayer, ParameterError, url_or_form
from mapexplorer.protocol.strict_json import dumps

from .channel import Channel
from .features import place_of

_ROWS_KEY = frozenset({"features"})


@dataclass(frozen=True)
class Statistic:
    """A number made of all rows, or of each group: count, sum, min, max, avg, stddev or var of a field."""

    kind: str
    field: str
    name: str

    def to_json(self) -> dict[str, str]:
        """Give one element of outStatistics."""
        return {
            "statisticType": self.kind,
            "onStatisticField": self.field,
            "outStatisticFieldName": self.name,
        }


@dataclass(frozen=True)
class LayerQuery:
    """What is asked of the rows of a layer; ``order_by`` holds field names, DESC behind them if wanted."""

    where: str = "1=1"
    out_fields: tuple[str, ...] = ("*",)
    return_distinct_values: bool = False
    out_statistics: tuple[Statistic, ...] = ()
    group_by: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    result_offset: int = 0
    result_record_count: int | None = None

    def encode(self) -> dict[str, str]:
        """Write the fields of the request; what has no effect is left out."""
        wire = {"where": self.where, "returnGeometry": "false", "f": "json"}
        if self.out_statistics:
            wire["outStatistics"] = dumps([statistic.to_json() for statistic in self.out_statistics])
        else:
            wire["outFields"] = ",".join(self.out_fields)
        if self.return_distinct_values:
            wire["returnDistinctValues"] = "true"
        if self.group_by:
            wire["groupByFieldsForStatistics"] = ",".join(self.group_by)
        if self.order_by:
            wire["orderByFields"] = ",".join(self.order_by)
        if self.result_offset:
            wire["resultOffset"] = str(self.result_offset)
        if self.result_record_count is not None:
            wire["resultRecordCount"] = str(self.result_record_count)
        return wire


@dataclass(frozen=True)
class Rows:
    """Attributes by row; ``exceeded`` tells that the service holds back more of them."""

    rows: tuple[Mapping[str, Any], ...]
    exceeded: bool = False

    def column(self, name: str) -> tuple[Any, ...]:
        """The values of a field, whatever case the service writes its name in."""
        folded = name.casefold()
        return tuple(
            next((value for key, value in row.items() if key.casefold() == folded), None) for row in self.rows
        )


def read_rows(channel: Channel, service_url: str, layer: int | DynamicLayer, query: LayerQuery) -> Rows:
    """Ask once. Raises TransportError and AnswerError."""
    place, own = place_of(layer)
    call = url_or_form(f"{service_url}/{place}/query", query.encode() | own)
    answer, _ = channel.json(call, deadline=channel.deadline(), result_keys=_ROWS_KEY)
    body = channel.credentials.redact_tree(answer)
    features = body.get("features")
    if not isinstance(features, list):
        raise BadAnswer("The answer to the query holds no features.")
    attributes = [
        feature["attributes"]
        for feature in features
        if isinstance(feature, dict) and isinstance(feature.get("attributes"), dict)
    ]
    return Rows(tuple(attributes), exceeded=body.get("exceededTransferLimit") is True)


def names(given: str | Iterable[str], parameter: str) -> tuple[str, ...]:
    """Read one name or several. Raises ParameterError for anything but text."""
    listed: Sequence[Any] = (given,) if isinstance(given, str) else tuple(given)
    for name in listed:
        if not isinstance(name, str) or not name.strip():
            raise ParameterError(parameter, f"expected names of fields, not {name!r}")
    return tuple(listed)
