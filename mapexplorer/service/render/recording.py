"""A drawing that notes what is drawn, for the vector formats to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from mapexplorer.protocol.errors import ParameterError
from mapexplorer.service.render.drawing import Drawing, Outline, Pixels
from mapexplorer.service.render.ragged import Floats, Indices
from mapexplorer.service.render.symbols import Rgba, Stroke
from mapexplorer.service.time_limit import check_time

MOST_VERTICES: Final = 4_000_000
"""Vertices and marker places of one vector file: about a hundred megabytes before compression."""

_PICTURE_BYTES: Final = 64
"""So many bytes of a picture count as much as a vertex."""


class Part(NamedTuple):
    """One outline as it is drawn: its fill and stroke, None for none, and where it is moved and turned to."""

    outline: Outline
    color: Rgba | None
    stroke: Stroke | None
    place: tuple[float, float] | None
    turn: Floats | None


@dataclass(frozen=True, eq=False)
class Paths:
    """Outlines drawn one after the other; the arrays as in `Drawing.draw_each`."""

    outlines: Sequence[Outline]
    colors: Floats | None
    strokes: Sequence[Stroke]
    which: Indices | None
    offsets: Floats | None
    turns: Floats | None
    round_ends: bool
    mitred: bool

    def parts(self) -> Iterator[Part]:
        """Yield what is visible of every outline in the order of drawing."""
        colors = [None] if self.colors is None else [_visible(color) for color in self.colors.tolist()]
        strokes = [stroke if stroke.width > 0 and stroke.color[3] > 0 else None for stroke in self.strokes]
        which = None if self.which is None or len(strokes) == 1 else self.which.tolist()
        places = None if self.offsets is None else self.offsets.tolist()
        for number in range(max(len(self.outlines), 0 if places is None else len(places))):
            color = colors[number % len(colors)]
            stroke = strokes[which[number] if which is not None else number % len(strokes)]
            if color is not None or stroke is not None:
                yield Part(
                    self.outlines[number % len(self.outlines)],
                    color,
                    stroke,
                    None if places is None else tuple(places[number % len(places)]),
                    None if self.turns is None else self.turns[number % len(self.turns)],
                )

    @property
    def opaque(self) -> bool:
        """True when nothing drawn lets show through what is below."""
        whole = self.colors is None or bool(np.isin(self.colors[:, 3], (0.0, 1.0)).all())
        return whole and all(stroke.color[3] in (0, 1) or not stroke.width for stroke in self.strokes)


@dataclass(frozen=True, eq=False)
class Stamps:
    """One outline at many places, (n, 2)."""

    outline: Outline
    color: Rgba | None
    stroke: Stroke | None
    places: Floats
    mitred: bool

    @property
    def opaque(self) -> bool:
        """True when nothing drawn lets show through what is below."""
        return all(
            alpha == 1
            for alpha in (self.color and self.color[3], self.stroke and self.stroke.color[3])
            if alpha is not None
        )


@dataclass(frozen=True, eq=False)
class Picture:
    """RGBA pixels with their upper left corner at a place; ``finer`` of them to a pixel of the drawing."""

    pixels: Pixels
    left: float
    top: float
    finer: int = 1

    @property
    def width(self) -> float:
        """Width in pixels of the drawing."""
        return float(self.pixels.shape[1] / self.finer)

    @property
    def height(self) -> float:
        """Height in pixels of the drawing."""
        return float(self.pixels.shape[0] / self.finer)

    @property
    def opaque(self) -> bool:
        """True when nothing drawn lets show through what is below."""
        return bool((self.pixels[..., 3] == 255).all())


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is drawn on a sheet that is then laid over the rest as a whole, inside outlines where given."""

    items: tuple[Item, ...]
    opacity: float
    within: tuple[Outline, ...] | None

    @property
    def opaque(self) -> bool:
        """True when nothing drawn lets show through what is below."""
        return self.opacity == 1 and all(item.opaque for item in self.items)


Item = Paths | Stamps | Picture | Sheet


