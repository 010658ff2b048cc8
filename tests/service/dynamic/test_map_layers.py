"""Dynamic layers of published ones: order, source, symbols, filter, time, scales, and every fault's path."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.service.conftest import BLUE, GREEN, RED, box, fill, layer, marker, point, simple
from tests.service.conftest import collection as degrees

Y2000, Y2001, Y2002 = 946684800000, 978307200000, 1009843200000


def collection(*features: Any) -> dict[str, Any]:
    """A collection in metres of Web Mercator, whatever its numbers."""
    name = {"name": "urn:ogc:def:crs:EPSG::3857"}
    return {**degrees(*features), "crs": {"type": "name", "properties": name}}


FRAME = {"bbox": "0,0,100,100", "size": "100,100"}
WHITE = (255, 255, 255, 255)

DATA = {
    "left.json": collection((box(0, 0, 60, 100), {"KIND": "a", "N": 1})),
    "right.json": collection((box(40, 0, 100, 100), {"KIND": "b", "N": 2})),
    "points.json": collection(
        (point(20, 50), {"KIND": "a", "N": 5, "T": Y2000}),
        (point(50, 50), {"KIND": "b", "N": 7, "T": Y2001}),
        (point(80, 50), {"KIND": "c", "N": None, "T": None}),
    ),
    "heap.json": collection(
        (point(50, 50), {"N": 2, "K": "b"}),
        (point(50, 50), {"N": 1, "K": "a"}),
        (point(50, 50), {"N": 3, "K": "c"}),
        (point(50, 50), {"N": None, "K": None}),
    ),
}
KINDS = {
    "type": "uniqueValue",
    "field1": "K",
    "defaultSymbol": marker([9, 9, 9, 255], 40),
    "uniqueValueInfos": [
        {"value": "a", "label": "A", "symbol": marker(RED, 40)},
        {"value": "b", "label": "B", "symbol": marker(GREEN, 40)},
        {"value": "c", "label": "C", "symbol": marker(BLUE, 40)},
    ],
}


@pytest.fixture
def service(serve):
    return serve(
        [
            layer(0, minScale=50_000_000),
            layer(1, "left.json", simple(fill(RED)), parentLayerId=0),
            layer(2, "right.json", simple(fill(BLUE)), defaultVisibility=False),
            layer(
                3,
                "points.json",
                simple(marker(GREEN)),
                definitionExpression="KIND <> 'c' OR N IS NULL",
                timeInfo={"startTimeField": "T"},
            ),
            layer(4, "heap.json", {"renderer": KINDS}, defaultVisibility=False),
        ],
        DATA,
    )


def maplayer(number: int, ident: int | None = None, **keys: Any) -> dict[str, Any]:
    source = {"type": "mapLayer", "mapLayerId": number}
    return {"id": number if ident is None else ident, "source": source, **keys}


def ask(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**FRAME, "dynamicLayers": json.dumps(elements), **more}


def at(picture, column: int, row: int = 50) -> tuple[int, ...]:
    return tuple(picture[row, column].tolist())


def across(picture) -> float:
    """The width in pixels of the red marker in the middle row, edges counted by their coverage."""
    return float((255 - picture[50, :, 1].astype(float)).sum() / 255)


@pytest.mark.parametrize(("order", "middle"), [([1, 2], RED), ([2, 1], BLUE)])
def test_the_first_element_is_drawn_on_top(service, order, middle):
    picture = service.picture(**ask(*(maplayer(number) for number in order)))
    assert [at(picture, x) for x in (10, 50, 90)] == [tuple(RED), tuple(middle), tuple(BLUE)]


def test_only_the_listed_layers_are_drawn_and_layers_layer_defs_and_time_options_are_not_read(service):
    displaced = {"layers": "show:1,,2", "layerDefs": "][", "layerTimeOptions": "{"}
    picture = service.picture(**ask(maplayer(2), **displaced))
    assert [at(picture, x) for x in (10, 50, 90)] == [WHITE, tuple(BLUE), tuple(BLUE)]


def test_an_empty_array_draws_nothing_and_an_empty_value_is_absent(service):
    assert (service.picture(**FRAME, dynamicLayers="[]") == 255).all()
    assert service.json("queryLegends", **FRAME, dynamicLayers="[]") == {"layers": []}
    assert at(service.picture(**FRAME, dynamicLayers=""), 10) == tuple(RED)


def test_without_a_source_the_element_is_the_layer_of_its_id(service):
    assert at(service.picture(**ask({"id": 2})), 90) == tuple(BLUE)


def test_dynamic_copies_of_all_layers_are_the_map(service):
    plain = service.picture(**FRAME)
    assert (service.picture(**ask({"id": 1}, {"id": 3})) == plain).all()


def test_a_layer_stands_twice_with_two_renderers(service):
    first = maplayer(3, 10, drawingInfo=simple(marker(RED, 8)), definitionExpression="N = 5")
    second = maplayer(3, 11, drawingInfo=simple(marker(BLUE, 8)))
    picture = service.picture(**ask(first, second))
    assert [at(picture, x) for x in (20, 50, 80)] == [tuple(RED), tuple(BLUE), tuple(BLUE)]


def test_the_published_expression_still_holds(service):
    asked = maplayer(3, definitionExpression="N IS NULL OR N < 6")
    picture = service.picture(**ask(asked, layerDefs='{"3":"N=7"}'))
    assert [at(picture, x) for x in (20, 50, 80)] == [tuple(GREEN), WHITE, tuple(GREEN)]


@pytest.mark.parametrize(("transparency", "grey"), [(0, 0), (60, 153), (100, 255)])
def test_transparency_blends_the_layer_as_a_whole(service, transparency, grey):
    drawing = simple(fill([0, 0, 0, 255]), transparency=transparency)
    red, green, blue, alpha = at(service.picture(**ask(maplayer(1, drawingInfo=drawing))), 20)
    assert red == green == blue == pytest.approx(grey, abs=1)
    assert alpha == 255


def test_only_the_renderer_or_only_the_transparency_can_be_changed(serve):
    half = layer(1, "left.json", simple(fill([0, 0, 0, 255]), transparency=60))
    service = serve([half], {"left.json": DATA["left.json"]})
    assert at(service.picture(**ask(maplayer(1, drawingInfo=simple(fill([0, 0, 0, 255]))))), 20)[0] == 153
    assert at(service.picture(**ask(maplayer(1, drawingInfo={"transparency": 0}))), 20) == (0, 0, 0, 255)


def test_time_options_of_an_element_take_the_place_of_layer_time_options(service):
    window = f"{Y2001},{Y2002}"
    options = {"timeOffset": 1, "timeOffsetUnits": "esriTimeUnitsYears"}

    def standing(**keys: Any) -> list[int]:
        picture = service.picture(**ask(maplayer(3, **keys), time=window))
        return [n for n, x in enumerate((20, 50, 80), 1) if at(picture, x) == tuple(GREEN)]

    assert standing() == [2]
    assert standing(layerTimeOptions={"useTime": False}) == [1, 2, 3]
    assert standing(layerTimeOptions={"timeDataCumulative": True}) == [1, 2]
    assert standing(layerTimeOptions=options) == [1, 2]


@pytest.mark.parametrize(
    ("order", "top"),
    [
        (None, [9, 9, 9, 255]),
        ([], [9, 9, 9, 255]),
        ([{"field": "N", "order": "ascending"}], RED),
        ([{"field": "n"}], RED),
        ([{"field": "N", "order": "descending"}], BLUE),
        ([{"field": "K", "order": "ascending"}], RED),
        ([{"field": "K", "order": "descending"}], BLUE),
        ([{"valueExpression": "Round($feature.N)", "order": "ascending"}], RED),
        ([{"valueExpression": "-$feature.N"}], BLUE),
        ([{"valueExpression": "Upper($feature.K)", "order": "descending"}], BLUE),
    ],
)
def test_order_by_puts_small_values_on_top_when_ascending(service, order, top):
    assert at(service.picture(**ask(maplayer(4, orderBy=order))), 50) == tuple(top)


def test_order_by_holds_for_areas_and_for_many_points(serve):
    areas = collection((box(0, 0, 100, 100), {"K": "a"}), (box(0, 0, 100, 100), {"K": "b"}))
    many = collection(*((point(50, 50), {"K": "ab"[n % 2]}) for n in range(4500)))
    symbols = {"renderer": {**KINDS, "defaultSymbol": None}}
    fills = {
        "type": "uniqueValue",
        "field1": "K",
        "uniqueValueInfos": [{"value": "a", "symbol": fill(RED)}, {"value": "b", "symbol": fill(BLUE)}],
    }
    service = serve(
        [layer(0, "many.json", symbols), layer(1, "areas.json", {"renderer": fills})],
        {"areas.json": areas, "many.json": many},
    )
    for order, point_color, fill_color in (("ascending", RED, RED), ("descending", GREEN, BLUE)):
        keys = {"orderBy": [{"field": "K", "order": order}]}
        assert at(service.picture(**ask(maplayer(0, **keys))), 50) == tuple(point_color)
        assert at(service.picture(**ask(maplayer(1, **keys))), 50) == tuple(fill_color)


@pytest.mark.parametrize(
    ("published", "asked", "drawn"),
    [
        ({}, {}, True),
        ({"minScale": 9000}, {}, False),
        ({"minScale": 9000}, {"minScale": 0}, True),
        ({"minScale": 9000}, {"minScale": 10_000}, True),
        ({}, {"minScale": 9999}, False),
        ({}, {"maxScale": 10_001}, False),
        ({}, {"minScale": 10_000, "maxScale": 10_000}, True),
    ],
)
def test_scale_ranges_of_an_element_take_the_place_of_the_published_ones(serve, published, asked, drawn):
    service = serve([layer(1, "left.json", simple(fill(RED)), **published)], {"left.json": DATA["left.json"]})
    shown = service.picture(**ask(maplayer(1, 7, **asked), mapScale="10000"))
    assert bool((shown[..., 1] == 0).any()) is drawn
    listed = service.json("queryLegends", **ask(maplayer(1, 7, **asked), mapScale="10000"))["layers"]
    assert [found["layerId"] for found in listed] == ([7] if drawn else [])
    for key in ("minScale", "maxScale"):
        assert all(found[key] == asked.get(key, published.get(key, 0)) for found in listed)


def test_the_scale_range_of_the_published_group_still_holds(service):
    far = {"mapScale": "60000000"}
    assert (service.picture(**ask(maplayer(1, minScale=0), **far)) == 255).all()


@pytest.mark.parametrize(
    ("scale", "scaled", "pixels"),
    [
        (5000, None, 80 / 3),
        (20_000, None, 20 / 3),
        (5000, True, 80 / 3),
        (5000, False, 40 / 3),
        (10_000, None, 40 / 3),
    ],
)
def test_symbols_scale_round_the_reference_scale_unless_switched_off(serve, scale, scaled, pixels):
    drawing = simple(marker(RED))
    service = serve(
        [layer(1, "points.json", drawing)],
        {"points.json": collection((point(50, 50), {"N": 1}))},
        referenceScale=10_000,
    )
    keys = {} if scaled is None else {"drawingInfo": {"scaleSymbols": scaled}}
    picture = service.picture(**ask(maplayer(1, **keys), mapScale=str(scale)))
    assert across(picture) == pytest.approx(pixels, abs=0.2)
    if scaled is None:
        assert (service.picture(**FRAME, mapScale=str(scale)) == picture).all()
    legend = service.json("queryLegends", **ask(maplayer(1, **keys), mapScale=str(scale)))
    assert legend["layers"][0]["legend"][0]["width"] == 13


def test_scaled_symbols_have_a_largest_size(serve):
    service = serve(
        [layer(1, "points.json", simple(marker(RED)))],
        {"points.json": collection((point(50, 50), {"N": 1}))},
        referenceScale=10_000,
    )
    assert "bbox: at the scale 50" in service.fault(**ask({"id": 1}), mapScale="50")[0]
    assert "error" not in service.json(
        "export", **ask({"id": 1, "drawingInfo": {"scaleSymbols": False}}), mapScale="50"
    )


def test_the_published_scale_symbols_holds_for_the_map(serve):
    service = serve(
        [layer(1, "points.json", simple(marker(RED), scaleSymbols=False))],
        {"points.json": collection((point(50, 50), {"N": 1}))},
        referenceScale=10_000,
    )
    assert across(service.picture(**FRAME, mapScale="5000")) == pytest.approx(40 / 3, abs=0.2)
    on = maplayer(1, drawingInfo={"scaleSymbols": True})
    assert across(service.picture(**ask(on), mapScale="5000")) == pytest.approx(80 / 3, abs=0.2)


def test_show_labels_false_is_obeyed(service):
    off = maplayer(1, drawingInfo={"showLabels": False})
    assert at(service.picture(**ask(off)), 10) == tuple(RED)


def test_the_legend_names_dynamic_ids_and_lists_what_the_picture_shows(service):
    asked = ask(
        maplayer(4, 501, name="Heap", definitionExpression="N = 1"),
        maplayer(3, 502, drawingInfo=simple(marker(RED, 8)), definitionExpression="N = 99"),
        maplayer(1, 503),
    )
    layers = service.json("queryLegends", **asked)["layers"]
    assert [(found["layerId"], found["layerName"]) for found in layers] == [
        (501, "Heap"),
        (502, "Layer 3"),
        (503, "Layer 1"),
    ]
    assert [[entry["label"] for entry in found["legend"]] for found in layers] == [["A"], [], [""]]
    every = service.json("queryLegends", returnVisibleOnly="false", **asked)["layers"]
    assert [[entry["label"] for entry in found["legend"]] for found in every] == [
        ["A", "B", "C", ""],
        [""],
        [""],
    ]


@pytest.mark.parametrize("resource", ["queryLegends", "legend"])
def test_the_url_of_a_dynamic_swatch_is_complete_and_answers_the_same_bytes(service, resource):
    asked = ask(maplayer(4, 501), maplayer(1, 502, drawingInfo=simple(fill(GREEN))))
    if resource == "legend":
        asked = {"dynamicLayers": asked["dynamicLayers"]}
    body = service.json(resource, **asked)
    entries = [entry for found in body["layers"] for entry in found["legend"]]
    assert len(entries) == 5
    for entry in entries:
        assert entry["url"].startswith("http://localhost/")
        answer = service.client.get(entry["url"])
        assert answer.content_type == "image/png"
        assert answer.data == base64.b64decode(entry["imageData"])
    assert service.json(resource, **asked) == body
    missing = entries[0]["url"].rsplit("/", 1)[0] + "/" + "0" * 32 + ".png"
    assert service.client.get(missing).status_code == 404


FAULTS: list[tuple[list[dict[str, Any]], str, str]] = [
    ([maplayer(99, 5)], "dynamicLayers[0].source.mapLayerId", "there is no layer 99"),
    ([maplayer(0, 5)], "dynamicLayers[0].source.mapLayerId", "0 is a group layer"),
    ([{"id": 99}], "dynamicLayers[0].id", "there is no layer 99"),
    ([maplayer(1), maplayer(2, 1)], "dynamicLayers[1].id", "id of an earlier element"),
    (
        [maplayer(1), maplayer(3, definitionExpression="NOFIELD = 1")],
        "dynamicLayers[1].definitionExpression",
        "layer 3 (Layer 3): unknown field 'NOFIELD' (column 1)",
    ),
    (
        [maplayer(3, definitionExpression="N = 1; DROP TABLE t")],
        "dynamicLayers[0].definitionExpression",
        "second statement",
    ),
    (
        [maplayer(1, drawingInfo={"renderer": {"type": "heatmap"}})],
        "dynamicLayers[0].drawingInfo.renderer.type",
        "heatmap",
    ),
    (
        [maplayer(3, drawingInfo={"renderer": {**KINDS, "field1": "NO"}})],
        "dynamicLayers[0].drawingInfo.renderer.field1",
        "no field 'NO'",
    ),
    (
        [maplayer(3, drawingInfo=simple(fill(RED)))],
        "dynamicLayers[0].drawingInfo.renderer.symbol",
        "esriSFS is no symbol for esriGeometryPoint",
    ),
    (
        [maplayer(3, drawingInfo=simple({"type": "esriPMS", "url": "http://169.254.169.254/x.png"}))],
        "dynamicLayers[0].drawingInfo.renderer.symbol.url",
        "fetches no pictures",
    ),
    ([maplayer(1, drawingInfo={"transparency": 101})], "dynamicLayers[0].drawingInfo.transparency", "100"),
    ([maplayer(3, orderBy=[{"field": "NO"}])], "dynamicLayers[0].orderBy[0].field", "no field 'NO'"),
    (
        [maplayer(3, orderBy=[{"valueExpression": "$feature.NO"}])],
        "dynamicLayers[0].orderBy[0].valueExpression",
        "no field 'NO'",
    ),
    (
        [maplayer(3, layerTimeOptions={"timeOffset": 1})],
        "dynamicLayers[0].layerTimeOptions",
        "needs a unit",
    ),
    ([{"id": -1}], "dynamicLayers[0].id", "0"),
]


@pytest.mark.parametrize(("elements", "place", "problem"), FAULTS)
@pytest.mark.parametrize("operation", ["export", "queryLegends", "legend"])
def test_a_bad_element_refuses_the_whole_request_by_its_json_path(
    service, operation, elements, place, problem
):
    details = service.fault(
        operation, **(ask(*elements) if operation != "legend" else {"dynamicLayers": json.dumps(elements)})
    )
    assert any(detail.startswith(place) and problem in detail for detail in details), details


def test_faults_of_several_elements_are_all_told(service):
    details = service.fault(**ask(maplayer(99, 5), {"id": 1}, maplayer(3, orderBy=[{"field": "NO"}])))
    assert [detail.partition(": ")[0] for detail in details] == [
        "dynamicLayers[0].source.mapLayerId",
        "dynamicLayers[2].orderBy[0].field",
    ]


def test_at_most_64_layers_and_1000_classes(service):
    many = [maplayer(1, 100 + number) for number in range(65)]
    assert service.fault(**ask(*many)) == ["dynamicLayers: expected at most 64 layers, not 65"]
    assert at(service.picture(**ask(*many[:64])), 10) == tuple(RED)
    groups = [
        {"classes": [{"values": [[str(n)]], "symbol": marker(RED)} for n in range(600)]} for _ in range(2)
    ]
    renderer = {"type": "uniqueValue", "field1": "K", "uniqueValueGroups": groups}
    body = {"dynamicLayers": json.dumps([maplayer(4, drawingInfo={"renderer": renderer})]), **FRAME}
    answer = service.client.post(f"{service.path}/export", data={**body, "f": "json"})
    assert "at most 1000 classes, not 1200" in answer.get_json()["error"]["details"][0]


def test_what_a_raster_has_not_is_refused(serve, folder):
    from PIL import Image

    Image.new("RGB", (10, 10), (10, 20, 30)).save(folder / "photo.png")
    (folder / "photo.pgw").write_text("10\n0\n0\n-10\n5\n95\n")
    raster = {"id": 0, "name": "Photo", "type": "Raster Layer", "source": "photo.png"}
    service = serve([raster])
    assert at(service.picture(**ask(maplayer(0, 9))), 50) == (10, 20, 30, 255)
    faded = at(service.picture(**ask(maplayer(0, 9, drawingInfo={"transparency": 50}))), 50)
    assert faded == pytest.approx((133, 138, 143, 255), abs=1)
    for keys, place in (
        ({"drawingInfo": simple(fill(RED))}, "drawingInfo.renderer"),
        ({"definitionExpression": "A = 1"}, "definitionExpression"),
        ({"orderBy": [{"field": "A"}]}, "orderBy"),
    ):
        assert service.fault(**ask(maplayer(0, **keys)))[0].startswith(f"dynamicLayers[0].{place}: ")
    listed = service.json("queryLegends", **ask(maplayer(0, 9)))["layers"][0]
    assert (listed["layerId"], listed["layerType"], len(listed["legend"])) == (9, "Raster Layer", 3)


def test_the_default_version_is_the_published_data(service):
    element = {"id": 1, "source": {"type": "mapLayer", "mapLayerId": 1, "gdbVersion": "SDE.default"}}
    assert at(service.picture(**ask(element)), 10) == tuple(RED)


def test_the_flags_of_root_and_layers_are_true(serve):
    service = serve([layer(0), layer(1, "left.json", simple(fill(RED)))], {"left.json": DATA["left.json"]})
    assert service.json()["supportsDynamicLayers"] is True
    assert [found["canModifyLayer"] for found in service.json("layers")["layers"]] == [False, True]
    assert [found["canScaleSymbols"] for found in service.json("layers")["layers"]] == [False, False]
    scaled = serve(
        [layer(1, "left.json", simple(fill(RED)))], {"left.json": DATA["left.json"]}, referenceScale=5000
    )
    assert scaled.json("1")["canScaleSymbols"] is True
