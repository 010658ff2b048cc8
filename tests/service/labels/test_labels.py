"""Labels as a caller of the service sees them: ink on white ground at the right places."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

FRAME = {"bbox": "0,0,200,200", "size": "200,200"}
P, L = "esriServerPointLabelPlacement", "esriServerLinePlacement"
POLYGON = "esriServerPolygonPlacementAlwaysHorizontal"


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def line(*at: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in at]}


def box(xmin: float, ymin: float, xmax: float, ymax: float) -> dict[str, Any]:
    ring = [[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax], [xmin, ymin]]
    return {"type": "Polygon", "coordinates": [ring]}


def text(color: Any = (0, 0, 255, 255), size: float = 10, **keys: Any) -> dict[str, Any]:
    font = {"family": "DejaVu Sans", "size": size, **keys.pop("font", {})}
    return {"type": "esriTS", "color": list(color), "font": font, **keys}


def label(placement: str | None = None, expression: str = "[name]", **keys: Any) -> dict[str, Any]:
    entry = {"labelExpression": expression, "symbol": keys.pop("symbol", text()), **keys}
    return entry if placement is None else {**entry, "labelPlacement": placement}


INVISIBLE = {
    "Point": {"type": "esriSMS", "style": "esriSMSSquare", "size": 6, "color": None, "outline": None},
    "LineString": {"type": "esriSLS", "style": "esriSLSNull", "width": 1},
    "Polygon": {"type": "esriSFS", "style": "esriSFSNull", "outline": None},
}


@pytest.fixture
def labelled(serve: Callable[..., Any]) -> Callable[..., Any]:
    """Serve one layer with invisible symbols: labelled(features, classes, key=value)."""

    def serve_labelled(
        features: list[tuple[dict[str, Any], dict[str, Any]]], classes: list[dict[str, Any]], **keys: Any
    ) -> Any:
        content = {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": g, "properties": p} for g, p in features],
        }
        symbol = INVISIBLE[features[0][0]["type"].removeprefix("Multi")]
        drawing = {
            "renderer": {"type": "simple", "symbol": symbol},
            "labelingInfo": classes,
            **keys.pop("drawing", {}),
        }
        layer = {
            "id": 0,
            "name": "L",
            "type": "Feature Layer",
            "source": "data.geojson",
            "drawingInfo": drawing,
            **keys,
        }
        crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
        return serve([layer], {"data.geojson": {**content, "crs": crs}})

    return serve_labelled


def ink(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., :3].astype(int).sum(axis=2) < 600) & (pixels[..., 3] > 0)


def extent(pixels: np.ndarray) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is drawn, None for nothing."""
    rows, columns = np.nonzero(ink(pixels))
    if len(rows) == 0:
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@pytest.mark.parametrize("vertical", ["Above", "Center", "Below"])
@pytest.mark.parametrize("side", ["Left", "Center", "Right"])
def test_a_point_label_stands_on_its_side(labelled: Any, vertical: str, side: str) -> None:
    found = extent(
        labelled([(point(100, 100), {"name": "HHH"})], [label(P + vertical + side)]).picture(**FRAME)
    )
    assert found is not None
    left, top, right, bottom = found
    match side:
        case "Left":
            assert right < 100
        case "Right":
            assert left > 100
        case _:
            assert abs((left + right) / 2 - 100) < 2
    match vertical:
        case "Above":
            assert bottom < 100
        case "Below":
            assert top > 100
        case _:
            assert abs((top + bottom) / 2 - 100) < 2


