"""One request on its way to and from the wire."""

import copy
import pickle
from urllib.parse import parse_qsl, urlsplit

import pytest

from mapexplorer.protocol import (
    Extent,
    ImageFormat,
    LayerSelection,
    MapRequest,
    Operation,
    ParameterError,
    RequestErrors,
    ResponseFormat,
    SpatialReference,
    Verb,
    changed_parameters,
    requested_format,
    url_or_form,
)

EXPORT, LEGENDS = Operation.EXPORT, Operation.QUERY_LEGENDS
URL = "http://example.com/arcgis/rest/services/demo/MapServer/export"


def test_values_are_written_as_the_wire_wants_them():
    request = MapRequest(
        bbox=(-104.0, 35.6, -94.32, 41),
        size=(600, 550),
        transparent=False,
        time=(None, 1230768000000),
        layer_defs={3: "NAME = 'O''Brien' & \"é\" < 5"},
        map_range_values={"depth": (None, 1500.0)},
        map_scale=5e6,
        rotation=-0.5,
        datum_transformations=[1623, 4078],
        layers=[],
    )
    assert request.encode(EXPORT, f="image") == {
        "bbox": "-104,35.6,-94.32,41",
        "size": "600,550",
        "mapScale": "5000000",
        "rotation": "-0.5",
        "transparent": "false",
        "layers": "show:-1",
        "layerDefs": '{"3":"NAME = \'O\'\'Brien\' & \\"é\\" < 5"}',
        "time": "null,1230768000000",
        "mapRangeValues": '[{"name":"depth","value":[null,1500]}]',
        "datumTransformations": "[1623,4078]",
        "f": "image",
    }


def test_an_operation_gets_only_its_own_parameters():
    request = MapRequest(
        bbox=(0, 0, 1, 1),
        patch_size=(24, 12),
        return_visible_only=False,
        selection_definitions=[{"layerId": 1, "objectIds": [5]}],
    )
    assert request.encode(EXPORT).keys() == {"bbox", "selectionDefinitions"}
    assert request.encode(LEGENDS) == {
        "bbox": "0,0,1,1",
        "returnVisibleOnly": "false",
        "patchSize": "24,12",
    }


def test_selection_definitions_are_ignored_for_legends_even_when_faulty():
    assert MapRequest.decode(LEGENDS, [("selectionDefinitions", "rubbish")]) == MapRequest()


def test_names_are_case_folded_and_the_last_one_wins():
    request = MapRequest.decode(
        EXPORT, [("BBOX", "0,0,1,1"), ("format", "png32"), ("FORMAT", "JPG"), ("foo", "1"), ("DPI", "")]
    )
    assert request.given() == {"bbox": Extent(0, 0, 1, 1), "format": ImageFormat.JPG}


def test_an_empty_last_repetition_takes_the_value_away():
    assert MapRequest.decode(LEGENDS, [("dpi", "90"), ("DPI", "")]).dpi is None


def test_all_faults_are_collected_in_the_order_of_the_table():
    with pytest.raises(RequestErrors) as caught:
        MapRequest.decode(EXPORT, [("f", "xml"), ("dpi", "0"), ("size", "1.5"), ("layerDefs", '{"x":1}')])
    assert [fault.parameter for fault in caught.value.faults] == ["size", "dpi", "layerDefs", "f", "bbox"]
    assert str(caught.value.faults[-1]) == "bbox: is required"


def test_every_fault_inside_one_parameter_is_told():
    with pytest.raises(RequestErrors) as caught:
        MapRequest.decode(LEGENDS, [("dynamicLayers", '[{"id":"1"},{"source":{}},{"id":1},{"id":1}]')])
    assert [fault.parameter for fault in caught.value.faults] == [
        "dynamicLayers[0].id",
        "dynamicLayers[1].id",
        "dynamicLayers[1].source.type",
    ]


