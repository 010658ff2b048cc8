"""Makes the tables of the world maps: countries, coasts and borders, populated places, the graticule."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from mapexplorer.sample.antimeridian import cut_area, cut_line
from mapexplorer.sample.topojson import Boundary, Topology

CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}

NAMES = {
    "N. Cyprus": "Northern Cyprus",
    "Indian Ocean Ter.": "Christmas Island and Cocos Islands",
    "Ashmore and Cartier Is.": "Ashmore and Cartier Islands",
}
"""Names written out that the country facts do not know."""

CONTINENT_OF = {
    "Somaliland": "Africa",
    "Kosovo": "Europe",
    "N. Cyprus": "Asia",
    "Indian Ocean Ter.": "Asia",
    "Siachen Glacier": "Asia",
    "Ashmore and Cartier Is.": "Oceania",
}
"""Continents of the areas without a country code."""

SMALLEST_AREA = 10
"""Square kilometres below which no density is given: the areas are whole numbers (Monaco has 1)."""

NAMED_PARALLELS = {
    0.0: "Equator",
    23.436: "Tropic of Cancer",
    -23.436: "Tropic of Capricorn",
    66.564: "Arctic Circle",
    -66.564: "Antarctic Circle",
}


def countries(topology: bytes, facts: bytes) -> geopandas.GeoDataFrame:
    """Returns one row a country or territory, largest first: names, continent, population, density."""
    known = _facts_by_number(facts)
    rows = []
    for feature in Topology(json.loads(topology)).features("countries"):
        short = feature.properties["name"]
        fact = known.get(feature.id or "", {}) if short not in CONTINENT_OF else {}
        rows.append(
            {
                "name": fact.get("name", NAMES.get(short, short)).strip(),
                "iso3": fact.get("iso3", ""),
                "continent": CONTINENTS.get(fact.get("continentcode", ""), CONTINENT_OF.get(short, "")),
                "capital": fact.get("capital", "").strip(),
                "population": fact.get("population", 0),
                "area_km2": fact.get("areakm2", 0),
                "geometry": rounded(cut_area(feature.geometry)),
            }
        )
    frame = geopandas.GeoDataFrame(rows, crs=4326)
    inhabited = (frame["population"] > 0) & (frame["area_km2"] >= SMALLEST_AREA)
    density = (frame["population"] / frame["area_km2"].where(inhabited)).round(1)
    frame.insert(6, "people_per_km2", density)
    return frame.iloc[np.argsort(-shapely.area(frame.geometry.to_numpy()))].reset_index(drop=True)


def boundaries(topology: bytes, facts: bytes) -> geopandas.GeoDataFrame:
    """Returns the coasts and the borders between countries as lines, without the edges that maps cut."""
    known = _facts_by_number(facts)

    def title(boundary: Boundary) -> str:
        names = (known.get(side.id or "", {}).get("name", side.properties["name"]) for side in boundary.sides)
        return " – ".join(sorted(names))

    rows = [
        {"kind": "coast" if len(boundary.sides) == 1 else "border", "name": title(boundary), "geometry": line}
        for boundary in Topology(json.loads(topology)).boundaries("countries")
        for line in cut_line(boundary.line)
    ]
    frame = geopandas.GeoDataFrame(rows, crs=4326)
    frame.geometry = rounded(frame.geometry.to_numpy())
    return frame.sort_values(["kind", "name"], kind="stable").reset_index(drop=True)


def places(cities: bytes, facts: bytes) -> geopandas.GeoDataFrame:
    """Returns the places of 15,000 people and more, smallest first, so that large ones lie on top."""
    countries_by_code = {fact["iso"]: fact for fact in json.loads(facts).values()}
    records = [record for record in json.loads(cities).values() if record["population"] >= 15_000]
    capitals = _capitals(records, countries_by_code)
    frame = pd.DataFrame(
        {
            "name": [record["name"].strip() for record in records],
            "country": [
                countries_by_code.get(record["countrycode"], {}).get("name", "") for record in records
            ],
            "population": np.array([record["population"] for record in records], dtype=np.int64),
            "capital": np.array([record["geonameid"] in capitals for record in records], dtype=np.int16),
        }
    )
    points = shapely.points(
        [record["longitude"] for record in records], [record["latitude"] for record in records]
    )
    found = geopandas.GeoDataFrame(frame, geometry=rounded(points), crs=4326)
    return found.sort_values("population", kind="stable").reset_index(drop=True)


def graticule() -> geopandas.GeoDataFrame:
    """Returns meridians and parallels every 10 degrees and the five named parallels.

    ``step`` is the widest net that a line belongs to: 30 for every 30 degrees, 10 for the lines between,
    0 for the named parallels. The lines carry a vertex every 2 degrees, so that they bend in other
    projections.
    """
    rows: list[dict[str, Any]] = []
    latitudes = np.arange(-90, 91, 2.0)
    for degree in range(-180, 180, 10):
        line = shapely.LineString(np.column_stack([np.full_like(latitudes, degree), latitudes]))
        rows.append(_graticule_row("meridian", degree, "EW", line))
    longitudes = np.arange(-180, 181, 2.0)
    for degree in range(-80, 90, 10):
        if degree != 0:
            line = shapely.LineString(np.column_stack([longitudes, np.full_like(longitudes, degree)]))
            rows.append(_graticule_row("parallel", degree, "NS", line))
    for latitude, name in NAMED_PARALLELS.items():
        line = shapely.LineString(np.column_stack([longitudes, np.full_like(longitudes, latitude)]))
        rows.append(
            {"name": name, "kind": "named parallel", "degrees": latitude, "step": 0, "geometry": line}
        )
    return geopandas.GeoDataFrame(rows, crs=4326)


def rounded(geometry: Any) -> Any:
    """Returns geometries with coordinates of five decimals (about a metre), finer than all sources here."""
    return shapely.transform(geometry, lambda positions: np.round(positions, 5))


def _graticule_row(kind: str, degree: int, sides: str, line: shapely.LineString) -> dict[str, Any]:
    side = "" if degree in (0, -180) else f" {sides[0] if degree > 0 else sides[1]}"
    step = 30 if degree % 30 == 0 else 10
    return {
        "name": f"{abs(degree)}°{side}",
        "kind": kind,
        "degrees": float(degree),
        "step": step,
        "geometry": line,
    }


def _facts_by_number(facts: bytes) -> dict[str, Mapping[str, Any]]:
    return {f"{fact['isonumeric']:03d}": fact for fact in json.loads(facts).values()}


def _capitals(records: Iterable[Mapping[str, Any]], facts: Mapping[str, Mapping[str, Any]]) -> set[int]:
    """Returns the ids of the places named like their country's capital, the largest of that name."""
    best: dict[str, Mapping[str, Any]] = {}
    for record in records:
        code = record["countrycode"]
        capital = _plain(facts.get(code, {}).get("capital", ""))
        names = {_plain(record["name"]), *(_plain(name) for name in record["alternatenames"])}
        if not capital or capital not in names:
            continue
        exact = _plain(record["name"]) == capital
        rank = (exact, record["population"])
        if code not in best or rank > (_plain(best[code]["name"]) == capital, best[code]["population"]):
            best[code] = record
    return {record["geonameid"] for record in best.values()}


def _plain(name: str) -> str:
    """Folds case and accents and drops what differs between spellings: "Washington, D.C." is Washington."""
    letters = unicodedata.normalize("NFKD", name).casefold().replace(" city", "").split(",")[0]
    return "".join(letter for letter in letters if letter.isalnum())
