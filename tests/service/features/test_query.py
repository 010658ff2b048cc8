"""The query operation: which features, in which form, order and portion, and what is counted of them."""

import itertools
import json

import pytest
from werkzeug.test import Client

from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.limits import Limits
from tests.service.conftest import collection, layer, point, simple
from tests.service.features.conftest import ids, names

ALL = {"where": "1=1", "outFields": "*"}
BOX = '{"xmin":0,"ymin":0,"xmax":12,"ymax":10}'
HOLE = '{"rings":[[[0,0],[100,0],[100,100],[0,100],[0,0]],[[4,4],[4,6],[6,6],[6,4],[4,4]]]}'
BOW = '{"rings":[[[0,0],[9,9],[9,0],[0,9],[0,0]]]}'
PLACE = '{"x":5,"y":5,"spatialReference":{"wkid":3857}}'
ACROSS = {"type": "Polygon", "coordinates": [[[-170, -52], [10, 52], [60, 52], [-170, -52]]]}


def test_features_carry_their_attributes_geometry_and_fields(service):
    body = service.json("1/query", **ALL)
    assert body["displayFieldName"] == "NAME"
    assert body["objectIdFieldName"] == "OBJECTID"
    assert body["geometryType"] == "esriGeometryPoint"
    assert body["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert [field["name"] for field in body["fields"]] == ["OBJECTID", "NAME", "POP", "KIND", "t", "day"]
    first, last = body["features"][0], body["features"][3]
    assert first["attributes"]["POP"] == 10
    assert first["attributes"]["OBJECTID"] == 1
    assert first["geometry"] == {"x": 5.0, "y": 5.0}
    assert last["attributes"]["POP"] is None
    assert "geometry" not in last
    assert "exceededTransferLimit" not in body


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"where": "1=1"}, [1, 2, 3, 4, 5]),
        ({"where": "0=1"}, []),
        ({"where": "NAME = 'O''Brien'"}, [1]),
        ({"where": "pop > 10 AND NAME LIKE 'S%'"}, [2]),
        ({"where": "NAME IS NULL"}, [3]),
        ({"objectIds": "2, 5,99"}, [2, 5]),
        ({"objectIds": "2,5", "where": "KIND = 3"}, [5]),
        ({"time": "2000"}, [2]),
        ({"time": "2000,3000"}, [2, 3]),
        ({"time": "null,2000"}, [1, 2]),
        ({"time": "2000,4000", "timeRelation": "esriTimeRelationWithin"}, [3]),
        ({"geometry": "0,0,12,10"}, [1, 2]),
        ({"geometry": "10,5,20,5"}, [2, 3]),
        (
            {"geometry": BOX, "geometryType": "esriGeometryEnvelope"},
            [1, 2],
        ),
        ({"geometry": "5,5", "geometryType": "esriGeometryPoint"}, [1]),
        ({"geometry": '{"points":[[5,5],[90,90]]}', "geometryType": "esriGeometryMultipoint"}, [1, 5]),
        ({"geometry": '{"paths":[[[0,5],[15,5]]]}', "geometryType": "esriGeometryPolyline"}, [1, 2]),
        (
            {
                "geometry": HOLE,
                "geometryType": "esriGeometryPolygon",
            },
            [2, 3, 5],
        ),
        ({"geometry": "0,0,10,10", "spatialRel": "esriSpatialRelContains"}, [1]),
        ({"geometry": "0,0,10,10", "spatialRel": "esriSpatialRelTouches"}, [2]),
        ({"geometry": "0,0,10,10", "spatialRel": "esriSpatialRelEnvelopeIntersects"}, [1, 2]),
        (
            {
                "geometry": "0,0,10,10",
                "spatialRel": "esriSpatialRelRelation",
                "relationParam": "T********",
            },
            [1],
        ),
        ({"geometry": "0.00004,0.00004,0.00005,0.00005", "inSR": "4326"}, [1]),
        (
            {
                "geometry": '{"x":5,"y":5,"spatialReference":{"wkid":3857}}',
                "geometryType": "esriGeometryPoint",
            },
            [1],
        ),
        ({"geometry": "300,300,301,301"}, []),
        ({"layerDefs": '{"1":"0=1"}', "gdbVersion": "", "returnZ": "false"}, [1, 2, 3, 4, 5]),
    ],
)
def test_filters_leave_these_features(service, asked, expected):
    assert ids(service, **asked) == expected
    assert service.json("1/query", returnCountOnly="true", **asked) == {"count": len(expected)}


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("esriSpatialRelIntersects", [1]),
        ("esriSpatialRelCrosses", [1]),
        ("esriSpatialRelContains", []),
        ("esriSpatialRelOverlaps", []),
    ],
)
def test_a_relation_is_read_from_the_given_geometry_to_the_feature(service, relation, expected):
    assert ids(service, 2, geometry="0,0,10,10", spatialRel=relation) == expected
    assert ids(service, 3, geometry="10,10,20,20", spatialRel="esriSpatialRelWithin") == [1]


