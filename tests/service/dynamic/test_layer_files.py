"""Layer files of ArcGIS Pro as dynamic layers: data, symbols, renderers, labels, and what cannot be drawn."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.service.conftest import BLUE, GREEN, RED, box, fill, layer, point, simple
from tests.service.dynamic.test_map_layers import WHITE, across, ask, at, collection

LOTS = collection(
    (box(0, 0, 30, 100), {"NAME": "a", "KIND": 1, "SUB": "x", "T": 0}),
    (box(30, 0, 60, 100), {"NAME": "b", "KIND": 2, "SUB": "y", "T": 1000}),
    (box(60, 0, 90, 100), {"NAME": "c", "KIND": 3, "SUB": "x", "T": 2000}),
)
DOTS = collection((point(50, 50), {"NAME": "dot", "TURN": 90, "KIND": 1}))
TRACK = {
    "type": "FeatureCollection",
    "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}},
    "features": [
        {
            "type": "Feature",
            "properties": {"NAME": "road"},
            "geometry": {"type": "LineString", "coordinates": [[0, 50], [100, 50]]},
        }
    ],
}


def rgb(color: list[int], opacity: float = 100) -> dict[str, Any]:
    return {"type": "CIMRGBColor", "values": [*color[:3], opacity]}


def stroke(color: list[int], width: float = 1, **keys: Any) -> dict[str, Any]:
    return {"type": "CIMSolidStroke", "enable": True, "width": width, "color": rgb(color), **keys}


def solid(color: list[int], **keys: Any) -> dict[str, Any]:
    return {"type": "CIMSolidFill", "enable": True, "color": rgb(color), **keys}


def hatch(color: list[int], rotation: float) -> dict[str, Any]:
    line = {"type": "CIMLineSymbol", "symbolLayers": [stroke(color)]}
    return {"type": "CIMHatchFill", "enable": True, "lineSymbol": line, "rotation": rotation, "separation": 5}


def area(*layers: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "CIMSymbolReference",
        "symbol": {"type": "CIMPolygonSymbol", "symbolLayers": list(layers)},
    }


def line(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"type": "CIMSymbolReference", "symbol": {"type": "CIMLineSymbol", "symbolLayers": list(layers)}}


CIRCLE = {"curveRings": [[[0, 2], {"a": [[0, 2], [0, 0], 0, 1]}]]}
SQUARE = {"rings": [[[-2, -2], [-2, 2], [2, 2], [2, -2], [-2, -2]]]}
DIAMOND = {"rings": [[[-2, 0], [0, 2], [2, 0], [0, -2], [-2, 0]]]}
TRIANGLE = {"rings": [[[-2, -2], [0, 2], [2, -2], [-2, -2]]]}
CROSS = {"paths": [[[-2, 0], [2, 0]], [[0, 2], [0, -2]]]}
DIAGONAL = {"paths": [[[-2, -2], [2, 2]], [[-2, 2], [2, -2]]]}
HEXAGON = {"rings": [[[2, 0], [1, 1.7], [-1, 1.7], [-2, 0], [-1, -1.7], [1, -1.7], [2, 0]]]}


def vector(geometry: dict[str, Any], symbol: dict[str, Any], size: float = 30, **keys: Any) -> dict[str, Any]:
    return {
        "type": "CIMVectorMarker",
        "enable": True,
        "size": size,
        "frame": {"xmin": -2, "ymin": -2, "xmax": 2, "ymax": 2},
        "markerGraphics": [{"type": "CIMMarkerGraphic", "geometry": geometry, "symbol": symbol["symbol"]}],
        "scaleSymbolsProportionally": True,
        "respectFrame": True,
        **keys,
    }


def dot(*markers: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "CIMSymbolReference",
        "symbol": {"type": "CIMPointSymbol", "symbolLayers": list(markers), "haloSize": 1, "scaleX": 1},
    }


def one(symbol: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"type": "CIMSimpleRenderer", "patch": "Default", "symbol": symbol, "label": "all", **keys}


def value_class(label: str, *values: list[str], symbol: dict[str, Any]) -> dict[str, Any]:
    listed = [{"type": "CIMUniqueValue", "fieldValues": value} for value in values]
    return {
        "type": "CIMUniqueValueClass",
        "label": label,
        "symbol": symbol,
        "values": listed,
        "visible": True,
    }


def unique(fields: list[str], *classes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    group = {"type": "CIMUniqueValueGroup", "heading": fields[0], "classes": list(classes)}
    return {"type": "CIMUniqueValueRenderer", "fields": fields, "groups": [group], **keys}


def breaks(*bounds: tuple[float, dict[str, Any]], **keys: Any) -> dict[str, Any]:
    listed = [
        {"type": "CIMClassBreak", "label": f"to {bound:g}", "symbol": symbol, "upperBound": bound}
        for bound, symbol in bounds
    ]
    return {
        "type": "CIMClassBreaksRenderer",
        "classBreakType": "GraduatedColor",
        "field": "KIND",
        "minimumBreak": 0,
        "normalizationType": "Nothing",
        "breaks": listed,
        **keys,
    }


def cim(renderer: dict[str, Any], dataset: str = "lots", **keys: Any) -> dict[str, Any]:
    table = {
        "type": "CIMFeatureTable",
        "displayField": "NAME",
        "dataConnection": {
            "type": "CIMStandardDataConnection",
            "workspaceConnectionString": "DATABASE=..\\elsewhere",
            "workspaceFactory": "Shapefile",
            "dataset": dataset,
            "datasetType": "esriDTFeatureClass",
        },
        **keys.pop("table", {}),
    }
    return {
        "type": "CIMFeatureLayer",
        "name": "From the file",
        "featureTable": table,
        "renderer": renderer,
        **keys,
    }


def document(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"type": "CIMLayerDocument", "version": "3.1.0", "layerDefinitions": list(layers)}


Make = Callable[..., Any]


@pytest.fixture
def make(serve, folder: Path) -> Make:
    """Serve a workspace with one layer file: make(content of x.lyrx)."""

    def serve_file(content: Any) -> Any:
        data = folder / "data"
        data.mkdir(exist_ok=True)
        for name, collected in (("lots", LOTS), ("dots", DOTS), ("track", TRACK)):
            (data / f"{name}.geojson").write_text(json.dumps(collected))
        text = content if isinstance(content, str) else json.dumps(content)
        (data / "x.lyrx").write_text(text, encoding="utf-8-sig")
        return serve([layer(0)], workspaces={"W": "data"}, referenceScale=0)

    return serve_file


def element(**keys: Any) -> dict[str, Any]:
    return {"id": 7, "source": {"type": "workspaceLayer", "workspaceId": "W", "layerId": "x.lyrx"}, **keys}


def colors(service, **keys: Any) -> list[tuple[int, ...]]:
    """The colours of the three lots, None for white."""
    picture = service.picture(**ask(element(**keys)))
    return [at(picture, x) for x in (15, 45, 75)]


def test_a_simple_renderer_and_the_facts_of_the_file_are_obeyed(make):
    service = make(
        document(cim(one(area(stroke(RED, 0), solid(GREEN))), table={"definitionExpression": "KIND < 3"}))
    )
    assert colors(service) == [tuple(GREEN), tuple(GREEN), WHITE]
    assert colors(service, definitionExpression="KIND > 1") == [WHITE, tuple(GREEN), WHITE]
    (found,) = service.json("queryLegends", **ask(element()))["layers"]
    assert (found["layerId"], found["layerName"], found["legend"][0]["label"]) == (7, "From the file", "all")


def test_transparency_and_scales_of_the_file_hold_until_the_element_says_otherwise(make):
    black = one(area(solid([0, 0, 0, 255])))
    service = make(document(cim(black, transparency=60, minScale=1_000_000)))
    assert colors(service)[0][:3] == pytest.approx([153] * 3, abs=1)
    assert colors(service, drawingInfo={"transparency": 0})[0] == (0, 0, 0, 255)
    assert colors(service, maxScale=900_000) == [WHITE] * 3
    assert colors(make(document(cim(black, minScale=1)))) == [WHITE] * 3


def test_a_renderer_of_the_element_takes_the_place_of_the_one_in_the_file_whatever_that_is(make):
    service = make(document(cim({"type": "CIMHeatMapRenderer"})))
    assert colors(service, drawingInfo=simple(fill(BLUE))) == [tuple(BLUE)] * 3
    (detail,) = service.fault(**ask(element()))
    assert detail == (
        "dynamicLayers[0].source.layerId: 'x.lyrx': layerDefinitions[0].renderer: "
        "CIMHeatMapRenderer cannot be drawn"
    )


def test_unique_values_of_one_and_of_several_fields(make):
    service = make(
        document(
            cim(
                unique(
                    ["NAME"],
                    value_class("A", ["a"], symbol=area(solid(RED))),
                    value_class("B", ["b"], symbol=area(solid(BLUE))),
                    defaultSymbol=area(solid(GREEN)),
                    defaultLabel="others",
                    useDefaultSymbol=True,
                )
            )
        )
    )
    assert colors(service) == [tuple(RED), tuple(BLUE), tuple(GREEN)]
    (found,) = service.json("queryLegends", **ask(element()))["layers"]
    assert [entry["label"] for entry in found["legend"]] == ["A", "B", "others"]
    pairs = unique(
        ["KIND", "SUB"],
        value_class("one x or two y", ["1", "x"], ["2", "y"], symbol=area(solid(RED))),
        value_class("hidden", ["3", "x"], symbol=area(solid(BLUE))) | {"visible": False},
    )
    assert colors(make(document(cim(pairs)))) == [tuple(RED), tuple(RED), WHITE]


def test_class_breaks_with_their_lowest_value_and_normalisation(make):
    bounds = [(1, area(solid(RED))), (2, area(solid(BLUE)))]
    assert colors(make(document(cim(breaks(*bounds))))) == [tuple(RED), tuple(BLUE), WHITE]
    above = breaks(*bounds, minimumBreak=1.5, defaultSymbol=area(solid(GREEN)), useDefaultSymbol=True)
    assert colors(make(document(cim(above)))) == [tuple(GREEN), tuple(BLUE), tuple(GREEN)]
    shares = breaks(
        (50, area(solid(RED))),
        (100, area(solid(BLUE))),
        normalizationType="PercentOfTotal",
        normalizationTotal=4,
    )
    assert colors(make(document(cim(shares)))) == [tuple(RED), tuple(RED), tuple(BLUE)]


@pytest.mark.parametrize(
    ("color", "drawn"),
    [
        (rgb(RED), RED),
        ({"type": "CIMHSVColor", "values": [120, 100, 100, 100]}, [0, 255, 0, 255]),
        ({"type": "CIMHSLColor", "values": [240, 100, 50, 100]}, [0, 0, 255, 255]),
        ({"type": "CIMGrayColor", "values": [120, 100]}, [120, 120, 120, 255]),
        ({"type": "CIMCMYKColor", "values": [0, 100, 100, 0, 100]}, [255, 0, 0, 255]),
        (rgb([0, 0, 0], 50), [127, 127, 127, 255]),
    ],
)
def test_colours_of_every_model_and_opacity(make, color, drawn):
    symbol = area({"type": "CIMSolidFill", "enable": True, "color": color})
    found = colors(make(document(cim(one(symbol)))))[0]
    assert found == pytest.approx(tuple(drawn), abs=1)


def test_layers_of_a_symbol_that_are_switched_off_are_left_out(make):
    symbol = area(stroke(RED, 9, enable=False), solid(BLUE, enable=False), solid(GREEN))
    assert colors(make(document(cim(one(symbol))))) == [tuple(GREEN)] * 3


@pytest.mark.parametrize(
    ("turns", "horizontal", "vertical"),
    [((0,), True, False), ((90,), False, True), ((0, 90), True, True), ((180,), True, False)],
)
def test_hatches_run_as_they_are_turned(make, turns, horizontal, vertical):
    symbol = area(*(hatch(RED, turn) for turn in turns))
    picture = make(document(cim(one(symbol)))).picture(**ask(element()))[10:90, 2:28, 1].astype(int)
    rows, columns = picture.mean(axis=1), picture.mean(axis=0)
    assert bool(rows.min() < 150) is horizontal
    assert bool(columns.min() < 150) is vertical


@pytest.mark.parametrize(
    ("width", "dashes", "gaps"), [(4, None, False), (4, [12, 8], True), (4, [2, 6], True)]
)
def test_lines_with_their_width_and_dashes(make, width, dashes, gaps):
    effects = [] if dashes is None else [{"type": "CIMGeometricEffectDashes", "dashTemplate": dashes}]
    file = document(cim(one(line(stroke(RED, 4, effects=effects))), dataset="track"))
    picture = make(file).picture(**ask(element()))
    column = (255 - picture[:, :, 1].astype(float)).max(axis=1)
    assert (column > 100).sum() in (4, 5, 6)
    assert bool((picture[50, 5:95, 1] > 200).any()) is gaps


@pytest.mark.parametrize(
    ("geometry", "inside", "outside"),
    [
        (CIRCLE, [(50, 32), (36, 50)], [(34, 34), (66, 66)]),
        (SQUARE, [(33, 33), (67, 67)], [(28, 50)]),
        (DIAMOND, [(50, 34), (34, 50)], [(40, 38), (60, 62)]),
        (TRIANGLE, [(50, 40), (35, 67), (65, 67)], [(36, 36), (64, 36)]),
    ],
)
def test_vector_markers_of_plain_shapes_stand_in_their_size(make, geometry, inside, outside):
    file = document(cim(one(dot(vector(geometry, area(solid(RED))))), dataset="dots"))
    picture = make(file).picture(**ask(element()))
    assert [at(picture, x, y) for x, y in inside] == [tuple(RED)] * len(inside)
    assert [at(picture, x, y) for x, y in outside] == [WHITE] * len(outside)
    if geometry is SQUARE:
        assert across(picture) == pytest.approx(40, abs=0.2)


@pytest.mark.parametrize(("geometry", "inside"), [(CROSS, (36, 50)), (DIAGONAL, (38, 38))])
def test_crosses_are_drawn_by_their_strokes(make, geometry, inside):
    file = document(cim(one(dot(vector(geometry, line(stroke(RED, 0.6))))), dataset="dots"))
    picture = make(file).picture(**ask(element()))
    assert at(picture, *inside) == tuple(RED)
    assert at(picture, 36, 44) == WHITE


def test_outlines_of_markers_grow_with_the_marker_when_they_are_proportional(make):
    symbol = area(stroke(BLUE, 0.8), solid(RED))
    for proportional, blue in ((True, 8), (False, 1)):
        marker = vector(SQUARE, symbol, scaleSymbolsProportionally=proportional)
        picture = make(document(cim(one(dot(marker)), dataset="dots"))).picture(**ask(element()))
        edge = (picture[50, :50, 2].astype(int) - picture[50, :50, 0] > 100).sum()
        assert edge == pytest.approx(blue, abs=1.1)


def test_picture_markers_stand_in_the_file(make):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 0, 0)).save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    marker = {"type": "CIMPictureMarker", "enable": True, "size": 15, "url": url, "scaleX": 2}
    picture = make(document(cim(one(dot(marker)), dataset="dots"))).picture(**ask(element()))
    assert at(picture, 36, 50) == tuple(RED)
    assert at(picture, 50, 38) == WHITE


def test_picture_fills_stand_in_the_file(make):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 0, 0)).save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    symbol = area(stroke(BLUE, 3), {"type": "CIMPictureFill", "enable": True, "url": url, "height": 9})
    picture = make(document(cim(one(symbol)))).picture(**ask(element()))
    assert [at(picture, x) for x in (15, 30, 45)] == [tuple(RED), tuple(BLUE), tuple(RED)]


def test_markers_turn_by_a_field(make):
    rotation = {
        "type": "CIMRotationVisualVariable",
        "visualVariableInfoZ": {
            "type": "CIMVisualVariableInfo",
            "visualVariableInfoType": "Expression",
            "expression": "[TURN]",
        },
        "rotationTypeZ": "Geographic",
    }
    marker = vector(TRIANGLE, area(solid(RED)))
    picture = make(document(cim(one(dot(marker), visualVariables=[rotation]), dataset="dots"))).picture(
        **ask(element())
    )
    assert at(picture, 65, 50) == tuple(RED)
    assert at(picture, 64, 36) == WHITE
    assert at(picture, 34, 34) == tuple(RED)


@pytest.mark.parametrize(
    "named", [{"expression": "[TURN]"}, {"valueExpressionInfo": {"expression": "$feature.TURN"}}]
)
def test_markers_grow_with_a_field_from_one_size_to_the_other(make, named):
    size = {"type": "CIMSizeVisualVariable", "variableType": "Graduated", **named}
    ends = {"minValue": 0, "maxValue": 180, "minSize": 10, "maxSize": 40}
    marker = vector(SQUARE, area(solid(RED)), size=4)
    renderer = one(dot(marker), visualVariables=[{**size, **ends}])
    picture = make(document(cim(renderer, dataset="dots"))).picture(**ask(element()))
    assert across(picture) == pytest.approx(25 * 96 / 72, abs=0.3)


def test_times_of_the_file_take_part_in_time(make):
    table = {"timeFields": {"type": "CIMTimeTableDefinition", "startTimeField": "t"}}
    service = make(document(cim(one(area(solid(RED))), table=table)))
    picture = service.picture(**ask(element(), time="500,1500"))
    assert [at(picture, x) for x in (15, 45, 75)] == [WHITE, tuple(RED), WHITE]


def label_class(expression: str, engine: str = "Arcade", **keys: Any) -> dict[str, Any]:
    text = {
        "type": "CIMTextSymbol",
        "fontFamilyName": "Tahoma",
        "fontStyleName": "Bold",
        "height": 16,
        "symbol": area(solid(BLUE))["symbol"],
    }
    return {
        "type": "CIMLabelClass",
        "expression": expression,
        "expressionEngine": engine,
        "textSymbol": {"type": "CIMSymbolReference", "symbol": text},
        "visibility": True,
        **keys,
    }


@pytest.mark.parametrize(
    ("expression", "engine"),
    [
        ("$feature.NAME", "Arcade"),
        ("$feature['NAME'] + \" x \" + $feature.SUB", "Arcade"),
        ("[NAME]", "VBScript"),
    ],
)
def test_labels_of_the_file_are_drawn_and_can_be_switched_off(make, expression, engine):
    renderer = one(area(solid([255, 255, 255, 255])))
    file = document(cim(renderer, labelVisibility=True, labelClasses=[label_class(expression, engine)]))
    service = make(file)

    def blue(**keys: Any) -> int:
        picture = service.picture(**ask(element(**keys))).astype(int)
        return int((picture[..., 2] - picture[..., 0] > 100).sum())

    assert blue() > 30
    assert blue(drawingInfo={"showLabels": False}) == 0
    off = make(document(cim(renderer, labelClasses=[label_class(expression, engine)])))
    assert int((off.picture(**ask(element())) < 255).sum()) == 0


CANNOT: list[tuple[dict[str, Any] | str, str]] = [
    ("{", "no valid JSON"),
    ("[]", "no layer file"),
    (document(), "the file holds 0 layers"),
    (document(*[cim(one(area(solid(RED))))] * 2), "the file holds 2 layers"),
    (document({"type": "CIMGroupLayer"}), "layerDefinitions[0]: CIMGroupLayer cannot be drawn"),
    (document(cim(one(area(solid(RED))), dataset="none")), "dataConnection.dataset: the workspace has no"),
    (
        document(cim(one(area(solid(RED))), dataset="../secret")),
        "dataConnection.dataset: the workspace has no",
    ),
    (
        document(
            cim(
                one(area(solid(RED))),
                table={"dataConnection": {"type": "CIMRelQueryTableDataConnection"}},
            )
        ),
        "featureTable.dataConnection: CIMRelQueryTableDataConnection cannot be drawn",
    ),
    (
        document(cim(one(area({"type": "CIMGradientFill", "enable": True})))),
        "renderer.symbol.symbol.symbolLayers[0]: CIMGradientFill cannot be drawn",
    ),
    (
        document(cim(breaks((1, area(solid(RED))), (2, area(stroke(RED), stroke(BLUE)))))),
        "renderer.breaks[1].symbol.symbol.symbolLayers: a polygon symbol with 2 outlines",
    ),
    (document(cim(one(area(hatch(RED, 30))))), "hatches are drawn at 0, 45, 90 or 135 degrees"),
    (document(cim(one(area(hatch(RED, 0), solid(BLUE))))), "hatches over a colour"),
    (document(cim(one(line(stroke(RED), stroke(BLUE, 3))), dataset="track")), "a line symbol of 2 layers"),
    (
        document(cim(one(dot(vector(HEXAGON, area(solid(RED))))), dataset="dots")),
        "markerGraphics[0].geometry: the graphic is no circle",
    ),
    (
        document(cim(one(dot({"type": "CIMCharacterMarker", "enable": True})), dataset="dots")),
        "CIMCharacterMarker cannot be drawn",
    ),
    (
        document(
            cim(
                one(dot({"type": "CIMPictureMarker", "enable": True, "url": "http://169.254.169.254/x"})),
                dataset="dots",
            )
        ),
        "pictures must stand in the file",
    ),
    (
        document(cim(one(area(solid(RED)), visualVariables=[{"type": "CIMColorVisualVariable"}]))),
        "renderer.visualVariables[0]: CIMColorVisualVariable cannot be drawn",
    ),
    (document(cim(one(area(solid(RED))), blendingMode="Multiply")), "blendingMode: Multiply cannot be drawn"),
    (document(cim(one(line(stroke(RED))), dataset="dots")), "esriSLS is no symbol for esriGeometryPoint"),
    (document(cim(unique(["NONE"]))), "renderer.field1: the source has no field 'NONE'"),
    (document(cim(breaks((1, area(solid(RED))), classBreakType="UnclassedColor"))), "UnclassedColor"),
    (
        document(cim(one(area(solid(RED))), table={"definitionExpression": "NONE = 1"})),
        "definitionExpression: unknown field 'NONE'",
    ),
    (
        document(
            cim(one(area(solid(RED))), labelVisibility=True, labelClasses=[label_class("Geometry($feature)")])
        ),
        "labelClasses[0].expression: the function Geometry of Arcade",
    ),
    (document(cim(one({"type": "CIMSymbolReference"}))), "renderer.symbol.symbol: is missing"),
    (document({"type": "CIMFeatureLayer", "name": "x"}), "layerDefinitions[0].featureTable: is missing"),
]


@pytest.mark.parametrize(("content", "problem"), CANNOT)
def test_what_cannot_be_read_or_drawn_is_named_with_its_place(make, content, problem):
    (detail,) = make(content).fault(**ask(element()))
    assert detail.startswith("dynamicLayers[0].source.layerId: 'x.lyrx': ")
    assert problem in detail


def test_unknown_workspaces_and_files_are_told(make):
    service = make(document(cim(one(area(solid(RED))))))
    for key, value, place in (("workspaceId", "V", "workspaceId"), ("layerId", "y.lyrx", "layerId")):
        asked = element()
        asked["source"] = {**asked["source"], key: value}
        assert service.fault(**ask(asked))[0].startswith(f"dynamicLayers[0].source.{place}: ")
