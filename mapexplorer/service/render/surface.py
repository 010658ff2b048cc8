"""A surface of pixels with Agg's renderer behind it, driven without figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import Bbox
from PIL import Image

from mapexplorer.service.render.dashes import cut_outlines
from mapexplorer.service.render.dots import Dots, blend_dots
from mapexplorer.service.render.drawing import LINE, Drawing, Outline, Pixels
from mapexplorer.service.render.ragged import Box, Floats, Indices, reaching_beyond
from mapexplorer.service.render.symbols import Rgba, Stroke
from mapexplorer.service.time_limit import check_time

_LONG: Final = 500_000
"""Pixels of path from which a path is drawn on its own."""
_CELLS: Final = 4_000_000
"""Pixels of path in one band: of 24 bytes each in Agg's memory, of which it gives up at last. What it began
then stays in its rasteriser, so that nothing else could be drawn."""
_BATCH: Final = 100_000
"""Vertices or markers that are drawn at once; between batches the time is looked at."""
_HAIR: Final = 1.0
"""Pixels of a line whose joins and ends are too small to be seen, and are drawn the fastest way."""
_THIN: Final = 1.5
"""Pixels of a line whose joins are too small for round and cut ones to be told apart."""
_STRIP: Final = 256
"""Rows that are blended at once."""
_STRIP_PIXELS: Final = 2**21
"""Pixels of the strips in which areas are masked: 8 MiB of memory for each of two."""
_NO_COLORS: Final = np.empty((0, 4))
_NO_TRANSFORMS: Final = np.empty((0, 3, 3))
_NO_OFFSETS: Final = np.empty((0, 2))


class Surface(Drawing):
    """Pixels to draw on: coordinates in pixels, x right and y down from the upper left corner.

    ``ground`` fills it at first, as red, green, blue, alpha from 0 to 255. A strip of a larger picture has
    its first row at ``top`` of it, and is drawn on by the coordinates of the whole.
    """

    def __init__(
        self, width: int, height: int, ground: tuple[int, int, int, int] = (0, 0, 0, 0), top: int = 0
    ) -> None:
        self.width, self.height, self.top = width, height, top
        # Typed as Any: Agg takes plain arrays and our own outlines where its Python signature names classes.
        agg: Any = RendererAgg
        self._renderer = agg(width, height, 72)
        self.pixels: Pixels = np.asarray(self._renderer.buffer_rgba())
        if any(ground):
            # One word a pixel: four times as fast as four bytes.
            self.pixels.view(np.uint32)[:] = np.array(ground, dtype=np.uint8).view(np.uint32)
        self._flip = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
        self._to_agg = np.array([[1.0, 0, 0], [0, -1, top + height], [0, 0, 1]])

    @property
    def box(self) -> Box:
        """The coordinates that the surface shows: left, top, right, bottom."""
        return 0, self.top, self.width, self.top + self.height

    def context(self, *, round_ends: bool = True, mitred: bool = False) -> Any:
        """Return a graphics context: antialiased, nothing snapped to whole pixels."""
        context = self._renderer.new_gc()
        context.set_snap(False)
        context.set_antialiased(True)
        context.set_joinstyle("miter" if mitred else "round")
        context.set_capstyle("round" if round_ends else "butt")
        return context

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
        """Draw outlines one after the other, in few calls of Agg."""
        if outlines and colors is None and offsets is None and any(stroke.dashes for stroke in strokes):
            outlines, strokes, which = self._with_dashes_cut(outlines, strokes, which)
        widths, edges, dashes = _stroke_arrays(strokes, which)
        if colors is None and not widths.any():
            return
        context = self.context(round_ends=round_ends, mitred=mitred)
        if not mitred and widths.max(initial=0.0) <= _THIN:
            context.set_joinstyle("bevel")
        if widths.max(initial=0.0) < _HAIR:
            context.set_joinstyle("bevel")
            context.set_capstyle("butt")
        count = len(outlines)
        for low, high in _batches(outlines):
            check_time()

            def part(values: Any, low: int = low, high: int = high) -> Any:
                return values if high - low == count else _part(values, low, high)

            self._draw_batch(
                context,
                outlines[low:high],
                None if colors is None else part(colors),
                (part(widths), part(edges), part(dashes)),
                None if offsets is None else part(offsets),
                None if turns is None else part(turns),
            )

    def _with_dashes_cut(
        self, outlines: Sequence[Outline], strokes: Sequence[Stroke], which: Indices | None
    ) -> tuple[Sequence[Outline], Sequence[Stroke], Indices]:
        """Return outlines, strokes and the stroke of each, with dashes in place of what leaves the surface.

        Agg itself would begin the pattern anew where a line enters.
        """
        cut = list(outlines)
        drawn = np.arange(len(cut)) % len(strokes) if which is None else which
        chosen = drawn.copy()
        ends = np.cumsum([0, *(len(outline.vertices) for outline in cut)])
        vertices = np.concatenate([outline.vertices for outline in cut])
        leaving = np.flatnonzero(reaching_beyond(vertices, ends, self.box))
        for pattern in {stroke.dashes for stroke in strokes if stroke.dashes}:
            alike = np.array([stroke.dashes == pattern for stroke in strokes])
            places = leaving[alike[drawn[leaving]]]
            dashes = cut_outlines([cut[place] for place in places], pattern)
            for place, dash in zip(places.tolist(), dashes, strict=True):
                cut[place] = dash
            chosen[places] += len(strokes)
        return cut, [*strokes, *(replace(stroke, dashes=()) for stroke in strokes)], chosen

    def _draw_batch(
        self,
        context: Any,
        outlines: Sequence[Outline],
        colors: Floats | None,
        strokes: tuple[Floats, Floats, list[Any]],
        offsets: Floats | None,
        turns: Floats | None,
    ) -> None:
        reach = self.width + self.height
        long = np.array([offsets is None and _is_long(outline, reach) for outline in outlines])
        if not long.any():
            self._draw_at_once(context, outlines, colors, strokes, offsets, turns)
            return
        edges = [0, *(np.flatnonzero(np.diff(long)) + 1).tolist(), len(long)]
        runs = [run for run in pairwise(edges) if not long[run[0]]]
        runs += [(number, number + 1) for number in np.flatnonzero(long).tolist()]
        for low, high in sorted(runs):
            part = (
                outlines[low:high],
                None if colors is None else _part(colors, low, high),
                (_part(strokes[0], low, high), _part(strokes[1], low, high), _part(strokes[2], low, high)),
                None,
                None if turns is None else _part(turns, low, high),
            )
            if long[low]:
                self._draw_long(context, *part)
            else:
                self._draw_at_once(context, *part)

    def _draw_at_once(
        self,
        context: Any,
        outlines: Sequence[Outline],
        colors: Floats | None,
        strokes: tuple[Floats, Floats, list[Any]],
        offsets: Floats | None,
        turns: Floats | None,
    ) -> None:
        widths, edges, dashes = strokes
        self._renderer.draw_path_collection(
            context,
            self._to_agg if offsets is None else self._flip,
            list(outlines),
            _NO_TRANSFORMS if turns is None else turns,
            _NO_OFFSETS if offsets is None else offsets,
            self._to_agg,
            _NO_COLORS if colors is None else colors,
            edges,
            widths,
            dashes,
            np.ones(1, dtype=np.uint8),
            [None],
            "screen",
        )

    def _draw_long(
        self,
        context: Any,
        outlines: Sequence[Outline],
        colors: Floats | None,
        strokes: tuple[Floats, Floats, list[Any]],
        offsets: Floats | None,
        turns: Floats | None,
    ) -> None:
        """Draw one outline, its fill and then its stroke, in as many bands as keep Agg's memory small."""
        widths, edges, dashes = strokes
        passes: list[tuple[Floats | None, tuple[Floats, Floats, list[Any]], int]] = []
        if colors is not None:
            passes.append((colors, (np.zeros(1), edges, dashes), 1))
        if widths.any():
            passes.append((None, strokes, 2))
        for color, stroke, sides in passes:
            count = min(max(math.ceil(sides * _length(outlines[0]) / _CELLS), 1), self.height)
            rows = math.ceil(self.height / count)
            for low in range(0, self.height, rows):
                check_time()
                if count > 1:
                    # Counted from the bottom, as Agg does.
                    context.set_clip_rectangle(Bbox([[0, low], [self.width, min(low + rows, self.height)]]))
                self._draw_at_once(context, outlines, color, stroke, offsets, turns)
            context.set_clip_rectangle(None)

    def stamp(
        self, outline: Outline, color: Rgba | None, stroke: Stroke, places: Floats, *, mitred: bool = False
    ) -> None:
        """Draw one outline at many whole-pixel places; much faster than each on its own."""
        context = self.context(round_ends=False, mitred=mitred)
        context.set_linewidth(stroke.width)
        context.set_foreground(stroke.color, isRGBA=True)
        context.set_alpha(None)
        if stroke.dashes:
            context.set_dashes(0, stroke.dashes)
        for low in range(0, len(places), _BATCH):
            check_time()
            batch = places[low : low + _BATCH]
            path = Outline(batch, np.full(len(batch), LINE, dtype=np.uint8))
            self._renderer.draw_markers(context, outline, self._flip, path, self._to_agg, color)

    def paste(self, picture: Pixels, left: int, top: int) -> None:
        """Blend a picture over the surface."""
        high, wide = picture.shape[:2]
        top -= self.top
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + wide, self.width), min(top + high, self.height)
        if x0 >= x1 or y0 >= y1:
            return
        lay_over(self.pixels[y0:y1, x0:x1], picture[y0 - top : y1 - top, x0 - left : x1 - left])

    def paste_dots(self, pictures: Sequence[tuple[Dots, int, int]]) -> None:
        """Blend many small pictures that do not overlap, each with the pixel of its corner."""
        if pictures:
            blend_dots(self.pixels, [(dots, left, top - self.top) for dots, left, top in pictures])

    @contextmanager
    def sheet(self, *, opacity: float = 1.0, within: Sequence[Outline] | None = None) -> Iterator[Surface]:
        """Give a surface that is blended over this one when it is done."""
        sheet = Surface(self.width, self.height, top=self.top)
        yield sheet
        if within is None:
            lay_over(self.pixels, sheet.pixels, opacity)
            return
        for low, high, outlines in self._strips(within):
            part = sheet.pixels[low:high]
            _keep(part, self._coverage(outlines, low, high))
            lay_over(self.pixels[low:high], part, opacity)

    def fill_within(self, outlines: Sequence[Outline], paint: Callable[[Drawing], None]) -> None:
        """Paint inside outlines, strip by strip to save memory."""
        for low, high, some in self._strips(outlines):
            check_time()
            strip = Surface(self.width, high - low, top=self.top + low)
            paint(strip)
            _keep(strip.pixels, self._coverage(some, low, high))
            lay_over(self.pixels[low:high], strip.pixels)

    def _strips(self, outlines: Sequence[Outline]) -> Iterator[tuple[int, int, list[Outline]]]:
        """Yield first and last row of the strips that outlines reach, and the outlines that reach each."""
        ends = (
            np.array(
                [(outline.vertices[:, 1].min(), outline.vertices[:, 1].max()) for outline in outlines]
            ).reshape(-1, 2)
            - self.top
        )
        first = max(math.floor(float(ends[:, 0].min(initial=self.height))) - 1, 0)
        last = min(math.ceil(float(ends[:, 1].max(initial=0.0))) + 1, self.height)
        rows = max(_STRIP_PIXELS // self.width, 1)
        for low in range(first, last, rows):
            high = min(low + rows, last)
            reached = np.flatnonzero((ends[:, 0] <= high + 1) & (ends[:, 1] >= low - 1)).tolist()
            if reached:
                yield low, high, [outlines[number] for number in reached]

    def _coverage(self, outlines: Sequence[Outline], low: int, high: int) -> npt.NDArray[np.uint8]:
        """Return how much of every pixel of some rows the outlines cover together, 0 to 255."""
        mask = Surface(self.width, high - low, top=self.top + low)
        mask.draw_each(outlines, np.array([[1.0, 1, 1, 1]]), [Stroke()])
        return mask.pixels[..., 3]


def _keep(pixels: Pixels, covered: npt.NDArray[np.uint8]) -> None:
    """Make pixels as transparent as they are not covered."""
    for row, share in zip(pixels, covered, strict=True):
        row[:, 3] = (row[:, 3].astype(np.uint16) * share + 127) // 255


def lay_over(below: Pixels, above: Pixels, opacity: float = 1.0) -> None:
    """Blend an RGBA picture over another of the same size in place, strip by strip to save memory."""
    for low in range(0, len(below), _STRIP):
        strip = above[low : low + _STRIP]
        if opacity < 1:
            strip = strip.copy()
            strip[..., 3] = np.rint(strip[..., 3] * opacity).astype(np.uint8)
        ground = Image.fromarray(np.ascontiguousarray(below[low : low + _STRIP]))
        mixed = Image.alpha_composite(ground, Image.fromarray(np.ascontiguousarray(strip)))
        below[low : low + _STRIP] = np.asarray(mixed)


def _stroke_arrays(strokes: Sequence[Stroke], which: Indices | None) -> tuple[Floats, Floats, list[Any]]:
    widths = np.array([stroke.width for stroke in strokes], dtype=np.float64)
    edges = np.array([stroke.color for stroke in strokes], dtype=np.float64).reshape(-1, 4)
    dashes = [(0.0, stroke.dashes or None) for stroke in strokes]
    if which is None or len(strokes) == 1:
        return widths, edges, dashes
    dashed = any(stroke.dashes for stroke in strokes)
    return widths[which], edges[which], [dashes[number] for number in which] if dashed else [(0.0, None)]


def _batches(outlines: Sequence[Outline]) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of batches of outlines that have about so many vertices together."""
    sizes = np.fromiter((len(outline.vertices) for outline in outlines), dtype=np.int64, count=len(outlines))
    edges = np.flatnonzero(np.diff(np.cumsum(sizes) // _BATCH)) + 1
    yield from pairwise([0, *edges.tolist(), len(outlines)])


def _part(values: Any, low: int, high: int) -> Any:
    """Return the values of some of the outlines; shorter ones repeat, as Agg has it."""
    if len(values) <= 1:
        return values
    if len(values) >= high:
        return values[low:high]
    repeated = [position % len(values) for position in range(low, high)]
    return values[repeated] if isinstance(values, np.ndarray) else [values[number] for number in repeated]


def _is_long(outline: Outline, reach: int) -> bool:
    """Tell whether an outline may need more cells than Agg should hold, from its length in pixels."""
    return len(outline.vertices) * reach >= _LONG and _length(outline) > _LONG


def _length(outline: Outline) -> float:
    """Return the pixels that an outline passes, both ways."""
    return float(np.abs(np.diff(outline.vertices, axis=0)).sum())
