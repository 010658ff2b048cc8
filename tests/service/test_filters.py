"""Which rows a request leaves, through documents and requests."""

import pytest

from mapexplorer.protocol import Operation
from tests.service.conftest import collection, layer, point

JAN_2008, JUL_2008, JAN_2009 = 1199145600000, 1214870400000, 1230768000000

ROWS = collection(
    (
        point(10, 10),
        {"NAME": "O'Brien", "POP": 10, "depth": 4, "when": "2008-01-01", "kind": "a", "floor": 1},
    ),
    (point(20, 20), {"NAME": "Smith", "POP": 20, "depth": 5, "when": "2008-07-01", "kind": "a", "floor": 10}),
    (point(30, 30), {"NAME": None, "POP": 30, "depth": 1000, "when": "2009-01-01", "kind": "b", "floor": 1}),
    (point(40, 40), {"NAME": "Four", "POP": 40, "depth": 1500, "when": None, "kind": "c", "floor": 1}),
    (
        point(50, 50),
        {"NAME": "Five", "POP": 50, "depth": 1501, "when": "2010-01-01", "kind": "c", "floor": 2},
    ),
    (point(60, 60), {"NAME": "Six", "POP": 60, "depth": None, "when": "2011-01-01", "kind": "c", "floor": 3}),
)


@pytest.fixture
def ask(serve):
    def make(**keys):
        return serve([layer(0, "rows.geojson", **keys)], {"rows.geojson": ROWS})

    return make


def test_everything_is_drawn_when_nothing_is_asked(ask):
    assert ask().rows(0) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("definitions", "rows"),
    [
        ('{"0":"POP > 45"}', [5, 6]),
        ("0:POP > 45", [5, 6]),
        ("0:NAME = 'a;b';7:POP = 1", []),
        ('{"0":""}', [1, 2, 3, 4, 5, 6]),
        ('{"0":null,"99":"NOFIELD = 1"}', [1, 2, 3, 4, 5, 6]),
    ],
)
def test_layer_definitions_in_both_forms(ask, definitions, rows):
    assert ask().rows(0, layerDefs=definitions) == rows


def test_the_published_definition_always_holds(ask):
    service = ask(definitionExpression="POP=10 OR POP=20")
    assert service.rows(0) == [1, 2]
    assert service.rows(0, layerDefs='{"0":"NAME=\'Smith\' OR POP=60"}') == [2]


@pytest.mark.parametrize(
    ("default", "rows"),
    [((1, ["a"]), [1]), ((10, ["a", "b"]), [2]), ((1, ["a') OR 1=1 --"]), []), ((1, ["c", "b"]), [3, 4])],
)
def test_parameters_of_the_published_definition_take_their_defaults(ask, default, rows):
    service = ask(
        definitionExpression="floor = ::floor AND kind IN (::kinds)",
        parameterInfos=[
            {"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": default[0]},
            {
                "name": "kinds",
                "dataType": "esriFieldTypeString",
                "defaultValue": default[1],
                "multipleValues": True,
            },
        ],
    )
    assert service.rows(0) == rows


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ('{"0":"NOFIELD=1"}', "unknown field 'NOFIELD' (column 1)"),
        ('{"0":"1=1);DROP TABLE t"}', "(column 5)"),
        ('{"0":"POP IN (SELECT 1)"}', "(column 9)"),
        ('{"a":"POP=1"}', "layer id"),
        ('["POP=1"]', "object"),
        ('{"0":5}', "text"),
        ("{'0':'POP=1'}", "layerDefs"),
    ],
)
def test_a_faulty_definition_is_refused_by_name(ask, definitions, words):
    details = " ".join(ask().fault(bbox="0,0,1,1", layerDefs=definitions))
    assert "layerDefs" in details
    assert words in details


def test_a_faulty_definition_of_a_layer_that_is_not_drawn_is_refused_too(ask):
    details = ask().fault(bbox="0,0,1,1", layerDefs='{"0":"x=1"}', layers="show:-1")
    assert "layer 0 (Layer 0)" in details[0]


