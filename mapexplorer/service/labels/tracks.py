"""Labels of lines: fifteen placements; the letters follow the line and are never upside down."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from mapexplorer.service.labels.blocks import Block, Box, Run, turned_corners
from mapexplorer.service.labels.lettering import shape
from mapexplorer.service.labels.options import Option
from mapexplorer.service.render.ragged import Floats

_STEP: Final = 2.0
"""Pixels between the places at which a line is sampled."""
_LONGEST: Final = 20_000.0
"""Pixels of a line in which a place is looked for."""
_SHARPEST: Final = 32.0
"""Degrees between neighbouring letters that can still be read."""
_MOST_BEND: Final = 200.0
_TRIES: Final = 40
_SHORTEST: Final = 0.6
"""A line this share of its label still gets it, reaching beyond both ends."""
_PROBES: Final = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
_STRAIGHT: Final = 1.5
"""Degrees of bend below which a label is written in one piece."""


@dataclass(frozen=True, eq=False)
class Track:
    """A line sampled at even steps and smoothed for writing: places (n, 2) and how far along each is."""

    places: Floats
    along: Floats

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return float(self.along[-1])

    def at(self, distance: Floats) -> Floats:
        """Return the places at distances along the line; beyond its ends it goes straight on."""
        found = np.empty((len(distance), 2))
        found[:, 0] = np.interp(distance, self.along, self.places[:, 0])
        found[:, 1] = np.interp(distance, self.along, self.places[:, 1])
        if float(distance.min()) < 0 or float(distance.max()) > self.length:
            for beyond, end in ((distance < 0, 0), (distance > self.length, -1)):
                rest = distance[beyond] - self.along[end]
                found[beyond] = self.places[end] + rest[:, None] * self._heading(end)
        return found

    def _heading(self, end: int) -> Floats:
        """Return the direction of the line near one of its ends."""
        reach = min(self.length, 12 * _STEP)
        near = np.array([0.0, reach]) if end == 0 else np.array([self.length - reach, self.length])
        first, last = np.column_stack([np.interp(near, self.along, axis) for axis in self.places.T])
        step = last - first
        return np.asarray(step / (math.hypot(*step) or 1.0))


def track_of(vertices: Floats, smoothing: float) -> Track | None:
    """Return a line ready for writing, None when it has no length.

    ``smoothing`` is the length in pixels over which bends are evened out, about that of a letter.
    """
    steps = np.hypot(*np.diff(vertices, axis=0).T)
    keep = np.append(True, steps > 0)
    vertices = vertices[keep]
    along = np.append(0.0, np.cumsum(steps[steps > 0]))
    length = min(float(along[-1]), _LONGEST)
    if len(vertices) < 2 or length < 1:
        return None
    count = max(int(length / _STEP) + 1, 2)
    distance = np.linspace(0, length, count)
    places = np.column_stack([np.interp(distance, along, axis) for axis in vertices.T])
    reach = min(int(smoothing / _STEP), (count - 1) // 2)
    if reach > 0:
        places = _smoothed(_smoothed(places, reach), reach)
        steps = np.hypot(*np.diff(places, axis=0).T)
        distance = np.append(0.0, np.cumsum(steps))
    return Track(places, distance) if distance[-1] > 0 else None


def _smoothed(places: Floats, reach: int) -> Floats:
    """Return the moving average of places; near the ends over what is there on both sides."""
    count = len(places)
    sums = np.vstack([np.zeros((1, 2)), np.cumsum(places, axis=0)])
    number = np.arange(count)
    half = np.minimum(np.minimum(number, count - 1 - number), reach)
    return np.asarray((sums[number + half + 1] - sums[number - half]) / (2 * half + 1)[:, None])


def track_options(
    block: Block, placement: str, track: Track, clearance: float, free: Callable[[Floats], bool]
) -> Iterator[Option]:
    """Yield the places of a label on a line, the best first.

    ``placement`` is such as AboveAlong; ``clearance`` is half the width of the line with the gap to the text.
    ``free`` tells of a few places whether they can be written on, so that others need not be worked out.
    """
    vertical = next(name for name in ("Above", "Below", "Center") if placement.startswith(name))
    for start in _starts(block, placement.removeprefix(vertical), track):
        probed = track.at(start + _PROBES * block.width)
        away = probed[-1] - probed[0]
        side = np.array([away[1], -away[0]]) / (math.hypot(*away) or 1.0)
        if away[0] < 0:
            side = -side
        lift = {"Above": clearance + block.height / 2, "Below": -clearance - block.height / 2}
        if free(probed + side * lift.get(vertical, 0.0)):
            yield _option(block, vertical, track, start, clearance)


def _starts(block: Block, where: str, track: Track) -> Sequence[float]:
    """Return where on the line the label may begin."""
    wide, length = block.width, track.length
    gap = 0.4 * block.style.font.size
    match where:
        case "Before":
            return [-wide - gap]
        case "After":
            return [length + gap]
    if length < wide:
        return [(length - wide) / 2] if length >= _SHORTEST * wide else []
    match where:
        case "Start":
            return [start for start in np.arange(4) * wide / 4 if start + wide <= length]
        case "End":
            return [length - wide - start for start in np.arange(4) * wide / 4 if start + wide <= length]
    middle, step = (length - wide) / 2, max(wide / 6, 6.0)
    count = min(int(middle / step), _TRIES // 2)
    starts = middle + np.arange(-count, count + 1) * step
    if middle > count * step:
        # A very long line is tried at even distances all over.
        starts = np.linspace(0, length - wide, _TRIES)
    return [float(starts[place]) for place in _by_bend(track, starts, wide, middle, length)]


def _by_bend(track: Track, starts: Any, wide: float, middle: float, length: float) -> Sequence[int]:
    """Return the places that can be read, straight ones and those near the middle of the line first."""
    count = max(int(wide / (2 * _STEP)), 2)
    share = np.linspace(0, wide, count + 1)
    places = track.at((starts[:, None] + share).ravel()).reshape(len(starts), count + 1, 2)
    steps = np.diff(places, axis=1)
    angles = np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]), axis=1)
    bend = np.degrees(np.abs(np.diff(angles, axis=1)))
    total = bend.sum(axis=1)
    cost = total / 30 + 2 * np.abs(starts - middle) / length
    return [int(place) for place in np.argsort(cost, kind="stable") if total[place] <= _MOST_BEND]


def _option(block: Block, vertical: str, track: Track, start: float, clearance: float) -> Option:
    ends = track.at(np.array([start, start + block.width]))
    across, down = ends[1] - ends[0]
    backward = across < -1e-6 or (abs(across) <= 1e-6 and down > 0)
    written: list[Run] = []
    metrics, count = block.metrics, len(block.lines)
    for number, (line, wide) in enumerate(zip(block.lines, block.widths, strict=True)):
        match vertical:
            case "Above":
                lift = clearance + 0.7 * metrics.descent + (count - 1 - number) * metrics.line
            case "Below":
                lift = -(clearance + metrics.ascent + number * metrics.line)
            case _:
                middle = (count - 1) / 2 - number
                lift = middle * metrics.line - metrics.ascent / 2
        lift -= block.style.shift[1]
        first = start + (block.width - wide) / 2 + (0.0 if backward else block.style.shift[0])
        pieces = _written(block, line, track, first, wide, backward, lift)
        if pieces is None:
            return Option(tuple, ())
        written += pieces
    boxes = tuple(box for run in written for box in _boxes(block, run))
    return Option(partial(tuple, written), boxes, _ground(block, written), shuns=False)


def _written(
    block: Block, line: str, track: Track, start: float, wide: float, backward: bool, lift: float
) -> list[Run] | None:
    """Return one line of text along the track, lifted above it; None where it would bend too sharply."""
    pieces = shape(line, block.style.font, hinted=False)
    if not pieces:
        return []
    centres = np.array([piece.left + piece.advance / 2 for piece in pieces])
    halves = np.maximum([piece.advance / 2 for piece in pieces], 0.3 * block.style.font.size)
    distance = start + (wide - centres if backward else centres)
    sign = -1.0 if backward else 1.0
    found = track.at(np.concatenate([distance - halves * sign, distance, distance + halves * sign]))
    before, places, after = found.reshape(3, -1, 2)
    chord = after - before
    angles = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0]))
    turn = np.abs(np.diff(angles))
    if len(turn) and float(np.degrees(turn.max())) > _SHARPEST:
        return None
    if float(np.degrees(angles.max() - angles.min())) <= _STRAIGHT:
        return [_straight(line, places, centres, float(angles[0]), wide, lift)]
    runs = []
    for number, (piece, place, angle) in enumerate(zip(pieces, places, angles, strict=True)):
        along = np.array([math.cos(angle), math.sin(angle)])
        up = np.array([math.sin(angle), -math.cos(angle)])
        pen = place - along * piece.advance / 2 + up * lift
        run = Run(line, float(pen[0]), float(pen[1]), math.degrees(angle) % 360, piece.advance, piece=number)
        runs.append(run)
    return runs


def _straight(line: str, places: Floats, centres: Floats, angle: float, wide: float, lift: float) -> Run:
    step = places[-1] - places[0]
    angle = math.atan2(step[1], step[0]) if step.any() else angle
    along = np.array([math.cos(angle), math.sin(angle)])
    up = np.array([math.sin(angle), -math.cos(angle)])
    middle = (places[0] + places[-1]) / 2 - along * ((centres[0] + centres[-1]) / 2)
    pen = middle + up * lift
    if abs(math.degrees(angle)) < 0.2:
        return Run(line, float(pen[0]), float(round(pen[1])), 0.0, wide)
    return Run(line, float(pen[0]), float(pen[1]), math.degrees(angle) % 360, wide)


def _boxes(block: Block, run: Run) -> Iterator[Box]:
    """Yield boxes that cover a run: one round each stretch about as long as it is high."""
    margin = block.style.margin
    above, below = block.metrics.ascent + block.ink[1], block.metrics.descent + block.ink[3]
    turn = math.radians(run.angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    count = max(1, math.ceil(run.wide / (above + below))) if run.angle % 180 else 1
    length = run.wide / count
    # How far the corners of a stretch lie from its first point on the base line.
    across = sorted((0.0, length * cosine)), sorted((above * sine, -below * sine))
    down = sorted((0.0, length * sine)), sorted((-above * cosine, below * cosine))
    for number in range(count):
        x, y = run.x + number * length * cosine, run.y + number * length * sine
        yield (
            x + across[0][0] + across[1][0] - margin,
            y + down[0][0] + down[1][0] - margin,
            x + across[0][1] + across[1][1] + margin,
            y + down[0][1] + down[1][1] + margin,
        )


def _ground(block: Block, runs: Sequence[Run]) -> tuple[tuple[float, float], ...]:
    """Return the corners of the background of a label on a line: a band along its letters."""
    if not block.style.boxed or not runs:
        return ()
    margin = block.style.margin
    above, below = block.metrics.ascent + margin, block.metrics.descent + margin
    upper: list[tuple[float, float]] = []
    lower: list[tuple[float, float]] = []
    for number, run in enumerate(runs):
        ahead = (
            -margin if number == 0 else 0.0,
            run.wide + (margin if number == len(runs) - 1 else 0.0),
        )
        corners = turned_corners(run.x, run.y, run.angle, ahead, (above, below)).tolist()
        upper += [tuple(corners[0]), tuple(corners[1])]
        lower += [tuple(corners[3]), tuple(corners[2])]
    return (*upper, *reversed(lower))
