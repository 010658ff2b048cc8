from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import FiltersPanel
from mapexplorer.explorer.panels.filter_faults import faults, incomplete, quoted_field
from mapexplorer.explorer.panels.filters import describe
from mapexplorer.protocol import ArcGISError, ParameterError, RequestErrors

from .stand_in import StandIn, browser, press, visible


@pytest.fixture
def panel(explorer):
    return FiltersPanel(explorer)


def enter(box):
    box.text._handle_custom_msg({"event": "submit"}, [])


def test_only_feature_layers_have_a_box(panel):
    assert [(box.layer_id, box.name) for box in panel.boxes.values()] == [
        (1, "Fixes"),
        (2, "Tracks"),
        (3, "Land"),
    ]


def test_typing_is_applied_after_a_pause(panel, explorer):
    for words in ("w", "wind", "wind > 5"):
        browser(panel.boxes[1].text, value=words)
        explorer.pass_time(0.5)
    assert explorer.parameters.layer_defs is None
    explorer.pass_time(0.3)
    assert explorer.parameters.layer_defs == {1: "wind > 5"}


def test_enter_applies_at_once(panel, explorer):
    browser(panel.boxes[1].text, value=" wind > 5 ")
    enter(panel.boxes[1])
    assert explorer.parameters.layer_defs == {1: "wind > 5"}


def test_an_empty_box_takes_its_filter_away(panel, explorer):
    explorer.parameters.layer_defs = {1: "wind > 5", 3: "a = 1"}
    browser(panel.boxes[1].text, value="")
    enter(panel.boxes[1])
    assert explorer.parameters.layer_defs == {3: "a = 1"}
    press(panel.boxes[3].clear)
    assert explorer.parameters.layer_defs is None


def test_clear_all_takes_every_filter_away(panel, explorer):
    explorer.parameters.layer_defs = {1: "wind > 5", 3: "a = 1"}
    press(panel.clear_all)
    assert explorer.parameters.layer_defs is None
    assert panel.boxes[1].text.value == ""


def test_the_boxes_follow_the_parameter_but_not_into_a_text_being_typed(panel, explorer):
    browser(panel.boxes[3].text, value="half a tho")
    explorer.parameters.layer_defs = {1: "wind > 5"}
    assert panel.boxes[1].text.value == "wind > 5"
    assert panel.boxes[3].text.value == "half a tho"
    explorer.parameters.layer_defs = None
    assert panel.boxes[1].text.value == ""


def test_filters_for_layers_without_a_box_are_kept(panel, explorer):
    explorer.parameters.layer_defs = {9: "x = 1"}
    browser(panel.boxes[1].text, value="wind > 5")
    enter(panel.boxes[1])
    assert explorer.parameters.layer_defs == {1: "wind > 5", 9: "x = 1"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("NAME = 'O''Brien", "A &#x27; is not closed."),
        ('"max wind > 5', "A &quot; is not closed."),
        ("(wind > 5", "A bracket is not closed."),
        ("wind > 5)", "closing bracket"),
    ],
)
def test_what_cannot_be_complete_is_not_sent_and_says_why(panel, explorer, words, sentence):
    browser(panel.boxes[1].text, value=words)
    enter(panel.boxes[1])
    assert explorer.parameters.layer_defs is None
    assert sentence in panel.boxes[1].message.value
    assert 'role="alert"' in panel.boxes[1].message.value


@pytest.mark.parametrize(
    "words", ["NAME = 'O''Brien'", "NAME = ')'", "NAME = '\"'", "(a = 1) AND (b = 2)", ""]
)
def test_quotes_may_hold_brackets_and_quotes(words):
    assert incomplete(words) is None


def test_the_error_of_the_service_stands_under_its_box_while_the_text_stays(panel, explorer):
    explorer.parameters.layer_defs = {1: "nofield = 1", 3: "a = 1"}
    explorer.fail("The service reports (400): Invalid parameters. layerDefs[1]: there is no field nofield")
    assert "There is no field nofield" in panel.boxes[1].message.value
    assert 'role="alert"' in panel.boxes[1].message.value
    assert panel.boxes[1].text.value == "nofield = 1"
    assert not visible(panel.boxes[3].message)
    explorer.parameters.layer_defs = {1: "wind = 1", 3: "a = 1"}
    explorer.reply()
    assert not visible(panel.boxes[1].message)


