"""What is accepted, and what is refused with which words, parameter by parameter."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum

import numpy as np
import pandas as pd
import pytest

from mapexplorer.protocol import (
    BY_NAME,
    Extent,
    ImageFormat,
    LayerSelection,
    LayerTimeOptions,
    MapRangeValue,
    ParameterError,
    PatchSize,
    Point,
    Size,
    SpatialReference,
    TimeExtent,
    TimeUnit,
    Verb,
    parse_geometry,
    strict_json,
)

ACCEPTED = [
    ("bbox", " 1 , 2e0,\t3 , 4 ", Extent(1, 2, 3, 4)),
    ("bbox", "3,4,1,2", Extent(1, 2, 3, 4)),
    ("bbox", "+1,-.5,3.,4", Extent(1, -0.5, 3, 4)),
    ("bbox", '{"xmin":3,"ymin":2,"xmax":1,"ymax":4}', Extent(1, 2, 3, 4)),
    ("bbox_sr", "102100", SpatialReference(102100)),
    ("bbox_sr", '{"wkid":102100,"latestWkid":3857,"vcsWkid":5}', SpatialReference(102100, 3857)),
    ("image_sr", '{"wkt":"PROJCS[...]"}', SpatialReference(wkt="PROJCS[...]")),
    ("size", " 600 , 550 ", Size(600, 550)),
    ("size", "640", Size(640, 640)),
    ("dpi", " 144.5 ", 144.5),
    ("map_scale", "5E6", 5e6),
    ("rotation", "-400.5", -400.5),
    ("format", "PNG32", ImageFormat.PNG32),
    ("format", "Jpg", ImageFormat.JPG),
    ("transparent", "True", True),
    ("transparent", "FALSE", False),
    ("layers", "show: 1, 2", LayerSelection(Verb.SHOW, (1, 2))),
    ("layers", "SHOW:1", LayerSelection(Verb.SHOW, (1,))),
    ("layers", "4", LayerSelection(Verb.SHOW, (4,))),
    ("layers", "2,4", LayerSelection(Verb.SHOW, (2, 4))),
    ("layers", "show:-1", LayerSelection(Verb.SHOW, ())),
    ("layers", "exclude:0", LayerSelection(Verb.EXCLUDE, (0,))),
    ("layers", "show:", None),
    ("layers", "hide:", None),
    ("layers", "Include: ", None),
    ("layer_defs", '{"0":"POP > 5","3":"","4":null}', {0: "POP > 5"}),
    ("layer_defs", "0:POP > 5;5:NAME = 'a;b:c'", {0: "POP > 5", 5: "NAME = 'a;b:c'"}),
    ("layer_defs", "0:POP > 5;", {0: "POP > 5"}),
    ("layer_defs", "0:\"a;b\" = 1;1:x = 'it''s;'", {0: '"a;b" = 1', 1: "x = 'it''s;'"}),
    ("layer_defs", "{}", {}),
    ("time", "1.1991456E12", TimeExtent(1199145600000, 1199145600000)),
    ("time", "null,null", TimeExtent(None, None)),
    ("time", "5,null", TimeExtent(5, None)),
    ("time", "-5, -5", TimeExtent(-5, -5)),
    ("layer_time_options", '{"0":{"timeOffset":0,"timeOffsetUnits":"esriTimeUnitsUnknown"}}', None),
    ("layer_time_options", '{"0":{"timeOffset":3}}', {0: LayerTimeOptions(time_offset=3)}),
    ("patch_size", "24.5, 12", PatchSize(24.5, 12)),
    ("patch_size", "30", PatchSize(30, 30)),
    ("gdb_version", "sde.DEFAULT", "sde.DEFAULT"),
    ("layer_range_values", '[{"0":{}},{"5":{"d":[null,3]}}]', None),
]


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_a_text_is_accepted(name, text, value):
    read = BY_NAME[name].parse(text)
    if value is not None or name == "layers":
        assert read == value


REFUSED = [
    ("bbox", "1,2,3", "bbox: expected four numbers xmin,ymin,xmax,ymax, not 3"),
    ("bbox", "1,2,3,4,5", "bbox: expected four numbers xmin,ymin,xmax,ymax, not 5"),
    ("bbox", "1,2,3,", "bbox: expected a number such as 12.5 or 5E6, not ''"),
    ("bbox", "1,2,NaN,4", "bbox: expected a number such as 12.5 or 5E6, not 'NaN'"),
    ("bbox", "1,2,Infinity,4", "bbox: expected a number"),
    ("bbox", "1,2,1e999,4", "bbox: expected a number"),
    ("bbox", "1_000,2,3,4", "bbox: expected a number"),
    ("bbox", "１,2,3,4", "bbox: expected a number"),
    ("bbox", "1 000,2,3,4", "bbox: expected a number"),
    ("bbox", '{"xmin":1,"ymin":2,"xmax":3}', "bbox: expected an envelope"),
    ("bbox", '{"xmin":"1","ymin":2,"xmax":3,"ymax":4}', "bbox: expected a number as xmin, not '1'"),
    ("bbox", '{"xmin":NaN,"ymin":2,"xmax":3,"ymax":4}', "bbox: NaN is not allowed in JSON"),
    ("bbox", "-1.7e308,0,1.7e308,1", "bbox: expected an extent whose sides have a finite length"),
    ("bbox_sr", "EPSG:4326", "bboxSR: expected a whole number, not 'EPSG:4326'"),
    ("bbox_sr", "0", "bboxSR: expected a well-known id such as 4326, not 0"),
    ("image_sr", "-5", "imageSR: expected a well-known id such as 4326, not -5"),
    ("image_sr", "{}", "imageSR: expected a well-known id, or an object with wkid or wkt"),
    ("image_sr", '{"wkid":"4326"}', "imageSR: expected a whole number as wkid, not '4326'"),
    ("image_sr", '{"wkt":5}', "imageSR: expected text as wkt, not 5"),
    ("image_sr", '{"wkt":"' + "x" * 4097 + '"}', "imageSR: expected well-known text of 1 to 4096 characters"),
    ("size", "2048,1976.04", "size: expected a whole number, not '1976.04'"),
    ("size", "0,5", "size: expected positive whole numbers of pixels, not 0"),
    ("size", "-5,5", "size: expected positive whole numbers of pixels, not -5"),
    ("size", "1,2,3", "size: expected width,height or one number for a square, not 3 numbers"),
    ("size", "1e3,5", "size: expected a whole number"),
    ("dpi", "0", "dpi: expected a number above 0, not 0"),
    ("dpi", "-96", "dpi: expected a number above 0, not -96"),
    ("dpi", "ninety", "dpi: expected a number such as 12.5 or 5E6, not 'ninety'"),
    ("map_scale", "0", "mapScale: expected a number above 0, not 0"),
    ("map_scale", "1:5000", "mapScale: expected a number"),
    ("rotation", "NaN", "rotation: expected a number such as 12.5 or 5E6, not 'NaN'"),
    ("format", "tiff", "format: expected one of png, png8, png24, png32, jpg, gif, bmp"),
    ("transparent", "1", "transparent: expected true or false, not '1'"),
    ("transparent", "yes", "transparent: expected true or false, not 'yes'"),
    ("layers", "show:1,,2", "layers: expected layer ids separated by commas, not ''"),
    ("layers", "show:1,", "layers: expected layer ids"),
    ("layers", "show:a", "layers: expected layer ids separated by commas, not 'a'"),
    ("layers", "show:1.5", "layers: expected layer ids"),
    ("layers", "top:1", "layers: expected show, hide, include or exclude, not 'top'"),
    ("layers", "show:" + "1," * 10_000 + "1", "layers: expected at most 10000 layer ids"),
    ("layers", "show:hide:1", "layers: expected show, hide, include or exclude, not 'show:hide'"),
    ("layer_defs", "[]", "layerDefs: expected an object from layer id to expression, not an array"),
    ("layer_defs", "{'0':'a'}", "layerDefs: is not valid JSON at column 2"),
    ("layer_defs", '{"0":"a",}', "layerDefs: is not valid JSON"),
    ("layer_defs", '{0:"a"}', "layerDefs: is not valid JSON"),
    ("layer_defs", '{"x":"a"}', "layerDefs: expected a layer id in quotes as key, not 'x'"),
    ("layer_defs", '{"0":5}', "layerDefs.0: expected text, not 5"),
    ("layer_defs", '{"0":"a","0":"b"}', "layerDefs: the key '0' stands twice in one object"),
    ("layer_defs", '{"0":"a","00":"b"}', "layerDefs.00: stands twice"),
    ("layer_defs", "POP > 5", "layerDefs: expected layerId:expression, not 'POP > 5'"),
    ("layer_defs", "0:a;;1:b", "layerDefs: expected layerId:expression, not ''"),
    ("time", "2,1", "time: expected a start before the end"),
    ("time", "1,2,3", "time: expected an instant or start,end, not 3 values"),
    ("time", "2008-01-01", "time: expected milliseconds since 1970 UTC, not '2008-01-01'"),
    ("time", "None,5", "time: expected milliseconds since 1970 UTC, not 'None'"),
    ("time", "null", "time: expected milliseconds"),
    ("time", "1.5", "time: expected milliseconds"),
    ("time", "1e20", "time: expected a time within"),
    ("time_relation", "esritimerelationoverlaps", "timeRelation: expected one of esriTimeRelationOverlaps,"),
    ("layer_time_options", "[]", "layerTimeOptions: expected an object from layer id to time options"),
    ("layer_time_options", '{"0":{"useTime":"true"}}', "layerTimeOptions.0.useTime: expected true or false"),
    ("layer_time_options", '{"0":{"timeOffset":"1"}}', "layerTimeOptions.0.timeOffset: expected a number"),
    (
        "layer_time_options",
        '{"0":{"timeOffsetUnits":"Days"}}',
        "layerTimeOptions.0.timeOffsetUnits: expected 'esri",
    ),
    (
        "layer_time_options",
        '{"0":{"timeOffset":1,"timeOffsetUnits":"esriTimeUnitsUnknown"}}',
        "layerTimeOptions.0: timeOffset needs timeOffsetUnits other than esriTimeUnitsUnknown",
    ),
    ("historic_moment", "199.5", "historicMoment: expected milliseconds since 1970 UTC, not '199.5'"),
    ("map_range_values", '{"name":1}', "mapRangeValues: expected an array, not an object"),
    ("map_range_values", '[{"value":1}]', "mapRangeValues[0].name: is required"),
    ("map_range_values", '[{"name":"a"}]', "mapRangeValues[0].value: is required"),
    (
        "map_range_values",
        '[{"name":"a","value":[5,1]}]',
        "mapRangeValues[0].value: expected the pair in rising",
    ),
    (
        "map_range_values",
        '[{"name":"a","value":[1,2,3]}]',
        "mapRangeValues[0].value: expected a number or a pair",
    ),
    (
        "map_range_values",
        '[{"name":"a","value":"5"}]',
        "mapRangeValues[0].value: expected a number or a pair",
    ),
    (
        "map_range_values",
        '[{"name":"a","value":["1",2]}]',
        "mapRangeValues[0].value: expected numbers or null",
    ),
    (
        "map_range_values",
        '[{"name":"a","value":1},{"name":"a","value":2}]',
        "mapRangeValues[1].name: 'a' stands twice",
    ),
    (
        "layer_range_values",
        '[{"0":{"d":[2,1]}}]',
        "layerRangeValues[0].0.d: expected the pair in rising order",
    ),
    (
        "layer_range_values",
        '[{"0":[{"name":"d","value":"x"}]}]',
        "layerRangeValues[0].0[0].value: expected a number",
    ),
    (
        "layer_range_values",
        '[{"0":5}]',
        "layerRangeValues[0].0: expected an object or an array of ranges, not 5",
    ),
    (
        "layer_range_values",
        "5",
        "layerRangeValues: expected an array of objects from layer id to values, not 5",
    ),
    (
        "layer_parameter_values",
        '[{"0":{"a":true}}]',
        "layerParameterValues[0].0.a: expected text, a number, or an",
    ),
    (
        "layer_parameter_values",
        '[{"0":{"a":[1,[2]]}}]',
        "layerParameterValues[0].0.a[1]: expected text, a number",
    ),
    (
        "layer_parameter_values",
        '[{"0":[1]}]',
        "layerParameterValues[0].0: expected an object from name to value",
    ),
    ("layer_parameter_values", '[{"x":{}}]', "layerParameterValues[0]: expected a layer id in quotes as key"),
    ("patch_size", "0,5", "patchSize: expected lengths above 0 points, not 0"),
    ("patch_size", "1,2,3", "patchSize: expected width,height or one number"),
    ("f", "xml", "f: expected one of html, json, pjson, image, kmz, not 'xml'"),
    (
        "clipping",
        '{"geometryType":"esriGeometryPoint","geometry":{"x":1,"y":2}}',
        "clipping.geometryType: expected",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryPolygon","geometry":{"xmin":1,"ymin":2,"xmax":3,"ymax":4}}',
        "clipping.geometry: expected the keys of esriGeometryPolygon, not those of esriGeometryEnvelope",
    ),
    ("clipping", '{"geometryType":"esriGeometryPolygon"}', "clipping.geometry: is required"),
    (
        "clipping",
        '{"geometryType":"esriGeometryPolygon","geometry":{"curveRings":[]}}',
        "clipping.geometry: expected a geometry with x and y, points, paths, rings, or xmin to ymax",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryPolygon","geometry":{"rings":[[[0,0],[1,"1"],[2,2]]]}}',
        "clipping.geometry.rings[0][1][1]: expected a number, not '1'",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryPolygon","geometry":{"rings":[[[0,0],[1,1]]]}}',
        "clipping.geometry.rings[0]: the array should have at least 3 items",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryPolygon","geometry":{"rings":[]}}',
        "clipping.geometry.rings: the array",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":1,"ymax":1},"excludedLayers":["a"]}',
        "clipping.excludedLayers[0]: expected a whole number, not 'a'",
    ),
    (
        "clipping",
        '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":1,"ymax":1,'
        '"spatialReference":{"wkid":-1}}}',
        "clipping.geometry.spatialReference: expected a well-known id such as 4326, not -1",
    ),
    (
        "spatial_filter",
        '{"spatialRel":"esriSpatialRelNear","geometryType":"esriGeometryPoint","geometry":{"x":1,"y":2}}',
        "spatialFilter.spatialRel: expected 'esriSpatialRelIntersects', ",
    ),
    (
        "spatial_filter",
        '{"spatialRel":"esriSpatialRelRelation","geometryType":"esriGeometryPoint","geometry":{"x":1,"y":2}}',
        "spatialFilter.relationParam: is required for esriSpatialRelRelation",
    ),
    (
        "spatial_filter",
        '{"relationParam":"T*T","geometryType":"esriGeometryPoint","geometry":{"x":1,"y":2}}',
        "spatialFilter.relationParam: expected nine letters of T F * 0 1 2, not 'T*T'",
    ),
    (
        "spatial_filter",
        '{"geometryType":"esriGeometryLine","geometry":{"x":1,"y":2}}',
        "spatialFilter.geometryType: ",
    ),
    (
        "selection_definitions",
        '[{"layerId":1}]',
        "selectionDefinitions[0]: expected either objectIds or uniqueIds",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"objectIds":[1],"uniqueIds":["a"]}]',
        "selectionDefinitions[0]: expected either objectIds or uniqueIds",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"objectIds":[1]},{"layerId":2,"uniqueIds":["a"]}]',
        "selectionDefinitions[1]: objectIds and uniqueIds must not stand in one request",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"objectIds":[1],"selectionColor":[0,255]}]',
        "selectionDefinitions[0].selectionColor",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"objectIds":[1],"selectionColor":[0,256,0]}]',
        "selectionDefinitions[0].selectionColor[1]: expected a number less than or equal to 255, not 256",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"objectIds":["1"]}]',
        "selectionDefinitions[0].objectIds[0]: expected a whole number, not '1'",
    ),
    (
        "selection_definitions",
        '[{"layerId":1,"uniqueIds":[1]}]',
        "selectionDefinitions[0].uniqueIds[0]: expected text, not 1",
    ),
    ("datum_transformations", "1623", "datumTransformations: expected an array, not 1623"),
    ("datum_transformations", "[{}]", "datumTransformations[0]: expected either wkid, wkt or geoTransforms"),
    ("datum_transformations", '["1623"]', "datumTransformations[0]: expected an object, not '1623'"),
    (
        "datum_transformations",
        '[{"geoTransforms":[{"transformForward":true}]}]',
        "datumTransformations[0].geoTransforms[0]: expected wkid or wkt",
    ),
]


@pytest.mark.parametrize(("name", "text", "words"), REFUSED, ids=lambda item: item[:50])
def test_a_text_is_refused_with_its_place(name, text, words):
    with pytest.raises(ParameterError) as caught:
        BY_NAME[name].parse(text)
    assert str(caught.value).startswith(words), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["layer_defs", "dynamic_layers", "clipping", "map_range_values"])
def test_deep_json_is_refused(name):
    text = '{"0":' * 40 + "1" + "}" * 40
    with pytest.raises(ParameterError, match="nests deeper than 32 levels"):
        BY_NAME[name].parse(text)
    with pytest.raises(ParameterError, match="nests deeper than 32 levels"):
        BY_NAME[name].parse('{"0":' * 100_000)


def test_json_with_too_many_values_is_refused():
    with pytest.raises(ParameterError, match="holds more than 50000 values"):
        BY_NAME["datum_transformations"].parse("[" + ",".join(["1"] * 50_001) + "]")


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ParameterError, match="half a surrogate pair"):
        BY_NAME["layer_defs"].parse('{"0":"\\ud800"}')
    with pytest.raises(ParameterError, match="half a surrogate pair"):
        BY_NAME["layer_defs"].coerce({0: "\ud800"})


@pytest.mark.parametrize("row", BY_NAME.values(), ids=lambda row: row.name)
def test_an_overlong_text_is_refused(row):
    with pytest.raises(ParameterError, match="more than 1048576 characters"):
        row.parse("1" * (2**20 + 1))


@pytest.mark.parametrize("row", BY_NAME.values(), ids=lambda row: row.name)
def test_empty_text_and_none_mean_not_given(row):
    assert row.parse("") is None
    assert row.parse("  ") is None
    assert row.coerce(None) is None


def test_an_error_quotes_at_most_forty_characters_and_nothing_that_does_not_print():
    with pytest.raises(ParameterError) as caught:
        BY_NAME["dpi"].parse("\x1b[31m" + "9" * 500 + "x")
    assert len(str(caught.value)) < 110
    assert "\x1b" not in str(caught.value)


JANUARY = 1199145600000

COERCED = [
    ("bbox", (1, 2, 3, 4), Extent(1, 2, 3, 4)),
    ("bbox", np.array([3.0, 4.0, 1.0, 2.0]), Extent(1, 2, 3, 4)),
    ("bbox", {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}, Extent(1, 2, 3, 4)),
    ("bbox_sr", 3857, SpatialReference(3857)),
    ("bbox_sr", np.int64(3857), SpatialReference(3857)),
    ("image_sr", {"wkid": 102100, "latestWkid": 3857}, SpatialReference(102100, 3857)),
    ("size", 640, Size(640, 640)),
    ("size", np.array([600, 550]), Size(600, 550)),
    ("dpi", np.float32(96), 96.0),
    ("dpi", "144", 144.0),
    ("format", "PNG8", ImageFormat.PNG8),
    ("transparent", np.bool_(True), True),
    ("layers", [1, np.int32(2)], LayerSelection(Verb.SHOW, (1, 2))),
    ("layers", 4, LayerSelection(Verb.SHOW, (4,))),
    ("layers", [], LayerSelection(Verb.SHOW, ())),
    ("layers", range(3), LayerSelection(Verb.SHOW, (0, 1, 2))),
    ("layers", ("hide", [3, 4]), LayerSelection(Verb.HIDE, (3, 4))),
    ("layers", "include:4", LayerSelection(Verb.INCLUDE, (4,))),
    ("layer_defs", {0: "A = 1", "3": None}, {0: "A = 1"}),
    ("time", JANUARY, TimeExtent(JANUARY, JANUARY)),
    ("time", datetime(2008, 1, 1), TimeExtent(JANUARY, JANUARY)),
    ("time", date(2008, 1, 1), TimeExtent(JANUARY, JANUARY)),
    ("time", datetime(2008, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), TimeExtent(JANUARY, JANUARY)),
    ("time", (pd.Timestamp("2008-01-01", tz="UTC"), None), TimeExtent(JANUARY, None)),
    (
        "time",
        (np.datetime64("2008-01-01"), np.datetime64("2008-01-01T00:00:01")),
        TimeExtent(JANUARY, JANUARY + 1000),
    ),
    ("time", "2008-01-01", TimeExtent(JANUARY, JANUARY)),
    ("time", ("2008-01-01T00:00:00Z", "2008-01-02"), TimeExtent(JANUARY, JANUARY + 86_400_000)),
    ("time", f"null,{JANUARY}", TimeExtent(None, JANUARY)),
    ("historic_moment", datetime(2008, 1, 1, tzinfo=UTC), JANUARY),
    (
        "layer_time_options",
        {2: {"time_offset": 1, "time_offset_units": TimeUnit.YEARS}},
        {2: LayerTimeOptions(time_offset=1, time_offset_units=TimeUnit.YEARS)},
    ),
    ("layer_time_options", {2: LayerTimeOptions(use_time=False)}, {2: LayerTimeOptions(use_time=False)}),
    ("map_range_values", {"depth": (10, None)}, (MapRangeValue(name="depth", value=(10, None)),)),
    (
        "map_range_values",
        [MapRangeValue(name="depth", value=np.float64(5))],
        (MapRangeValue(name="depth", value=5),),
    ),
    ("map_range_values", MapRangeValue(name="depth", value=5), (MapRangeValue(name="depth", value=5),)),
    ("layer_range_values", {3: {"depth": 5}}, {3: (MapRangeValue(name="depth", value=5),)}),
    (
        "layer_parameter_values",
        {0: {"day": datetime(2008, 1, 1), "kinds": {"a"}}},
        {0: {"day": JANUARY, "kinds": ("a",)}},
    ),
    ("patch_size", (24, 12), PatchSize(24, 12)),
    ("return_visible_only", False, False),
]


@pytest.mark.parametrize(("name", "given", "value"), COERCED, ids=lambda item: str(item)[:40])
def test_a_python_value_is_coerced(name, given, value):
    read = BY_NAME[name].coerce(given)
    assert value is None or read == value


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("bbox", 5),
        ("bbox", (1, 2, 3)),
        ("bbox", (1, 2, 3, math.nan)),
        ("bbox", (1, 2, 3, True)),
        ("bbox", (1, 2, None, 4)),
        ("bbox_sr", 4326.0),
        ("bbox_sr", True),
        ("size", (600.0, 550)),
        ("size", None.__class__),
        ("dpi", math.inf),
        ("dpi", [96]),
        ("dpi", False),
        ("format", 5),
        ("transparent", 1),
        ("layers", 1.5),
        ("layers", [1, "a"]),
        ("layers", ("top", [1])),
        ("layers", object()),
        ("layer_defs", {0: 5}),
        ("layer_defs", 5),
        ("layer_defs", {0.5: "A"}),
        ("time", True),
        ("time", (1, 2, 3)),
        ("time", (2, 1)),
        ("time", "2008-13-01"),
        ("time", object()),
        ("historic_moment", 1.5),
        ("gdb_version", 5),
        ("map_range_values", {"depth": (2, 1)}),
        ("map_range_values", {"depth": math.nan}),
        ("layer_parameter_values", {0: {"a": Colour.RED}}),
        ("layer_parameter_values", {0: {"a": 2**70}}),
        ("dynamic_layers", object()),
        ("clipping", object()),
        ("patch_size", ()),
    ],
    ids=lambda item: "object" if type(item) is object else str(item),
)
def test_a_senseless_python_value_is_refused(name, given):
    with pytest.raises(ParameterError, match=f"^{BY_NAME[name].wire}"):
        BY_NAME[name].coerce(given)


def test_positions_lose_z_and_m():
    line = parse_geometry({"paths": [[[0, 1, 2], [3, 4, 5, 6]]], "hasZ": True}, "esriGeometryPolyline")
    assert line.paths == (((0, 1), (3, 4)),)


def test_a_geometry_must_be_of_the_named_type():
    with pytest.raises(ValueError, match="expected one of esriGeometryPoint"):
        parse_geometry({"x": 1, "y": 2}, "esriGeometryCircle")
    with pytest.raises(ValueError, match="rings: is required"):
        parse_geometry({"x": 1, "y": 2}, "esriGeometryPolygon")
    assert parse_geometry(Point(x=1, y=2), "esriGeometryPoint") == Point(x=1, y=2)


def test_a_geometry_with_too_many_vertices_is_refused():
    ring = [[0, 0]] * 60_000
    with pytest.raises(ValueError, match="at most 100000 positions"):
        parse_geometry({"rings": [ring, ring]}, "esriGeometryPolygon")


def circle(count: int) -> str:
    turns = [n / count * 6.28 for n in range(count)]
    return json.dumps([[round(1e6 * math.cos(turn)), round(1e6 * math.sin(turn))] for turn in turns])


def test_a_shape_may_have_as_many_vertices_as_it_may_have_positions() -> None:
    geometry = '{"geometryType":"esriGeometryPolygon","geometry":{"rings":[%s]}}'
    parsed = BY_NAME["clipping"].parse(geometry % circle(99_990))
    assert len(parsed.geometry.rings[0]) >= 99_990
    with pytest.raises(ParameterError, match="at most 100000"):
        BY_NAME["clipping"].parse(geometry % circle(100_010))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" + ",".join(["[1,2]"] * 120_001) + "]", "more than 120000 positions"),
        ("[" + ",".join(["[[1,2]]"] * 50_000) + "]", "more than 50000 values"),
        ("[" + ",".join(["[1]"] * 30_000) + "]", "more than 50000 values"),
        ("[" + ",".join(["[1,2,3,4,5]"] * 10_000) + "]", "more than 50000 values"),
        ("[" + ",".join(["[true,1]"] * 20_000) + "]", "more than 50000 values"),
        ("[" + ",".join(["1"] * 50_000) + "]", "more than 50000 values"),
    ],
)
def test_what_is_no_position_counts_as_it_did(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        strict_json.loads(text)
    assert len(strict_json.loads("[" + ",".join(["[1,2,3]"] * 60_000) + "]")) == 60_000
