"""Counties and points, drawn by our service and by UMN MapServer in turn: medians of the ratios.

Run with `python -m tests.benchmarks.peers [--runs 40] [--pictures FOLDER]`. Needs Debian's `mapserver-bin`.
Both engines are warm, long-lived processes that read the same features and colours and answer PNG over a
local socket: ours over HTTP, MapServer as FastCGI from spatially indexed shapefiles.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas
import numpy
import requests
from PIL import Image

from mapexplorer.sample import document_path
from tests.benchmarks.fastcgi import FastCgiProcess

SIZE = (1024, 768)


@dataclass(frozen=True)
class Scene:
    """A window on the map: longitude and latitude of its centre and its width in degrees."""

    name: str
    longitude: float
    latitude: float
    width: float

    def bbox(self, jitter: random.Random) -> tuple[float, float, float, float]:
        """The window, moved by up to a twentieth so that no answer can be a stored one."""
        x = self.longitude + self.width * jitter.uniform(-0.05, 0.05)
        y = self.latitude + self.width * jitter.uniform(-0.05, 0.05)
        half, tall = self.width / 2, self.width / 2 * SIZE[1] / SIZE[0]
        return x - half, y - tall, x + half, y + tall


@dataclass(frozen=True)
class Dataset:
    """Features, the class-breaks renderer that both engines draw them with, and the windows to draw."""

    name: str
    frame: geopandas.GeoDataFrame
    renderer: dict[str, Any]
    scenes: tuple[Scene, ...]

    @property
    def classes(self) -> numpy.ndarray:
        """The number of the class of every feature, as text."""
        breaks = [info["classMaxValue"] for info in self.renderer["classBreakInfos"]]
        return numpy.searchsorted(breaks, self.frame[self.renderer["field"]]).astype(str)


WINDOWS = (
    Scene("whole country", -96, 38, 62),
    Scene("one region", -90, 38, 15),
    Scene("a few counties", -93.5, 42, 3),
)


def counties() -> Dataset:
    """The counties of the sample with their five classes."""
    path = document_path("usa")
    for layer in json.loads(path.read_text())["layers"]:
        renderer = layer.get("drawingInfo", {}).get("renderer", {})
        if renderer.get("type") == "classBreaks" and "count" in layer["name"].lower():
            frame = geopandas.read_parquet(path.parent / layer["source"])
            plain = {key: renderer[key] for key in ("type", "field", "minValue", "classBreakInfos")}
            return Dataset("counties", frame, plain, WINDOWS)
    raise LookupError("the usa sample has no classed layer of counties")


def points(count: int) -> Dataset:
    """Random points over the country in five classes, circles of 6 pixels with a light outline."""
    random_numbers = numpy.random.default_rng(3)
    x, y = random_numbers.uniform(-125, -67, count), random_numbers.uniform(25, 49, count)
    value = random_numbers.uniform(0, 5, count)
    frame = geopandas.GeoDataFrame({"value": value}, geometry=geopandas.points_from_xy(x, y), crs=4326)
    colors = [(69, 117, 180), (145, 191, 219), (254, 224, 144), (252, 141, 89), (215, 48, 39)]
    outline = {"type": "esriSLS", "style": "esriSLSSolid", "color": [255, 255, 255, 255], "width": 0.5}
    infos = [
        {
            "classMaxValue": number + 1,
            "label": str(number),
            "symbol": {
                "type": "esriSMS",
                "style": "esriSMSCircle",
                "size": 4.5,
                "color": [*color, 255],
                "outline": outline,
            },
        }
        for number, color in enumerate(colors)
    ]
    renderer = {"type": "classBreaks", "field": "value", "minValue": 0, "classBreakInfos": infos}
    return Dataset(f"{count:,} points", frame, renderer, WINDOWS[:2])


def mapfile(dataset: Dataset, shapefile: Path) -> str:
    """MapServer's description of the same layer; a column `class` holds the number of each class."""
    kind, classes = "POLYGON", []
    for place, info in enumerate(dataset.renderer["classBreakInfos"]):
        symbol, outline = info["symbol"], info["symbol"]["outline"]
        color, edge = (" ".join(map(str, part["color"][:3])) for part in (symbol, outline))
        width = outline["width"] * 96 / 72
        style = f"STYLE COLOR {color} END STYLE OUTLINECOLOR {edge} WIDTH {width} END"
        if symbol["type"] == "esriSMS":
            kind, size = "POINT", symbol["size"] * 96 / 72
            style = f'STYLE SYMBOL "c" COLOR {color} OUTLINECOLOR {edge} WIDTH {width} SIZE {size} END'
        classes.append(f'CLASS EXPRESSION "{place}" {style} END')
    return f"""MAP NAME peers SIZE {SIZE[0]} {SIZE[1]} IMAGECOLOR 255 255 255
EXTENT -180 -90 180 90 UNITS DD MAXSIZE 4096
OUTPUTFORMAT NAME png DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGB FORMATOPTION "COMPRESSION=1" END
SYMBOL NAME "c" TYPE ELLIPSE POINTS 1 1 END FILLED TRUE END
LAYER NAME features TYPE {kind} STATUS DEFAULT DATA "{shapefile}" CLASSITEM "class"
{" ".join(classes)} END END"""


