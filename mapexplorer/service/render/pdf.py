"""Write a drawing as PDF: one page, markers and sheets as form objects, rasters with soft masks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np

from mapexplorer.service.render.drawing import Outline
from mapexplorer.service.render.pathtext import POSTFIX, number, numbers, path_text
from mapexplorer.service.render.recording import Item, Part, Paths, Picture, Recording, Sheet, Stamps
from mapexplorer.service.render.symbols import Rgba, Stroke
from mapexplorer.service.time_limit import check_time

_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_MITRE_LIMIT: Final = 4
_COMPRESSION: Final = 4
_RESOURCES: Final = "4 0 R"


def write_pdf(recording: Recording, dpi: float) -> bytes:
    """Return a drawing as a PDF file with one page of its size at a resolution, clipped to it."""
    writer = _Writer(recording)
    scale = 72 / dpi
    width, height = recording.width * scale, recording.height * scale
    box = numbers(width, height, decimals=6)
    frame = f"0 0 {recording.width} {recording.height} re"
    out = [f"{numbers(scale, 0, 0, -scale, 0, height, decimals=9)} cm {frame} W n\n"]
    red, green, blue, alpha = (channel / 255 for channel in recording.ground)
    if alpha:
        out.append(f"q {writer.style((red, green, blue, alpha), None, False, False)}{frame} f Q\n")
    writer.write(recording.items, out)
    content = writer.objects.add_stream("", "".join(out).encode("ascii"))
    writer.objects.put(1, "<</Type/Catalog/Pages 2 0 R>>")
    writer.objects.put(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
    writer.objects.put(
        3,
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {box}]/Resources {_RESOURCES}/Contents {content} 0 R"
        "/Group<</S/Transparency/CS/DeviceRGB>>>>",
    )
    writer.objects.put(4, writer.resources())
    writer.objects.put(5, "<</Producer(mapexplorer)>>")
    return writer.objects.file()


class _Objects:
    """The numbered objects of the file; the first five are put last."""

    def __init__(self) -> None:
        self._contents: list[bytes] = [b""] * 5

    def put(self, number: int, content: str) -> None:
        self._contents[number - 1] = content.encode("ascii")

    def add_stream(self, entries: str, content: bytes) -> int:
        packed = zlib.compress(content, _COMPRESSION)
        head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>stream\n".encode("ascii")
        self._contents.append(head + packed + b"\nendstream")
        return len(self._contents)

    def file(self) -> bytes:
        out = [_HEADER]
        at = len(_HEADER)
        places = []
        for position, content in enumerate(self._contents, 1):
            places.append(at)
            out.append(b"%d 0 obj\n%b\nendobj\n" % (position, content))
            at += len(out[-1])
        rows = "".join(f"{place:010d} 00000 n \n" for place in places)
        count = len(self._contents) + 1
        out.append(
            f"xref\n0 {count}\n0000000000 65535 f \n{rows}"
            f"trailer\n<</Size {count}/Root 1 0 R/Info 5 0 R>>\nstartxref\n{at}\n%%EOF\n".encode("ascii")
        )
        return b"".join(out)


class _Writer:
    """Writes content streams; equal outlines and pictures become one object that is used many times."""

    def __init__(self, recording: Recording) -> None:
        self.objects = _Objects()
        self._frame = f"0 0 {recording.width} {recording.height}"
        self._forms: dict[str, int] = {}
        self._names: dict[tuple[int, ...], str] = {}
        self._states: dict[tuple[str, str], str] = {}

    def resources(self) -> str:
        forms = "".join(f"/{name} {place} 0 R" for name, place in self._forms.items())
        states = "".join(f"/{name}<</ca {fill}/CA {line}>>" for (fill, line), name in self._states.items())
        return f"<</XObject<<{forms}>>/ExtGState<<{states}>>>>"

    def write(self, items: Sequence[Item], out: list[str]) -> None:
        for item in items:
            check_time()
            match item:
                case Paths():
                    self._paths(item, out)
                case Stamps():
                    self._stamps(item, out)
                case Picture():
                    self._picture(item, out)
                case Sheet():
                    self._sheet(item, out)

    def _paths(self, paths: Paths, out: list[str]) -> None:
        for (color, stroke), run in groupby(paths.parts(), lambda part: (part.color, part.stroke)):
            out.append(f"q {self.style(color, stroke, paths.round_ends, paths.mitred)}\n")
            for part in run:
                self._part(part, out)
            out.append("Q\n")

    def _part(self, part: Part, out: list[str]) -> None:
        if part.place is None:
            out.append(_painted(part.outline, part.color, part.stroke))
            return
        matrix = "1 0 0 1"
        if part.turn is not None:
            (a, c), (b, d) = part.turn[:2, :2].tolist()
            matrix = numbers(a, b, c, d, decimals=6)
        name = self._marker(part.outline, part.color, part.stroke)
        out.append(f"q {matrix} {numbers(*part.place)} cm /{name} Do Q\n")

    def _stamps(self, stamps: Stamps, out: list[str]) -> None:
        name = self._marker(stamps.outline, stamps.color, stamps.stroke)
        out.append(f"q {self.style(stamps.color, stamps.stroke, False, stamps.mitred)}\n")
        row = f"q 1 0 0 1 %.7g %.7g cm /{name} Do Q\n"
        out.extend(row % (x, y) for x, y in stamps.places.tolist())
        out.append("Q\n")

    def _picture(self, picture: Picture, out: list[str]) -> None:
        key = (id(picture.pixels),)
        if key not in self._names:
            self._names[key] = f"P{len(self._names)}"
            self._forms[self._names[key]] = self._image(picture)
        width, height = picture.width, picture.height
        matrix = numbers(width, 0, 0, -height, picture.left, picture.top + height)
        out.append(f"q {self._state(1, 1)}{matrix} cm /{self._names[key]} Do Q\n")

    def _image(self, picture: Picture) -> int:
        high, wide = picture.pixels.shape[:2]
        entries = f"/Type/XObject/Subtype/Image/Width {wide}/Height {high}/BitsPerComponent 8"
        colors = entries + "/ColorSpace/DeviceRGB"
        if not picture.opaque:
            mask = np.ascontiguousarray(picture.pixels[..., 3]).tobytes()
            colors += f"/SMask {self.objects.add_stream(entries + '/ColorSpace/DeviceGray', mask)} 0 R"
        return self.objects.add_stream(colors, np.ascontiguousarray(picture.pixels[..., :3]).tobytes())

    def _sheet(self, sheet: Sheet, out: list[str]) -> None:
        out.append("q ")
        if sheet.within is not None:
            out.extend(path_text(outline, POSTFIX) for outline in sheet.within)
            out.append("W n\n")
        if sheet.opacity == 1:
            self.write(sheet.items, out)
        else:
            inside: list[str] = []
            self.write(sheet.items, inside)
            name = f"S{len(self._forms)}"
            self._forms[name] = self._form(
                self._frame, "".join(inside), "/Group<</S/Transparency/CS/DeviceRGB/I true>>"
            )
            out.append(f"{self._state(sheet.opacity, sheet.opacity)}/{name} Do ")
        out.append("Q\n")

    def _marker(self, outline: Outline, color: Rgba | None, stroke: Stroke | None) -> str:
        """Return the name of an outline painted with the colours that are set where it is used."""
        key = (id(outline), color is not None, stroke is not None, stroke is not None and stroke.color[3] < 1)
        if key not in self._names:
            self._names[key] = f"M{len(self._names)}"
            reach = 1.0 if stroke is None else stroke.width * _MITRE_LIMIT
            low, high = outline.vertices.min(axis=0) - reach, outline.vertices.max(axis=0) + reach
            self._forms[self._names[key]] = self._form(
                numbers(*low.tolist(), *high.tolist()), _painted(outline, color, stroke), ""
            )
        return self._names[key]

    def _form(self, box: str, content: str, more: str) -> int:
        entries = f"/Type/XObject/Subtype/Form/BBox[{box}]/Resources {_RESOURCES}{more}"
        return self.objects.add_stream(entries, content.encode("ascii"))

    def style(self, color: Rgba | None, stroke: Stroke | None, round_ends: bool, mitred: bool) -> str:
        """Return the operators that set colours, line and opacity."""
        text = self._state(color[3] if color is not None else 1, stroke.color[3] if stroke is not None else 1)
        if color is not None:
            text += f"{numbers(*color[:3])} rg "
        if stroke is not None:
            text += (
                f"{numbers(*stroke.color[:3])} RG {number(stroke.width)} w "
                f"{0 if mitred else 1} j {_MITRE_LIMIT} M {1 if round_ends else 0} J "
                f"[{numbers(*stroke.dashes)}] 0 d "
            )
        return text

    def _state(self, fill: float, line: float) -> str:
        """Return the operator that sets the opacity, nothing where it is whole from the start."""
        key = (number(fill), number(line))
        if key == ("1", "1"):
            return ""
        return f"/{self._states.setdefault(key, f'G{len(self._states)}')} gs "


def _painted(outline: Outline, color: Rgba | None, stroke: Stroke | None) -> str:
    path = path_text(outline, POSTFIX)
    if stroke is None:
        return f"{path}f\n"
    if color is None:
        return f"{path}S\n"
    # In one step a translucent stroke would cut its own half out of the fill.
    return f"{path}B\n" if stroke.color[3] == 1 else f"{path}f\n{path}S\n"
