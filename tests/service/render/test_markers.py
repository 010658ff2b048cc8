"""Markers have their true size, place and attitude, in points at the resolution of the request."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from shapely.geometry import Point, box

from mapexplorer.protocol import PictureMarkerSymbol
from mapexplorer.service.render.turning import renderer_faults

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def centre(ink: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]] + 0.5
    return float((ink * columns).sum() / ink.sum()), float((ink * rows).sum() / ink.sum())


@pytest.mark.parametrize(("dpi", "side"), [(96, 26.667), (192, 53.333), (72, 20.0), (120, 33.333)])
def test_a_square_of_20_points_covers_its_size_at_any_resolution(scene, make, dpi, side):
    ink = scene([([Point(50, 50)], make.simple(make.sms()))]).ink(dpi=dpi)
    assert ink.sum() == pytest.approx(side**2, rel=0.003)
    assert centre(ink) == pytest.approx((50, 50), abs=0.02)


@pytest.mark.parametrize("place", [(50, 50), (50.25, 50.5), (50.4, 49.7), (33.123, 61.9)])
@pytest.mark.parametrize("copies", [1, 4001])
def test_markers_are_placed_between_pixels(scene, make, place, copies):
    ink = scene([([Point(place)] * copies, make.simple(make.sms("Circle", 12)))]).ink()
    assert centre(ink) == pytest.approx((place[0], 100 - place[1]), abs=0.02 if copies == 1 else 0.15)


@pytest.mark.parametrize(
    ("rotation", "column", "row"),
    [(0, 50, 10), (360, 50, 10), (45, 21.716, 21.716), (90, 10, 50), (-90, 90, 50), (180, 50, 90)],
)
def test_a_turned_map_carries_its_points_counter_clockwise(scene, make, rotation, column, row):
    ink = scene([([Point(50, 90)], make.simple(make.sms("Circle", 6)))]).ink(rotation=rotation)
    assert centre(ink) == pytest.approx((column, row), abs=0.03)


def test_a_full_turn_is_the_same_picture(scene, make):
    drawn = scene([([Point(20, 90), Point(70, 33)], make.simple(make.sms("Triangle", 9, RED)))])
    assert np.array_equal(drawn.pixels(rotation=360), drawn.pixels())


def test_markers_stay_upright_on_a_turned_map(scene, make):
    drawn = scene([([Point(50, 50)], make.simple(make.sms("Square", 20)))])
    assert np.abs(drawn.ink(rotation=45) - drawn.ink()).max() < 0.01


@pytest.mark.parametrize(
    ("style", "area"),
    [("Circle", np.pi / 4), ("Square", 1.0), ("Diamond", 0.5), ("Triangle", 0.5)],
)
def test_every_filled_style_covers_its_share_of_the_square(scene, make, style, area):
    ink = scene([([Point(50, 50)], make.simple(make.sms(style, 30)))]).ink(dpi=72)
    assert ink.sum() == pytest.approx(900 * area, rel=0.01)


@pytest.mark.parametrize("style", ["Cross", "X"])
def test_crosses_are_drawn_with_their_outline_or_else_their_colour(scene, make, style):
    plain = scene([([Point(50, 50)], make.simple(make.sms(style, 30, RED)))]).pixels(dpi=72)
    assert (
        (plain[50, 50, :3] == (255, 0, 0)).all()
        or (plain[49, 49, :3] == (255, 0, 0)).all()
        or plain[50, 50, 1] < 90
    )
    outlined = make.sms(style, 30, RED, outline=make.sls("Solid", 4, BLUE))
    assert tuple(scene([([Point(50, 50)], make.simple(outlined))]).pixels(dpi=72)[50, 50, :3]) == (0, 0, 255)


def test_an_outline_is_centred_on_the_edge(scene, make):
    symbol = make.sms("Square", 20, RED, outline=make.sls("Solid", 4, BLUE))
    pixels = scene([([Point(50, 50)], make.simple(symbol))]).pixels(dpi=72)
    row = pixels[50, :, :3].tolist()
    assert row[37] == [255, 255, 255]
    assert row[38:42] == [[0, 0, 255]] * 4
    assert row[42] == [255, 0, 0]
    assert row[61] == [0, 0, 255]
    assert row[62] == [255, 255, 255]


@pytest.mark.parametrize(("angle", "tip"), [(0, (50, 40)), (90, (40, 50)), (-90, (60, 50)), (180, (50, 60))])
def test_a_positive_angle_turns_a_symbol_counter_clockwise(scene, make, angle, tip):
    ink = scene([([Point(50, 50)], make.simple(make.sms("Triangle", 20, angle=angle)))]).ink(dpi=72)
    x, y = tip
    opposite = 100 - x, 100 - y
    near = ink[max(y - 3, 0) : y + 3, x - 3 : x + 3].sum()
    far = ink[opposite[1] - 3 : opposite[1] + 3, opposite[0] - 3 : opposite[0] + 3].sum()
    assert 0 < near < far


def test_offsets_go_right_and_up_in_points(scene, make):
    ink = scene([([Point(50, 50)], make.simple(make.sms("Circle", 6, xoffset=9, yoffset=6)))]).ink()
    assert centre(ink) == pytest.approx((62, 42), abs=0.03)


@pytest.mark.parametrize(
    ("kind", "value", "tip"),
    [
        ("geographic", 0, (50, 40)),
        ("geographic", 90, (60, 50)),
        ("arithmetic", 90, (50, 40)),
        ("arithmetic", 0, (60, 50)),
    ],
)
@pytest.mark.parametrize("expression", ["[Turn]", "[turn] * 1", "0 + [Turn]"])
def test_an_attribute_turns_markers(scene, make, kind, value, tip, expression):
    renderer = make.simple(make.sms("Triangle", 20), rotationExpression=expression, rotationType=kind)
    ink = scene([([Point(50, 50)], renderer, {"columns": {"Turn": [value]}})]).ink(dpi=72)
    x, y = tip
    near = ink[y - 3 : y + 3, x - 3 : x + 3].sum()
    far = ink[100 - y - 3 : 100 - y + 3, 100 - x - 3 : 100 - x + 3].sum()
    assert 0 < near < far


@pytest.mark.parametrize("expression", ["[Missing]", "[Turn] ** 2", "__import__('os')", "[Turn] * [Turn]"])
def test_other_rotation_expressions_are_refused_by_name(scene, make, expression):
    drawn = scene([([Point(50, 50)], make.simple(make.sms()), {"columns": {"Turn": [1]}})])
    layer = drawn.catalog.layers[0]
    renderer = layer.renderer.model_copy(update={"rotation_expression": expression})
    faults = renderer_faults(renderer, layer.table)
    assert len(faults) == 1
    assert faults[0].startswith("rotationExpression: ")


def test_many_markers_of_one_size_show_the_same_as_when_each_is_drawn(scene, make):
    places = np.random.default_rng(5).uniform(20, 80, (9000, 2))
    many = [Point(place) for place in places]
    symbol = make.sms("Circle", 6, RED, outline=make.sls("Solid", 1, BLUE))
    pixels = scene([(many, make.simple(symbol))]).pixels()
    assert (pixels[30:70, 30:70, 1] < 40).mean() > 0.99
    outside = pixels.copy()
    outside[13:87, 13:87] = 255
    assert (outside == 255).all()


def test_classes_of_many_markers_are_drawn_in_the_order_of_the_legend(scene, make):
    renderer = {
        "type": "uniqueValue",
        "field1": "k",
        "uniqueValueInfos": [
            {"value": "a", "symbol": make.sms("Square", 20, RED)},
            {"value": "b", "symbol": make.sms("Square", 20, BLUE)},
        ],
    }
    columns = {"k": ["b", "a"] * 3000}
    pixels = scene([([Point(50, 50)] * 6000, renderer, {"columns": columns})]).pixels()
    assert tuple(pixels[50, 50, :3]) == (0, 0, 255)


def test_translucent_markers_blend_where_they_overlap(scene, make):
    renderer = make.simple(make.sms("Square", 20, (0, 0, 0, 128)))
    one = scene([([Point(50, 50)], renderer)]).pixels()[50, 50, 0]
    two = scene([([Point(50, 50)] * 2, renderer)]).pixels()[50, 50, 0]
    assert one == pytest.approx(127, abs=2)
    assert two == pytest.approx(63, abs=3)


def picture(size: tuple[int, int], color: tuple[int, ...]) -> str:
    output = io.BytesIO()
    Image.new("RGBA", size, color).save(output, "PNG")
    return base64.b64encode(output.getvalue()).decode()


def test_a_picture_marker_has_its_size_in_points_and_its_offset(scene, make):
    symbol = {
        "type": "esriPMS",
        "imageData": picture((8, 8), (0, 0, 0, 255)),
        "contentType": "image/png",
        "width": 15,
        "height": 7.5,
        "xoffset": 7.5,
        "yoffset": 3,
    }
    ink = scene([([Point(50, 50)], make.simple(symbol))]).ink()
    assert ink.sum() == pytest.approx(200, rel=0.02)
    assert centre(ink) == pytest.approx((60, 46), abs=0.05)
    assert ink[46, 52:67].min() > 0.99


def test_polygons_take_markers_over_their_background_fill(scene, make):
    renderer = {
        "type": "classBreaks",
        "field": "v",
        "minValue": 0,
        "classBreakInfos": [{"classMaxValue": 10, "symbol": make.sms("Circle", 15, RED)}],
        "backgroundFillSymbol": make.sfs("Solid", BLUE),
    }
    pixels = scene([([box(20, 20, 80, 80)], renderer, {"columns": {"v": [5]}})]).pixels()
    assert tuple(pixels[50, 50, :3]) == (255, 0, 0)
    assert tuple(pixels[25, 25, :3]) == (0, 0, 255)
    assert tuple(pixels[10, 10, :3]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ({"imageData": "%%%"}, "not valid base64"),
        ({"imageData": base64.b64encode(b"<svg onload=alert(1)>").decode()}, "no PNG, JPEG, GIF or BMP"),
        ({"imageData": picture((600, 10), (0, 0, 0, 255))}, "larger than 512"),
        ({"imageData": "A" * 360_000}, "larger than 256 KiB"),
        ({"url": "http://169.254.169.254/latest"}, "fetches no picture"),
    ],
)
def test_pictures_that_cannot_be_used_are_refused_when_the_map_is_loaded(scene, make, symbol, words):
    drawn = scene([([Point(50, 50)], make.simple(make.sms()))])
    layer = drawn.catalog.layers[0]
    marker = PictureMarkerSymbol.model_validate({"type": "esriPMS", **symbol})
    faults = renderer_faults(layer.renderer.model_copy(update={"symbol": marker}), layer.table)
    assert len(faults) == 1
    assert words in faults[0]


def test_turned_pictures_turn_clockwise_by_their_attribute(scene, make):
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 255))
    image.paste((255, 0, 0, 255), (0, 0, 16, 8))
    output = io.BytesIO()
    image.save(output, "PNG")
    symbol = {
        "type": "esriPMS",
        "imageData": base64.b64encode(output.getvalue()).decode(),
        "width": 24,
        "height": 24,
    }
    renderer = make.simple(symbol, rotationExpression="[t]")
    pixels = scene([([Point(50, 50)], renderer, {"columns": {"t": [90]}})]).pixels()
    assert tuple(pixels[50, 60, :3]) == (255, 0, 0)
    assert tuple(pixels[50, 40, :3]) == (0, 0, 0)
