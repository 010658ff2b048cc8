"""Every error of mapexplorer, in one tree.

::

    MapExplorerError
     ├ ParameterError (also a ValueError)   one parameter, or one place in its JSON
     │   └ ExpressionError                  a filter expression, with the place in it
     ├ RequestErrors (also a ValueError)    all faults of one request
     ├ ServiceFault                         what a map service answers as its error envelope
     ├ DocumentError (also a ValueError)    a map document, all faults with their JSON path
     ├ Cancelled                            the caller gave up waiting
     ├ TransportError                       no complete answer arrived
     │   ├ Unreachable, Timeout, ConnectionLost, Truncated
     │   └ TooLarge, CertificateError, RedirectRefused
     └ AnswerError                          an answer arrived and says no, or cannot be read
         ├ BadAnswer, CorruptImage, ServerError, ArcGISError
         └ TokenRequired, TokenInvalid

The text of each error is one sentence for a person.
"""

# ruff: noqa: N818  (errors are named by their cause)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class MapExplorerError(Exception):
    """Everything that mapexplorer raises on purpose; ``str()`` is one sentence."""


class ParameterError(MapExplorerError, ValueError):
    """A parameter of a request cannot mean what its text or value says.

    >>> str(ParameterError("dpi", "expected a number above 0, not -5"))
    'dpi: expected a number above 0, not -5'
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(parameter, problem)
        self.parameter = parameter
        """Wire name, or the JSON path below it: ``dynamicLayers[1].drawingInfo``."""
        self.problem = problem
        self.others: tuple[ParameterError, ...] = ()
        """Further faults of the same parameter."""

    def __str__(self) -> str:
        return f"{self.parameter}: {self.problem}"


class ExpressionError(ParameterError):
    """A filter expression is not understood; ``position`` is its 0-based column, or None."""

    def __init__(self, parameter: str, problem: str, position: int | None = None) -> None:
        super().__init__(parameter, problem)
        self.args = (parameter, problem, position)
        self.position = position


class RequestErrors(MapExplorerError, ValueError):
    """All faults that one request has."""

    def __init__(self, faults: Iterable[ParameterError]) -> None:
        self.faults: tuple[ParameterError, ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.faults)


class ServiceFault(MapExplorerError):
    """An answer of a map service that says why there is no result."""

    def __init__(self, code: int, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(code, message, tuple(details))
        self.code = code
        self.message = message
        self.details: tuple[str, ...] = tuple(details)

    def __str__(self) -> str:
        return f"{self.message} {'; '.join(self.details)}".strip()

    def to_envelope(self) -> dict[str, Any]:
        """Give the body that ArcGIS clients look for: ``{"error": {code, message, details}}``."""
        return {"error": {"code": self.code, "message": self.message, "details": list(self.details)}}


class DocumentError(MapExplorerError, ValueError):
    """A map document cannot be served; every fault begins with its JSON path."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "; ".join(self.faults)


class Cancelled(MapExplorerError):
    """Whoever asked does not want the answer any more."""


class TransportError(MapExplorerError):
    """No complete answer arrived."""


class Unreachable(TransportError):
    """Nobody answers at the address."""


class Timeout(TransportError):
    """The answer did not arrive before the deadline."""


class ConnectionLost(TransportError):
    """The connection broke while the answer was under way."""


class Truncated(TransportError):
    """The answer is shorter than it announced."""


class TooLarge(TransportError):
    """The answer is longer than the byte budget."""


class CertificateError(TransportError):
    """The certificate of the server could not be verified."""


class RedirectRefused(TransportError):
    """The server points to another origin, or too many times."""


class AnswerError(MapExplorerError):
    """An answer arrived, but it is not a result."""


class BadAnswer(AnswerError):
    """The answer is not what the operation gives: not JSON, an HTML page, keys missing."""


class CorruptImage(AnswerError):
    """The picture cannot be decoded."""


class ServerError(AnswerError):
    """The server answered with an HTTP error status and nothing to explain it."""

    def __init__(self, status: int, message: str | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message or f"The server answered with HTTP status {status}."

    def __str__(self) -> str:
        return self.message


class ArcGISError(AnswerError):
    """The service answered with its error envelope."""

    def __init__(self, code: int | None, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(code, message, tuple(details))
        self.code = code
        self.message = message
        self.details: tuple[str, ...] = tuple(details)

    def __str__(self) -> str:
        number = "" if self.code is None else f" ({self.code})"
        more = f" {'; '.join(self.details)}" if self.details else ""
        return f"The service reports{number}: {self.message or 'an error without text'}{more}"


class TokenRequired(AnswerError):
    """The service wants a token and none was sent."""

    def __init__(self, message: str = "The service asks for a token.") -> None:
        super().__init__(message)


class TokenInvalid(AnswerError):
    """The service does not accept the token, or no longer."""

    def __init__(self, message: str = "The service does not accept the token.") -> None:
        super().__init__(message)
