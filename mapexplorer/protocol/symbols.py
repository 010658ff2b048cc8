"""Symbols (Esri, Symbol objects): colours 0 to 255, lengths in points (1/72 inch)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .model import Flag, Model, Number, Text
from .numerals import shorten
from .strict_json import MAXIMUM_PICTURE

LARGEST_SYMBOL = 512.0
LARGEST_WIDTH = 64.0
LARGEST_FONT = 256.0

Color = tuple[int, int, int, int] | None
"""Red, green, blue, alpha; None is not drawn."""


def _read_color(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and len(value) in (3, 4):
        parts = [_channel(part) for part in value]
        return (*parts, 255)[:4]
    raise ValueError(f"expected a colour [red, green, blue, alpha], not {shorten(value)}")


def _channel(value: Any) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 255:
        return round(value)
    raise ValueError(f"expected colour values from 0 to 255, not {shorten(value)}")


WireColor = Annotated[tuple[int, int, int, int], BeforeValidator(_read_color)]
"""A colour on the wire; alpha may be left out (255), fractions are rounded."""

Length = Annotated[float, Field(strict=True, ge=0, le=LARGEST_SYMBOL, allow_inf_nan=False)]
LineWidth = Annotated[float, Field(strict=True, ge=0, le=LARGEST_WIDTH, allow_inf_nan=False)]
Offset = Annotated[float, Field(strict=True, ge=-LARGEST_SYMBOL, le=LARGEST_SYMBOL, allow_inf_nan=False)]


class SimpleLineSymbol(Model):
    """A line of one colour and dash pattern; also the outline of other symbols."""

    type: Literal["esriSLS"] = "esriSLS"
    style: Literal[
        "esriSLSSolid",
        "esriSLSDash",
        "esriSLSDashDot",
        "esriSLSDashDotDot",
        "esriSLSDot",
        "esriSLSNull",
    ] = "esriSLSSolid"
    color: WireColor | None = None
    width: LineWidth = 1.0


class SimpleMarkerSymbol(Model):
    """A geometric marker; a positive angle turns counter-clockwise, offsets go right and up."""

    type: Literal["esriSMS"] = "esriSMS"
    style: Literal[
        "esriSMSCircle",
        "esriSMSCross",
        "esriSMSDiamond",
        "esriSMSSquare",
        "esriSMSX",
        "esriSMSTriangle",
    ] = "esriSMSCircle"
    color: WireColor | None = None
    size: Length = 8.0
    angle: Number = 0.0
    xoffset: Offset = 0.0
    yoffset: Offset = 0.0
    outline: SimpleLineSymbol | None = None


class SimpleFillSymbol(Model):
    """A fill of one colour or hatch, with an outline."""

    type: Literal["esriSFS"] = "esriSFS"
    style: Literal[
        "esriSFSSolid",
        "esriSFSNull",
        "esriSFSHorizontal",
        "esriSFSVertical",
        "esriSFSCross",
        "esriSFSDiagonalCross",
        "esriSFSForwardDiagonal",
        "esriSFSBackwardDiagonal",
    ] = "esriSFSSolid"
    color: WireColor | None = None
    outline: SimpleLineSymbol | None = None


class _Picture(Model):
    url: Text | None = None
    image_data: Annotated[str, Field(strict=True, max_length=MAXIMUM_PICTURE)] | None = None
    content_type: Text | None = None
    width: Length | None = None
    height: Length | None = None
    angle: Number = 0.0
    xoffset: Offset = 0.0
    yoffset: Offset = 0.0

    @model_validator(mode="after")
    def _has_a_picture(self) -> _Picture:
        if not self.url and not self.image_data:
            raise ValueError("expected imageData (base64) or url")
        return self


class PictureMarkerSymbol(_Picture):
    """A picture as marker; ``image_data`` is base64 and wins over ``url``."""

    type: Literal["esriPMS"] = "esriPMS"


class PictureFillSymbol(_Picture):
    """A picture repeated over a polygon."""

    type: Literal["esriPFS"] = "esriPFS"
    xscale: Number = 1.0
    yscale: Number = 1.0
    outline: SimpleLineSymbol | None = None


class Font(Model):
    """A font; size in points."""

    family: Text | None = None
    size: Annotated[float, Field(strict=True, ge=0, le=LARGEST_FONT, allow_inf_nan=False)] = 10.0
    style: Literal["italic", "normal", "oblique"] = "normal"
    weight: Literal["bold", "bolder", "lighter", "normal"] = "normal"
    decoration: Literal["line-through", "underline", "none"] = "none"


class TextSymbol(Model):
    """How a label is written; as a marker also what, ``text``."""

    type: Literal["esriTS"] = "esriTS"
    text: Text | None = None
    color: WireColor | None = None
    background_color: WireColor | None = None
    border_line_size: LineWidth | None = None
    border_line_color: WireColor | None = None
    halo_size: LineWidth | None = None
    halo_color: WireColor | None = None
    vertical_alignment: Literal["baseline", "top", "middle", "bottom"] = "baseline"
    horizontal_alignment: Literal["left", "right", "center", "justify"] = "left"
    right_to_left: Flag = False
    angle: Number = 0.0
    xoffset: Offset = 0.0
    yoffset: Offset = 0.0
    kerning: Flag = True
    font: Font = Font()


Symbol = Annotated[
    SimpleMarkerSymbol
    | SimpleLineSymbol
    | SimpleFillSymbol
    | PictureMarkerSymbol
    | PictureFillSymbol
    | TextSymbol,
    Field(discriminator="type"),
]
"""Any symbol, told apart by ``type``."""
