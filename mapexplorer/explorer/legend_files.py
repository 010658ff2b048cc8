"""A legend to take away: as a table in CSV or HTML, and as one picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapexplorer.explorer.markup import Markup, tag

if TYPE_CHECKING:
    from PIL.Image import Image

    from mapexplorer.client.results import LegendResult
    from mapexplorer.protocol import LegendEntry, LegendLayer

MARGIN, GAP, INDENT = 12, 6, 8
LARGEST_SWATCH = 128
TALLEST = 20_000
"""Pixels; a longer legend is cut, with a line that says so."""
INK, QUIET, PAPER = (28, 38, 46), (85, 96, 104), (255, 255, 255)


def as_csv(legend: LegendResult) -> bytes:
    """The legend as a table, one row per class; UTF-8 with a mark that spreadsheets know.

    A text that a spreadsheet would take for a formula is written behind an apostrophe.
    """
    frame = legend.to_frame()
    for name in ("layer_name", "group", "label"):
        frame[name] = frame[name].map(_harmless)
    return frame.to_csv(index=False).encode("utf-8-sig", errors="replace")


def _harmless(text: Any) -> Any:
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_html(legend: LegendResult, fineness: float = 1) -> bytes:
    """The legend as a page of its own: a table with the swatches in it."""
    from mapexplorer.explorer.legend import swatch

    rows = [
        tag(
            "tr",
            tag("td", layer.layer_name if not place else ""),
            tag("td", swatch(entry, fineness)[0]),
            tag("td", entry.label),
        )
        for layer in legend.layers
        for place, entry in enumerate(layer.legend)
    ]
    head = tag("tr", [tag("th", words, scope="col") for words in ("Layer", "Symbol", "Class")])
    table = tag("table", tag("thead", head), tag("tbody", rows))
    page = f'<!doctype html><meta charset="utf-8"><title>Legend</title>{table}'
    return page.encode("utf-8", errors="replace")


def as_png(legend: LegendResult, fineness: float = 1) -> bytes:
    """The legend as one picture; its swatches have `fineness` pixels for each pixel of that."""
    buffer = io.BytesIO()
    draw_picture(legend.layers, fineness).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def draw_picture(layers: Sequence[LegendLayer], fineness: float = 1) -> Image:
    """Draw headings, swatches and labels below each other, on white."""
    from PIL import Image, ImageDraw

    lines = [line for layer in layers for line in _lines(layer, fineness)] or [
        _Line("No layer is drawn here.")
    ]
    column = max((line.swatch.width for line in lines if line.swatch is not None), default=0)
    wide = max(line.width(column) for line in lines)
    high = sum(line.height for line in lines)
    picture = Image.new("RGB", (wide + 2 * MARGIN, min(high, TALLEST) + 2 * MARGIN), PAPER)
    pen = ImageDraw.Draw(picture)
    top = MARGIN
    for line in lines:
        if top + line.height > TALLEST:
            _Line("… the legend goes on", False).draw(picture, pen, top, column)
            break
        line.draw(picture, pen, top, column)
        top += line.height
    return picture


class _Line:
    """A heading, or a swatch with its label."""

    def __init__(self, text: str, heading: bool = True, swatch: Image | None = None) -> None:
        self.text = " ".join(text.split())[:300]
        self.heading, self.swatch = heading, swatch
        self.font = font(13, bold=heading)
        self.height = max(20, swatch.height + 4 if swatch else 0) + (GAP if heading else 0)

    def width(self, column: int) -> int:
        length: float = self.font.getlength(self.text)
        return self._left(column) + round(length) + 1

    def _left(self, column: int) -> int:
        return 0 if self.heading else INDENT + column + GAP

    def draw(self, picture: Image, pen: Any, top: int, column: int) -> None:
        middle = top + self.height // 2 + (GAP // 2 if self.heading else 0)
        if self.swatch is not None:
            left = MARGIN + INDENT + (column - self.swatch.width) // 2
            picture.paste(self.swatch, (left, middle - self.swatch.height // 2), self.swatch)
        pen.text((MARGIN + self._left(column), middle), self.text, INK, self.font, anchor="lm")


def _lines(layer: LegendLayer, fineness: float) -> list[_Line]:
    entries = [_Line(entry.label, False, _image(entry, fineness)) for entry in layer.legend]
    return [_Line(layer.layer_name), *(entries or [_Line("nothing visible here", False)])]


def _image(entry: LegendEntry, fineness: float) -> Image | None:
    """The swatch, which the client decoded and wrote anew."""
    from PIL import Image

    if not entry.image_data:
        return None
    image = Image.open(io.BytesIO(base64.b64decode(entry.image_data))).convert("RGBA")
    largest = max(1, round(max(image.size) / fineness))
    image.thumbnail((min(largest, LARGEST_SWATCH),) * 2)
    return image


@lru_cache(maxsize=8)
def font(size: int, *, bold: bool = False) -> Any:
    """The font that comes with matplotlib, so that pictures look the same on every machine."""
    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)), size)


def download(content: bytes, media_type: str, name: str, words: str) -> Markup:
    """A link that saves some bytes as a file."""
    address = f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
    return tag("a", words, href=address, download=name, class_="me-download")
