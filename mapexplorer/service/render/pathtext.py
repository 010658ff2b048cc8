"""Outlines and numbers as the text that SVG, PDF and PostScript have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from mapexplorer.service.render.drawing import CLOSE, LINE, MOVE, Outline
from mapexplorer.service.render.ragged import Floats

QUADRATIC, CUBIC = 3, 4
_DIGITS: Final = 2
"""Decimals of a pixel: at 96 dpi about 3 micrometres."""

_FARTHEST: Final = 1e6
"""Pixels from the corner of the frame beyond which nothing is written."""


@dataclass(frozen=True)
class Notation:
    """How a format writes the steps of a path, each with places for its numbers."""

    move: str
    line: str
    curve: str
    close: str


SVG: Final = Notation("M%.7g %.7g", "L%.7g %.7g", "C%.7g %.7g %.7g %.7g %.7g %.7g", "Z")
POSTFIX: Final = Notation("%.7g %.7g m\n", "%.7g %.7g l\n", "%.7g %.7g %.7g %.7g %.7g %.7g c\n", "h\n")


def path_text(outline: Outline, notation: Notation) -> str:
    """Return an outline as text."""
    codes, vertices = outline.codes, outline.vertices
    if ((codes == QUADRATIC) | (codes == CUBIC)).any():
        return _curved_text(outline, notation)
    # The last vertex of a closed ring repeats the first: the step back to it is all that is written.
    numbers = _rounded(vertices[codes != CLOSE])
    steps = {MOVE: notation.move, LINE: notation.line, CLOSE: notation.close}
    return "".join([steps[code] for code in codes.tolist()]) % tuple(numbers.ravel().tolist())


def _curved_text(outline: Outline, notation: Notation) -> str:
    steps: list[str] = []
    numbers: list[float] = []
    at = np.zeros(2)
    for code, points in segments(outline):
        if code == CLOSE:
            steps.append(notation.close)
            continue
        if code == QUADRATIC:
            # The same curve with two handles.
            points = np.array(
                [at + (points[0] - at) * 2 / 3, points[1] + (points[0] - points[1]) * 2 / 3, points[1]]
            )
        steps.append({MOVE: notation.move, LINE: notation.line}.get(code, notation.curve))
        numbers.extend(_rounded(points).ravel().tolist())
        at = points[-1]
    return "".join(steps) % tuple(numbers)


def _rounded(points: Floats) -> Floats:
    """Return coordinates to be written: never with an exponent, which PDF does not know, and without -0."""
    return np.asarray(np.round(np.clip(points, -_FARTHEST, _FARTHEST), _DIGITS) + 0.0, dtype=np.float64)


def segments(outline: Outline) -> Iterable[tuple[int, Floats]]:
    """Yield the steps of an outline: code and points, one of them, or two or three for a curve."""
    position = 0
    while position < len(outline.codes):
        code = int(outline.codes[position])
        count = {QUADRATIC: 2, CUBIC: 3}.get(code, 1)
        yield code, outline.vertices[position : position + count]
        position += count


def number(value: float, decimals: int = 3) -> str:
    """Return a number without needless digits, never with an exponent.

    >>> number(1.5), number(2.0), number(-0.0001), number(300)
    ('1.5', '2', '0', '300')
    """
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float, decimals: int = 3) -> str:
    """Return numbers with blanks between them."""
    return " ".join(number(value, decimals) for value in values)
