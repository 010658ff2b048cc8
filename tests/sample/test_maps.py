"""The demo map documents: they load, name fields that exist and classes that fit the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow.parquet
import pytest

from mapexplorer.protocol import strict_json
from mapexplorer.sample import MAPS, NAMES, document_path
from mapexplorer.service.document import load_document

DOCUMENTS = {
    name: strict_json.loads(document_path(name).read_text(encoding="utf-8"), what=name) for name in NAMES
}


def _feature_layers() -> Iterator[Any]:
    for name, document in DOCUMENTS.items():
        for layer in document["layers"]:
            if layer["type"] == "Feature Layer":
                yield pytest.param(layer, id=f"{name}-{layer['name']}")


FEATURE_LAYERS = list(_feature_layers())


def table_of(layer: dict[str, Any]) -> pd.DataFrame:
    path = MAPS / layer["source"]
    fields = [name for name in pyarrow.parquet.read_schema(path).names if name != "geometry"]
    return pd.read_parquet(path, columns=fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_loads_without_faults_and_without_unknown_keys(name: str) -> None:
    checked = load_document(document_path(name))
    assert checked.document.name == name
    assert checked.warnings == ()
    assert checked.document.copyright_text
    assert checked.document.description


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="no demo map named 'moon'; there are storms, world, usa"):
        document_path("moon")


def test_the_folder_holds_exactly_the_named_documents() -> None:
    assert {path.stem for path in MAPS.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_data_source_is_credited_on_the_map(name: str) -> None:
    credits = {
        "countries": "Natural Earth",
        "places": "GeoNames, CC BY 4.0",
        "relief": "Tom Patterson",
        "storm_fixes": "NOAA",
        "us_counties": "Census Bureau",
        "us_airports": "airportsdata",
        "earthquakes": "Geological Survey",
    }
    for layer in DOCUMENTS[name]["layers"]:
        source = layer.get("source", "").removeprefix("data/").partition(".")[0]
        assert credits.get(source, "") in DOCUMENTS[name]["copyrightText"], source


@pytest.mark.parametrize("name", NAMES)
def test_the_initial_extent_suits_a_window_of_three_to_two(name: str) -> None:
    extent = DOCUMENTS[name]["initialExtent"]
    width, height = extent["xmax"] - extent["xmin"], extent["ymax"] - extent["ymin"]
    # The world is framed in degrees; in the Mercator projection of a web map it is three to two as well.
    assert width / height == pytest.approx(2.54 if name == "world" else 1.5, rel=0.01)


@pytest.mark.parametrize("layer", FEATURE_LAYERS)
def test_a_layer_names_existing_fields(layer: dict[str, Any]) -> None:
    fields = set(table_of(layer).columns)
    renderer = layer["drawingInfo"]["renderer"]
    time = layer.get("timeInfo", {})
    named = [
        layer["displayField"],
        renderer.get("field"),
        renderer.get("field1"),
        *(time.get(key) for key in ("startTimeField", "endTimeField", "trackIdField")),
        *(info["field"] for info in layer.get("rangeInfos", ())),
    ]
    assert {name for name in named if name} <= fields


@pytest.mark.parametrize("layer", FEATURE_LAYERS)
def test_a_range_spans_the_values_of_its_field(layer: dict[str, Any]) -> None:
    table = table_of(layer)
    for info in layer.get("rangeInfos", ()):
        low, high = info["fullRangeExtent"]
        values = table[info["field"]].dropna()
        assert low <= values.min()
        assert values.max() <= high


@pytest.mark.parametrize("layer", FEATURE_LAYERS)
def test_every_value_has_a_class(layer: dict[str, Any]) -> None:
    renderer = layer["drawingInfo"]["renderer"]
    table = table_of(layer)
    if renderer["type"] == "uniqueValue":
        groups = renderer.get("uniqueValueGroups", ())
        listed = {value for group in groups for item in group["classes"] for (value,) in item["values"]}
        listed |= {info["value"] for info in renderer.get("uniqueValueInfos", ())}
        assert set(table[renderer["field1"]]) == listed
    if renderer["type"] == "classBreaks":
        tops = [info["classMaxValue"] for info in renderer["classBreakInfos"]]
        assert tops == sorted(set(tops))
        assert table[renderer["field"]].max() <= tops[-1] or "definitionExpression" in layer


@pytest.mark.parametrize(
    ("name", "layer_id", "interval", "units", "first", "last"),
    [
        ("storms", 0, 1, "esriTimeUnitsMonths", "1975-06-27 00:00", "2022-11-11 18:00"),
        ("storms", 1, 1, "esriTimeUnitsMonths", "1975-06-27 00:00", "2022-11-11 18:00"),
        ("earthquakes", 1, 1, "esriTimeUnitsHours", "2018-01-31 01:49:59.650", "2018-02-07 01:26:13.840"),
    ],
)
def test_a_map_over_time_has_its_step_and_its_span(
    name: str, layer_id: int, interval: int, units: str, first: str, last: str
) -> None:
    layer = DOCUMENTS[name]["layers"][layer_id]
    time = layer["timeInfo"]
    table = table_of(layer)
    assert (time["timeInterval"], time["timeIntervalUnits"]) == (interval, units)
    assert table[time["startTimeField"]].min() == pd.Timestamp(first, tz="UTC")
    assert table[time["endTimeField"] or time["startTimeField"]].max() == pd.Timestamp(last, tz="UTC")


def test_one_wind_range_filters_fixes_and_tracks_together() -> None:
    fixes, tracks = DOCUMENTS["storms"]["layers"][:2]
    names = [{info["name"]: info["field"] for info in layer["rangeInfos"]} for layer in (fixes, tracks)]
    assert names[0] == {"wind": "wind_kt", "pressure": "pressure_hpa"}
    assert names[1] == {"wind": "max_wind_kt", "pressure": "min_pressure_hpa"}


def test_more_places_appear_when_zooming_in() -> None:
    places = [layer for layer in DOCUMENTS["world"]["layers"] if layer.get("source") == "data/places.parquet"]
    scales = {layer["name"]: layer.get("minScale", 0) for layer in places}
    assert scales["Large cities"] == 0
    assert scales["Cities"] > scales["Towns"] > 0


def test_relief_and_plain_land_take_turns_at_one_scale() -> None:
    relief = next(layer for layer in DOCUMENTS["world"]["layers"] if layer["type"] == "Raster Layer")
    land = next(layer for layer in DOCUMENTS["world"]["layers"] if layer["name"] == "Land")
    assert relief["maxScale"] == land["minScale"] > 0
