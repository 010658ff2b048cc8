"""Draw placed labels: backgrounds, halos and letters, on anything that maps are drawn on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from mapexplorer.service.filters import Memory
from mapexplorer.service.labels.blocks import PlacedLabel, Run
from mapexplorer.service.labels.lettering import Codes, Font, joined, metrics_of, shape
from mapexplorer.service.render.dots import Dots, dots_of
from mapexplorer.service.render.drawing import CLOSE, LINE, MOVE, Drawing, Outline
from mapexplorer.service.render.ragged import Floats
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import NO_STROKE, Stroke

_LARGEST: Final = 64_000.0
"""Pixels of a label whose dots are kept; larger ones are rare."""
_DOTS: Final = Memory(24 * 2**20)
"""The dots of horizontal labels by what is written in which style."""


def draw_labels(drawing: Drawing, labels: Sequence[PlacedLabel]) -> None:
    """Draw labels in their order. On pixels, horizontal ones come from dots that are kept."""
    rest: list[PlacedLabel] = []
    kept: list[tuple[Dots, int, int]] = []
    for label in labels:
        if isinstance(drawing, Surface) and _is_kept(label):
            kept.append(_dots_at(label))
        else:
            rest.append(label)
    if isinstance(drawing, Surface):
        drawing.paste_dots(kept)
    _draw_outlines(drawing, rest)


def _draw_outlines(drawing: Drawing, labels: Sequence[PlacedLabel]) -> None:
    """Draw all backgrounds, then all halos, then all letters."""
    for label in labels:
        if label.ground:
            _draw_ground(drawing, label)
    written = [(label, outline) for label in labels if (outline := outline_of_label(label)) is not None]
    haloed = [pair for pair in written if pair[0].style.halo_color[3] and pair[0].style.halo]
    if haloed:
        strokes = [Stroke(label.style.halo_color, 2 * label.style.halo) for label, _ in haloed]
        drawing.draw_each([outline for _, outline in haloed], None, strokes)
    inked = [pair for pair in written if pair[0].style.color[3]]
    if inked:
        colors = np.array([label.style.color for label, _ in inked])
        drawing.draw_each([outline for _, outline in inked], colors, [NO_STROKE])


def _is_kept(label: PlacedLabel) -> bool:
    """Tell whether a label is drawn from kept dots: it is horizontal and of usual size."""
    wide = sum(run.wide for run in label.runs)
    return all(run.angle == 0 for run in label.runs) and wide * label.style.font.size < _LARGEST


def _dots_at(label: PlacedLabel) -> tuple[Dots, int, int]:
    """Return the dots of a label from a corner, and the pixel of that corner."""
    left, top = math.floor(label.runs[0].x), math.floor(label.runs[0].y)
    written = tuple((run.text, run.x - left, run.y - top, run.wide, run.piece) for run in label.runs)
    ground = tuple((x - left, y - top) for x, y in label.ground)
    return _DOTS.recall((label.style, written, ground), lambda: _dots(label, left, top)), left, top


def _dots(label: PlacedLabel, left: int, top: int) -> Dots:
    moved = _moved(label, -left, -top)
    low, high = _reach(moved)
    width, height = (high - low).astype(int).tolist()
    surface = Surface(width, height)
    _draw_outlines(surface, [_moved(moved, -low[0], -low[1])])
    return dots_of(surface.pixels, int(low[0]), int(low[1]))


def _moved(label: PlacedLabel, right: float, down: float) -> PlacedLabel:
    return replace(
        label,
        runs=tuple(replace(run, x=run.x + right, y=run.y + down) for run in label.runs),
        ground=tuple((x + right, y + down) for x, y in label.ground),
    )


def _reach(label: PlacedLabel) -> tuple[Floats, Floats]:
    """Return the corners of what a horizontal label may touch, in whole pixels."""
    metrics, margin = metrics_of(label.style.font), label.style.margin + 2
    over = label.style.font.size / 2
    corners = [(run.x - over, run.y - metrics.line) for run in label.runs]
    corners += [(run.x + run.wide + over, run.y + metrics.line) for run in label.runs]
    corners += list(label.ground)
    places = np.array(corners)
    return np.floor(places.min(axis=0) - margin), np.ceil(places.max(axis=0) + margin)


def outline_of_label(label: PlacedLabel) -> Outline | None:
    """Return the letters of a label in pixels of the picture, with their rule; None when there are none."""
    found = [
        (vertices, codes)
        for run in label.runs
        for vertices, codes in _outlines_of(run, label.style.font, label.style.decoration)
        if len(vertices)
    ]
    if not found:
        return None
    vertices = np.concatenate([vertices for vertices, _ in found])
    return Outline(vertices, np.concatenate([codes for _, codes in found]))


def _outlines_of(run: Run, font: Font, decoration: str) -> list[tuple[Floats, Codes]]:
    vertices, codes = glyphs_of(run.text, font, run.piece, hinted=run.angle == 0)
    found = [(vertices, codes)]
    if decoration in ("underline", "line-through"):
        found.append(_rule(run, font, decoration))
    if run.angle:
        turn = math.radians(run.angle)
        cosine, sine = math.cos(turn), math.sin(turn)
        turned = np.array([[cosine, sine], [-sine, cosine]])
        found = [(outline @ turned, codes) for outline, codes in found]
    return [(outline + np.array([run.x, run.y]), codes) for outline, codes in found]


@lru_cache(maxsize=4_096)
def glyphs_of(text: str, font: Font, piece: int | None, *, hinted: bool) -> tuple[Floats, Codes]:
    """Return the outline of a run from its pen, y down: of the whole text, or of one of its pieces."""
    pieces = shape(text, font, hinted=hinted and piece is None)
    if piece is None:
        return joined(pieces)
    return pieces[piece].vertices, pieces[piece].codes


def _rule(run: Run, font: Font, decoration: str) -> tuple[Floats, Codes]:
    """Return the line under or through a run as a thin rectangle."""
    metrics = metrics_of(font)
    top = metrics.underline if decoration == "underline" else -0.35 * metrics.ascent - metrics.thickness / 2
    low, high = top, top + metrics.thickness
    corners = np.array([[0, low], [run.wide, low], [run.wide, high], [0, high], [0, low]])
    return corners, np.array([MOVE, LINE, LINE, LINE, CLOSE], dtype=np.uint8)


def ring_of(places: Sequence[tuple[float, float]]) -> Outline:
    """Return corners as a closed outline."""
    corners = np.array([*places, places[0]], dtype=np.float64)
    codes = np.full(len(corners), LINE, dtype=np.uint8)
    codes[0], codes[-1] = MOVE, CLOSE
    return Outline(corners, codes)


def _draw_ground(drawing: Drawing, label: PlacedLabel) -> None:
    color = np.array([label.style.background])
    ring = ring_of(label.ground)
    drawing.draw_each([ring], color if color[0, 3] else None, [label.style.border], mitred=True)
