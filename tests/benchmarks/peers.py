"""The counties of the sample map, drawn by our service and by UMN MapServer in turn: medians of the ratios.

Run with `python -m tests.benchmarks.peers [--runs 40] [--pictures FOLDER]`. Needs Debian's `mapserver-bin`.
Both engines are warm, long-lived processes that read the same features and colours and answer PNG over a
local socket: ours over HTTP, MapServer as FastCGI from a spatially indexed shapefile.
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


SCENES = (
    Scene("whole country", -96, 38, 62),
    Scene("one region", -90, 38, 15),
    Scene("a few counties", -93.5, 42, 3),
)


def county_layer() -> tuple[dict[str, Any], Path]:
    """The classed polygon layer of the sample and the path of its data."""
    path = document_path("usa")
    document = json.loads(path.read_text())
    for layer in document["layers"]:
        renderer = layer.get("drawingInfo", {}).get("renderer", {})
        if renderer.get("type") == "classBreaks" and "count" in layer["name"].lower():
            source = layer["source"]
            data = source if isinstance(source, str) else source["path"]
            return layer, path.parent / data
    raise LookupError("the usa sample has no classed layer of counties")


def mapfile(layer: dict[str, Any], shapefile: Path) -> str:
    """MapServer's description of the same layer: a column `class` holds the number of each county's class."""
    classes = []
    for place, info in enumerate(layer["drawingInfo"]["renderer"]["classBreakInfos"]):
        symbol, outline = info["symbol"], info["symbol"]["outline"]
        classes.append(
            f'CLASS EXPRESSION "{place}" '
            f"STYLE COLOR {' '.join(map(str, symbol['color'][:3]))} END "
            f"STYLE OUTLINECOLOR {' '.join(map(str, outline['color'][:3]))} "
            f"WIDTH {outline['width'] * 96 / 72} END END"
        )
    return f"""MAP NAME peers SIZE {SIZE[0]} {SIZE[1]} IMAGECOLOR 255 255 255
EXTENT -180 -90 180 90 UNITS DD MAXSIZE 4096
OUTPUTFORMAT NAME png DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGB FORMATOPTION "COMPRESSION=1" END
LAYER NAME counties TYPE POLYGON STATUS DEFAULT DATA "{shapefile}" CLASSITEM "class"
{" ".join(classes)} END END"""


@contextmanager
def mapserver(layer: dict[str, Any], data: Path, folder: Path) -> Iterator[Callable[[Any], bytes]]:
    """MapServer as a warm FastCGI process on the same features."""
    program = shutil.which("mapserv")
    if program is None:
        sys.exit("UMN MapServer is not installed (Debian package mapserver-bin)")
    renderer = layer["drawingInfo"]["renderer"]
    frame = geopandas.read_parquet(data)
    frame["class"] = numpy.searchsorted(
        [info["classMaxValue"] for info in renderer["classBreakInfos"]], frame[renderer["field"]]
    ).astype(str)
    frame[["class", "geometry"]].to_file(folder / "counties.shp")
    subprocess.run(["shptree", str(folder / "counties.shp")], check=True, stdout=subprocess.DEVNULL)
    (folder / "peers.map").write_text(mapfile(layer, folder / "counties.shp"))
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
def mapexplorer(layer: dict[str, Any], data: Path, folder: Path) -> Iterator[Callable[[Any], bytes]]:
    """Our own service in a process of its own, over HTTP on loopback, with the same layer and no labels."""
    shutil.copy(data, folder / "counties.parquet")
    renderer = layer["drawingInfo"]["renderer"]
    plain = {
        "id": 0,
        "name": "Counties",
        "type": "Feature Layer",
        "source": "counties.parquet",
        "drawingInfo": {"renderer": renderer},
    }
    document = {"name": "peers", "spatialReference": {"wkid": 4326}, "layers": [plain]}
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


def main() -> None:
    """Print a row per scene: both medians in milliseconds, and the median ratio (below 1: we are faster)."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=40)
    arguments.add_argument("--pictures", type=Path, help="keep one picture of each engine and scene here")
    options = arguments.parse_args()
    layer, data = county_layer()
    jitter = random.Random(7)
    with (
        tempfile.TemporaryDirectory() as name,
        mapserver(layer, data, Path(name)) as theirs,
        mapexplorer(layer, data, Path(name)) as ours,
    ):
        print(f"{'scene':16} {'ours ms':>8} {'MapServer ms':>13} {'ratio':>6} {'KiB':>9} {'theirs':>10}")
        for scene in SCENES:
            rounds = []
            for turn in range(options.runs + 3):
                bbox = scene.bbox(jitter)
                (mine, picture), (yours, other) = milliseconds(ours, bbox), milliseconds(theirs, bbox)
                for answer in (picture, other):
                    assert Image.open(io.BytesIO(answer)).size == SIZE
                if turn >= 3:
                    rounds.append((mine, yours, mine / yours))
                elif options.pictures:
                    stem = scene.name.replace(" ", "-")
                    (options.pictures / f"{stem}-mapexplorer.png").write_bytes(picture)
                    (options.pictures / f"{stem}-mapserver.png").write_bytes(other)
            mine, yours, ratio = (statistics.median(column) for column in zip(*rounds, strict=True))
            print(
                f"{scene.name:16} {mine:8.1f} {yours:13.1f} {ratio:6.2f} "
                f"{len(picture) / 1024:9.0f} {len(other) / 1024:10.0f}"
            )


if __name__ == "__main__":
    main()
