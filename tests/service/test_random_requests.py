"""Whatever parameters meet in one request, sound or broken: no operation fails inside, no code is 500."""

import json
import logging
import random

import pytest

from tests.service import conftest as maps
from tests.service.conftest import BLUE, GREEN, RED, Asker, box, collection, fill, layer, marker, point

LINE = {"type": "esriSLS", "style": "esriSLSDash", "color": GREEN, "width": 2}
TEXT = {"type": "esriTS", "color": [0, 0, 0, 255], "font": {"family": "Arial", "size": 8}}
SHAPES = [
    '{"x":5,"y":5}',
    "5,5",
    "0,0,60,60",
    '{"xmin":0,"ymin":0,"xmax":50,"ymax":1e3}',
    '{"rings":[[[0,0],[0,60],[60,60],[0,0]]]}',
    '{"paths":[[[0,0],[1e9,60]]],"spatialReference":{"wkid":4326}}',
    '{"points":[[1,1],[5,5]]}',
    '{"rings":[]}',
    '{"x":"NaN","y":1}',
]
TYPES = ["Point", "Envelope", "Polygon", "Polyline", "Multipoint"]
RELATIONS = ["Intersects", "Contains", "Within", "Touches", "Relation", "EnvelopeIntersects", "Near"]
WHERE = [
    "POP > 5",
    "1=1",
    "NAME LIKE 'a%'",
    "KIND IN ('a','b') OR POP IS NULL",
    "pop/0 = 1",
    "x = 1",
    "(",
    "'",
]
REFERENCES = ["4326", "3857", "102100", "2154", "3031", '{"wkid":4269}', '{"wkt":"x"}', "0", "-1", "x"]
INTEGERS = ["0", "1", "-1", "3", "2000", "99999999999999999999", "1.5", "x"]
FLAGS = ["true", "false", "1", "maybe"]
TIMES = ["1199145600000", "1199145600000,null", "null,null", "5,1", "-1e300", "x"]
FILTER = {"geometryType": "esriGeometryEnvelope", "geometry": {"xmin": 0, "ymin": 0, "xmax": 50, "ymax": 60}}
PATTERN = {"spatialRel": "esriSpatialRelRelation", "relationParam": "T********"}
RENDERER = {
    "type": "uniqueValue",
    "field1": "KIND",
    "defaultSymbol": fill(RED),
    "uniqueValueInfos": [{"value": "a", "label": "A", "symbol": fill(BLUE)}],
    "visualVariables": [{"type": "sizeInfo", "field": "POP", "minDataValue": 0, "maxDataValue": 9,
                         "minSize": 1, "maxSize": 20}],
}  # fmt: skip
LABEL = {"labelExpression": "[NAME] CONCAT [POP]", "symbol": TEXT, "where": "POP > 0"}
DYNAMIC = {
    "id": 9,
    "source": {"type": "mapLayer", "mapLayerId": 2},
    "definitionExpression": "POP > 0",
    "drawingInfo": {"renderer": RENDERER, "transparency": 30, "labelingInfo": [LABEL]},
    "orderBy": [{"field": "POP", "order": "ascending"}],
}
STATISTIC = {"statisticType": "sum", "onStatisticField": "POP", "outStatisticFieldName": "total"}

