"""Identify and find: what is at a place, and where a text stands."""

import json

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import Client

from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.limits import Limits
from tests.service.conftest import layer
from tests.service.features.conftest import FILES

MAP = {"mapExtent": "0,0,100,100", "imageDisplay": "100,100,96", "tolerance": "0"}
AT_TOWN = {**MAP, "geometry": "10,5", "geometryType": "esriGeometryPoint"}


def found(body):
    return [(result["layerId"], result["value"]) for result in body["results"]]


def test_a_result_tells_layer_value_attributes_and_geometry(service):
    (result,) = service.json("identify", **AT_TOWN)["results"]
    assert result["layerId"] == 1
    assert result["layerName"] == "All" or result["layerName"] == "Layer 1"
    assert (result["displayFieldName"], result["value"]) == ("NAME", "Smith")
    assert result["attributes"]["POP"] == "20"
    assert result["attributes"]["KIND"] == "town"
    assert result["geometryType"] == "esriGeometryPoint"
    assert result["geometry"] == {"x": 10, "y": 5, "spatialReference": {"wkid": 102100, "latestWkid": 3857}}


def test_values_may_come_as_they_are_and_geometries_be_left_out(service):
    asked = {**AT_TOWN, "returnUnformattedValues": "true", "returnGeometry": "false"}
    (result,) = service.json("identify", **asked)["results"]
    assert result["attributes"]["POP"] == 20
    assert result["attributes"]["KIND"] == 2
    assert "geometry" not in result


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"layers": "top"}, [(1, "Smith")]),
        ({"layers": ""}, [(1, "Smith")]),
        ({"layers": "visible"}, [(1, "Smith"), (2, "way")]),
        ({"layers": "all"}, [(1, "Smith"), (2, "way"), (3, "holed"), (4, "Smith")]),
        ({"layers": "all:"}, [(1, "Smith"), (2, "way"), (3, "holed"), (4, "Smith")]),
        ({"layers": "all:3,4"}, [(3, "holed"), (4, "Smith")]),
        ({"layers": "visible:2,3"}, [(2, "way")]),
        ({"layers": "top:2"}, [(2, "way")]),
        ({"layers": "visible:0"}, [(1, "Smith")]),
        ({"layers": "show:2,3"}, [(2, "way")]),
        ({"layers": "all:-1"}, []),
        ({"layers": "all", "layerDefs": '{"1":"POP=10","4":"POP=30"}'}, [(2, "way"), (3, "holed")]),
        ({"layers": "top", "time": "3000"}, [(2, "way")]),
        ({"layers": "visible", "mapExtent": "0,0,1,1"}, [(1, "Smith"), (2, "way"), (3, "holed")]),
    ],
)
def test_layers_and_filters_decide_what_is_looked_at(service, asked, expected):
    assert found(service.json("identify", **{**AT_TOWN, **asked})) == expected


@pytest.mark.parametrize(
    ("tolerance", "extent", "expected"),
    [
        ("0", "0,0,100,100", []),
        ("3", "0,0,100,100", ["Smith"]),
        ("1", "0,0,100,100", []),
        ("1", "0,0,400,400", ["Smith"]),
    ],
)
def test_the_tolerance_is_in_pixels_of_the_map_that_is_shown(service, tolerance, extent, expected):
    asked = {**AT_TOWN, "geometry": "12,7", "tolerance": tolerance, "mapExtent": extent, "layers": "all:1"}
    assert [value for _, value in found(service.json("identify", **asked))] == expected


@pytest.mark.parametrize(
    "geometry",
    [
        {"geometry": "{x: 10, y: 5}"},
        {"geometry": '{"x":10,"y":5}'},
        {
            "geometry": '{"x":8.9831e-05,"y":4.4915e-05}',
            "sr": "4326",
            "mapExtent": "0,0,0.0009,0.0009",
            "tolerance": "2",
        },
        {"geometry": '{"x":10,"y":5,"spatialReference":{"wkid":102100}}'},
        {"geometry": "9,4,11,6", "geometryType": "esriGeometryEnvelope"},
        {"geometry": '{"rings":[[[9,4],[9,6],[11,6],[11,4],[9,4]]]}', "geometryType": "esriGeometryPolygon"},
        {"geometry": '{"paths":[[[10,0],[10,9]]]}', "geometryType": "esriGeometryPolyline"},
    ],
)
def test_a_place_may_be_told_in_many_ways(service, geometry):
    assert found(service.json("identify", **{**AT_TOWN, "layers": "all:1", **geometry})) == [(1, "Smith")]


def test_an_answer_holds_a_bounded_number_of_results(service):
    client = Client(MapServiceApp({"test": service.catalog}, limits=Limits(max_records=2)))
    body = client.get(f"{service.path}/identify", query_string={**AT_TOWN, "layers": "all"}).json
    assert found(body) == [(1, "Smith"), (2, "way")]
    assert body["exceededTransferLimit"] is True
    body = client.get(f"{service.path}/find?searchText=i&layers=1,2,3").json
    assert len(body["results"]) == 2
    assert body["exceededTransferLimit"] is True


def test_dynamic_layers_are_identified_under_their_own_ids(service):
    element = {"id": 77, "source": {"type": "mapLayer", "mapLayerId": 4}, "definitionExpression": "POP < 25"}
    asked = {**AT_TOWN, "layers": "all", "dynamicLayers": json.dumps([element])}
    assert found(service.json("identify", **asked)) == [(77, "Smith")]
    assert found(service.json("identify", **{**asked, "layers": "all:1"})) == []