def test_the_published_expression_always_holds(service):
    assert ids(service, 4, where="POP <= 20") == [2, 5]


def test_versions_and_moments_of_an_archive_can_be_queried(serve):
    files = {
        "now.geojson": collection((point(1, 1), {"NAME": "now", "start": 100, "stop": None})),
        "edit.geojson": collection((point(2, 2), {"NAME": "edit", "start": 100, "stop": None, "NOTE": "x"})),
        "old.geojson": collection(
            (point(1, 1), {"NAME": "A", "start": 100, "stop": 200}),
            (point(1, 1), {"NAME": "B", "start": 200, "stop": None}),
        ),
    }
    archive = {"archivingInfo": {"startField": "start", "endField": "stop"}}
    layers = [layer(0, "now.geojson", versions={"me.V1": "edit.geojson"}), layer(1, "old.geojson", **archive)]
    service = serve(layers, files)
    asked = {"outFields": "*", "gdbVersion": "me.V1"}
    assert names(service.json("0/query")) == ["now"]
    (edited,) = service.json("0/query", **asked)["features"]
    assert edited["attributes"]["NOTE"] == "x"
    assert service.fault("0/query", gdbVersion="nobody.V2")[0].startswith("gdbVersion: ")
    assert names(service.json("1/query")) == ["B"]
    assert names(service.json("1/query", historicMoment=199)) == ["A"]


def test_a_layer_out_of_scale_or_switched_off_can_be_queried(service):
    assert ids(service, 3) == [1, 2]
    assert ids(service, 4) == [2, 3, 5]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("POP", [4, 1, 2, 5, 3]),
        ("POP DESC", [3, 2, 5, 1, 4]),
        ("pop desc, NAME DESC", [3, 5, 2, 1, 4]),
        ("NAME ASC", [3, 1, 2, 4, 5]),
        ('"KIND" desc,OBJECTID desc', [5, 4, 2, 3, 1]),
    ],
)
def test_features_come_in_the_order_asked_for(service, order, expected):
    assert ids(service, orderByFields=order) == expected


def test_portions_cover_everything_once(service):
    found, offset = [], 0
    while True:
        body = service.json(
            "1/query", **ALL, orderByFields="POP DESC", resultOffset=offset, resultRecordCount=2
        )
        found += [feature["attributes"]["OBJECTID"] for feature in body["features"]]
        offset += 2
        if "exceededTransferLimit" not in body:
            break
    assert found == [3, 2, 5, 1, 4]


def test_an_answer_never_holds_more_than_the_service_allows(service):
    for limits, count in (
        (Limits(max_records=3), 3),
        (Limits(answer_vertices=2), 2),
        (Limits(answer_vertices=0), 1),
    ):
        client = Client(MapServiceApp({"test": service.catalog}, limits=limits))
        body = client.get(f"{service.path}/1/query", query_string={**ALL, "resultRecordCount": 100}).json
        assert len(body["features"]) == count
        assert body["exceededTransferLimit"] is True
        ids_only = client.get(f"{service.path}/1/query?returnIdsOnly=true").json
        assert len(ids_only["objectIds"]) == 5


def test_fields_are_those_named_and_without_any_the_id_and_the_name(service):
    body = service.json("1/query", outFields="pop,NAME", returnGeometry="false")
    assert body["features"][0] == {"attributes": {"POP": 10, "NAME": "O'Brien"}}
    assert list(body["fieldAliases"]) == ["POP", "NAME"]
    assert "geometryType" not in body
    assert service.json("1/query")["features"][0]["attributes"] == {"OBJECTID": 1, "NAME": "O'Brien"}


