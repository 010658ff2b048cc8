"""What answers cost: CPU time and bytes per export and per legend, and how cost grows with the features.

Run with `python -m tests.benchmarks.scenes [--runs 15]`. Nothing is asserted. Whole answers of the WSGI
application in this process, without a network; CPU time of the process, medians.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely
from werkzeug.test import Client

from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.sources import source_of
from tests.benchmarks.datasets import COUNTRY, DAY, SIZE, YEAR, Box, Dataset, datasets, points

PATIENT = Limits(drawing_seconds=120)
"""A first draw of ten million points takes long on a busy machine."""
WHERE = {"layerDefs": '{"0": "value > 1.5 AND value < 4"}'}
SUMMER = int(YEAR.timestamp() * 1000) + 150 * DAY


class Asker:
    """A map with one layer, asked in this process."""

    def __init__(self, dataset: Dataset) -> None:
        self.catalog = MapCatalog(load_document(dataset.document), {0: source_of(dataset.frame)})
        self._client = Client(MapServiceApp({"scene": self.catalog}, limits=PATIENT))
        self._jitter = random.Random(7)

    def ask(self, operation: str, bbox: Box, **parameters: Any) -> bytes:
        """The body of an answer, never an error."""
        query = {"bbox": ",".join(map(str, bbox)), "bboxSR": 4326, "f": "json", **parameters}
        if operation == "export":
            query |= {"imageSR": 4326, "format": "png24", "f": "image", "size": f"{SIZE[0]},{SIZE[1]}"}
        response = self._client.get(f"/arcgis/rest/services/scene/MapServer/{operation}", query_string=query)
        assert b'"error"' not in response.data[:50], response.data
        return response.data

    def measured(self, runs: int, operation: str, window: Any, **parameters: Any) -> tuple[float, int]:
        """Median CPU milliseconds of warm answers, and the bytes of the last."""
        costs = []
        for _ in range(runs + 1):
            bbox = window.bbox(self._jitter)
            cost, content = milliseconds(lambda bbox=bbox: self.ask(operation, bbox, **parameters))
            costs.append(cost)
        return statistics.median(costs[1:]), len(content)


def milliseconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU milliseconds of a call in all threads, and what it returns."""
    start = time.process_time()
    result = call()
    return (time.process_time() - start) * 1000, result


def arrays_of(layer: FeatureLayer) -> int:
    """Bytes of the arrays that a layer keeps to be drawn from, every buffer counted once."""
    seen: set[int] = set()
    buffers: dict[int, int] = {}
    waiting: list[Any] = [layer.shapes]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, type):
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            while isinstance(value.base, np.ndarray):
                value = value.base
            buffers[id(value)] = value.nbytes
        elif type(value).__module__.startswith(("mapexplorer.", "builtins", "collections")):
            waiting.extend(gc.get_referents(value))
    return sum(buffers.values())


def variants(dataset: Dataset) -> Iterator[tuple[str, dict[str, str]]]:
    """The filters to ask a scene with."""
    yield "", {}
    yield ", where", WHERE
    if "day" in dataset.frame:
        yield ", time", {"time": f"{SUMMER},{SUMMER + 30 * DAY}"}


def report(dataset: Dataset, runs: int) -> None:
    """Print a row per window and filter, and what the layer keeps in memory."""
    asker = Asker(dataset)
    first, _ = milliseconds(lambda: asker.ask("export", dataset.windows[0].bbox(random.Random(1))))
    for window in dataset.windows:
        for name, parameters in variants(dataset):
            export, size = asker.measured(runs, "export", window, **parameters)
            legend, listed = asker.measured(runs, "queryLegends", window, **parameters)
            title = f"{window.name}{name}"
            print(
                f"{dataset.name:24} {title:22} {export:9.1f} {size / 1024:7.0f} "
                f"{legend:9.1f} {listed / 1024:7.1f}" + (f" {first:9.0f}" if first else "")
            )
            first = 0.0
    layer = asker.catalog.layer(0)
    assert isinstance(layer, FeatureLayer)
    coordinates = 16 * int(shapely.get_num_coordinates(layer.shapes.geometry).sum())
    print(f"{dataset.name:24} kept arrays: {arrays_of(layer) / coordinates:.2f} times the coordinates")


def new_filter(asker: Asker, low: float) -> float:
    """CPU milliseconds of a picture with a filter that was never asked before."""
    where = f'{{"0": "value > {low}"}}'
    return milliseconds(lambda: asker.ask("export", COUNTRY.bbox(random.Random(2)), layerDefs=where))[0]


def report_growth(runs: int) -> None:
    """Print what ten times the features cost in the same window, and what a new filter costs."""
    least = 0.0
    for count in (100_000, 1_000_000, 10_000_000):
        asker = Asker(points(count))
        cost, _ = asker.measured(runs, "export", COUNTRY)
        least = least or cost
        limits = np.random.default_rng(1).uniform(1, 4, runs)
        filtered = statistics.median(new_filter(asker, low) for low in limits)
        print(
            f"{count:12,} points: {cost:7.1f} ms, {cost / least:5.2f} times the least; "
            f"with a new filter {filtered:7.1f} ms"
        )


def main() -> None:
    """Print the table of scenes, then how cost grows."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=15)
    arguments.add_argument("--only", default="", help="only scenes whose name holds this")
    options = arguments.parse_args()
    heads = f"{'export ms':>9} {'KiB':>7} {'legend ms':>9} {'KiB':>7} {'first ms':>9}"
    print(f"{'features':24} {'window':22} {heads}")
    for dataset in datasets(options.only):
        report(dataset, options.runs)
    if options.only in "growth":
        report_growth(max(options.runs // 2, 3))


if __name__ == "__main__":
    main()
