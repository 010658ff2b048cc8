from __future__ import annotations

import pytest

from mapexplorer.client.queries import Rows
from mapexplorer.explorer.panels import FiltersPanel
from mapexplorer.explorer.panels.filter_box import describe, fault_place
from mapexplorer.explorer.panels.filter_faults import faults, incomplete, quoted_field
from mapexplorer.protocol import ArcGISError, DrawingInfo, ParameterError, RequestErrors

from .stand_in import FIXES, StandIn, browser, choose, press, visible


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


def build(panel, layer_id=1):
    box = panel.boxes[layer_id]
    browser(box.build, value=True)
    return box.builder


class Listing:
    """A service that lists values."""

    def __init__(self, *values):
        self.values, self.asked = values, []

    def query_layer(self, layer_id, *, out_fields, return_distinct_values, **more):
        assert return_distinct_values
        self.asked.append((layer_id, out_fields))
        return Rows(tuple({out_fields.upper(): value} for value in (*self.values, None)))


def test_a_filter_is_built_from_conditions(panel, explorer):
    builder = build(panel)
    row = builder.rows[0]
    assert row.field.value == "wind"
    assert explorer.parameters.layer_defs is None
    browser(row.value, value="50")
    assert explorer.parameters.layer_defs == {1: "wind >= 50"}
    assert panel.boxes[1].text.value == "wind >= 50"
    choose(row.operator, "is between")
    assert "without a value" in builder.note.value
    browser(row.until, value="90")
    assert explorer.parameters.layer_defs == {1: "wind BETWEEN 50 AND 90"}
    press(builder.add)
    choose(builder.rows[1].field, "max wind")
    browser(builder.rows[1].value, value="7")
    choose(builder.joiner, "Any condition holds")
    assert explorer.parameters.layer_defs == {1: 'wind BETWEEN 50 AND 90 OR "max wind" >= 7'}
    press(builder.rows[0].remove)
    assert explorer.parameters.layer_defs == {1: '"max wind" >= 7'}
    press(builder.rows[0].remove)
    assert explorer.parameters.layer_defs is None


def test_a_value_that_does_not_fit_is_explained_and_not_sent(panel, explorer):
    builder = build(panel)
    browser(builder.rows[0].value, value="strong")
    assert "wind: expected a number, not strong." in builder.note.value
    assert explorer.parameters.layer_defs is None


def test_the_builder_follows_the_text_and_the_code(panel, explorer):
    builder = build(panel)
    browser(panel.boxes[1].text, value="wind < 20 OR OBJECTID = 4")
    enter(panel.boxes[1])
    assert [row.condition().field for row in builder.rows] == ["wind", "OBJECTID"]
    assert builder.joiner.value == "OR"
    explorer.parameters.layer_defs = {1: "wind + 1 > 20"}
    assert builder.rows == []
    assert "edited as text" in builder.note.value
    assert explorer.parameters.layer_defs == {1: "wind + 1 > 20"}
    explorer.parameters.layer_defs = None
    assert "edited as text" not in builder.note.value


def test_the_values_of_a_field_are_offered_when_the_service_has_listed_them(panel, explorer):
    explorer.service = Listing(10, 20, 30)
    builder = build(panel)
    row = builder.rows[0]
    assert row.value.options == ()
    while explorer.controller.scheduler.pump():
        pass
    assert row.value.options == ("10", "20", "30")
    choose(row.operator, "is one of")
    browser(row.several, index=[0, 2])
    assert explorer.parameters.layer_defs == {1: "wind IN (10, 30)"}
    press(builder.add)
    assert explorer.service.asked == [(1, "wind")]


def test_values_of_a_service_that_was_left_do_not_come(panel, explorer):
    explorer.service = Listing(10)
    row = build(panel).rows[0]
    other = explorer.service = Listing("x")
    panel.values.ask(3, "kind", "text", lambda choices: None)
    while explorer.controller.scheduler.pump():
        pass
    assert row.value.options == ()
    assert other.asked == [(3, "kind")]


def test_coded_values_are_offered_by_name_and_sent_by_code():
    fields = [
        {
            "name": "kind",
            "type": "esriFieldTypeInteger",
            "domain": {"codedValues": [{"code": 1, "name": "Paved"}, {"code": 2, "name": "Gravel"}]},
        }
    ]
    explorer = StandIn(layers=[{**FIXES, "fields": fields}])
    panel = FiltersPanel(explorer)
    row = build(panel).rows[0]
    choose(row.operator, "is")
    assert row.value.options == ("Paved (1)", "Gravel (2)")
    browser(row.value, value="Gravel (2)")
    assert explorer.parameters.layer_defs == {1: "kind = 2"}
    explorer.parameters.layer_defs = {1: "kind = 1"}
    assert panel.boxes[1].builder.rows[0].value.value == "Paved (1)"


@pytest.mark.parametrize(
    ("sentence", "expression", "marked"),
    [
        ("Unknown field 'wnd' (column 5)", "1=1 wnd = 2", '1=1 <mark class="me-here">w</mark>nd = 2'),
        ("It ends too early (column 7)", "wind >", 'wind &gt;<mark class="me-here">\u00a0</mark>'),
        ("Strange (column 1)", "<b> = 1", '<mark class="me-here">&lt;</mark>b&gt; = 1'),
        ("No place", "wind", None),
        ("Elsewhere (column 99)", "wind", None),
    ],
)
def test_the_place_of_a_fault_is_marked(sentence, expression, marked):
    place = fault_place(sentence, expression)
    assert place is None if marked is None else marked in place


