"""What the two operations give back: frozen, and able to show themselves in a notebook."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from mapexplorer.protocol import BadAnswer, Call, Extent, LegendEntry, LegendLayer, MapRequest

from .pictures import decode_picture, picture_format
from .reply import Timing

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class ExportResult:
    """A map picture and where it belongs.

    ``content`` are the bytes as the service sent them, ``content_type`` is what they prove to be; ``width``
    and ``height`` are those of the bytes in pixels. ``extent`` is what the service says it drew, in the
    spatial reference of the picture; ``scale`` is None when the service did not say it. ``call`` is the
    request that went out first and ``url`` the same as an address; a token in them is masked. ``note``
    tells what was worked around.
    """

    content: bytes = field(repr=False)
    content_type: str
    width: int
    height: int
    extent: Extent
    scale: float | None
    request: MapRequest = field(repr=False)
    call: Call = field(repr=False)
    url: str = field(repr=False)
    timing: Timing = field(repr=False)
    body: dict[str, Any] = field(repr=False, compare=False)
    note: str | None = None

    @cached_property
    def image(self) -> Image.Image:
        """The picture, decoded when it is first asked for. Raises BadAnswer for pdf, svg, emf and ps."""
        if picture_format(self.content) is None:
            raise BadAnswer(
                f"A map exported as {self.content_type} has no pixels; its bytes are in .content."
            )
        return decode_picture(self.content, pixels=self.width * self.height)

    @property
    def data_uri(self) -> str:
        """The picture as an address that holds its own bytes."""
        return f"data:{self.content_type};base64,{base64.b64encode(self.content).decode('ascii')}"

    def _repr_png_(self) -> bytes | None:
        """Show the picture in a notebook, in one form only: a second one would double the notebook's size."""
        kind = picture_format(self.content)
        if kind in ("GIF", "BMP"):
            target = io.BytesIO()
            self.image.convert("RGBA").save(target, "PNG")
            return target.getvalue()
        return self.content if kind == "PNG" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.content if picture_format(self.content) == "JPEG" else None

    def _repr_html_(self) -> str | None:
        if picture_format(self.content) is not None:
            return None
        note = "" if self.note is None else f" {self.note}"
        return f"<p>{escape(f'A map as {self.content_type}, {len(self.content)} bytes.{note}')}</p>"


@dataclass(frozen=True)
class LegendResult:
    """The legend of a map view, layer by layer.

    Every ``image_data`` in ``layers`` is the base64 text of a PNG that was decoded, checked and written
    anew, or None when the service sent no picture that can be read. ``source`` says which operation
    answered; ``note`` is a sentence about what had to be worked around, or None.
    """

    layers: tuple[LegendLayer, ...] = field(repr=False)
    source: Literal["queryLegends", "legend"]
    request: MapRequest = field(repr=False)
    call: Call = field(repr=False)
    url: str = field(repr=False)
    timing: Timing = field(repr=False)
    body: dict[str, Any] = field(repr=False, compare=False)
    note: str | None = None

    def to_frame(self) -> pandas.DataFrame:
        """Give a table with one row per entry, in the order of the legend; sizes in pixels."""
        import pandas

        rows = [_row(layer, entry) for layer in self.layers for entry in layer.legend]
        frame = pandas.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({name: kind for name, kind in _COLUMNS.items() if kind is not None})

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(self.note)}</p>"] if self.note else []
        for layer in self.layers:
            entries = "".join(_entry_html(entry) for entry in layer.legend)
            name = escape(layer.layer_name)
            parts.append(f"<p><b>{name}</b></p><ul style='list-style:none;padding-left:1em'>{entries}</ul>")
        return "".join(parts)


_COLUMNS: dict[str, str | None] = {
    "layer_id": "Int64",
    "layer_name": None,
    "layer_type": None,
    "group": None,
    "label": None,
    "values": None,
    "width": "Int64",
    "height": "Int64",
    "min_scale": "float64",
    "max_scale": "float64",
}


def _row(layer: LegendLayer, entry: LegendEntry) -> dict[str, Any]:
    headings = {group.id: group.heading for group in layer.legend_groups}
    return {
        "layer_id": layer.layer_id,
        "layer_name": layer.layer_name,
        "layer_type": layer.layer_type,
        "group": headings.get(entry.group_id) if entry.group_id is not None else None,
        "label": entry.label,
        "values": list(entry.values) if entry.values is not None else None,
        "width": entry.width,
        "height": entry.height,
        "min_scale": layer.min_scale,
        "max_scale": layer.max_scale,
    }


def _entry_html(entry: LegendEntry) -> str:
    label = escape(entry.label)
    picture = ""
    if entry.image_data:
        picture = f'<img alt="" src="data:image/png;base64,{escape(entry.image_data)}"> '
    return f"<li>{picture}{label}</li>"
