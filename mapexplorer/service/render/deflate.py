"""Deflate pictures: with ISA-L where it is installed, three to six times faster than zlib."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

try:
    from isal.isal_zlib import compress
except ImportError:  # there is none for Pyodide and for rare processors
    from zlib import compress

_LEVEL: Final = 1


def deflate(content: npt.NDArray[np.uint8]) -> bytes:
    """Return a contiguous array as a zlib stream, fast rather than smallest."""
    return compress(content, _LEVEL)
