"""Which rows meet a frame: closed, exact, turned with the frame, in any reference system."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from mapexplorer.protocol import Extent, MapRequest, SpatialReference
from mapexplorer.service.frame import build_frame
from mapexplorer.service.projection import crs_of
from mapexplorer.service.shapes import Shapes


def meeting(scene, make, shapes, symbol=None, **parameters):
    drawn = scene([(shapes, make.simple(symbol or make.sfs()))])
    view = drawn.view(**parameters)
    layer = view.layers[0]
    return layer.layer.shapes.meeting(view.frame, layer.rows).tolist()


def test_a_point_on_the_edge_or_corner_counts(scene, make):
    places = [Point(0, 50), Point(100, 100), Point(50, 0), Point(-0.001, 50), Point(100.001, 50)]
    assert meeting(scene, make, places, make.sms()) == [0, 1, 2]


def test_a_point_on_the_edge_counts_far_from_the_origin(scene, make):
    places = [Point(1e7 + 0.1, 2e6), Point(1e7 + 0.3, 2e6), Point(1e7 + 0.31, 2e6)]
    box_ = (1e7 + 0.1, 2e6 - 0.1, 1e7 + 0.3, 2e6 + 0.1)
    assert meeting(scene, make, places, make.sms(), bbox=box_) == [0, 1]


def test_geometry_counts_not_its_envelope(scene, make):
    bent = LineString([(-10, 50), (-10, 110), (50, 110)])
    across = LineString([(-40, 70), (30, 140)])
    corner = LineString([(-30, 80), (60, 170)])
    through = LineString([(-20, 50), (120, 50)])
    assert meeting(scene, make, [bent, across, corner, through], make.sls()) == [3]


def test_a_polygon_round_the_whole_frame_counts_and_its_hole_does_not(scene, make):
    around = box(-50, -50, 150, 150)
    hole = Polygon(around.exterior, [box(-10, -10, 110, 110).exterior.coords])
    assert meeting(scene, make, [around, hole, box(100, 100, 200, 200)]) == [0, 2]


def test_a_multipoint_counts_when_one_of_its_points_is_inside(scene, make):
    places = [MultiPoint([(-10, 50), (110, 50)]), MultiPoint([(-10, 50), (50, 50)])]
    assert meeting(scene, make, places, make.sms()) == [1]


@pytest.mark.parametrize("rotation", [45, -45, 135])
def test_the_turned_frame_counts(scene, make, rotation):
    places = [Point(1, 1), Point(50, 50 + 70.7), Point(50, 50 - 70.72), Point(99, 99), Point(120.6, 50)]
    assert meeting(scene, make, places, make.sms(), rotation=rotation) == [1, 4]


def test_only_the_rows_asked_for_are_judged(scene, make):
    drawn = scene([([Point(x, 50) for x in range(10)], make.simple(make.sms()))])
    view = drawn.view()
    shapes = view.layers[0].layer.shapes
    assert shapes.meeting(view.frame, np.array([2, 5])).tolist() == [2, 5]
    assert shapes.meeting(view.frame, np.array([], dtype=np.int64)).tolist() == []


def test_a_frame_in_another_system_is_understood(scene, make):
    drawn = scene([([Point(10, 50), Point(30, 50)], make.simple(make.sms()), {"crs": 4326})], wkid=4326)
    view = drawn.view(bbox=(4.0e6, 2.7e6, 4.6e6, 3.3e6), bbox_sr=3035, image_sr=3035)
    assert view.layers[0].layer.shapes.meeting(view.frame, view.layers[0].rows).tolist() == [0]


@pytest.mark.parametrize("rotation", [0, 33])
def test_the_rows_agree_with_an_exact_test_of_each(scene, make, rotation):
    rng = np.random.default_rng(3)
    shapes = [
        Point(place).buffer(reach)
        for place, reach in zip(rng.uniform(-40, 140, (300, 2)), rng.uniform(0.1, 25, 300), strict=True)
    ]
    drawn = scene([(shapes, make.simple(make.sfs()))])
    view = drawn.view(rotation=rotation)
    expected = np.flatnonzero(shapely.intersects(view.frame.polygon, np.array(shapes, dtype=object)))
    layer = view.layers[0]
    assert layer.layer.shapes.meeting(view.frame, layer.rows).tolist() == expected.tolist()


def frame_in(wkid):
    request = MapRequest(bbox=(0, 50, 1, 51), bbox_sr=4326, image_sr=wkid)
    return build_frame(request, SpatialReference(wkid=4326), Extent(-180, -90, 180, 90))


def test_threads_share_one_projection():
    cells = [box(x, y, x + 1, y + 1) for x in range(30) for y in range(30)]
    shapes = Shapes(np.array(cells, dtype=object), crs_of(SpatialReference(wkid=4326)))
    frame = frame_in(3035)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shapes.in_system(frame).at(50_000.0), range(32)))
    assert all(one is found[0] for one in found)


def test_only_a_few_systems_are_kept():
    shapes = Shapes(np.array([box(0, 0, 1, 1)], dtype=object), crs_of(SpatialReference(wkid=4326)))
    first = shapes.in_system(frame_in(3857))
    for wkid in (3035, 3031, 102004):
        shapes.in_system(frame_in(wkid))
    assert shapes.in_system(frame_in(3857)) is not first


def test_no_geometry_has_no_bounds():
    assert Shapes(np.array([None, None], dtype=object), crs_of(SpatialReference(wkid=4326))).bounds is None
    assert Shapes(
        np.array([box(1, 2, 3, 4), None], dtype=object), crs_of(SpatialReference(wkid=4326))
    ).bounds == (
        1,
        2,
        3,
        4,
    )
