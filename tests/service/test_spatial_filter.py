"""Spatial filters: five kinds of geometry, nine relations, in any reference system."""

import json

import pytest

from tests.service.conftest import box, collection, layer, point

NAMES = [
    "point 5,5",
    "point 10,5",
    "point 20,5",
    "line 2,2-8,8",
    "line 5,5-15,5",
    "line 10,2-10,8",
    "line 10,5-15,5",
    "box 2,2-4,4",
    "box 8,8-12,12",
    "box 10,0-14,4",
    "box -5,-5-15,15",
    "box 0,0-10,10",
    "triangle",
    "box 30,30-31,31",
]


def line(*pairs):
    return {"type": "LineString", "coordinates": [list(pair) for pair in pairs]}


POINTS = [point(5, 5), point(10, 5), point(20, 5)]
LINES = [line((2, 2), (8, 8)), line((5, 5), (15, 5)), line((10, 2), (10, 8)), line((10, 5), (15, 5))]
AREAS = [
    box(2, 2, 4, 4),
    box(8, 8, 12, 12),
    box(10, 0, 14, 4),
    box(-5, -5, 15, 15),
    box(0, 0, 10, 10),
    {"type": "Polygon", "coordinates": [[[9, 14], [14, 14], [14, 9], [9, 14]]]},
    box(30, 30, 31, 31),
]
SQUARE = {"rings": [[[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]]}
BAR = {"paths": [[[-5, 5], [15, 5]]]}


def symbol(kind):
    return {"renderer": {"type": "simple", "label": "", "symbol": {"type": kind, "color": [200, 0, 0, 255]}}}


@pytest.fixture
def service(serve):
    """The fourteen features of the table in three layers in degrees, each with a row without geometry."""
    files = {
        name: collection(*((geometry, {"n": n}) for n, geometry in enumerate(shapes)), (None, {"n": 99}))
        for name, shapes in (("points", POINTS), ("lines", LINES), ("areas", AREAS))
    }
    line_symbol = {**symbol("esriSLS")["renderer"]["symbol"], "style": "esriSLSSolid", "width": 1}
    fill_symbol = {**symbol("esriSFS")["renderer"]["symbol"], "style": "esriSFSSolid"}
    layers = [
        layer(0, "points"),
        layer(1, "lines", {"renderer": {"type": "simple", "label": "", "symbol": line_symbol}}),
        layer(2, "areas", {"renderer": {"type": "simple", "label": "", "symbol": fill_symbol}}),
    ]
    for each in layers:
        each["source"] += ".geojson"
    return serve(
        layers,
        {f"{name}.geojson": content for name, content in files.items()},
        spatialReference={"wkid": 4326},
    )


def matching(service, geometry_type, geometry, **keys):
    """The positions in NAMES of the features that pass."""
    asked = json.dumps({"geometryType": geometry_type, "geometry": geometry, **keys})
    offsets = (0, 3, 7)
    return [
        row - 1 + offset
        for ident, offset in enumerate(offsets)
        for row in service.rows(ident, spatialFilter=asked)
    ]


TABLE = [
    ("Intersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 3, 4, 5, 6, 10, 11]),
    ("Contains", [0, 3, 7, 11], [0, 1, 4, 6]),
    ("Within", [10, 11], [10]),
    ("Crosses", [4], [3, 5, 11]),
    ("Overlaps", [8], []),
    ("Touches", [1, 5, 6, 9], []),
    ("EnvelopeIntersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [0, 1, 3, 4, 5, 6, 10, 11]),
    ("IndexIntersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [0, 1, 3, 4, 5, 6, 10, 11]),
]


@pytest.mark.parametrize(("relation", "of_square", "of_line"), TABLE)
def test_relations_read_from_the_filter_to_the_feature(service, relation, of_square, of_line):
    relation = f"esriSpatialRel{relation}"
    assert matching(service, "esriGeometryPolygon", SQUARE, spatialRel=relation) == of_square
    assert matching(service, "esriGeometryPolyline", BAR, spatialRel=relation) == of_line


def test_intersects_is_the_default_and_an_envelope_is_a_rectangle(service):
    envelope = {"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}
    assert matching(service, "esriGeometryEnvelope", envelope) == TABLE[0][1]
    swapped = {"xmin": 10, "ymin": 10, "xmax": 0, "ymax": 0}
    within = {"spatialRel": "esriSpatialRelWithin"}
    assert matching(service, "esriGeometryEnvelope", swapped, **within) == [10, 11]


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("T*T***T**", [4, 8]),
        ("T*F**F***", [10, 11]),
        ("FF*FF****", [2, 12, 13]),
        ("*********", list(range(14))),
        ("2********", [7, 8, 10, 11]),
        ("F***1****", [9]),
    ],
)
def test_patterns_name_the_filter_first(service, pattern, rows):
    keys = {"spatialRel": "esriSpatialRelRelation", "relationParam": pattern}
    assert matching(service, "esriGeometryPolygon", SQUARE, **keys) == rows


@pytest.mark.parametrize(
    ("kind", "geometry", "rows"),
    [
        ("Point", {"x": 10, "y": 5}, [1, 4, 5, 6, 10, 11]),
        ("Multipoint", {"points": [[20, 5], [30.5, 30.5]]}, [2, 13]),
        ("Polyline", {"paths": [[[20, 0], [20, 10]], [[29, 31], [32, 31]]]}, [2, 13]),
        ("Envelope", {"xmin": 20, "ymin": 0, "xmax": 20, "ymax": 10}, [2]),
        ("Envelope", {"xmin": 20, "ymin": 5, "xmax": 20, "ymax": 5}, [2]),
        ("Point", {"x": 10, "y": 5, "z": 3, "spatialReference": {"wkid": 4326}}, [1, 4, 5, 6, 10, 11]),
    ],
)
def test_all_kinds_of_geometry(service, kind, geometry, rows):
    assert matching(service, f"esriGeometry{kind}", geometry) == rows


HOLE = [[3, 3], [7, 3], [7, 7], [3, 7], [3, 3]]


@pytest.mark.parametrize(
    ("rings", "rows"),
    [
        ([SQUARE["rings"][0], HOLE], [1]),
        ([SQUARE["rings"][0], HOLE[::-1]], [1]),
        ([HOLE, SQUARE["rings"][0]], [1]),
        ([SQUARE["rings"][0], HOLE, [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]], [0, 1]),
        ([[[0, 0], [5, 0], [5, 10], [0, 10]], [[5, 0], [10, 0], [10, 10], [5, 10]]], [0, 1]),
        ([SQUARE["rings"][0], [[19, 4], [21, 4], [21, 6], [19, 6]]], [0, 1, 2]),
        ([[[0, 0], [0, 10], [10, 10], [10, 0]]], [0, 1]),
        ([[[0, 0], [10, 0], [10, 10], [5, 5], [0, 10], [0, 0]]], [0, 1]),
        ([[[0, 0], [5, 5], [0, 10], [10, 10], [5, 5], [10, 0], [0, 0]]], [0]),
        ([[[0, 0], [10, 0], [10, 10], [5, 0], [0, 10], [0, 0]]], [1]),
        ([[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0], [3, 6], [6, 6], [6, 3], [0, 0]]], [1]),
    ],
)
def test_rings_count_even_or_odd_whatever_their_sense_and_order(service, rings, rows):
    found = matching(service, "esriGeometryPolygon", {"rings": rings})
    assert [row for row in found if row < 3] == rows


@pytest.mark.parametrize(
    "rings",
    [
        [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]],
        [[[0, 0], [5, 5], [10, 10], [10, 0], [5, 5], [0, 10], [0, 0]]],
        [[[0, 0], [10, 0], [10, 10], [0, 10]], [[5, 5], [15, 5], [15, 15], [5, 15]]],
        [[[0, 0], [5, 5], [10, 10]]],
        [[[1, 1], [1, 1], [1, 1], [1, 1]]],
        [[[0, 0], [10, 0], [4, 8], [2, -3], [9, 6]]],
        [[[1e300, 1e300], [-1e300, 1e300], [1e300, -1e300], [-1e300, -1e300]]],
    ],
)
@pytest.mark.parametrize("operation", ["export", "queryLegends"])
def test_a_polygon_that_crosses_itself_is_refused(service, operation, rings):
    asked = json.dumps({"geometryType": "esriGeometryPolygon", "geometry": {"rings": rings}})
    (detail,) = service.fault(operation, bbox="0,0,9,9", layers="show:-1", spatialFilter=asked)
    assert detail.startswith("spatialFilter.geometry.rings: ")


@pytest.mark.parametrize(
    "changes",
    [
        {"spatialRel": "esriSpatialRelNear"},
        {"spatialRel": "intersects"},
        {"geometryType": "esriGeometryBall"},
        {"geometryType": "esriGeometryPolyline"},
        {"spatialRel": "esriSpatialRelRelation"},
        {"spatialRel": "esriSpatialRelRelation", "relationParam": "T*T***T*"},
        {"spatialRel": "esriSpatialRelRelation", "relationParam": "T*T***T*X"},
        {"geometry": {"x": 1, "y": 2}},
        {"geometry": {**SQUARE, "spatialReference": {"wkid": 999999}}},
        {"geometry": None},
    ],
)
def test_what_makes_no_filter_is_refused(service, changes):
    asked = {"geometryType": "esriGeometryPolygon", "geometry": SQUARE, **changes}
    assert service.fault(bbox="0,0,9,9", spatialFilter=json.dumps(asked))[0].startswith("spatialFilter")


def test_a_filter_of_another_system_is_carried_along_its_edges(serve):
    """An edge of a Lambert rectangle, straight there, is bowed in degrees."""
    places = [point(-96, 26.3), point(-96, 27.6), point(-85, 24), point(-100, 40)]
    service = serve(
        [layer(0, "rows.geojson")],
        {"rows.geojson": collection(*((place, {}) for place in places))},
        spatialReference={"wkid": 4326},
    )
    rectangle = {"xmin": -2e6, "ymin": -1.3e6, "xmax": 2e6, "ymax": 1e6, "spatialReference": {"wkid": 102004}}
    asked = {"geometryType": "esriGeometryEnvelope", "geometry": rectangle}
    from pyproj import Transformer

    to_lambert = Transformer.from_crs(4326, "ESRI:102004", always_xy=True)
    inside = []
    for row, place in enumerate(places, 1):
        x, y = to_lambert.transform(*place["coordinates"])
        if -2e6 <= x <= 2e6 and -1.3e6 <= y <= 1e6:
            inside.append(row)
    assert service.rows(0, spatialFilter=json.dumps(asked)) == inside == [2, 4]


def test_the_whole_world_in_degrees_meets_everything_in_metres(serve):
    service = serve(
        [layer(0, "rows.geojson")],
        {"rows.geojson": collection((point(0, 0), {}), (point(1.9e7, 1.9e7), {}), (point(-2e7, -2e7), {}))},
    )
    world = {"xmin": -180, "ymin": -90, "xmax": 180, "ymax": 90, "spatialReference": {"wkid": 4326}}
    asked = json.dumps({"geometryType": "esriGeometryEnvelope", "geometry": world})
    assert service.rows(0, spatialFilter=asked) == [1, 2, 3]


def test_a_geometry_without_a_place_in_the_layer_matches_nothing(service):
    far = {"x": 1e9, "y": 1e9, "spatialReference": {"wkid": 102004}}
    assert matching(service, "esriGeometryPoint", far) == []


def test_clipping_displaces_the_filter_unread(service):
    clip = '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":1,"ymax":1}}'
    details = service.json("export", bbox="0,0,9,9", clipping=clip, spatialFilter="{nonsense")
    assert "spatialFilter" not in json.dumps(details)


def test_rasters_are_not_filtered_and_features_whole(service):
    asked = json.dumps({"geometryType": "esriGeometryPoint", "geometry": {"x": 9, "y": 9}})
    picture = service.picture(
        bbox="0,0,20,20", size="20,20", layers="show:2", layerDefs='{"2":"n = 1"}', spatialFilter=asked
    )
    assert tuple(picture[8, 11, :3]) == tuple(picture[11, 8, :3]) == (200, 0, 0)


def test_the_legend_lists_what_the_filter_leaves(service):
    for place, listed in (({"x": 5, "y": 5}, 1), ({"x": 1, "y": 1}, 0)):
        asked = json.dumps({"geometryType": "esriGeometryPoint", "geometry": place})
        body = service.json("queryLegends", bbox="0,0,50,50", layers="show:0", spatialFilter=asked)
        assert len(body["layers"][0]["legend"]) == listed


def test_panning_does_not_compare_again(service, monkeypatch):
    from mapexplorer.service.spatial_filter import SpatialTest

    calls = []
    real = SpatialTest.holds
    monkeypatch.setattr(SpatialTest, "holds", lambda self, *given: calls.append(1) or real(self, *given))
    asked = json.dumps({"geometryType": "esriGeometryPolygon", "geometry": SQUARE})
    for left in range(4):
        service.rows(2, bbox=f"{left},0,50,50", layers="show:2", spatialFilter=asked)
    service.rows(2, layers="show:2", spatialFilter=asked, layerDefs='{"2":"n > 1"}')
    assert len(calls) == 1


def test_the_filter_is_announced(service):
    assert service.json()["supportsSpatialFilter"] is True


def test_what_is_remembered_does_not_hold_the_words_of_requests(service):
    """A long polygon must not stay in memory with every small row set that it leaves."""
    layer = service.catalog.layer(0)
    ring = [[n / 100, 0] for n in range(500)] + [[10, 10]]
    asked = json.dumps({"geometryType": "esriGeometryPolygon", "geometry": {"rings": [ring]}})
    service.rows(0, spatialFilter=asked, layerDefs='{"0":"n < 99"}')
    assert all(isinstance(key, bytes) and len(key) == 32 for key in layer.filters._memory._arrays)


def test_only_so_many_row_sets_are_remembered(service, monkeypatch):
    from mapexplorer.service import filters

    monkeypatch.setattr(filters, "KEPT_ARRAYS", 5)
    for most in range(20):
        service.rows(0, layerDefs=json.dumps({"0": f"n < {most}"}))
    assert len(service.catalog.layer(0).filters._memory._arrays) == 5
