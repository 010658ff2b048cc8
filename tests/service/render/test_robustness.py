"""Odd data and odd requests give a picture or a clear error, never a crash or a hang."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPoint, Point, Polygon, box

from mapexplorer.protocol import ParameterError, Size
from mapexplorer.service.render import canvas

RED = (255, 0, 0, 255)

BOWTIE = Polygon([(10, 10), (90, 90), (90, 10), (10, 90), (10, 10)])
SPIKE = Polygon([(10, 10), (50, 50), (10, 10), (10, 10)])
FLAT = Polygon([(10, 50), (90, 50), (50, 50), (10, 50)])
HUGE = Polygon([(-1e300, -1e300), (1e300, -1e300), (1e300, 1e300), (-1e300, -1e300)])
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = Polygon([(10, 10), (np.nan, 90), (90, 10), (10, 10)])
ENDLESS = Polygon([(10, 10), (np.inf, 90), (90, 10), (10, 10)])


@pytest.mark.parametrize("shape", [BOWTIE, SPIKE, FLAT, HUGE, NOT_A_NUMBER, ENDLESS], ids=str)
@pytest.mark.parametrize("parameters", [{}, {"bbox": (49, 49, 50, 50)}, {"rotation": 30}, {"image_sr": 4326}])
def test_broken_polygons_do_not_stop_the_picture(scene, make, shape, parameters):
    symbol = make.sfs(color=RED, outline=make.sls("Dash", 1))
    drawn = scene([([shape, box(0, 0, 20, 20)], make.simple(symbol))], fullExtent=extent(0, 0, 100, 100))
    pixels = drawn.pixels(**{"bbox_sr": 3857, **parameters})
    assert pixels.shape == (100, 100, 4)
    if not parameters:
        assert tuple(pixels[95, 15, :3]) == RED[:3]


def extent(*sides):
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True))


@pytest.mark.parametrize(
    "shape", [Point(np.nan, 5), Point(np.inf, 5), Point(1e300, 5), MultiPoint([(5, 5), (1e300, 0)])]
)
def test_points_at_no_place_are_passed_over(scene, make, shape):
    shapes = [shape, Point(50, 50)]
    drawn = scene([(shapes, make.simple(make.sms("Square", 9)))], fullExtent=extent(0, 0, 100, 100))
    assert drawn.ink()[50, 50] == 1


def test_an_intricate_ring_is_drawn_without_being_repaired(scene, make):
    ring = np.random.default_rng(0).uniform(0, 100, (2_000, 2))
    ink = scene([([Polygon(ring)], make.simple(make.sfs()))]).ink(bbox=(40, 40, 60, 60))
    assert ink.mean() > 0.3


def test_a_picture_too_large_for_memory_is_refused(scene, make, monkeypatch):
    monkeypatch.setattr(canvas, "MOST_PIXELS", 9_999)
    with pytest.raises(ParameterError, match=r"size: .*9999 pixels"):
        scene([([Point(50, 50)], make.simple(make.sms()))]).pixels(size=Size(100, 100))


@pytest.mark.parametrize("dpi", [1, 1200])
@pytest.mark.parametrize("style", ["Circle", "Square", "Cross"])
def test_extreme_resolutions_draw_extreme_markers(scene, make, dpi, style):
    symbol = make.sms(style, 512, outline=make.sls("Solid", 64))
    drawn = scene([([Point(50, 50)] * 3, make.simple(symbol))])
    assert drawn.ink(dpi=dpi)[50, 50] > 0.9


def test_threads_draw_the_same_picture(scene, make):
    shapes = [Point(x, y).buffer(7) for x in range(0, 100, 10) for y in range(0, 100, 10)]
    drawn = scene(
        [
            ([Point(x, x) for x in range(100)], make.simple(make.sms("Circle", 6, RED))),
            (shapes, make.simple(make.sfs("Cross", outline=make.sls("Dot", 1))), {"transparency": 30}),
        ]
    )
    views = [drawn.view(bbox=(left, 0, left + 60, 60)) for left in (0, 10, 20, 30)] * 4
    expected = [canvas.draw(view).copy() for view in views[:4]]
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(canvas.draw, views))
    assert all(np.array_equal(picture, expected[number % 4]) for number, picture in enumerate(pictures))


def test_the_same_view_gives_the_same_pixels_whatever_was_drawn_before(scene, make):
    rng = np.random.default_rng(4)
    shapes = shapely.buffer(shapely.points(rng.uniform(0, 100, (60, 2))), rng.uniform(1, 9, 60))
    one, other = (scene([(shapes, make.simple(make.sfs(color=RED, outline=make.sls())))]) for _ in range(2))
    for zoom in (90, 50, 10, 3, 1):
        one.pixels(bbox=(0, 0, zoom, zoom))
    assert np.array_equal(one.pixels(), other.pixels())


@pytest.mark.parametrize("shape", [BOWTIE, SPIKE, FLAT, HUGE, NOT_A_NUMBER, ENDLESS], ids=str)
@pytest.mark.parametrize("rotation", [0, 30])
def test_broken_polygons_do_not_stop_the_legend(scene, make, shape, rotation):
    drawn = scene([([shape], make.simple(make.sfs(color=RED)))], fullExtent=extent(0, 0, 100, 100))
    view = drawn.view(bbox=(45, 40, 55, 60), rotation=rotation)
    rows = view.layers[0].layer.shapes.meeting(view.frame, view.layers[0].rows)
    assert rows.tolist() == ([0] if shape in (BOWTIE, SPIKE, FLAT) else [])
