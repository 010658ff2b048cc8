"""The well-known text of Esri's datum transformations: GEOGTRAN with seven or three parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pyproj import CRS
from pyproj.exceptions import CRSError

MOST_BYTES: Final = 4096
_TOKEN: Final = re.compile(r'\s*("(?:[^"]|"")*"|[\[\](),]|[^\s\[\](),"]+)')
_DEEPEST: Final = 8
_CONVENTIONS: Final = {
    "geocentric_translation": None,
    "position_vector": "position_vector",
    "coordinate_frame": "coordinate_frame",
}
_TRANSLATIONS: Final = ("x_axis_translation", "y_axis_translation", "z_axis_translation")
_ROTATIONS: Final = ("x_axis_rotation", "y_axis_rotation", "z_axis_rotation")
_SCALE: Final = "scale_difference"
_LETTERS: Final = dict(
    zip((*_TRANSLATIONS, *_ROTATIONS, _SCALE), ("x", "y", "z", "rx", "ry", "rz", "s"), strict=True)
)


class UnreadableTransformation(ValueError):  # noqa: N818 - errors are named after causes
    """A text that is no transformation, or one of a method that is not carried out."""


@dataclass(frozen=True)
class GeographicTransformation:
    """A transformation as a PROJ pipeline between two geographic systems, longitude first."""

    start: CRS
    end: CRS
    pipeline: str


@dataclass
class _Node:
    keyword: str
    start: int
    end: int = 0
    values: list[str] = field(default_factory=list)
    nodes: list[_Node] = field(default_factory=list)

    def named(self, keyword: str) -> list[_Node]:
        return [node for node in self.nodes if node.keyword == keyword]


def read_geogtran(text: str) -> GeographicTransformation:
    """Read GEOGTRAN["name",GEOGCS[…],GEOGCS[…],METHOD["…"],PARAMETER["…",number],…].

    The methods are Geocentric_Translation, Position_Vector and Coordinate_Frame; metres, seconds of arc and
    parts per million. Raises `UnreadableTransformation`.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise UnreadableTransformation(f"the well-known text is longer than {MOST_BYTES} bytes")
    root = _parsed(text)
    systems, methods = root.named("GEOGCS"), root.named("METHOD")
    if root.keyword != "GEOGTRAN" or len(systems) != 2 or len(methods) != 1 or not methods[0].values:
        raise UnreadableTransformation(
            "expected the well-known text GEOGTRAN with two GEOGCS, a METHOD and its PARAMETERs"
        )
    method = methods[0].values[0]
    if method.casefold() not in _CONVENTIONS:
        known = "Geocentric_Translation, Position_Vector and Coordinate_Frame"
        raise UnreadableTransformation(f"the method {method} is not carried out; those are {known}")
    start, end = (_system(text[node.start : node.end]) for node in systems)
    shift = _helmert(_parameters(root), method)
    pipeline = f"+proj=pipeline {_in_radians(start)} {shift} {_in_degrees(end)}"
    return GeographicTransformation(start, end, pipeline)


def _parsed(text: str) -> _Node:
    """Return the tree of a well-known text."""
    nodes: list[_Node] = []
    word, root = ("", 0), None
    for mark, position in _tokens(text):
        if root is not None:
            raise UnreadableTransformation("the well-known text goes on after its last bracket")
        if mark in "[(":
            nodes.append(_Node(word[0].upper(), word[1]))
            if not word[0] or len(nodes) > _DEEPEST:
                raise UnreadableTransformation("the well-known text cannot be read")
            word = ("", 0)
        elif not nodes and (word[0] or mark in "]),"):
            raise UnreadableTransformation("the well-known text cannot be read")
        elif mark in "]),":
            if word[0]:
                nodes[-1].values.append(word[0].strip('"'))
            word = ("", 0)
            if mark != ",":
                node = nodes.pop()
                node.end = position + 1
                if nodes:
                    nodes[-1].nodes.append(node)
                else:
                    root = node
        else:
            word = (mark, position)
    if root is None:
        raise UnreadableTransformation("the well-known text ends before its last bracket")
    return root


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise UnreadableTransformation("the well-known text cannot be read")
        yield found[1], found.start(1)
        place = found.end()


def _system(text: str) -> CRS:
    try:
        crs = CRS.from_wkt(text)
    except (CRSError, UnicodeEncodeError):
        crs = None
    if crs is None or not crs.is_geographic or crs.ellipsoid is None:
        raise UnreadableTransformation("a GEOGCS of the well-known text cannot be read")
    return crs


def _parameters(root: _Node) -> dict[str, float]:
    found: dict[str, float] = {}
    for node in root.named("PARAMETER"):
        name, value = (*node.values, "", "")[:2]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UnreadableTransformation(
                f"the parameter {name or '?'} of the well-known text has no number"
            )
        found[name.casefold()] = number
    return found


def _helmert(parameters: dict[str, float], method: str) -> str:
    convention = _CONVENTIONS[method.casefold()]
    names = _TRANSLATIONS if convention is None else (*_TRANSLATIONS, *_ROTATIONS, _SCALE)
    unknown = [name for name in parameters if name not in names]
    missing = [name for name in names if name not in parameters]
    if unknown or missing:
        raise UnreadableTransformation(
            f"the method {method} takes the parameters {', '.join(name.title() for name in names)}"
        )
    shift = " ".join(f"+{_LETTERS[name]}={parameters[name]!r}" for name in names)
    return f"+step +proj=helmert {shift}" + (f" +convention={convention}" if convention else "")


def _in_radians(crs: CRS) -> str:
    shape, meridian, unit = _facts(crs)
    return f"+step +proj=unitconvert +xy_in={unit} +xy_out=rad {_turn(meridian)} +step +proj=cart {shape}"


def _in_degrees(crs: CRS) -> str:
    shape, meridian, unit = _facts(crs)
    cart = f"+step +inv +proj=cart {shape}"
    return f"{cart} {_turn(-meridian)} +step +proj=unitconvert +xy_in=rad +xy_out={unit}"


def _turn(degrees: float) -> str:
    """Return the step that adds to longitudes in radians, nothing where there is nothing to add."""
    return f"+step +proj=affine +xoff={math.radians(degrees)!r}" if degrees else ""


def _facts(crs: CRS) -> tuple[str, float, str]:
    """Return the ellipsoid, the meridian in degrees from Greenwich and the radians of a unit."""
    ellipsoid, meridian = crs.ellipsoid, crs.prime_meridian
    if ellipsoid is None or meridian is None:
        raise UnreadableTransformation("a GEOGCS of the well-known text has no ellipsoid or no meridian")
    shape = f"+a={ellipsoid.semi_major_metre!r} +b={ellipsoid.semi_minor_metre!r}"
    east = math.degrees(meridian.longitude * float(meridian.unit_conversion_factor))
    return shape, east, repr(float(crs.axis_info[0].unit_conversion_factor))
