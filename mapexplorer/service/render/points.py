"""Draw point features: every one exactly, or stamped in bulk where there are many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol.symbols import PictureMarkerSymbol, SimpleMarkerSymbol, TextSymbol
from mapexplorer.service.labels.marks import draw_marks, text_mark
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass
from mapexplorer.service.render.dense import MOST_COVERED, Stamps, draw_dense
from mapexplorer.service.render.drawing import Drawing, outline_of
from mapexplorer.service.render.pictures import picture_size, sprite_of
from mapexplorer.service.render.ragged import Floats, Indices
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import Marker, marker_of
from mapexplorer.service.time_limit import check_time

MOST_EXACT: Final = 4_000
"""Up to so many markers are drawn one by one in row order; more are drawn class by class."""
PHASES: Final = 4
"""Stamped markers are placed to a quarter of a pixel."""
MOST_IN_PHASES: Final = 60_000
"""More markers than this are placed to whole pixels: so dense that nothing finer can be seen."""
MOST_STAMPED: Final = 150_000
"""More small opaque markers of one size are drawn pixel by pixel."""
MOST_RUNS: Final = 64
LARGEST_PHASED: Final = 128
"""Pictures that reach farther than so many pixels are placed to whole pixels."""
_WRITTEN: Final = 2
MOST_SPRITE_BYTES: Final = 32 * 2**20


def reach_of(classes: Sequence[SymbolClass], pixels_per_point: float) -> float:
    """Return how many pixels the widest marker reaches from its point."""
    reach = 1.0
    for entry in classes:
        if isinstance(entry.symbol, SimpleMarkerSymbol):
            reach = max(reach, marker_of(entry.symbol, pixels_per_point).reach)
        elif isinstance(entry.symbol, TextSymbol):
            mark = text_mark(entry.symbol, pixels_per_point)
            reach = max(reach, mark.reach if mark is not None else 0.0)
        elif isinstance(entry.symbol, PictureMarkerSymbol):
            offset = abs(entry.symbol.xoffset) + abs(entry.symbol.yoffset)
            reach = max(reach, sum(picture_size(entry.symbol, pixels_per_point)) + offset * pixels_per_point)
    return reach


def draw_points(
    surface: Drawing,
    places: Floats,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
    turns: Floats | None = None,
    *,
    ordered: bool = False,
    crowded: bool = False,
) -> None:
    """Draw a marker at each place, (n, 2) pixels, with the symbol of its class number.

    ``turns`` are degrees clockwise per place, for renderers with a rotation; ``ordered`` keeps
    the order of the places also where they are many; ``crowded`` tells that they are what is left of more.
    """
    markers = {
        number: marker_of(entry.symbol, pixels_per_point)
        for number, entry in enumerate(classes)
        if isinstance(entry.symbol, SimpleMarkerSymbol)
    }
    pictured = [
        _WRITTEN
        if isinstance(entry.symbol, TextSymbol)
        else int(isinstance(entry.symbol, PictureMarkerSymbol))
        for entry in classes
    ]
    drawn = np.array([number in markers or pictured[number] > 0 for number in range(len(classes))] + [False])[
        numbers
    ]
    if not drawn.all():
        places, numbers = places[drawn], numbers[drawn]
        turns = turns[drawn] if turns is not None else None
    if len(places) == 0:
        return
    kinds = np.array(pictured)[numbers]
    for run in runs_of(kinds.astype(np.int64), ordered=ordered):
        turned = turns[run] if turns is not None else None
        if kinds[run[0]] == _WRITTEN:
            marks = [
                text_mark(entry.symbol, pixels_per_point) if isinstance(entry.symbol, TextSymbol) else None
                for entry in classes
            ]
            turning = None if turned is None else _matrices(turned)
            draw_marks(surface, marks, numbers[run].astype(np.int64), places[run], turning)
        elif kinds[run[0]]:
            _draw_pictures(surface, places[run], numbers[run], classes, pixels_per_point, turned)
        elif (len(run) <= MOST_EXACT and not crowded) or turned is not None or (ordered and len(markers) > 1):
            _draw_exactly(surface, places[run], numbers[run], markers, turned)
        else:
            _draw_in_bulk(surface, places[run], numbers[run], markers)


def runs_of(kinds: Indices, *, ordered: bool = False) -> Iterator[Indices]:
    """Split positions into runs of one kind in their order, or kind by kind when that would be too many.

    ``ordered`` keeps the order whatever it costs.
    """
    breaks = np.flatnonzero(np.diff(kinds)) + 1
    if ordered or len(breaks) < MOST_RUNS:
        yield from np.split(np.arange(len(kinds)), breaks)
        return
    for kind in np.unique(kinds):
        yield np.flatnonzero(kinds == kind)


def _draw_exactly(
    surface: Drawing,
    places: Floats,
    numbers: ClassNumbers,
    markers: dict[int, Marker],
    turns: Floats | None,
) -> None:
    present, which = np.unique(numbers, return_inverse=True)
    used = [markers[int(number)] for number in present]
    outlines = [outline_of(marker.rings, marker.closed) for marker in used]
    colors = np.array([marker.color if marker.closed else (0, 0, 0, 0) for marker in used], dtype=np.float64)
    offsets = np.array([marker.offset for marker in used])
    surface.draw_each(
        [outlines[number] for number in which],
        colors[which] if colors[:, 3].any() else None,
        [marker.outline for marker in used],
        which=which,
        offsets=places + offsets[which],
        turns=None if turns is None else _matrices(turns),
        round_ends=False,
        mitred=all(marker.mitred for marker in used),
    )


def _matrices(degrees: Floats) -> Floats:
    """Return clockwise turns as (n, 3, 3) matrices for x right and y down."""
    angle = np.radians(degrees)
    matrices = np.zeros((len(degrees), 3, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angle)
    matrices[:, 1, 0] = np.sin(angle)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    matrices[:, 2, 2] = 1
    return matrices


def _draw_in_bulk(
    surface: Drawing, places: Floats, numbers: ClassNumbers, markers: dict[int, Marker]
) -> None:
    """Draw many markers class by class; what later ones of the same size cover is left out."""
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    used = [markers[number] for number in np.flatnonzero(np.bincount(numbers)).tolist()]
    offsets = np.zeros((max(markers) + 1, 2))
    for number, marker in markers.items():
        offsets[number] = marker.offset
    # A stamp covers from the upper left corner of its pixel on: half a pixel right and down of the place
    # given.
    places = places[order] + offsets[numbers] - 0.5
    if all(marker.opaque for marker in used) and len({(m.size, m.outline.width) for m in used}) == 1:
        if len(places) > MOST_STAMPED and _drawn_densely(surface, places, numbers, markers):
            return
        shapes_hide = all(marker.hides for marker in used) and used[0].size >= 3
        keep = uncovered(places, surface.width, surface.height, used[0].reach, around=shapes_hide)
        places, numbers = places[keep], numbers[keep]
    phases = PHASES if len(places) <= MOST_IN_PHASES else 1
    steps = np.floor(places * phases + 0.5).astype(np.int64)
    whole = steps // phases
    phase = (steps - whole * phases) @ np.array([1, phases])
    edges = np.searchsorted(numbers, np.arange(max(markers) + 2))
    for number in np.unique(numbers):
        part = slice(edges[number], edges[number + 1])
        _stamp_class(surface, markers[int(number)], whole[part], phase[part], phases)


def _drawn_densely(
    surface: Drawing, places: Floats, numbers: ClassNumbers, markers: dict[int, Marker]
) -> bool:
    """Draw markers of one size, in their order, pixel by pixel; False where they are few, or large."""
    if not isinstance(surface, Surface):
        return False
    reach = max(math.ceil(marker.reach) + 1 for marker in markers.values())
    present = np.flatnonzero(np.bincount(numbers)).tolist()
    if (2 * reach + 1) ** 2 > 4 * MOST_COVERED:
        return False
    keep = uncovered(places, surface.width, surface.height, reach, around=False)
    if len(keep) <= MOST_STAMPED:
        return False
    pictures = []
    for number in present:
        small = Surface(2 * reach + 1, 2 * reach + 1)
        _stamp_class(small, markers[number], np.array([[reach, reach]]), np.zeros(1, dtype=np.int64), 1)
        pictures.append(small.pixels)
    stamps = Stamps.of(pictures)
    whole = np.floor(places[keep] + 0.5).astype(np.int64)
    which = np.searchsorted(present, numbers[keep])
    return stamps is not None and draw_dense(surface.pixels, stamps, whole, which)


def _stamp_class(surface: Drawing, marker: Marker, whole: Indices, phase: Indices, phases: int) -> None:
    color = marker.color if marker.closed and marker.color[3] else None
    for number in np.unique(phase):
        shift = np.array([number % phases, number // phases]) / phases
        outline = outline_of(tuple(ring + shift for ring in marker.rings), marker.closed)
        places = whole[phase == number].astype(np.float64)
        surface.stamp(outline, color, marker.outline, places, mitred=marker.mitred)


def uncovered(places: Floats, width: int, height: int, reach: float, *, around: bool) -> Indices:
    """Return the markers of one size that later ones do not hide: the last of each pixel.

    With ``around``, also leave out those whose four neighbouring pixels all hold later markers.
    """
    border = int(reach) + 2
    columns = np.floor(places[:, 0] + 0.5).astype(np.int64) + border
    rows = np.floor(places[:, 1] + 0.5).astype(np.int64) + border
    across = width + 2 * border + 1
    last = np.full(across * (height + 2 * border + 1), -1, dtype=np.int64)
    inside = (columns > 0) & (columns < across - 1) & (rows > 0) & (rows < height + 2 * border)
    own = rows * across + columns
    chosen = np.flatnonzero(inside)
    last[own[chosen]] = chosen
    kept = last[last >= 0]
    kept.sort()
    if around and len(kept) > MOST_IN_PHASES:
        cell = own[kept]
        hidden = np.ones(len(kept), dtype=bool)
        for step in (-1, 1, -across, across):
            hidden &= last[cell + step] > kept
        kept = kept[~hidden]
    return kept


def _draw_pictures(
    surface: Drawing,
    places: Floats,
    numbers: ClassNumbers,
    classes: Sequence[SymbolClass],
    pixels_per_point: float,
    turns: Floats | None,
) -> None:
    """Draw picture markers in row order, to a quarter of a pixel; turns count in whole degrees."""
    phased = PHASES if reach_of(classes, pixels_per_point) <= LARGEST_PHASED else 1
    steps = np.floor(places * phased + 0.5).astype(np.int64)
    whole = steps // phased
    phases = steps - whole * phased
    degrees = np.zeros(len(places)) if turns is None else np.rint(turns) % 360
    sprites: dict[tuple[int, int, int, float], tuple[npt.NDArray[np.uint8], int, int]] = {}
    for number, (x, y), (phase_x, phase_y), turn in zip(
        numbers.tolist(), whole.tolist(), phases.tolist(), degrees.tolist(), strict=True
    ):
        check_time()
        key = (number, phase_x, phase_y, turn)
        if key not in sprites:
            if sum(sprite[0].nbytes for sprite in sprites.values()) > MOST_SPRITE_BYTES:
                sprites.clear()
            symbol = classes[number].symbol
            assert isinstance(symbol, PictureMarkerSymbol)  # noqa: S101
            right, down = symbol.xoffset * pixels_per_point, -symbol.yoffset * pixels_per_point
            # The whole pixels of the offset move the place, the rest is sampled into the sprite.
            shift = (phase_x / phased + right % 1, phase_y / phased + down % 1)
            plain = symbol.model_copy(update={"xoffset": 0.0, "yoffset": 0.0})
            sprite = sprite_of(plain, pixels_per_point, turn=turn, shift=shift)
            sprites[key] = (
                sprite.pixels,
                int(right // 1) - int(sprite.left),
                int(down // 1) - int(sprite.top),
            )
        pixels, left, top = sprites[key]
        surface.paste(pixels, x + left, y + top)