def test_geometries_come_in_the_reference_asked_for(service):
    body = service.json("1/query", where="OBJECTID=5", outSR="4326")
    assert body["spatialReference"] == {"wkid": 4326, "latestWkid": 4326}
    assert body["features"][0]["geometry"]["x"] == pytest.approx(90 / 111319.49079)
    rounded = service.json("1/query", where="OBJECTID=5", outSR="4326", geometryPrecision=4)
    assert rounded["features"][0]["geometry"] == {"x": 0.0008, "y": 0.0008}


def signed_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2


def test_rings_turn_as_each_form_wants_them(service):
    rings = service.json("3/query", objectIds="1")["features"][0]["geometry"]["rings"]
    assert [signed_area(ring) for ring in rings] == [-10000, 400]
    answer = service.get("3/query", objectIds="1", f="geojson", outSR=3857)
    assert answer.content_type == "application/geo+json"
    geometry = answer.json["features"][0]["geometry"]
    assert geometry["type"] == "Polygon"
    assert [signed_area(ring) for ring in geometry["coordinates"]] == [10000, -400]
    assert answer.json["crs"]["properties"]["name"] == "EPSG:3857"


def test_lines_are_paths_and_simplified_on_demand(service):
    geometry = service.json("2/query")["features"][0]["geometry"]
    assert geometry == {"paths": [[[5.0, 5.0], [15.0, 5.0]]]}
    thin = service.json("3/query", objectIds="1", maxAllowableOffset=30)["features"][0]["geometry"]
    assert sum(len(ring) for ring in thin["rings"]) < 10


def test_geojson_is_in_degrees_with_ids_and_null_geometries(service):
    body = service.get("1/query", **ALL, f="geojson").json
    assert body["type"] == "FeatureCollection"
    assert "crs" not in body
    assert [feature["id"] for feature in body["features"]] == [1, 2, 3, 4, 5]
    assert body["features"][3]["geometry"] is None
    assert body["features"][0]["geometry"]["coordinates"] == pytest.approx([5 / 111319.49079] * 2, rel=1e-6)
    assert body["features"][0]["properties"]["NAME"] == "O'Brien"
    portion = service.get("1/query", f="geojson", resultRecordCount=1).json
    assert portion["exceededTransferLimit"] is True
    assert portion["properties"] == {"exceededTransferLimit": True}


def test_what_a_projection_cannot_show_is_cut_off(serve):
    files = {
        "points.geojson": collection((point(-170, -52), {}), (point(10, 52), {})),
        "areas.geojson": collection((ACROSS, {})),
    }
    black = {"type": "esriSFS", "style": "esriSFSSolid", "color": [0, 0, 0, 255]}
    layers = [layer(0, "points.geojson"), layer(1, "areas.geojson", simple(black))]
    service = serve(layers, files, spatialReference={"wkid": 4326})
    away, here = service.json("0/query", outSR="3035")["features"]
    assert "geometry" not in away, "the other side of the earth"
    assert here["geometry"]["x"] == pytest.approx(4321000)
    cut = service.json("1/query", outSR="3035")["features"][0]["geometry"]["rings"]
    assert all(abs(number) < 2e7 for ring in cut for place in ring for number in place)


def test_an_extent_is_that_of_the_features_found(service):
    body = service.json("1/query", where="OBJECTID < 4", returnExtentOnly="true")
    assert body["count"] == 3
    assert [body["extent"][side] for side in ("xmin", "ymin", "xmax", "ymax")] == [5, 5, 20, 5]
    assert service.json("1/query", where="0=1", returnExtentOnly="true") == {"extent": None, "count": 0}
    both = service.json("1/query", returnExtentOnly="true", returnCountOnly="true")
    assert both["count"] == 5


def test_distinct_values_come_once(service):
    asked = {"returnDistinctValues": "true", "outFields": "POP", "returnGeometry": "false"}
    body = service.json("1/query", **asked, orderByFields="POP DESC")
    assert [feature["attributes"] for feature in body["features"]] == [
        {"POP": 30},
        {"POP": 20},
        {"POP": 10},
        {"POP": None},
    ]
    assert service.json("1/query", **asked, returnCountOnly="true") == {"count": 4}
    pairs = service.json("1/query", **{**asked, "outFields": "POP,KIND"}, resultRecordCount=2, resultOffset=1)
    assert [f["attributes"] for f in pairs["features"]] == [{"POP": 20, "KIND": 2}, {"POP": 30, "KIND": 1}]
    assert pairs["exceededTransferLimit"] is True