@contextmanager
def mapserver(dataset: Dataset, folder: Path) -> Iterator[Callable[[Any], bytes]]:
    """MapServer as a warm FastCGI process on the same features."""
    program = shutil.which("mapserv")
    if program is None:
        sys.exit("UMN MapServer is not installed (Debian package mapserver-bin)")
    shapefile = folder / "features.shp"
    geopandas.GeoDataFrame({"class": dataset.classes}, geometry=dataset.frame.geometry).to_file(shapefile)
    subprocess.run(["shptree", str(shapefile)], check=True, stdout=subprocess.DEVNULL)
    (folder / "peers.map").write_text(mapfile(dataset, shapefile))
    (folder / "mapserver.conf").write_text('CONFIG ENV MS_MAP_PATTERN "." END END')
    environment = {**os.environ, "MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf")}
    with FastCgiProcess([program], folder, environment) as process:

        def ask(bbox: tuple[float, float, float, float]) -> bytes:
            return process.get(
                urlencode(
                    {
                        "map": str(folder / "peers.map"),
                        "mode": "map",
                        "mapext": " ".join(map(str, bbox)),
                        "map_imagetype": "png",
                    }
                )
            )

        yield ask


@contextmanager
def mapexplorer(dataset: Dataset, folder: Path) -> Iterator[Callable[[Any], bytes]]:
    """Our own service in a process of its own, over HTTP on loopback."""
    dataset.frame.to_parquet(folder / "features.parquet")
    layer = {
        "id": 0,
        "name": dataset.name,
        "type": "Feature Layer",
        "source": "features.parquet",
        "drawingInfo": {"renderer": dataset.renderer},
    }
    document = {"name": "peers", "spatialReference": {"wkid": 4326}, "layers": [layer]}
    (folder / "peers.json").write_text(json.dumps(document))
    process = subprocess.Popen(
        [sys.executable, "-m", "mapexplorer", "serve", str(folder / "peers.json"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    session = requests.Session()

    def ask(bbox: tuple[float, float, float, float]) -> bytes:
        answer = session.get(
            f"{url}/export",
            params={
                "bbox": ",".join(map(str, bbox)),
                "bboxSR": 4326,
                "imageSR": 4326,
                "size": f"{SIZE[0]},{SIZE[1]}",
                "format": "png24",
                "f": "image",
            },
            timeout=60,
        )
        assert answer.headers["Content-Type"] == "image/png", answer.text[:500]
        return answer.content

    try:
        yield ask
    finally:
        process.terminate()
        process.wait(15)


def milliseconds(ask: Callable[[Any], bytes], bbox: tuple[float, float, float, float]) -> tuple[float, bytes]:
    """How long one answer takes, and the answer."""
    started = time.perf_counter()
    answer = ask(bbox)
    return (time.perf_counter() - started) * 1000, answer


def compare(dataset: Dataset, runs: int, pictures: Path | None) -> None:
    """Print a row per window of a dataset."""
    jitter = random.Random(7)
    with (
        tempfile.TemporaryDirectory() as name,
        mapserver(dataset, Path(name)) as theirs,
        mapexplorer(dataset, Path(name)) as ours,
    ):
        for scene in dataset.scenes:
            rounds = []
            for turn in range(runs + 3):
                bbox = scene.bbox(jitter)
                (mine, picture), (yours, other) = milliseconds(ours, bbox), milliseconds(theirs, bbox)
                for answer in (picture, other):
                    assert Image.open(io.BytesIO(answer)).size == SIZE
                if turn >= 3:
                    rounds.append((mine, yours, mine / yours))
                elif pictures:
                    stem = f"{dataset.name} {scene.name}".replace(" ", "-")
                    (pictures / f"{stem}-mapexplorer.png").write_bytes(picture)
                    (pictures / f"{stem}-mapserver.png").write_bytes(other)
            mine, yours, ratio = (statistics.median(column) for column in zip(*rounds, strict=True))
            print(
                f"{dataset.name:18} {scene.name:16} {mine:8.1f} {yours:13.1f} {ratio:6.2f} "
                f"{len(picture) / 1024:9.0f} {len(other) / 1024:10.0f}"
            )


def main() -> None:
    """Print a row per scene: both medians in milliseconds, and the median ratio (below 1: we are faster)."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=40)
    arguments.add_argument("--pictures", type=Path, help="keep one picture of each engine and scene here")
    options = arguments.parse_args()
    heads = f"{'ours ms':>8} {'MapServer ms':>13} {'ratio':>6} {'KiB':>9} {'theirs':>10}"
    print(f"{'features':18} {'window':16} {heads}")
    for dataset in (counties(), points(28_000), points(1_000_000)):
        compare(dataset, options.runs, options.pictures)


if __name__ == "__main__":
    main()
