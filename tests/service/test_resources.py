"""Metadata: what the service announces, and that it is true."""

import pytest

from tests.service.conftest import BLUE, RED, box, collection, fill, layer, marker, point, simple

FILES = {
    "areas.geojson": collection((box(0, 0, 1000, 1000), {"KIND": "a"})),
    "quakes.geojson": collection(
        (
            point(500, 500),
            {"place": "A", "mag": 5.5, "depth": 10, "time": "2008-01-01", "until": "2008-02-01"},
        ),
        (point(900, 700), {"place": "Bee", "mag": 6.5, "depth": 700, "time": "2009-01-01", "until": None}),
    ),
}
LAYERS = [
    layer(0, minScale=5e7),
    layer(
        1,
        "quakes.geojson",
        simple(marker(RED), transparency=30),
        parentLayerId=0,
        maxScale=1000,
        defaultVisibility=False,
        definitionExpression="mag >= ::minmag",
        parameterInfos=[{"name": "minmag", "dataType": "esriFieldTypeDouble", "defaultValue": 4.5}],
        timeInfo={
            "startTimeField": "time",
            "endTimeField": "until",
            "timeInterval": 1,
            "timeIntervalUnits": "esriTimeUnitsMonths",
            "exportOptions": {"timeDataCumulative": True},
        },
        rangeInfos=[
            {"name": "depth", "field": "depth"},
            {"name": "mag", "field": "mag", "fullRangeExtent": [0, 10]},
        ],
        domains={"place": {"type": "codedValue", "codedValues": [{"name": "Place A", "code": "A"}]}},
    ),
    layer(2, "areas.geojson", simple(fill(BLUE))),
]


@pytest.fixture
def service(serve):
    return serve(LAYERS, FILES, description="Quakes", copyrightText="© us", maxImageWidth=2048)


def test_the_root_tells_what_clients_look_for(service):
    root = service.json()
    assert root["currentVersion"] == 11.4
    assert (root["mapName"], root["description"], root["copyrightText"]) == ("test", "Quakes", "© us")
    assert root["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert root["units"] == "esriMeters"
    assert root["capabilities"] == "Map,Query,Data"
    assert (root["maxImageWidth"], root["maxImageHeight"]) == (2048, 4096)
    assert root["supportedImageFormatTypes"] == "PNG32,PNG24,PNG8,PNG,JPG,GIF,BMP,PDF,SVG,SVGZ,PS,EMF"
    assert [root["fullExtent"][side] for side in ("xmin", "ymin", "xmax", "ymax")] == [0, 0, 1000, 1000]
    assert root["initialExtent"]["xmin"] < root["fullExtent"]["xmin"], "with a margin around what is drawn"
    assert (root["minScale"], root["maxScale"], root["singleFusedMapCache"]) == (0, 0, False)
    assert root["timeInfo"]["timeExtent"] == [1199145600000, 1230768000000]
    assert root["timeInfo"]["defaultTimeIntervalUnits"] == "esriTimeUnitsMonths"


def test_the_flags_are_true_of_the_service(service):
    root = service.json()
    flags = {key: value for key, value in root.items() if key.startswith(("supports", "has"))}
    parameters = {
        "supportsDynamicLayers": ("dynamicLayers", "[]"),
        "supportsTimeRelation": ("timeRelation", "esriTimeRelationWithin"),
        "supportsSpatialFilter": (
            "spatialFilter",
            '{"geometryType":"esriGeometryPoint","geometry":{"x":0,"y":0}}',
        ),
        "supportsClipping": (
            "clipping",
            '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":1,"ymax":1}}',
        ),
        "supportsDatumTransformation": ("datumTransformations", "[1623]"),
        "hasVersionedData": ("gdbVersion", "sde.USER1"),
    }
    assert flags.keys() == parameters.keys()
    for flag, (name, value) in parameters.items():
        answer = service.json("export", bbox="0,0,1,1", size="8,8", **{name: value})
        assert ("error" not in answer) is flags[flag], flag
    assert root["archivingInfo"] == {"supportsHistoricMoment": False}


def test_the_tree_of_layers(service):
    layers = service.json()["layers"]
    assert [(found["id"], found["parentLayerId"], found["subLayerIds"]) for found in layers] == [
        (0, -1, [1]),
        (1, 0, None),
        (2, -1, None),
    ]
    assert [found["supportsDynamicLegends"] for found in layers] == [False, True, True]
    assert [found.get("geometryType") for found in layers] == [
        None,
        "esriGeometryPoint",
        "esriGeometryPolygon",
    ]


def test_one_layer_is_told_in_full(service):
    found = service.json("1")
    assert (found["minScale"], found["maxScale"]) == (0, 1000)
    assert (found["effectiveMinScale"], found["effectiveMaxScale"]) == (5e7, 1000)
    assert found["parentLayer"] == {"id": 0, "name": "Group 0"}
    assert found["defaultVisibility"] is False
    assert found["objectIdField"] == "OBJECTID"
    assert found["displayField"] == "place"
    assert found["definitionExpression"] == "mag >= ::minmag"
    assert found["drawingInfo"]["transparency"] == 30
    assert found["drawingInfo"]["renderer"]["symbol"]["type"] == "esriSMS"
    assert found["timeInfo"]["timeExtent"] == [1199145600000, 1230768000000]
    assert found["timeInfo"]["exportOptions"] == {
        "useTime": True,
        "timeDataCumulative": True,
        "timeOffset": 0,
        "timeOffsetUnits": "esriTimeUnitsUnknown",
    }
    assert [(info["name"], info["fullRangeExtent"]) for info in found["rangeInfos"]] == [
        ("depth", [10, 700]),
        ("mag", [0, 10]),
    ]
    assert found["parameterInfos"][0]["defaultValue"] == 4.5
    assert found["sourceSpatialReference"] == {"wkid": 102100, "latestWkid": 3857}


def test_fields_have_types_and_domains(service):
    fields = {field["name"]: field for field in service.json("1")["fields"]}
    assert next(iter(fields)) == "OBJECTID"
    assert {name: field["type"].removeprefix("esriFieldType") for name, field in fields.items()} == {
        "OBJECTID": "OID",
        "place": "String",
        "mag": "Double",
        "depth": "Integer",
        "time": "Date",
        "until": "Date",
    }
    assert fields["place"]["length"] == 3
    assert fields["place"]["domain"]["codedValues"] == [{"name": "Place A", "code": "A"}]
    assert fields["mag"]["domain"] is None


def test_a_group_has_the_extent_of_its_layers(service):
    group = service.json("0")
    assert group["type"] == "Group Layer"
    assert group["subLayers"] == [{"id": 1, "name": "Layer 1"}]
    assert [group["extent"][side] for side in ("xmin", "ymin", "xmax", "ymax")] == [500, 500, 900, 700]
    assert "fields" not in group


def test_all_layers_are_the_single_ones_together(service):
    body = service.json("layers")
    assert body == {"layers": [service.json(str(number)) for number in range(3)], "tables": []}
