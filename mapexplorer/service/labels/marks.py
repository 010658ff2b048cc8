"""Text symbols as markers: a text set at a point by its alignment (Esri, Symbol objects, esriTS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mapexplorer.protocol.symbols import TextSymbol
from mapexplorer.service.labels.blocks import Block, Box, PlacedLabel, Style, block_of, ground_of, style_of
from mapexplorer.service.labels.writing import outline_of_label, ring_of
from mapexplorer.service.render.drawing import Drawing, Outline
from mapexplorer.service.render.ragged import Floats, Indices
from mapexplorer.service.render.symbols import NO_STROKE, Stroke


@dataclass(frozen=True, eq=False)
class TextMark:
    """A text round its point at (0, 0), turned by its own angle; ``box`` is what it covers before turning."""

    letters: Outline
    ground: Outline | None
    style: Style
    box: Box

    @property
    def reach(self) -> float:
        """Pixels from the point to the farthest pixel that can be touched."""
        left, top, right, bottom = self.box
        return math.hypot(max(abs(left), abs(right)), max(abs(top), abs(bottom))) + 1


@lru_cache(maxsize=512)
def text_mark(symbol: TextSymbol, pixels_per_point: float) -> TextMark | None:
    """Return a text symbol as a marker, None when it has no text."""
    style = style_of(symbol, pixels_per_point)
    block = block_of(symbol.text or "", style)
    if block is None:
        return None
    left, top = _corner(block, symbol)
    box = block.box(left, top)
    justify = "left" if symbol.horizontal_alignment == "justify" else symbol.horizontal_alignment
    label = PlacedLabel(0, 0, symbol.text or "", style, block.runs(left, top, justify), ground_of(style, box))
    letters = outline_of_label(label)
    if letters is None:
        return None
    ground = ring_of(label.ground) if label.ground else None
    return TextMark(_turned(letters, symbol.angle), ground and _turned(ground, symbol.angle), style, box)


def _corner(block: Block, symbol: TextSymbol) -> tuple[float, float]:
    """Return the upper left corner of the text, whose alignment tells where it lies from its point."""
    share = {"left": 0.0, "right": 1.0}.get(symbol.horizontal_alignment, 0.5)
    base = block.height - block.metrics.descent
    top = {"top": 0.0, "bottom": -block.height, "baseline": -base}.get(symbol.vertical_alignment, -base / 2)
    x, y = block.style.shift
    return x - share * block.width, y + top


def _turned(outline: Outline, angle: float) -> Outline:
    if not angle % 360:
        return outline
    turn = math.radians(-angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    return Outline(outline.vertices @ np.array([[cosine, sine], [-sine, cosine]]), outline.codes)


def draw_marks(
    drawing: Drawing, marks: Sequence[TextMark | None], which: Indices, places: Floats, turns: Floats | None
) -> None:
    """Draw texts at places, (n, 2) pixels: ``which`` gives the mark of each, ``turns`` are (n, 3, 3)."""
    drawn = np.array([marks[number] is not None for number in which.tolist()], dtype=bool)
    used = [mark for number in which[drawn].tolist() if (mark := marks[number]) is not None]
    if not used:
        return
    places = places[drawn]
    # Upright letters stand on whole pixels, as they are made for.
    offsets = np.round(places) if turns is None else places
    turning = None if turns is None else turns[drawn]
    _draw(drawing, used, offsets, turning)


def _draw(drawing: Drawing, used: Sequence[TextMark], offsets: Floats, turns: Floats | None) -> None:
    for number, mark in enumerate(used):
        if mark.ground is not None:
            color = np.array([mark.style.background])
            drawing.draw_each(
                [mark.ground],
                color if color[0, 3] else None,
                [mark.style.border],
                offsets=offsets[number : number + 1],
                turns=None if turns is None else turns[number : number + 1],
                mitred=True,
            )
    letters = [mark.letters for mark in used]
    halos = [
        Stroke(mark.style.halo_color, 2 * mark.style.halo) if mark.style.halo_color[3] else NO_STROKE
        for mark in used
    ]
    drawing.draw_each(letters, None, halos, offsets=offsets, turns=turns)
    colors = np.array([mark.style.color for mark in used])
    drawing.draw_each(letters, colors, [NO_STROKE], offsets=offsets, turns=turns)


def swatch_mark(symbol: TextSymbol, pixels_per_point: float) -> TextMark | None:
    """Return a text symbol for a legend: its text, or letters that show its font where it has none."""
    shown = symbol if (symbol.text or "").strip() else symbol.model_copy(update={"text": "Aa"})
    return text_mark(_centred(shown), pixels_per_point)


def _centred(symbol: TextSymbol) -> TextSymbol:
    return symbol.model_copy(
        update={
            "horizontal_alignment": "center",
            "vertical_alignment": "middle",
            "xoffset": 0.0,
            "yoffset": 0.0,
        }
    )


def centred_on_ink(mark: TextMark) -> TextMark:
    """Return a mark moved so that what it covers lies evenly round its point, to fill a swatch."""
    left, top, right, bottom = mark.box
    shift = np.array([-(left + right) / 2, -(top + bottom) / 2])
    ground = None if mark.ground is None else Outline(mark.ground.vertices + shift, mark.ground.codes)
    letters = Outline(mark.letters.vertices + shift, mark.letters.codes)
    half_x, half_y = (right - left) / 2, (bottom - top) / 2
    return replace(mark, letters=letters, ground=ground, box=(-half_x, -half_y, half_x, half_y))
