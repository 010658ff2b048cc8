"""Measure the drawing of typical layers: ``python -m tests.benchmarks.drawing``; nothing is asserted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import shapely

from mapexplorer.protocol import MapRequest, Operation
from mapexplorer.sample import document_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.legend import query_legends
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.render.encode import encode
from mapexplorer.service.sources import source_of
from mapexplorer.service.view import build_view

SIZE = (1024, 768)
ROUNDS = 7
CONUS = {"bbox": (-125, 24, -66, 50), "bbox_sr": 4326, "image_sr": 102004}


def measured(call: Callable[[], Any]) -> float:
    """Return the median milliseconds of a warm call."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return float(np.median(times))


def report(title: str, catalog: MapCatalog, **parameters: Any) -> None:
    """Print what view, drawing, encoding and legend of a map cost."""
    request = MapRequest(size=SIZE, **parameters)
    start = time.perf_counter()
    view = build_view(catalog, request, Operation.EXPORT)
    pixels = draw(view)
    first = (time.perf_counter() - start) * 1000
    options = {"transparent": False, "background": view.background}
    content = encode(pixels, request.effective("format"), **options)
    patch = request.effective("patch_size")
    costs = {
        "view": measured(lambda: build_view(catalog, request, Operation.EXPORT)),
        "draw": measured(lambda: draw(view)),
        "encode": measured(lambda: encode(pixels, request.effective("format"), **options)),
        "legend": measured(lambda: query_legends(view, return_visible_only=True, patch_size=patch)),
    }
    listed = "  ".join(f"{name} {cost:6.1f}" for name, cost in costs.items())
    print(f"{title:34} first {first:6.0f}  {listed} ms  {len(content) // 1024} KiB")


def points(count: int, size: float = 4.5) -> MapCatalog:
    """Return a map of points in five classes, gathered round a few centres."""
    rng = np.random.default_rng(1)
    centres = rng.uniform((-120, 28), (-70, 47), (60, 2))
    places = centres[rng.integers(0, 60, count)] + rng.normal(0, 3, (count, 2))
    values = rng.exponential(10, count)
    colors = [[254, 217, 118], [254, 178, 76], [253, 141, 60], [240, 59, 32], [189, 0, 38]]
    infos = [
        {
            "classMaxValue": maximum,
            "label": f"to {maximum}",
            "symbol": {
                "type": "esriSMS",
                "style": "esriSMSCircle",
                "size": size,
                "color": color,
                "outline": {"type": "esriSLS", "color": [60, 60, 60, 255], "width": 0.5},
            },
        }
        for maximum, color in zip((2, 5, 10, 20, 1000), colors, strict=True)
    ]
    renderer = {"type": "classBreaks", "field": "v", "minValue": 0, "classBreakInfos": infos}
    layer = {"id": 0, "name": "p", "type": "Feature Layer", "drawingInfo": {"renderer": renderer}}
    document = {"name": "points", "spatialReference": {"wkid": 4326}, "layers": [layer]}
    frame = geopandas.GeoDataFrame({"v": values}, geometry=shapely.points(places), crs=4326)
    return MapCatalog(load_document(document), {0: source_of(frame)})


def main() -> None:
    """Measure the demo maps and clouds of points."""
    catalogs = {name: MapCatalog(load_document(document_path(name))) for name in ("usa", "world", "storms")}
    counties = next(layer.id for layer in catalogs["usa"].layers if layer.name == "Unemployment by county")
    report("counties", catalogs["usa"], layers=f"show:{counties}", **CONUS)
    report("usa, all layers", catalogs["usa"], **CONUS)
    report("world in Robinson", catalogs["world"], bbox=(-180, -90, 180, 90), bbox_sr=4326, image_sr=54030)
    report("storms", catalogs["storms"], bbox=(-100, 10, -20, 50), bbox_sr=4326, image_sr=3857)
    for count in (28_000, 100_000, 1_000_000):
        report(f"{count:,} points in 5 classes", points(count), **CONUS)


if __name__ == "__main__":
    main()