def test_an_unreadable_box_is_not_also_missing():
    with pytest.raises(RequestErrors) as caught:
        MapRequest.decode(EXPORT, [("bbox", "1,2,3")])
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("pairs", "fine"),
    [
        ([("bbox", "5,5,5,5")], False),
        ([("bbox", "5,5,5,5"), ("mapScale", "1000")], True),
        ([("bbox", "0,0,1000,0")], True),
        ([("bbox", "0,0,0,10")], True),
    ],
)
def test_a_box_without_any_extent_needs_a_scale(pairs, fine):
    if fine:
        assert MapRequest.decode(EXPORT, pairs).bbox
    else:
        with pytest.raises(RequestErrors, match=r"^bbox: expected a side above zero, or mapScale"):
            MapRequest.decode(EXPORT, pairs)
        with pytest.raises(RequestErrors, match=r"^bbox: expected a side above zero, or mapScale"):
            MapRequest(bbox=(5, 5, 5, 5)).check(EXPORT)


def test_a_legend_needs_no_box_but_export_does():
    MapRequest().check(LEGENDS)
    with pytest.raises(RequestErrors, match=r"^bbox: is required"):
        MapRequest().check(EXPORT)


def test_displaced_parameters_are_not_even_parsed():
    request = MapRequest.decode(
        EXPORT,
        [
            ("bbox", "0,0,1,1"),
            ("layers", "rubbish:"),
            ("layerDefs", "{"),
            ("layerTimeOptions", "["),
            ("spatialFilter", "no"),
            ("dynamicLayers", "[]"),
            (
                "clipping",
                '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":1,"ymax":1}}',
            ),
        ],
    )
    assert request.dynamic_layers == ()
    assert request.given().keys() == {"bbox", "dynamic_layers", "clipping"}


def test_displaced_parameters_are_not_sent():
    request = MapRequest(layers=[1], layer_defs={1: "A=1"}, dynamic_layers=[{"id": 1}])
    assert request.displaced == {"layers", "layer_defs"}
    assert request.encode(EXPORT) == {"dynamicLayers": '[{"id":1}]'}
    assert request.layers == LayerSelection(Verb.SHOW, (1,))


@pytest.mark.parametrize(
    ("text", "fine"), [("json", True), ("PJSON", True), ("html", True), ("image", False), ("kmz", False)]
)
def test_a_legend_comes_as_json_or_a_page(text, fine):
    if fine:
        assert MapRequest.decode(LEGENDS, [("f", text)]).f == text.lower()
    else:
        with pytest.raises(RequestErrors, match=r"^f: expected html, json or pjson"):
            MapRequest.decode(LEGENDS, [("f", text)])


@pytest.mark.parametrize(
    ("operation", "f", "answer"),
    [
        (EXPORT, None, "html"),
        (LEGENDS, None, "json"),
        (EXPORT, "IMAGE", "image"),
        (EXPORT, "xml", "json"),
        (LEGENDS, "image", "json"),
        (LEGENDS, "html", "html"),
    ],
)
def test_the_form_of_an_answer_is_known_even_for_a_faulty_request(operation, f, answer):
    pairs = [("bbox", "rubbish")] + ([("F", f)] if f else [])
    assert requested_format(operation, pairs) is ResponseFormat(answer)


def test_the_reference_of_a_box_counts_when_bbox_sr_is_absent():
    box = Extent(0, 0, 1, 1, SpatialReference(3857))
    assert MapRequest(bbox=box).bbox_sr == SpatialReference(3857)
    assert MapRequest(bbox=box).bbox == Extent(0, 0, 1, 1)
    assert MapRequest(bbox=box, bbox_sr=4326).bbox_sr == SpatialReference(4326)
    assert MapRequest(bbox_sr=4326).replace(bbox=box).bbox_sr == SpatialReference(3857)