def test_the_hole_of_a_polygon_is_not_in_it(service):
    asked = {**AT_TOWN, "layers": "all:3"}
    assert found(service.json("identify", **{**asked, "geometry": "50,50"})) == []
    assert found(service.json("identify", **{**asked, "geometry": "30,50"})) == [(3, "holed")]


def test_the_pixel_of_a_raster_is_told(serve, folder):
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels[0, 1] = (10, 20, 30)
    Image.fromarray(pixels).save(folder / "p.png")
    (folder / "p.pgw").write_text("50\n0\n0\n-50\n25\n75\n")
    raster = {"id": 9, "name": "P", "type": "Raster Layer", "source": "p.png"}
    service = serve([raster], FILES)
    (result,) = service.json("identify", **{**AT_TOWN, "geometry": "75,75"})["results"]
    assert (result["layerId"], result["value"]) == (9, "10, 20, 30")
    assert result["attributes"] == {"Pixel Value": "10, 20, 30"}
    assert service.json("identify", **{**AT_TOWN, "geometry": "175,75"})["results"] == []


@pytest.mark.parametrize(
    ("left_out", "asked", "words"),
    [
        ("geometry", {}, "geometry: is required"),
        ("mapExtent", {}, "mapExtent: is required"),
        ("imageDisplay", {}, "imageDisplay: is required"),
        ("", {"imageDisplay": "100"}, "imageDisplay: "),
        ("", {"imageDisplay": "100,x,96"}, "imageDisplay: "),
        ("", {"mapExtent": "1,2,3"}, "mapExtent: "),
        ("", {"layers": "some:1"}, "layers: "),
        ("", {"tolerance": "-1"}, "tolerance: "),
        ("", {"tolerance": "9999"}, "tolerance: "),
        ("", {"sr": "nowhere"}, "sr: "),
        ("", {"layerDefs": '{"1":"nothing=1"}'}, "layerDefs: "),
    ],
)
def test_what_identify_cannot_read_is_named(service, left_out, asked, words):
    given = {name: value for name, value in {**AT_TOWN, **asked}.items() if name != left_out}
    assert words in " ".join(service.fault("identify", **given))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"searchText": "smith", "layers": "1"}, [(1, "Smith"), (1, "smithy")]),
        ({"searchText": "SMITH", "layers": "1", "contains": "false"}, []),
        ({"searchText": "Smith", "layers": "1", "contains": "false"}, [(1, "Smith")]),
        ({"searchText": "o'b", "layers": "1,2,3"}, [(1, "O'Brien")]),
        ({"searchText": "o", "layers": "0,3"}, [(1, "O'Brien"), (1, "nowhere"), (3, "holed")]),
        ({"searchText": "20", "layers": "1", "searchFields": "pop"}, [(1, "20"), (1, "20")]),
        ({"searchText": "20", "layers": "1"}, []),
        ({"searchText": "smith", "layers": "1", "layerDefs": '{"1":"POP=20 AND KIND=3"}'}, [(1, "smithy")]),
        ({"searchText": "%", "layers": "1"}, []),
        ({"searchText": "smith", "layers": "1", "time": "2000"}, [(1, "Smith")]),
    ],
)
def test_a_text_is_found_in_the_fields_of_the_layers(service, asked, expected):
    assert found(service.json("find", **asked)) == expected


def test_a_find_tells_the_field_and_the_geometry(service):
    result = service.json("find", searchText="holed", layers="3", sr="4326")["results"][0]
    assert result["foundFieldName"] == "NAME"
    assert result["geometryType"] == "esriGeometryPolygon"
    assert result["geometry"]["spatialReference"] == {"wkid": 4326, "latestWkid": 4326}
    assert (
        "geometry"
        not in service.json("find", searchText="holed", layers="3", returnGeometry="false")["results"][0]
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layers": "1"}, "searchText: is required"),
        ({"searchText": "a"}, "layers: is required"),
        ({"searchText": "a", "layers": "x"}, "layers: "),
        ({"searchText": "a", "layers": "1", "searchFields": "nothing"}, "searchFields: "),
        ({"searchText": "a" * 300, "layers": "1"}, "searchText: "),
        ({"searchText": "a", "layers": "1", "contains": "perhaps"}, "contains: "),
    ],
)
def test_what_find_cannot_read_is_named(service, asked, words):
    assert words in " ".join(service.fault("find", **asked))


def test_dates_and_nulls_are_written_out(serve):
    towns = FILES["towns.geojson"]
    dated = {**towns, "features": [dict(feature) for feature in towns["features"]]}
    for feature in dated["features"]:
        feature["properties"] = {**feature["properties"], "day": "2008-01-01T10:00:00Z"}
    service = serve([layer(1, "towns.geojson")], {"towns.geojson": dated})
    result = service.json("find", searchText="nowhere", layers="1")["results"][0]
    assert result["attributes"]["POP"] == "Null"
    assert result["attributes"]["day"] == "2008-01-01 10:00:00"
    raw = service.json("find", searchText="nowhere", layers="1", returnUnformattedValues="true")["results"][0]
    assert raw["attributes"]["day"] == 1199181600000
