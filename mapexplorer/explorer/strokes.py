"""How presses and clicks on the map become a rectangle, a polygon, a line or a point.

Knows no widgets: points are those of the plane of the screen, in map units, and distances are counted in
pixels.
"""

from __future__ import annotations

import math
from enum import StrEnum

import shapely

from mapexplorer.explorer.pages import Point

DRAGGED = 5.0
"""Pixels between press and release from which a press is a drag."""
SAME_PLACE = 4.0
"""Pixels within which two clicks are the two halves of a double click."""
CLOSING = 9.0
"""Pixels within which a click on the first corner closes a polygon."""


class Kind(StrEnum):
    """What can be drawn."""

    RECTANGLE = "rectangle"
    POLYGON = "polygon"
    LINE = "line"
    POINT = "point"


ADVICE = {
    Kind.RECTANGLE: "Drag a box on the map, or click two opposite corners.",
    Kind.POLYGON: "Click the corners on the map; double-click the last one.",
    Kind.LINE: "Click along the line on the map; double-click its end.",
    Kind.POINT: "Click on the map.",
}
LEAST = {Kind.RECTANGLE: 2, Kind.POLYGON: 3, Kind.LINE: 2, Kind.POINT: 1}
"""So many points make a whole."""


class Stroke:
    """One drawing in the making."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.points: list[Point] = []
        self._pressed: Point | None = None

    @property
    def enough(self) -> bool:
        """Whether the points so far make a whole."""
        return len(self.points) >= LEAST[self.kind]

    def hear(self, event: str, point: Point, resolution: float) -> bool:
        """Take one event of the mouse; gives whether the drawing is complete."""
        if self.kind is Kind.RECTANGLE:
            return self._hear_corner(event, point, resolution)
        if event == "dblclick":
            return self.enough
        if event != "click":
            return False
        if self.kind is Kind.POINT:
            self.points = [point]
            return True
        if self.points and math.dist(point, self.points[-1]) <= SAME_PLACE * resolution:
            return False
        first = self.points[0] if self.points else None
        if (
            first is not None
            and self.kind is Kind.POLYGON
            and self.enough
            and math.dist(point, first) <= CLOSING * resolution
        ):
            return True
        self.points.append(point)
        return False

    def _hear_corner(self, event: str, point: Point, resolution: float) -> bool:
        if event == "mousedown":
            self._pressed = point
        elif event == "mouseup" and self._pressed is not None:
            pressed, self._pressed = self._pressed, None
            if not self.points and math.dist(pressed, point) > DRAGGED * resolution:
                self.points = [pressed, point]
                return self._has_room(resolution)
        elif event == "click":
            if not self.points:
                self.points = [point]
            elif math.dist(point, self.points[0]) > SAME_PLACE * resolution:
                self.points = [self.points[0], point]
                return self._has_room(resolution)
        return False

    def _has_room(self, resolution: float) -> bool:
        (x1, y1), (x2, y2) = self.points
        if min(abs(x2 - x1), abs(y2 - y1)) >= resolution:
            return True
        self.points = []
        return False

    def preview(self, pointer: Point | None) -> list[Point]:
        """The corners as they would be with the pointer as the next point."""
        if self.kind is not Kind.RECTANGLE:
            return [*self.points, *([pointer] if pointer is not None and self.points else [])]
        start = self._pressed if self._pressed is not None and not self.points else None
        start = self.points[0] if self.points else start
        end = self.points[1] if len(self.points) > 1 else pointer
        return [] if start is None or end is None else corners(start, end)

    def crossing(self) -> bool:
        """Whether the outline of a polygon crosses itself or encloses nothing."""
        return self.kind is Kind.POLYGON and not shapely.is_valid(shapely.Polygon(self.points))


def corners(start: Point, end: Point) -> list[Point]:
    """The four corners of the upright rectangle between two opposite ones."""
    (x1, y1), (x2, y2) = start, end
    return [(x1, y1), (x1, y2), (x2, y2), (x2, y1)]