def test_a_message_is_text_only(panel, explorer):
    explorer.parameters.layer_defs = {1: "x"}
    explorer.fail("layerDefs[1]: <img src=x onerror=alert(1)>")
    assert "<img" not in panel.boxes[1].message.value


NAMES = {1: "Fixes", 2: "Tracks"}


@pytest.mark.parametrize(
    ("error", "filtered", "found"),
    [
        ("layerDefs[1]: no field x", [1, 2], {1: "No field x"}),
        ('layerDefs["2"]: no field x', [1, 2], {2: "No field x"}),
        ("layerDefs.2: no field x", [1, 2], {2: "No field x"}),
        ("layerDefs: layer 2 has no field x", [1, 2], {2: "Layer 2 has no field x"}),
        (
            "layerDefs: layer 2 (Tracks (old)): unknown field 'x' (column 1)",
            [1, 2],
            {2: "Unknown field 'x' (column 1)"},
        ),
        ("layerDefs: no field x in 'Tracks'", [1, 2], {2: "No field x in 'Tracks'"}),
        ("layerDefs[1]: a; layerDefs[2]: b", [1, 2], {1: "A", 2: "B"}),
        ("time: expected two numbers; layerDefs[2]: b", [1, 2], {2: "B"}),
        ("The service reports (400): Bad. layerDefs[1]: x; dpi: y", [1], {1: "X"}),
        ("'layerDefs' parameter is invalid.", [2], {2: "'layerDefs' parameter is invalid."}),
        ("'layerDefs' parameter is invalid.", [1, 2], {None: "'layerDefs' parameter is invalid."}),
        (
            "Unable to complete operation. Invalid where clause",
            [2],
            {2: "Unable to complete operation. Invalid where clause"},
        ),
        ("The server answered with HTTP status 500.", [1], {}),
        (None, [1], {}),
        (ArcGISError(400, "Bad", ["layerDefs[1]: no"]), [1, 2], {1: "No"}),
        (RequestErrors([ParameterError("layerDefs[2]", "no"), ParameterError("dpi", "no")]), [1], {2: "No"}),
    ],
)
def test_an_error_is_brought_to_its_layer(error, filtered, found):
    assert faults(error, NAMES, filtered) == found


def test_a_field_is_inserted_by_a_click_and_not_sent_before_more_is_typed(panel, explorer):
    box = panel.boxes[1]
    assert not visible(box.chips)
    browser(box.opener, value=True)
    assert visible(box.chips)
    assert list(box.fields) == ["OBJECTID", "wind", "max wind"]
    press(box.fields["wind"])
    explorer.pass_time(5)
    assert box.text.value == "wind "
    assert explorer.parameters.layer_defs is None
    press(box.fields["max wind"])
    assert box.text.value == 'wind "max wind" '
    assert "double" in box.described.value


@pytest.mark.parametrize(
    ("name", "written"),
    [("POP", "POP"), ("max wind", '"max wind"'), ('a"b', '"a""b"'), ("2x", '"2x"'), ("größe", '"größe"')],
)
def test_field_names_are_quoted_where_needed(name, written):
    assert quoted_field(name) == written


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (
            {"name": "wind", "type": "esriFieldTypeInteger", "alias": "Wind speed"},
            "wind (Wind speed), integer",
        ),
        ({"name": "id", "type": "esriFieldTypeOID", "alias": "id"}, "id, object id"),
        (
            {
                "name": "k",
                "type": "esriFieldTypeString",
                "domain": {"codedValues": [{"code": "a", "name": "Apple"}]},
            },
            "k, string, values 'a' Apple",
        ),
        ({"name": "k", "domain": {"range": [1, 5]}}, "k, from 1 to 5"),
        ({"name": "k", "domain": "?"}, "k"),
    ],
)
def test_a_field_is_described(field, words):
    assert describe(field) == words


def test_nothing_is_applied_after_closing(panel, explorer):
    browser(panel.boxes[1].text, value="wind > 5")
    panel.close()
    explorer.pass_time(5)
    assert explorer.parameters.layer_defs is None


@pytest.mark.parametrize("layers", [[], [{"id": 1}], [{"id": 1, "type": "Feature Layer", "fields": "x"}]])
def test_poor_metadata_does_not_break_the_panel(layers):
    FiltersPanel(StandIn(layers=layers))
