"""Lines and polygons: order, outlines, hatches, dashes, transparency."""

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from mapexplorer.protocol import ImageFormat

RED, BLUE, BLACK, WHITE = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 255), (255, 255, 255, 255)


def test_a_hole_stays_empty_whatever_way_its_ring_runs(scene, make):
    for hole in (box(40, 40, 60, 60).exterior.coords, box(40, 40, 60, 60).exterior.coords[::-1]):
        shape = Polygon(box(20, 20, 80, 80).exterior, [hole])
        ink = scene([([shape], make.simple(make.sfs()))]).ink()
        assert ink.sum() == pytest.approx(3600 - 400, abs=1)
        assert ink[50, 50] == 0


def test_parts_of_one_feature_that_overlap_fill_once(scene, make):
    shape = MultiPolygon([box(20, 20, 60, 60), box(40, 40, 80, 80)])
    pixels = scene([([shape], make.simple(make.sfs(color=(0, 0, 0, 128))))]).pixels()
    assert pixels[50, 50, 0] == pixels[75, 25, 0] == pytest.approx(127, abs=2)


def test_features_that_overlap_blend_one_after_the_other(scene, make):
    shapes = [box(20, 20, 60, 60), box(40, 40, 80, 80)]
    pixels = scene([(shapes, make.simple(make.sfs(color=(0, 0, 0, 128))))]).pixels()
    assert pixels[50, 50, 0] == pytest.approx(64, abs=3)
    assert pixels[75, 25, 0] == pytest.approx(127, abs=2)


def test_later_features_lie_over_earlier_ones(scene, make):
    renderer = {
        "type": "uniqueValue",
        "field1": "k",
        "uniqueValueInfos": [
            {"value": "r", "symbol": make.sfs(color=RED)},
            {"value": "b", "symbol": make.sfs(color=BLUE)},
        ],
    }
    shapes = [box(20, 20, 60, 60), box(40, 40, 80, 80)]
    for order, top in ((["r", "b"], BLUE), (["b", "r"], RED)):
        pixels = scene([(shapes, renderer, {"columns": {"k": order}})]).pixels()
        assert tuple(pixels[50, 50]) == top


def test_the_first_layer_is_on_top(scene, make):
    red = ([box(20, 20, 60, 60)], make.simple(make.sfs(color=RED)))
    blue = ([box(40, 40, 80, 80)], make.simple(make.sfs(color=BLUE)))
    assert tuple(scene([red, blue]).pixels()[50, 50]) == RED
    assert tuple(scene([blue, red]).pixels()[50, 50]) == BLUE


@pytest.mark.parametrize(("transparency", "grey"), [(0, 0), (60, 153), (50, 127.5), (100, 255)])
def test_a_layer_is_blended_as_a_whole(scene, make, transparency, grey):
    shapes = [box(20, 20, 60, 60), box(40, 40, 80, 80)]
    pixels = scene([(shapes, make.simple(make.sfs()), {"transparency": transparency})]).pixels()
    assert pixels[50, 50, :3] == pytest.approx(grey, abs=1)
    assert pixels[75, 25, :3] == pytest.approx(grey, abs=1)


def test_edges_are_antialiased(scene, make):
    ink = scene([([box(20.5, 20, 79.75, 80)], make.simple(make.sfs()))]).ink()
    assert ink[50, 20] == pytest.approx(0.5, abs=0.02)
    assert ink[50, 79] == pytest.approx(0.75, abs=0.02)


def test_neighbours_with_outlines_leave_no_gap(scene, make):
    shapes = [
        box(column * 7.3, row * 7.3, (column + 1) * 7.3, (row + 1) * 7.3)
        for column in range(14)
        for row in range(14)
    ]
    pixels = scene([(shapes, make.simple(make.sfs(color=RED, outline=make.sls("Solid", 1, RED))))]).pixels()
    assert pixels[2:98, 2:98, 1:3].max() <= 8


@pytest.mark.parametrize(
    ("style", "along", "across"),
    [
        ("Horizontal", (0, 1), (1, 0)),
        ("Vertical", (1, 0), (0, 1)),
        ("ForwardDiagonal", (1, 1), (1, -1)),
        ("BackwardDiagonal", (1, -1), (1, 1)),
    ],
)
def test_a_hatch_runs_in_its_direction(scene, make, style, along, across):
    ink = scene([([box(10, 10, 90, 90)], make.simple(make.sfs(style)))]).ink()

    def change(step: tuple[int, int]) -> float:
        moved = np.roll(ink, step, axis=(0, 1))
        return float(np.abs(moved - ink)[20:80, 20:80].mean())

    assert change(along) < 0.02
    assert change(across) > 0.1
    assert ink[:9].sum() == ink[:, :9].sum() == 0


