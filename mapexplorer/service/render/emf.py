"""Write a drawing as an enhanced metafile: poly-polygons and poly-lines with pens and brushes, and bitmaps.

The records are those of Microsoft's open specification [MS-EMF]. Dashes are cut here, because programs
disagree on those of pens; what is translucent is shown by bitmaps.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol.errors import ParameterError
from mapexplorer.service.render.drawing import CLOSE, MOVE, Outline, Pixels
from mapexplorer.service.render.flattening import flattened
from mapexplorer.service.render.item_writer import ItemWriter
from mapexplorer.service.render.pathtext import CUBIC, QUADRATIC, segments
from mapexplorer.service.render.ragged import Floats
from mapexplorer.service.render.recording import Part, Paths, Picture, Recording, Sheet, Stamps
from mapexplorer.service.render.symbols import Rgba, Stroke
from mapexplorer.service.time_limit import check_time

UNITS: Final = 16
"""Logical units of a pixel."""
_MOST_FINE_PIXELS: Final = 1024 * 1024
_DEVICE_INCHES: Final = 100
_CURVE_STEPS: Final = 8

MOST_POINTS: Final = 16_000_000
"""Points of one file: 64 to 128 megabytes."""
_AT_ONCE: Final = 8_192
_SHORT: Final = 2**15 - 1

_HEADER, _POLY_LINE, _POLY_POLYGON = 1, 7, 8
_SHORTENED: Final = {_POLY_LINE: 90, _POLY_POLYGON: 91}
"""The records with points of two bytes a coordinate."""
_WINDOW_EXTENT, _WINDOW_ORIGIN, _VIEWPORT_EXTENT, _VIEWPORT_ORIGIN = 9, 10, 11, 12
_END, _MAP_MODE, _GROUND_MODE, _FILL_MODE, _STRETCH_MODE = 14, 17, 18, 19, 21
_CLIP_RECTANGLE, _SAVE, _RESTORE, _SELECT, _BRUSH, _DELETE = 30, 33, 34, 37, 39, 40
_BEGIN_PATH, _END_PATH, _CLIP_PATH, _BITMAP, _PEN = 59, 60, 67, 81, 95
_ANISOTROPIC, _TRANSPARENT, _WINDING, _COLOR_ON_COLOR, _AND, _COPY = 8, 1, 2, 3, 1, 0x00CC0020
_GEOMETRIC, _FLAT_ENDS, _MITRED = 0x10000, 0x200, 0x2000
_NO_BRUSH, _NO_PEN = 0x80000005, 0x80000008
_OWN_PEN, _OWN_BRUSH, _HANDLES = 1, 2, 3

Coordinates = npt.NDArray[np.signedinteger[Any]]
Ring = tuple[Floats, bool]
"""Vertices of a line, or of a closed ring without its last vertex, and whether it is closed."""


def write_emf(recording: Recording, dpi: float) -> bytes:
    """Return a drawing on opaque ground as a metafile of its size at a resolution, clipped to it."""
    writer = _Writer(recording.width, recording.height)
    writer.begin(recording.ground)
    writer.write(flattened(recording, _MOST_FINE_PIXELS))
    return writer.file(dpi)


class _Writer(ItemWriter):
    """Collects the records."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._records: list[bytes] = []
        self._count = 0
        self._points_left = MOST_POINTS
        self._bounds = struct.pack("<4i", 0, 0, width - 1, height - 1)

    def file(self, dpi: float) -> bytes:
        self._add(_END, struct.pack("<3I", 0, 16, 20))
        body = b"".join(self._records)
        inch = 2540 / dpi
        frame = (0, 0, round(self.width * inch), round(self.height * inch))
        device = max(1, round(_DEVICE_INCHES * dpi))
        millimetres = round(_DEVICE_INCHES * 25.4)
        header = self._bounds + struct.pack(
            "<4i4s3I2H3I2i2i3I2I",
            *frame,
            b" EMF",
            0x10000,
            108 + len(body),
            self._count + 1,
            _HANDLES,
            0,
            0,
            0,
            0,
            device,
            device,
            millimetres,
            millimetres,
            0,
            0,
            0,
            millimetres * 1000,
            millimetres * 1000,
        )
        return struct.pack("<2I", _HEADER, 108) + header + body

    def begin(self, ground: tuple[int, int, int, int]) -> None:
        for kind, value in (
            (_MAP_MODE, _ANISOTROPIC),
            (_GROUND_MODE, _TRANSPARENT),
            (_FILL_MODE, _WINDING),
            (_STRETCH_MODE, _COLOR_ON_COLOR),
        ):
            self._add(kind, struct.pack("<I", value))
        wide, high = self.width * UNITS, self.height * UNITS
        self._add(_WINDOW_ORIGIN, struct.pack("<2i", 0, 0))
        self._add(_WINDOW_EXTENT, struct.pack("<2i", wide, high))
        self._add(_VIEWPORT_ORIGIN, struct.pack("<2i", 0, 0))
        self._add(_VIEWPORT_EXTENT, struct.pack("<2i", self.width, self.height))
        self._add(_CLIP_RECTANGLE, struct.pack("<4i", 0, 0, wide, high))
        corners = np.array(
            [[0, 0], [self.width, 0], [self.width, self.height], [0, self.height]], dtype=float
        )
        red, green, blue = (channel / 255 for channel in ground[:3])
        self._styled((red, green, blue, 1.0), None, round_ends=False, mitred=False)
        self._poly(_POLY_POLYGON, [corners])
        self._plain((red, green, blue, 1.0), None)

    def _stamps(self, stamps: Stamps) -> None:
        self._styled(stamps.color, stamps.stroke, round_ends=False, mitred=stamps.mitred)
        self._copies(stamps.outline, stamps.color, stamps.stroke, stamps.places)
        self._plain(stamps.color, stamps.stroke)

    def _paths(self, paths: Paths) -> None:
        for (color, stroke), run in groupby(paths.parts(), lambda part: (part.color, part.stroke)):
            self._styled(color, stroke, round_ends=paths.round_ends, mitred=paths.mitred)
            for _, same in groupby(
                run, lambda part: (id(part.outline), part.turn is None, part.place is None)
            ):
                self._run(list(same))
            self._plain(color, stroke)

    def _run(self, parts: Sequence[Part]) -> None:
        """Write parts of one outline and style one after the other."""
        check_time()
        outline, color, stroke, place, turn = parts[0]
        if place is None:
            for _ in parts:
                self._outline(rings_of(outline), color, stroke)
        elif turn is None:
            self._copies(outline, color, stroke, np.array([part.place for part in parts]))
        else:
            rings = rings_of(outline)
            for part in parts:
                matrix, shift = np.eye(3) if part.turn is None else part.turn, np.array(part.place)
                moved = [(ring @ matrix[:2, :2].T + shift, closed) for ring, closed in rings]
                self._outline(moved, color, stroke)

    def _outline(self, rings: Sequence[Ring], color: Rgba | None, stroke: Stroke | None) -> None:
        closed = [ring for ring, is_closed in rings if is_closed or color is not None]
        lines = [ring for ring, is_closed in rings if not is_closed and color is None]
        if stroke is None or not stroke.dashes:
            self._poly(_POLY_POLYGON, closed)
            self._poly(_POLY_LINE, lines)
            return
        if color is not None:
            self._add(_SELECT, struct.pack("<I", _NO_PEN))
            self._poly(_POLY_POLYGON, closed)
            self._add(_SELECT, struct.pack("<I", _OWN_PEN))
        self._poly(_POLY_LINE, [dash for ring in rings for dash in dashed(ring, stroke.dashes)])

    def _copies(self, outline: Outline, color: Rgba | None, stroke: Stroke | None, places: Floats) -> None:
        """Write one outline at many places; all records at once."""
        rings = rings_of(outline)
        if stroke is not None and stroke.dashes:
            for place in places:
                self._outline([(ring + place, closed) for ring, closed in rings], color, stroke)
            return
        for kind, chosen in (
            (_POLY_POLYGON, [ring for ring, closed in rings if closed or color is not None]),
            (_POLY_LINE, [ring for ring, closed in rings if not closed and color is None]),
        ):
            if not chosen:
                continue
            points = np.concatenate(chosen)
            self._spend(len(points) * len(places))
            for start in range(0, len(places), _AT_ONCE):
                check_time()
                moved = _logical(points[None, :, :] + places[start : start + _AT_ONCE, None, :])
                self._add_alike(kind, [len(ring) for ring in chosen], moved)

    def _add_alike(self, kind: int, lengths: Sequence[int], points: Coordinates) -> None:
        """Add poly-records that differ in nothing but their points, (records, points, 2)."""
        first, packed = self._poly_parts(kind, lengths, points)
        table = np.empty((len(points), len(first) + packed.nbytes // len(points)), dtype=np.uint8)
        table[:, : len(first)] = np.frombuffer(first, dtype=np.uint8)
        table[:, len(first) :] = packed.reshape(len(points), -1).view(np.uint8)
        self._records.append(table.tobytes())
        self._count += len(points)

    def _picture(self, picture: Picture) -> None:
        high, wide = picture.pixels.shape[:2]
        bits = _bitmap_rows(picture.pixels)
        place = [round(value * UNITS) for value in (picture.left, picture.top, picture.width, picture.height)]
        content = self._bounds + struct.pack(
            "<6i6I2i",
            place[0],
            place[1],
            0,
            0,
            wide,
            high,
            80,
            40,
            120,
            len(bits),
            0,
            _COPY,
            place[2],
            place[3],
        )
        head = struct.pack("<I2i2H6I", 40, wide, high, 1, 24, 0, len(bits), 0, 0, 0, 0)
        self._add(_BITMAP, content + head + bits)

    def _sheet(self, sheet: Sheet) -> None:
        if sheet.within is None:
            self.write(sheet.items)
            return
        rings = [ring for outline in sheet.within for ring, _ in rings_of(outline)]
        self._add(_SAVE, b"")
        self._add(_BEGIN_PATH, b"")
        self._poly(_POLY_POLYGON, rings)
        self._add(_END_PATH, b"")
        self._add(_CLIP_PATH, struct.pack("<I", _AND))
        self.write(sheet.items)
        self._add(_RESTORE, struct.pack("<i", -1))

    def _styled(self, color: Rgba | None, stroke: Stroke | None, *, round_ends: bool, mitred: bool) -> None:
        """Create and select the brush and the pen."""
        if color is None:
            self._add(_SELECT, struct.pack("<I", _NO_BRUSH))
        else:
            self._add(_BRUSH, struct.pack("<4I", _OWN_BRUSH, 0, _color(color), 0))
            self._add(_SELECT, struct.pack("<I", _OWN_BRUSH))
        if stroke is None:
            self._add(_SELECT, struct.pack("<I", _NO_PEN))
            return
        style = _GEOMETRIC | (0 if round_ends else _FLAT_ENDS) | (_MITRED if mitred else 0)
        width = max(1, round(stroke.width * UNITS))
        self._add(
            _PEN, struct.pack("<11I", _OWN_PEN, 0, 0, 0, 0, style, width, 0, _color(stroke.color), 0, 0)
        )
        self._add(_SELECT, struct.pack("<I", _OWN_PEN))

    def _plain(self, color: Rgba | None, stroke: Stroke | None) -> None:
        """Take brush and pen away again."""
        for used, nothing, own in (
            (color is not None, _NO_BRUSH, _OWN_BRUSH),
            (stroke is not None, _NO_PEN, _OWN_PEN),
        ):
            if used:
                self._add(_SELECT, struct.pack("<I", nothing))
                self._add(_DELETE, struct.pack("<I", own))

    def _poly(self, kind: int, rings: Sequence[Floats]) -> None:
        if rings:
            points = _logical(np.concatenate(rings))
            self._spend(len(points))
            self._add_alike(kind, [len(ring) for ring in rings], points[None])

    def _poly_parts(
        self, kind: int, lengths: Sequence[int], points: Coordinates
    ) -> tuple[bytes, Coordinates]:
        """Return what stands before the points in each of some equal records, and the points as written."""
        if np.abs(points).max() <= _SHORT:
            kind, points = _SHORTENED[kind], points.astype("<i2")
        size = 32 + 4 * len(lengths) + points.nbytes // len(points)
        head = struct.pack("<2I", kind, size) + self._bounds + struct.pack("<2I", len(lengths), sum(lengths))
        return head + np.array(lengths, dtype="<u4").tobytes(), points

    def _spend(self, points: int) -> None:
        self._points_left -= points
        if self._points_left < 0:
            raise ParameterError(
                "format",
                f"this picture has more than the {MOST_POINTS} points of a metafile; "
                "ask for a smaller extent or for a raster format",
            )

    def _add(self, kind: int, content: bytes) -> None:
        self._records.append(struct.pack("<2I", kind, 8 + len(content)) + content)
        self._count += 1


def rings_of(outline: Outline) -> list[Ring]:
    """Return the lines and rings of an outline, curves as lines."""
    if ((outline.codes == QUADRATIC) | (outline.codes == CUBIC)).any():
        outline = _straightened(outline)
    starts = np.flatnonzero(outline.codes == MOVE)
    rings = []
    for start, end in zip(starts, [*starts[1:], len(outline.codes)], strict=True):
        closed = bool(outline.codes[end - 1] == CLOSE)
        ring = outline.vertices[start : end - 1 if closed else end]
        if len(ring) > 1:
            rings.append((ring, closed))
    return rings


def _straightened(outline: Outline) -> Outline:
    vertices: list[Floats] = []
    codes: list[int] = []
    at = np.zeros(2)
    share = np.linspace(0, 1, _CURVE_STEPS + 1)[1:, None]
    for code, points in segments(outline):
        if code == QUADRATIC:
            step = (1 - share) ** 2 * at + 2 * share * (1 - share) * points[0] + share**2 * points[1]
        elif code == CUBIC:
            step = (1 - share) ** 3 * at + 3 * share * (1 - share) ** 2 * points[0]
            step = step + 3 * share**2 * (1 - share) * points[1] + share**3 * points[2]
        else:
            step = points
        vertices.append(step)
        codes.extend([code] if len(step) == 1 else [2] * len(step))
        at = points[-1]
    return Outline(np.concatenate(vertices), np.array(codes, dtype=np.uint8))


def dashed(ring: Ring, pattern: Sequence[float]) -> Iterator[Floats]:
    """Yield the drawn pieces of a line or ring; the pattern starts anew with it."""
    vertices, closed = ring
    if closed:
        vertices = np.vstack([vertices, vertices[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))])
    length, period = float(along[-1]), float(sum(pattern))
    if not length or not period:
        return
    steps = np.concatenate([[0.0], np.cumsum(pattern)])
    rounds = np.arange(0, length, period)[:, None]
    starts = (rounds + steps[:-1:2]).ravel()
    ends = np.minimum((rounds + steps[1::2]).ravel(), length)
    keep = starts < ends
    starts, ends = starts[keep], ends[keep]
    edges = np.concatenate([starts, ends])
    x, y = np.interp(edges, along, vertices[:, 0]), np.interp(edges, along, vertices[:, 1])
    places = np.column_stack([x, y])
    after, before = np.searchsorted(along, starts, "right"), np.searchsorted(along, ends, "left")
    for number in range(len(starts)):
        first, last = places[number : number + 1], places[number + len(starts) : number + len(starts) + 1]
        yield np.concatenate([first, vertices[after[number] : before[number]], last])


def _logical(points: Floats) -> Coordinates:
    return np.rint(np.clip(points * UNITS, -(2**30), 2**30)).astype("<i4")


def _color(color: Rgba) -> int:
    red, green, blue = (round(channel * 255) for channel in color[:3])
    return red | green << 8 | blue << 16


def _bitmap_rows(pixels: Pixels) -> bytes:
    """Return pixels as the rows of a bitmap: bottom first, blue before green and red, padded to words."""
    high, wide = pixels.shape[:2]
    rows = np.zeros((high, (wide * 3 + 3) // 4 * 4), dtype=np.uint8)
    rows[:, : wide * 3] = pixels[::-1, :, 2::-1].reshape(high, wide * 3)
    return rows.tobytes()
