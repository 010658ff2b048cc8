"""Selections: features highlighted above their layer."""

import json

import numpy as np
import pytest

from tests.service.conftest import BLUE, GREEN, RED, box, collection, fill, layer, marker, point, simple

VIEW = {"bbox": "0,0,1000,1000", "size": "100,100"}
CYAN, INK, WHITE = (0, 255, 255), (0, 0, 200), (255, 255, 255)
ROWS = collection(
    (box(100, 100, 400, 400), {"name": "a", "part": "x", "num": 1, "fid": 11}),
    (box(600, 100, 900, 400), {"name": "a", "part": "y", "num": 2, "fid": 12}),
    (box(100, 600, 400, 900), {"name": "b", "part": "x", "num": 1.5, "fid": 13}),
    (box(600, 600, 900, 900), {"name": "b", "part": None, "num": None, "fid": 14}),
)
MIDDLES = {1: (75, 25), 2: (75, 75), 3: (25, 25), 4: (25, 75)}
"""Row and column of the middle of each square."""


@pytest.fixture
def ask(serve):
    def make(**keys):
        return serve([layer(0, "rows.geojson", simple(fill(BLUE)), **keys)], {"rows.geojson": ROWS})

    return make


def picture(service, *definitions, **keys):
    return service.picture(**VIEW, **keys, selectionDefinitions=json.dumps(list(definitions)))


def outlined(image, color=CYAN):
    """The squares whose left edge shows a colour."""
    return [n for n, (y, x) in MIDDLES.items() if tuple(image[y, x - 15, :3]) == color]


def chosen(service, **keys):
    return outlined(picture(service, {"layerId": 0, **keys}))


def test_a_polygon_is_outlined_and_stays_hollow(ask):
    image = picture(ask(), {"layerId": 0, "objectIds": [1]})
    assert outlined(image) == [1]
    assert tuple(image[75, 25, :3]) == INK
    assert [tuple(image[75, x, :3]) for x in (7, 9, 10, 12)] == [WHITE, CYAN, CYAN, INK]
    plain = ask().picture(**VIEW)
    assert (image[:, 50:] == plain[:, 50:]).all()


def test_colours_of_line_and_inside_can_be_chosen(ask):
    asked = {"layerId": "0", "objectIds": [1, 3], "selectionFillColor": [0, 255, 0]}
    image = picture(ask(), {**asked, "selectionColor": [255, 0, 0]})
    assert outlined(image, (255, 0, 0)) == [1, 3]
    assert [tuple(image[y, x, :3]) for y, x in MIDDLES.values()] == [(0, 255, 0), INK, (0, 255, 0), INK]
    assert outlined(picture(ask(), asked)) == [1, 3]


@pytest.mark.parametrize("ids", [[], [99999], [0, -1], [2**53]])
def test_ids_that_are_not_there_change_nothing(ask, ids):
    assert (picture(ask(), {"layerId": 0, "objectIds": ids}) == ask().picture(**VIEW)).all()
    assert (picture(ask(), {"layerId": 77, "objectIds": [1]}) == ask().picture(**VIEW)).all()


def test_object_ids_are_those_of_the_layer(ask):
    assert chosen(ask(objectIdField="fid"), objectIds=[1, 12, 13]) == [2, 3]


@pytest.mark.parametrize(
    ("field", "ids", "squares"),
    [
        ("name", ["a"], [1, 2]),
        ("NAME", ["b", "zz"], [3, 4]),
        ("num", ["1", "1.5", "2.0"], [1, 3]),
        ("fid", ["12", "13.0", "014"], [2]),
        ("part", ["None", "y"], [2]),
    ],
)
def test_simple_unique_ids_are_compared_as_text(ask, field, ids, squares):
    assert chosen(ask(uniqueIdInfo={"type": "simple", "fields": [field]}), uniqueIds=ids) == squares


