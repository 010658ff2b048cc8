"""Makes the table of the earthquake map from a week of the USGS feed."""

from __future__ import annotations

import json

import geopandas
import numpy as np
import pandas as pd
import shapely


def earthquakes(feed: bytes) -> geopandas.GeoDataFrame:
    """Returns one row an event, the strongest first, so that the smaller circles are drawn on top.

    Depth is in kilometres (small negative values lie above sea level), time in UTC. ``felt_reports`` is 0
    where nobody reported; ``kind`` tells earthquakes from explosions and quarry blasts.
    """
    events = json.loads(feed)["features"]
    facts = pd.DataFrame([event["properties"] for event in events])
    positions = np.array([event["geometry"]["coordinates"] for event in events], dtype=np.float64)
    table = pd.DataFrame(
        {
            "place": facts["place"].str.strip(),
            "magnitude": facts["mag"].astype("float64").round(2),
            "magnitude_type": facts["magType"].fillna("").str.strip().str.lower(),
            "depth_km": positions[:, 2].round(2),
            "time": pd.to_datetime(facts["time"], unit="ms", utc=True).dt.as_unit("ms"),
            "kind": facts["type"].str.strip(),
            "felt_reports": facts["felt"].fillna(0).astype("int32"),
            "tsunami": facts["tsunami"].astype("int16"),
        }
    )
    points = shapely.points(positions[:, 0].round(5), positions[:, 1].round(5))
    found = geopandas.GeoDataFrame(table, geometry=points, crs=4326)
    return found.sort_values("magnitude", ascending=False, kind="stable").reset_index(drop=True)
