"""Tables of workspaces: feature sources, and tables without geometries that others are joined with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from mapexplorer.service.fields import OBJECT_ID, tidy
from mapexplorer.service.sources import SUFFIXES, FeatureSource, SourceProblem, read_source

PLAIN_SUFFIXES: Final = frozenset({".csv", ".dbf"})
_SEVERAL: Final = frozenset({".gpkg"})


@dataclass(frozen=True, eq=False)
class Table:
    """Rows under a name; `spatial` tells whether they have geometries at all."""

    name: str
    source: FeatureSource
    spatial: bool

    @property
    def rows(self) -> pd.DataFrame:
        """The attributes."""
        return self.source.table


def layers_of(path: Path) -> list[str]:
    """Return the names of the layers and tables of a file that may hold several; empty for all others."""
    import pyogrio

    if path.suffix.lower() not in _SEVERAL:
        return []
    try:
        return [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except (RuntimeError, ValueError):
        return []


def read_table(path: Path, layer: str | None, name: str) -> Table:
    """Read a feature source or a table without geometries. Raises `SourceProblem`."""
    title = layer or path.stem
    if path.suffix.lower() in SUFFIXES:
        plain = _read_plain_layer(path, layer)
        if plain is None:
            return Table(title, read_source(path, layer), spatial=True)
    else:
        plain = _read_plain_file(path)
    return Table(title, source_of_rows(plain), spatial=False)


def source_of_rows(rows: pd.DataFrame) -> FeatureSource:
    """Return a source without geometries."""
    table = tidy(rows)
    if OBJECT_ID not in table.columns:
        table.insert(0, OBJECT_ID, np.arange(1, len(table) + 1, dtype=np.int64))
    none = np.full(len(table), None, dtype=object)
    return FeatureSource(table, none, None, None, frozenset())


def _read_plain_file(path: Path) -> pd.DataFrame:
    """Read a table of a kind that never holds geometries."""
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path)
        import pyogrio

        rows: pd.DataFrame = pyogrio.read_dataframe(path, read_geometry=False)
        return rows
    except Exception as error:
        raise SourceProblem(f"{path.name} cannot be read") from error


def _read_plain_layer(path: Path, layer: str | None) -> pd.DataFrame | None:
    """Return a table without geometries of a file that may hold geometries; None when it has them."""
    import pyarrow.parquet
    import pyogrio

    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            if b"geo" in (pyarrow.parquet.read_schema(path).metadata or {}):
                return None
            return pd.read_parquet(path)
        info = pyogrio.read_info(path, layer=layer)
        if info.get("geometry_type") is not None:
            return None
        rows: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
        return rows
    except Exception as error:
        raise SourceProblem(f"{path.name} cannot be read") from error