class Recording(Drawing):
    """A drawing as the list of what was drawn, over a ground of red, green, blue, alpha from 0 to 255.

    Raises `ParameterError` when more is drawn than a vector file may hold.
    """

    def __init__(self, width: int, height: int, ground: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        self.width, self.height, self.ground = width, height, ground
        self.items: list[Item] = []
        self._left = MOST_VERTICES
        self._pictures: set[int] = set()

    def draw_each(
        self,
        outlines: Sequence[Outline],
        colors: Floats | None,
        strokes: Sequence[Stroke],
        *,
        which: Indices | None = None,
        offsets: Floats | None = None,
        turns: Floats | None = None,
        round_ends: bool = True,
        mitred: bool = False,
    ) -> None:
        """Note outlines to be drawn one after the other."""
        if not outlines:
            return
        moved = 0 if offsets is None else len(offsets)
        self._count(moved or sum(len(outline.vertices) for outline in outlines))
        self.items.append(
            Paths(tuple(outlines), colors, tuple(strokes), which, offsets, turns, round_ends, mitred)
        )

    def stamp(
        self, outline: Outline, color: Rgba | None, stroke: Stroke, places: Floats, *, mitred: bool = False
    ) -> None:
        """Note an outline to be drawn at many places: on the middle of these pixels."""
        self._count(len(places))
        line = stroke if stroke.width > 0 and stroke.color[3] > 0 else None
        fill = None if color is None else _visible(list(color))
        if (fill is not None or line is not None) and len(places):
            self.items.append(Stamps(outline, fill, line, places + 0.5, mitred))

    def paste(self, picture: Pixels, left: int, top: int) -> None:
        """Note a picture; what of it lies outside the drawing is left out."""
        high, wide = picture.shape[:2]
        x0, y0 = max(-left, 0), max(-top, 0)
        x1, y1 = min(wide, self.width - left), min(high, self.height - top)
        if x0 >= x1 or y0 >= y1:
            return
        if id(picture) not in self._pictures:
            self._pictures.add(id(picture))
            self._count(picture.nbytes // _PICTURE_BYTES)
        self._count(1)
        if (x0, y0, x1, y1) != (0, 0, wide, high):
            picture = picture[y0:y1, x0:x1]
        self.items.append(Picture(picture, left + x0, top + y0))

    @contextmanager
    def sheet(self, *, opacity: float = 1.0, within: Sequence[Outline] | None = None) -> Iterator[Recording]:
        """Give a recording that becomes one item of this one when it is done."""
        sheet = Recording(self.width, self.height)
        sheet._left = self._left
        yield sheet
        self._left = sheet._left
        if within is not None:
            self._count(sum(len(outline.vertices) for outline in within))
        if sheet.items and opacity > 0:
            self.items.append(Sheet(tuple(sheet.items), opacity, None if within is None else tuple(within)))

    def _count(self, more: int) -> None:
        self._left -= more
        if self._left < 0:
            raise ParameterError(
                "format",
                f"this picture has more than the {MOST_VERTICES} vertices of a vector file; "
                "ask for a smaller extent or for a raster format",
            )


def replay(items: Sequence[Item], drawing: Drawing, finer: int = 1) -> None:
    """Draw noted items on another drawing that has ``finer`` times as many pixels each way.

    No picture among them may be finer than that.
    """
    for item in items:
        check_time()
        match item:
            case Paths():
                drawing.draw_each(
                    [_scaled(outline, finer) for outline in item.outlines],
                    item.colors,
                    [_wider(stroke, finer) for stroke in item.strokes],
                    which=item.which,
                    offsets=None if item.offsets is None else item.offsets * finer,
                    turns=item.turns,
                    round_ends=item.round_ends,
                    mitred=item.mitred,
                )
            case Stamps():
                drawing.draw_each(
                    [_scaled(item.outline, finer)],
                    None if item.color is None else np.array([item.color]),
                    [Stroke() if item.stroke is None else _wider(item.stroke, finer)],
                    offsets=item.places * finer,
                    round_ends=False,
                    mitred=item.mitred,
                )
            case Picture():
                times = finer // item.finer
                pixels = item.pixels.repeat(times, axis=0).repeat(times, axis=1)
                drawing.paste(pixels, round(item.left * finer), round(item.top * finer))
            case Sheet():
                within = None if item.within is None else [_scaled(outline, finer) for outline in item.within]
                with drawing.sheet(opacity=item.opacity, within=within) as sheet:
                    replay(item.items, sheet, finer)


def _visible(color: Sequence[float]) -> Rgba | None:
    red, green, blue, alpha = color
    return (red, green, blue, alpha) if alpha > 0 else None


def _scaled(outline: Outline, finer: int) -> Outline:
    return outline if finer == 1 else Outline(outline.vertices * finer, outline.codes)


def _wider(stroke: Stroke, finer: int) -> Stroke:
    return Stroke(stroke.color, stroke.width * finer, tuple(step * finer for step in stroke.dashes))
