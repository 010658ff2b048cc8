"""Data in degrees look right in every projection: no streaks, nothing lost but what has no place."""

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from mapexplorer.protocol import SpatialReference
from mapexplorer.service.projection import crs_of
from mapexplorer.service.render.domain import densified, projected
from mapexplorer.service.render.ragged import generalised, ragged_of

DEGREES = crs_of(SpatialReference(wkid=4326))
CELLS = [
    box(west, south, west + 10, south + 10) for west in range(-180, 180, 10) for south in range(-90, 90, 10)
]
MERIDIANS = [LineString([(x, -90), (x, 90)]) for x in range(-180, 180, 30)]
PARALLELS = [LineString([(-180, y), (180, y)]) for y in range(-80, 90, 20)]

WORLD = {
    3857: (-20037508.34, -20037508.34, 20037508.34, 20037508.34),
    54030: (-17005833.33, -8625154.67, 17005833.33, 8625154.67),
    102004: (-9e6, -6e6, 9e6, 9e6),
    3035: (-4e6, -4e6, 12e6, 12e6),
    3031: (-1e7, -1e7, 1e7, 1e7),
    3995: (-1e7, -1e7, 1e7, 1e7),
    3832: (-20037508.34, -15000000, 20037508.34, 15000000),
    54009: (-18040095.7, -9020047.8, 18040095.7, 9020047.8),
}


def array(*shapes):
    geometries = np.empty(len(shapes), dtype=object)
    geometries[:] = shapes
    return geometries


def image(shapes, wkid):
    return projected(ragged_of(array(*shapes)), DEGREES, crs_of(SpatialReference(wkid=wkid)))


def longest_edge(ragged):
    step = np.hypot(*np.diff(ragged.vertices, axis=0).T)
    step[ragged.rings[1:-1] - 1] = 0
    return step.max()


@pytest.mark.parametrize("wkid", WORLD)
def test_cells_of_the_whole_world_stay_cells_in_the_window(wkid):
    cells = image(CELLS, wkid)
    assert np.isfinite(cells.vertices).all()
    window = shapely.box(*WORLD[wkid])
    seen = cells.part_geometries()
    seen = seen[shapely.intersects(seen, window)]
    clipped = shapely.clip_by_rect(seen, *WORLD[wkid])
    # Cells never overlap: their areas add up to that of their union, and none reaches over the whole world.
    total = shapely.area(clipped).sum()
    assert total <= window.area * 1.005
    assert shapely.area(clipped).max() < window.area / 8


@pytest.mark.parametrize("wkid", WORLD)
def test_a_graticule_has_no_streaks(scene, make, wkid):
    drawn = scene(
        [([*MERIDIANS, *PARALLELS], make.simple(make.sls("Solid", 0.75)), {"crs": 4326})],
        wkid=wkid,
    )
    ink = drawn.ink(bbox=WORLD[wkid], size=(300, 300), dpi=72)
    assert 0.005 < ink.mean() < 0.12


@pytest.mark.parametrize("wkid", WORLD)
def test_the_map_of_the_world_is_covered_without_gaps(scene, make, wkid):
    symbol = make.sfs(color=(0, 0, 0, 255), outline=make.sls("Solid", 1))
    drawn = scene([(CELLS, make.simple(symbol), {"crs": 4326})], wkid=wkid)
    ink = drawn.ink(bbox=WORLD[wkid], size=(200, 200))
    full = {3857: 1, 3832: 0.98, 54030: 0.85, 54009: np.pi / 4, 102004: 0.8, 3035: 0.95, 3031: 1, 3995: 1}[
        wkid
    ]
    height = {54030: 0.507, 54009: 0.5, 3832: 0.75}.get(wkid, 1)
    assert ink.mean() > full * height * 0.95


