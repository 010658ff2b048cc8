"""Write a drawing as SVG: paths, markers defined once, sheets as groups, rasters as embedded PNG."""

from __future__ import annotations

import base64
from itertools import groupby

from mapexplorer.service.render.drawing import Outline
from mapexplorer.service.render.encode import write_png
from mapexplorer.service.render.item_writer import ItemWriter
from mapexplorer.service.render.pathtext import SVG, number, numbers, path_text
from mapexplorer.service.render.recording import Part, Paths, Picture, Recording, Sheet, Stamps
from mapexplorer.service.render.symbols import Rgba, Stroke


def write_svg(recording: Recording, dpi: float) -> bytes:
    """Return a drawing as an SVG document of its size in pixels, clipped to it."""
    return _Writer(recording, dpi).document().encode("ascii")


class _Writer(ItemWriter):
    """Collects the elements; equal outlines and pictures are written once and then only used."""

    def __init__(self, recording: Recording, dpi: float) -> None:
        self.recording, self.dpi = recording, dpi
        self.out: list[str] = []
        self._names: dict[int, str] = {}
        self._clips = 0

    def document(self) -> str:
        size = f'width="{self.recording.width}" height="{self.recording.height}"'
        self.out.append(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'version="1.1" {size} viewBox="0 0 {self.recording.width} {self.recording.height}">\n'
            f'<defs><clipPath id="frame"><rect {size}/></clipPath></defs>\n<g clip-path="url(#frame)">\n'
        )
        red, green, blue, alpha = (channel / 255 for channel in self.recording.ground)
        if alpha:
            self.out.append(f"<rect {size}{_paint('fill', (red, green, blue, alpha))}/>\n")
        self.write(self.recording.items)
        self.out.append("</g>\n</svg>\n")
        return "".join(self.out)

    def _paths(self, paths: Paths) -> None:
        for (color, stroke), run in groupby(paths.parts(), lambda part: (part.color, part.stroke)):
            self.out.append(f"<g{_style(color, stroke, paths.round_ends, paths.mitred)}>\n")
            for part in run:
                self._part(part)
            self.out.append("</g>\n")

    def _part(self, part: Part) -> None:
        if part.place is None:
            self.out.append(f'<path d="{path_text(part.outline, SVG)}"/>\n')
            return
        name = self._defined(part.outline)
        x, y = part.place
        if part.turn is None:
            self.out.append(f'<use xlink:href="#{name}" x="{number(x)}" y="{number(y)}"/>\n')
            return
        (a, c), (b, d) = part.turn[:2, :2].tolist()
        matrix = f"{numbers(a, b, c, d, decimals=6)} {numbers(x, y)}"
        self.out.append(f'<use xlink:href="#{name}" transform="matrix({matrix})"/>\n')

    def _stamps(self, stamps: Stamps) -> None:
        name = self._defined(stamps.outline)
        self.out.append(f"<g{_style(stamps.color, stamps.stroke, False, stamps.mitred)}>\n")
        row = f'<use xlink:href="#{name}" x="%.7g" y="%.7g"/>\n'
        self.out.extend(row % (x, y) for x, y in stamps.places.tolist())
        self.out.append("</g>\n")

    def _picture(self, picture: Picture) -> None:
        key = id(picture.pixels)
        if key not in self._names:
            self._names[key] = f"i{len(self._names)}"
            content = base64.b64encode(write_png(picture.pixels, self.dpi * picture.finer)).decode("ascii")
            self.out.append(
                f'<defs><image id="{self._names[key]}" width="{number(picture.width)}" '
                f'height="{number(picture.height)}" preserveAspectRatio="none" '
                f'xlink:href="data:image/png;base64,{content}"/></defs>\n'
            )
        place = f'x="{number(picture.left)}" y="{number(picture.top)}"'
        self.out.append(f'<use xlink:href="#{self._names[key]}" {place}/>\n')

    def _sheet(self, sheet: Sheet) -> None:
        attributes = ""
        if sheet.within is not None:
            self._clips += 1
            area = "".join(path_text(outline, SVG) for outline in sheet.within)
            self.out.append(f'<defs><clipPath id="c{self._clips}"><path d="{area}"/></clipPath></defs>\n')
            attributes += f' clip-path="url(#c{self._clips})"'
        if sheet.opacity < 1:
            attributes += f' opacity="{number(sheet.opacity)}"'
        self.out.append(f"<g{attributes}>\n")
        self.write(sheet.items)
        self.out.append("</g>\n")

    def _defined(self, outline: Outline) -> str:
        """Return the name of an outline, defined where it is used first."""
        key = id(outline)
        if key not in self._names:
            self._names[key] = f"m{len(self._names)}"
            self.out.append(f'<defs><path id="{self._names[key]}" d="{path_text(outline, SVG)}"/></defs>\n')
        return self._names[key]


def _style(color: Rgba | None, stroke: Stroke | None, round_ends: bool, mitred: bool) -> str:
    style = ' fill="none"' if color is None else _paint("fill", color)
    if stroke is None:
        return style
    style += _paint("stroke", stroke.color) + f' stroke-width="{number(stroke.width)}"'
    if not mitred:
        style += ' stroke-linejoin="round"'
    if round_ends:
        style += ' stroke-linecap="round"'
    if stroke.dashes:
        style += f' stroke-dasharray="{numbers(*stroke.dashes)}"'
    return style


def _paint(name: str, color: Rgba) -> str:
    red, green, blue = (round(channel * 255) for channel in color[:3])
    opacity = f' {name}-opacity="{number(color[3])}"' if color[3] < 1 else ""
    return f' {name}="#{red:02x}{green:02x}{blue:02x}"{opacity}'
