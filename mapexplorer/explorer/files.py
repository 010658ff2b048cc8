"""Files of the map in view: one more export, in a format that need not be one that a page can show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mapexplorer.client.transport import on_received
from mapexplorer.protocol import MapRequest, ParameterError
from mapexplorer.protocol.formats import ImageFormat, ResponseFormat

if TYPE_CHECKING:
    from mapexplorer.client import MapService
    from mapexplorer.client.results import ExportResult

FileKind: TypeAlias = ImageFormat | ResponseFormat
"""What a file can be: a picture or drawing in one of the formats, or a KMZ for globes."""
KINDS: tuple[FileKind, ...] = (*ImageFormat, ResponseFormat.KMZ)
_OF_SUFFIX = {"jpeg": "jpg", "eps": "ps"}


def fetch(
    service: MapService,
    request: MapRequest,
    kind: FileKind,
    heard: Callable[[int, int | None], object] | None = None,
) -> ExportResult:
    """Export a request as a file of another kind.

    `heard` gets the bytes that have come and their number, if known; where it gives False, Cancelled is
    raised. Blocks. Raises the errors of `MapService.export`.
    """
    changes: dict[str, Any] = {"format": kind}
    if kind is ResponseFormat.KMZ:
        changes = {"f": kind} if request.effective("format").raster else {"f": kind, "format": None}
    token = on_received.set(heard)
    try:
        return service.export(request, **changes)
    finally:
        on_received.reset(token)


def kind_of(path: Path, asked: FileKind | str | None) -> FileKind:
    """The kind that is asked for, else that of the ending of a path. Raises ParameterError for neither."""
    suffix = path.suffix.lower().removeprefix(".")
    name = str(asked or _OF_SUFFIX.get(suffix, suffix)).lower()
    found = next((kind for kind in KINDS if kind.value == name), None)
    if found is None:
        known = ", ".join(kind.value for kind in KINDS)
        raise ParameterError("format", f"expected one of {known}, not {name!r}")
    return found
