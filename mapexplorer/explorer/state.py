"""A view as a small JSON object: what is shown, every given parameter as it goes over the wire, and the tab.

::

    {
      "mapexplorer": 1,
      "target": "sample:storms",
      "parameters": {"bbox": "-104,35.6,-94.32,41", "bboxSR": "4326", "layers": "show:0"},
      "view": {"panel": "TimePanel"}
    }

The view has an entry ``unsent`` where changes of layers wait until these are switched on.

``target`` is an address, ``sample:…`` or the path of a file; null stands for tables that only live in the
session of the person. A token is never part of a state.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mapexplorer.explorer.unsent import NOTHING, Unsent
from mapexplorer.protocol import BY_NAME, BY_WIRE, MapExplorerError, ParameterError, strict_json

VERSION = 1
LONGEST = 400_000
"""Characters of a state that is read: a clipping polygon drawn by hand has some thousands."""
KEY = "state="


class StateError(MapExplorerError, ValueError):
    """A text or object is no state of an explorer."""


@dataclass(frozen=True)
class State:
    """A view; `parameters` are values by Python name, `panel` is the name of the panel in front, `unsent`
    what is wanted of layers that are switched off.
    """

    target: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    panel: str | None = None
    unsent: Unsent = NOTHING

    def to_dict(self) -> dict[str, Any]:
        """Write it as an object for JSON."""
        texts = {BY_NAME[name].wire: BY_NAME[name].write(value) for name, value in self.parameters.items()}
        view: dict[str, Any] = {} if self.panel is None else {"panel": self.panel}
        if self.unsent:
            view["unsent"] = self.unsent.to_dict()
        return {"mapexplorer": VERSION, "target": self.target, "parameters": texts, "view": view}

    def to_json(self) -> str:
        """Write it as JSON for people."""
        return strict_json.pretty(self.to_dict())

    def to_fragment(self) -> str:
        """Write it as the fragment of an address, packed, without the ``#``."""
        packed = zlib.compress(strict_json.dumps(self.to_dict()).encode(), 9)
        return KEY + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")

    @classmethod
    def of(cls, value: Any) -> State:
        """Read a state, an object, JSON or the fragment of an address; raises StateError with a sentence."""
        if isinstance(value, State):
            return value
        if isinstance(value, str):
            value = _loaded(value)
        if not isinstance(value, Mapping):
            raise StateError("A state is a JSON object with target and parameters.")
        if value.get("mapexplorer") != VERSION:
            raise StateError(f'This is not a state of mapexplorer: it lacks "mapexplorer": {VERSION}.')
        unknown = [str(key) for key in value if key not in ("mapexplorer", "target", "parameters", "view")]
        if unknown:
            raise StateError(f"The state has an entry that is not known: {unknown[0][:40]}.")
        target, view = value.get("target"), value.get("view") or {}
        if target is not None and (not isinstance(target, str) or not target.strip()):
            raise StateError("target: expected an address, 'sample:…', the path of a file, or null.")
        if not isinstance(view, Mapping) or not isinstance(view.get("panel"), str | None):
            raise StateError('view: expected an object such as {"panel": "TimePanel"}.')
        try:
            unsent = Unsent.of(view.get("unsent"))
        except ParameterError as error:
            raise StateError(f"The state cannot be used. {error}") from error
        return cls(target, _values(value.get("parameters")), view.get("panel"), unsent)


def _values(texts: Any) -> dict[str, Any]:
    if not isinstance(texts, Mapping):
        raise StateError("parameters: expected an object with texts by the names of parameters.")
    values: dict[str, Any] = {}
    for name, text in texts.items():
        row = BY_WIRE.get(str(name).casefold())
        if row is None:
            raise StateError(f"The state has a parameter that is not known: {str(name)[:40]}.")
        if not isinstance(text, str):
            raise StateError(f"{row.wire}: expected a text, as it goes over the wire.")
        try:
            values[row.name] = row.parse(text)
        except ParameterError as error:
            raise StateError(f"The state cannot be used. {error}") from error
    return {row.name: values[row.name] for row in BY_NAME.values() if values.get(row.name) is not None}


def _loaded(text: str) -> Any:
    """Read JSON, or a fragment with packed or plain JSON; also a whole address that ends with one."""
    words = text.strip()
    if KEY in words and not words.startswith("{"):
        words = words.partition(KEY)[2]
        if not words.startswith(("{", "%")):
            words = _unpacked(words)
        words = unquote(words) if words.startswith("%") else words
    if len(words) > LONGEST:
        raise StateError("The state is too long to be one.")
    try:
        return strict_json.loads(words, what="The state")
    except ValueError as error:
        raise StateError(f"{error}.") from error


def _unpacked(text: str) -> str:
    """Read packed text, bounded: a few bytes can stand for gigabytes."""
    try:
        packed = base64.b64decode(text[:LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(packed, LONGEST).decode()
    except (binascii.Error, zlib.error, ValueError):
        plain = ""
    if not plain or not unpacking.eof:
        raise StateError("The link is incomplete or damaged: its state cannot be read.")
    return plain


def portable_target(target: Any, service_url: str) -> str | None:
    """Name a target so that it can be opened again elsewhere, without secrets; None for tables."""
    if isinstance(target, str) and target.strip().lower().startswith("sample:"):
        return target.strip()
    if service_url.startswith(("http://embedded.invalid/", "https://embedded.invalid/")):
        return str(Path(target)) if isinstance(target, str | Path) else None
    return service_url
