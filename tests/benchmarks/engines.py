"""The engines that are compared: our service, UMN MapServer and QGIS Server on the same features and symbols.

Each is given as a context that starts its processes and yields what asks for one picture of a window.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import geopandas
import matplotlib

from tests.benchmarks.datasets import SIZE, Box, Dataset
from tests.benchmarks.fastcgi import FastCgiProcess

Ask = Callable[[Box], bytes]
Engine = Callable[[Dataset, Path, int], AbstractContextManager[Ask]]

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
QGIS_PROGRAM = Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")
QGIS_PYTHON = "/usr/bin/python3"
PIXELS = 96 / 72
DASH = (4 * PIXELS, 3 * PIXELS)
"""Pixels of a dash and of the gap after it in a line one pixel wide."""


def write_shapefile(dataset: Dataset, folder: Path) -> Path:
    """The features with the texts that the peers tell classes by, spatially indexed."""
    path = folder / "features.shp"
    if not path.exists():
        columns = {"class": dataset.classes, "value": dataset.frame["value"].to_numpy()}
        if dataset.labelled:
            columns["name"] = dataset.frame["name"].to_numpy()
        frame = geopandas.GeoDataFrame(columns, geometry=dataset.frame.geometry.to_numpy(), crs=4326)
        frame.to_file(path, encoding="utf-8")
        subprocess.run(["shptree", str(path)], check=True, stdout=subprocess.DEVNULL)
    return path


def mapfile(dataset: Dataset, shapefile: Path) -> str:
    """MapServer's description of the layer."""
    kinds = {"esriSFS": "POLYGON", "esriSMS": "POINT", "esriSLS": "LINE"}
    label = ""
    if dataset.labelled:
        label = (
            'LABEL TEXT "[name]" TYPE TRUETYPE FONT "dejavu" SIZE 12 COLOR 40 40 40 OUTLINECOLOR 255 255 255 '
            "OUTLINEWIDTH 2 POSITION UR OFFSET 4 4 PARTIALS FALSE END"
        )
    kind = kinds[dataset.symbols[0]["type"]]
    classes = "\n".join(
        f'CLASS EXPRESSION "{number}" {_style(symbol)} {label} END'
        for number, symbol in enumerate(dataset.symbols)
    )
    return f"""MAP NAME peers SIZE {SIZE[0]} {SIZE[1]} IMAGECOLOR 255 255 255
EXTENT -180 -90 180 90 UNITS DD MAXSIZE 4096 FONTSET "{shapefile.parent / "fonts.txt"}"
OUTPUTFORMAT NAME png DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGB FORMATOPTION "COMPRESSION=1" END
SYMBOL NAME "c" TYPE ELLIPSE POINTS 1 1 END FILLED TRUE END
LAYER NAME features TYPE {kind} STATUS DEFAULT DATA "{shapefile}" CLASSITEM "class"
{classes} END END"""


def _style(symbol: dict) -> str:
    color = " ".join(map(str, symbol["color"][:3]))
    edge = symbol if symbol["type"] == "esriSLS" else symbol["outline"]
    edge_color, width = " ".join(map(str, edge["color"][:3])), edge["width"] * PIXELS
    match symbol["type"]:
        case "esriSLS":
            return f"STYLE COLOR {color} WIDTH {width} PATTERN {DASH[0]:.2f} {DASH[1]:.2f} END END"
        case "esriSMS":
            size = symbol["size"] * PIXELS
            return f'STYLE SYMBOL "c" COLOR {color} OUTLINECOLOR {edge_color} WIDTH {width} SIZE {size} END'
    return f"STYLE COLOR {color} END STYLE OUTLINECOLOR {edge_color} WIDTH {width} END"


