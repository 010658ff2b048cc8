"""How long the client waits, how much it reads, how often it tries again."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from mapexplorer.protocol import ParameterError

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of every call; times in seconds, sizes in bytes after decoding, pictures in pixels.

    ``total`` bounds one whole operation, with its redirects, retries and the second request for the picture.
    ``connect`` bounds the attempt at each address that the name of a host has; looking up the name itself
    takes what the system allows. ``idle`` is the longest silence inside an answer. ``large_picture`` is the
    number of pixels from which a request is not repeated after a 504: a server that could not draw it in time
    will not do so the next time.

    Raises ParameterError for a value that is not a positive, finite number.
    """

    connect: float = 5.0
    idle: float = 10.0
    total: float = 30.0
    json_bytes: int = 8 * MEBIBYTE
    image_bytes: int = 32 * MEBIBYTE
    image_pixels: int = 4096 * 4096
    legend_image_bytes: int = MEBIBYTE
    legend_image_pixels: int = 1024 * 1024
    legend_entries: int = 10_000
    legend_fetches: int = 200
    redirects: int = 3
    retries: int = 2
    backoff: float = 0.25
    longest_pause: float = 5.0
    large_picture: int = 1500 * 1500

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            may_be_zero = field.name in ("redirects", "retries", "backoff", "longest_pause", "legend_fetches")
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not number or value < 0 or (value == 0 and not may_be_zero):
                raise ParameterError(f"limits.{field.name}", f"expected a positive number, got {value!r}")
