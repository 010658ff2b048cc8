"""Addresses of services: normalising, comparing and showing them without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mapexplorer.protocol import ParameterError

from .credentials import MASK

SECRET_FIELDS = frozenset(
    {"token", "access_token", "refresh_token", "password", "client_secret", "api_key", "apikey"}
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SERVICE = re.compile(r"(?i)^(?P<service>.*?/mapserver)(?:/.*)?$")
_OTHER_SERVICE = re.compile(
    r"(?i)/((?:Feature|Image|VectorTile|Scene|GP|Geocode|WMS|WFS)Server)(?:/|$)",
)


@dataclass(frozen=True)
class Address:
    """The address of a map service and a token that stood in it, if one did."""

    url: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Address(url={self.url!r}, token={None if self.token is None else MASK!r})"


def service_address(text: str) -> Address:
    """Read the address of a map service, from whatever page of it was copied.

    The query, the fragment and everything behind ``/MapServer`` are cut off; a ``token`` in the query is kept
    apart. Raises ParameterError, which never shows the address's credentials, for anything else.

    >>> service_address(" https://example.com/arcgis/rest/services/Roads/MapServer/3?f=json ").url
    'https://example.com/arcgis/rest/services/Roads/MapServer'
    """
    parts = _split(text)
    other = _OTHER_SERVICE.search(parts.path)
    match = _SERVICE.match(parts.path)
    if match is None:
        kind = f"this is {_article(other[1])} {other[1]}" if other else "it has no '/MapServer' in its path"
        raise ParameterError("url", f"expected the address of a map service (…/MapServer), but {kind}")
    path = match["service"]
    url = urlunsplit((parts.scheme.lower(), parts.netloc, path[: -len("mapserver")] + "MapServer", "", ""))
    tokens = [value for name, value in parse_qsl(parts.query) if name.lower() == "token"]
    return Address(url, tokens[-1] if tokens else None)


def _article(word: str) -> str:
    return "an" if word[0] in "IO" else "a"


def _split(text: str) -> SplitResult:
    if not isinstance(text, str):
        raise ParameterError("url", f"expected a text, got {type(text).__name__}")
    stripped = text.strip()
    try:
        parts = urlsplit(stripped)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ParameterError(
            "url", "expected an address such as https://host/arcgis/rest/services/…"
        ) from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ParameterError(
            "url", "expected an address that begins with http:// or https:// and names a host"
        )
    if any(character.isspace() or ord(character) < 32 for character in stripped):
        raise ParameterError("url", "expected an address without blanks")
    if "@" in parts.netloc:
        raise ParameterError(
            "url", "expected no user name or password in the address; use token= or session="
        )
    return parts


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port, which two addresses of the same origin share."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)


def same_origin(one: str, other: str) -> bool:
    """Say whether two addresses have scheme, host and port in common, and neither carries credentials."""
    try:
        return origin(one) == origin(other) and "@" not in urlsplit(other).netloc
    except ValueError:
        return False


def shown(url: str, length: int = 120) -> str:
    """Write an address for a sentence: without query, fragment and user name, and not too long."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that cannot be read"
    netloc = f"{host}:{port}" if port else host
    text = f"{parts.scheme}://{netloc}{parts.path}"
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= length else f"{text[:length]}…"


def is_secret(name: str) -> bool:
    """Say whether a request field of this name holds a secret."""
    return name.lower() in SECRET_FIELDS


def get_url(url: str, wire: Mapping[str, str]) -> str:
    """Write a request as one address, whatever its length."""
    return f"{url}?{urlencode(wire, quote_via=quote, safe=',:*')}" if wire else url


def masked_url(url: str) -> str:
    """Put the mask in the place of every secret in a query, and drop user name and password."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = parts.query
    if any(is_secret(name) for name, _ in pairs):
        query = urlencode(
            [(name, MASK if is_secret(name) else value) for name, value in pairs], quote_via=quote, safe="*,:"
        )
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))
