"""Map documents: what is read, and that every fault is told with its JSON path before anything is served."""

import json

import geopandas
import pytest
from shapely.geometry import Point

from mapexplorer.protocol import DocumentError
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from tests.service.conftest import BLUE, box, collection, fill, layer, marker, point, simple

TOWNS = collection(
    (point(10, 10), {"NAME": "O'Brien", "POP": 10, "from": 0, "to": 5}),
    (point(500, 500), {"NAME": "Smith", "POP": 20, "from": 5, "to": None}),
)


def faults(write, layers, **keys) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        MapCatalog(load_document(write(layers, {"towns.geojson": TOWNS}, **keys)))
    return list(caught.value.faults)


CASES = [
    ({"id": "1"}, "layers[0].id"),
    ({"type": "Table"}, "layers[0].type"),
    ({"parentLayerId": 9}, "layers[0].parentLayerId"),
    ({"parentLayerId": 0}, "layers[0].parentLayerId"),
    ({"minScale": -1}, "layers[0].minScale"),
    ({"minScale": "5"}, "layers[0].minScale"),
    ({"defaultVisibility": "yes"}, "layers[0].defaultVisibility"),
    ({"source": "nothing.geojson"}, "layers[0].source"),
    ({"source": "../towns.geojson"}, "layers[0].source"),
    ({"source": "/etc/passwd"}, "layers[0].source"),
    ({"source": {"path": "towns.geojson", "layer": "x"}}, "layers[0].source"),
    ({"source": {"layer": "x"}}, "layers[0].source.path"),
    ({"drawingInfo": {}}, "layers[0].drawingInfo.renderer"),
    ({"drawingInfo": {"renderer": {"type": "heatmap"}}}, "layers[0].drawingInfo.renderer.type"),
    ({"drawingInfo": simple({"type": "esriXYZ"})}, "layers[0].drawingInfo.renderer.symbol.type"),
    ({"drawingInfo": simple(marker(BLUE, -1))}, "layers[0].drawingInfo.renderer.symbol.size"),
    ({"drawingInfo": simple(fill(BLUE))}, "layers[0].drawingInfo.renderer.symbol"),
    ({"drawingInfo": simple(marker(BLUE), transparency=101)}, "layers[0].drawingInfo.transparency"),
    (
        {"drawingInfo": simple({"type": "esriPMS", "url": "http://x/y.png"})},
        "layers[0].drawingInfo.renderer.symbol.url",
    ),
    (
        {"drawingInfo": {"renderer": {"type": "uniqueValue", "field1": "KIND", "uniqueValueInfos": []}}},
        "layers[0].drawingInfo.renderer.field1",
    ),
    (
        {"drawingInfo": {"renderer": {"type": "classBreaks", "field": "KIND", "classBreakInfos": []}}},
        "layers[0].drawingInfo.renderer.field",
    ),
    ({"objectIdField": "KIND"}, "layers[0].objectIdField"),
    ({"objectIdField": "NAME"}, "layers[0].objectIdField"),
    ({"displayField": "KIND"}, "layers[0].displayField"),
    ({"definitionExpression": "KIND = 1"}, "layers[0].definitionExpression"),
    ({"definitionExpression": "POP = ::floor"}, "layers[0].definitionExpression"),
    (
        {
            "definitionExpression": "POP = ::floor",
            "parameterInfos": [{"name": "floor", "dataType": "esriFieldTypeDouble"}],
        },
        "layers[0].parameterInfos[0].defaultValue",
    ),
    (
        {"parameterInfos": [{"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": 1.5}]},
        "layers[0].parameterInfos",
    ),
    (
        {"parameterInfos": [{"name": "floor", "dataType": "esriFieldTypeBlob", "defaultValue": 1}]},
        "layers[0].parameterInfos[0].dataType",
    ),
    ({"timeInfo": {"startTimeField": "KIND"}}, "layers[0].timeInfo.startTimeField"),
    ({"timeInfo": {"startTimeField": "NAME"}}, "layers[0].timeInfo.startTimeField"),
    ({"timeInfo": {}}, "layers[0].timeInfo.startTimeField"),
    ({"rangeInfos": [{"name": "pop", "field": "KIND"}]}, "layers[0].rangeInfos[0].field"),
    ({"rangeInfos": [{"name": "pop", "field": "NAME"}]}, "layers[0].rangeInfos[0].field"),
    (
        {"rangeInfos": [{"name": "pop", "field": "POP", "currentRangeExtent": [2, 1]}]},
        "layers[0].rangeInfos[0].currentRangeExtent",
    ),
    ({"archivingInfo": {"startField": "from", "endField": "x"}}, "layers[0].archivingInfo.endField"),
    ({"versions": {"sde.A": "nothing.geojson"}}, "layers[0].versions"),
    ({"uniqueIdInfo": {"type": "simple", "fields": ["KIND"]}}, "layers[0].uniqueIdInfo.fields[0]"),
    ({"domains": {"KIND": {"type": "codedValue", "codedValues": []}}}, "layers[0].domains.KIND"),
]


