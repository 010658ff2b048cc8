"""One map with everything that is drawn differently: for comparing formats."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from shapely.geometry import LineString, Point, box

HATCHES = ("Horizontal", "Vertical", "Cross", "ForwardDiagonal", "BackwardDiagonal", "DiagonalCross")
LINES = ("Solid", "Dash", "Dot", "DashDot", "DashDotDot")
MARKERS = ("Circle", "Square", "Diamond", "Triangle", "Cross", "X")


def picture() -> str:
    """A half-transparent picture in base64."""
    pixels = np.zeros((24, 24, 4), dtype=np.uint8)
    pixels[4:20, 4:20] = (255, 200, 0, 255)
    pixels[4:12, 4:20] = (120, 0, 160, 160)
    output = io.BytesIO()
    Image.fromarray(pixels).save(output, "PNG")
    return base64.b64encode(output.getvalue()).decode()


def values(symbols: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    infos = [{"value": str(number), "label": "", "symbol": symbol} for number, symbol in enumerate(symbols)]
    return {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": infos, **more}


def layers(make: Any) -> list[tuple[Any, ...]]:
    """Pictures, turned markers, dashed lines, a translucent layer, hatches, many small markers."""
    chance = np.random.default_rng(1)
    edge = make.sls("Solid", 1)
    marks = [
        make.sms(name, 9, (0, 150, 60, 140 if number % 2 else 255), outline=edge)
        for number, name in enumerate(MARKERS)
    ]
    hatches = [
        make.sfs(name, (200, 0, 0, 120 if number % 2 else 255), edge) for number, name in enumerate(HATCHES)
    ]
    lines = [make.sls(name, 2, (0, 0, 200, 150 if number % 2 else 255)) for number, name in enumerate(LINES)]
    fields = [
        box(5 + 30 * column, low, 30 + 30 * column, high)
        for low, high in ((60, 95), (35, 55))
        for column in range(3)
    ]
    strings = [
        LineString([(3, 3 + i * 5), (30, 8 + i * 5), (60, 4 + i * 5), (97, 12 + i * 5)]) for i in range(5)
    ]
    donut = Point(50, 20).buffer(14).difference(Point(50, 20).buffer(6))
    places = [Point(*place) for place in chance.uniform(5, 95, (48, 2))]
    turns = chance.uniform(0, 360, 48)
    corners = [Point(15, 15), Point(80, 25), Point(85, 80), Point(20, 75)]
    pictured = {"type": "esriPMS", "imageData": picture(), "width": 16, "height": 16}
    return [
        (corners, make.simple(pictured, rotationExpression="[a]"), {"columns": {"a": [0, 45, 90, 200]}}),
        (
            places,
            values(marks, rotationExpression="[a]"),
            {"columns": {"k": [number % 6 for number in range(48)], "a": turns}},
        ),
        (strings, values(lines), {"columns": {"k": range(5)}}),
        (
            [donut, box(40, 10, 70, 30)],
            make.simple(make.sfs("Solid", (0, 120, 255, 255), edge)),
            {"transparency": 40},
        ),
        (fields, values(hatches), {"columns": {"k": range(6)}}),
        (
            [Point(*place) for place in chance.uniform(0, 100, (5000, 2))],
            make.simple(make.sms("Circle", 2, (90, 90, 90, 255))),
        ),
    ]


def gallery(scene: Callable[..., Any], make: Any) -> Any:
    """The map of all these layers on a coloured ground."""
    return scene(layers(make), backgroundColor=[245, 245, 235, 255])
