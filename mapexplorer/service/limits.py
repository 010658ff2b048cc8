"""What one request may cost, checked before anything is drawn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from mapexplorer.protocol import ParameterError, PatchSize, ServiceFault, Size
from mapexplorer.service.document import MapDocument


@dataclass(frozen=True)
class Limits:
    """Ceilings of the service; every one can be set in Python, none from the wire."""

    query_bytes: int = 64 * 2**10
    body_bytes: int = 8 * 2**20
    parameters: int = 1000
    min_dpi: float = 1
    max_dpi: float = 1200
    max_patch: float = 256
    drawing_bytes: int = 256 * 2**20
    drawing_bytes_per_pixel: int = 16
    drawing_seconds: float = 10
    max_records: int = 2000
    answer_vertices: int = 1_000_000
    max_ids: int = 10_000
    parallel_requests: int = max(os.cpu_count() or 1, 2)
    waiting_requests: int = 64
    dynamic_layers: int = 64
    classes: int = 1000
    legend_entries: int = 2000
    output_entries: int = 64
    output_bytes: int = 64 * 2**20
    output_seconds: float = 600


DEFAULT_LIMITS = Limits()


class Turnstile:
    """Lets a few requests draw at once and some wait, so that memory stays bounded; the rest are
    turned away.
    """

    def __init__(self, limits: Limits) -> None:
        self._places = BoundedSemaphore(limits.parallel_requests)
        self._most = limits.parallel_requests + limits.waiting_requests
        self._inside = 0
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place. Raises `ServiceFault` with code 503 when too many wait already."""
        with self._lock:
            if self._inside >= self._most:
                raise ServiceFault(503, "The service is busy; ask again in a moment.")
            self._inside += 1
        try:
            with self._places:
                yield
        finally:
            with self._lock:
                self._inside -= 1


def size_faults(size: Size, document: MapDocument, limits: Limits) -> list[ParameterError]:
    """Return what is wrong with a picture size: over the advertised limits, or over the memory for one
    drawing.
    """
    faults = []
    if size.width > document.max_image_width:
        faults.append(
            ParameterError("size", f"width {size.width} is over maxImageWidth {document.max_image_width}")
        )
    if size.height > document.max_image_height:
        faults.append(
            ParameterError("size", f"height {size.height} is over maxImageHeight {document.max_image_height}")
        )
    if not faults and size.width * size.height * limits.drawing_bytes_per_pixel > limits.drawing_bytes:
        most = limits.drawing_bytes // limits.drawing_bytes_per_pixel
        faults.append(
            ParameterError("size", f"{size.width} x {size.height} is over the {most} pixels of one picture")
        )
    return faults


def dpi_faults(dpi: float, limits: Limits) -> list[ParameterError]:
    """Return what is wrong with a resolution."""
    if limits.min_dpi <= dpi <= limits.max_dpi:
        return []
    return [
        ParameterError("dpi", f"expected a number from {limits.min_dpi:g} to {limits.max_dpi:g}, not {dpi:g}")
    ]


def patch_faults(patch: PatchSize, dpi: float, document: MapDocument, limits: Limits) -> list[ParameterError]:
    """Return what is wrong with a legend patch, whose size is in points."""
    if max(patch.width, patch.height) > limits.max_patch:
        return [ParameterError("patchSize", f"expected at most {limits.max_patch:g} points a side")]
    for side, name, most in (
        (patch.width, "maxImageWidth", document.max_image_width),
        (patch.height, "maxImageHeight", document.max_image_height),
    ):
        if round(side * dpi / 72) > most:
            return [ParameterError("patchSize", f"{side:g} points at {dpi:g} dpi are over {name} {most}")]
    return []
