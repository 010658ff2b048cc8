"""Find a place for every label of a view: none on another, none over the edge of the picture.

Larger letters go first, then the layer that lies higher, then the class that stands first, then the larger
feature (marker, line, polygon), of points the one drawn later. The same view always gives the same labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from mapexplorer.protocol.errors import ParameterError
from mapexplorer.protocol.symbols import LARGEST_FONT, PictureMarkerSymbol, SimpleMarkerSymbol, TextSymbol
from mapexplorer.service.labels.areas import area_options
from mapexplorer.service.labels.blocks import Block, PlacedLabel, block_of, style_of
from mapexplorer.service.labels.classes import Labelling, labellings
from mapexplorer.service.labels.marks import text_mark
from mapexplorer.service.labels.masking import Mask, seen_parts, seen_places, uncut
from mapexplorer.service.labels.occupancy import Cells, Occupancy, cells_of
from mapexplorer.service.labels.options import Option
from mapexplorer.service.labels.points import PointOptions, around
from mapexplorer.service.labels.tracks import track_of, track_options
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.render.classes import drawn_classes
from mapexplorer.service.render.paths import width_of as line_width_of
from mapexplorer.service.render.pictures import picture_size
from mapexplorer.service.render.ragged import Floats, Indices, Ragged, clipped, ragged_of
from mapexplorer.service.render.symbols import marker_of
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.worlds import MOST_COPIES, world_of

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame
    from mapexplorer.service.view import MapView, ViewLayer

MOST_CANDIDATES: Final = 3_000
"""Features of one class that are considered one by one; of more, a few of every part of the picture are."""
_CELL: Final = 16
"""Pixels of such a part."""
_PER_CELL: Final = 2
MOST_LABELS: Final = 2_000
"""Labels of one picture."""
_GAP: Final = 1.5
"""Points between a marker or a line and its label."""
_CORE: Final = 0.4
"""Share of a marker's reach round its middle that labels keep off where they can."""
_PADDING: Final = 0.5
"""Points that labels and their halos keep from each other on every side."""
_REPEAT: Final = 150.0
"""Points between two labels of the same text on lines of one class."""
_SMALL: Final = 6.0
"""A polygon is labelled when its label is at most so many times as large as what is seen of it."""


class Candidate(NamedTuple):
    """A feature that should be labelled: its rank among all, where its label may stand as long as there is
    room, and the cells of its marker.
    """

    rank: tuple[float, int, int, float, int]
    layer: int
    row: int
    text: str
    block: Block
    options: Callable[[Occupancy], Iterator[Option]]
    repeats: tuple[int, int, str] | None = None
    marker: Cells | None = None
    mask: Mask = None


def place(view: MapView) -> tuple[PlacedLabel, ...]:
    """Return the labels of a view in the order in which they are drawn."""
    candidates: list[Candidate] = []
    for position, shown in enumerate(view.layers):
        if isinstance(shown.layer, FeatureLayer) and shown.labeling and len(shown.rows):
            mask = view.clip.on_screen if view.clip is not None and view.clipped(shown) else None
            candidates += _Layer(view.frame, position, shown, shown.layer, mask).candidates()
    if not candidates:
        return ()
    candidates.sort(key=lambda candidate: candidate.rank)
    return tuple(_without_conflicts(view.frame, candidates))


def _without_conflicts(frame: Frame, candidates: Sequence[Candidate]) -> Iterator[PlacedLabel]:
    occupancy = Occupancy(frame.size.width, frame.size.height)
    padding = _PADDING * frame.pixels_per_point
    apart = _REPEAT * frame.pixels_per_point
    written: dict[tuple[int, int, str], list[tuple[float, float]]] = {}
    for candidate in candidates:
        if candidate.marker is not None:
            occupancy.mark(candidate.marker)
    count = 0
    for number, candidate in enumerate(candidates):
        if number % 64 == 0:
            check_time()
        known = written.get(candidate.repeats, []) if candidate.repeats is not None else []
        option = _first_free(occupancy, candidate, known, apart)
        if option is None:
            continue
        occupancy.take(_wider(option.boxes, padding))
        if candidate.repeats is not None:
            written.setdefault(candidate.repeats, []).append(option.middle)
        yield PlacedLabel(
            candidate.layer,
            candidate.row,
            candidate.text,
            candidate.block.style,
            option.write(),
            option.ground,
        )
        count += 1
        if count >= MOST_LABELS:
            return


