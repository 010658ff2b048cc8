"""Write a drawing as PostScript: one page, markers as procedures, what is translucent as opaque pictures."""

from __future__ import annotations

import base64
import math
import zlib
from itertools import groupby
from typing import Final

import numpy as np

from mapexplorer.service.render.drawing import Outline
from mapexplorer.service.render.flattening import flattened
from mapexplorer.service.render.item_writer import ItemWriter
from mapexplorer.service.render.pathtext import POSTFIX, number, numbers, path_text
from mapexplorer.service.render.recording import Paths, Picture, Recording, Sheet, Stamps
from mapexplorer.service.render.symbols import Rgba, Stroke

_PROLOG: Final = """\
/m /moveto load def /l /lineto load def /c /curveto load def /h /closepath load def
/F {} def /S {newpath} def
/U {gsave translate} bind def /T {gsave 6 array astore concat} bind def
"""
_LINE: Final = 76


def write_ps(recording: Recording, dpi: float) -> bytes:
    """Return a drawing on opaque ground as PostScript with one page of its size at a resolution."""
    scale = 72 / dpi
    width, height = recording.width * scale, recording.height * scale
    box = numbers(width, height, decimals=6)
    frame = f"0 0 {recording.width} {recording.height}"
    ground = numbers(*(channel / 255 for channel in recording.ground[:3]))
    writer = _Writer()
    writer.write(flattened(recording))
    text = (
        f"%!PS-Adobe-3.0\n%%Creator: mapexplorer\n%%BoundingBox: 0 0 {math.ceil(width)} {math.ceil(height)}\n"
        f"%%HiResBoundingBox: 0 0 {box}\n%%LanguageLevel: 3\n%%Pages: 1\n%%EndComments\n"
        f"%%BeginProlog\n{_PROLOG}%%EndProlog\n%%Page: 1 1\n"
        f"%%BeginPageSetup\n<</PageSize [{box}]>> setpagedevice\n%%EndPageSetup\ngsave\n"
        f"[{numbers(scale, 0, 0, -scale, 0, height, decimals=9)}] concat {frame} rectclip\n"
        f"{ground} setrgbcolor {frame} rectfill 4 setmiterlimit false setstrokeadjust\n"
        f"{''.join(writer.out)}grestore\nshowpage\n%%Trailer\n%%EOF\n"
    )
    return text.encode("ascii")


class _Writer(ItemWriter):
    """Collects the text; the procedures F and S fill and stroke in the colours of the moment."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._names: dict[int, str] = {}

    def _paths(self, paths: Paths) -> None:
        for (color, stroke), run in groupby(paths.parts(), lambda part: (part.color, part.stroke)):
            self.out.append(_style(color, stroke, paths.round_ends, paths.mitred))
            for part in run:
                if part.place is None:
                    self.out.append(f"{path_text(part.outline, POSTFIX)}F S\n")
                elif part.turn is None:
                    self.out.append(f"{numbers(*part.place)} U {self._marker(part.outline)} grestore\n")
                else:
                    (a, c), (b, d) = part.turn[:2, :2].tolist()
                    matrix = f"{numbers(a, b, c, d, decimals=6)} {numbers(*part.place)}"
                    self.out.append(f"{matrix} T {self._marker(part.outline)} grestore\n")

    def _stamps(self, stamps: Stamps) -> None:
        name = self._marker(stamps.outline)
        self.out.append(_style(stamps.color, stamps.stroke, False, stamps.mitred))
        row = f"%.7g %.7g U {name} grestore\n"
        self.out.extend(row % (x, y) for x, y in stamps.places.tolist())

    def _marker(self, outline: Outline) -> str:
        """Return the name of the procedure of an outline, defined before its first use."""
        key = id(outline)
        if key not in self._names:
            self._names[key] = f"M{len(self._names)}"
            # Before the line that uses it, which is not written yet.
            self.out.append(f"/{self._names[key]} {{{path_text(outline, POSTFIX)}F S}} def\n")
        return self._names[key]

    def _picture(self, picture: Picture) -> None:
        high, wide = picture.pixels.shape[:2]
        packed = zlib.compress(np.ascontiguousarray(picture.pixels[..., :3]).tobytes(), 6)
        data = base64.a85encode(packed).decode("ascii")
        lines = [data[start : start + _LINE] for start in range(0, len(data), _LINE)]
        # A line must not look like a comment that structures the document.
        body = "\n".join(f" {line}" if line.startswith("%") else line for line in lines)
        self.out.append(
            f"gsave {numbers(picture.left, picture.top)} translate {numbers(picture.width, picture.height)} "
            f"scale /DeviceRGB setcolorspace\n<</ImageType 1/Width {wide}/Height {high}/BitsPerComponent 8"
            f"/Decode [0 1 0 1 0 1]/ImageMatrix [{wide} 0 0 {high} 0 0]"
            f"/DataSource currentfile /ASCII85Decode filter /FlateDecode filter>> image\n{body}~>\ngrestore\n"
        )

    def _sheet(self, sheet: Sheet) -> None:
        self.out.append("gsave newpath\n")
        if sheet.within is not None:
            self.out.extend(path_text(outline, POSTFIX) for outline in sheet.within)
            self.out.append("clip newpath\n")
        self.write(sheet.items)
        self.out.append("grestore\n")


def _style(color: Rgba | None, stroke: Stroke | None, round_ends: bool, mitred: bool) -> str:
    fill = "" if color is None else f"gsave {numbers(*color[:3])} setrgbcolor fill grestore"
    line = "newpath" if stroke is None else f"{numbers(*stroke.color[:3])} setrgbcolor stroke"
    text = f"/F {{{fill}}} def /S {{{line}}} def\n"
    if stroke is not None:
        text += (
            f"{number(stroke.width)} setlinewidth {0 if mitred else 1} setlinejoin "
            f"{1 if round_ends else 0} setlinecap [{numbers(*stroke.dashes)}] 0 setdash\n"
        )
    return text