@contextmanager
def mapserver(dataset: Dataset, folder: Path, processes: int) -> Iterator[Ask]:
    """MapServer as warm FastCGI processes. Raises `LookupError` when it is not installed."""
    program = shutil.which("mapserv")
    if program is None or shutil.which("shptree") is None:
        raise LookupError("UMN MapServer is not installed (Debian packages cgi-mapserver and mapserver-bin)")
    (folder / "fonts.txt").write_text(f"dejavu {FONT}\n")
    (folder / "peers.map").write_text(mapfile(dataset, write_shapefile(dataset, folder)))
    (folder / "mapserver.conf").write_text('CONFIG ENV MS_MAP_PATTERN "." END END')
    environment = {**os.environ, "MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf")}
    with FastCgiProcess([program], folder, environment, processes) as process:
        fixed = {"map": str(folder / "peers.map"), "mode": "map", "map_imagetype": "png"}
        yield lambda bbox: process.get(urlencode({**fixed, "mapext": " ".join(map(str, bbox))}))


@contextmanager
def qgis(dataset: Dataset, folder: Path, processes: int) -> Iterator[Ask]:
    """QGIS Server as warm FastCGI processes. Raises `LookupError` when it is not installed."""
    if not QGIS_PROGRAM.exists():
        raise LookupError("QGIS Server is not installed (Debian packages qgis-server and python3-qgis)")
    project = folder / "peers.qgs"
    wanted = {
        "shapefile": str(write_shapefile(dataset, folder)),
        "project": str(project),
        "symbols": dataset.symbols,
        "labelled": dataset.labelled,
        "dash": DASH,
    }
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(folder),
        "QGIS_SERVER_LOG_LEVEL": "2",
        "PYTHONPATH": "",
    }
    writer = Path(__file__).with_name("qgis_project.py")
    written = subprocess.run(
        [QGIS_PYTHON, str(writer)], input=json.dumps(wanted), env=environment, capture_output=True, text=True
    )
    if not project.exists():
        raise LookupError(
            f"QGIS cannot write a project (Debian package python3-qgis): {written.stderr[-300:]}"
        )
    with FastCgiProcess([str(QGIS_PROGRAM)], folder, environment, processes) as process:
        fixed = {
            "MAP": str(project),
            "SERVICE": "WMS",
            "VERSION": "1.1.1",
            "REQUEST": "GetMap",
            "LAYERS": "features",
            "STYLES": "",
            "SRS": "EPSG:4326",
            "WIDTH": SIZE[0],
            "HEIGHT": SIZE[1],
            "FORMAT": "image/png",
        }
        yield lambda bbox: process.get(urlencode({**fixed, "BBOX": ",".join(map(str, bbox))}))


@contextmanager
def mapexplorer(dataset: Dataset, folder: Path, processes: int) -> Iterator[Ask]:
    """Our own service in processes of its own, over HTTP on loopback."""
    dataset.frame.to_parquet(folder / "features.parquet")
    document = dataset.document
    document["layers"][0]["source"] = "features.parquet"
    (folder / "peers.json").write_text(json.dumps(document))
    command = [sys.executable, "-m", "mapexplorer", "serve", str(folder / "peers.json"), "--port", "0"]
    if processes > 1:
        command += ["--workers", str(processes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    address = urlsplit(process.stdout.readline().strip())
    connections = threading.local()
    fixed = {"bboxSR": 4326, "imageSR": 4326, "size": f"{SIZE[0]},{SIZE[1]}", "format": "png24", "f": "image"}

    def ask(bbox: Box) -> bytes:
        query = urlencode({**fixed, "bbox": ",".join(map(str, bbox))})
        if not hasattr(connections, "own"):
            connections.own = http.client.HTTPConnection(address.netloc, timeout=60)
        try:
            connections.own.request("GET", f"{address.path}/export?{query}")
            answer = connections.own.getresponse()
        except http.client.RemoteDisconnected:
            # The service has closed the connection while the other engines had their turn.
            connections.own.request("GET", f"{address.path}/export?{query}")
            answer = connections.own.getresponse()
        content = answer.read()
        assert answer.headers["Content-Type"] == "image/png", content[:500]
        return content

    try:
        yield ask
    finally:
        process.terminate()
        process.wait(15)
