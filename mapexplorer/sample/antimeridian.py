"""Cuts areas and lines at the antimeridian, and repairs rings that quantisation made touch themselves.

The atlas topologies join areas across 180° (a ring of Russia steps from 179.9° to −180°), which is right on a
globe and wrong on a plane: drawn as it stands, the step becomes a line across the whole map.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Positions = npt.NDArray[np.float64]

_TURN = 360.0
_SIDES = ((-540.0, -180.0, _TURN), (-180.0, 180.0, 0.0), (180.0, 540.0, -_TURN))
"""West and east limit of a stretch of unrolled longitudes and the shift that brings it home."""


_POLAR = 89.9
"""Latitude from which on a ring is taken for the pole itself, which some topologies draw as a small ring."""


def cut_area(area: BaseGeometry) -> BaseGeometry:
    """Returns a polygon or multipolygon in longitudes −180 … 180, valid, with nothing crossing 180°."""
    pieces: list[BaseGeometry] = []
    for part in shapely.get_parts(area):
        unrolled = repaired(_unrolled_polygon(part))
        pieces.extend(_brought_home(unrolled))
    polygons = [piece for piece in shapely.get_parts(pieces) if piece.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def cut_line(line: BaseGeometry) -> list[BaseGeometry]:
    """Returns the pieces of a line in longitudes −180 … 180, cut where it crosses 180°."""
    positions = unroll(shapely.get_coordinates(line))
    pieces = _brought_home(shapely.LineString(positions))
    return [
        piece
        for piece in shapely.get_parts(pieces)
        if piece.geom_type == "LineString" and np.abs(shapely.get_coordinates(piece)[:, 1]).min() < _POLAR
    ]


def unroll(positions: Positions) -> Positions:
    """Returns positions whose longitudes run on past 180° instead of jumping back to −180°.

    >>> unroll(np.array([[179.0, 0.0], [-179.0, 0.0], [179.5, 1.0]]))[:, 0].tolist()
    [179.0, 181.0, 179.5]
    """
    steps = np.diff(positions[:, 0])
    turns = np.concatenate([[0.0], np.cumsum(-np.round(steps / _TURN))])
    return np.column_stack([positions[:, 0] + turns * _TURN, positions[:, 1]])


def repaired(area: BaseGeometry) -> BaseGeometry:
    """Returns a polygon whose rings do not cross themselves, covering the same ground.

    The rings are split where they meet and the faces between them are kept or dropped by the even-odd rule,
    the rule that drawing uses too.
    """
    if area.is_valid:
        return area
    lines = shapely.union_all([shapely.LineString(ring.coords) for ring in _rings(area)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = [face for face in faces if _covers(area, face.representative_point())]
    return shapely.union_all(inside)


def _unrolled_polygon(polygon: BaseGeometry) -> BaseGeometry:
    """Unrolls the rings: one round the earth is closed over the pole, one at the pole is dropped."""
    rings = []
    for ring in _rings(polygon):
        positions = unroll(shapely.get_coordinates(ring))
        if np.abs(positions[:, 1]).min() > _POLAR:
            continue
        if abs(positions[-1, 0] - positions[0, 0]) > _TURN / 2:
            pole = np.copysign(90.0, positions[:, 1].mean())
            corners = [[positions[-1, 0], pole], [positions[0, 0], pole], positions[0]]
            positions = np.vstack([positions, corners])
        rings.append(positions)
    return shapely.Polygon(rings[0], rings[1:])


def _brought_home(unrolled: BaseGeometry) -> list[BaseGeometry]:
    pieces = []
    for west, east, shift in _SIDES:
        piece = shapely.intersection(unrolled, shapely.box(west, -90.0, east, 90.0))
        if not piece.is_empty:
            pieces.append(shapely.transform(piece, lambda xy, by=shift: xy + np.array([by, 0.0])))
    return pieces


def _rings(polygon: BaseGeometry) -> list[BaseGeometry]:
    return [polygon.exterior, *polygon.interiors]


def _covers(area: BaseGeometry, point: BaseGeometry) -> bool:
    rings = sum(bool(shapely.contains_xy(shapely.Polygon(ring), point.x, point.y)) for ring in _rings(area))
    return rings % 2 == 1
