"""Queries answered as KMZ: the features with their attributes, in degrees."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from mapexplorer.service.features.kml import document
from tests.service.conftest import RED, box, collection, layer, marker, point, simple

KML = "{http://www.opengis.net/kml/2.2}"
HOLE = [[1, 1], [1, 1.5], [1, 1]]
TOWNS = collection(
    (point(111319.49, 0), {"NAME": "<b>A & B</b>", "POP": 5}),
    (None, {"NAME": None, "POP": 7}),
)


@pytest.fixture
def service(serve):
    return serve([layer(1, "towns.geojson", simple(marker(RED)))], {"towns.geojson": TOWNS})


def test_features_come_as_placemarks(service):
    answer = service.get("1/query", where="1=1", outFields="*", f="KMZ")
    assert answer.content_type == "application/vnd.google-earth.kmz"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        root = ElementTree.fromstring(archive.read("doc.kml"))
    first, second = root.iter(f"{KML}Placemark")
    assert first.findtext(f"{KML}name") == "<b>A & B</b>"
    data = {entry.get("name"): entry.findtext(f"{KML}value") for entry in first.iter(f"{KML}Data")}
    assert (data["NAME"], data["POP"]) == ("<b>A & B</b>", "5")
    longitude, latitude = map(float, first.findtext(f"{KML}Point/{KML}coordinates").split(","))
    assert (longitude, latitude) == pytest.approx((1, 0), abs=1e-6)
    assert second.find(f"{KML}Point") is None


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        (point(1, 2), "<Point><coordinates>1,2</coordinates></Point>"),
        (
            {"type": "LineString", "coordinates": [[0, 0], [1.5, 2]]},
            "<LineString><coordinates>0,0 1.5,2</coordinates></LineString>",
        ),
        (
            {"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]},
            "<MultiGeometry><Point><coordinates>0,0</coordinates></Point>"
            "<Point><coordinates>1,1</coordinates></Point></MultiGeometry>",
        ),
        (
            {
                "type": "Polygon",
                "coordinates": [*box(0, 0, 2, 2)["coordinates"], HOLE],
            },
            "<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 2,0 2,2 0,2 0,0</coordinates>"
            "</LinearRing></outerBoundaryIs>"
            "<innerBoundaryIs><LinearRing><coordinates>1,1 1,1.5 1,1</coordinates>"
            "</LinearRing></innerBoundaryIs></Polygon>",
        ),
    ],
)
def test_geometries_are_written_as_kml_has_them(geometry, expected):
    feature = {"geometry": geometry, "properties": {"n": "\x01x"}}
    text = document("L", "n", [feature])
    assert f"{expected}</Placemark>" in text
    assert "<name>x</name>" in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"returnCountOnly": "true"}, "f: for kmz the answer must be features"),
        ({"outSR": "3857"}, "outSR: for kmz expected 4326, the degrees that KML has"),
    ],
)
def test_what_kml_cannot_hold_is_refused(service, asked, told):
    assert service.fault("1/query", where="1=1", **asked, f="kmz") == [told]


def test_the_item_info_describes_the_service(serve):
    described = serve(
        [layer(1, "towns.geojson", simple(marker(RED)))],
        {"towns.geojson": TOWNS},
        title="Towns",
        description="All <towns>.",
        copyrightText="Nobody",
    ).json("info/iteminfo")
    assert (described["title"], described["type"]) == ("Towns", "Map Service")
    assert (described["description"], described["accessInformation"]) == ("All <towns>.", "Nobody")
    assert described["extent"][0] == pytest.approx([1, 0], abs=1)