@pytest.mark.parametrize(
    ("time", "rows"),
    [
        (f"{JAN_2008},{JAN_2009}", [1, 2, 3]),
        (f"{JUL_2008}", [2]),
        (f"null,{JUL_2008}", [1, 2]),
        (f"{JAN_2009},null", [3, 5, 6]),
        ("null,null", [1, 2, 3, 4, 5, 6]),
        ("", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_time_filters_timed_layers(ask, time, rows):
    assert ask(timeInfo={"startTimeField": "when"}).rows(0, time=time) == rows
    assert ask().rows(0, time=time) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ('{"0":{"useTime":false}}', [1, 2, 3, 4, 5, 6]),
        ('{"0":{"timeDataCumulative":true}}', [1, 2]),
        ('{"0":{"timeOffset":6,"timeOffsetUnits":"esriTimeUnitsMonths"}}', [1]),
        ('{"0":{"timeOffset":-6,"timeOffsetUnits":"esriTimeUnitsMonths"}}', [3]),
        ('{"7":{"useTime":false}}', [2]),
        ('{"0":{"timeOffsetOffset":1}}', [2]),
    ],
)
def test_layer_time_options(ask, options, rows):
    service = ask(timeInfo={"startTimeField": "when"})
    assert service.rows(0, time=str(JUL_2008), layerTimeOptions=options) == rows


def test_published_time_options_apply_until_the_request_replaces_them(ask):
    options = {
        "useTime": True,
        "timeDataCumulative": True,
        "timeOffset": 1,
        "timeOffsetUnits": "esriTimeUnitsYears",
    }
    service = ask(timeInfo={"startTimeField": "when", "exportOptions": options})
    assert service.rows(0, time=str(JAN_2009)) == [1]
    assert service.rows(0, time=str(JAN_2009), layerTimeOptions='{"0":{"timeOffset":0}}') == [1, 2, 3]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"time": "5,1"}, "time"),
        ({"time": "None,5"}, "time"),
        ({"time": "1,2,3"}, "time"),
        ({"time": "2008-01-01"}, "time"),
        ({"time": "1", "timeRelation": "esriTimeRelationTouches"}, "timeRelation"),
        ({"layerTimeOptions": '{"0":{"timeOffset":1}}'}, "layerTimeOptions"),
        (
            {"layerTimeOptions": '{"0":{"timeOffset":1,"timeOffsetUnits":"esriTimeUnitsUnknown"}}'},
            "layerTimeOptions",
        ),
        ({"time": "1", "layerTimeOptions": '{"0":{"timeOffset":1}}'}, "layerTimeOptions"),
        ({"mapRangeValues": '[{"name":"depth","value":[2,1]}]'}, "mapRangeValues"),
        ({"mapRangeValues": '[{"name":"depth","value":"5"}]'}, "mapRangeValues"),
    ],
)
def test_faults_of_time_and_ranges_are_refused_by_name(ask, parameters, name):
    service = ask(timeInfo={"startTimeField": "when"})
    assert any(detail.startswith(name) for detail in service.fault(bbox="0,0,1,1", **parameters))


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("5", [2]),
        ("[1000,1500]", [3, 4]),
        ("[null,1500]", [1, 2, 3, 4]),
        ("[1000,null]", [3, 4, 5]),
        ("[null,null]", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_range_values(ask, value, rows):
    asked = f'[{{"name":"elevation","value":{value}}}]'
    service = ask(rangeInfos=[{"name": "elevation", "field": "depth"}])
    assert service.rows(0, mapRangeValues=asked) == rows
    assert ask().rows(0, mapRangeValues=asked) == [1, 2, 3, 4, 5, 6]


def test_the_authored_current_range_applies_until_a_value_is_asked_for(ask):
    service = ask(rangeInfos=[{"name": "elevation", "field": "depth", "currentRangeExtent": [5, 1000]}])
    assert service.rows(0) == [2, 3]
    assert service.rows(0, mapRangeValues='[{"name":"elevation","value":4}]') == [1]
    assert service.rows(0, mapRangeValues='[{"name":"other","value":4}]') == [2, 3]


def test_only_current_rows_of_an_archive_are_drawn(serve):
    rows = collection(
        (point(1, 1), {"name": "A", "from": 100, "to": 200}),
        (point(2, 2), {"name": "B", "from": 200, "to": None}),
    )
    keys = {"archivingInfo": {"startField": "from", "endField": "to"}}
    assert serve([layer(0, "rows.geojson", **keys)], {"rows.geojson": rows}).rows(0) == [2]


def test_the_same_filter_is_evaluated_once(ask, monkeypatch):
    from mapexplorer.service.expressions import Expression

    calls = []
    real = Expression.matches
    monkeypatch.setattr(
        Expression, "matches", lambda self, columns: calls.append(self.text) or real(self, columns)
    )
    service = ask()
    for left in range(5):
        service.rows(0, bbox=f"{left},0,100,100", layerDefs='{"0":"POP > 45"}')
    assert calls == ["POP > 45"]
    service.rows(0, layerDefs='{"0":"POP > 45 OR CURRENT_DATE < DATE \'2000-01-01\'"}')
    service.rows(0, layerDefs='{"0":"POP > 45 OR CURRENT_DATE < DATE \'2000-01-01\'"}')
    assert len(calls) == 3


def test_scale_ranges_of_layer_and_group_decide_by_the_unrounded_scale(serve):
    layers = [layer(9, minScale=50000), layer(0, "rows.geojson", parentLayerId=9, maxScale=10000)]
    service = serve(layers, {"rows.geojson": ROWS})
    for scale, drawn in ((50000, True), (10000, True), (50000.5, False), (9999.5, False)):
        assert bool(service.rows(0, mapScale=str(scale))) is drawn


def test_a_higher_resolution_can_switch_a_layer_off(serve):
    service = serve([layer(0, "rows.geojson", minScale=1000)], {"rows.geojson": ROWS})
    assert service.rows(0, dpi="96")
    assert not service.rows(0, dpi="192")


def test_operations_share_one_view(ask):
    from mapexplorer.protocol import MapRequest
    from mapexplorer.service.view import build_view

    service = ask()
    request = MapRequest(bbox=(0, 0, 100, 100), layer_defs={0: "POP > 45"})
    views = [build_view(service.catalog, request, operation) for operation in Operation]
    assert views[0].layers[0].rows is views[1].layers[0].rows
