"""Visual variables: sizes, colours, transparency and rotation that follow the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from mapexplorer.protocol import DocumentError

PLACES = [shapely.Point(x, 50) for x in (10, 30, 50, 70, 90)]


def drawn(scene: Any, make: Any, values: Any, *infos: Any, **more: Any) -> np.ndarray:
    """A row of five square markers, 10 pixels wide where nothing is said."""
    symbol = more.pop("symbol", make.sms(size=7.5))
    renderer = make.simple(symbol, visualVariables=list(infos))
    columns = {"v": values, "n": more.pop("divisors", [1] * 5)}
    return scene([(PLACES, renderer, {"columns": columns})]).pixels(**more)


def widths(pixels: np.ndarray) -> list[float]:
    """Width in pixels of each of the five markers along the middle row."""
    ink = 1 - pixels[49, :, :3].mean(axis=1) / 255
    return [round(float(ink[20 * n : 20 * n + 20].sum()), 1) for n in range(5)]


def colors(pixels: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(pixels[50, x, :3].tolist()) for x in (10, 30, 50, 70, 90)]


def size(**keys: Any) -> dict[str, Any]:
    return {"type": "sizeInfo", "field": "v", **keys}


LINEAR = {"minDataValue": 10, "maxDataValue": 30, "minSize": 3, "maxSize": 9}


def test_sizes_are_linear_between_two_ends_and_clamped(scene: Any, make: Any) -> None:
    found = widths(drawn(scene, make, [0, 10, 20, 30, 99], size(**LINEAR)))
    assert found == pytest.approx([4, 4, 8, 12, 12], abs=0.2)


def test_sizes_follow_stops(scene: Any, make: Any) -> None:
    stops = [{"value": 0, "size": 3}, {"value": 10, "size": 6}, {"value": 100, "size": 12}]
    found = widths(drawn(scene, make, [-5, 5, 10, 55, 100], size(stops=stops)))
    assert found == pytest.approx([4, 6, 8, 12, 16], abs=0.2)


def test_a_null_keeps_the_size_of_the_symbol(scene: Any, make: Any) -> None:
    found = widths(drawn(scene, make, [10, None, 30, None, 10], size(**LINEAR)))
    assert found == pytest.approx([4, 10, 12, 10, 4], abs=0.2)


def test_a_field_divides_the_value_and_zero_keeps_the_symbol(scene: Any, make: Any) -> None:
    info = size(**LINEAR, normalizationField="n")
    found = widths(drawn(scene, make, [20, 20, 40, 60, 60], info, divisors=[2, 1, 2, 2, 0]))
    assert found == pytest.approx([4, 8, 8, 12, 10], abs=0.2)


def test_the_ends_of_sizes_may_depend_on_the_scale(scene: Any, make: Any) -> None:
    stops = [{"value": 1000, "size": 9}, {"value": 3000, "size": 3}]
    info = size(**{**LINEAR, "maxSize": {"type": "sizeInfo", "expression": "view.scale", "stops": stops}})
    # 100 pixels at 96 dpi show 26.5 metres at 1:1000; the middle marker stands in the middle.
    for scale, expected in ((1000, 12), (2000, 8), (3000, 4), (3100, 4)):
        pixels = drawn(scene, make, [30] * 5, info, map_scale=scale, bbox=(0, 0, 100, 100))
        ink = 1 - pixels[..., :3].mean(axis=2) / 255
        assert ink[50, 42:58].sum() == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("key", ["expression", "valueExpression"])
def test_a_size_may_follow_the_scale_alone(scene: Any, make: Any, key: str) -> None:
    name = "view.scale" if key == "expression" else "$view.scale"
    stops = [{"value": 1, "size": 3}, {"value": 2, "size": 6}]
    info = {"type": "sizeInfo", key: name, "stops": stops}
    assert widths(drawn(scene, make, [1] * 5, info)) == pytest.approx([8] * 5, abs=0.2)


def test_colors_are_linear_between_stops_and_clamped(scene: Any, make: Any) -> None:
    stops = [{"value": 0, "color": [0, 0, 0, 255]}, {"value": 100, "color": [200, 100, 0, 255]}]
    info = {"type": "colorInfo", "field": "v", "stops": stops}
    found = colors(drawn(scene, make, [-10, 0, 50, 100, 500], info))
    assert found == [(0, 0, 0), (0, 0, 0), (100, 50, 0), (200, 100, 0), (200, 100, 0)]


def test_alpha_is_interpolated_too(scene: Any, make: Any) -> None:
    stops = [{"value": 0, "color": [0, 0, 0, 0]}, {"value": 100, "color": [0, 0, 0, 255]}]
    info = {"type": "colorInfo", "field": "v", "stops": stops}
    found = [color[0] for color in colors(drawn(scene, make, [0, 25, 50, 75, 100], info))]
    assert found == pytest.approx([255, 191, 128, 64, 0], abs=2)


def test_transparency_follows_stops(scene: Any, make: Any) -> None:
    stops = [{"value": 0, "transparency": 0}, {"value": 10, "transparency": 100}]
    info = {"type": "transparencyInfo", "field": "v", "stops": stops}
    found = [color[0] for color in colors(drawn(scene, make, [0, 2.5, 5, 10, None], info))]
    assert found == pytest.approx([0, 64, 128, 255, 0], abs=2)


@pytest.mark.parametrize(
    ("kind", "value", "tip"),
    [
        ("geographic", 90, "right"),
        ("arithmetic", 90, "up"),
        ("arithmetic", 0, "right"),
        ("geographic", 0, "up"),
    ],
)
def test_rotation_turns_markers(scene: Any, make: Any, kind: str, value: float, tip: str) -> None:
    info = {"type": "rotationInfo", "field": "v", "rotationType": kind}
    pixels = drawn(scene, make, [value] * 5, info, symbol=make.sms("Triangle", size=12))
    ink = 1 - pixels[40:60, 40:60, :3].mean(axis=2) / 255
    wide = {"up": ink[12:].sum() - ink[:8].sum(), "right": ink[:, :8].sum() - ink[:, 12:].sum()}
    assert wide[tip] > 20


def test_several_variables_work_together_on_classes(scene: Any, make: Any) -> None:
    stops = [{"value": 0, "color": [0, 0, 0, 255]}, {"value": 100, "color": [0, 0, 200, 255]}]
    infos = [{"type": "colorInfo", "field": "v", "stops": stops}, size(**LINEAR)]
    renderer = {
        "type": "classBreaks",
        "field": "v",
        "minValue": 0,
        "classBreakInfos": [{"classMaxValue": 50, "symbol": make.sms(), "label": ""}],
        "visualVariables": infos,
    }
    pixels = scene([(PLACES, renderer, {"columns": {"v": [0, 10, 20, 50, 100]}})]).pixels()
    assert colors(pixels)[:4] == [(0, 0, 0), (0, 0, 20), (0, 0, 40), (0, 0, 100)]
    assert colors(pixels)[4] == (255, 255, 255)


def test_lines_change_their_width_and_color(scene: Any, make: Any) -> None:
    lines = [shapely.LineString([(0, y), (100, y)]) for y in (20, 50, 80)]
    stops = [{"value": 0, "color": [0, 0, 0, 255]}, {"value": 10, "color": [0, 0, 200, 255]}]
    infos = [
        size(minDataValue=0, maxDataValue=10, minSize=1.5, maxSize=6),
        {"type": "colorInfo", "field": "v"},
    ]
    infos[1]["stops"] = stops
    renderer = make.simple(make.sls(), visualVariables=infos)
    pixels = scene([(lines, renderer, {"columns": {"v": [0, 5, 10]}})]).pixels()
    ink = 1 - pixels[:, 50, 0] / 255
    found = [ink[60:].sum(), ink[40:60].sum(), ink[:40].sum()]
    assert found == pytest.approx([2, 5, 8], abs=0.3)
    assert pixels[20, 50, :3].tolist() == [0, 0, 200]


def test_polygons_change_their_fill_and_outline(scene: Any, make: Any) -> None:
    boxes = [shapely.box(10, 10, 40, 90), shapely.box(60, 10, 90, 90)]
    stops = [{"value": 0, "color": [0, 200, 0, 255]}, {"value": 10, "color": [200, 0, 0, 255]}]
    infos = [
        {"type": "colorInfo", "field": "v", "stops": stops},
        {
            "type": "sizeInfo",
            "target": "outline",
            "expression": "view.scale",
            "stops": [{"value": 1, "size": 6}],
        },
    ]
    renderer = make.simple(make.sfs(outline=make.sls(width=1)), visualVariables=infos)
    pixels = scene([(boxes, renderer, {"columns": {"v": [0, 10]}})]).pixels()
    assert pixels[50, 25, :3].tolist() == [0, 200, 0]
    assert pixels[50, 75, :3].tolist() == [200, 0, 0]
    assert (pixels[50, 7:13, :3] == 0).all()


def test_many_values_are_rounded_to_a_bounded_number_of_classes(scene: Any, make: Any) -> None:
    from mapexplorer.service.render.classes import drawn_classes

    random = np.random.default_rng(0)
    places = list(shapely.points(random.uniform(0, 100, (20_000, 2))))
    stops = [{"value": 0, "color": [0, 0, 0, 0]}, {"value": 1, "color": [255, 255, 255, 255]}]
    infos = [
        {"type": "colorInfo", "field": "v", "stops": stops},
        {
            "type": "sizeInfo",
            "field": "w",
            "minDataValue": 0,
            "maxDataValue": 1,
            "minSize": 1,
            "maxSize": 100,
        },
    ]
    columns = {"v": random.uniform(size=20_000), "w": random.uniform(size=20_000)}
    made = scene([(places, make.simple(make.sms(), visualVariables=infos), {"columns": columns})])
    layer = made.catalog.layers[0]
    classes, numbers = drawn_classes(layer, layer.renderer, 1000.0)
    assert len(classes) <= 1_600
    sizes = np.array([entry.symbol.size for entry in classes])[numbers]
    assert np.abs(sizes - (1 + 99 * columns["w"])).max() <= 4


def test_the_legend_lists_the_classes_of_the_renderer_and_then_the_sizes(scene: Any, make: Any) -> None:
    from mapexplorer.protocol import Operation, PatchSize
    from mapexplorer.service.legend import query_legends

    renderer = make.simple(make.sms(), label="five", visualVariables=[size(**LINEAR)])
    view = scene([(PLACES, renderer, {"columns": {"v": [1, 2, 3, 4, 5]}})]).view(Operation.QUERY_LEGENDS)
    body = query_legends(view, return_visible_only=True, patch_size=PatchSize(15, 15))
    labels = [entry["label"] for entry in body["layers"][0]["legend"]]
    assert labels == ["five", "10", "20", "30"]


@pytest.mark.parametrize(
    ("info", "told"),
    [
        (size(field="missing", **LINEAR), "no field 'missing'"),
        (size(), "expected stops"),
        (size(minDataValue=1, maxDataValue=2, minSize=1), "expected stops"),
        ({"type": "sizeInfo", "valueExpression": "$feature.missing * 2", **LINEAR}, "no field 'missing'"),
        ({"type": "sizeInfo", "valueExpression": "Upper('a')", **LINEAR}, "needs numbers, not a text"),
        ({"type": "sizeInfo", "valueExpression": "Area($feature)", **LINEAR}, "function Area"),
        ({"type": "rotationInfo", "field": "missing"}, "no field 'missing'"),
        ({"type": "rotationInfo", "valueExpression": "function"}, "function of Arcade"),
    ],
)
def test_a_variable_that_cannot_be_obeyed_is_refused_by_its_place(
    scene: Any, make: Any, info: Any, told: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        drawn(scene, make, [1, 2, 3, 4, 5], info)
    assert any("renderer.visualVariables[0]: " in fault and told in fault for fault in caught.value.faults)
