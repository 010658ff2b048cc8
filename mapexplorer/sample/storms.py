"""Makes the tables of the storm map: the fixes of Atlantic tropical cyclones and their tracks."""

from __future__ import annotations

import lzma

import geopandas
import numpy as np
import pandas as pd
import shapely

from mapexplorer.sample.frame_stream import read_frame

STAGES = {
    "tropical depression": "Tropical depression",
    "tropical storm": "Tropical storm",
    "subtropical depression": "Subtropical",
    "subtropical storm": "Subtropical",
    "extratropical": "Extratropical",
    "disturbance": "Low or wave",
    "tropical wave": "Low or wave",
    "other low": "Low or wave",
}
"""Stage by the status word of the best-track table; hurricanes are staged by their category."""

_GAP = pd.Timedelta(days=6)
"""The longest silence within one storm; the table itself has none above three and a half days."""


def fixes(stored_table: bytes) -> geopandas.GeoDataFrame:
    """Returns one row a fix: storm, time (UTC), stage, category, wind (knots), pressure (hPa).

    The rows are ordered by wind, so that the strong fixes are drawn on top of the weak ones.
    """
    frame = _with_storms(read_frame(lzma.decompress(stored_table)))
    category = frame["category"].fillna(0).astype("int16")
    table = pd.DataFrame(
        {
            "storm_id": frame["storm_id"],
            "name": frame["name"].str.strip(),
            "year": frame["season"].astype("int16"),
            "time": frame["time"],
            "stage": frame["status"].map(STAGES).where(category == 0, "Category " + category.astype(str)),
            "category": category,
            "wind_kt": frame["wind"].astype("int16"),
            "pressure_hpa": frame["pressure"].astype("int16"),
        }
    )
    points = shapely.points(frame["long"].to_numpy(), frame["lat"].to_numpy())
    found = geopandas.GeoDataFrame(table, geometry=points, crs=4326)
    return found.sort_values(["wind_kt", "time"], kind="stable").reset_index(drop=True)


def tracks(fixes: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Returns one line a storm with first and last time, strongest wind, lowest pressure; weakest first."""
    ordered = fixes.sort_values(["storm_id", "time"], kind="stable")
    storms = ordered.groupby("storm_id", sort=True)
    table = storms.agg(
        name=("name", "first"),
        year=("year", "first"),
        start_time=("time", "min"),
        end_time=("time", "max"),
        category=("category", "max"),
        max_wind_kt=("wind_kt", "max"),
        min_pressure_hpa=("pressure_hpa", "min"),
    ).reset_index()
    sizes = storms.size().to_numpy()
    lines = shapely.linestrings(
        shapely.get_coordinates(ordered.geometry.to_numpy()), indices=np.repeat(np.arange(len(sizes)), sizes)
    )
    found = geopandas.GeoDataFrame(table, geometry=lines, crs=4326)
    return found.sort_values(["max_wind_kt", "start_time"], kind="stable").reset_index(drop=True)


def _with_storms(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds the time of each fix and tells the storms apart.

    The source has no storm number: a new storm begins where the name changes or after a long silence. A storm
    that lives past the turn of the year (Zeta of 2005) keeps the season in which it began.
    """
    time = pd.to_datetime(frame[["year", "month", "day", "hour"]]).dt.tz_localize("UTC").dt.as_unit("ms")
    new = (frame["name"] != frame["name"].shift()) | ((time - time.shift()).abs() > _GAP)
    number = new.cumsum()
    season = frame["year"].groupby(number).transform("first")
    storm_id = number.groupby(season).transform(lambda group: group - group.iloc[0] + 1)
    label = season.astype(str) + "-" + storm_id.astype(str).str.zfill(2)
    return frame.assign(time=time, season=season, storm_id=label)