def test_a_point_label_stands_above_right_when_nothing_is_said(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    plain = labelled(features, [label()]).picture(**FRAME)
    assert np.array_equal(plain, labelled(features, [label(P + "AboveRight")]).picture(**FRAME))


@pytest.mark.parametrize("vertical", ["Above", "Center", "Below"])
@pytest.mark.parametrize("where", ["Before", "Start", "Along", "End", "After"])
def test_a_line_label_stands_at_its_part_of_the_line(labelled: Any, vertical: str, where: str) -> None:
    served = labelled([(line((60, 100), (140, 100)), {"name": "HH"})], [label(L + vertical + where)])
    found = extent(served.picture(**FRAME))
    assert found is not None
    left, top, right, bottom = found
    match where:
        case "Before":
            assert right < 60
        case "Start":
            assert 60 <= left < 64
        case "Along":
            assert abs((left + right) / 2 - 100) < 2
        case "End":
            assert 136 < right <= 140
        case _:
            assert left > 140
    match vertical:
        case "Above":
            assert bottom < 100
        case "Below":
            assert top > 100
        case _:
            assert abs((top + bottom) / 2 - 100) < 2


@pytest.mark.parametrize(
    "course",
    [
        ((20, 100), (180, 100)),
        ((180, 100), (20, 100)),
        ((20, 20), (180, 180)),
        ((180, 20), (20, 180)),
        ((100, 20), (100, 180)),
        ((100, 180), (100, 20)),
    ],
)
def test_a_line_label_is_never_upside_down_whichever_way_the_line_runs(labelled: Any, course: Any) -> None:
    # The base of a T is narrower than its top: upright letters have their bar above, on vertical lines left.
    features = [(line(*course), {"name": "TTTTTT"})]
    seen = ink(labelled(features, [label(L + "CenterAlong")]).picture(**FRAME))
    rows, columns = np.nonzero(seen)
    start, end = course
    across, up = end[0] - start[0], end[1] - start[1]
    if across < 0 or (across == 0 and up < 0):
        across, up = -across, -up
    length = float(np.hypot(across, up))
    along = np.array([across, -up]) / length
    above = np.array([along[1], -along[0]])
    places = np.column_stack([columns + 0.5, rows + 0.5]) - (100, 100)
    # Releases of matplotlib space letters a little differently.
    assert abs((places @ along).mean()) < 4
    assert (places @ above > 1).sum() > (places @ above < -1).sum()


def test_a_label_follows_the_bend_of_a_line(labelled: Any) -> None:
    angles = np.linspace(np.pi, 0, 40)
    arc = [(100 + 70 * np.cos(angle), 60 + 70 * np.sin(angle)) for angle in angles]
    served = labelled([(line(*arc), {"name": "a long river name"})], [label(L + "CenterAlong")])
    rows, columns = np.nonzero(ink(served.picture(**FRAME)))
    distance = np.hypot(columns + 0.5 - 100, 200 - rows - 0.5 - 60)
    assert len(rows) > 100
    assert abs(np.median(distance) - 70) < 2
    assert (np.abs(distance - 70) < 10).all()


def test_a_polygon_label_lies_in_the_part_that_is_seen(labelled: Any) -> None:
    served = labelled([(box(-1000, -1000, 120, 1000), {"name": "HHH"})], [label(POLYGON)])
    left, _, right, _ = extent(served.picture(**FRAME)) or (0, 0, 0, 0)
    assert 40 < (left + right) / 2 < 80


def test_a_polygon_label_lies_where_the_polygon_is_wide(labelled: Any) -> None:
    # A thin stalk with a head at its right end: the middle of the whole is no place for a text.
    ring = [
        [10, 98],
        [140, 98],
        [140, 60],
        [190, 60],
        [190, 140],
        [140, 140],
        [140, 102],
        [10, 102],
        [10, 98],
    ]
    shape = {"type": "Polygon", "coordinates": [ring]}
    left, top, right, bottom = (
        extent(labelled([(shape, {"name": "HHHH"})], [label()]).picture(**FRAME)) or (0,) * 4
    )
    assert left > 140
    assert right < 190
    assert top > 60
    assert bottom < 140


@pytest.mark.parametrize("angle", [30, 90, 137, 180, 270])
@pytest.mark.parametrize("shape", [point(100, 100), box(60, 60, 140, 140)], ids=["point", "polygon"])
def test_labels_stay_horizontal_when_the_map_is_turned(labelled: Any, shape: Any, angle: float) -> None:
    placement = P + "CenterCenter" if shape["type"] == "Point" else POLYGON
    served = labelled([(shape, {"name": "HHHHHH"})], [label(placement)])
    straight = extent(served.picture(**FRAME))
    turned = extent(served.picture(**FRAME, rotation=angle))
    assert straight is not None
    assert turned is not None
    assert turned[2] - turned[0] == straight[2] - straight[0]
    assert turned[3] - turned[1] == straight[3] - straight[1]


def test_a_line_label_follows_the_turned_line(labelled: Any) -> None:
    served = labelled([(line((20, 100), (180, 100)), {"name": "HHHHHHHH"})], [label(L + "CenterAlong")])
    left, top, right, bottom = extent(served.picture(**FRAME, rotation=90)) or (0,) * 4
    assert bottom - top > 3 * (right - left)


@pytest.mark.parametrize(
    ("scale", "drawn"), [(50000, True), (10000, True), (50000.5, False), (9999.5, False)]
)
def test_both_ends_of_the_scale_range_of_a_class_are_included(
    labelled: Any, scale: float, drawn: bool
) -> None:
    served = labelled([(point(100, 100), {"name": "HHH"})], [label(minScale=50000, maxScale=10000)])
    assert (extent(served.picture(**FRAME, mapScale=scale)) is not None) is drawn


def test_a_range_that_is_upside_down_means_no_labels(labelled: Any) -> None:
    served = labelled([(point(100, 100), {"name": "HHH"})], [label(minScale=15000, maxScale=30000)])
    assert all(extent(served.picture(**FRAME, mapScale=scale)) is None for scale in (10000, 20000, 40000))


def test_the_first_class_whose_where_holds_labels_a_feature(labelled: Any) -> None:
    red, blue = text((255, 0, 0, 255)), text((0, 0, 255, 255))
    features = [(point(50, 150), {"name": "HHH", "n": 1}), (point(50, 50), {"name": "HHH", "n": 2})]
    classes = [label(where="n = 1", symbol=red), label(where="n >= 1", symbol=blue)]
    pixels = labelled(features, classes).picture(**FRAME)
    upper, lower = pixels[:100], pixels[100:]
    assert (upper[..., 0] > 200).all()
    assert (upper[..., 2] < 100).any()
    assert (lower[..., 2] > 200).all()
    assert (lower[..., 0] < 100).any()


def test_a_feature_that_no_where_holds_for_has_no_label(labelled: Any) -> None:
    served = labelled([(point(100, 100), {"name": "HHH", "n": 1})], [label(where="n > 5")])
    assert extent(served.picture(**FRAME)) is None


def test_coded_values_are_written_by_name_only_where_that_is_asked(labelled: Any) -> None:
    domain = {"kind": {"type": "codedValue", "codedValues": [{"name": "Motorway", "code": 1}]}}
    features = [(point(40, 100), {"name": "", "kind": 1})]

    def width(coded: bool) -> int:
        classes = [label(expression="[kind]", useCodedValues=coded)]
        left, _, right, _ = extent(labelled(features, classes, domains=domain).picture(**FRAME)) or (0,) * 4
        return right - left

    assert width(True) > 5 * width(False)


@pytest.mark.parametrize("name", [None, "", "   "])
def test_a_feature_without_a_text_has_no_label(labelled: Any, name: Any) -> None:
    other = (point(-500, -500), {"name": "x"})
    assert extent(labelled([(point(100, 100), {"name": name}), other], [label()]).picture(**FRAME)) is None


def test_an_unknown_field_means_no_label(labelled: Any) -> None:
    served = labelled([(point(100, 100), {"name": "HHH"})], [label(expression="[missing]")])
    assert extent(served.picture(**FRAME)) is None


def test_newline_sets_lines_under_each_other(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    one = extent(labelled(features, [label(P + "CenterCenter")]).picture(**FRAME)) or (0,) * 4
    expression = "[name] CONCAT NEWLINE CONCAT [name]"
    two = extent(labelled(features, [label(P + "CenterCenter", expression)]).picture(**FRAME)) or (0,) * 4
    assert two[2] - two[0] == one[2] - one[0]
    assert two[3] - two[1] > 2 * (one[3] - one[1])


def test_show_labels_false_switches_labels_off(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    off = labelled(features, [label()], drawing={"showLabels": False})
    assert extent(off.picture(**FRAME)) is None
    assert off.json("0")["hasLabels"] is False
    on = labelled(features, [label()], drawing={"showLabels": True})
    assert extent(on.picture(**FRAME)) is not None
    assert on.json("0")["hasLabels"] is True
    assert on.json("0")["drawingInfo"]["labelingInfo"][0]["labelExpression"] == "[name]"


def test_the_letters_grow_with_the_resolution(labelled: Any) -> None:
    served = labelled([(point(100, 100), {"name": "HHH"})], [label(P + "CenterCenter")])
    low = extent(served.picture(**FRAME)) or (0,) * 4
    high = extent(served.picture(bbox=FRAME["bbox"], size="400,400", dpi=192)) or (0,) * 4
    assert abs((high[2] - high[0]) - 2 * (low[2] - low[0])) <= 3
    assert abs((high[3] - high[1]) - 2 * (low[3] - low[1])) <= 3


def test_labels_keep_their_strength_on_a_transparent_layer(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    solid = labelled(features, [label()]).picture(**FRAME)
    faint = labelled(features, [label()], drawing={"transparency": 100}).picture(**FRAME)
    assert np.array_equal(solid, faint)


@pytest.mark.parametrize("at", [(3, 100), (197, 100), (100, 3), (100, 197), (1, 1), (199, 199)])
@pytest.mark.parametrize("placement", ["AboveRight", "CenterLeft", "BelowCenter"])
def test_a_label_at_the_edge_is_moved_inside_and_never_cut_off(
    labelled: Any, at: Any, placement: str
) -> None:
    classes = [label(P + placement)]
    found = extent(labelled([(point(*at), {"name": "HHHHHH"})], classes).picture(**FRAME))
    whole = extent(labelled([(point(100, 100), {"name": "HHHHHH"})], classes).picture(**FRAME))
    assert found is not None
    assert whole is not None
    assert (found[2] - found[0], found[3] - found[1]) == (whole[2] - whole[0], whole[3] - whole[1])


def test_a_halo_lies_round_the_letters(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    plain = labelled(features, [label()]).picture(**FRAME)
    halo = labelled(features, [label(symbol=text(haloSize=2, haloColor=[0, 200, 0, 255]))]).picture(**FRAME)
    green = (halo[..., 1] > 150) & (halo[..., 0] < 60)
    assert green.sum() > 60
    assert not ((plain[..., 1] > 150) & (plain[..., 0] < 60)).any()
    assert (halo[..., 2] > 200).sum() > 0
    left, _, right, _ = extent(halo) or (0,) * 4
    narrow = extent(plain) or (0,) * 4
    assert 3 <= narrow[0] - left <= 6 or 3 <= right - narrow[2] <= 6


def test_a_background_with_a_border_lies_under_the_text(labelled: Any) -> None:
    symbol = text(backgroundColor=[255, 255, 0, 255], borderLineColor=[0, 0, 0, 255], borderLineSize=1)
    pixels = labelled([(point(100, 100), {"name": "HHH"})], [label(symbol=symbol)]).picture(**FRAME)
    yellow = (pixels[..., 0] > 240) & (pixels[..., 1] > 240) & (pixels[..., 2] < 30)
    black = pixels[..., :3].max(axis=2) < 60
    assert yellow.sum() > 200
    assert black.sum() > 60


@pytest.mark.parametrize("decoration", ["underline", "line-through"])
def test_a_decoration_draws_a_rule(labelled: Any, decoration: str) -> None:
    features = [(point(100, 100), {"name": "i i i i"})]
    symbol = text(font={"decoration": decoration})
    plain = ink(labelled(features, [label()]).picture(**FRAME)).sum(axis=1).max()
    ruled = ink(labelled(features, [label(symbol=symbol)]).picture(**FRAME)).sum(axis=1).max()
    assert ruled > plain + 8


def test_bold_letters_are_heavier(labelled: Any) -> None:
    features = [(point(100, 100), {"name": "HHH"})]
    bold = ink(labelled(features, [label(symbol=text(font={"weight": "bold"}))]).picture(**FRAME)).sum()
    assert bold > 1.15 * ink(labelled(features, [label()]).picture(**FRAME)).sum()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"labelExpression": "[name] & 1"}, "layers[0].drawingInfo.labelingInfo[0].labelExpression"),
        (
            {"labelExpressionInfo": {"expression": "Geometry($feature)"}},
            "labelExpressionInfo: the function Geometry",
        ),
        ({"labelExpressionInfo": {"expression": "Round($feature.name)"}}, "Round needs numbers"),
        ({"where": "nofield = 1"}, "layers[0].drawingInfo.labelingInfo[0].where"),
        ({"where": "1=1; DROP TABLE t"}, "labelingInfo[0].where"),
        ({"labelPlacement": L + "AboveAlong"}, "is no placement for esriGeometryPoint"),
        ({"labelPlacement": "esriNowhere"}, "labelPlacement"),
    ],
)
def test_a_label_class_that_cannot_be_obeyed_stops_the_start(labelled: Any, change: Any, told: str) -> None:
    from mapexplorer.protocol import DocumentError

    with pytest.raises(DocumentError) as caught:
        labelled([(point(1, 1), {"name": "x"})], [{**label(), **change}])
    assert any(told in fault for fault in caught.value.faults)


def dynamic(**drawing: Any) -> str:
    return json.dumps([{"id": 0, "drawingInfo": drawing}])


def test_a_dynamic_layer_has_its_own_labels_or_those_of_the_request(labelled: Any) -> None:
    served = labelled([(point(100, 100), {"name": "HHH", "n": 1})], [label()])
    own = served.picture(**FRAME)
    assert np.array_equal(served.picture(**FRAME, dynamicLayers=dynamic()), own)
    assert np.array_equal(served.picture(**FRAME, dynamicLayers=dynamic(showLabels=True)), own)
    assert extent(served.picture(**FRAME, dynamicLayers=dynamic(showLabels=False))) is None
    red = [label(symbol=text((255, 0, 0, 255)))]
    asked = served.picture(**FRAME, dynamicLayers=dynamic(showLabels=True, labelingInfo=red))
    assert (asked[..., 0] > 200).all()
    assert extent(asked) == extent(own)


@pytest.mark.parametrize(
    ("drawing", "place"),
    [
        ({"showLabels": True}, "drawingInfo.showLabels"),
        ({"showLabels": True, "labelingInfo": []}, "drawingInfo.showLabels"),
        ({"labelingInfo": [{"labelExpression": "[n] &"}]}, "drawingInfo.labelingInfo[0].labelExpression"),
        ({"labelingInfo": [{"where": "x = 1"}]}, "drawingInfo.labelingInfo[0].where"),
        ({"labelingInfo": [{"labelPlacement": POLYGON}]}, "drawingInfo.labelingInfo[0].labelPlacement"),
    ],
)
def test_labels_of_a_request_that_cannot_be_drawn_are_refused_by_their_path(
    labelled: Any, drawing: Any, place: str
) -> None:
    served = labelled([(point(100, 100), {"name": "HHH", "n": 1})], [])
    (detail,) = served.fault(**FRAME, dynamicLayers=dynamic(**drawing))
    assert detail.startswith(f"dynamicLayers[0].{place}: ")


def test_letters_scale_round_the_reference_scale(serve: Callable[..., Any]) -> None:
    drawing = {
        "renderer": {"type": "simple", "symbol": INVISIBLE["Point"]},
        "labelingInfo": [label(P + "CenterCenter")],
        "scaleSymbols": True,
    }
    features = [{"type": "Feature", "geometry": point(100, 100), "properties": {"name": "HHH"}}]
    crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
    data = {"type": "FeatureCollection", "features": features, "crs": crs}
    layer = {
        "id": 0,
        "name": "L",
        "type": "Feature Layer",
        "source": "data.geojson",
        "drawingInfo": drawing,
    }
    served = serve([layer], {"data.geojson": data}, referenceScale=10_000)

    def width(scale: float) -> int:
        left, _, right, _ = extent(served.picture(**FRAME, mapScale=scale)) or (0,) * 4
        return right - left

    assert width(5_000) == pytest.approx(2 * width(10_000), abs=3)
    assert width(20_000) == pytest.approx(width(10_000) / 2, abs=3)
