"""Versions: one layer over several sources, chosen for the whole request."""

import json

import pytest

from mapexplorer.protocol import DocumentError
from tests.service.conftest import BLUE, RED, box, collection, fill, layer, marker, point, simple

EAST = collection((point(10, 50), {"name": "a", "n": 1}), (point(30, 50), {"name": "b", "n": 2}))
WEST = collection((point(90, 50), {"name": "c", "n": 3}))
FILES = {"east.geojson": EAST, "west.geojson": WEST}
VIEW = {"bbox": "0,0,100,100", "size": "100,100"}
EDITED = {"versions": {"sde.USER1": "west.geojson"}}


@pytest.fixture
def service(serve):
    """Layer 0 has a version, layer 1 over the same source has none."""
    return serve([layer(0, "east.geojson", **EDITED), layer(1, "east.geojson", simple(marker(BLUE)))], FILES)


@pytest.mark.parametrize(
    ("version", "drawn", "other"),
    [
        (None, [1, 2], [1, 2]),
        ("sde.USER1", [1], [1, 2]),
        ("sde.DEFAULT", [1, 2], [1, 2]),
        ("SDE.default", [1, 2], [1, 2]),
    ],
)
def test_layers_that_declare_the_version_are_drawn_from_its_source(service, version, drawn, other):
    given = {} if version is None else {"gdbVersion": version}
    assert (service.rows(0, **given), service.rows(1, **given)) == (drawn, other)
    picture = service.picture(**VIEW, **given, layers="show:0")
    assert (tuple(picture[50, 90, :3]) == (200, 0, 0)) is (version == "sde.USER1")
    assert (tuple(picture[50, 10, :3]) == (200, 0, 0)) is (version != "sde.USER1")


@pytest.mark.parametrize("operation", ["export", "queryLegends"])
@pytest.mark.parametrize("version", ["sde.USER2", "sde.user1", "<b>"])
def test_a_version_that_no_layer_declares_is_refused(service, operation, version):
    (detail,) = service.fault(operation, **VIEW, gdbVersion=version)
    assert detail.startswith("gdbVersion: no layer has a version")


def test_filters_and_legend_look_at_the_rows_of_the_version(service):
    asked = {"layerDefs": json.dumps({"0": "name = 'c'"})}
    assert service.rows(0, **asked) == []
    assert service.rows(0, **asked, gdbVersion="sde.USER1") == [1]
    half = {"bbox": "80,0,100,100", "size": "20,100", "layers": "show:0"}
    assert service.json("queryLegends", **half)["layers"][0]["legend"] == []
    assert len(service.json("queryLegends", **half, gdbVersion="sde.USER1")["layers"][0]["legend"]) == 1


def test_versions_are_announced(service, serve):
    assert service.json()["hasVersionedData"] is True
    assert [service.json(ident)["isDataVersioned"] for ident in "01"] == [True, False]
    plain = serve([layer(0, "east.geojson")], FILES)
    assert plain.json()["hasVersionedData"] is False
    assert plain.rows(0, gdbVersion="sde.Default") == [1, 2]


def test_the_resources_tell_of_the_published_data(service):
    assert service.json("0")["extent"]["xmax"] == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (collection((point(1, 1), {"name": "c"})), "rangeInfos"),
        (collection((box(0, 0, 9, 9), {"name": "c", "n": 1})), "esriGeometryPolygon"),
    ],
)
def test_a_version_has_to_fit_its_layer(serve, content, words):
    keys = {**EDITED, "rangeInfos": [{"name": "number", "field": "n"}]}
    with pytest.raises(DocumentError, match=r"layers\[0\]\.versions\.sde\.USER1") as fault:
        serve([layer(0, "east.geojson", **keys)], {**FILES, "west.geojson": content})
    assert words in str(fault.value)


def test_a_version_may_be_empty(serve):
    service = serve([layer(0, "east.geojson", **EDITED)], {**FILES, "west.geojson": collection()})
    assert service.rows(0, gdbVersion="sde.USER1") == []
    assert (service.picture(**VIEW, gdbVersion="sde.USER1") == 255).all()


def test_a_version_may_have_no_object_ids_and_no_archive_of_its_own(serve):
    rows = collection(
        (point(10, 50), {"fid": 7, "a": 1, "b": 5}), (point(30, 50), {"fid": 9, "a": 5, "b": None})
    )
    keys = {**EDITED, "objectIdField": "fid", "archivingInfo": {"startField": "a", "endField": "b"}}
    service = serve([layer(0, "east.geojson", **keys)], {**FILES, "east.geojson": rows})
    assert (service.rows(0), service.rows(0, historicMoment="1")) == ([9], [7])
    assert service.rows(0, gdbVersion="sde.USER1", historicMoment="1") == [1]
    told = [warning.split(":")[0] for warning in service.catalog.warnings[-2:]]
    assert told == ["layers[0].versions.sde.USER1"] * 2


def test_versions_of_polygons_have_their_own_classes(serve):
    unique = {
        "renderer": {
            "type": "uniqueValue",
            "field1": "K",
            "uniqueValueInfos": [
                {"value": "a", "label": "A", "symbol": fill(RED)},
                {"value": "b", "label": "B", "symbol": fill(BLUE)},
            ],
        }
    }
    files = {
        "now.geojson": collection((box(0, 0, 100, 100), {"k": "a"})),
        "then.geojson": collection((box(0, 0, 100, 100), {"k": "b"})),
    }
    service = serve([layer(0, "now.geojson", unique, versions={"v": "then.geojson"})], files)
    assert tuple(service.picture(**VIEW)[50, 50, :3]) == (200, 0, 0)
    assert tuple(service.picture(**VIEW, gdbVersion="v")[50, 50, :3]) == (0, 0, 200)
    listed = service.json("queryLegends", **VIEW, gdbVersion="v")["layers"][0]["legend"]
    assert [entry["label"] for entry in listed] == ["B"]


def dynamic(ident, version=None):
    source = {"type": "mapLayer", "mapLayerId": 0}
    return {"id": ident, "source": source if version is None else {**source, "gdbVersion": version}}


@pytest.mark.parametrize(
    ("whole", "own", "drawn"),
    [
        (None, None, [1, 2]),
        ("sde.USER1", None, [1]),
        ("sde.USER1", "sde.USER1", [1]),
        (None, "sde.USER1", [1]),
        ("sde.USER1", "sde.DEFAULT", [1, 2]),
        ("sde.DEFAULT", "sde.USER1", [1]),
    ],
)
def test_the_version_of_a_dynamic_layer_goes_before_that_of_the_request(service, whole, own, drawn):
    given = {} if whole is None else {"gdbVersion": whole}
    assert service.rows(7, dynamicLayers=json.dumps([dynamic(7, own)]), **given) == drawn


def test_a_dynamic_layer_needs_a_declared_version_too(service):
    (detail,) = service.fault(**VIEW, dynamicLayers=json.dumps([dynamic(7), dynamic(8, "sde.USER2")]))
    assert detail.startswith("dynamicLayers[1].source.gdbVersion: no layer has a version")
