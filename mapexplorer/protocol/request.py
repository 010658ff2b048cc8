"""One request: the values of the parameters, frozen, and its way to and from the wire."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NoReturn
from urllib.parse import quote, urlencode

from .errors import ParameterError, RequestErrors
from .formats import ResponseFormat
from .parameters import BY_NAME, BY_WIRE, DISPLACED, LEGEND_FORMATS, PARAMETERS, Operation

LONGEST_URL = 2_000
"""Characters of a whole URL up to which a request goes by GET."""


class MapRequest:
    """What is asked of a map service, for picture and legend alike.

    Keywords are the Python names of the table; values are coerced. A parameter that is None is not
    given. A bbox with a spatial reference of its own gives it to ``bbox_sr`` when that is not given.

    >>> request = MapRequest(bbox=(-104, 35.6, -94.32, 41), layers=[0, 2], transparent=True)
    >>> request.encode(Operation.EXPORT)
    {'bbox': '-104,35.6,-94.32,41', 'transparent': 'true', 'layers': 'show:0,2'}
    """

    __slots__ = ("_values",)
    _values: Mapping[str, Any]

    def __init__(self, **parameters: Any) -> None:
        values: dict[str, Any] = {}
        for name, value in parameters.items():
            if name not in BY_NAME:
                raise ParameterError(name, _unknown(name))
            values[name] = BY_NAME[name].coerce(value)
        self._keep(values)

    def _keep(self, values: Mapping[str, Any]) -> None:
        given = {row.name: values[row.name] for row in PARAMETERS if values.get(row.name) is not None}
        bbox = given.get("bbox")
        if bbox is not None and bbox.spatial_reference is not None:
            given.setdefault("bbox_sr", bbox.spatial_reference)
            given["bbox"] = type(bbox)(*bbox.numbers)
        object.__setattr__(self, "_values", MappingProxyType(given))

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> MapRequest:
        request = cls.__new__(cls)
        request._keep(values)
        return request

    def __getattr__(self, name: str) -> Any:
        if name in BY_NAME:
            return self._values.get(name)
        raise AttributeError(f"a map request has no parameter {name!r}")

    def __setattr__(self, name: str, _: Any) -> NoReturn:
        raise AttributeError(f"a map request is frozen; use replace({name}=…)")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a map request is frozen; use replace({name}=None)")

    def __dir__(self) -> Iterator[str]:
        yield from object.__dir__(self)
        yield from BY_NAME

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, MapRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple((name, BY_NAME[name].write(value)) for name, value in self._values.items()))

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"MapRequest({given})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (dict(self._values),))

    def given(self) -> dict[str, Any]:
        """Give what is not None, by Python name, in the order of the table."""
        return dict(self._values)

    def effective(self, name: str) -> Any:
        """Give the value of a parameter, or its default when it is not given."""
        row = BY_NAME[name]
        return self._values.get(name, row.default)

    def replace(self, **changes: Any) -> MapRequest:
        """Give a request with some parameters changed; None takes one away.

        A new bbox with a spatial reference of its own brings its bbox_sr along.
        """
        changed = MapRequest(**changes)
        values = {name: value for name, value in self._values.items() if name not in changes}
        return MapRequest._of({**values, **changed._values})

    @property
    def displaced(self) -> frozenset[str]:
        """Names of given parameters that have no effect because another one replaces them."""
        losers = [names for winner, names in DISPLACED.items() if winner in self._values]
        return frozenset().union(*losers) & self._values.keys()

    def encode(self, operation: Operation, **extra: str) -> dict[str, str]:
        """Write what the operation takes and what is given: wire name to text.

        Displaced parameters are left out. ``extra`` adds or replaces wire names (f, token).
        """
        counting = self._values.keys() - self.displaced
        texts = {
            row.wire: row.write(self._values[row.name])
            for row in PARAMETERS
            if operation in row.operations and row.name in counting
        }
        return {**texts, **extra}

    def key(self, operation: Operation) -> tuple[Any, ...]:
        """Give a hashable value that is equal for requests with the same answer from that operation."""
        return (operation, *self.encode(operation).items())

    def check(self, operation: Operation) -> None:
        """Raise RequestErrors when the parameters cannot go together in that operation."""
        faults = tuple(_faults_together(operation, self._values, self._values))
        if faults:
            raise RequestErrors(faults)

    @classmethod
    def decode(cls, operation: Operation, pairs: Iterable[tuple[str, str]]) -> MapRequest:
        """Read the pairs of a query string or form; raise RequestErrors with all faults.

        Names in any case, the last of equal names wins, an empty value is "not given", unknown names are
        ignored, displaced parameters are not even parsed.
        """
        texts = _select(operation, pairs)
        values: dict[str, Any] = {}
        faults: list[ParameterError] = []
        for name, text in texts.items():
            try:
                values[name] = BY_NAME[name].parse(text)
            except ParameterError as fault:
                faults.extend((fault, *fault.others))
        faults.extend(_faults_together(operation, values, texts))
        if faults:
            raise RequestErrors(faults)
        return cls._of(values)


def _restore(values: dict[str, Any]) -> MapRequest:
    return MapRequest._of(values)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, list(BY_NAME), 1)
    wire = BY_WIRE.get(name.casefold())
    hint = wire.name if wire is not None else near[0] if near else None
    return "is not a parameter" + (f"; did you mean {hint}?" if hint else "")


def _select(operation: Operation, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the last text of each parameter that counts, by Python name in the order of the table."""
    last = {name.casefold(): text for name, text in pairs}
    texts = {
        row.name: last[row.wire.casefold()]
        for row in PARAMETERS
        if operation in row.operations and last.get(row.wire.casefold(), "").strip()
    }
    for winner, losers in DISPLACED.items():
        if winner in texts:
            texts = {name: text for name, text in texts.items() if name not in losers}
    return texts