@pytest.mark.parametrize(("keys", "path"), CASES)
def test_a_fault_in_a_layer_is_told_with_its_path(write, keys, path):
    found = faults(write, [{**layer(0, "towns.geojson"), **keys}])
    assert any(fault.startswith(path) for fault in found), found


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": ""}, "name"),
        ({"spatialReference": {"wkid": 999999}}, "spatialReference"),
        ({"spatialReference": "here"}, "spatialReference"),
        ({"backgroundColor": [0, 0, 0]}, "backgroundColor"),
        ({"backgroundColor": [0, 0, 0, 256]}, "backgroundColor"),
        ({"maxImageWidth": 0}, "maxImageWidth"),
        ({"fullExtent": {"xmin": 0}}, "fullExtent"),
        (
            {"initialExtent": {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": {"wkid": 77}}},
            "initial",
        ),
        ({"workspaces": {"A": "../elsewhere"}}, "workspaces.A"),
        ({"workspaces": {"A": "missing"}}, "workspaces.A"),
    ],
)
def test_a_fault_of_the_map_is_told_with_its_path(write, keys, path):
    found = faults(write, [layer(0, "towns.geojson")], **keys)
    assert any(fault.startswith(path) for fault in found), found


def test_all_faults_are_told_at_once(write):
    found = faults(write, [layer(0, "a.geojson"), layer(0, "b.geojson", parentLayerId=7)])
    assert [fault.partition(":")[0] for fault in found] == [
        "layers[0].source",
        "layers[1].id",
        "layers[1].parentLayerId",
        "layers[1].source",
    ]


def test_groups_hold_only_their_own_keys(write):
    found = faults(write, [layer(0, source=None, definitionExpression="1=1", versions={})])
    assert found == [
        "layers[0].definitionExpression: a group layer has no definitionExpression",
        "layers[0].versions: a group layer has no versions",
    ]


def test_groups_may_not_contain_each_other(write):
    groups = [layer(0, parentLayerId=1), layer(1, parentLayerId=0)]
    assert any("contain each other" in fault for fault in faults(write, groups))


@pytest.mark.parametrize(
    "text", ["{", "[]", "5", '{"name": "a", "name": "b"}', '{"name": NaN}', "// no\n{}", '{"name": "a",}']
)
def test_only_strict_json_is_a_document(tmp_path, text):
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(DocumentError, match=r"^\$"):
        load_document(path)


def test_unknown_keys_are_warnings(write):
    document = layer(0, "towns.geojson", colour="red")
    document["drawingInfo"]["renderer"]["symbol"]["shine"] = 3
    checked = load_document(write([document], {"towns.geojson": TOWNS}, theme="dark"))
    assert sorted(warning.partition(":")[0] for warning in checked.warnings) == [
        "layers[0].colour",
        "layers[0].drawingInfo.renderer.symbol.shine",
        "theme",
    ]


def test_paths_may_leave_the_folder_when_the_operator_allows_it(write, folder):
    (folder.parent / "outside.geojson").write_text(json.dumps(TOWNS))
    path = write([layer(0, "../outside.geojson")])
    with pytest.raises(DocumentError, match="leads out"):
        load_document(path)
    assert len(MapCatalog(load_document(path, allow_outside=True)).layers[0].table) == 2


def test_a_link_out_of_the_folder_is_no_way_out(write, folder):
    (folder.parent / "secret.geojson").write_text(json.dumps(TOWNS))
    (folder / "link.geojson").symlink_to(folder.parent / "secret.geojson")
    with pytest.raises(DocumentError, match="leads out"):
        load_document(write([layer(0, "link.geojson")]))


def test_null_is_the_same_as_absent(write):
    keys = dict.fromkeys(("timeInfo", "rangeInfos", "versions", "parentLayerId", "definitionExpression"))
    catalog = MapCatalog(load_document(write([layer(0, "towns.geojson", **keys)], {"towns.geojson": TOWNS})))
    assert catalog.layers[0].parent_id == -1


def test_field_names_are_found_whatever_their_case(write):
    renderer = {"type": "uniqueValue", "field1": "name", "uniqueValueInfos": []}
    keys = {"displayField": "name", "rangeInfos": [{"name": "p", "field": "pop"}], "objectIdField": "pop"}
    document = layer(0, "towns.geojson", {"renderer": renderer}, **keys)
    found = MapCatalog(load_document(write([document], {"towns.geojson": TOWNS}))).layers[0]
    assert (found.renderer.field1, found.display_field, found.ranges[0].info.field) == ("NAME", "NAME", "POP")
    assert found.object_ids.tolist() == [10, 20]


def test_the_layers_of_a_document_keep_their_order(write):
    catalog = MapCatalog(
        load_document(write([layer(7, "towns.geojson"), layer(3)], {"towns.geojson": TOWNS}))
    )
    assert [found.id for found in catalog.layers] == [7, 3]


def test_the_full_extent_is_the_union_of_the_layers(write):
    files = {"towns.geojson": TOWNS, "area.geojson": collection((box(-1000, 0, 400, 100), {}))}
    layers = [layer(0, "towns.geojson"), layer(1, "area.geojson", simple(fill(BLUE)))]
    catalog = MapCatalog(load_document(write(layers, files)))
    assert catalog.full_extent.numbers == (-1000, 0, 500, 500)
    assert catalog.initial_extent.numbers == (-1045, -15, 545, 515), "with a margin"


def test_a_single_point_still_has_an_extent_to_look_at(write):
    files = {"a.geojson": collection((point(1000, 1000), {}))}
    assert MapCatalog(load_document(write([layer(0, "a.geojson")], files))).full_extent.numbers == (
        0,
        0,
        2000,
        2000,
    )


def test_a_world_in_degrees_has_a_finite_extent_in_mercator(write, folder):
    frame = geopandas.GeoDataFrame(geometry=[Point(-180, -90), Point(180, 90)], crs=4326)
    frame.to_parquet(folder / "world.parquet")
    catalog = MapCatalog(load_document(write([layer(0, "world.parquet")])))
    assert catalog.full_extent.ymax == pytest.approx(20048966.1, abs=1)
