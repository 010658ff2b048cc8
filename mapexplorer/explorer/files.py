"""Files of the map in view: one more export, in a format that need not be one that a page can show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mapexplorer.client.transport import on_received
from mapexplorer.protocol import MapRequest, ParameterError
from mapexplorer.protocol.formats import ImageFormat

if TYPE_CHECKING:
    from mapexplorer.client import MapService
    from mapexplorer.client.results import ExportResult

_OF_SUFFIX = {"jpeg": "jpg", "eps": "ps"}


def fetch(
    service: MapService,
    request: MapRequest,
    kind: ImageFormat,
    heard: Callable[[int, int | None], object] | None = None,
) -> ExportResult:
    """Export a request in another format; `heard` gets the bytes that have come and their number, if known.

    Blocks. Raises the errors of `MapService.export`.
    """
    token = on_received.set(heard)
    try:
        return service.export(request, format=kind)
    finally:
        on_received.reset(token)


def format_of(path: Path, asked: ImageFormat | str | None) -> ImageFormat:
    """The format that is asked for, else that of the ending of a path. Raises ParameterError for neither."""
    suffix = path.suffix.lower().removeprefix(".")
    name = str(asked or _OF_SUFFIX.get(suffix, suffix)).lower()
    try:
        return ImageFormat(name)
    except ValueError:
        known = ", ".join(kind.value for kind in ImageFormat)
        raise ParameterError("format", f"expected one of {known}, not {name!r}") from None
