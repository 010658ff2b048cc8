"""How the process of a server treats memory: buffers of pictures are kept, what was loaded is left alone."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Numbers of `mallopt` in glibc's malloc.h."""
_MEBIBYTE: Final = 2**20


def keep_buffers() -> bool:
    """Let the next picture reuse the buffers of the last one; True where that works (glibc).

    Otherwise every buffer of some megabytes is given back to the system and comes back as pages that must be
    cleared first, which takes as long as drawing a small map.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, 32 * _MEBIBYTE) and mallopt(_TRIM_THRESHOLD, 512 * _MEBIBYTE))


def set_loaded_aside() -> None:
    """Take all objects there are out of the garbage collector's rounds: a server keeps its code and its maps.

    A full round over them takes as long as drawing a map, and mostly falls into the first request.
    """
    gc.collect()
    gc.freeze()
