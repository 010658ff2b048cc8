"""Picture formats and answer formats."""

from __future__ import annotations

from enum import StrEnum


class ImageFormat(StrEnum):
    """The values of ``format`` (Export Map, format)."""

    PNG = "png"
    PNG8 = "png8"
    PNG24 = "png24"
    PNG32 = "png32"
    JPG = "jpg"
    GIF = "gif"
    BMP = "bmp"
    PDF = "pdf"
    SVG = "svg"
    SVGZ = "svgz"
    EMF = "emf"
    PS = "ps"

    @property
    def content_type(self) -> str:
        """Content type of the bytes."""
        return _CONTENT_TYPES.get(self.value, "image/png")

    @property
    def raster(self) -> bool:
        """True for pixels, False for a vector format."""
        return self.value not in ("pdf", "svg", "svgz", "emf", "ps")

    @property
    def may_be_transparent(self) -> bool:
        """True where ``transparent`` has an effect: the png formats and gif."""
        return self.value.startswith("png") or self.value == "gif"


_CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "svgz": "image/svg+xml",
    "emf": "image/emf",
    "ps": "application/postscript",
}


class ResponseFormat(StrEnum):
    """The values of ``f`` (Export Map, f)."""

    HTML = "html"
    JSON = "json"
    PJSON = "pjson"
    IMAGE = "image"
    KMZ = "kmz"
