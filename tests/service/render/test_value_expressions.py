"""Renderers and labels that follow an expression of Arcade instead of a field."""

import json

import pytest

from mapexplorer.protocol import MapRequest, Operation
from mapexplorer.service.labels.placement import place
from mapexplorer.service.view import build_view
from tests.service.conftest import BLUE, GREEN, RED, box, collection, fill, layer

FILES = {
    "lots.geojson": collection(
        (box(0, 0, 40, 40), {"KIND": 1, "PEOPLE": 10, "AREA": 2}),
        (box(40, 0, 80, 40), {"KIND": 2, "PEOPLE": 10, "AREA": 10}),
        (box(0, 40, 40, 80), {"KIND": None, "PEOPLE": 10, "AREA": 0}),
    )
}
DOMAINS = {
    "KIND": {
        "type": "codedValue",
        "codedValues": [{"code": 1, "name": "Home"}, {"code": 2, "name": "Shop"}],
    }
}
BY_NAME = {
    "type": "uniqueValue",
    "field1": None,
    "valueExpression": "IIf(IsEmpty($feature.KIND), 'none', DomainName($feature, 'KIND'))",
    "uniqueValueInfos": [
        {"value": name, "label": name, "symbol": fill(color)}
        for name, color in (("Home", RED), ("Shop", GREEN), ("none", BLUE))
    ],
}
BY_DENSITY = {
    "type": "classBreaks",
    "valueExpression": "var d = $feature.AREA; if (d == 0) { return null } return $feature.PEOPLE / d",
    "minValue": 0,
    "classBreakInfos": [
        {"classMaxValue": 2, "label": "low", "symbol": fill(GREEN)},
        {"classMaxValue": 9, "label": "high", "symbol": fill(RED)},
    ],
    "defaultSymbol": fill(BLUE),
    "defaultLabel": "unknown",
}
FRAME = {"bbox": "0,0,80,80", "size": "80,80"}


@pytest.fixture
def shown(serve):
    def start(renderer, **drawing):
        return serve([layer(0, "lots.geojson", {"renderer": renderer, **drawing}, domains=DOMAINS)], FILES)

    return start


def redrawn(renderer):
    """The layer as a dynamic one with another renderer."""
    source = {"type": "mapLayer", "mapLayerId": 0}
    return json.dumps([{"id": 5, "source": source, "drawingInfo": {"renderer": renderer}}])


@pytest.mark.parametrize("renderer", [BY_NAME, BY_DENSITY], ids=["values", "breaks"])
def test_an_expression_tells_the_classes(shown, renderer):
    pixels = shown(renderer).picture(**FRAME)
    assert [pixels[60, 20].tolist(), pixels[60, 60].tolist(), pixels[20, 20].tolist()] == [RED, GREEN, BLUE]


def test_the_legend_lists_the_classes_that_are_seen(shown):
    service = shown(BY_NAME)
    body = service.json("queryLegends", bbox="0,0,30,30", size="30,30")
    assert [entry["label"] for entry in body["layers"][0]["legend"]] == ["Home"]
    assert service.json("0")["drawingInfo"]["renderer"]["valueExpression"] == BY_NAME["valueExpression"]


def test_dynamic_layers_may_use_one_too(shown):
    pixels = shown(BY_NAME).picture(**FRAME, dynamicLayers=redrawn(BY_DENSITY))
    assert pixels[60, 60].tolist() == GREEN


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("$feature.MISSING", "no field 'MISSING'"),
        ("Upper($feature.KIND", "too early"),
        ("while (true) {} 1", "more than 5000 steps"),
        ("Geometry($feature)", "function Geometry"),
        ("'text'", "a class break needs numbers"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(shown, expression, told):
    renderer = {**BY_DENSITY, "valueExpression": expression}
    element = {
        "id": 5,
        "source": {"type": "mapLayer", "mapLayerId": 0},
        "drawingInfo": {"renderer": renderer},
    }
    (fault,) = shown(BY_NAME).fault(**FRAME, dynamicLayers=json.dumps([element]))
    assert "dynamicLayers[0].drawingInfo.renderer.valueExpression" in fault
    assert told in fault


@pytest.mark.parametrize("renderer", [BY_NAME, BY_DENSITY], ids=["values", "breaks"])
def test_a_renderer_follows_something(shown, renderer):
    renderer = {key: value for key, value in renderer.items() if key != "valueExpression"}
    element = {
        "id": 5,
        "source": {"type": "mapLayer", "mapLayerId": 0},
        "drawingInfo": {"renderer": renderer},
    }
    (fault,) = shown(BY_NAME).fault(**FRAME, dynamicLayers=json.dumps([element]))
    assert "valueExpression" in fault


@pytest.mark.parametrize(
    ("entry", "texts"),
    [
        (
            {"labelExpressionInfo": {"expression": "'*' + DomainName($feature, 'kind')"}},
            {"*Home", "*Shop", "*"},
        ),
        ({"labelExpression": "[KIND]", "useCodedValues": True}, {"Home", "Shop"}),
        ({"labelExpressionInfo": {"expression": "$feature.KIND"}, "useCodedValues": True}, {"Home", "Shop"}),
        ({"labelExpressionInfo": {"expression": "$feature.KIND"}}, {"1", "2"}),
    ],
)
def test_labels_tell_the_names_of_coded_values(shown, entry, texts):
    symbol = {"type": "esriTS", "color": [0, 0, 0, 255], "font": {"family": "DejaVu Sans", "size": 6}}
    service = shown(BY_NAME, showLabels=True, labelingInfo=[{**entry, "symbol": symbol}])
    request = MapRequest.decode(Operation.EXPORT, [("bbox", "0,0,80,80"), ("size", "400,400")])
    view = build_view(service.catalog, request, Operation.EXPORT)
    assert {label.text for label in place(view)} == texts