@pytest.mark.parametrize("style", ["Cross", "DiagonalCross"])
def test_crossed_hatches_have_lines_both_ways(scene, make, style):
    one = {"Cross": "Horizontal", "DiagonalCross": "ForwardDiagonal"}[style]
    single = scene([([box(10, 10, 90, 90)], make.simple(make.sfs(one)))]).ink().sum()
    double = scene([([box(10, 10, 90, 90)], make.simple(make.sfs(style)))]).ink().sum()
    assert 1.7 * single < double < 2 * single


def test_a_null_fill_leaves_the_outline(scene, make):
    symbol = make.sfs("Null", outline=make.sls("Solid", 3, BLACK))
    ink = scene([([box(20, 20, 80, 80)], make.simple(symbol))]).ink(dpi=72)
    assert ink[50, 50] == 0
    assert ink.sum() == pytest.approx(63**2 - 57**2, rel=0.01)


@pytest.mark.parametrize(
    ("style", "share"),
    [
        ("Solid", 1.0),
        ("Dash", 5 / 8),
        ("Dot", 1 / 3),
        ("DashDot", 6 / 10),
        ("DashDotDot", 7 / 13),
        ("Null", 0.0),
    ],
)
@pytest.mark.parametrize("dpi", [36, 72, 144])
def test_every_line_style_leaves_its_gaps(scene, make, style, share, dpi):
    drawn = scene([([LineString([(-20, 50), (120, 50)])], make.simple(make.sls(style, 2)))])
    ink = drawn.ink(dpi=dpi, size=(400, 400))
    assert ink.sum() / (400 * dpi / 36) == pytest.approx(share, abs=0.03)


def test_dashes_grow_with_the_resolution(scene, make):
    drawn = scene([([LineString([(0, 50), (100, 50)])], make.simple(make.sls("Dash", 2)))])
    breaks = [int((np.diff((drawn.ink(dpi=dpi)[50] > 0.5).astype(int)) == -1).sum()) for dpi in (36, 72, 144)]
    assert breaks[0] == pytest.approx(2 * breaks[1], abs=1)
    assert breaks[1] == pytest.approx(2 * breaks[2], abs=1)


def test_joints_of_wide_lines_are_round(scene, make):
    line = LineString([(20, 20), (50, 80), (80, 20)])
    ink = scene([([line], make.simple(make.sls("Solid", 12)))]).ink(dpi=72)
    assert ink[13].sum() == 0
    assert ink[14:17].sum() > 0


def test_zooming_far_in_keeps_coordinates_small_and_the_edge_in_place(scene, make):
    shape = box(-2e7, -2e7, 50.25, 2e7)
    pixels = scene([([shape], make.simple(make.sfs(color=RED)))])
    ink = pixels.ink(bbox=(50, 50, 50.5, 50.5))
    assert ink[:, :49].min() > 0.6
    assert ink[:, 51:].max() == 0


def test_a_path_longer_than_agg_can_hold_is_drawn_in_strips(scene, make):
    rng = np.random.default_rng(1)
    line = LineString(rng.uniform(0, 100, (60_000, 2)))
    ink = scene([([line], make.simple(make.sls("Solid", 1)))]).ink(size=(400, 400))
    assert ink[100:300, 100:300].mean() > 0.9


def test_empty_and_missing_geometries_are_passed_over(scene, make):
    shapes = [None, Polygon(), box(20, 20, 80, 80)]
    assert scene([(shapes, make.simple(make.sfs()))]).ink().sum() == pytest.approx(3600, abs=1)


@pytest.mark.parametrize(
    ("name", "transparent", "inside", "outside"),
    [
        (ImageFormat.PNG32, True, 255, 0),
        (ImageFormat.PNG, True, 255, 0),
        (ImageFormat.PNG32, False, 255, 255),
        (ImageFormat.PNG24, True, 255, 255),
    ],
)
def test_the_ground_is_left_out_only_where_alpha_tells(scene, make, name, transparent, inside, outside):
    drawn = scene([([box(20, 20, 80, 80)], make.simple(make.sfs(color=WHITE)))])
    pixels = drawn.pixels(format=name, transparent=transparent)
    assert pixels[50, 50, 3] == inside
    assert pixels[5, 5, 3] == outside


def test_a_translucent_background_is_laid_over_white(scene, make):
    drawn = scene([([box(20, 20, 80, 80)], make.simple(make.sfs()))], backgroundColor=[0, 0, 0, 51])
    assert tuple(drawn.pixels()[5, 5]) == (204, 204, 204, 255)


def test_a_translucent_hatch_is_no_darker_where_lines_cross(scene, make):
    pixels = scene([([box(10, 10, 90, 90)], make.simple(make.sfs("Cross", color=(0, 0, 0, 128))))]).pixels()
    assert pixels[..., 0].min() >= 126
