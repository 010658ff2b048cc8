"""Values that a request gives single layers: of ranges, of the parameters of expressions, of archives."""

import json

import pytest

from tests.service.conftest import collection, layer, point

ROWS = collection(
    *(
        (point(10 * n, 10 * n), {"depth": depth, "speed": n, "floor": floor, "kind": kind, "when": when})
        for n, (depth, floor, kind, when) in enumerate(
            [
                (4, 1, "a", "2008-01-01"),
                (5, 10, "a", "2009-01-01"),
                (1000, 10, "b", "2010-01-01"),
                (1500, 1, "c", None),
                (1501, 1, None, None),
                (None, 1, "a') OR 1=1 --", None),
            ],
            1,
        )
    )
)
DEPTH = {"rangeInfos": [{"name": "elevation", "field": "depth"}, {"name": "speed", "field": "speed"}]}
QUERY = {
    "definitionExpression": "floor = ::floor AND kind IN (::kinds)",
    "parameterInfos": [
        {"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": 1},
        {
            "name": "kinds",
            "dataType": "esriFieldTypeString",
            "defaultValue": ["a"],
            "multipleValues": True,
        },
    ],
}


@pytest.fixture
def ask(serve):
    """A service of layer 0 with the given keys, layer 1 without any and group 9."""

    def make(**keys):
        layers = [layer(0, "rows.geojson", **keys), layer(1, "rows.geojson"), layer(9)]
        return serve(layers, {"rows.geojson": ROWS})

    return make


@pytest.mark.parametrize("shape", ["object", "array"])
@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (5, [2]),
        ([1000, 1500], [3, 4]),
        ([None, 1500], [1, 2, 3, 4]),
        ([1000, None], [3, 4, 5]),
        ([None, None], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_layer_range_filters_one_layer_in_both_shapes(ask, shape, value, rows):
    ranges = {"elevation": value} if shape == "object" else [{"name": "elevation", "value": value}]
    asked = json.dumps([{"0": ranges}])
    assert ask(**DEPTH).rows(0, layerRangeValues=asked) == rows
    assert ask(**DEPTH).rows(1, layerRangeValues=asked) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("layer_values", "rows"),
    [
        ('[{"0":{"elevation":5}}]', [2]),
        ('[{"0":{"elevation":[null,null]}}]', [1, 2, 3, 4, 5, 6]),
        ('[{"0":{"speed":[3,5]}}]', [3]),
        ('[{"0":{"speed":[3,5],"elevation":[1500,null]}}]', [4, 5]),
        ('[{"7":{"elevation":5}}]', [3]),
        ('[{"0":{}}]', [3]),
    ],
)
def test_a_layer_value_overrides_the_map_value_of_the_same_range(ask, layer_values, rows):
    map_values = '[{"name":"elevation","value":1000}]'
    assert ask(**DEPTH).rows(0, mapRangeValues=map_values, layerRangeValues=layer_values) == rows


def test_a_layer_value_overrides_the_authored_current_range(ask):
    service = ask(rangeInfos=[{"name": "elevation", "field": "depth", "currentRangeExtent": [5, 1000]}])
    assert service.rows(0) == [2, 3]
    assert service.rows(0, layerRangeValues='[{"0":{"elevation":4}}]') == [1]


@pytest.mark.parametrize(
    "value", ['[{"0":{"depth":5}}]', '[{"1":{"elevation":5}}]', '[{"9":{"elevation":5}}]']
)
def test_a_range_that_the_layer_does_not_have_is_refused(ask, value):
    (detail,) = ask(**DEPTH).fault(bbox="0,0,9,9", layerRangeValues=value)
    assert detail.startswith(f"layerRangeValues: layer {value[3]} (")


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (None, [1]),
        ([{"0": {"floor": 10}}], [2]),
        ([{"0": {"floor": 10, "kinds": ["a", "b"]}}], [2, 3]),
        ([{"0": {"kinds": ["c", "x"]}}], [4]),
        ([{"0": {"kinds": ["a') OR 1=1 --"]}}], [6]),
        ([{"0": {"kinds": ["b') OR 1=1 --"]}}], []),
        ([{"0": {"kinds": []}}], []),
        ([{"7": {"floor": 10}}], [1]),
        ([{"0": {}}], [1]),
    ],
)
def test_parameters_are_bound_and_default_one_by_one(ask, value, rows):
    given = {} if value is None else {"layerParameterValues": json.dumps(value)}
    assert ask(**QUERY).rows(0, **given) == rows


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"floor": [10]}, "floor takes a number"),
        ({"floor": "ten"}, "floor takes a number"),
        ({"floor": 1.5}, "floor takes a whole number"),
        ({"floor": 2**40}, "floor takes a whole number"),
        ({"kinds": "a"}, "kinds takes an array"),
        ({"kinds": [1]}, "kinds takes text"),
        ({"x": 1}, "there is no parameter 'x'"),
        ({"FLOOR": 1}, "there is no parameter 'FLOOR'"),
        ({"kinds": ["a"] * 1001}, "IN takes at most 1000 values"),
    ],
)
@pytest.mark.parametrize("operation", ["export", "queryLegends"])
def test_other_values_than_those_of_the_parameters_are_refused(ask, operation, values, words):
    (detail,) = ask(**QUERY).fault(
        operation, bbox="0,0,9,9", layers="show:1", layerParameterValues=json.dumps([{"0": values}])
    )
    assert detail.startswith("layerParameterValues: layer 0 (Layer 0): ")
    assert words in detail


