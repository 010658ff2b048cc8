"""Tokens: kept out of every text, renewed once when a service refuses them."""

from __future__ import annotations

import hmac
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

from mapexplorer.protocol import ParameterError

MASK = "***"


class Token:
    """A secret that shows itself as ``***`` wherever it is printed, formatted or logged.

    >>> Token("secret")
    Token('***')
    >>> f"{Token('secret')}"
    '***'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str) or not value.strip():
            raise ParameterError("token", "expected a text that is not empty")
        if any(ord(character) < 33 or ord(character) > 126 for character in value.strip()):
            raise ParameterError("token", "expected printable ASCII characters without blanks")
        self._value = value.strip()

    @classmethod
    def of(cls, value: str | Token) -> Token:
        """Read a text or a token as a token."""
        return value if isinstance(value, Token) else cls(value)

    def reveal(self) -> str:
        """Return the secret itself, for the wire only."""
        return self._value

    def __repr__(self) -> str:
        return f"Token('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash((Token, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token cannot be saved")


TokenSource = str | Token | Callable[[], str | Token] | None


class Credentials:
    """The token in use, where it comes from, and the texts that must never be shown.

    A callable source is asked when the first request goes out, and once more when a service refuses the
    token. Safe to use from several threads: when two of them meet the same refusal the source is asked
    once.
    """

    def __init__(self, source: TokenSource = None) -> None:
        self._lock = threading.Lock()
        self._provider: Callable[[], str | Token] | None = None
        self._token: Token | None = None
        self._spent: deque[Token] = deque(maxlen=8)
        if callable(source):
            self._provider = source
        elif source is not None:
            self._token = Token.of(source)

    def __repr__(self) -> str:
        return f"Credentials({'none' if not self.given else MASK})"

    @property
    def given(self) -> bool:
        """Say whether requests carry a token."""
        return self._token is not None or self._provider is not None

    def current(self) -> Token | None:
        """Return the token to send, asking the provider for the first one."""
        with self._lock:
            if self._token is None and self._provider is not None:
                self._token = Token.of(self._provider())
            return self._token

    def renew(self, refused: Token | None) -> bool:
        """Replace a token that a service refused; False when there is no way to get another one."""
        with self._lock:
            if self._provider is None:
                return False
            if self._token is None or refused is None or self._token == refused:
                if self._token is not None:
                    self._spent.append(self._token)
                self._token = Token.of(self._provider())
            return True

    def redact(self, text: str) -> str:
        """Put the mask in the place of every token, also of a percent-encoded or an earlier one."""
        for token in (self._token, *self._spent):
            if token is None:
                continue
            secret = token.reveal()
            for form in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}:
                text = text.replace(form, MASK)
        return text

    def redact_tree(self, value: Any) -> Any:
        """Redact every text of a decoded JSON value."""
        if not self.given:
            return value
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_tree(item) for item in value]
        if isinstance(value, dict):
            return {self.redact(key): self.redact_tree(item) for key, item in value.items()}
        return value
