"""Send one request and read its answer within a deadline and a byte budget.

Redirects, retries and timeouts are handled here and not by requests, because each of its defaults leaks or
hangs: a redirect forwards unknown authorisation headers, a timeout restarts with every byte, an error text
shows the address with its token.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from mapexplorer.protocol import (
    AnswerError,
    Call,
    Cancelled,
    ConnectionLost,
    ParameterError,
    RedirectRefused,
    TooLarge,
    TransportError,
    Unreachable,
)

from .addresses import origin, same_origin, shown
from .credentials import Token
from .deadline import Deadline, DeadlineAdapter, bounded_by
from .failures import failure_of
from .limits import Limits
from .reply import Reply

TOKEN_HEADER = "X-Esri-Authorization"  # noqa: S105 - the name of a header
_BLOCK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIED = frozenset({429, 502, 503, 504})
_ERROR_BODY = 256 * 1024

Outcome = Reply | TransportError | AnswerError | Cancelled

on_received: ContextVar[Callable[[int, int | None], object] | None] = ContextVar("on_received", default=None)
"""Hears, while it is set around a call, the bytes that have come and the number that was announced.

Where it gives False the call ends at once with Cancelled.
"""


class _NoCredentials(requests.auth.AuthBase):
    """Adds nothing; its presence keeps requests from looking into .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """A session that never looks at redirects: requests would read their bodies without any limit."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class Transport:
    """Sends calls for one service; safe to use from several threads at once.

    The given session is read once: headers, auth, cookies, proxies, certificates, hooks and adapters are
    taken over into a session of our own that nobody changes afterwards, so its connection pools can be
    shared by threads. Adapters of the plain kind are replaced by ones that obey deadlines; special ones are
    kept as they are. Without a session, proxies of the environment count, ``.netrc`` never does.

    ``token_in`` says how tokens travel: ``"form"`` makes every request a POST with a ``token`` field, which
    all ArcGIS servers accept and no proxy log shows; ``"header"`` sends ``X-Esri-Authorization: Bearer …``
    (ArcGIS 10.4 and later). Pictures behind ``href`` are plain files that refuse POST, so they always get
    the header.
    """

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        referer: str | None = None,
        token_in: str = "form",  # noqa: S107 - a place, not a secret
        limits: Limits | None = None,
    ) -> None:
        if token_in not in ("form", "header"):
            raise ParameterError("token_in", f"expected 'form' or 'header', got {token_in!r}")
        if referer is not None and (not referer.isprintable() or not referer.isascii()):
            raise ParameterError("referer", "expected printable ASCII characters")
        self.limits = limits or Limits()
        self._token_in = token_in
        self._session = _own_session(session)
        self._headers = {"Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        if referer is not None:
            self._headers["Referer"] = referer

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def send(
        self,
        call: Call,
        *,
        deadline: Deadline,
        budget: int,
        token: Token | None = None,
        plain_file: bool = False,
        heavy: bool = False,
    ) -> Reply:
        """Ask and read the whole answer, of any HTTP status.

        ``budget`` bounds the decoded body in bytes. ``plain_file`` keeps the method GET. ``heavy`` marks a
        picture so large that a 504 is final. Raises a TransportError, or BadAnswer when the bytes are not
        HTTP.
        """
        method, url, form, headers = self._addressed(call, token, plain_file)
        retries = 0
        while True:
            outcome = self._follow(method, url, form, headers, deadline, budget)
            pause = self._pause(outcome, retries, deadline, heavy)
            if pause is None:
                break
            retries += 1
            time.sleep(pause)
        if isinstance(outcome, Reply):
            return outcome
        raise outcome

    def _addressed(
        self, call: Call, token: Token | None, plain_file: bool
    ) -> tuple[str, str, dict[str, str] | None, dict[str, str]]:
        headers = dict(self._headers)
        form = dict(call.form) if call.form is not None else None
        if token is None:
            return call.method, call.url, form, headers
        if plain_file or self._token_in == "header":  # noqa: S105 - a place, not a secret
            headers[TOKEN_HEADER] = f"Bearer {token.reveal()}"
            return call.method, call.url, form, headers
        parts = urlsplit(call.url)
        fields = (
            dict(parse_qsl(parts.query, keep_blank_values=True)) | (form or {}) | {"token": token.reveal()}
        )
        return "POST", urlunsplit(parts._replace(query="")), fields, headers

    def _follow(
        self,
        method: str,
        url: str,
        form: dict[str, str] | None,
        headers: dict[str, str],
        deadline: Deadline,
        budget: int,
    ) -> Outcome:
        """Ask, and ask again where redirects of the same origin point."""
        start = url
        for _ in range(self.limits.redirects + 1):
            outcome = self._once(method, url, form, headers, deadline, budget)
            if not isinstance(outcome, Reply) or outcome.status not in _REDIRECTS:
                return outcome
            location = outcome.headers.get("Location", "")
            target = _target(url, location)
            if target is None or not same_origin(start, target):
                return RedirectRefused(_refusal(start, target))
            if outcome.status == 303:
                method, form = "GET", None
            url = target
        return RedirectRefused(f"{shown(start)} redirects more than {self.limits.redirects} times.")

    def _once(
        self,
        method: str,
        url: str,
        form: dict[str, str] | None,
        headers: Mapping[str, str],
        deadline: Deadline,
        budget: int,
    ) -> Outcome:
        """Send one request; everything that goes wrong comes back as a value.

        Values and not exceptions, so that ours can be raised without theirs, which show addresses, in its
        context.
        """
        started = time.monotonic()
        response: requests.Response | None = None
        try:
            prepared = self._session.prepare_request(
                requests.Request(method, url, data=form, headers=dict(headers))
            )
            with bounded_by(deadline):
                response = self._session.send(prepared, **self._options(url, deadline))
            answered = time.monotonic()
            content = _body(response, deadline, budget)
        except Cancelled as wish:
            return wish
        except Exception as error:
            return failure_of(error, url, deadline, self.limits.connect)
        finally:
            if response is not None:
                response.close()
        if content is None:
            return TooLarge(f"The answer of {shown(url)} is larger than {_readable(budget)}.")
        ended = time.monotonic()
        return Reply(
            url, response.status_code, response.headers, content, answered - started, ended - answered
        )

    def _options(self, url: str, deadline: Deadline) -> dict[str, Any]:
        # requests prefers the bundle of the environment to the session's own; here the person's choice wins
        verify = None if self._session.verify is True else self._session.verify
        settings = self._session.merge_environment_settings(url, {}, True, verify, None)
        timeout = (deadline.slice(self.limits.connect), deadline.slice(self.limits.idle))
        return {**settings, "stream": True, "timeout": timeout, "allow_redirects": False}

    def _pause(self, outcome: Outcome, retries: int, deadline: Deadline, heavy: bool) -> float | None:
        """Return the seconds to wait before the next attempt, None when there is none."""
        if retries >= self.limits.retries:
            return None
        pause: float = self.limits.backoff * 2**retries
        if isinstance(outcome, Reply):
            if outcome.status not in _RETRIED or (heavy and outcome.status == 504):
                return None
            asked = _retry_after(outcome.headers.get("Retry-After"))
            if asked is not None:
                pause = asked
        elif not isinstance(outcome, Unreachable | ConnectionLost):
            return None
        if pause > self.limits.longest_pause or pause >= deadline.remaining:
            return None
        return pause


def _own_session(given: requests.Session | None) -> requests.Session:
    session = _Session()
    if given is not None:
        kind = type(given)
        if kind.send is not requests.Session.send or kind.request is not requests.Session.request:
            raise ParameterError(
                "session",
                f"expected a session that sends as requests does; {kind.__name__} changes how it sends",
            )
        for name in requests.Session.__attrs__:
            if name != "adapters":
                setattr(session, name, getattr(given, name))
        session.headers = requests.structures.CaseInsensitiveDict(given.headers)
        session.adapters.clear()
        for prefix, adapter in given.adapters.items():
            session.mount(prefix, DeadlineAdapter() if type(adapter) is HTTPAdapter else adapter)
    else:
        session.mount("http://", DeadlineAdapter())
        session.mount("https://", DeadlineAdapter())
    if session.auth is None:
        session.auth = _NoCredentials()
    if str(session.headers.get("User-Agent", "")).startswith("python-requests"):
        session.headers["User-Agent"] = "mapexplorer"
    return session


def _body(response: requests.Response, deadline: Deadline, budget: int) -> bytes | None:
    """Read the decoded body, of an error page only the start; None when it is longer than the budget."""
    if response.status_code in _REDIRECTS:
        return b""
    fault = response.status_code >= 400
    limit = min(budget, _ERROR_BODY) if fault else budget
    announced = response.headers.get("Content-Length", "")
    plain = response.headers.get("Content-Encoding", "identity").lower() == "identity"
    if not fault and plain and announced.isdecimal() and len(announced) < 19 and int(announced) > limit:
        return None
    heard = on_received.get()
    total = int(announced) if plain and announced.isdecimal() and len(announced) < 19 else None
    content = bytearray()
    for block in response.iter_content(_BLOCK):
        deadline.slice(deadline.idle)
        content += block
        if heard is not None and heard(len(content), total) is False:
            raise Cancelled("The rest of the answer is not wanted any more.")
        if len(content) > limit:
            return bytes(content[:limit]) if fault else None
    return bytes(content)


def _target(url: str, location: str) -> str | None:
    try:
        target = urljoin(url, location.strip()) if location.strip() else None
        if target is not None:
            urlsplit(target).port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return None
    return target


def _refusal(start: str, target: str | None) -> str:
    """Say where a redirect leads; a server that moved to https is named so that the person can follow."""
    if target is None:
        return f"{shown(start)} redirects to an address that cannot be read."
    if origin(target)[:2] == ("https", origin(start)[1]):
        return f"{shown(start)} has moved to {shown(target)}, which is another origin; use that address."
    return f"{shown(start)} redirects to {shown(target)}, which is another origin."


def _retry_after(text: str | None) -> float | None:
    """Read seconds or an HTTP date; None when the header is absent or means nothing."""
    if text is None:
        return None
    stripped = text.strip()
    if stripped.isascii() and stripped.isdecimal():
        return float(stripped[:9])
    try:
        moment = parsedate_to_datetime(stripped)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _readable(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB" if size >= 1024 * 1024 else f"{size} bytes"
