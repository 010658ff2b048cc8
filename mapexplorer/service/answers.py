"""Answers on the wire: JSON bodies, pictures and the error envelope, with the headers every answer
carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from mapexplorer.protocol import RequestErrors, ServiceFault, strict_json

MAX_IMAGE_ENVELOPE: Final = 750
"""Bytes: ArcGIS clients look for an error in the answer to f=image only when it is no longer than this."""

_MAX_DETAIL: Final = 400
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-cache",
}
_SVG_POLICY: Final = "default-src 'none'; img-src data:; sandbox"
"""For an SVG opened as a page: the rasters in it are pictures of its own."""


def json_answer(
    body: Mapping[str, Any],
    *,
    indent: bool = False,
    status: int = 200,
    content_type: str = "application/json",
) -> Response:
    """Return a body as JSON in which no text can pass for markup."""
    write = strict_json.pretty if indent else strict_json.dumps
    return _answer(write(body, escape_markup=True).encode("utf-8"), content_type, status)


def picture_answer(content: bytes, content_type: str, *, seconds: int = 0) -> Response:
    """Return the bytes of a picture; ``seconds`` is how long a client may keep it without asking again."""
    answer = _answer(content, content_type, 200)
    if content_type == "image/svg+xml":
        answer.headers["Content-Security-Policy"] = _SVG_POLICY
    if seconds:
        answer.headers["Cache-Control"] = f"private, max-age={seconds}"
    return answer


def kmz_answer(content: bytes) -> Response:
    """Return a KMZ file, with a name to keep it under."""
    answer = _answer(content, "application/vnd.google-earth.kmz", 200)
    answer.headers["Content-Disposition"] = 'attachment; filename="map.kmz"'
    return answer


def fault_answer(
    fault: ServiceFault, *, short: bool = False, indent: bool = False, status: int = 200
) -> Response:
    """Return the error envelope, with HTTP 200 as map services do; `short` keeps it within 750 bytes."""
    details = [
        detail if len(detail) <= _MAX_DETAIL else detail[:_MAX_DETAIL] + "…" for detail in fault.details
    ]
    answer = json_answer(
        ServiceFault(fault.code, fault.message, details).to_envelope(), indent=indent, status=status
    )
    while short and details and len(answer.get_data()) > MAX_IMAGE_ENVELOPE:
        details = details[:-1] if len(details) > 1 else [details[0][: len(details[0]) * 2 // 3]]
        body = ServiceFault(fault.code, fault.message, details).to_envelope()
        answer = json_answer(body, indent=indent, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def fault_of(errors: RequestErrors) -> ServiceFault:
    """Return the fault that tells everything that is wrong with a request, a line for each."""
    return ServiceFault(400, "Invalid or missing input parameters.", [str(fault) for fault in errors.faults])


def _answer(content: bytes, content_type: str, status: int) -> Response:
    return Response(content, status=status, headers=dict(_HEADERS), content_type=content_type)
