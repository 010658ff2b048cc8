"""Generalised lines and polygons in half the memory, where that moves nothing that could be seen."""

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from mapexplorer.service.render.packed import Packed
from mapexplorer.service.render.ragged import generalised, ragged_of
from mapexplorer.service.shapes import Projection

HOLED = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior.coords])
AREAS = [HOLED, None, MultiPolygon([box(40, 0, 50, 10), box(60, 0, 70, 10)]), box(-1e3, 5, -990, 9)]
LINES = [LineString([(0, 0), (9, 9), (18, 3)]), None, LineString([(1e3, 1e3), (1e3, -1e3)])]


@pytest.mark.parametrize("shapes", [AREAS, LINES])
@pytest.mark.parametrize("shift", [0.0, 5e6])
def test_what_is_packed_comes_out_as_it_was(shapes, shift):
    moved = shapely.transform(np.array(shapes, dtype=object), lambda places: places + shift)
    ragged = ragged_of(moved)
    packed = Packed.of(ragged, 0.05)
    assert isinstance(packed, Packed)
    every = packed.take_features(np.ones(len(ragged.feature_rows), dtype=bool))
    assert np.abs(every.vertices - ragged.vertices).max() < 0.05 / 32
    assert np.abs(packed.bounds - ragged.bounds).max() < 0.05 / 32
    for name in ("rings", "parts", "rows", "features", "feature_rows"):
        assert getattr(every, name).tolist() == getattr(ragged, name).tolist()
    last = np.arange(len(ragged.feature_rows)) == len(ragged.feature_rows) - 1
    assert packed.take_features(last).rows.tolist() == ragged.take_features(last).rows.tolist()


@pytest.mark.parametrize(("tolerance", "packs"), [(0.1, True), (1e-5, False)])
def test_it_is_not_packed_where_that_would_be_seen(tolerance, packs):
    assert isinstance(Packed.of(ragged_of(np.array(AREAS, dtype=object)), tolerance), Packed) is packs


def test_points_and_nothing_are_left_as_they_are():
    for shapes in ([shapely.Point(1, 2)], [None], []):
        ragged = ragged_of(np.array(shapes, dtype=object))
        assert Packed.of(ragged, 1.0) is ragged


def test_it_takes_about_half_the_memory():
    coast = LineString(np.random.default_rng(1).normal(0, 1, (10_000, 2)).cumsum(axis=0))
    level = generalised(ragged_of(np.array([coast])), 0.5)
    assert Packed.of(level, 0.5).nbytes < 0.55 * level.nbytes


def test_levels_of_many_scales_stay_within_the_bytes_of_the_coordinates():
    coast = LineString(np.random.default_rng(1).normal(0, 1, (20_000, 2)).cumsum(axis=0))
    full = ragged_of(np.array([coast]))
    projection = Projection(full, 1)
    for scale in range(-3, 12):
        projection.at(2.0**scale)
    assert 0 < projection.nbytes <= full.vertices.nbytes
