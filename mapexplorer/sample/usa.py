"""Makes the tables of the United States map: counties, states and airports."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

import geopandas
import pandas as pd
import shapely

from mapexplorer.sample.antimeridian import cut_area
from mapexplorer.sample.topojson import Topology
from mapexplorer.sample.world import rounded

RENAMED_COUNTIES = {"02270": "02158", "46113": "46102"}
"""County codes of 2009 and the codes that the same counties (Kusilvak, Oglala Lakota) have since 2015."""

KINDS = {True: "regional", False: "local"}


def counties(topology: bytes, unemployment: bytes) -> geopandas.GeoDataFrame:
    """Returns the counties of the boundary file with their labour market of 2009.

    Areas formed after 2009 and the smaller territories have no figures (null). Areas that the resolution of
    the boundary file collapses to a line (Falls Church, Virginia) are left out.
    """
    atlas = Topology(json.loads(topology))
    states = {state.id: state.properties["name"] for state in atlas.features("states")}
    figures = _figures(unemployment)
    rows = []
    for county in atlas.features("counties"):
        if county.geometry is None or county.geometry.is_empty or county.id is None:
            continue
        row: dict[str, Any] = {
            "fips": county.id,
            "name": county.properties["name"].strip(),
            "state": states[county.id[:2]],
        }
        rows.append({**row, **figures.get(county.id, {}), "geometry": rounded(cut_area(county.geometry))})
    frame = geopandas.GeoDataFrame(rows, crs=4326)
    counts = ["labor_force", "unemployed"]
    frame[counts] = frame[counts].astype("Int32")
    order = ["fips", "name", "state", *counts, "unemployment_rate", "geometry"]
    return frame[order].sort_values("fips").reset_index(drop=True)


def states(topology: bytes, counties: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Returns the states and territories with the sums over their counties."""
    sums = counties.groupby("state")[["labor_force", "unemployed"]].sum(min_count=1)
    sums["counties"] = counties.groupby("state").size().astype("int16")
    rate = sums["unemployed"].astype("Float64") / sums["labor_force"].astype("Float64") * 100
    sums["unemployment_rate"] = rate.round(1).astype("float64")
    rows = [
        {
            "fips": state.id,
            "name": state.properties["name"],
            **sums.loc[state.properties["name"]].to_dict(),
            "geometry": rounded(cut_area(state.geometry)),
        }
        for state in Topology(json.loads(topology)).features("states")
    ]
    frame = geopandas.GeoDataFrame(rows, crs=4326)
    whole = {"labor_force": "Int32", "unemployed": "Int32", "counties": "int16"}
    return frame.astype(whole).sort_values("fips").reset_index(drop=True)


def airports(table: bytes) -> geopandas.GeoDataFrame:
    """Returns the airports and landing strips of the United States, the international ones last (on top).

    ``kind`` is "international" (so named, with an IATA code), "regional" (with an IATA code) or "local".
    """
    frame = pd.read_csv(io.BytesIO(table), dtype=str, keep_default_na=False)
    frame = frame[frame["country"].isin(["US", "GU"])]
    coded = frame["iata"] != ""
    international = coded & frame["name"].str.contains("International", regex=False)
    found = pd.DataFrame(
        {
            "name": frame["name"].str.strip(),
            "city": frame["city"].str.strip(),
            "state": frame["subd"].str.strip(),
            "iata": frame["iata"],
            "icao": frame["icao"],
            "kind": coded.map(KINDS).where(~international, "international"),
            "elevation_ft": frame["elevation"].astype("float64").round().astype("int32"),
        }
    )
    points = shapely.points(frame["lon"].astype("float64"), frame["lat"].astype("float64"))
    located = geopandas.GeoDataFrame(found, geometry=rounded(points), crs=4326)
    rank = located["kind"].map({"local": 0, "regional": 1, "international": 2})
    return located.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def _figures(unemployment: bytes) -> dict[str, dict[str, Any]]:
    """Reads labour force, unemployed and rate by county code; the counts are written like "23,288  "."""
    figures = {}
    with gzip.open(io.BytesIO(unemployment), "rt", encoding="utf-8") as lines:
        for _, state, county, _, _, force, _, unemployed, rate in csv.reader(lines):
            code = state + county
            figures[RENAMED_COUNTIES.get(code, code)] = {
                "labor_force": _whole(force),
                "unemployed": _whole(unemployed),
                "unemployment_rate": float(rate),
            }
    return figures


def _whole(text: str) -> int:
    return int(text.strip().replace(",", ""))
