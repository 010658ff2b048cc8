"""Our pictures beside those of QGIS: whole documents of the sample with equal data, symbols and labels.

Run with `python -m tests.benchmarks.beside FOLDER [--only usa] [--zoom 3]`. Writes into the folder one
picture for every scene, with ours on the left and that of QGIS on the right, and `swatches.png`, the legend
patches of both under each other; `--zoom` shows the middles pixel by pixel. Nothing is asserted: the pictures
are for the eye. Needs the Debian package python3-qgis; without it only ours are written.

Which layers a scene shows, their rows, the class of every row and the text of every label are those of our
service, so that scale ranges and filters agree to the feature; QGIS projects, draws and places the labels.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from PIL import Image
from pyproj import Transformer

from mapexplorer.protocol.symbols import Symbol
from mapexplorer.sample import document_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.labels.classes import labellings
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.limits import DEFAULT_LIMITS
from mapexplorer.service.operations import Picture, export
from mapexplorer.service.render.classes import drawn_classes
from mapexplorer.service.render.patch import swatch
from mapexplorer.service.view import MapView, ViewLayer
from tests.benchmarks.beside_scenes import SCENES, Scene
from tests.benchmarks.engines import QGIS_PYTHON

GAP = 12
PATCH = (27, 20)


@cache
def catalog(document: str) -> MapCatalog:
    """A map of the sample."""
    return MapCatalog(load_document(document_path(document)))


def layer_for_qgis(view: MapView, shown: ViewLayer, stem: Path) -> dict[str, Any] | None:
    """A layer as QGIS is told of it, its data written beside; None when the picture shows nothing of it."""
    layer = shown.layer
    wanted: dict[str, Any] = {"name": layer.name, "transparency": layer.transparency}
    if isinstance(layer, RasterLayer):
        source = layer.document.source
        assert source is not None
        path = document_path("world").parent / source.path
        return {**wanted, "raster": str(path), "crs": layer.crs.to_wkt()}
    assert layer.renderer is not None
    classes, numbers = drawn_classes(layer, layer.renderer, view.frame.scale)
    rows = shown.rows[near(view, layer, shown.rows)]
    if not len(rows):
        return None
    columns: dict[str, Any] = {"class": numbers, "label": np.full(len(numbers), "", dtype=object)}
    columns["labelclass"] = np.full(len(numbers), -1)
    labels = []
    for entry in labellings(layer, shown.labeling, rows, view.frame.scale):
        columns["label"][entry.rows] = entry.texts(layer, entry.rows)
        columns["labelclass"][entry.rows] = entry.number
        symbol = entry.symbol.to_json()
        labels.append({"number": entry.number, "symbol": symbol, "position": entry.position})
    frame = geopandas.GeoDataFrame(columns, geometry=layer.shapes.geometry, crs=layer.crs).iloc[rows]
    path = stem.with_suffix(".gpkg")
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    symbols = [None if entry.symbol is None else entry.symbol.to_json() for entry in classes]
    return {**wanted, "data": str(path), "symbols": symbols, "labels": labels}


def near(view: MapView, layer: FeatureLayer, rows: np.ndarray) -> np.ndarray:
    """Which rows may reach the picture, from their envelopes with a wide margin."""
    box = shapely.box(*view.frame.envelope)
    margin = 0.2 * max(view.frame.extent.width, view.frame.extent.height)
    back = Transformer.from_crs(view.frame.crs, layer.crs, always_xy=True)
    xmin, ymin, xmax, ymax = back.transform_bounds(*shapely.buffer(box, margin).bounds)
    if not np.isfinite([xmin, ymin, xmax, ymax]).all() or xmin >= xmax or view.frame.scale > 5e7:
        return np.ones(len(rows), dtype=bool)
    return shapely.intersects(layer.shapes.geometry[rows], shapely.box(xmin, ymin, xmax, ymax))


def picture_for_qgis(scene: Scene, view: MapView, folder: Path) -> dict[str, Any]:
    """A picture as QGIS is asked for it."""
    layers = []
    for number, shown in enumerate(view.layers):
        layer = layer_for_qgis(view, shown, folder / f"{scene.name}-{number}")
        if layer is not None:
            layers.append(layer)
    extent = view.frame.extent
    return {
        "layers": layers,
        "crs": f"EPSG:{scene.epsg}",
        "extent": [extent.xmin, extent.ymin, extent.xmax, extent.ymax],
        "size": scene.size,
        "background": view.background,
        "picture": str(folder / f"{scene.name}-qgis.png"),
    }


def symbols(views: Iterable[MapView]) -> Iterator[tuple[Symbol, bool]]:
    """Every symbol of some pictures once, and whether it is one of polygons."""
    seen = set()
    for view in views:
        for shown in view.layers:
            if isinstance(shown.layer, FeatureLayer) and shown.renderer is not None:
                for entry in drawn_classes(shown.layer, shown.renderer, view.frame.scale)[0]:
                    if entry.symbol is not None and entry.symbol not in seen:
                        seen.add(entry.symbol)
                        yield entry.symbol, shown.layer.geometry_type == "esriGeometryPolygon"


def swatches_for_qgis(
    views: Iterable[MapView], folder: Path
) -> tuple[list[np.ndarray], list[dict[str, Any]]]:
    """Our legend patches, and those that QGIS is asked for."""
    ours, asked = [], []
    for number, (symbol, polygon) in enumerate(symbols(views)):
        ours.append(swatch(symbol, polygon, PATCH, 96))
        asked.append({"symbol": symbol.to_json(), "picture": str(folder / f"swatch-{number}.png")})
    return ours, asked


def ask_qgis(task: dict[str, Any], folder: Path) -> str | None:
    """Have QGIS draw, and return why it did not."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        # It would write statistics beside the relief.
        "GDAL_PAM_ENABLED": "NO",
        "PYTHONPATH": "",
    }
    writer = Path(__file__).with_name("qgis_pictures.py")
    command = [QGIS_PYTHON, str(writer)]
    try:
        done = subprocess.run(
            command, input=json.dumps(task), env=environment, capture_output=True, text=True
        )
    except FileNotFoundError as missing:
        return str(missing)
    return f"it ended with {done.returncode}: {done.stderr[-600:]}" if done.returncode else None


