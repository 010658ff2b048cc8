"""From whatever names a map to a service that can be asked: an address, a sample, a file, a document, tables.

A map that is not on a network is served inside this process: the same HTTP requests go to a WSGI
application instead of a socket, under a host name that no network can resolve. A session for such a service
has no other way out.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import quote, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from mapexplorer.client import Limits, MapService
from mapexplorer.client.credentials import TokenSource
from mapexplorer.protocol import ParameterError

if TYPE_CHECKING:
    from mapexplorer.service import MapCatalog

HOST = "embedded.invalid"
"""Reserved (RFC 2606): no name server answers for it, so a request that misses the adapter goes nowhere."""
DEFAULT_SAMPLE = "storms"
_SCHEMELESS = re.compile(r"(?i)^[\w-]+(\.[\w-]+)*(:\d+)?/.*mapserver|^www\.")
"""An address that was typed without its beginning."""
MOST_NAMES = 5
"""Names of maps that an error lists."""
WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Options(TypedDict, total=False):
    """What :func:`connect` passes on to :class:`mapexplorer.client.MapService`."""

    session: requests.Session | None
    token: TokenSource
    referer: str | None
    limits: Limits | None
    token_in: str


class EmbeddedAdapter(BaseAdapter):
    """Answers requests from a WSGI application in the same process; opens no socket.

    The deadline of the client bounds a network; here the application itself bounds its work, because a call
    inside the process cannot be interrupted.
    """

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Call the application and wrap what it answers."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            started[:] = [status, headers]
            return written.append

        written: list[bytes] = []
        answered = self._app(_environment(request), start_response)
        try:
            content = b"".join((*written, *answered)) if not isinstance(answered, bytes) else answered
        finally:
            close = getattr(answered, "close", None)
            if close is not None:
                close()
        return _response(request, started[0], started[1], content)

    def close(self) -> None:
        """Nothing to close."""


def _environment(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    environment: dict[str, Any] = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or HOST,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environment[key] = value
        elif key != "CONTENT_LENGTH":
            environment[f"HTTP_{key}"] = value
    environment["HTTP_HOST"] = parts.netloc
    # Nothing travels inside the process, so nothing is compressed for it.
    environment["HTTP_ACCEPT_ENCODING"] = "identity"
    return environment


def _response(
    request: requests.PreparedRequest, status: str, headers: list[tuple[str, str]], content: bytes
) -> requests.Response:
    code, _, reason = status.partition(" ")
    response = requests.Response()
    response.status_code = int(code)
    response.reason = reason
    response.url = request.url or ""
    response.headers = requests.structures.CaseInsensitiveDict(headers)
    response.request = request
    response.raw = HTTPResponse(
        io.BytesIO(content), headers=dict(headers), status=int(code), reason=reason, preload_content=False
    )
    return response


def connect(target: Any = None, **options: Unpack[Options]) -> MapService:
    """Return a service for whatever names a map.

    ``None`` is the demo map of Atlantic storms; ``"sample:usa"`` another demo map (see
    :func:`sample_names`); an http or https address a live service; a path (text or Path) a map document
    ``map.json`` or a data file; a dict a map document, or names with GeoDataFrames; a GeoDataFrame a map
    with one layer; a MapService itself. ``options`` (token, token_in, referer, session, limits) are those
    of :class:`~mapexplorer.client.MapService`; a map in this process takes only ``limits``.

    Raises ParameterError for a target that names no map, DocumentError for a map document with faults.
    """
    if isinstance(target, MapService):
        if options:
            raise ParameterError("target", "a service that exists already takes no options")
        return target
    if isinstance(target, str) and _is_address(target):
        return MapService(target, **options)
    for name in ("session", "token", "referer", "token_in"):
        if options.get(name) is not None:
            raise ParameterError(
                name, "a map in this process takes no such option; only an http(s) service does"
            )
    if target is None:
        return _sample(DEFAULT_SAMPLE, options.get("limits"))
    if isinstance(target, str) and target.strip().lower().startswith("sample:"):
        return _sample(target.strip()[len("sample:") :].strip().lower(), options.get("limits"))
    return _embedded(_catalogs(target), options.get("limits"))


def sample_names() -> tuple[str, ...]:
    """Return the names of the demo maps, for ``connect("sample:…")``."""
    from mapexplorer.sample import NAMES

    return tuple(NAMES)


def _is_address(text: str) -> bool:
    """Tell an address from a path; one letter before the colon is a Windows drive."""
    scheme, colon, rest = text.strip().partition(":")
    return bool(colon) and rest.startswith("//") and len(scheme) > 1


def _sample(name: str, limits: Limits | None) -> MapService:
    if name not in sample_names():
        raise ParameterError("target", f"expected one of {', '.join(sample_names())} behind 'sample:'")
    return _embedded(_sample_catalogs(name), limits)


@lru_cache(maxsize=8)
def _sample_catalogs(name: str) -> Mapping[str, MapCatalog]:
    """Read a demo map once per process; catalogs do not change."""
    from mapexplorer.sample import document_path
    from mapexplorer.service import catalog_from

    return catalog_from(document_path(name))


def _catalogs(target: Any) -> Mapping[str, MapCatalog]:
    from mapexplorer.service import catalog_from

    if isinstance(target, str | os.PathLike) and str(target).strip():
        path = Path(os.fspath(target)).expanduser()
        if not path.exists():
            if _SCHEMELESS.search(str(target)):
                raise ParameterError("target", "an address begins with https:// or http://")
            raise ParameterError(
                "target", f"expected an address, 'sample:…' or a file; there is no {path.name!r}"
            )
        return catalog_from(path)
    if isinstance(target, Mapping) or hasattr(target, "geometry"):
        return catalog_from(target)
    raise ParameterError(
        "target",
        "expected an address, 'sample:…', a file, a map document or GeoDataFrames,"
        f" got {type(target).__name__}",
    )


def _embedded(catalogs: Mapping[str, MapCatalog], limits: Limits | None) -> MapService:
    """Serve catalogs in this process and return the service of the only map among them."""
    from mapexplorer.service import MapServiceApp

    if len(catalogs) != 1:
        names = sorted(catalogs)
        listed = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        raise ParameterError(
            "target", f"expected one map, got {len(names)} ({listed or 'none'}); name one file"
        )
    (name,) = catalogs
    session = embedded_session(MapServiceApp(catalogs))
    return MapService(
        f"http://{HOST}/arcgis/rest/services/{quote(name, safe='')}/MapServer", session=session, limits=limits
    )


def embedded_session(app: WSGIApplication) -> requests.Session:
    """Return a session that reaches one application and nothing else: no other adapter is mounted."""
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    session.mount(f"http://{HOST}/", EmbeddedAdapter(app))
    return session
