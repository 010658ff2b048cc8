"""Decodes TopoJSON topologies into shapely geometries.

A topology stores every shared boundary once, as an *arc*: a chain of quantised positions, each given as a
step from the one before. A geometry names arcs by index; ``~i`` (−1 − i) means arc i walked backwards.
Because neighbours share arcs, a topology also tells which lines are borders between two areas and which are
outer coasts (The TopoJSON Format Specification, "Arcs", "Quantization").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Positions = npt.NDArray[np.float64]

_SHORTEST_RING = 4
"""Positions of a triangle, whose last position repeats the first."""


@dataclass(frozen=True)
class Feature:
    """A decoded object: its id, its properties and its geometry (``None`` when it has none)."""

    id: str | None
    properties: Mapping[str, Any]
    geometry: BaseGeometry | None


@dataclass(frozen=True)
class Boundary:
    """A line of the topology and the features on its sides: one for a coast, two for a border."""

    line: BaseGeometry
    sides: tuple[Feature, ...]


class Topology:
    """A TopoJSON topology with its arcs decoded to degrees (or whatever the coordinates are in)."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        if content.get("type") != "Topology":
            raise ValueError(f"expected a TopoJSON Topology, got type {content.get('type')!r}")
        self._objects: Mapping[str, Any] = content["objects"]
        self._arcs = decode_arcs(content["arcs"], content.get("transform"))
        self._transform: Mapping[str, Any] | None = content.get("transform")

    def features(self, name: str) -> list[Feature]:
        """Returns the members of the geometry collection ``name`` in file order."""
        return [
            Feature(member.get("id"), member.get("properties", {}), self._geometry(member))
            for member in self._members(name)
        ]

    def boundaries(self, name: str) -> list[Boundary]:
        """Returns every arc that the areas of the collection ``name`` use, with the areas that use it."""
        features = self.features(name)
        users: dict[int, dict[int, Feature]] = {}
        for place, member in enumerate(self._members(name)):
            for arc in _arc_numbers(member.get("arcs", ())):
                users.setdefault(arc, {})[place] = features[place]
        return [
            Boundary(shapely.LineString(self._arcs[arc]), tuple(users[arc].values())) for arc in sorted(users)
        ]

    def _members(self, name: str) -> Sequence[Mapping[str, Any]]:
        if name not in self._objects:
            raise ValueError(f"no object {name!r} in the topology; it has {', '.join(sorted(self._objects))}")
        found = self._objects[name]
        members = found["geometries"] if found["type"] == "GeometryCollection" else [found]
        return list(members)

    def _geometry(self, member: Mapping[str, Any]) -> BaseGeometry | None:
        kind = member.get("type")
        if kind is None:
            return None
        if kind == "Polygon":
            return self._polygon(member["arcs"])
        if kind == "MultiPolygon":
            parts = [self._polygon(rings) for rings in member["arcs"]]
            return shapely.MultiPolygon([part for part in parts if not part.is_empty])
        if kind == "LineString":
            return shapely.LineString(self._chain(member["arcs"]))
        if kind == "MultiLineString":
            return shapely.MultiLineString([self._chain(line) for line in member["arcs"]])
        if kind == "Point":
            return shapely.Point(self._position(member["coordinates"]))
        if kind == "MultiPoint":
            return shapely.MultiPoint([self._position(position) for position in member["coordinates"]])
        raise ValueError(f"geometry type {kind!r} is not expected in a topology")

    def _polygon(self, rings: Sequence[Sequence[int]]) -> shapely.Polygon:
        """Builds an area; rings that quantisation collapsed to a line are left out."""
        shell, *holes = [self._chain(ring) for ring in rings]
        if len(shell) < _SHORTEST_RING:
            return shapely.Polygon()
        return shapely.Polygon(shell, [hole for hole in holes if len(hole) >= _SHORTEST_RING])

    def _chain(self, arcs: Iterable[int]) -> Positions:
        """Joins arcs end to end; the position where two arcs meet stands in both and is kept once."""
        parts: list[Positions] = []
        for number in arcs:
            arc = self._arcs[number] if number >= 0 else self._arcs[~number][::-1]
            parts.append(arc[1:] if parts else arc)
        return np.concatenate(parts)

    def _position(self, position: Sequence[float]) -> Positions:
        placed: Positions = _placed(np.asarray([position], dtype=np.float64), self._transform)[0]
        return placed


def decode_arcs(
    arcs: Sequence[Sequence[Sequence[float]]], transform: Mapping[str, Any] | None
) -> list[Positions]:
    """Returns the arcs as arrays of shape (n, 2).

    With a ``transform`` the positions are integer steps from their predecessor, to be summed, multiplied by
    ``scale`` and moved by ``translate``; without one they are coordinates already.
    """
    decoded = []
    for arc in arcs:
        positions = np.asarray(arc, dtype=np.float64)[:, :2]
        steps = positions if transform is None else np.cumsum(positions, axis=0)
        decoded.append(_placed(steps, transform))
    return decoded


def _placed(positions: Positions, transform: Mapping[str, Any] | None) -> Positions:
    if transform is None:
        return positions
    placed: Positions = positions * np.asarray(transform["scale"]) + np.asarray(transform["translate"])
    return placed


def _arc_numbers(arcs: Any) -> Iterator[int]:
    for element in arcs:
        if isinstance(element, int):
            yield element if element >= 0 else ~element
        else:
            yield from _arc_numbers(element)
