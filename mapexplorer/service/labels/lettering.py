"""Text as outlines: shaped lines of glyphs in pixels, y down from the base line.

Simple scripts are set here, glyph by glyph with kerning. Text that runs from right to left, joins its letters
or stacks marks is laid out by libraqm, which matplotlib has since 3.11; with an older matplotlib such letters
stand side by side in the order of the text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.ft2font import Kerning, LoadFlags

from mapexplorer.service.labels.faces import open_chain, open_face, paths_of
from mapexplorer.service.render.ragged import Floats

MOST_CHARACTERS: Final = 512
"""Characters of one line; the rest is left out."""
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_MARK: Final = "\N{RIGHT-TO-LEFT MARK}"
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Font:
    """A font at a size in pixels, with everything that decides how its letters look."""

    family: str | None
    size: float
    style: str = "normal"
    weight: str = "normal"
    kerning: bool = True
    right_to_left: bool = False


@dataclass(frozen=True, eq=False)
class Glyphs:
    """The outline of a text or a piece of one: vertices (n, 2) with the codes of Agg.

    ``advance`` is how far the pen moves; ``left`` is where the piece begins on its line.
    """

    vertices: Floats
    codes: Codes
    left: float
    advance: float


@dataclass(frozen=True)
class Metrics:
    """Heights of a font in pixels from the base line, all positive."""

    ascent: float
    descent: float
    line: float
    underline: float
    thickness: float


@lru_cache(maxsize=512)
def metrics_of(font: Font) -> Metrics:
    """Return the heights of a font; ascent is that of capital letters, descent that of a g."""
    face = open_face(paths_of(font.family, font.weight, font.style)[0])
    unit = font.size / face.units_per_EM
    capital = shape("H", font, hinted=False)
    descender = shape("g", font, hinted=False)
    return Metrics(
        ascent=-float(capital[0].vertices[:, 1].min()) if len(capital[0].vertices) else 0.7 * font.size,
        descent=float(descender[0].vertices[:, 1].max()) if len(descender[0].vertices) else 0.2 * font.size,
        line=max((face.ascender - face.descender) * unit, font.size),
        underline=-face.underline_position * unit,
        thickness=max(face.underline_thickness * unit, 0.75),
    )


def tidy(text: str) -> str:
    """Return one line of text without control characters, shortened where it is longer than a label."""
    return "".join(c for c in text if c == "\u200d" or unicodedata.category(c)[0] != "C")[:MOST_CHARACTERS]


def width_of(text: str, font: Font) -> float:
    """Return the length of a line in pixels."""
    pieces = shape(text, font, hinted=False)
    return pieces[-1].left + pieces[-1].advance if pieces else 0.0


@lru_cache(maxsize=8_192)
def shape(text: str, font: Font, *, hinted: bool) -> tuple[Glyphs, ...]:
    """Return the pieces of a line from left to right, each of which must stay together on a curve.

    Hinted glyphs stand crisply on a whole pixel, for horizontal text only.
    """
    paths = paths_of(font.family, font.weight, font.style)
    text = "".join(c if _covers(paths, c) else _REPLACEMENT for c in tidy(text))
    if not text or font.size <= 0:
        return ()
    flags = LoadFlags.TARGET_LIGHT if hinted else LoadFlags.NO_HINTING
    if _is_complex(text) or font.right_to_left:
        return _laid_out(text, font, paths, flags)
    return _set_simply(text, font, paths, flags)


def joined(pieces: tuple[Glyphs, ...]) -> tuple[Floats, Codes]:
    """Return the outline of a whole line."""
    filled = [piece for piece in pieces if len(piece.vertices)]
    if not filled:
        return np.empty((0, 2)), np.empty(0, dtype=np.uint8)
    moved = [piece.vertices + np.array([piece.left, 0.0]) for piece in filled]
    return np.concatenate(moved), np.concatenate([piece.codes for piece in filled])


@lru_cache(maxsize=16_384)
def _covers(paths: tuple[str, ...], character: str) -> bool:
    return _found(paths, character)[0] >= 0 or character in (_MARK, "\u200d", "\u200c")


@lru_cache(maxsize=16_384)
def _found(paths: tuple[str, ...], character: str) -> tuple[int, int]:
    """Return which of the files has a character, and the number of its glyph there; -1 when none has."""
    for number, path in enumerate(paths):
        if index := open_face(path).get_char_index(ord(character)):
            return number, index
    return -1, 0


@lru_cache(maxsize=1_024)
def _is_complex(text: str) -> bool:
    """Tell whether glyphs depend on their neighbours or run from right to left."""
    return not text.isascii() and any(
        unicodedata.category(c) in ("Mn", "Mc", "Me", "Cf")
        or unicodedata.bidirectional(c) in ("R", "AL", "AN")
        or "\u0900" <= c <= "\u109f"
        or "\u1780" <= c <= "\u18af"
        for c in text
    )


@lru_cache(maxsize=16_384)
def _glyph(path: str, index: int, size: float, flags: LoadFlags) -> tuple[Floats, Codes, float]:
    """Return the outline of one glyph, y down, and its advance."""
    face: Any = open_face(path)
    face.set_size(size, 72)
    glyph = face.load_glyph(index, flags)
    vertices, codes = face.get_path()
    outline = np.asarray(vertices, dtype=np.float64).reshape(-1, 2) * (1.0, -1.0)
    outline.flags.writeable = False
    return outline, np.asarray(codes, dtype=np.uint8), glyph.linearHoriAdvance / 65536


def _set_simply(text: str, font: Font, paths: tuple[str, ...], flags: LoadFlags) -> tuple[Glyphs, ...]:
    pen, before = 0.0, (-1, 0)
    pieces = []
    for character in text:
        number, index = _found(paths, character)
        number = max(number, 0)
        if font.kerning and before[0] == number:
            pen += _kerning(paths[number], before[1], index, font.size)
        vertices, codes, advance = _glyph(paths[number], index, font.size, flags)
        pieces.append(Glyphs(vertices, codes, pen, advance))
        pen += advance
        before = number, index
    return tuple(pieces)


@lru_cache(maxsize=16_384)
def _kerning(path: str, left: int, right: int, size: float) -> float:
    face: Any = open_face(path)
    face.set_size(size, 72)
    return float(face.get_kerning(left, right, Kerning.UNFITTED)) / 64


def _laid_out(text: str, font: Font, paths: tuple[str, ...], flags: LoadFlags) -> tuple[Glyphs, ...]:
    chain: Any = open_chain(paths)
    if not hasattr(chain, "_layout"):
        return _set_simply(text, font, paths, flags)
    chain.set_size(font.size, 72)
    # A mark at the head gives the paragraph its direction; it has no width of its own.
    given = _MARK + text if font.right_to_left else text
    features = None if font.kerning else ["-kern"]
    items = [item for item in chain._layout(given, flags, features=features) if item.char != _MARK]
    pieces: list[Glyphs] = []
    for place, item in enumerate(items):
        vertices, codes, advance = _glyph(item.ft_object.fname, item.glyph_index, font.size, flags)
        end = items[place + 1].x if place + 1 < len(items) else item.x + advance
        piece = Glyphs(vertices - np.array([0.0, item.y]), codes, item.x, end - item.x)
        if pieces and _stays(items[place - 1].char, item.char):
            pieces[-1] = _together(pieces[-1], piece)
        else:
            pieces.append(piece)
    return tuple(pieces)


def _stays(before: str, char: str) -> bool:
    """Tell whether two neighbouring glyphs must not be bent apart: marks and joined letters."""
    if before == char and len(char) > 1:
        return True
    return (
        any(
            unicodedata.category(c)[0] == "M" or "\u0600" <= c <= "\u08ff" or "\u0900" <= c <= "\u109f"
            for c in char
        )
        and not before.isspace()
    )


def _together(first: Glyphs, second: Glyphs) -> Glyphs:
    moved = second.vertices + np.array([second.left - first.left, 0.0])
    return Glyphs(
        np.concatenate([first.vertices, moved]),
        np.concatenate([first.codes, second.codes]),
        first.left,
        max(first.advance, second.left + second.advance - first.left),
    )