@pytest.mark.parametrize(
    ("ids", "squares"),
    [
        ([["a", "x", "1"]], [1]),
        ([["x", "a", "1"]], []),
        ([["a", "y", "1"]], []),
        ([["a", "x", "1"], ["a", "y", "2"], ["b", "y", "2"]], [1, 2]),
        ([["b", "x", "1.5"], ["zz", "x", "1"]], [3]),
    ],
)
def test_composite_unique_ids_stand_in_the_order_of_the_fields(ask, ids, squares):
    info = {"type": "composite", "fields": ["name", "part", "num"]}
    assert chosen(ask(uniqueIdInfo=info), uniqueIds=ids) == squares


@pytest.mark.parametrize(
    ("info", "definition", "words"),
    [
        (None, {"uniqueIds": ["a"]}, "selectionDefinitions[0].uniqueIds"),
        ("simple", {"objectIds": [1]}, "selectionDefinitions[0].objectIds"),
        ("simple", {"uniqueIds": [["a"]]}, "selectionDefinitions[0].uniqueIds"),
        ("composite", {"objectIds": [1]}, "selectionDefinitions[0].objectIds"),
        ("composite", {"uniqueIds": ["ab"]}, "selectionDefinitions[0].uniqueIds"),
        ("composite", {"uniqueIds": [["a"]]}, "selectionDefinitions[0].uniqueIds"),
        (None, {"objectIds": [1], "uniqueIds": ["a"]}, "selectionDefinitions"),
        (None, {"objectIds": [1], "selectionColor": [0, 0, 256]}, "selectionDefinitions[0].selectionColor"),
        (
            None,
            {"objectIds": [1], "selectionColor": [0, 0, 0, 255]},
            "selectionDefinitions[0].selectionColor",
        ),
        (
            None,
            {"objectIds": [1], "selectionFillColor": [0, 0]},
            "selectionDefinitions[0].selectionFillColor",
        ),
        (None, {}, "selectionDefinitions"),
    ],
)
def test_other_definitions_are_refused(ask, info, definition, words):
    fields = {"simple": ["name"], "composite": ["name", "part"]}
    service = ask() if info is None else ask(uniqueIdInfo={"type": info, "fields": fields[info]})
    asked = json.dumps([{"layerId": 0, **definition}])
    assert service.fault(**VIEW, layers="show:-1", selectionDefinitions=asked)[0].startswith(words)


def test_both_kinds_of_ids_in_one_request_are_refused(serve):
    keys = {"uniqueIdInfo": {"type": "simple", "fields": ["name"]}}
    service = serve(
        [layer(0, "rows.geojson", simple(fill(BLUE)), **keys), layer(1, "rows.geojson", simple(fill(RED)))],
        {"rows.geojson": ROWS},
    )
    both = [{"layerId": 0, "uniqueIds": ["a"]}, {"layerId": 1, "objectIds": [1]}]
    assert service.fault(**VIEW, selectionDefinitions=json.dumps(both))[0].startswith("selectionDefinitions")


def test_what_other_filters_remove_is_not_highlighted(ask):
    asked = {"layerId": 0, "objectIds": [1, 2]}
    assert outlined(picture(ask(), asked, layerDefs='{"0":"part = \'y\'"}')) == [2]
    assert outlined(picture(ask(), asked, layers="show:-1")) == []


def test_highlights_lie_above_their_layer_and_below_the_layers_over_it(serve):
    cover = collection((box(0, 0, 1000, 500), {}))
    below = collection((box(50, 50, 950, 950), {}))
    layers = [
        layer(1, "cover.geojson", simple(fill(GREEN))),
        layer(0, "rows.geojson", simple(fill(BLUE))),
        layer(2, "below.geojson", simple(fill(RED))),
    ]
    service = serve(layers, {"rows.geojson": ROWS, "cover.geojson": cover, "below.geojson": below})
    asked = {"layerId": 0, "objectIds": [1, 3]}
    assert outlined(picture(service, asked)) == [3]


