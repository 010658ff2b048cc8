"""What `beside` draws: windows on the documents of the sample, and layers of them with other symbols."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SIZE = (900, 640)
HATCHES = ("Horizontal", "Vertical", "Cross", "DiagonalCross", "ForwardDiagonal", "BackwardDiagonal")


@dataclass(frozen=True)
class Scene:
    """A window on a document: its extent in degrees, the system of the picture, further parameters."""

    name: str
    document: str
    bbox: tuple[float, float, float, float]
    epsg: int = 3857
    size: tuple[int, int] = SIZE
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The request for our picture."""
        return [
            ("bbox", ",".join(map(str, self.bbox))),
            ("bboxSR", "4326"),
            ("imageSR", str(self.epsg)),
            ("size", f"{self.size[0]},{self.size[1]}"),
            ("format", "png24"),
            ("f", "image"),
            *self.asked.items(),
        ]


def around(longitude: float, latitude: float, width: float) -> tuple[float, float, float, float]:
    """A window in degrees round a place, as high as the picture wants on a Mercator map."""
    height = width * SIZE[1] / SIZE[0] * np.cos(np.radians(latitude))
    return longitude - width / 2, latitude - height / 2, longitude + width / 2, latitude + height / 2


def fill(style: str, color: list[int], width: float = 0.6) -> dict[str, Any]:
    """An Esri fill symbol with a thin outline, none for a width of 0."""
    outline = {"type": "esriSLS", "style": "esriSLSSolid", "color": [70, 70, 70, 255], "width": width}
    return {"type": "esriSFS", "style": style, "color": color, "outline": outline if width else None}


def redrawn(layer: int, renderer: dict[str, Any], transparency: int = 0) -> dict[str, str]:
    """The parameter that shows one layer of a map with another renderer."""
    drawing = {"renderer": renderer, "transparency": transparency, "showLabels": False}
    element = {"id": layer, "source": {"type": "mapLayer", "mapLayerId": layer}, "drawingInfo": drawing}
    return {"dynamicLayers": json.dumps([element])}


def classes(field: str, breaks: list[float], symbols: list[dict[str, Any]]) -> dict[str, Any]:
    """A class-breaks renderer."""
    pairs = zip(breaks[1:], symbols, strict=True)
    infos = [{"classMaxValue": high, "label": str(high), "symbol": symbol} for high, symbol in pairs]
    return {"type": "classBreaks", "field": field, "minValue": breaks[0], "classBreakInfos": infos}


PALETTE = [[247, 235, 215, 255], [240, 200, 150, 255], [225, 150, 100, 255], [190, 80, 70, 255]]
RATES = [0.0, 6, 8, 11, 40]
HATCHED = classes(
    "unemployment_rate",
    [0, 5, 6, 7, 8, 9, 40],
    [fill(f"esriSFS{style}", [40, 70, 120, 255]) for style in HATCHES],
)
SEAMLESS = classes("unemployment_rate", RATES, [fill("esriSFSSolid", color, 0) for color in PALETTE])
JOINTS = {
    "type": "simple",
    "symbol": {
        "type": "esriSFS",
        "style": "esriSFSSolid",
        "color": [230, 225, 200, 255],
        "outline": {"type": "esriSLS", "style": "esriSLSSolid", "color": [60, 90, 60, 120], "width": 6},
    },
}
LINES = {
    "type": "uniqueValue",
    "field1": "kind",
    "uniqueValueInfos": [
        {
            "value": kind,
            "label": kind,
            "symbol": {"type": "esriSLS", "style": style, "color": [60, 60, 120, 255], "width": 2},
        }
        for kind, style in (("coast", "esriSLSDashDot"), ("border", "esriSLSDash"))
    ],
}
MARKERS = {
    "type": "uniqueValue",
    "field1": "state",
    "defaultSymbol": {
        "type": "esriSMS",
        "style": "esriSMSX",
        "size": 7,
        "color": [120, 60, 40, 255],
        "outline": {"type": "esriSLS", "style": "esriSLSSolid", "color": [120, 60, 40, 255], "width": 1.5},
    },
    "uniqueValueInfos": [
        {
            "value": state,
            "label": state,
            "symbol": {
                "type": "esriSMS",
                "style": f"esriSMS{style}",
                "size": 9,
                "color": [200, 120, 40, 160],
                "outline": {
                    "type": "esriSLS",
                    "style": "esriSLSSolid",
                    "color": [40, 40, 40, 255],
                    "width": 1,
                },
            },
        }
        for state, style in (
            ("New York", "Circle"),
            ("Pennsylvania", "Square"),
            ("New Jersey", "Diamond"),
            ("Maryland", "Triangle"),
            ("Massachusetts", "Cross"),
        )
    ],
}
SCENES = (
    Scene("symbols-hatches", "usa", around(-96, 38, 30), asked=redrawn(6, HATCHED)),
    Scene("symbols-no-outline", "usa", around(-84, 35, 12), asked=redrawn(7, SEAMLESS)),
    Scene("symbols-translucent", "usa", around(-84, 35, 12), asked=redrawn(7, SEAMLESS, 50)),
    Scene("symbols-joins", "usa", around(-76, 40, 12), asked=redrawn(6, JOINTS)),
    Scene("symbols-lines", "world", around(12, 45, 30), asked=redrawn(7, LINES)),
    Scene("symbols-markers", "usa", around(-75, 41.5, 10), asked=redrawn(2, MARKERS)),
    Scene("world-whole-degrees", "world", (-180, -60, 180, 82), 4326, (1100, 440)),
    Scene("world-whole", "world", (-170, -58, 179, 80)),
    Scene("world-density", "world", (-170, -58, 179, 80), asked={"layers": "include:17"}),
    Scene("world-continents", "world", (-170, -58, 179, 80), asked={"layers": "include:18"}),
    Scene("world-europe", "world", around(12, 50, 55)),
    Scene("world-europe-laea", "world", (-12, 36, 40, 66), 3035),
    Scene("world-asia", "world", around(105, 25, 60)),
    Scene("world-africa", "world", around(20, 2, 75)),
    Scene("world-alps", "world", around(9, 46.8, 12)),
    Scene("world-rhine", "world", around(7.2, 51.2, 3.2)),
    Scene("world-tokyo", "world", around(139.7, 35.6, 1.2)),
    Scene("usa-whole", "usa", (-126, 23, -65, 50)),
    Scene("usa-states", "usa", (-126, 23, -65, 50), asked={"layers": "show:4,6,8"}),
    Scene("usa-alaska", "usa", (-179.9, 50, -128, 71.5)),
    Scene("usa-northeast", "usa", around(-75, 41.5, 14)),
    Scene("usa-georgia", "usa", around(-83.5, 32.9, 6)),
    Scene("usa-chicago", "usa", around(-87.8, 41.8, 1.6)),
    Scene("usa-utah-turned", "usa", around(-111.5, 40.3, 5), 5070),
)
