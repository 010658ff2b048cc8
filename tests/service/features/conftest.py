"""A small map with points, lines, areas, a picture of nothing, times and codes, to be asked about."""

import pytest

from tests.service.conftest import (
    BLUE,
    RED,
    box,
    collection,
    fill,
    layer,
    marker,
    point,
    simple,
)

HOLED = {
    "type": "Polygon",
    "coordinates": [
        [[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]],
        [[40, 40], [40, 60], [60, 60], [60, 40], [40, 40]],
    ],
}
LINE = {"type": "LineString", "coordinates": [[5, 5], [15, 5]]}
FILES = {
    "towns.geojson": collection(
        (point(5, 5), {"NAME": "O'Brien", "POP": 10, "KIND": 1, "t": 1000, "day": "2008-01-01"}),
        (point(10, 5), {"NAME": "Smith", "POP": 20, "KIND": 2, "t": 2000, "day": "2008-06-01"}),
        (point(20, 5), {"NAME": None, "POP": 30, "KIND": 1, "t": 3000, "day": None}),
        (None, {"NAME": "nowhere", "POP": None, "KIND": 2, "t": 4000, "day": "2009-01-01"}),
        (point(90, 90), {"NAME": "smithy", "POP": 20, "KIND": 3, "t": 5000, "day": "2009-01-01"}),
    ),
    "areas.geojson": collection((HOLED, {"NAME": "holed"}), (box(200, 0, 300, 100), {"NAME": "square"})),
    "lines.geojson": collection((LINE, {"NAME": "way"})),
}
WAY = {"type": "esriSLS", "style": "esriSLSSolid", "color": BLUE, "width": 1}
KINDS = [{"name": "village", "code": 1}, {"name": "town", "code": 2}]
LAYERS = [
    layer(0, name="All"),
    layer(
        1,
        "towns.geojson",
        simple(marker(RED)),
        parentLayerId=0,
        timeInfo={"startTimeField": "t"},
        domains={"KIND": {"type": "codedValue", "codedValues": KINDS}},
    ),
    layer(
        2, "lines.geojson", simple({"type": "esriSLS", "style": "esriSLSSolid", "color": BLUE, "width": 1})
    ),
    layer(3, "areas.geojson", simple(fill(BLUE)), minScale=1000),
    layer(4, "towns.geojson", definitionExpression="POP >= 20", defaultVisibility=False),
]


@pytest.fixture
def service(serve):
    return serve(LAYERS, FILES)


def names(body):
    return [feature["attributes"]["NAME"] for feature in body["features"]]


def ids(service, number=1, **asked):
    return service.json(f"{number}/query", returnIdsOnly="true", **asked)["objectIds"]