def test_a_request_is_frozen_comparable_and_copies():
    request = MapRequest(bbox=(0, 0, 1, 1), layer_defs={1: "A=1"})
    with pytest.raises(AttributeError, match="frozen"):
        request.dpi = 96
    with pytest.raises(AttributeError, match="frozen"):
        del request.dpi
    with pytest.raises(AttributeError, match="no parameter 'zoom'"):
        _ = request.zoom
    with pytest.raises(TypeError, match="frozen"):
        request.layer_defs[1] = "B=1"
    with pytest.raises(TypeError, match="frozen"):
        request.layer_defs |= {2: "B=1"}
    assert request == MapRequest(layer_defs='{"1":"A=1"}', bbox="0,0,1,1")
    assert hash(request) == hash(MapRequest(layer_defs={1: "A=1"}, bbox=(0, 0, 1, 1)))
    assert copy.deepcopy(request) == request
    assert pickle.loads(pickle.dumps(request)) == request
    assert "bbox" in dir(request)
    assert repr(MapRequest(dpi=96)) == "MapRequest(dpi=96.0)"


def test_replace_changes_and_takes_away():
    request = MapRequest(dpi=96, rotation=30)
    changed = request.replace(dpi=None, rotation=60)
    assert changed.given() == {"rotation": 60.0}
    assert request.rotation == 30
    assert changed_parameters(request, changed) == {"dpi", "rotation"}
    assert changed_parameters(None, changed) == {"rotation"}
    assert changed_parameters(changed, MapRequest(rotation=60.0)) == frozenset()


@pytest.mark.parametrize(
    ("keyword", "hint"),
    [("bboxSR", "did you mean bbox_sr?"), ("sizes", "did you mean size?"), ("zzz", "is not a")],
)
def test_an_unknown_keyword_is_an_error_with_a_hint(keyword, hint):
    with pytest.raises(ParameterError) as caught:
        MapRequest(**{keyword: 1})
    assert hint in str(caught.value)


def test_several_faults_of_one_keyword_lie_on_the_first():
    with pytest.raises(ParameterError) as caught:
        MapRequest(dynamic_layers=[{"id": "1"}, {}])
    assert caught.value.parameter == "dynamicLayers[0].id"
    assert [other.parameter for other in caught.value.others] == ["dynamicLayers[1].id"]


def test_keys_are_equal_for_equal_answers():
    first = MapRequest(bbox=(0, 0, 1, 1), patch_size=30)
    second = MapRequest(bbox=(0, 0, 1, 1))
    assert first.key(EXPORT) == second.key(EXPORT)
    assert first.key(LEGENDS) != second.key(LEGENDS)
    assert first.key(EXPORT) != first.key(LEGENDS)
    assert len({first.key(EXPORT), second.key(EXPORT)}) == 1


@pytest.mark.parametrize(("length", "method"), [(1999, "GET"), (2000, "GET"), (2001, "POST")])
def test_the_whole_url_decides_between_get_and_post(length, method):
    start = {"bbox": "0,0,1,1", "f": "image"}
    empty = url_or_form(URL, {**start, "gdbVersion": ""}).url
    encoded = {**start, "gdbVersion": "v" * (length - len(empty))}
    call = url_or_form(URL, encoded)
    assert call.method == method
    if method == "GET":
        assert len(call.url) == length
        assert call.form is None
        assert dict(parse_qsl(urlsplit(call.url).query)) == encoded
    else:
        assert call.url == URL
        assert call.form == encoded


def test_percent_encoding_counts_towards_the_length():
    short = url_or_form(URL, {"layerDefs": "é" * 300})
    long = url_or_form(URL, {"layerDefs": "é" * 400})
    assert (short.method, long.method) == ("GET", "POST")


def test_text_is_percent_encoded_and_commas_stay_legible():
    call = url_or_form(URL, {"layers": "show:1,2", "layerDefs": '{"1":"A = \'é\' & B+C"}'})
    query = urlsplit(call.url).query
    assert query.startswith("layers=show:1,2&layerDefs=%7B%221%22:%22A%20%3D%20%27%C3%A9%27%20%26%20B%2BC")
    assert parse_qsl(query)[1] == ("layerDefs", '{"1":"A = \'é\' & B+C"}')


def test_a_url_with_a_query_of_its_own_keeps_it():
    assert url_or_form(URL + "?token=abc", {"f": "json"}).url == URL + "?token=abc&f=json"
