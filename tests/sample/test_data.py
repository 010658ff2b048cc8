"""The committed data: known facts, typed and lean attributes, sizes, licence notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely

from mapexplorer.sample import MAPS

DATA = MAPS / "data"
FILES = sorted(DATA.iterdir())
TABLES = sorted(DATA.glob("*.parquet"))
LICENSES = (MAPS.parent / "LICENSES.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table() -> Callable[[str], geopandas.GeoDataFrame]:
    """Reads a committed table, each once."""
    read: dict[str, geopandas.GeoDataFrame] = {}

    def by_name(name: str) -> geopandas.GeoDataFrame:
        if name not in read:
            read[name] = geopandas.read_parquet(DATA / f"{name}.parquet")
        return read[name]

    return by_name


Table = Callable[[str], geopandas.GeoDataFrame]


def row(frame: geopandas.GeoDataFrame, **wanted: Any) -> pd.Series:
    """The one row with these values."""
    for field, value in wanted.items():
        frame = frame[frame[field] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < 8_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_is_large_and_each_has_its_licence_note(path: Path) -> None:
    assert path.stat().st_size < 1_500_000
    assert path.name in LICENSES


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_geometries_are_valid_degrees_and_texts_trimmed(path: Path) -> None:
    frame = geopandas.read_parquet(path)
    assert frame.crs.to_epsg() == 4326
    assert bool(frame.geometry.notna().all())
    assert bool(frame.is_valid.all())
    west, south, east, north = frame.total_bounds
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    for name in frame.select_dtypes("string"):
        assert bool((frame[name] == frame[name].str.strip()).all()), name


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("countries", 241),
        ("places", 33_961),
        ("storm_fixes", 19_537),
        ("storm_tracks", 654),
        ("us_counties", 3_230),
        ("us_states", 56),
        ("us_airports", 12_581),
        ("earthquakes", 1_707),
        ("graticule", 57),
        ("lakes", 275),
        ("rivers", 464),
    ],
)
def test_the_tables_have_the_rows_of_their_sources(table: Table, name: str, rows: int) -> None:
    assert len(table(name)) == rows


@pytest.mark.parametrize(
    ("name", "types"),
    [
        (
            "storm_fixes",
            {
                "storm_id": "str",
                "name": "str",
                "year": "int16",
                "time": "datetime64[ms, UTC]",
                "stage": "str",
                "category": "int16",
                "wind_kt": "int16",
                "pressure_hpa": "int16",
            },
        ),
        (
            "earthquakes",
            {
                "place": "str",
                "magnitude": "float64",
                "magnitude_type": "str",
                "depth_km": "float64",
                "time": "datetime64[ms, UTC]",
                "kind": "str",
                "felt_reports": "int32",
                "tsunami": "int16",
            },
        ),
        ("places", {"name": "str", "country": "str", "population": "int64", "capital": "int16"}),
    ],
)
def test_attributes_are_few_and_typed(table: Table, name: str, types: dict[str, str]) -> None:
    found = table(name).drop(columns="geometry").dtypes.astype(str).to_dict()
    text = {"object": "str", "string": "str"}
    assert {field: text.get(kind, kind) for field, kind in found.items()} == types


@pytest.mark.parametrize(
    ("name", "year", "wind", "pressure", "category"),
    [("Katrina", 2005, 150, 902, 5), ("Andrew", 1992, 150, 922, 5), ("Wilma", 2005, 160, 882, 5)],
)
def test_a_known_hurricane_has_its_recorded_peak(
    table: Table, name: str, year: int, wind: int, pressure: int, category: int
) -> None:
    track = row(table("storm_tracks"), name=name, year=year)
    assert (track["max_wind_kt"], track["min_pressure_hpa"], track["category"]) == (wind, pressure, category)


def test_katrina_has_its_fix_at_its_peak_and_its_days(table: Table) -> None:
    fixes = table("storm_fixes")
    katrina = fixes[(fixes["name"] == "Katrina") & (fixes["year"] == 2005)]
    assert len(katrina) == 34
    peak = katrina.sort_values("wind_kt").iloc[-1]
    assert (peak["time"], peak["stage"]) == (pd.Timestamp("2005-08-28 18:00", tz="UTC"), "Category 5")
    assert (peak.geometry.x, peak.geometry.y) == (-88.6, 26.3)
    track = row(table("storm_tracks"), name="Katrina", year=2005)
    assert track["start_time"] == pd.Timestamp("2005-08-23 18:00", tz="UTC")
    assert track["end_time"] == pd.Timestamp("2005-08-31 06:00", tz="UTC")
    assert len(track.geometry.coords) == 34


def test_the_storm_record_runs_from_1975_to_2022_and_over_a_turn_of_the_year(table: Table) -> None:
    times = table("storm_fixes")["time"]
    assert (times.min().year, times.max().year) == (1975, 2022)
    zeta = row(table("storm_tracks"), name="Zeta", year=2005)
    assert (zeta["start_time"].year, zeta["end_time"].year) == (2005, 2006)


def test_every_fix_belongs_to_a_track_and_strong_fixes_lie_on_top(table: Table) -> None:
    fixes = table("storm_fixes")
    assert set(fixes["storm_id"]) == set(table("storm_tracks")["storm_id"])
    assert bool(fixes["wind_kt"].is_monotonic_increasing)
    assert bool(((fixes["category"] > 0) == fixes["stage"].str.startswith("Category")).all())


@pytest.mark.parametrize(
    ("state", "counties"), [("California", 58), ("Texas", 254), ("Delaware", 3), ("Georgia", 159)]
)
def test_a_state_has_its_number_of_counties(table: Table, state: str, counties: int) -> None:
    assert (table("us_counties")["state"] == state).sum() == counties
    assert row(table("us_states"), name=state)["counties"] == counties


@pytest.mark.parametrize(
    ("fips", "name", "rate"),
    [("06037", "Los Angeles", 12.7), ("06025", "Imperial", 30.1), ("46102", "Oglala Lakota", 12.6)],
)
def test_a_county_has_its_unemployment_rate(table: Table, fips: str, name: str, rate: float) -> None:
    county = row(table("us_counties"), fips=fips)
    assert (county["name"], county["unemployment_rate"]) == (name, rate)
    assert county["unemployed"] / county["labor_force"] * 100 == pytest.approx(rate, abs=0.06)


def test_areas_without_figures_have_none(table: Table) -> None:
    counties = table("us_counties")
    unknown = counties[counties["unemployment_rate"].isna()]
    assert len(unknown) == 17
    assert set(unknown["state"]) >= {"Guam", "American Samoa", "Alaska"}
    assert bool(unknown["labor_force"].isna().all())


@pytest.mark.parametrize(
    ("country", "iso3", "continent"),
    [
        ("France", "FRA", "Europe"),
        ("Democratic Republic of the Congo", "COD", "Africa"),
        ("Kosovo", "", "Europe"),
        ("Fiji", "FJI", "Oceania"),
        ("Russia", "RUS", "Europe"),
    ],
)
def test_a_country_has_its_full_name_code_and_continent(
    table: Table, country: str, iso3: str, continent: str
) -> None:
    found = row(table("countries"), name=country)
    assert (found["iso3"], found["continent"]) == (iso3, continent)


def test_no_country_spans_the_map_unless_it_touches_180(table: Table) -> None:
    bounds = table("countries").geometry.explode().bounds
    assert (bounds["maxx"] - bounds["minx"]).nlargest(3).iloc[1:].max() < 160


def test_antarctica_reaches_the_pole_without_a_coast_there(table: Table) -> None:
    assert row(table("countries"), name="Antarctica").geometry.bounds[1] == -90
    assert table("boundaries").total_bounds[1] > -86


def test_a_border_is_named_after_both_sides(table: Table) -> None:
    boundaries = table("boundaries")
    assert set(boundaries["kind"]) == {"coast", "border"}
    assert "France – Spain" in set(boundaries.loc[boundaries["kind"] == "border", "name"])
    assert "Iceland" in set(boundaries.loc[boundaries["kind"] == "coast", "name"])


def test_the_largest_places_and_the_capitals_are_known(table: Table) -> None:
    places = table("places")
    assert places["population"].min() >= 15_000
    assert places.iloc[-1]["name"] == "Shanghai"
    capitals = places[places["capital"] == 1]
    assert len(capitals) == 204
    assert {"Berlin", "Canberra", "Brasília", "Washington", "Ottawa", "Nairobi"} <= set(capitals["name"])
    assert bool((capitals.groupby("country").size() == 1).all())


def test_the_graticule_has_its_nets(table: Table) -> None:
    lines = table("graticule")
    assert lines.groupby(["kind", "step"]).size().to_dict() == {
        ("meridian", 10): 24,
        ("meridian", 30): 12,
        ("named parallel", 0): 5,
        ("parallel", 10): 12,
        ("parallel", 30): 4,
    }
    assert row(lines, name="Tropic of Cancer").geometry.bounds == (-180, 23.436, 180, 23.436)


def test_the_great_lakes_are_among_the_largest(table: Table) -> None:
    superior = table("lakes").iloc[0]
    assert superior["area_km2"] == pytest.approx(82_100, rel=0.03)
    assert superior.geometry.covers(shapely.Point(-87.5, 47.7))


def test_no_water_is_drawn_twice(table: Table) -> None:
    lakes = table("lakes")
    middles = lakes.geometry.representative_point()
    pairs = lakes.sindex.query(middles, predicate="within")
    assert pairs.shape[1] == len(lakes)


@pytest.mark.parametrize(("iata", "kind"), [("JFK", "international"), ("SBA", "regional")])
def test_an_airport_has_its_kind(table: Table, iata: str, kind: str) -> None:
    assert row(table("us_airports"), iata=iata)["kind"] == kind


def test_the_earthquakes_are_a_week_of_early_2018(table: Table) -> None:
    quakes = table("earthquakes")
    assert quakes["time"].min() == pd.Timestamp("2018-01-31 01:49:59.650", tz="UTC")
    assert quakes["time"].max() == pd.Timestamp("2018-02-07 01:26:13.840", tz="UTC")
    assert (quakes.iloc[0]["magnitude"], quakes.iloc[0]["place"]) == (6.4, "22km NNE of Hualian, Taiwan")
    assert set(quakes["kind"]) == {"earthquake", "explosion", "quarry blast"}
    assert quakes["depth_km"].max() == 573.76