@pytest.mark.parametrize("ident", ["1", "9"])
def test_a_layer_without_parameters_takes_none(ask, ident):
    (detail,) = ask(**QUERY).fault(bbox="0,0,9,9", layerParameterValues=f'[{{"{ident}":{{"floor":1}}}}]')
    assert detail.startswith(f"layerParameterValues: layer {ident} (")


@pytest.mark.parametrize(
    ("sort", "default", "given", "rows"),
    [
        ("SmallInteger", 4, 5, [1]),
        ("BigInteger", 4, 5, [1]),
        ("Single", 4.5, 5.5, [1, 2]),
        ("Double", 4, 1000, [1, 2]),
        ("Double", 4, 1000.5, [1, 2, 3]),
    ],
)
def test_numbers_of_every_type_are_bound(ask, sort, default, given, rows):
    info = {"name": "most", "dataType": f"esriFieldType{sort}", "defaultValue": default}
    service = ask(definitionExpression="depth < ::most", parameterInfos=[info])
    assert service.rows(0, layerParameterValues=json.dumps([{"0": {"most": given}}])) == rows


def test_dates_are_bound_as_milliseconds(ask):
    info = {"name": "since", "dataType": "esriFieldTypeDate", "defaultValue": 0}
    service = ask(definitionExpression="when >= ::since", parameterInfos=[info])
    assert service.rows(0) == [1, 2, 3]
    assert service.rows(0, layerParameterValues='[{"0":{"since":1230768000000}}]') == [2, 3]


def test_values_and_request_expression_hold_together(ask):
    values = '[{"0":{"floor":10,"kinds":["a","b"]}}]'
    assert ask(**QUERY).rows(0, layerParameterValues=values, layerDefs='{"0":"depth > 5"}') == [3]


def test_values_decide_on_picture_and_legend_alike(ask):
    service = ask(**QUERY)
    view = {"bbox": "0,0,100,100", "size": "100,100", "layers": "show:0"}
    for kinds, listed in ((["a"], 1), (["zzz"], 0)):
        values = json.dumps([{"0": {"kinds": kinds}}])
        assert (
            len(service.json("queryLegends", **view, layerParameterValues=values)["layers"][0]["legend"])
            == listed
        )
        picture = service.picture(**view, layerParameterValues=values)
        assert (tuple(picture[90, 10, :3]) == (200, 0, 0)) is bool(listed)


def test_the_same_values_are_evaluated_once(ask, monkeypatch):
    from mapexplorer.service.expressions import Expression

    calls = []
    real = Expression.matches
    monkeypatch.setattr(
        Expression, "matches", lambda self, columns: calls.append(self.text) or real(self, columns)
    )
    service = ask(**QUERY)
    for left in range(4):
        service.rows(0, bbox=f"{left},0,100,100", layerParameterValues='[{"0":{"floor":10}}]')
    assert len(calls) == 1


ARCHIVE = collection(
    (point(10, 10), {"name": "A", "from": 100, "to": 200}),
    (point(20, 20), {"name": "B", "from": 200, "to": None}),
    (point(30, 30), {"name": "C", "from": None, "to": None}),
)
ARCHIVED = {"archivingInfo": {"startField": "from", "endField": "to"}}


@pytest.mark.parametrize(
    ("moment", "rows"),
    [
        (None, [2, 3]),
        ("100", [1]),
        ("199", [1]),
        ("200", [2]),
        ("99", []),
        ("-5", []),
        ("99999999999999", [2]),
    ],
)
def test_an_archive_is_drawn_as_it_was_at_a_moment(serve, moment, rows):
    service = serve(
        [layer(0, "rows.geojson", **ARCHIVED), layer(1, "rows.geojson")], {"rows.geojson": ARCHIVE}
    )
    given = {} if moment is None else {"historicMoment": moment}
    assert service.rows(0, **given) == rows
    assert service.rows(1, **given) == [1, 2, 3]


def test_archives_keep_dates_too_and_are_announced(serve):
    rows = collection(
        (point(1, 1), {"from": "2008-01-01", "to": "2009-01-01"}),
        (point(2, 2), {"from": "2009-01-01", "to": None}),
    )
    service = serve([layer(0, "rows.geojson", **ARCHIVED), layer(1, "rows.geojson")], {"rows.geojson": rows})
    assert service.rows(0, historicMoment="1230767999999") == [1]
    assert service.rows(0, historicMoment="1230768000000") == [2]
    assert service.json()["archivingInfo"] == {"supportsHistoricMoment": True}
    assert [service.json(ident)["supportsQueryWithHistoricMoment"] for ident in "01"] == [True, False]


def test_an_archive_whose_fields_hold_no_times_does_not_start(serve):
    from mapexplorer.protocol import DocumentError

    keys = {"archivingInfo": {"startField": "kind", "endField": "when"}}
    with pytest.raises(DocumentError, match=r"layers\[0\]\.archivingInfo\.startField"):
        serve([layer(0, "rows.geojson", **keys)], {"rows.geojson": ROWS})


@pytest.mark.parametrize("moment", ["1.5", "now", "1,2"])
def test_a_moment_is_a_whole_number(ask, moment):
    assert ask().fault(bbox="0,0,9,9", historicMoment=moment)[0].startswith("historicMoment: ")