COMMON = {
    "layerDefs": [{"1": "POP > 5", "2": "KIND = 'a'"}, "1:POP>5;2:KIND='b'", {"1": "("}],
    "time": TIMES,
    "timeRelation": ["esriTimeRelationWithin", "esriTimeRelationAfterStartOverlapsEnd", "x"],
    "layerTimeOptions": [{"1": {"useTime": True, "timeOffset": 2, "timeOffsetUnits": "esriTimeUnitsMonths"}}],
    "historicMoment": INTEGERS,
    "gdbVersion": ["sde.DEFAULT", "mine", "x"],
    "mapRangeValues": [[{"name": "pop", "value": [1, None]}], [{"name": "pop", "value": 5}]],
    "layerRangeValues": [[{"1": {"pop": [None, 6]}}], [{"1": [{"name": "pop", "value": 1}]}]],
    "layerParameterValues": [[{"1": {"least": 3}}], [{"1": {"least": "x"}}]],
}
MAP = {
    **COMMON,
    "bbox": ["0,0,100,100", "-200,0,400,90", "0,0,0,5", "NaN,0,1,1", json.dumps(FILTER["geometry"])],
    "bboxSR": REFERENCES,
    "imageSR": REFERENCES,
    "size": ["40,30", "1,1", "0,5", "99999,1", "x"],
    "dpi": ["96", "1", "300", "0", "x"],
    "mapScale": ["1000", "1e8", "0", "-5", "1e-300", "x"],
    "rotation": ["0", "30", "-400.5", "1e300", "x"],
    "format": ["png", "png8", "png24", "jpg", "gif", "bmp", "svg", "svgz", "pdf", "ps", "emf", "tiff"],
    "transparent": FLAGS,
    "layers": ["show:1", "hide:2", "include:0,2", "exclude:1", "show:", "9", "show:1,,2"],
    "spatialFilter": [FILTER, {**FILTER, "spatialRel": "esriSpatialRelWithin"}, {**FILTER, **PATTERN}],
    "clipping": [FILTER, {**FILTER, "excludedLayers": [1]}],
    "selectionDefinitions": [[{"layerId": 1, "objectIds": [1, 7]}], [{"layerId": "2", "uniqueIds": ["a"]}]],
    "dynamicLayers": [[DYNAMIC], [], [{**DYNAMIC, "id": 1}, DYNAMIC]],
    "datumTransformations": [[{"wkid": 1188}], [{"wkid": 5}], [{"geoTransforms": []}]],
    "returnVisibleOnly": FLAGS,
    "patchSize": ["15,15", "1", "300,300", "x"],
    "f": ["json", "image", "html", "pjson", "kmz", "x"],
}  # fmt: skip
SHAPE = {
    "geometry": SHAPES,
    "geometryType": [f"esriGeometry{kind}" for kind in (*TYPES, "Bag")],
}
FEATURES = {
    **COMMON,
    **SHAPE,
    "where": WHERE,
    "text": ["a", "'"],
    "objectIds": ["1,2", "1,x", "9" * 30],
    "inSR": REFERENCES,
    "outSR": REFERENCES,
    "spatialRel": [f"esriSpatialRel{relation}" for relation in RELATIONS],
    "relationParam": ["T*T***T**", "x"],
    "outFields": ["*", "NAME,POP", "nothing", ""],
    "returnGeometry": FLAGS,
    "returnCentroid": FLAGS,
    "returnIdsOnly": FLAGS,
    "returnCountOnly": FLAGS,
    "returnExtentOnly": FLAGS,
    "returnDistinctValues": FLAGS,
    "orderByFields": ["POP DESC", "NAME, POP asc", "x y z", "nothing"],
    "groupByFieldsForStatistics": ["KIND", "nothing"],
    "outStatistics": [[STATISTIC], [{**STATISTIC, "statisticType": "stddev"}], [{}]],
    "having": ["SUM(POP) > 3", "total > ", "x"],
    "resultOffset": INTEGERS,
    "resultRecordCount": INTEGERS,
    "maxAllowableOffset": ["1", "-1", "1e300", "x"],
    "geometryPrecision": INTEGERS,
    "f": ["json", "geojson", "html", "kmz"],
}
FOUND = {
    **COMMON,
    **SHAPE,
    "sr": REFERENCES,
    "layers": ["all", "visible:1,2", "top", "all:9", "x"],
    "tolerance": INTEGERS,
    "mapExtent": ["0,0,100,100", "0,0,0,0", "x"],
    "imageDisplay": ["40,40,96", "0,0,0", "x"],
    "searchText": ["a", "", "1e400"],
    "searchFields": ["NAME", "nothing", ""],
    "contains": FLAGS,
    "returnGeometry": FLAGS,
    "dynamicLayers": MAP["dynamicLayers"],
    "f": ["json", "html", "x"],
}
OPERATIONS = {
    "export": MAP,
    "queryLegends": MAP,
    "legend": {name: MAP[name] for name in ("size", "dpi", "dynamicLayers", "f")},
    "1/query": FEATURES,
    "2/query": FEATURES,
    "3/query": FEATURES,
    "identify": FOUND,
    "find": FOUND,
    "": {"f": MAP["f"]},
    "layers": {"f": MAP["f"]},
    "1": {"f": MAP["f"]},
}
NEEDED = {
    "export": {"bbox": "0,0,100,100", "size": "40,30"},
    "queryLegends": {"bbox": "0,0,100,100", "size": "40,30"},
    "identify": {
        "geometry": "5,5",
        "geometryType": "esriGeometryPoint",
        "mapExtent": "0,0,100,100",
        "imageDisplay": "40,40,96",
        "tolerance": "3",
    },
    "find": {"searchText": "a", "layers": "1,2"},
}
ATOMS = [None, True, 0, -1, 2.5, 1e308, "", "a", "KIND", "[KIND]", [], {}, [1, 2], {"a": 1}, [[[0, 0]]], "\0"]
LAYERS = [
    layer(0),
    layer(
        1,
        "towns.geojson",
        maps.simple(marker(RED), showLabels=True, labelingInfo=[LABEL]),
        parentLayerId=0,
        timeInfo={"startTimeField": "t"},
        rangeInfos=[{"name": "pop", "field": "POP"}],
        definitionExpression="POP >= ::least",
        parameterInfos=[{"name": "least", "dataType": "esriFieldTypeInteger", "defaultValue": 1}],
        versions={"mine": "towns.geojson"},
    ),
    layer(2, "areas.geojson", {"renderer": RENDERER}, uniqueIdInfo={"type": "simple", "fields": ["KIND"]}),
    layer(
        3,
        "ways.geojson",
        maps.simple(LINE, transparency=40),
        archivingInfo={"startField": "from", "endField": "to"},
    ),
]
FILES = {
    "towns.geojson": collection(
        (point(5, 5), {"NAME": "a", "POP": 5, "t": "2008-01-01"}),
        (point(50, 40), {"NAME": None, "POP": 900, "t": None}),
        (None, {"NAME": "x", "POP": None, "t": "2009-05-05"}),
    ),
    "areas.geojson": collection(
        (box(0, 0, 60, 60), {"KIND": "a", "NAME": "A", "POP": 5}),
        (box(30, 30, 90, 90), {"KIND": "b", "NAME": "B", "POP": 1}),
    ),
    "ways.geojson": collection(
        ({"type": "LineString", "coordinates": [[0, 0], [90, 80]]}, {"NAME": "w", "from": 100, "to": None})
    ),
}