STATISTICS = [
    {"statisticType": kind, "onStatisticField": "POP", "outStatisticFieldName": kind}
    for kind in ("count", "sum", "min", "max", "avg", "var")
] + [{"statisticType": "STDDEV", "onStatisticField": "pop", "outStatisticFieldName": "deviation"}]


def test_statistics_of_everything_leave_nulls_out(service):
    body = service.json("1/query", outStatistics=json.dumps(STATISTICS))
    values = body["features"][0]["attributes"]
    assert values == pytest.approx(
        {
            "count": 4,
            "sum": 80,
            "min": 10,
            "max": 30,
            "avg": 20,
            "var": 200 / 3,
            "deviation": (200 / 3) ** 0.5,
        }
    )
    empty = service.json("1/query", where="0=1", outStatistics=json.dumps(STATISTICS))["features"]
    assert empty[0]["attributes"] == {**dict.fromkeys(values), "count": 0}


def test_statistics_by_groups_are_sorted_and_portioned(service):
    asked = {
        "outStatistics": json.dumps(
            [
                {"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "n"},
                {"statisticType": "max", "onStatisticField": "NAME"},
            ]
        ),
        "groupByFieldsForStatistics": "KIND",
        "orderByFields": "n DESC, KIND DESC",
    }
    body = service.json("1/query", **asked)
    assert [f["attributes"] for f in body["features"]] == [
        {"KIND": 2, "n": 2, "max_NAME": "nowhere"},
        {"KIND": 1, "n": 2, "max_NAME": "O'Brien"},
        {"KIND": 3, "n": 1, "max_NAME": "smithy"},
    ]
    assert [field["type"] for field in body["fields"]][1:] == ["esriFieldTypeInteger", "esriFieldTypeString"]
    portion = service.json("1/query", **asked, resultRecordCount=1, resultOffset=1)
    assert [f["attributes"]["KIND"] for f in portion["features"]] == [1]
    assert portion["exceededTransferLimit"] is True
    assert service.json("1/query", **asked, returnCountOnly="true") == {"count": 3}


def test_areas_have_centroids_where_they_are_asked_for(service):
    asked = {"where": "NAME = 'square'", "returnCentroid": "true"}
    (feature,) = service.json("3/query", **asked)["features"]
    assert feature["centroid"] == {"x": 250, "y": 50}
    assert len(feature["geometry"]["rings"][0]) == 5
    (feature,) = service.json("3/query", **asked, returnGeometry="false")["features"]
    assert (feature["centroid"], "geometry" in feature) == ({"x": 250, "y": 50}, False)
    assert all("centroid" not in each for each in service.json("1/query", returnCentroid="true")["features"])


@pytest.mark.parametrize(
    ("having", "kinds"),
    [
        ("n > 1", [1, 2]),
        ("COUNT(*) > 1", [1, 2]),
        ("count(KIND) = 1 OR SUM(POP) > 35", [1, 3]),
        ("MAX(\"NAME\") LIKE 's%'", [3]),
        ("KIND >= 2 AND NOT (n < 2)", [2]),
        ("AVG(POP) IS NULL", []),
    ],
)
def test_having_keeps_groups(service, having, kinds):
    statistic = {"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "n"}
    asked = {
        "outStatistics": json.dumps([statistic]),
        "groupByFieldsForStatistics": "KIND",
        "orderByFields": "KIND",
        "having": having,
    }
    found = [feature["attributes"] for feature in service.json("1/query", **asked)["features"]]
    assert [group["KIND"] for group in found] == kinds
    assert all(set(group) == {"KIND", "n"} for group in found)


COUNTED = {"outStatistics": '[{"statisticType":"count","onStatisticField":"POP"}]'}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"where": "NOFIELD=1"}, "where: "),
        ({"where": "1=1; DROP TABLE t"}, "where: "),
        ({"where": "POP IN (SELECT 1)"}, "where: "),
        ({"outFields": "NAME,nothing"}, "outFields: the layer has no field 'nothing'"),
        ({"orderByFields": "POP sideways"}, "orderByFields: "),
        ({"orderByFields": "nothing"}, "orderByFields: "),
        ({"resultOffset": "-1"}, "resultOffset: "),
        ({"resultRecordCount": "ten"}, "resultRecordCount: "),
        ({"returnGeometry": "maybe"}, "returnGeometry: "),
        ({"outSR": "999999"}, "outSR: "),
        ({"inSR": "x"}, "inSR: "),
        ({"geometry": "1,2,3"}, "geometry: "),
        ({"geometry": '{"x":1}', "geometryType": "esriGeometryPoint"}, "geometry: "),
        ({"geometry": "1,2,3,4", "geometryType": "esriGeometryCircle"}, "geometry: "),
        (
            {
                "geometry": '{"rings":[[[0,0],[9,9],[9,0],[0,9],[0,0]]]}',
                "geometryType": "esriGeometryPolygon",
            },
            "geometry: a ring crosses itself",
        ),
        ({"geometry": "0,0,1,1", "spatialRel": "near"}, "spatialRel: "),
        ({"geometry": "0,0,1,1", "spatialRel": "esriSpatialRelRelation"}, "relationParam: "),
        ({"time": "2,1"}, "time: "),
        ({"objectIds": "1,a"}, "objectIds: "),
        ({"outStatistics": "[]"}, "outStatistics: "),
        ({"outStatistics": '[{"statisticType":"median","onStatisticField":"POP"}]'}, "outStatistics"),
        (
            {"outStatistics": '[{"statisticType":"sum","onStatisticField":"NAME"}]'},
            "outStatistics: sum needs",
        ),
        ({"groupByFieldsForStatistics": "KIND"}, "groupByFieldsForStatistics: "),
        ({"f": "xml"}, "f: "),
        ({"distance": "10"}, "distance: "),
        ({"returnCentroid": "true", "f": "geojson"}, "returnCentroid: "),
        ({"having": "1 > 1"}, "having: needs outStatistics"),
        ({**COUNTED, "having": "POP > 1"}, "having: unknown field 'POP'"),
        ({**COUNTED, "having": "SUM(NAME) > 1"}, "having: sum needs numbers"),
        ({**COUNTED, "having": "SUM(POP + 1) > 1"}, "having: SUM takes one field"),
        ({**COUNTED, "having": "MEDIAN(POP) > 1"}, "having: unknown function 'MEDIAN'"),
        ({**COUNTED, "having": "1=1; DROP TABLE t"}, "having: only one expression"),
    ],
)
def test_what_is_wrong_is_named(service, asked, words):
    asked = {"f": "json", **asked}
    body = json.loads(service.get("1/query", **asked).data)
    assert body["error"]["code"] == 400
    assert words in " ".join(body["error"]["details"])