def test_a_highlight_is_not_translucent_with_its_layer(serve):
    service = serve([layer(0, "rows.geojson", simple(fill(BLUE), transparency=80))], {"rows.geojson": ROWS})
    assert chosen(service, objectIds=[2]) == [2]


def test_highlights_are_cut_off_with_a_clipped_layer(ask):
    shape = {"xmin": 250, "ymin": 0, "xmax": 1000, "ymax": 1000}
    clip = {"geometryType": "esriGeometryEnvelope", "geometry": shape}
    asked = {"layerId": 0, "objectIds": [1, 2]}
    assert outlined(picture(ask(), asked, clipping=json.dumps(clip))) == [2]
    excluded = json.dumps({**clip, "excludedLayers": [0]})
    assert outlined(picture(ask(), asked, clipping=excluded)) == [1, 2]


def test_a_line_gets_a_solid_line_of_two_points(serve):
    symbol = {"type": "esriSLS", "style": "esriSLSDot", "color": [0, 0, 0, 255], "width": 1}
    rows = collection(({"type": "LineString", "coordinates": [[0, 500], [1000, 500]]}, {}))
    service = serve([layer(0, "rows.geojson", simple(symbol))], {"rows.geojson": rows})
    image = picture(service, {"layerId": 0, "objectIds": [1], "selectionFillColor": [255, 0, 0]})
    assert {tuple(pixel) for pixel in image[49:51, 5:95, :3].reshape(-1, 3)} == {CYAN}
    fine = picture(service, {"layerId": 0, "objectIds": [1]}, dpi="288")
    assert {tuple(pixel) for pixel in fine[47:53, 5:95, :3].reshape(-1, 3)} == {CYAN}


@pytest.mark.parametrize("style", ["esriSMSCircle", "esriSMSSquare"])
def test_a_point_gets_a_circle_just_round_its_marker(serve, style):
    symbol = {**marker(RED, 30), "style": style}
    rows = collection((point(500, 500), {}))
    service = serve([layer(0, "rows.geojson", simple(symbol))], {"rows.geojson": rows})
    image = picture(service, {"layerId": 0, "objectIds": [1]})
    plain = service.picture(**VIEW)
    radius = 20 if style == "esriSMSCircle" else 20 * np.sqrt(2)
    ring = round(50 + radius + 96 / 72 - 0.5)
    assert tuple(image[50, ring, :3]) == CYAN
    assert tuple(image[50, 50, :3]) == (200, 0, 0)
    assert (image[40:60, 40:60] == plain[40:60, 40:60]).all()
    filled = picture(service, {"layerId": 0, "objectIds": [1], "selectionFillColor": [0, 0, 255]})
    assert tuple(filled[50, 50, :3]) == (0, 0, 255)


def test_dynamic_layers_are_selected_by_their_own_ids(ask):
    element = json.dumps([{"id": 7, "source": {"type": "mapLayer", "mapLayerId": 0}}])
    assert outlined(picture(ask(), {"layerId": 7, "objectIds": [2]}, dynamicLayers=element)) == [2]
    assert outlined(picture(ask(), {"layerId": 0, "objectIds": [2]}, dynamicLayers=element)) == []


def test_vector_formats_show_highlights_too(ask):
    asked = json.dumps([{"layerId": 0, "objectIds": [1]}])
    answer = ask().get("export", **VIEW, f="image", format="svg", selectionDefinitions=asked)
    colours = ("#00ffff", "#0ff", "rgb(0,255,255)")
    assert any(colour in answer.text.lower().replace(" ", "") for colour in colours)


def test_a_legend_does_not_know_selections(ask):
    body = ask().json("queryLegends", **VIEW, selectionDefinitions='[{"layerId":0,"uniqueIds":["a"]}]')
    assert "layers" in body


def test_a_simple_unique_id_has_one_field(ask):
    from mapexplorer.protocol import DocumentError

    with pytest.raises(DocumentError, match="uniqueIdInfo"):
        ask(uniqueIdInfo={"type": "simple", "fields": ["name", "part"]})
