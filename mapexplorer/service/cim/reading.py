"""Walk the JSON of a layer file with its path, so that what cannot be read is named with its place."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PICTURE: Final = re.compile(r"data:(image/(?:png|jpeg|gif|bmp));base64,([A-Za-z0-9+/=\s]+)")


class Unreadable(ValueError):  # noqa: N818 - a cause, told as a fault of the layer that uses the file
    """A part of a layer file that cannot be read or drawn: its JSON path and what is wrong."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)


@dataclass(frozen=True)
class Node:
    """An object of a layer file and its JSON path."""

    value: Mapping[str, Any]
    place: str

    @property
    def type(self) -> str:
        """The name of its class in the model."""
        return str(self.value.get("type", "an object without a type"))

    def refused(self, problem: str, key: str = "") -> Unreadable:
        """Return the error that says what is wrong here, or in one key."""
        return Unreadable(f"{self.place}.{key}" if key else self.place, problem)

    def cannot_be_drawn(self) -> Unreadable:
        """Return the error for an object of a class that the service does not draw."""
        return self.refused(f"{self.type} cannot be drawn")

    def node(self, key: str) -> Node | None:
        """Return the object of a key, None when there is none."""
        value = self.value.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.refused("expected an object", key)
        return Node(value, f"{self.place}.{key}" if self.place else key)

    def needed(self, key: str) -> Node:
        """Return the object of a key that must be there."""
        found = self.node(key)
        if found is None:
            raise self.refused("is missing", key)
        return found

    def nodes(self, key: str) -> Iterator[Node]:
        """Yield the objects of an array; nothing when there is none."""
        values = self.value.get(key) or ()
        if not isinstance(values, (list, tuple)):
            raise self.refused("expected an array", key)
        for number, value in enumerate(values):
            place = f"{self.place}.{key}[{number}]" if self.place else f"{key}[{number}]"
            if not isinstance(value, Mapping):
                raise Unreadable(place, "expected an object")
            yield Node(value, place)

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a number."""
        value = self.value.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refused("expected a number", key)
        return float(value)

    def text(self, key: str) -> str:
        """Return a text, an empty one when there is none."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, str):
            raise self.refused("expected text", key)
        return value or ""

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.value.get(key, default)
        return default if value is None else bool(value)


def picture_of(node: Node) -> dict[str, str]:
    """Return the picture that an object holds; one that stands elsewhere is refused, nothing is fetched."""
    found = _PICTURE.fullmatch(node.text("url") or node.text("uRL"))
    if found is None:
        raise node.refused("pictures must stand in the file as data:image/png;base64,…", "url")
    return {"contentType": found[1], "imageData": "".join(found[2].split())}


def color_of(node: Node | None) -> list[int] | None:
    """Return a colour as red, green, blue and alpha from 0 to 255; None is not drawn.

    In the model the last value is an opacity in percent (Esri, CIM specification, colours).
    """
    if node is None:
        return None
    values = node.value.get("values")
    if (
        not isinstance(values, list)
        or not 2 <= len(values) <= 5
        or not all(isinstance(v, (int, float)) for v in values)
    ):
        raise node.refused("expected the numbers of a colour", "values")
    *parts, opacity = (float(value) for value in values)
    if len(parts) != {"CIMGrayColor": 1, "CIMCMYKColor": 4}.get(node.type, 3):
        raise node.refused("expected the numbers of a colour", "values")
    match node.type:
        case "CIMRGBColor":
            channels = [part / 255 for part in parts]
        case "CIMHSVColor":
            channels = list(colorsys.hsv_to_rgb(parts[0] / 360 % 1, parts[1] / 100, parts[2] / 100))
        case "CIMHSLColor":
            channels = list(colorsys.hls_to_rgb(parts[0] / 360 % 1, parts[2] / 100, parts[1] / 100))
        case "CIMGrayColor":
            channels = [parts[0] / 255] * 3
        case "CIMCMYKColor":
            channels = [(1 - part / 100) * (1 - parts[3] / 100) for part in parts[:3]]
        case _:
            raise node.cannot_be_drawn()
    return [round(255 * min(max(part, 0.0), 1.0)) for part in (*channels, opacity / 100)]
