"""Other parameters of a request with dynamic layers mean dynamic ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service.conftest import GREEN, RED, box, fill, layer, marker, point, simple
from tests.service.dynamic.test_map_layers import WHITE, ask, at, collection, maplayer

POINTS = collection(*((point(x, 50), {"floor": n, "depth": n}) for n, x in enumerate((20, 50, 80), 1)))


@pytest.fixture
def service(serve):
    return serve(
        [
            layer(
                1,
                "points.json",
                simple(marker(GREEN)),
                definitionExpression="floor >= ::least",
                parameterInfos=[
                    {"name": "least", "dataType": "esriFieldTypeInteger", "defaultValue": 1},
                ],
                rangeInfos=[{"name": "depth", "field": "depth"}],
            ),
            layer(2, "ground.json", simple(fill(RED))),
        ],
        {"points.json": POINTS, "ground.json": collection((box(0, 0, 100, 100), {"n": 1}))},
    )


def standing(service, *elements: dict[str, Any], **more: Any) -> list[int]:
    picture = service.picture(**ask(*elements, **more))
    return [n for n, x in enumerate((20, 50, 80), 1) if at(picture, x) == tuple(GREEN)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("layerParameterValues", lambda ident: [{ident: {"least": 3}}]),
        ("layerRangeValues", lambda ident: [{ident: {"depth": [3, None]}}]),
    ],
)
def test_values_of_layers_go_by_dynamic_ids(service, name, values):
    element = maplayer(1, 501)
    assert standing(service, element) == [1, 2, 3]
    assert standing(service, element, **{name: json.dumps(values("501"))}) == [3]
    assert standing(service, element, **{name: json.dumps(values("1"))}) == [1, 2, 3]
    copies = (element, maplayer(1, 502, definitionExpression="floor = 1"))
    assert standing(service, *copies, **{name: json.dumps(values("501"))}) == [1, 3]


def test_ranges_of_the_map_hold_for_dynamic_layers_too(service):
    ranges = json.dumps([{"name": "depth", "value": 2}])
    assert standing(service, maplayer(1, 501), mapRangeValues=ranges) == [2]


def test_layers_that_are_not_clipped_go_by_dynamic_ids(service):
    def clip(*excluded: int) -> str:
        shape = {"xmin": 0, "ymin": 0, "xmax": 50, "ymax": 100}
        body = {"geometryType": "esriGeometryEnvelope", "geometry": shape, "excludedLayers": list(excluded)}
        return json.dumps(body)

    copies = (maplayer(1, 501), maplayer(2, 502))
    for excluded, ground in (((), WHITE), ((502,), tuple(RED)), ((2,), WHITE)):
        picture = service.picture(**ask(*copies, clipping=clip(*excluded)))
        assert (at(picture, 10, 10), at(picture, 90, 10)) == (tuple(RED), ground)


def test_selections_go_by_dynamic_ids(service):
    def cyan(ident: int) -> int:
        chosen = json.dumps([{"layerId": ident, "objectIds": [2]}])
        picture = service.picture(**ask(maplayer(1, 501), selectionDefinitions=chosen))
        return int((picture[..., :3] == (0, 255, 255)).all(axis=2).sum())

    assert cyan(501) > 0
    assert cyan(1) == 0


def test_a_spatial_filter_holds_for_dynamic_layers(service):
    shape = {"xmin": 40, "ymin": 0, "xmax": 60, "ymax": 100}
    asked = {"geometryType": "esriGeometryEnvelope", "geometry": shape}
    assert standing(service, maplayer(1, 501), spatialFilter=json.dumps(asked)) == [2]
