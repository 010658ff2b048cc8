"""The legend beside the map: one list per layer, every label beside its symbol."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer.legend_changes import NOTHING, LegendChanges, entry_key
from mapexplorer.explorer.markup import Markup, tag

if TYPE_CHECKING:
    from mapexplorer.protocol import LegendEntry, LegendLayer

WIDEST_SYMBOL = 96
"""CSS pixels; wider swatches are scaled down."""
COMPOSITE = "RGB Composite"
"""The legend type of a picture of three bands; its entries name the bands, which tells a reader nothing."""
_LARGEST_SWATCH = 256 * 1024
_MOST_PIXELS = 512 * 512


def draw_legend(
    layers: Sequence[LegendLayer],
    *,
    note: str | None = None,
    out_of_scale: Iterable[str] = (),
    copyright_text: str | None = None,
    changes: LegendChanges = NOTHING,
    fineness: float = 1,
) -> Markup:
    """Write the legend as HTML: headings, groups, and a real list of symbols with their labels.

    Classes that appeared with the last change are marked, those that vanished are struck through.

    Swatches have the size that their symbols have on the map, of whose picture `fineness` pixels make one of
    the page. Images are decoded and written anew; one that cannot be read leaves an empty box of its size.
    """
    swatches = [[swatch(entry, fineness) for entry in layer.legend] for layer in layers]
    column = max((width for row in swatches for _, width in row), default=20)
    parts: list[Markup | None] = [tag("p", note, class_="me-legend-note") if note else None]
    parts += [
        _layer(layer, row, column, changes, fineness) for layer, row in zip(layers, swatches, strict=True)
    ]
    if not layers:
        parts.append(tag("p", "No layer is drawn here.", class_="me-legend-empty"))
    hidden = list(out_of_scale)
    if hidden:
        names = [tag("li", tag("bdi", name)) for name in hidden]
        parts.append(tag("p", "Not drawn at this scale:", class_="me-legend-note"))
        parts.append(tag("ul", names, class_="me-legend-hidden"))
    if copyright_text:
        parts.append(tag("p", copyright_text, class_="me-legend-copyright"))
    return tag("div", parts, class_="me-legend-page", role="region", aria_label="Legend")


Row = tuple["LegendEntry", tuple[Markup, int], bool]
"""An entry, its swatch with its width, and whether it is new."""


def _layer(
    layer: LegendLayer,
    swatches: Sequence[tuple[Markup, int]],
    column: int,
    changes: LegendChanges,
    fineness: float,
) -> Markup:
    heading = tag("h4", tag("bdi", layer.layer_name), class_="me-legend-layer")
    gone = _gone(changes.vanished.get(layer.layer_id, ()), column, fineness)
    if not layer.legend:
        return tag("section", heading, tag("p", "nothing visible here", class_="me-legend-empty"), gone)
    if layer.legend_type == COMPOSITE:
        return tag("section", heading, tag("p", "a picture in its own colours", class_="me-legend-empty"))
    rows = [
        (entry, image, entry_key(layer, entry) in changes.appeared)
        for entry, image in zip(layer.legend, swatches, strict=True)
    ]
    headings = {str(group.id): group.heading for group in layer.legend_groups or ()}
    if not headings:
        return tag("section", heading, _list(rows, column, layer.layer_name), gone)
    groups: dict[str | None, list[Row]] = {}
    for row in rows:
        key = None if row[0].group_id is None else str(row[0].group_id)
        groups.setdefault(key if key in headings else None, []).append(row)
    parts = [
        (
            tag("h5", tag("bdi", headings[key]), class_="me-legend-group") if key is not None else None,
            _list(members, column, headings[key] if key is not None else layer.layer_name),
        )
        for key, members in groups.items()
    ]
    return tag("section", heading, parts, gone)


def _list(rows: Sequence[Row], column: int, name: str) -> Markup:
    items = [
        tag(
            "li",
            _cell(image, column),
            tag("span", tag("bdi", entry.label), class_="me-label") if entry.label else None,
            tag("small", "new", class_="me-legend-new") if is_new else None,
            style="display:flex;align-items:center;gap:8px",
        )
        for entry, (image, _), is_new in rows
    ]
    return tag(
        "ul", items, class_="me-legend-list", style="list-style:none;margin:0;padding:0", aria_label=name
    )


def _gone(entries: Sequence[LegendEntry], column: int, fineness: float) -> Markup | None:
    """The classes that vanished, struck through."""
    if not entries:
        return None
    items = [
        tag(
            "li",
            _cell(swatch(entry, fineness)[0], column),
            tag("del", tag("bdi", entry.label or "symbol"), class_="me-label"),
            style="display:flex;align-items:center;gap:8px",
        )
        for entry in entries
    ]
    return tag(
        "ul",
        items,
        class_="me-legend-list me-legend-gone",
        style="list-style:none;margin:0;padding:0",
        aria_label="No longer drawn",
    )


def _cell(image: Markup, column: int) -> Markup:
    return tag(
        "span", image, class_="me-swatch", style=f"flex:none;width:{column}px;text-align:center;line-height:0"
    )


def swatch(entry: LegendEntry, fineness: float = 1) -> tuple[Markup, int]:
    """The image element of an entry, and its width on a page with one pixel for `fineness` of the image."""
    known = _picture(entry.image_data or "")
    if known is None:
        width, height = (
            min(max(int((side or 20) / fineness), 1), WIDEST_SYMBOL) for side in (entry.width, entry.height)
        )
        return tag(
            "span",
            class_="me-swatch-missing",
            style=f"display:inline-block;width:{width}px;height:{height}px",
        ), width
    source, *sides = known
    width, height = (max(1, round(side / fineness)) for side in sides)
    if width > WIDEST_SYMBOL:
        width, height = WIDEST_SYMBOL, max(1, round(height * WIDEST_SYMBOL / width))
    alternative = f"symbol of {entry.label}" if entry.label else "symbol"
    return tag("img", src=source, width=width, height=height, alt=alternative), width


@lru_cache(maxsize=2048)
def _picture(image_data: str) -> tuple[str, int, int] | None:
    """Decode base64 image data strictly and write it anew as PNG; None when that is not possible."""
    from PIL import Image

    if not image_data or len(image_data) > _LARGEST_SWATCH:
        return None
    try:
        content = base64.b64decode("".join(image_data.split()), validate=True)
        image = Image.open(io.BytesIO(content), formats=("PNG", "GIF", "JPEG", "BMP"))
        if image.width * image.height > _MOST_PIXELS:
            return None
        image.load()
        buffer = io.BytesIO()
        image.convert("RGBA").save(buffer, "PNG", compress_level=6)
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return (
        f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}",
        image.width,
        image.height,
    )


class LegendBox(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """The widget that shows a legend; marked while it belongs to an earlier request than the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("me-legend")
        self.show(tag("div", class_="me-legend-page"))

    def show(self, page: Markup) -> None:
        """Show a legend that `draw_legend` wrote."""
        self.value = str(page)
        self.mark(False)

    def mark(self, stale: bool) -> None:
        """Mark the legend as belonging to an earlier request, or remove the mark."""
        if stale != ("me-stale" in self._dom_classes):
            (self.add_class if stale else self.remove_class)("me-stale")