@pytest.fixture
def service(serve) -> Asker:
    return serve(LAYERS, FILES)


def spoilt(value, chance, source):
    """A JSON value, of which parts are now and then replaced, left out or doubled."""
    if source.random() < chance:
        return source.choice(ATOMS)
    if isinstance(value, dict):
        kept = {key: spoilt(part, chance, source) for key, part in value.items()}
        if kept and source.random() < chance:
            del kept[source.choice(list(kept))]
        return kept
    if isinstance(value, list):
        parts = [spoilt(part, chance, source) for part in value]
        return parts + parts[:1] if parts and source.random() < chance else parts
    return value


def request(operation, source):
    """Parameters of an operation: the needed ones, and up to six others."""
    known = OPERATIONS[operation]
    asked = {"f": "json", **NEEDED.get(operation, {})}
    for name in source.sample(list(known), min(source.randint(0, 6), len(known))):
        value = source.choice(known[name])
        asked[name] = value if isinstance(value, str) else json.dumps(spoilt(value, 0.03, source))
    return asked


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_parameters_together_make_an_operation_fail_inside(service, operation, caplog):
    source = random.Random(f"parameters of {operation}")
    answered = 0
    for _ in range(90 if len(OPERATIONS[operation]) > 4 else 25):
        asked = request(operation, source)
        with caplog.at_level(logging.ERROR):
            answer = service.client.post(f"{service.path}/{operation}".rstrip("/"), data=asked)
        assert answer.status_code == 200, asked
        assert not caplog.records, asked
        if answer.content_type == "application/json":
            error = answer.json.get("error", {"code": None})
            assert error["code"] in (None, 400), asked
            answered += error["code"] is None
        else:
            assert answer.data
            answered += 1
    assert answered > 3, "nearly all requests were refused"