def beside(left: Image.Image, right: Image.Image | None, zoom: int) -> Image.Image:
    """Two pictures of the same size beside each other; with a zoom their middles, enlarged."""
    pictures = [picture for picture in (left, right) if picture is not None]
    if zoom > 1:
        pictures = [enlarged(picture, zoom) for picture in pictures]
    width, height = pictures[0].size
    sheet = Image.new("RGB", (len(pictures) * (width + GAP) - GAP, height), "white")
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number * (width + GAP), 0))
    return sheet


def enlarged(picture: Image.Image, zoom: int) -> Image.Image:
    """The middle of a picture, as large as the picture, every pixel a square."""
    width, height = picture.size[0] // zoom, picture.size[1] // zoom
    left, top = (picture.size[0] - width) // 2, (picture.size[1] - height) // 2
    part = picture.crop((left, top, left + width, top + height))
    return part.resize((width * zoom, height * zoom), Image.Resampling.NEAREST)


def swatch_sheet(ours: list[np.ndarray], theirs: list[dict[str, Any]], zoom: int = 3) -> Image.Image:
    """The legend patches, ours in the upper row of each pair."""
    columns = 16
    cell = PATCH[0] + 8, 2 * PATCH[1] + 14
    rows = -(-len(ours) // columns)
    sheet = Image.new("RGB", (columns * cell[0], rows * cell[1]), "white")
    for number, (pixels, other) in enumerate(zip(ours, theirs, strict=True)):
        x, y = number % columns * cell[0] + 4, number // columns * cell[1] + 4
        patch = Image.fromarray(pixels)
        sheet.paste(patch, (x + (PATCH[0] - patch.width) // 2, y + (PATCH[1] - patch.height) // 2), patch)
        if Path(other["picture"]).exists():
            sheet.paste(Image.open(other["picture"]), (x, y + PATCH[1] + 3))
    return sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST)


def main() -> None:
    """Write the pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--only", default="", help="only scenes whose name holds this")
    arguments.add_argument("--zoom", type=int, default=1, help="show the middles so many times as large")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours: dict[str, Picture] = {}
        task: dict[str, Any] = {"pictures": []}
        for scene in SCENES:
            if options.only in scene.name:
                ours[scene.name] = export(catalog(scene.document), scene.query, DEFAULT_LIMITS)
                task["pictures"].append(picture_for_qgis(scene, ours[scene.name].view, folder))
        views = [picture.view for picture in ours.values()]
        patches, task["swatches"] = swatches_for_qgis(views, folder)
        problem = ask_qgis(task, folder)
        if problem:
            print(f"QGIS is left out (Debian package python3-qgis): {problem}", file=sys.stderr)
        for title, picture in ours.items():
            path = folder / f"{title}-qgis.png"
            theirs = Image.open(path).convert("RGB") if path.exists() else None
            mine = Image.open(io.BytesIO(picture.content)).convert("RGB")
            beside(mine, theirs, options.zoom).save(options.folder / f"{title}.png")
            print(options.folder / f"{title}.png")
        swatch_sheet(patches, task["swatches"]).save(options.folder / "swatches.png")


if __name__ == "__main__":
    main()
