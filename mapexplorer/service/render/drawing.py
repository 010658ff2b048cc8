"""What maps are drawn on: one interface for pixels and for the vector formats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.render.ragged import Floats, Indices, Ragged
from mapexplorer.service.render.symbols import Rgba, Stroke

Pixels = npt.NDArray[np.uint8]
MOVE, LINE, CLOSE = 1, 2, 79


class Outline:
    """Vertices and codes as Agg reads them; without the validation and caches of matplotlib's own Path."""

    __slots__ = ("codes", "vertices")
    should_simplify: Final = False
    simplify_threshold: Final = 0.0

    def __init__(self, vertices: Floats, codes: npt.NDArray[np.uint8]) -> None:
        self.vertices = vertices
        self.codes = codes


def whole_outline(ragged: Ragged) -> Outline:
    """Return all features of lines or polygons as one outline."""
    codes = np.full(len(ragged.vertices), LINE, dtype=np.uint8)
    codes[ragged.rings[:-1]] = MOVE
    if ragged.dimension == 2:
        codes[ragged.rings[1:] - 1] = CLOSE
    return Outline(ragged.vertices, codes)


def outlines_of(ragged: Ragged) -> list[Outline]:
    """Return one outline per feature of lines or polygons."""
    whole = whole_outline(ragged)
    ends = ragged.feature_vertices.tolist()
    return [Outline(whole.vertices[start:end], whole.codes[start:end]) for start, end in pairwise(ends)]


def outline_of(rings: Sequence[Floats], closed: bool) -> Outline:
    """Return rings or lines as one outline."""
    codes = []
    for ring in rings:
        code = np.full(len(ring), LINE, dtype=np.uint8)
        code[0] = MOVE
        if closed:
            code[-1] = CLOSE
        codes.append(code)
    return Outline(np.concatenate(rings), np.concatenate(codes))


class Drawing(ABC):
    """A picture to draw on: coordinates in pixels, x right and y down from the upper left corner."""

    width: int
    height: int
    top: int = 0
    """The row of the whole picture that is the first of this drawing."""

    @abstractmethod
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
        """Draw outlines one after the other: fill, then stroke.

        ``colors`` is (n, 4) fractions or None for no fill; ``which`` tells the stroke of each outline, else
        they repeat. With ``offsets`` (n, 2) each is moved there, after ``turns`` (n, 3, 3).
        """

    @abstractmethod
    def stamp(
        self, outline: Outline, color: Rgba | None, stroke: Stroke, places: Floats, *, mitred: bool = False
    ) -> None:
        """Draw one outline at many whole-pixel places, (n, 2), on the middle of those pixels."""

    @abstractmethod
    def paste(self, picture: Pixels, left: int, top: int) -> None:
        """Blend an RGBA picture over the drawing with its upper left corner at a pixel."""

    @abstractmethod
    def sheet(
        self, *, opacity: float = 1.0, within: Sequence[Outline] | None = None
    ) -> AbstractContextManager[Drawing]:
        """Give an empty drawing of the same size that is laid over this one as a whole when it is done.

        It is laid as opaque as ``opacity``, and only inside the outlines ``within`` where these are given.
        """

    def fill_within(self, outlines: Sequence[Outline], paint: Callable[[Drawing], None]) -> None:
        """Draw something inside outlines only; it may be painted in several pieces."""
        with self.sheet(within=outlines) as sheet:
            paint(sheet)
