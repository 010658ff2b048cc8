"""What the benchmarks draw: features, the symbols of their classes, and the windows on them."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from mapexplorer.sample import document_path
from mapexplorer.sample.antimeridian import cut_area
from mapexplorer.sample.packages import Package, read_member
from mapexplorer.sample.topojson import Topology

SIZE = (1024, 768)
PALETTE = ((69, 117, 180), (145, 191, 219), (254, 224, 144), (252, 141, 89), (215, 48, 39))
WORLD_VERTICES = 545_000
DAY = 86_400_000
YEAR = pd.Timestamp("2025-01-01", tz="UTC")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Window:
    """A window on the map: longitude and latitude of its centre and its width in degrees."""

    name: str
    longitude: float
    latitude: float
    width: float

    def bbox(self, jitter: random.Random) -> Box:
        """The window, moved by up to a twentieth so that no answer can be a stored one."""
        x = self.longitude + self.width * jitter.uniform(-0.05, 0.05)
        y = self.latitude + self.width * jitter.uniform(-0.05, 0.05)
        half, tall = self.width / 2, self.width / 2 * SIZE[1] / SIZE[0]
        return x - half, y - tall, x + half, y + tall


COUNTRY = Window("whole country", -96, 38, 62)
REGION = Window("one region", -90, 38, 15)
COUNTIES = Window("a few counties", -93.5, 42, 3)


@dataclass(frozen=True)
class Dataset:
    """Features with a field `value` from 0 to 5, whole numbers of which part their five classes.

    `symbols` are the Esri symbols of the classes; `labelled` puts the field `name` beside every feature;
    `day` (milliseconds), where there is one, makes the layer aware of time.
    """

    name: str
    frame: geopandas.GeoDataFrame
    symbols: tuple[dict[str, Any], ...]
    windows: tuple[Window, ...]
    labelled: bool = False

    @property
    def classes(self) -> np.ndarray:
        """The number of the class of every feature, as text."""
        return np.maximum(np.ceil(self.frame["value"]).astype(int) - 1, 0).astype(str).to_numpy()

    @property
    def drawing_info(self) -> dict[str, Any]:
        """The drawingInfo of the layer."""
        infos = [
            {"classMaxValue": number + 1, "label": str(number), "symbol": symbol}
            for number, symbol in enumerate(self.symbols)
        ]
        info: dict[str, Any] = {
            "renderer": {"type": "classBreaks", "field": "value", "minValue": 0, "classBreakInfos": infos}
        }
        if self.labelled:
            font = {"family": "DejaVu Sans", "size": 9}
            halo = {"haloColor": [255, 255, 255, 255], "haloSize": 1}
            symbol = {"type": "esriTS", "color": [40, 40, 40, 255], "font": font, **halo}
            placement = "esriServerPointLabelPlacementAboveRight"
            label = {"labelPlacement": placement, "labelExpression": "[name]", "symbol": symbol}
            info["labelingInfo"] = [label]
        return info

    @property
    def document(self) -> dict[str, Any]:
        """The map document of a map with this one layer."""
        layer: dict[str, Any] = {
            "id": 0,
            "name": self.name,
            "type": "Feature Layer",
            "drawingInfo": self.drawing_info,
        }
        if "day" in self.frame:
            layer["timeInfo"] = {"startTimeField": "day"}
        return {"name": "scene", "spatialReference": {"wkid": 4326}, "layers": [layer]}


def line(color: tuple[int, ...], width: float, style: str = "esriSLSSolid") -> dict[str, Any]:
    """An Esri line symbol, its width in points."""
    return {"type": "esriSLS", "style": style, "color": [*color, 255], "width": width}


def fills(color: tuple[int, ...], width: float) -> tuple[dict[str, Any], ...]:
    """Five Esri fill symbols with outlines of one kind."""
    outline = line(color, width)
    return tuple(
        {"type": "esriSFS", "style": "esriSFSSolid", "color": [*fill, 255], "outline": outline}
        for fill in PALETTE
    )


def circles() -> tuple[dict[str, Any], ...]:
    """Five Esri circles of six pixels with a light outline."""
    shape = {"type": "esriSMS", "style": "esriSMSCircle", "size": 4.5, "outline": line((255, 255, 255), 0.5)}
    return tuple({**shape, "color": [*color, 255]} for color in PALETTE)


def counties() -> Dataset:
    """The counties of the sample in five classes of unemployment."""
    frame = geopandas.read_parquet(document_path("usa").parent / "data" / "us_counties.parquet")
    ranks = frame["unemployment_rate"].rank(pct=True).fillna(0.5)
    frame = geopandas.GeoDataFrame({"value": ranks * 5}, geometry=frame.geometry, crs=frame.crs)
    return Dataset("counties", frame, fills((110, 110, 110), 0.4), (COUNTRY, REGION, COUNTIES))


def points(count: int) -> Dataset:
    """Random points over the country in five classes, each on a day of one year."""
    numbers = np.random.default_rng(3)
    x, y = numbers.uniform(-125, -67, count), numbers.uniform(25, 49, count)
    columns = {
        "value": numbers.uniform(0, 5, count),
        "day": YEAR + pd.to_timedelta(numbers.integers(0, 365, count), unit="D"),
    }
    frame = geopandas.GeoDataFrame(columns, geometry=geopandas.points_from_xy(x, y), crs=4326)
    return Dataset(f"{count:,} points", frame, circles(), (COUNTRY, REGION, COUNTIES))


def dashed_lines(count: int = 50_000) -> Dataset:
    """Short dashed lines of ten vertices that wander over the country."""
    numbers = np.random.default_rng(5)
    start = np.column_stack([numbers.uniform(-125, -67, count), numbers.uniform(25, 49, count)])
    headings = numbers.uniform(0, 2 * np.pi, (count, 1)) + np.cumsum(
        numbers.normal(0, 0.4, (count, 9)), axis=1
    )
    steps = 0.05 * np.stack([np.cos(headings), np.sin(headings)], axis=2)
    paths = np.concatenate([start[:, None], start[:, None] + np.cumsum(steps, axis=1)], axis=1)
    frame = geopandas.GeoDataFrame(
        {"value": numbers.uniform(0, 5, count)}, geometry=shapely.linestrings(paths), crs=4326
    )
    symbols = tuple(line(color, 0.75, "esriSLSDash") for color in PALETTE)
    return Dataset(f"{count:,} dashed lines", frame, symbols, (COUNTRY, REGION, COUNTIES))


def world() -> Dataset:
    """The countries of the world in the finest detail there is: the 1:10 million areas of world-atlas.

    Where npm does not fetch them, the areas of the sample with as many vertices, put on their edges.
    """
    os.environ.setdefault("NPM_CONFIG_LOGLEVEL", "error")
    try:
        with tempfile.TemporaryDirectory() as folder:
            archive = Package("npm", "world-atlas", "2.0.2").archive_in(Path(folder))
            content = json.loads(read_member(archive, "package/countries-10m.json"))
        areas = [area.geometry for area in Topology(content).features("countries")]
        geometry = np.array([cut_area(area) for area in areas if not shapely.is_empty(area)], dtype=object)
    except (OSError, CalledProcessError):
        print("npm does not fetch world-atlas: the edges of the sample are densified", file=sys.stderr)
        sample = geopandas.read_parquet(document_path("world").parent / "data" / "countries.parquet")
        length = shapely.length(sample.geometry.to_numpy()).sum()
        geometry = shapely.segmentize(sample.geometry.to_numpy(), length / WORLD_VERTICES)
    value = np.arange(len(geometry)) % 5 + 0.5
    frame = geopandas.GeoDataFrame({"value": value}, geometry=geometry, crs=4326)
    windows = (
        Window("whole world", 0, 0, 355),
        Window("one continent", 15, 55, 50),
        Window("one coast", 8, 61, 8),
    )
    count = shapely.get_num_coordinates(geometry).sum()
    return Dataset(f"world, {count // 1000}k vertices", frame, fills((90, 90, 90), 0.5), windows)


def labelled(count: int = 500) -> Dataset:
    """Points with the names of large cities in a window on Europe."""
    places = geopandas.read_parquet(document_path("world").parent / "data" / "places.parquet")
    window = Window("one continent", 12, 49, 44)
    inside = places.cx[-8:32, 34:64].nlargest(count, "population")
    columns = {"value": np.arange(len(inside)) % 5 + 0.5, "name": inside["name"].to_numpy()}
    frame = geopandas.GeoDataFrame(columns, geometry=inside.geometry.to_numpy(), crs=4326)
    windows = (window, Window("one country", 10, 50, 14))
    return Dataset(f"{count} labels", frame, circles(), windows, labelled=True)


def datasets(wanted: str = "") -> Iterator[Dataset]:
    """Everything that is drawn and whose name holds what is wanted, the light before the heavy."""
    makers = {
        "counties": counties,
        "28,000 points": lambda: points(28_000),
        "50,000 dashed lines": dashed_lines,
        "world": world,
        "500 labels": labelled,
        "1,000,000 points": lambda: points(1_000_000),
    }
    for name, make in makers.items():
        if wanted in name:
            yield make()
