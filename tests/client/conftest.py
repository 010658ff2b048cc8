"""A misbehaving server per module, and a service at its address with short deadlines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from mapexplorer.client import Limits, MapService

from .faults import FaultServer

LIMITS = Limits(
    connect=5,
    idle=5,
    total=10,
    backoff=0.005,
    longest_pause=0.1,
    json_bytes=256 * 1024,
    image_bytes=512 * 1024,
    image_pixels=1000 * 1000,
    large_picture=600 * 600,
)

IMPATIENT = replace(LIMITS, connect=0.4, idle=0.4, total=0.5)
"""For answers that come too late; the others get time enough for a busy machine."""


@pytest.fixture(scope="module")
def running_server() -> Iterator[FaultServer]:
    server = FaultServer()
    yield server
    server.stop()


@pytest.fixture
def server(running_server: FaultServer) -> FaultServer:
    running_server.clear()
    return running_server


@pytest.fixture
def service(server: FaultServer) -> Iterator[MapService]:
    opened = MapService(server.url, limits=LIMITS)
    yield opened
    opened.close()


def picture(width: int = 20, height: int = 10, kind: str = "PNG") -> bytes:
    """A small picture with several colours."""
    image = Image.new("RGB" if kind in ("JPEG", "BMP") else "RGBA", (width, height))
    for x in range(width):
        for y in range(height):
            image.putpixel((x, y), (x * 11 % 256, y * 23 % 256, 90))
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


def export_body(**changes: Any) -> bytes:
    """The description of a picture of 20 × 10 pixels; a change to None takes the key away."""
    body: dict[str, Any] = {
        "href": "/arcgis/output/map.png",
        "width": 20,
        "height": 10,
        "extent": {"xmin": 0, "ymin": 0, "xmax": 200, "ymax": 100, "spatialReference": {"wkid": 102100}},
        "scale": 37795.2,
    }
    body |= changes
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()
