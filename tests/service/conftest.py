"""Map documents written for a test, and a client that asks the service about them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import Client, TestResponse

from mapexplorer.service.app import MapServiceApp, service_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document

RED, GREEN, BLUE = [200, 0, 0, 255], [0, 150, 0, 255], [0, 0, 200, 255]


def box(xmin: float, ymin: float, xmax: float, ymax: float) -> dict[str, Any]:
    ring = [[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax], [xmin, ymin]]
    return {"type": "Polygon", "coordinates": [ring]}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def collection(*features: tuple[dict[str, Any] | None, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": g, "properties": p} for g, p in features],
    }


def fill(color: list[int]) -> dict[str, Any]:
    return {"type": "esriSFS", "style": "esriSFSSolid", "color": color, "outline": None}


def marker(color: list[int], size: float = 10) -> dict[str, Any]:
    return {"type": "esriSMS", "style": "esriSMSSquare", "color": color, "size": size, "outline": None}


def simple(symbol: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"renderer": {"type": "simple", "label": "", "symbol": symbol}, **keys}


def layer(
    ident: int, source: Any = None, drawing: dict[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    """A feature layer, or a group when there is no source."""
    if source is None:
        return {"id": ident, "name": f"Group {ident}", "type": "Group Layer", **keys}
    drawing = drawing or simple(marker(RED))
    name = f"Layer {ident}"
    return {
        "id": ident,
        "name": name,
        "type": "Feature Layer",
        "source": source,
        "drawingInfo": drawing,
        **keys,
    }


class Asker:
    """Asks a map service in this process."""

    def __init__(self, app: MapServiceApp, name: str) -> None:
        self.app = app
        self.catalog: MapCatalog = app.catalogs[name]
        self.client = Client(app)
        self.path = service_path(name)

    def get(self, resource: str = "", **parameters: Any) -> TestResponse:
        return self.client.get(f"{self.path}/{resource}".rstrip("/"), query_string=parameters)

    def json(self, resource: str = "", **parameters: Any) -> dict[str, Any]:
        answer = self.get(resource, **{"f": "json", **parameters})
        assert answer.status_code == 200
        assert answer.content_type == "application/json"
        body = json.loads(answer.data)
        assert isinstance(body, dict)
        return body

    def fault(self, resource: str = "export", **parameters: Any) -> list[str]:
        """The details of the envelope with code 400 that must be the answer."""
        body = self.json(resource, **parameters)
        assert body.get("error", {}).get("code") == 400, body
        details = body["error"]["details"]
        assert isinstance(details, list)
        return details

    def picture(self, **parameters: Any) -> np.ndarray:
        answer = self.get("export", **{"f": "image", **parameters})
        assert answer.content_type.startswith("image/"), answer.text
        return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))

    def rows(self, ident: int, **parameters: Any) -> list[int]:
        """The object ids of the rows of a layer that pass every filter of a request, the frame apart."""
        from mapexplorer.protocol import MapRequest, Operation
        from mapexplorer.service.view import build_view

        asked = {"bbox": "0,0,100,100", **parameters}
        request = MapRequest.decode(Operation.EXPORT, list(asked.items()))
        view = build_view(self.catalog, request, Operation.EXPORT)
        for shown in view.layers:
            if shown.layer.id == ident:
                return shown.layer.object_ids[shown.rows].tolist()
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Write a map document with JSON files beside it: write(layers, {file: content}, key=value) →
    its path.
    """

    def write_map(layers: list[dict[str, Any]], files: dict[str, Any] | None = None, **keys: Any) -> Path:
        for name, content in (files or {}).items():
            (folder / name).write_text(json.dumps(content), encoding="utf-8")
        document = {"name": "test", "spatialReference": {"wkid": 102100}, "layers": layers, **keys}
        path = folder / "map.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write_map


@pytest.fixture
def serve(write: Callable[..., Path]) -> Callable[..., Asker]:
    """Serve a map document in this process: serve(layers, {file: content}, key=value)."""

    def serve_map(layers: list[dict[str, Any]], files: dict[str, Any] | None = None, **keys: Any) -> Asker:
        catalog = MapCatalog(load_document(write(layers, files, **keys)))
        return Asker(MapServiceApp({catalog.name: catalog}), catalog.name)

    return serve_map
