"""The picture on the map: checked bytes as a data URI, with the extent that the service returned."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapexplorer.explorer.furniture import Bearings, bearings
from mapexplorer.protocol import BadAnswer, CorruptImage, Extent, MapRequest, SpatialReference

if TYPE_CHECKING:
    from PIL.Image import Image

    from mapexplorer.client.service import ExportResult

EMPTY_PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel."""
MERCATOR_LIMIT = 20037508.342789244
"""Half the side of the Web Mercator square in metres."""
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp"}


@dataclass(frozen=True, eq=False)
class Picture:
    """One exported picture, ready for the browser.

    `extent` is the frame that the service returned, in the spatial reference of the picture and not turned;
    `covered` is the part that `url` holds, which differs only where Web Mercator ends.
    `bearings` tell north and lengths at its centre.
    """

    result: ExportResult
    url: str
    extent: Extent
    covered: Extent
    spatial_reference: SpatialReference
    rotation: float
    bearings: Bearings | None

    @property
    def weight(self) -> int:
        """Bytes in memory, about."""
        return len(self.url) + len(self.result.content)

    @property
    def is_mercator(self) -> bool:
        """Whether a Web Mercator page can show it."""
        return self.rotation == 0 and self.spatial_reference.code == 3857


def prepare(result: ExportResult, request: MapRequest) -> Picture:
    """Check a picture and bring it into the form that the browser gets.

    Raises CorruptImage when the bytes are not a complete picture and BadAnswer when the extent cannot be
    used.
    """
    extent = result.extent
    asked = request.image_sr
    reference = extent.spatial_reference or asked
    if asked is not None and asked.same_as(reference):
        reference = asked  # as it was written in the request: 102100 rather than 102100 and 3857
    if reference is None or not (extent.width > 0 and extent.height > 0):
        raise BadAnswer("The service returned a picture without a usable extent.")
    image, media_type = _decode(result.content)
    rotation = math.fmod(request.rotation or 0.0, 360.0)
    content, covered = result.content, extent
    if rotation == 0 and reference.code == 3857 and max(extent.ymax, -extent.ymin) > MERCATOR_LIMIT:
        content, media_type, covered = _crop_to_world(image, extent)
    url = f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
    return Picture(result, url, extent, covered, reference, rotation, bearings(extent, reference, rotation))


def _decode(content: bytes) -> tuple[Image, str]:
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(content), formats=tuple(_MEDIA_TYPES))
        image.load()
    except Exception as error:  # Pillow raises many kinds for damaged files
        raise CorruptImage(
            "The picture cannot be shown: it is not a complete PNG, JPEG, GIF or BMP file."
        ) from error
    return image, _MEDIA_TYPES[image.format or "PNG"]


def _crop_to_world(image: Image, extent: Extent) -> tuple[bytes, str, Extent]:
    # Leaflet clamps latitudes to the Web Mercator square, so a picture that reaches beyond would be squeezed.
    step = extent.height / image.height
    top = max(0, math.ceil((extent.ymax - MERCATOR_LIMIT) / step - 1e-9))
    bottom = min(image.height, math.floor((extent.ymax + MERCATOR_LIMIT) / step + 1e-9))
    if bottom <= top:
        raise BadAnswer("The picture lies outside of the Web Mercator world.")
    buffer = io.BytesIO()
    image.crop((0, top, image.width, bottom)).save(buffer, "PNG", compress_level=1)
    covered = Extent(
        extent.xmin,
        extent.ymax - bottom * step,
        extent.xmax,
        extent.ymax - top * step,
        extent.spatial_reference,
    )
    return buffer.getvalue(), "image/png", covered
