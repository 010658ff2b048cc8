"""Small maps made in memory, drawn for pixels that can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas
import numpy as np
import pytest

from mapexplorer.protocol import MapRequest, Operation
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.sources import source_of
from mapexplorer.service.view import MapView, build_view

METRES = 3857


class Scene:
    """A map of layers given as (geometries, renderer, extras), the first on top; 100 by 100 units and
    pixels."""

    def __init__(self, layers: Sequence[tuple[Any, ...]], wkid: int = METRES, **document: Any) -> None:
        sources = {}
        entries = []
        for number, (geometries, renderer, *more) in enumerate(layers):
            extras: dict[str, Any] = dict(more[0]) if more else {}
            columns = extras.pop("columns", {})
            transparency = extras.pop("transparency", 0)
            crs = extras.pop("crs", wkid)
            sources[number] = source_of(geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs))
            drawing = {"renderer": renderer, "transparency": transparency}
            entries.append(
                {
                    "id": number,
                    "name": f"L{number}",
                    "type": "Feature Layer",
                    "drawingInfo": drawing,
                    **extras,
                }
            )
        value = {"name": "scene", "spatialReference": {"wkid": wkid}, "layers": entries, **document}
        self.catalog = MapCatalog(load_document(value), sources)

    def view(self, operation: Operation = Operation.EXPORT, **parameters: Any) -> MapView:
        parameters = {"bbox": (0, 0, 100, 100), "size": (100, 100), **parameters}
        return build_view(self.catalog, MapRequest(**parameters), operation)

    def pixels(self, **parameters: Any) -> np.ndarray:
        return draw(self.view(**parameters))

    def ink(self, **parameters: Any) -> np.ndarray:
        """Darkness of every pixel from 0 to 1 on white ground."""
        return 1 - self.pixels(**parameters)[..., :3].mean(axis=2) / 255


@pytest.fixture(scope="session")
def scene() -> Callable[..., Scene]:
    return Scene


def simple(symbol: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "simple", "symbol": symbol, **more}


def sms(style: str = "Square", size: float = 20, color: Any = (0, 0, 0, 255), **more: Any) -> dict[str, Any]:
    return {"type": "esriSMS", "style": f"esriSMS{style}", "size": size, "color": list(color), **more}


def sls(style: str = "Solid", width: float = 1, color: Any = (0, 0, 0, 255)) -> dict[str, Any]:
    return {"type": "esriSLS", "style": f"esriSLS{style}", "width": width, "color": list(color)}


def sfs(style: str = "Solid", color: Any = (0, 0, 0, 255), outline: Any = None) -> dict[str, Any]:
    return {"type": "esriSFS", "style": f"esriSFS{style}", "color": list(color), "outline": outline}


@pytest.fixture(scope="session")
def make() -> Any:
    """The makers of symbols: ``make.sms(…)``, ``make.simple(…)``."""

    class Makers:
        simple = staticmethod(simple)
        sms = staticmethod(sms)
        sls = staticmethod(sls)
        sfs = staticmethod(sfs)

    return Makers
