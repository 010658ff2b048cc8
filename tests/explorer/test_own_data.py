"""What a person brings along: GeoDataFrames and files of any geometry, shown and filtered."""

import geopandas
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiPoint, Point, box

from mapexplorer import connect, explore

POINTS = geopandas.GeoDataFrame(
    {"n": range(5), "day": pd.date_range("2020-01-01", periods=5)},
    geometry=[Point(10 * i, 5 * i) for i in range(5)],
    crs=4326,
)
LINES = geopandas.GeoDataFrame({"k": [1]}, geometry=[LineString([(0, 0), (40, 20)])], crs=4326)
MIXED = geopandas.GeoDataFrame(
    {"k": [1, 2, 3, 4]},
    geometry=[box(0, 0, 9, 9), Point(5, 5), LineString([(0, 0), (9, 9)]), MultiPoint([(1, 1), (2, 2)])],
    crs=4326,
)


@pytest.fixture
def shown():
    explorers = []

    def show(target):
        explorers.append(explore(target))
        return explorers[-1]

    yield show
    for explorer in explorers:
        explorer.close()


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (POINTS, ["data"]),
        ({"Places": POINTS, "Ways": LINES}, ["Places", "Ways"]),
        (MIXED, ["data (points)", "data (lines)", "data (areas)"]),
    ],
    ids=["a frame", "named frames", "mixed geometries"],
)
def test_geodataframes_are_shown_with_a_layer_for_each_kind(shown, target, names):
    explorer = shown(target)
    answer = explorer.run_now(20)
    assert answer.error is None
    assert [layer.layer_name for layer in answer.legend.layers] == names
    assert all(layer.legend for layer in answer.legend.layers)
    assert len(answer.export.image.convert("RGB").getcolors(100_000)) > 3


def test_a_filter_on_own_data_leaves_what_it_names(shown):
    explorer = shown(POINTS)
    everything = explorer.run_now(20).export.content
    explorer.parameters.layer_defs = {0: "n > 9"}
    nothing = explorer.run_now(20)
    assert nothing.export.content != everything
    assert [len(layer.legend) for layer in nothing.legend.layers] == [0]


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet"])
def test_a_file_of_mixed_geometries_opens_as_well(tmp_path, suffix):
    path = tmp_path / f"mix.{suffix}"
    MIXED.to_parquet(path) if suffix == "parquet" else MIXED.to_file(path)
    assert list(connect(path).layers["name"]) == ["mix (points)", "mix (lines)", "mix (areas)"]


def test_an_explorer_that_cannot_begin_leaves_nothing_behind():
    with pytest.raises(Exception, match="expected one of"):
        explore("sample:nowhere")
    with pytest.raises(Exception, match="expected a GeoDataFrame"):
        explore({"Table": pd.DataFrame({"a": [1]})})
