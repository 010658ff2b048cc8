"""A map service without data: it fits the frame like a real one and paints the number of the request."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

from PIL import Image

from mapexplorer.client.reply import Timing
from mapexplorer.client.results import ExportResult, LegendResult
from mapexplorer.protocol import (
    Call,
    Extent,
    LayerInfo,
    Legend,
    MapRequest,
    Operation,
    ServiceInfo,
    SpatialReference,
    Unreachable,
    url_or_form,
)

METRES_PER_DEGREE = 20015077 / 180
BODY: dict[str, Any] = {
    "currentVersion": 11.4,
    "mapName": "Layers",
    "description": "Towns and roads",
    "copyrightText": "Nobody",
    "capabilities": "Map",
    "spatialReference": {"wkid": 102100, "latestWkid": 3857},
    "initialExtent": {"xmin": 0, "ymin": 0, "xmax": 1_000_000, "ymax": 500_000},
    "maxImageWidth": 4096,
    "maxImageHeight": 4096,
    "supportedImageFormatTypes": "PNG32,PNG24,PNG8,PNG,JPG,GIF,BMP",
    "layers": [
        {"id": 0, "name": "Towns", "defaultVisibility": True, "type": "Feature Layer"},
        {"id": 1, "name": "Roads", "defaultVisibility": True, "minScale": 1000, "type": "Feature Layer"},
    ],
}


def png(width: int = 4, height: int = 4, color: tuple[int, ...] = (0, 128, 0)) -> bytes:
    """The bytes of a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, "PNG")
    return buffer.getvalue()


def fitted(bbox: Extent, width: int, height: int) -> Extent:
    """The frame that Export Map draws: the short side grows about the centre."""
    wide, high = bbox.width, bbox.height
    if wide / high < width / height:
        wide = high * width / height
    else:
        high = wide * height / width
    x, y = bbox.center
    return Extent(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


class FakeService:
    """Counts and answers; `gate` can hold calls back, `failing` makes them fail."""

    url = "http://fake.invalid/arcgis/rest/services/Fake_Map/MapServer"
    secured = False

    def __init__(self, **body: Any) -> None:
        self.info = ServiceInfo.parse({**BODY, **body})
        self.layer_infos: tuple[LayerInfo, ...] = ()
        self.exports: list[MapRequest] = []
        self.legends: list[MapRequest] = []
        self.failing: str | None = None
        self.garbage = False
        self.note: str | None = None
        self.labels = ["Small", "Large"]
        self.gate = threading.Event()
        self.gate.set()

    def export(self, request: MapRequest) -> ExportResult:
        """Paint a picture whose red is the number of exports so far."""
        self.exports.append(request)
        number = len(self.exports)
        assert self.gate.wait(10)
        if self.failing:
            raise Unreachable(self.failing)
        width, height = request.size.width, request.size.height
        reference: SpatialReference = request.image_sr or self.info.spatial_reference
        frame = fitted(request.bbox, width, height)
        if request.map_scale is not None:
            wide = request.map_scale * width / (96 * 39.37)
            x, y = frame.center
            high = wide * height / width
            frame = Extent(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        frame = Extent(frame.xmin, frame.ymin, frame.xmax, frame.ymax, reference)
        content = b"no picture" if self.garbage else png(width, height, (number % 256, 128, 0))
        call = url_or_form(self.url + "/export", request.encode(Operation.EXPORT))
        scale = frame.width / width * 39.37 * 96
        return ExportResult(
            content, "image/png", width, height, frame, scale, request, call, call.url, Timing(), {}
        )

    def query_legends(self, request: MapRequest) -> LegendResult:
        """Give the layer Towns with one entry per label."""
        self.legends.append(request)
        assert self.gate.wait(10)
        if self.failing:
            raise Unreachable(self.failing)
        swatch = base64.b64encode(png(20, 20)).decode()
        entries = [
            {"label": label, "imageData": swatch, "contentType": "image/png", "width": 20, "height": 20}
            for label in self.labels
        ]
        legend = Legend.parse({"layers": [{"layerId": 0, "layerName": "Towns", "legend": entries}]})
        call: Call = url_or_form(self.url + "/queryLegends", request.encode(Operation.QUERY_LEGENDS))
        return LegendResult(legend.layers, "queryLegends", request, call, call.url, Timing(), {}, self.note)
