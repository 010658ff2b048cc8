"""Pictures and swatches that several processes share: files of one private folder."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from mapexplorer.service.limits import DEFAULT_LIMITS, Limits
from mapexplorer.service.outputs import Output
from mapexplorer.service.swatches import KEPT_BYTES, KEPT_SWATCHES

_NAME: Final = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
_LOOKED_AFTER: Final = 256
"""Swatches that are kept between two looks at how many there are."""


class SharedOutputs:
    """Does what `Outputs` does for all processes that are given the same folder."""

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._limits = limits

    def keep(self, content: bytes, content_type: str, suffix: str) -> str:
        """Keep a picture and return its name, 128 random bits and a suffix."""
        name = f"{secrets.token_hex(16)}.{suffix}"
        _write(self._folder / name, content_type.encode("ascii") + b"\n" + content)
        oldest = time.time() - self._limits.output_seconds
        _forget(self._folder, oldest, self._limits.output_entries, self._limits.output_bytes)
        return name

    def find(self, name: str) -> Output | None:
        """Return a picture by its name, None when there is none or none any more."""
        if _NAME.fullmatch(name) is None:
            return None
        path = self._folder / name
        try:
            made = path.stat().st_mtime
            content_type, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if made < time.time() - self._limits.output_seconds:
            return None
        return Output(content, content_type.decode("ascii"), made)


class SharedSwatches:
    """Does what `Swatches` does for all processes that are given the same folder."""

    def __init__(self, folder: Path, most: int = KEPT_SWATCHES, most_bytes: int = KEPT_BYTES) -> None:
        self._folder = folder
        self._most = most
        self._most_bytes = most_bytes
        self._written = 0

    def keep(self, content: bytes) -> str:
        """Keep a PNG and return its name: the same for the same bytes."""
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.png"
        path = self._folder / name
        try:
            os.utime(path)
        except OSError:
            _write(path, content)
            self._written += 1
            if self._written % _LOOKED_AFTER == 0:
                _forget(self._folder, 0.0, self._most, self._most_bytes)
        return name

    def find(self, name: str) -> bytes | None:
        """Return the PNG of a name, None when there is none or none any more."""
        if _NAME.fullmatch(name) is None:
            return None
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None


def _write(path: Path, content: bytes) -> None:
    """Write a file so that no other process ever sees a part of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    draft.write_bytes(content)
    draft.replace(path)


def _forget(folder: Path, oldest: float, most: int, most_bytes: int) -> None:
    """Remove the oldest files until the rest is young, few and small enough; the newest stays."""
    found = []
    for entry in os.scandir(folder):
        with suppress(OSError):
            if _NAME.fullmatch(entry.name):
                state = entry.stat()
                found.append((state.st_mtime_ns, state.st_size, entry.path))
    found.sort()
    count, held = len(found), sum(size for _, size, _ in found)
    for made, size, path in found[:-1]:
        if made >= oldest * 1e9 and count <= most and held <= most_bytes:
            return
        with suppress(OSError):
            os.unlink(path)
        count, held = count - 1, held - size
