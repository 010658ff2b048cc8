"""Two states on one map: the kept one left of a line, the present one right of it."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import ipyleaflet
from PIL import Image, ImageDraw

from mapexplorer.explorer.outlines import replace_layers
from mapexplorer.explorer.overlay import EMPTY_PICTURE, Picture
from mapexplorer.explorer.pages import Page
from mapexplorer.protocol import MapRequest

if TYPE_CHECKING:
    from mapexplorer.explorer.view import MapPane

FRAME = frozenset(
    {"bbox", "bbox_sr", "size", "dpi", "image_sr", "map_scale", "rotation", "format", "f", "patch_size"}
)
"""What both pictures have in common, so that they cover each other."""
_LINE = (217, 115, 13, 255)
_LINE_WIDTH = 3


def kept_in_frame(kept: dict[str, Any], present: MapRequest) -> MapRequest:
    """The request of a kept state for the frame of the present one.

    `kept` are given parameters by their names.
    """
    frame = {name: getattr(present, name) for name in FRAME}
    return MapRequest(**{**kept, **{name: value for name, value in frame.items() if value is not None}})


class Curtain:
    """Draws the left part of a second picture over the one on the map, up to a line."""

    def __init__(self, pane: MapPane) -> None:
        self._pane = pane
        self._page: Page | None = None
        self._picture: Picture | None = None
        self._image: Image.Image | None = None
        self.overlay: ipyleaflet.ImageOverlay | None = None

    def show(self, picture: Picture, share: float) -> None:
        """Hang a picture of the frame on the map; `share` is the part of its width to be seen, 0 to 1."""
        self._picture, self._image = picture, None
        page = self._pane.page
        if page is not self._page:
            self.take_down()
            self._page = page
            self.overlay = ipyleaflet.ImageOverlay(url=EMPTY_PICTURE, bounds=((0.0, 0.0), (1e-6, 1e-6)))
            replace_layers(page, [], [self.overlay])
        self._picture = picture
        self.draw(share)

    def draw(self, share: float) -> None:
        """Move the line."""
        picture, page = self._picture, self._page
        if picture is None or page is None:
            return
        image = self._decoded(picture)
        seen = round(image.width * min(max(share, 0.0), 1.0))
        (south, west), (north, east) = page.bounds_of(picture)
        if seen == 0:
            self._place(EMPTY_PICTURE, ((south, west), (south + 1e-9, west + 1e-9)))
            return
        part = image.crop((0, 0, seen, image.height))
        if seen < image.width:
            line = max(1, round(_LINE_WIDTH * image.width / self._pane.size.width))
            ImageDraw.Draw(part).rectangle((seen - line, 0, seen, image.height), fill=_LINE)
        buffer = io.BytesIO()
        part.save(buffer, "PNG", compress_level=1)
        url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
        self._place(url, ((south, west), (north, west + (east - west) * seen / image.width)))

    def take_down(self) -> None:
        """Leave the map to the picture alone."""
        if self._page is not None and self.overlay is not None:
            replace_layers(self._page, [self.overlay], [])
        self._page, self._picture, self._image, self.overlay = None, None, None, None

    def _decoded(self, picture: Picture) -> Image.Image:
        if self._image is None:
            content = base64.b64decode(picture.url.partition("base64,")[2])
            with Image.open(io.BytesIO(content)) as image:
                self._image = image.convert("RGBA")
            # Opaque: where the kept picture is clear the present one must not shine through.
            paper = Image.new("RGBA", self._image.size, (255, 255, 255, 255))
            paper.alpha_composite(self._image)
            self._image = paper
        return self._image

    def _place(self, url: str, bounds: Any) -> None:
        if self.overlay is not None:
            with self.overlay.hold_sync():
                self.overlay.url = url
                self.overlay.bounds = bounds