PARAMETERS = [
    {"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": 1},
    {"name": "least", "dataType": "esriFieldTypeDouble", "defaultValue": 4.5},
    {"name": "since", "dataType": "esriFieldTypeDate", "defaultValue": 1199145600000},
    {"name": "kinds", "dataType": "esriFieldTypeString", "defaultValue": ["a", "b"], "multipleValues": True},
]


@pytest.fixture
def parametric():
    explorer = StandIn(
        layers=[{**FIXES, "parameterInfos": PARAMETERS, "definitionExpression": "floor = ::floor"}]
    )
    return explorer, FiltersPanel(explorer)


@pytest.mark.parametrize(
    ("name", "typed", "sent"),
    [
        ("floor", "10", 10),
        ("least", "5", 5.0),
        ("since", "2008-02-01", 1201824000000),
        ("kinds", "c\na') OR 1=1 --\n", ("c", "a') OR 1=1 --")),
    ],
)
def test_a_parameter_of_a_published_filter_is_sent_with_its_type(parametric, name, typed, sent):
    explorer, panel = parametric
    found = {parameter.name: parameter for parameter in panel.boxes[1].parameters}[name]
    browser(found.text, value=typed)
    assert explorer.parameters.layer_parameter_values == {1: {name: sent}}
    assert type(explorer.parameters.layer_parameter_values[1][name]) is type(sent)
    browser(found.text, value="")
    assert explorer.parameters.layer_parameter_values is None


def test_the_published_values_stand_in_the_empty_boxes(parametric):
    _, panel = parametric
    placeholders = [parameter.text.placeholder for parameter in panel.boxes[1].parameters]
    assert placeholders == ["1", "4.5", "2008-01-01", "a\nb"]
    assert "floor = ::floor" in panel.boxes[1].widget.children[-5].value


@pytest.mark.parametrize(
    ("name", "typed"), [("floor", "ten"), ("floor", "1.5"), ("least", "x"), ("since", "soon")]
)
def test_a_parameter_of_another_kind_is_refused(parametric, name, typed):
    explorer, panel = parametric
    found = {parameter.name: parameter for parameter in panel.boxes[1].parameters}[name]
    browser(found.text, value=typed)
    assert explorer.parameters.layer_parameter_values is None
    assert f"{name}: expected" in found.message.value


def test_parameters_from_code_stand_in_the_boxes_and_others_are_kept(parametric):
    explorer, panel = parametric
    explorer.parameters.layer_parameter_values = {1: {"kinds": ["x", "y"]}, 9: {"z": 1}}
    kinds = panel.boxes[1].parameters[3]
    assert kinds.text.value == "x\ny"
    press(panel.boxes[1].clear)
    assert explorer.parameters.layer_parameter_values == {9: {"z": 1}}
    assert kinds.text.value == ""


def test_a_service_of_many_layers_has_boxes_by_choice_and_by_filter():
    layers = [
        {"id": n, "name": f"L{n}", "type": "Feature Layer", "fields": FIXES["fields"]} for n in range(300)
    ]
    explorer = StandIn(
        {"layers": [{key: layer[key] for key in ("id", "name", "type")} for layer in layers]}, layers
    )
    explorer.parameters.layer_defs = {200: "wind > 1"}
    panel = FiltersPanel(explorer)
    assert list(panel.boxes) == [200]
    assert visible(panel.chooser)
    choose(panel.chooser, "L7 (7)")
    assert list(panel.boxes) == [7, 200]
    explorer.parameters.layer_defs = {8: "wind > 1"}
    assert list(panel.boxes) == [7, 8, 200]
    assert panel.boxes[200].text.value == ""


def test_the_boxes_of_a_service_that_was_left_are_gone_where_the_next_one_has_many_layers(panel, explorer):
    assert panel._places.children
    names = [{"id": number, "name": f"Layer {number}", "type": "Feature Layer"} for number in range(40)]
    many = StandIn({"layers": names}, names)
    explorer.info, explorer.layer_infos = many.info, many.layer_infos
    panel.on_service()
    assert panel._places.children == ()
    assert visible(panel.chooser)


def test_filters_that_dynamic_layers_displace_are_named(panel, explorer):
    explorer.parameters.layer_defs = {1: "wind > 1", 3: "a = 1"}
    explorer.parameters.dynamic_layers = [
        {"id": 1, "source": {"type": "mapLayer", "mapLayerId": 1}, "definitionExpression": "wind > 1"},
        {"id": 3},
    ]
    assert "Land." in panel.conflict.value
    assert "Fixes" not in panel.conflict.value
    explorer.parameters.dynamic_layers = None
    assert not visible(panel.conflict)


def test_boxes_are_disabled_while_dynamic_layers_of_code_overrule_them(panel, explorer):
    explorer.parameters.dynamic_layers = [{"id": 3}]
    assert all(box.text.disabled for box in panel.boxes.values())
    assert "set from code" in panel.conflict.value
    explorer.parameters.dynamic_layers = None
    assert not any(box.text.disabled for box in panel.boxes.values())
    assert panel.conflict.value == ""


def test_a_filter_reaches_the_dynamic_layers_of_changed_symbols(panel, explorer):
    explorer.composer.draw(1, DrawingInfo(transparency=50))
    assert not panel.boxes[1].text.disabled
    browser(panel.boxes[1].text, value="wind > 5")
    explorer.pass_time(1)
    first = explorer.parameters.dynamic_layers[0]
    assert (first.id, first.definition_expression) == (1, "wind > 5")
    assert panel.conflict.value == ""
