"""Labels of polygons: horizontal, at a place inside where the text has the most room."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import numpy as np
import shapely

from mapexplorer.service.labels.blocks import Block, ground_of
from mapexplorer.service.labels.options import Option
from mapexplorer.service.render.ragged import Floats

_GRID: Final = 15
_TRIES: Final = 5
_PULL: Final = 0.25
"""How much a place near the middle counts against one with more room."""
_ROOMY: Final = 2.0
"""A polygon of so many times the area of its label is worth a search."""


def area_options(block: Block, polygon: Any, size: tuple[int, int]) -> Iterator[Option]:
    """Yield the places of a label inside a polygon in pixels, cut to the picture of ``size``."""
    wide, high = block.width + 2 * block.style.margin, block.height + 2 * block.style.margin
    for x, y in _places(polygon, wide, high):
        yield _option(block, x + block.style.shift[0], y + block.style.shift[1], size)


def _option(block: Block, x: float, y: float, size: tuple[int, int]) -> Option:
    style = block.style
    left, top = x - block.width / 2, y - block.height / 2
    # Pushed inside the picture when it would be cut off, by at most half of itself.
    low_x, low_y, high_x, high_y = block.box(left, top)
    left += _push(low_x - 0.5, high_x + 0.5, size[0], block.width / 2)
    top += _push(low_y - 0.5, high_y + 0.5, size[1], block.height / 2)
    box = block.box(left, top)
    return Option(partial(block.runs, left, top, style.justify or "center"), (box,), ground_of(style, box))


def _push(low: float, high: float, end: int, most: float) -> float:
    if low < 0:
        return min(-low, most)
    return -min(high - end, most) if high > end else 0.0


def _places(polygon: Any, wide: float, high: float) -> Iterator[tuple[float, float]]:
    middle = shapely.centroid(polygon)
    inner = middle if shapely.contains(polygon, middle) else shapely.point_on_surface(polygon)
    start = float(shapely.get_x(inner)), float(shapely.get_y(inner))
    if shapely.area(polygon) < _ROOMY * wide * high:
        yield start
        return
    places, scores = _search(polygon, start, wide, high)
    chosen: list[Floats] = []
    for place in places[np.argsort(-scores, kind="stable")]:
        apart = all(abs(place[0] - c[0]) > wide / 2 or abs(place[1] - c[1]) > high for c in chosen)
        if apart:
            chosen.append(place)
            yield float(place[0]), float(place[1])
        if len(chosen) >= _TRIES:
            return


def _search(polygon: Any, start: tuple[float, float], wide: float, high: float) -> tuple[Floats, Floats]:
    """Return places inside and how good each is: room for the text first, then nearness to the middle.

    The polygon is squeezed so that the label becomes a square, in which room is a distance.
    """
    squeeze = high / wide
    flat = shapely.simplify(polygon, 0.5, preserve_topology=False)
    if flat.is_empty or flat.geom_type not in ("Polygon", "MultiPolygon"):
        flat = polygon
    flat = shapely.transform(flat, lambda at: at * (squeeze, 1.0))
    shapely.prepare(flat)
    edge = shapely.boundary(flat)
    shapely.prepare(edge)
    xmin, ymin, xmax, ymax = shapely.bounds(flat)
    centre = np.array([start[0] * squeeze, start[1]])
    extent = math.sqrt((xmax - xmin) * (ymax - ymin)) or 1.0
    enough = high * math.sqrt(0.5)

    def judge(places: Floats) -> tuple[Floats, Floats]:
        inside = shapely.contains_xy(flat, places)
        places = places[inside]
        room = shapely.distance(edge, shapely.points(places))
        away = np.hypot(*(places - centre).T) / extent
        return places, np.minimum(room / enough, 1.2) - _PULL * away

    step_x, step_y = (xmax - xmin) / _GRID, (ymax - ymin) / _GRID
    columns = xmin + (np.arange(_GRID) + 0.5) * step_x
    rows = ymin + (np.arange(_GRID) + 0.5) * step_y
    grid = np.array(np.meshgrid(columns, rows)).reshape(2, -1).T
    places, scores = judge(np.vstack([centre[None, :], grid]))
    if len(places):
        best = places[int(np.argmax(scores))]
        around = np.array(np.meshgrid(np.linspace(-1, 1, 9) * step_x, np.linspace(-1, 1, 9) * step_y))
        more, more_scores = judge(best + around.reshape(2, -1).T)
        places, scores = np.vstack([more, places]), np.concatenate([more_scores, scores])
    else:
        places, scores = centre[None, :], np.zeros(1)
    return places / (squeeze, 1.0), scores
