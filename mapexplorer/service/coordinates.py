"""Read points from a table of text: a CSV file with columns of coordinates, or of well-known text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mapexplorer.service.sources import FeatureSource, SourceProblem, in_degrees, source_of

SUFFIX: Final = ".csv"
_X: Final = ("lon", "long", "lng", "longitude", "x", "x_coord", "point_x")
_Y: Final = ("lat", "latitude", "y", "y_coord", "point_y")
_TEXT: Final = ("wkt", "geometry", "geom", "the_geom")


def read_csv(path: Path) -> FeatureSource:
    """Read a CSV file whose columns say where its rows are; their coordinates are degrees where they can be.

    Raises `SourceProblem`.
    """
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        frame = pyogrio.read_dataframe(
            path,
            X_POSSIBLE_NAMES=",".join(_X),
            Y_POSSIBLE_NAMES=",".join(_Y),
            GEOM_POSSIBLE_NAMES=",".join(_TEXT),
            KEEP_GEOM_COLUMNS="NO",
            AUTODETECT_TYPE="YES",
        )
    except (DataSourceError, ValueError) as error:
        raise SourceProblem(f"{path.name} cannot be read as a table") from error
    if "geometry" not in frame.columns:
        raise SourceProblem(
            "no column says where a row is: expected columns called lon and lat, longitude and latitude, "
            "x and y, or wkt"
        )
    if frame.crs is None and in_degrees(frame.geometry.to_numpy()):
        frame = frame.set_crs(4326)
    return source_of(frame, mixed=True)