def _first_free(
    occupancy: Occupancy, candidate: Candidate, known: Sequence[tuple[float, float]], apart: float
) -> Option | None:
    """Return the first place that is free of labels and markers, else the first that is free of labels, else
    one of these where a clipping cuts the label.
    """
    second = third = None
    for option in candidate.options(occupancy):
        if known and _near(option.middle, known, apart):
            continue
        if not uncut(option.boxes, candidate.mask):
            third = third or option
        elif not option.shuns or occupancy.free_of_markers(option.boxes):
            return option
        else:
            second = second or option
    return second or third


def _with_room(options: Iterable[Option], occupancy: Occupancy, padding: float) -> Iterator[Option]:
    """Yield the options that lie in the picture where no label is yet."""
    for option in options:
        if option.boxes and occupancy.inside(option.boxes) and occupancy.free(_wider(option.boxes, padding)):
            yield option


def _near(middle: tuple[float, float], known: Sequence[tuple[float, float]], apart: float) -> bool:
    return any((middle[0] - x) ** 2 + (middle[1] - y) ** 2 < apart**2 for x, y in known)


def _wider(boxes: Iterable[tuple[float, float, float, float]], by: float) -> list[Any]:
    return [(left - by, top - by, right + by, bottom + by) for left, top, right, bottom in boxes]


