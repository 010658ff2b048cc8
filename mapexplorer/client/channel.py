"""One conversation with one service: transport, credentials and the reading of answers together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mapexplorer.protocol import (
    AnswerError,
    ArcGISError,
    Call,
    MapExplorerError,
    ServerError,
    TokenInvalid,
    TokenRequired,
)

from .answers import json_of
from .credentials import MASK, Credentials
from .deadline import Deadline
from .limits import Limits
from .reply import Reply, Timing
from .transport import Transport

T = TypeVar("T")


class Channel:
    """Asks, judges the answer, and when a token is refused asks once more with a new one."""

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport = transport
        self.credentials = credentials

    @property
    def limits(self) -> Limits:
        """The bounds of every call."""
        return self._transport.limits

    def deadline(self) -> Deadline:
        """Start the clock of one operation."""
        return Deadline(self.limits.total, self.limits.idle)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def shown(self, call: Call) -> Call:
        """Give a call as it may be shown: where a token goes along, a mask stands in its place."""
        if not self.credentials.given:
            return call
        if call.form is not None:
            return Call(call.method, call.url, {**call.form, "token": MASK})
        return Call(call.method, f"{call.url}{'&' if '?' in call.url else '?'}token={MASK}")

    def json(
        self,
        call: Call,
        *,
        deadline: Deadline,
        result_keys: frozenset[str] = frozenset(),
        heavy: bool = False,
    ) -> tuple[dict[str, Any], Timing]:
        """Ask for a JSON object; no text in it shows a token. Raises TransportError and AnswerError."""

        def read(reply: Reply, token_sent: bool) -> dict[str, Any]:
            return json_of(reply, token_sent=token_sent, result_keys=result_keys)

        body, timing = self.ask(call, read, deadline=deadline, budget=self.limits.json_bytes, heavy=heavy)
        return body, timing

    def ask(
        self,
        call: Call,
        read: Callable[[Reply, bool], T],
        *,
        deadline: Deadline,
        budget: int,
        plain_file: bool = False,
        heavy: bool = False,
    ) -> tuple[T, Timing]:
        """Send a call and read it with ``read(reply, token_sent)``, whose errors leave without secrets."""
        failure: MapExplorerError | None = None
        for last in (False, True):
            token = self.credentials.current()
            reply = self._transport.send(
                call, deadline=deadline, budget=budget, token=token, plain_file=plain_file, heavy=heavy
            )
            try:
                return read(reply, token is not None), reply.timing
            except (TokenRequired, TokenInvalid) as error:
                failure = error
            except AnswerError as error:
                failure = error
                break
            if last or not self.credentials.renew(token):
                break
        raise self._without_secrets(failure)

    def _without_secrets(self, error: MapExplorerError | None) -> MapExplorerError:
        """Build the error anew, so that neither its text nor its context holds a token."""
        redact = self.credentials.redact
        if isinstance(error, ArcGISError):
            return ArcGISError(
                error.code, redact(error.message), tuple(redact(text) for text in error.details)
            )
        if isinstance(error, ServerError):
            return ServerError(error.status, redact(error.message))
        return type(error)(redact(str(error))) if error is not None else AnswerError("There is no answer.")
