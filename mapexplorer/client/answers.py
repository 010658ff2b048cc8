"""Judge an answer: error envelopes in any dress, login pages, error statuses, JSON.

A header proves nothing and HTTP 200 neither: services answer errors with status 200, call JSON
``image/tiff`` and send login pages where JSON was asked (Export Map and Query Legends do not say so;
recorded answers do).
"""

from __future__ import annotations

import json
import re
from typing import Any

from mapexplorer.protocol import AnswerError, ArcGISError, BadAnswer, ServerError, TokenInvalid, TokenRequired
from mapexplorer.protocol.strict_json import uncollected

from .addresses import shown
from .reply import Reply

_MESSAGE_LENGTH = 300
_DETAILS = 5
_NO_LOGIN = frozenset({"COM_0056", "COM_0057", "SB_0008"})
_LOGIN = re.compile(rb"(?i)<input[^>]{0,200}type\s*=\s*[\"']?password|log ?in|sign ?in|anmeld|saml|oauth")
_FAILURES = frozenset({"error", "failure", "failed"})


def json_of(reply: Reply, *, token_sent: bool, result_keys: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the JSON object of an answer.

    An object with one of ``result_keys`` is a result even when it also has an ``error``. Numbers that JSON
    does not know (NaN, Infinity) are read as null. Raises ArcGISError, TokenRequired or TokenInvalid for an
    error envelope, ServerError for an error status, BadAnswer for everything else that is not a JSON
    object.
    """
    value = _decoded(reply.content)
    if isinstance(value, dict):
        if not result_keys.intersection(value) or reply.status >= 400:
            raise_envelope(value, token_sent=token_sent)
        raise_status(reply, token_sent=token_sent)
        return value
    raise_status(reply, token_sent=token_sent)
    raise not_json(reply)


def raise_if_error(reply: Reply, *, token_sent: bool) -> None:
    """Raise when an answer that should be a picture is an error envelope or has an error status."""
    value = _decoded(reply.content)
    if isinstance(value, dict):
        raise_envelope(value, token_sent=token_sent)
    raise_status(reply, token_sent=token_sent)


def not_json(reply: Reply) -> BadAnswer:
    """Build the error for an answer that is no JSON object."""
    return BadAnswer(f"{shown(reply.url)} {what_came(reply.content)} where JSON was expected.")


def what_came(content: bytes) -> str:
    """Say what an unexpected answer is, never quoting it."""
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    lowered = start[:512].lower()
    if not start:
        return "answered with nothing"
    if lowered.startswith((b"<!doctype html", b"<html")) or b"<html" in lowered:
        if _LOGIN.search(content[:65536]):
            return "answered with an HTML page (perhaps a login page: a token or a session may be needed)"
        return "answered with an HTML page"
    if lowered.startswith(b"<svg") or b"<svg" in lowered:
        return "answered with an SVG drawing"
    if lowered.startswith(b"<"):
        return "answered with XML"
    if start[:1] in b"{[":
        return (
            "answered with incomplete or broken JSON"
            if _decoded(content) is None
            else "answered with other JSON"
        )
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%!PS", b"%PDF")):
        return "answered with a picture or document"
    return "answered with something unknown"


def raise_status(reply: Reply, *, token_sent: bool) -> None:
    """Raise for a status that is not 2xx; the page that came with it is not shown."""
    status = reply.status
    if 200 <= status < 300:
        return
    place = shown(reply.url)
    if status in (401, 403, 498, 499):
        raise _token_error(status, token_sent, f"{place} refuses access (HTTP status {status})")
    wait = reply.headers.get("Retry-After", "").strip()
    asks = f" and asks to wait {wait} s" if wait.isascii() and wait.isdecimal() and len(wait) < 8 else ""
    raise ServerError(status, f"{place} answered with HTTP status {status}{asks}.")


def raise_envelope(body: dict[str, Any], *, token_sent: bool) -> None:
    """Raise the error that a JSON object reports in one of the shapes on record."""
    fault = _fault(body)
    if fault is not None:
        raise _error_of(fault, token_sent)


def _decoded(content: bytes) -> Any:
    """Read JSON tolerantly; None when it is not JSON."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start not in (b"{", b"["):
        return None
    try:
        with uncollected():
            return json.loads(content.decode("utf-8-sig", errors="replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _fault(body: dict[str, Any]) -> dict[str, Any] | None:
    """Bring the shapes of an error to one: ``{code, message, details, …}``."""
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str) and error:
        described = body.get("error_description") or body.get("message")
        return {"code": body.get("code"), "message": error, "details": [described] if described else []}
    status = body.get("status")
    if not isinstance(status, str) or status.lower() not in _FAILURES:
        return None
    inner = body.get("statusMessage")
    if isinstance(inner, str):
        parsed = _decoded(inner.encode())
        return _fault(parsed) or parsed if isinstance(parsed, dict) else {"message": inner}
    messages = _texts(body.get("messages"))
    message = body.get("message") or (messages[0] if messages else "")
    return {**body, "message": message, "details": messages[1:] or body.get("details")}


def _error_of(fault: dict[str, Any], token_sent: bool) -> AnswerError:
    code = _code(fault.get("code"))
    message = _sentence(fault.get("message"))
    details = tuple(text for text in _texts(fault.get("details")) if text and text != message)[:_DETAILS]
    login_is_no_help = fault.get("messageCode") in _NO_LOGIN or (code == 403 and "ssl" in message.lower())
    if code in (401, 403, 498, 499) and not login_is_no_help:
        return _token_error(
            code, token_sent, f"The service refuses access ({code}: {message or 'no reason given'})"
        )
    if code == 403 and "ssl" in message.lower():
        details = (*details, "Use the https address of the service.")
    if code is not None and code < 400 and not message:
        message = "the request failed"
    return ArcGISError(code, message, details)


def _token_error(code: int, token_sent: bool, sentence: str) -> TokenRequired | TokenInvalid:
    if code == 498 or (code != 499 and token_sent):
        return TokenInvalid(f"{sentence}: the token is not accepted, or no longer.")
    if code == 499 and token_sent:
        return TokenInvalid(
            f"{sentence}: the token was not read; it may belong to another server or referer."
        )
    return TokenRequired(f"{sentence}: give a token with token=….")


def _code(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and abs(value) < 2**31:
        return int(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 12:
        return int(value)
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [_sentence(value)]
    if isinstance(value, list):
        return [_sentence(item) for item in value[:50] if isinstance(item, str | int | float)]
    return []


def _sentence(value: Any) -> str:
    """Make one printable line of a text, not too long."""
    if not isinstance(value, str | int | float):
        return ""
    text = " ".join("".join(c if c.isprintable() or c.isspace() else "�" for c in str(value)[:2000]).split())
    return text if len(text) <= _MESSAGE_LENGTH else f"{text[:_MESSAGE_LENGTH]}…"
