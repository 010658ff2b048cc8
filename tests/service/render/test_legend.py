"""Legends list what the picture shows, with swatches of the sizes that the specification implies."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from shapely.geometry import LineString, Point, box

from mapexplorer.protocol import Operation, PatchSize, SimpleLineSymbol, SimpleMarkerSymbol
from mapexplorer.service.legend import get_image, query_legends, static_legend
from mapexplorer.service.render.patch import swatch, to_whole_pixels

RED, GREEN, BLUE, GREY = (255, 0, 0, 255), (0, 160, 0, 255), (0, 0, 255, 255), (128, 128, 128, 255)


def letters(make, names="ABC", default=True, **more):
    colors = dict(zip("ABC", (RED, GREEN, BLUE), strict=True))
    return {
        "type": "uniqueValue",
        "field1": "k",
        "uniqueValueInfos": [
            {"value": name, "label": name, "symbol": make.sfs(color=colors[name])} for name in names
        ],
        "defaultSymbol": make.sfs(color=GREY) if default else None,
        "defaultLabel": "other",
        **more,
    }


def listed(drawn, visible=True, **parameters):
    view = drawn.view(Operation.QUERY_LEGENDS, **parameters)
    body = query_legends(view, return_visible_only=visible, patch_size=PatchSize(width=15, height=15))
    return {layer["layerId"]: [entry["label"] for entry in layer["legend"]] for layer in body["layers"]}


@pytest.fixture
def squares(scene, make):
    shapes = [box(0, 0, 30, 100), box(40, 0, 60, 100), box(70, 0, 100, 100)]
    return scene([(shapes, letters(make), {"columns": {"k": ["A", "B", "C"], "t": [1, 2, 3]}})])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"bbox": (45, 0, 55, 10)}, ["B"]),
        ({"bbox": (45, 0, 55, 10), "layer_defs": {0: "k <> 'B'"}}, []),
        ({}, ["A", "B", "C"]),
        ({"bbox": (30, 0, 35, 5)}, ["A"]),
        ({"bbox": (200, 200, 210, 210)}, []),
        ({"bbox": (31, 31, 39, 39)}, []),
        ({"bbox": (31, 31, 39, 39), "rotation": 45}, ["A", "B"]),
    ],
)
def test_classes_are_listed_whose_features_meet_the_frame(squares, parameters, expected):
    assert listed(squares, **parameters) == {0: expected}


def test_all_classes_are_listed_on_demand_with_the_default_last(squares):
    assert listed(squares, visible=False, bbox=(45, 0, 55, 10)) == {0: ["A", "B", "C", "other"]}


def test_a_layer_out_of_scale_is_absent_in_both_modes(scene, make):
    drawn = scene([([box(0, 0, 100, 100)], make.simple(make.sfs()), {"minScale": 10})])
    assert listed(drawn) == listed(drawn, visible=False) == {}


def test_a_feature_without_class_lists_the_default_symbol(scene, make):
    drawn = scene([([box(0, 0, 9, 9)], letters(make), {"columns": {"k": ["Z"]}})])
    assert listed(drawn) == {0: ["other"]}
    without = scene([([box(0, 0, 9, 9)], letters(make, default=False), {"columns": {"k": ["Z"]}})])
    assert listed(without) == {0: []}


def test_a_point_on_the_edge_of_the_frame_is_listed(scene, make):
    renderer = make.simple(make.sms(), label="here")
    assert listed(scene([([Point(100, 50)], renderer)])) == {0: ["here"]}
    assert listed(scene([([Point(100.01, 50)], renderer)])) == {0: []}


def test_layers_come_in_service_order_and_hidden_ones_are_absent(scene, make):
    layer = ([box(0, 0, 100, 100)], make.simple(make.sfs(), label="x"))
    drawn = scene([layer, layer, layer])
    assert listed(drawn) == {0: ["x"], 1: ["x"], 2: ["x"]}
    assert list(listed(drawn, layers="hide:1")) == [0, 2]


@pytest.mark.parametrize(
    ("points", "dpi", "pixels"),
    [
        ((15, 15), 96, (20, 20)),
        ((15, 15), 120, (25, 25)),
        ((15, 15), 192, (40, 40)),
        ((15, 15), 200, (42, 42)),
        ((30, 20), 96, (40, 27)),
        ((30, 20), 120, (50, 33)),
        ((30, 20), 192, (80, 53)),
        ((30, 20), 200, (83, 56)),
        ((24, 12), 96, (32, 16)),
        ((24, 12), 120, (40, 20)),
        ((24, 12), 192, (64, 32)),
        ((24, 12), 200, (67, 33)),
    ],
)
def test_patches_are_rounded_to_whole_pixels(points, dpi, pixels):
    assert tuple(to_whole_pixels(side, dpi) for side in points) == pixels


@pytest.mark.parametrize(
    ("size", "outline", "dpi", "side"),
    [
        (8, 1, 96, 12),
        (8, 1, 192, 24),
        (10, 1, 96, 15),
        (10, 1, 192, 29),
        (20, None, 96, 27),
        (20, None, 192, 53),
    ],
)
@pytest.mark.parametrize("style", ["esriSMSCircle", "esriSMSSquare", "esriSMSDiamond"])
def test_marker_swatches_are_as_large_as_the_marker_with_its_outline(style, size, outline, dpi, side):
    border = SimpleLineSymbol(color=BLUE, width=outline) if outline else None
    symbol = SimpleMarkerSymbol(style=style, size=size, color=RED, outline=border, xoffset=30)
    pixels = swatch(symbol, False, (20, 20), dpi)
    assert pixels.shape == (side, side, 4)
    assert tuple(pixels[side // 2, side // 2]) == RED
    middle = pixels[side // 2, :, 3]
    assert middle[0] > 60
    assert middle[-1] > 60


def test_fills_fill_the_patch_and_keep_their_outline_inside(scene, make):
    drawn = scene(
        [([box(0, 0, 9, 9)], make.simple(make.sfs(color=RED, outline=make.sls("Solid", 0.75, BLUE))))]
    )
    image = np.asarray(first_image(drawn))
    assert image.shape == (20, 20, 4)
    assert (image[0, 1:-1] == BLUE).all()
    assert (image[1:19, 19] == BLUE).all()
    assert (image[1:19, 1:19] == RED).all()


def test_lines_run_across_the_patch_and_are_crisp(scene, make):
    drawn = scene([([LineString([(0, 0), (9, 9)])], make.simple(make.sls("Solid", 1.5, RED)))])
    image = np.asarray(first_image(drawn))
    rows = np.flatnonzero((image[:, 10] == RED).all(axis=1))
    assert rows.tolist() == [9, 10]
    assert image[..., 3].sum() <= 255 * 40


def first_image(drawn):
    entry = static_legend(drawn.catalog)["layers"][0]["legend"][0]
    return Image.open(io.BytesIO(base64.b64decode(entry["imageData"])))


def test_an_entry_says_all_that_the_specification_names(scene, make):
    renderer = {
        "type": "classBreaks",
        "field": "v",
        "classBreakInfos": [{"classMaxValue": 10, "label": "to 10", "symbol": make.sfs(color=RED)}],
    }
    drawn = scene([([box(0, 0, 9, 9)], renderer, {"columns": {"v": [5]}, "minScale": 9e9})])
    layer = static_legend(drawn.catalog)["layers"][0]
    assert {key: layer[key] for key in ("layerId", "layerName", "layerType", "minScale", "maxScale")} == {
        "layerId": 0,
        "layerName": "L0",
        "layerType": "Feature Layer",
        "minScale": 9e9,
        "maxScale": 0,
    }
    entry = layer["legend"][0]
    assert set(entry) == {"label", "url", "imageData", "contentType", "height", "width", "values"}
    assert (entry["label"], entry["contentType"], entry["values"]) == ("to 10", "image/png", [10])
    assert (entry["width"], entry["height"]) == (20, 20)


def test_groups_are_listed_with_their_headings(scene, make):
    group = {
        "heading": "Vowels",
        "classes": [{"label": "a or e", "values": [["a"], ["e"]], "symbol": make.sfs(color=RED)}],
    }
    renderer = {"type": "uniqueValue", "field1": "k", "uniqueValueGroups": [group]}
    layer = static_legend(scene([([box(0, 0, 9, 9)], renderer, {"columns": {"k": ["a"]}})]).catalog)[
        "layers"
    ][0]
    assert layer["legendGroups"] == [{"id": "0", "heading": "Vowels"}]
    assert layer["legend"][0]["groupId"] == "0"
    assert layer["legend"][0]["values"] == ["a", "e"]


def by_value(make, *variables, symbol=None):
    return make.simple(symbol or make.sms(size=6, color=RED), visualVariables=list(variables), label="all")


SIZES = {
    "type": "sizeInfo",
    "field": "v",
    "minDataValue": 0,
    "maxDataValue": 100,
    "minSize": 6,
    "maxSize": 24,
}
COLORS = {
    "type": "colorInfo",
    "field": "w",
    "normalizationField": "v",
    "stops": [{"value": 8.5, "color": BLUE}, {"value": 2, "color": GREEN, "label": "<few>"}],
}
FADING = {
    "type": "transparencyInfo",
    "field": "w",
    "stops": [{"value": 0, "transparency": 0}, {"value": 1, "transparency": 80}],
}
BY_SCALE = {"type": "sizeInfo", "expression": "view.scale", "stops": [{"value": 1, "size": 9}]}


def test_visual_variables_list_their_stops_with_values_under_the_name_of_their_field(scene, make):
    renderer = by_value(make, BY_SCALE, SIZES, COLORS, FADING)
    points = [Point(10, 10), Point(20, 20)]
    drawn = scene([(points, renderer, {"columns": {"v": [5, 50], "w": [1, 2]}})])
    layer = static_legend(drawn.catalog)["layers"][0]
    assert [(entry["label"], entry.get("values"), entry.get("groupId")) for entry in layer["legend"]] == [
        ("all", None, None),
        ("0", [0], "0"),
        ("50", [50], "0"),
        ("100", [100], "0"),
        ("<few>", [2], "1"),
        ("8.5", [8.5], "1"),
        ("0", [0], "2"),
        ("1", [1], "2"),
    ]
    assert layer["legendGroups"] == [
        {"id": "0", "heading": "v"},
        {"id": "1", "heading": "w / v"},
        {"id": "2", "heading": "w"},
    ]
    images = [np.asarray(Image.open(io.BytesIO(base64.b64decode(e["imageData"])))) for e in layer["legend"]]
    assert [image.shape[0] for image in images] == [8, 8, 20, 32, 8, 8, 8, 8]
    assert [tuple(image[4, 4]) for image in images[4:6]] == [GREEN, BLUE]
    assert [int(image[4, 4, 3]) for image in images[6:]] == [255, 51]
    for entry in layer["legend"]:
        assert get_image(drawn.catalog, 0, entry["url"]) == base64.b64decode(entry["imageData"])


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ((0, 0, 15, 15), ["all", "0", "50", "100"]),
        ((18, 18, 22, 22), ["all", "2", "8.5"]),
        ((0, 0, 100, 100), ["all", "0", "50", "100", "2", "8.5"]),
        ((28, 28, 32, 32), ["all"]),
        ((60, 60, 70, 70), []),
    ],
)
def test_a_variable_is_listed_where_a_visible_feature_follows_it(scene, make, bbox, expected):
    colors = {
        **COLORS,
        "normalizationField": None,
        "stops": [{k: v for k, v in stop.items() if k != "label"} for stop in COLORS["stops"]],
    }
    columns = {"v": [5, None, None], "w": [None, 3.0, None]}
    drawn = scene(
        [([Point(10, 10), Point(20, 20), Point(30, 30)], by_value(make, SIZES, colors), {"columns": columns})]
    )
    assert listed(drawn, bbox=bbox) == {0: expected}


def test_of_two_variables_for_the_same_the_last_is_listed(scene, make):
    again = {**SIZES, "minDataValue": 10}
    drawn = scene([([Point(1, 1)], by_value(make, SIZES, again), {"columns": {"v": [1]}})])
    assert listed(drawn) == {0: ["all", "10", "55", "100"]}
    drawn = scene([([Point(1, 1)], by_value(make, SIZES, BY_SCALE), {"columns": {"v": [1]}})])
    assert listed(drawn) == {0: ["all"]}


def test_classes_keep_their_place_before_the_variables(scene, make):
    renderer = letters(make, visualVariables=[{**SIZES, "target": "outline"}])
    layer = static_legend(scene([([box(0, 0, 9, 9)], renderer, {"columns": {"k": ["A"], "v": [1]}})]).catalog)
    labels = [entry["label"] for entry in layer["layers"][0]["legend"]]
    assert labels == ["A", "B", "C", "other", "0", "50", "100"]


def test_a_swatch_is_found_by_its_id_with_the_same_bytes(squares):
    view = squares.view(Operation.QUERY_LEGENDS, dpi=130.5)
    body = query_legends(view, return_visible_only=False, patch_size=PatchSize(width=30, height=9))
    for entry in body["layers"][0]["legend"]:
        image = get_image(squares.catalog, 0, entry["url"])
        assert image == base64.b64decode(entry["imageData"])
        assert get_image(squares.catalog, 0, entry["url"][:-1] + "x") is None


@pytest.mark.parametrize(
    "image_id",
    [
        "",
        "0",
        "../0",
        "0-20x20-96-0000000000000000",
        "9-20x20-96-0000000000000000",
        "0-99999x20-96-aaaaaaaaaaaaaaaa",
        "0-0x20-96-0000000000000000",
        "0-20x20-0-0000000000000000",
        "0-20x20-9999-0000000000000000",
    ],
)
def test_no_other_id_gives_a_picture(squares, image_id):
    assert get_image(squares.catalog, 0, image_id) is None
    assert get_image(squares.catalog, 7, image_id) is None


def test_all_entries_equal_those_of_the_legend_resource(squares):
    view = squares.view(Operation.QUERY_LEGENDS)
    body = query_legends(view, return_visible_only=False, patch_size=PatchSize(width=15, height=15))
    assert body == static_legend(squares.catalog)


@pytest.mark.parametrize("seed", range(25))
def test_what_is_listed_has_pixels_and_what_has_pixels_is_listed(scene, make, seed):
    rng = np.random.default_rng(seed)
    names = rng.choice(list("ABCZ"), 40)
    places = rng.uniform(-100, 200, (40, 2))
    if seed % 2:
        shapes = [
            box(x, y, x + width, y + width)
            for (x, y), width in zip(places, rng.uniform(2, 25, 40), strict=True)
        ]
    else:
        shapes = [
            LineString([place, place + step])
            for place, step in zip(places, rng.normal(0, 20, (40, 2)), strict=True)
        ]
    colors = dict(zip("ABC", (RED, GREEN, BLUE), strict=True))
    symbol = (
        (lambda color: make.sfs(color=color)) if seed % 2 else (lambda color: make.sls("Solid", 1, color))
    )
    west, south = rng.uniform(-50, 60, 2)
    parameters = {"bbox": (west, south, west + 60, south + 60), "rotation": float(rng.choice([0, 30, 90]))}
    for name in "ABC":
        renderer = {
            "type": "uniqueValue",
            "field1": "k",
            "uniqueValueInfos": [{"value": name, "label": name, "symbol": symbol(colors[name])}],
        }
        drawn = scene([(shapes, renderer, {"columns": {"k": names}})])
        ink = drawn.ink(**parameters)
        if listed(drawn, **parameters)[0]:
            assert ink.max() > 0
        else:
            assert ink[2:-2, 2:-2].max() == 0