def test_every_fault_adds_a_line_and_an_unknown_layer_is_no_address(service):
    details = service.fault("1/query", where="x=1", outSR="x", f="json", resultOffset="-1")
    assert len(details) == 2
    assert service.json("9/query")["error"]["message"] == "Invalid URL"
    assert service.json("0/query")["error"]["code"] == 400


def test_a_query_may_be_posted_and_is_told_as_it_came(service):
    posted = service.client.post(f"{service.path}/1/query", data={**ALL, "f": "json", "WHERE": "POP=20"})
    assert names(posted.json) == ["Smith", "smithy"]
    indented = service.get("1/query", f="pjson", where="POP=10")
    assert indented.text.startswith("{\n")
    assert indented.json == service.json("1/query", where="POP=10")


def test_the_number_of_features_in_an_answer_is_announced(service):
    client = Client(MapServiceApp({"test": service.catalog}, limits=Limits(max_records=3)))
    for resource in ("", "/1"):
        assert client.get(f"{service.path}{resource}?f=json").json["maxRecordCount"] == 3
    assert client.get(f"{service.path}/layers?f=json").json["layers"][1]["maxRecordCount"] == 3


def test_what_can_be_queried_is_announced(service):
    assert service.json()["capabilities"] == "Map,Query,Data"
    assert service.json()["maxRecordCount"] == 2000
    towns = service.json("1")
    assert towns["capabilities"] == "Map,Query,Data"
    assert towns["advancedQueryCapabilities"]["supportsPagination"] is True
    assert "esriSpatialRelRelation" in towns["supportedSpatialRelationships"]
    assert service.json("0")["capabilities"] == "Map"