def _faults_together(
    operation: Operation, values: Mapping[str, Any], given: Collection[str]
) -> Iterator[ParameterError]:
    """Find what is wrong with the parameters as a whole; ``given`` names also those that were not read."""
    for row in PARAMETERS:
        if operation in row.required_by and row.name not in given:
            yield ParameterError(row.wire, "is required")
    bbox = values.get("bbox")
    if bbox is not None and bbox.width == 0 and bbox.height == 0 and "map_scale" not in given:
        yield ParameterError("bbox", "expected a side above zero, or mapScale")
    answer = values.get("f")
    if operation is Operation.QUERY_LEGENDS and answer is not None and answer not in LEGEND_FORMATS:
        yield ParameterError("f", f"expected html, json or pjson for a legend, not '{answer.value}'")


def requested_format(operation: Operation, pairs: Iterable[tuple[str, str]]) -> ResponseFormat:
    """Tell the form in which to answer, even when the request is faulty; JSON when f makes no sense."""
    text = {name.casefold(): value for name, value in pairs}.get("f", "").strip()
    if not text:
        return ResponseFormat.HTML if operation is Operation.EXPORT else ResponseFormat.JSON
    try:
        answer = ResponseFormat(text.lower())
    except ValueError:
        return ResponseFormat.JSON
    legend = operation is Operation.QUERY_LEGENDS
    return ResponseFormat.JSON if legend and answer not in LEGEND_FORMATS else answer


@dataclass(frozen=True)
class Call:
    """One HTTP call: the method, the URL, and the form for POST."""

    method: Literal["GET", "POST"]
    url: str
    form: Mapping[str, str] | None = field(default=None, hash=False)


def url_or_form(url: str, encoded: Mapping[str, str]) -> Call:
    """Choose GET while the whole URL has at most 2,000 characters, else POST with a form.

    >>> url_or_form("http://example.com/MapServer/export", {"bbox": "0,0,1,1", "f": "json"}).url
    'http://example.com/MapServer/export?bbox=0,0,1,1&f=json'
    """
    query = urlencode(encoded, quote_via=quote, safe=",:")
    whole = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    if len(whole) <= LONGEST_URL:
        return Call("GET", whole)
    return Call("POST", url, MappingProxyType(dict(encoded)))


def changed_parameters(old: MapRequest | None, new: MapRequest) -> frozenset[str]:
    """Give the Python names of the parameters in which two requests differ."""
    before = old.given() if old is not None else {}
    after = new.given()
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