@pytest.mark.parametrize(
    ("wkid", "seam"), [(102004, 84.0), (3832, -30.0), (54030, 180.0)], ids=["Lambert", "Pacific", "Robinson"]
)
def test_a_polygon_over_the_seam_is_cut_there(wkid, seam):
    whole = image([box(seam - 20, 10, seam + 20, 40)], wkid)
    halves = image(
        [box(seam - 20, 10, seam - 1e-7, 40), box(seam + 1e-7 - 360, 10, seam + 20 - 360, 40)], wkid
    )
    assert len(whole.rows) == 2
    area = shapely.area(whole.part_geometries())
    assert np.sort(area) == pytest.approx(np.sort(shapely.area(halves.part_geometries())), rel=1e-3)


def test_a_polygon_round_the_point_opposite_the_centre_does_not_fill_the_map():
    # The centre of EPSG:3035 is 10° east, 52° north.
    around = image([box(-180, -62, -160, -42)], 3035)
    centre = Point(4321000, 3210000)
    assert not shapely.intersects(around.part_geometries(), centre).any()
    assert shapely.area(around.part_geometries()).sum() < 0.02 * np.pi * 12.7e6**2


def test_antarctica_reaches_the_lower_edge_of_web_mercator(scene, make):
    coast = [(-180, -90), (-180, -75), (-60, -70), (60, -68), (180, -75), (180, -90), (-180, -90)]
    drawn = scene([([Polygon(coast)], make.simple(make.sfs()), {"crs": 4326})], wkid=3857)
    ink = drawn.ink(bbox=WORLD[3857], size=(200, 200))
    assert ink[190:].min() == 1
    assert ink[:145].max() == 0


def test_points_without_a_place_are_left_out():
    points = image([Point(0, 0), Point(0, -90), Point(5, 5)], 102004)
    assert points.rows.tolist() == [0, 2]
    assert np.isfinite(points.vertices).all()


def test_long_edges_bend_with_the_projection():
    parallel = image([LineString([(-30, 60), (50, 60)])], 3035)
    assert len(parallel.vertices) > 70
    assert longest_edge(parallel) < 120_000


def test_edges_are_divided_evenly_and_short_ones_left_alone():
    line = ragged_of(array(LineString([(0, 0), (10, 0), (10.5, 0)])))
    dense = densified(line, 3.0)
    assert dense.vertices[:, 0].tolist() == [0, 2.5, 5, 7.5, 10, 10.5]
    assert densified(line, 20.0) is line


def test_mixed_geometries_keep_their_rows_and_the_larger_dimension():
    mixed = shapely.GeometryCollection([Point(0, 0), box(0, 0, 1, 1), LineString([(0, 0), (1, 1)])])
    ragged = ragged_of(array(None, box(5, 5, 6, 6), Point(9, 9), mixed))
    assert ragged.dimension == 2
    assert ragged.rows.tolist() == [1, 3]
    assert ragged.bounds.tolist() == [[5, 5, 6, 6], [0, 0, 1, 1]]


def test_generalising_keeps_small_islands_as_traces():
    ragged = ragged_of(array(Point(0, 0).buffer(0.01), Point(10, 10).buffer(5)))
    simple = generalised(ragged, 1.0)
    assert simple.feature_rows.tolist() == [0, 1]
    assert len(simple.vertices) < len(ragged.vertices) / 4


def test_arrays_take_no_more_than_two_and_a_half_times_the_coordinates():
    ring = Point(0, 0).buffer(1, quad_segs=20)
    shapes = array(*(shapely.affinity.translate(ring, number % 50, number // 50) for number in range(2000)))
    ragged = ragged_of(shapes)
    used = sum(part.nbytes for part in (ragged.vertices, ragged.rings, ragged.parts, ragged.rows))
    assert used <= 1.2 * ragged.vertices.nbytes
    points = ragged_of(array(*(Point(number, number) for number in range(1000))))
    assert points.vertices.nbytes + points.rows.nbytes <= 1.5 * points.vertices.nbytes


def test_multipoints_keep_one_row():
    ragged = ragged_of(array(MultiPoint([(0, 0), (1, 1)]), MultiPoint([(5, 5)])))
    assert ragged.rows.tolist() == [0, 0, 1]
    assert ragged.bounds.tolist() == [[0, 0, 1, 1], [5, 5, 5, 5]]