class _Layer:
    """The candidates of one layer."""

    def __init__(
        self, frame: Frame, position: int, shown: ViewLayer, layer: FeatureLayer, mask: Mask
    ) -> None:
        self.frame, self.position, self.shown, self.layer = frame, position, shown, layer
        self.mask = mask
        self.scale = frame.pixels_per_point * _factor(layer, shown, frame)
        self.size = frame.size.width, frame.size.height
        self.padding = _PADDING * frame.pixels_per_point

    def candidates(self) -> Iterator[Candidate]:
        """Yield the candidates of every class that holds."""
        for labelling in labellings(self.layer, self.shown.labeling, self.shown.rows, self.frame.scale):
            match self.layer.geometry_type:
                case "esriGeometryPolyline":
                    yield from self._on_lines(labelling)
                case "esriGeometryPolygon":
                    yield from self._in_polygons(labelling)
                case _:
                    yield from self._at_points(labelling)

    def _blocks(self, labelling: Labelling, rows: Indices) -> list[tuple[str, Block | None]]:
        style = style_of(labelling.symbol, self.scale)
        texts = labelling.texts(self.layer, rows)
        return [(text or "", block_of(text, style) if text else None) for text in texts]

    def _rank(self, labelling: Labelling, size: float, row: int) -> tuple[float, int, int, float, int]:
        return -float(labelling.symbol.font.size) * self.scale, self.position, labelling.number, -size, row

    def _at_points(self, labelling: Labelling) -> Iterator[Candidate]:
        found = self.layer.shapes.in_frame(self.frame, labelling.rows)
        if self.mask is not None:
            inside = seen_places(found.vertices, self.mask)
            found = found.take_parts(np.flatnonzero(inside).astype(np.int64))
        _, first = np.unique(self._instances(found), return_index=True)
        rows, places = found.rows[first], found.vertices[first]
        reach, middle = self._markers(rows)
        chosen = _thinned(places, -reach.max(axis=1), self.size)
        rows, places, reach, middle = (
            rows[chosen],
            places[chosen] + middle[chosen],
            reach[chosen],
            middle[chosen],
        )
        texts = self._blocks(labelling, rows)
        written = [number for number, (_, block) in enumerate(texts) if block is not None]
        gap = _GAP * self.scale
        around_each = [
            around(block, labelling.position, (right, down), gap)
            for (_, block), (right, down) in zip(texts, reach.tolist(), strict=True)
            if block is not None
        ]
        if not around_each:
            return
        options = PointOptions(around_each, places[written], self.padding, self.size)
        # Its core, so that a label on the diagonal does not count as over its own marker.
        cores = cells_of(np.hstack([places - _CORE * reach, places + _CORE * reach])[written]).tolist()
        largest = reach.max(axis=1)[written].tolist()
        first_ranks = self._rank(labelling, 0.0, 0)[:3]
        for number, (row, core, size) in enumerate(zip(rows[written].tolist(), cores, largest, strict=True)):
            yield Candidate(
                (*first_ranks, -size, -row),
                self.position,
                row,
                texts[written[number]][0],
                around_each[number].block,
                partial(options.of, number),
                None,
                core,
                self.mask,
            )

    def _seen(self, labelling: Labelling) -> Ragged:
        """Return what is seen of lines or polygons."""
        parts = _visible(self.layer.shapes.in_frame(self.frame, labelling.rows), self.size)
        return seen_parts(parts, self.mask)

    def _instances(self, parts: Ragged) -> Indices:
        """Return a number for each part (each point) that is the same for those of one feature seen in one
        world, which share a label.
        """
        rows, frame = parts.rows, self.frame
        world = world_of(frame.crs)
        if world is None or not len(rows) or frame.extent.width <= world.width:
            return rows
        middles = parts.vertices
        if parts.dimension > 0:
            starts = parts.rings[parts.parts[:-1]]
            low = np.minimum.reduceat(parts.vertices, starts, axis=0)
            middles = (low + np.maximum.reduceat(parts.vertices, starts, axis=0)) / 2
        across, _, down, _, _, _ = frame.affine
        east = np.array([across, down]) / (math.hypot(across, down) ** 2 * world.width)
        worlds = np.floor((middles - np.array(self.size) / 2) @ east + 0.5).astype(np.int64)
        return rows * MOST_COPIES + np.clip(worlds + MOST_COPIES // 2, 0, MOST_COPIES - 1)

    def _markers(self, rows: Indices) -> tuple[Floats, Floats]:
        """Return half the width and height of the marker of each row, and where its middle lies from its
        point.
        """
        renderer = self.shown.renderer
        if renderer is None or not len(rows):
            return np.zeros((len(rows), 2)), np.zeros((len(rows), 2))
        classes, numbers = drawn_classes(self.layer, renderer, self.frame.scale)
        sizes = np.zeros((len(classes) + 1, 4))
        for number, entry in enumerate(classes):
            symbol = entry.symbol
            if isinstance(symbol, SimpleMarkerSymbol):
                marker = marker_of(symbol, self.scale)
                half = (marker.size + marker.outline.width) / 2
                sizes[number] = half, half, *marker.offset
            elif isinstance(symbol, TextSymbol) and (mark := text_mark(symbol, self.scale)) is not None:
                left, top, right, bottom = mark.box
                sizes[number] = (right - left) / 2, (bottom - top) / 2, (left + right) / 2, (top + bottom) / 2
            elif isinstance(symbol, PictureMarkerSymbol):
                wide, high = picture_size(symbol, self.scale)
                offset = symbol.xoffset * self.scale, -symbol.yoffset * self.scale
                sizes[number] = wide / 2, high / 2, *offset
        found = sizes[numbers[rows]]
        return found[:, :2], found[:, 2:]

    def _on_lines(self, labelling: Labelling) -> Iterator[Candidate]:
        parts = self._seen(labelling)
        geometries = parts.part_geometries()
        lengths = shapely.length(geometries)
        style = style_of(labelling.symbol, self.scale)
        renderer = self.shown.renderer
        clearance = _GAP * self.scale / 2 + (
            line_width_of(drawn_classes(self.layer, renderer, self.frame.scale)[0], self.scale) / 2
            if renderer
            else 0
        )
        longest = _largest(self._instances(parts), lengths)
        chosen = longest[lengths[longest] > style.font.size]
        chosen = chosen[np.argsort(-lengths[chosen], kind="stable")][:MOST_CANDIDATES]
        for (text, block), part in zip(
            self._blocks(labelling, parts.rows[chosen]), chosen.tolist(), strict=True
        ):
            if block is None:
                continue
            start, end = parts.rings[part], parts.rings[part + 1]
            yield Candidate(
                self._rank(labelling, float(lengths[part]), int(parts.rows[part])),
                self.position,
                int(parts.rows[part]),
                text,
                block,
                partial(self._line_options, block, labelling.position, parts.vertices[start:end], clearance),
                repeats=(self.position, labelling.number, text),
                mask=self.mask,
            )

    def _in_polygons(self, labelling: Labelling) -> Iterator[Candidate]:
        parts = self._seen(labelling)
        geometries = parts.part_geometries()
        areas = shapely.area(geometries)
        style = style_of(labelling.symbol, self.scale)
        largest = _largest(self._instances(parts), areas)
        # The smallest label that is worth drawing has two letters.
        chosen = largest[areas[largest] * _SMALL > style.font.size**2]
        chosen = chosen[np.argsort(-areas[chosen], kind="stable")][:MOST_CANDIDATES]
        for (text, block), part in zip(
            self._blocks(labelling, parts.rows[chosen]), chosen.tolist(), strict=True
        ):
            if block is None or block.width * block.height > _SMALL * areas[part]:
                continue
            yield Candidate(
                self._rank(labelling, float(areas[part]), int(parts.rows[part])),
                self.position,
                int(parts.rows[part]),
                text,
                block,
                partial(self._area_options, block, geometries[part]),
                mask=self.mask,
            )

    def _area_options(self, block: Block, polygon: Any, occupancy: Occupancy) -> Iterator[Option]:
        return _with_room(area_options(block, polygon, self.size), occupancy, self.padding)

    def _line_options(
        self, block: Block, position: str, vertices: Floats, clearance: float, occupancy: Occupancy
    ) -> Iterator[Option]:
        track = track_of(vertices, block.style.font.size)
        if track is not None:
            options = track_options(block, position, track, clearance, occupancy.free_at)
            yield from _with_room(options, occupancy, self.padding)


def _factor(layer: FeatureLayer, shown: ViewLayer, frame: Frame) -> float:
    """Return what the points of letters are multiplied by: reference scale / scale (Esri, Map service).

    Raises `ParameterError` when that makes letters larger than letters may be.
    """
    if not layer.reference_scale:
        return 1.0
    factor = layer.reference_scale / frame.scale
    largest = max((entry.symbol.font.size for entry in shown.labeling if entry.symbol), default=0.0) * factor
    if factor > 1 and largest > 2 * LARGEST_FONT:
        raise ParameterError(
            "bbox",
            f"at the scale {frame.scale:g} the labels of layer {layer.id}, written for the scale "
            f"{layer.reference_scale:g}, would be {largest:.0f} points large",
        )
    return factor


def _largest(rows: Indices, sizes: Floats) -> Indices:
    """Return the number of the largest part of each row."""
    if len(rows) == 0:
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((-sizes, rows))
    first = np.flatnonzero(np.diff(rows[order], prepend=-1))
    return order[first].astype(np.int64)


def _visible(shapes: Ragged, size: tuple[int, int]) -> Ragged:
    """Return lines or polygons in pixels cut to the picture."""
    if len(shapes.rows) == 0:
        return shapes
    starts = shapes.rings[shapes.parts[:-1]]
    low = np.minimum.reduceat(shapes.vertices, starts, axis=0)
    high = np.maximum.reduceat(shapes.vertices, starts, axis=0)
    within = (low >= 0).all(axis=1) & (high <= size).all(axis=1)
    if within.all():
        return shapes
    geometries = shapes.part_geometries()
    meets = (high >= 0).all(axis=1) & (low <= size).all(axis=1)
    cut = geometries.copy()
    crossing = meets & ~within
    cut[crossing] = clipped(geometries[crossing], (0.0, 0.0, float(size[0]), float(size[1])))
    return ragged_of(cut[meets], shapes.rows[meets], shapes.dimension)


def _thinned(places: Floats, rank: Floats, size: tuple[int, int]) -> Indices:
    """Return which of the places in the picture are considered; where they are many, some of every part."""
    chosen = np.flatnonzero(((places >= 0) & (places <= size)).all(axis=1)).astype(np.int64)
    if len(chosen) <= MOST_CANDIDATES:
        return chosen
    across = size[0] // _CELL + 1
    cells = (places[chosen] // _CELL).astype(np.int64) @ np.array([1, across])
    order = np.lexsort((-chosen, rank[chosen], cells))
    cells = cells[order]
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    place_in_cell = np.arange(len(cells)) - np.repeat(starts, np.diff(np.append(starts, len(cells))))
    return np.sort(chosen[order[place_in_cell < _PER_CELL]])
