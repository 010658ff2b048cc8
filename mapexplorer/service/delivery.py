"""How answers travel: named by their content, so that nothing is sent twice, and compressed."""

from __future__ import annotations

import gzip
import hashlib
from typing import Final

from werkzeug.wrappers import Request, Response

SHORTEST_COMPRESSED: Final = 1_000
"""Bytes below which compressing an answer gains nothing."""
_COMPRESSED: Final = frozenset({"application/json", "application/geo+json", "text/html", "text/css"})
_LEVEL: Final = 5


def deliver(request: Request, response: Response) -> Response:
    """Return an answer with its entity tag, compressed when the client takes that; code 304 when it has it.

    Answers that are not to be kept (errors) have no tag.
    """
    response.vary.add("Accept-Encoding")
    if response.status_code != 200:
        return response
    if request.method in ("GET", "HEAD") and "no-store" not in response.headers.get("Cache-Control", ""):
        # Weak, because the compressed and the plain form of an answer share it.
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32], weak=True)
        response.make_conditional(request)
    if response.status_code == 200:
        _compress(request, response)
    return response


def _compress(request: Request, response: Response) -> None:
    if response.mimetype not in _COMPRESSED or request.accept_encodings.quality("gzip") <= 0:
        return
    content = response.get_data()
    if len(content) >= SHORTEST_COMPRESSED:
        # Without a moment in it, so that the same answer is the same bytes.
        response.set_data(gzip.compress(content, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
