"""From what requests, urllib3 and the socket raise to one sentence of ours, without addresses' secrets."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from mapexplorer.protocol import (
    AnswerError,
    BadAnswer,
    CertificateError,
    ConnectionLost,
    Timeout,
    TransportError,
    Truncated,
    Unreachable,
)

from .addresses import shown
from .deadline import Deadline, DeadlineError

_NO_ANSWER_TO_READ = (
    urllib3.exceptions.DecodeError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.InvalidChunkLength,
    urllib3.exceptions.InvalidHeader,
    urllib3.exceptions.HeaderParsingError,
    requests.exceptions.InvalidHeader,
    http.client.LineTooLong,
    http.client.UnknownProtocol,
)
_NOBODY_THERE = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
    urllib3.exceptions.LocationParseError,
)


def failure_of(
    error: BaseException, url: str, deadline: Deadline, connect: float
) -> TransportError | AnswerError:
    """Build our error for what went wrong while asking ``url``."""
    chain = tuple(_chain(error))
    place = shown(url)

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if deadline.passed or has(DeadlineError):
        return Timeout(f"{place} did not answer completely within {deadline.seconds:g} s.")
    if _is_certificate(chain):
        return CertificateError(f"The certificate of {place} could not be verified.")
    if has(urllib3.exceptions.ConnectTimeoutError, requests.exceptions.ConnectTimeout):
        if not has(urllib3.exceptions.NewConnectionError):
            return Unreachable(f"{place} did not accept a connection within {connect:g} s.")
        return Unreachable(f"Nobody answers at {place}.")
    if has(*_NOBODY_THERE):
        return Unreachable(f"Nobody answers at {place}.")
    if has(urllib3.exceptions.ReadTimeoutError, requests.exceptions.ReadTimeout, TimeoutError):
        return Timeout(f"{place} was silent for {deadline.idle:g} s.")
    if has(*_NO_ANSWER_TO_READ):
        return BadAnswer(f"The answer of {place} cannot be decoded.")
    if _is_truncated(chain):
        return Truncated(f"The answer of {place} is shorter than it announced.")
    if has(http.client.HTTPException) and not has(http.client.RemoteDisconnected, http.client.IncompleteRead):
        return BadAnswer(f"The answer of {place} is not HTTP.")
    if has(ssl.SSLError, requests.exceptions.SSLError) and not has(ConnectionError, ssl.SSLEOFError):
        return Unreachable(f"No secure connection to {place} could be made.")
    return ConnectionLost(f"The connection to {place} broke before the answer was complete.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk through an error, its causes, and the errors that urllib3 keeps in arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting and len(seen) < 50:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]


def _is_certificate(chain: tuple[BaseException, ...]) -> bool:
    return any(
        isinstance(link, ssl.SSLCertVerificationError) or type(link).__name__ == "CertificateError"
        for link in chain
    )


def _is_truncated(chain: tuple[BaseException, ...]) -> bool:
    if any(isinstance(link, ConnectionError) for link in chain):
        return False
    return any(
        isinstance(link, (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead)) for link in chain
    )
