from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from mapexplorer import connect
from mapexplorer.client import Rows
from mapexplorer.explorer.panels import SymbolsPanel
from mapexplorer.protocol import LayerInfo, Unreachable

from .stand_in import StandIn, browser, choose, press, visible

MARKER = {
    "type": "esriSMS",
    "color": [10, 20, 30, 255],
    "size": 6,
    "outline": {"type": "esriSLS", "width": 1},
}
ROOT = {
    "supportsDynamicLayers": True,
    "layers": [
        {"id": 1, "name": "Fixes", "type": "Feature Layer"},
        {"id": 2, "name": "Relief", "type": "Raster Layer"},
        {"id": 3, "name": "Land", "type": "Feature Layer", "defaultVisibility": False},
    ],
}
LAYERS = [
    {
        "id": 1,
        "name": "Fixes",
        "type": "Feature Layer",
        "geometryType": "esriGeometryPoint",
        "displayField": "name",
        "fields": [
            {"name": "wind", "type": "esriFieldTypeInteger"},
            {"name": "name", "type": "esriFieldTypeString"},
            {"name": "SHAPE", "type": "esriFieldTypeGeometry"},
        ],
        "drawingInfo": {"renderer": {"type": "simple", "symbol": MARKER}, "transparency": 10},
    },
    {"id": 2, "name": "Relief", "type": "Raster Layer"},
    {"id": 3, "name": "Land", "type": "Feature Layer", "geometryType": "esriGeometryPolygon"},
]


class Service:
    """Answers questions about values, and counts them."""

    secured, url = False, "http://127.0.0.1/MapServer"

    def __init__(self):
        self.asked = []
        self.failing = False
        self.described = []

    def layer(self, layer):
        self.described.append(layer.source.to_json())
        if self.failing:
            raise Unreachable("The service cannot be reached.")
        fields = [{"name": "wind", "type": "esriFieldTypeInteger"}]
        return LayerInfo.parse(
            {"type": "Feature Layer", "geometryType": "esriGeometryPoint", "fields": fields}
        )

    def query_layer(self, layer_id, **options):
        self.asked.append((layer_id, options))
        if self.failing:
            raise Unreachable("The service cannot be reached.")
        if options.get("out_statistics", ())[0].kind == "min":
            return Rows(({"low": 0, "high": 100},))
        values = [10, 20, 90, 95] if options["group_by"] == "wind" else ["b", "a", None]
        return Rows(tuple({options["group_by"]: value, "row_count": 2} for value in values))


@pytest.fixture
def explorer():
    made = StandIn(ROOT, LAYERS)
    made.service = Service()
    return made


@pytest.fixture
def panel(explorer):
    return SymbolsPanel(explorer)


def work(explorer):
    scheduler = explorer.controller.scheduler
    while scheduler.pump():
        pass


def drawn(explorer, layer_id=1):
    """The drawing info that is sent for a layer."""
    elements = explorer.parameters.dynamic_layers
    element = next(element for element in elements if element.id == layer_id)
    return element.drawing_info.to_json() if element.drawing_info is not None else None


def test_the_controls_begin_as_the_layer_is_published(panel, explorer):
    assert [label for label, _ in panel.layer.options] == ["Fixes", "Relief", "Land (not drawn)"]
    assert panel.look.color.value == "#0a141e"
    assert (panel.look.size.value, panel.look.outline_width.value) == (6, 1)
    assert panel.transparency.value == 10
    assert not panel.labels.on.value
    assert "as published" in panel.state.value
    assert panel.reset_layer.disabled
    assert explorer.parameters.dynamic_layers is None


@pytest.mark.parametrize(
    ("control", "value", "sent"),
    [
        ("look.color", "#ff0000", {"color": [255, 0, 0, 255]}),
        ("look.size", 12.5, {"size": 12.5}),
        ("look.outline_width", 3.0, {"outline": {"type": "esriSLS", "style": "esriSLSSolid", "width": 3.0}}),
        ("look.outline_width", 0.0, {"outline": None}),
    ],
)
def test_a_change_of_the_symbol_is_sent_alone(panel, explorer, control, value, sent):
    owner, name = control.split(".")
    browser(getattr(getattr(panel, owner), name), value=value)
    (key, wanted), *_ = sent.items()
    info = drawn(explorer)
    assert list(info) == ["renderer"]
    assert info["renderer"]["symbol"].get(key) == wanted
    assert drawn(explorer, 2) is None
    assert "Changed" in panel.state.value


def test_what_is_set_back_by_hand_is_not_sent_any_more(panel, explorer):
    browser(panel.look.size, value=9.0)
    browser(panel.transparency, value=40.0)
    assert sorted(drawn(explorer)) == ["renderer", "transparency"]
    browser(panel.look.size, value=6.0)
    browser(panel.transparency, value=10.0)
    assert explorer.parameters.dynamic_layers is None


@pytest.mark.parametrize("typed", ["rubbish", "", "var(--x)", "#12345"])
def test_a_colour_that_is_none_is_answered_and_stays_to_be_corrected(panel, explorer, typed):
    browser(panel.look.color, value=typed)
    assert explorer.parameters.dynamic_layers is None
    assert "Expected a colour such as #ff8800 or teal" in panel.message.value
    browser(panel.look.color, value="teal")
    assert "Expected" not in panel.message.value
    (element,) = explorer.parameters.dynamic_layers[:1]
    assert element.drawing_info.renderer.symbol.color == (0, 128, 128, 255)


def test_symbols_that_differ_say_so_while_all_are_changed(panel, explorer):
    assert not visible(panel.look.differing)
    choose(panel.classes.mode, "By class")
    work(explorer)
    assert "They differ" in panel.look.differing.value
    panel.look.part.index = 1
    assert not visible(panel.look.differing)


def test_a_raster_layer_has_only_its_transparency(panel, explorer):
    choose(panel.layer, "Relief")
    assert not visible(panel.look.widget)
    assert not visible(panel.classes.widget)
    assert not visible(panel.labels.widget)
    browser(panel.transparency, value=30.0)
    assert drawn(explorer, 2) == {"transparency": 30}


def test_a_layer_that_is_not_drawn_is_changed_when_it_is(panel, explorer):
    choose(panel.layer, "Land (not drawn)")
    assert "not drawn" in panel.state.value
    browser(panel.transparency, value=30.0)
    assert explorer.parameters.dynamic_layers is None
    explorer.parameters.layers = "show:3"
    assert drawn(explorer, 3) == {"transparency": 30}
    assert panel.chosen == 3


@pytest.mark.parametrize(
    ("method", "ends"),
    [("Equal interval", [50, 100]), ("Quantile", [20, 95]), ("Natural breaks", [20, 95])],
)
def test_classes_are_made_from_the_values_of_a_field(panel, explorer, method, ends):
    choose(panel.classes.mode, "By class")
    assert "Reading the values of wind" in panel.classes.note.value
    assert explorer.parameters.dynamic_layers is None
    work(explorer)
    browser(panel.classes.number, value=2)
    choose(panel.classes.method, method)
    work(explorer)
    renderer = drawn(explorer)["renderer"]
    assert (renderer["type"], renderer["field"]) == ("classBreaks", "wind")
    assert [info["classMaxValue"] for info in renderer["classBreakInfos"]] == ends
    assert {info["symbol"]["size"] for info in renderer["classBreakInfos"]} == {6}
    assert not visible(panel.classes.note)
    assert panel.look.part.options[1][0].startswith("1. ")


def test_values_are_asked_for_once(panel, explorer):
    choose(panel.classes.mode, "By class")
    work(explorer)
    for number in (2, 3, 4):
        browser(panel.classes.number, value=number)
        work(explorer)
    assert len(explorer.service.asked) == 1


def test_values_of_a_text_field_get_colours_of_a_set(panel, explorer):
    choose(panel.classes.mode, "By value")
    choose(panel.classes.field, "name")
    work(explorer)
    renderer = drawn(explorer)["renderer"]
    assert [info["value"] for info in renderer["uniqueValueInfos"]] == ["a", "b"]
    assert panel.classes.scheme.value == "Dark"
    before = [info["symbol"]["color"] for info in renderer["uniqueValueInfos"]]
    browser(panel.classes.reverse, value=True)
    after = [info["symbol"]["color"] for info in drawn(explorer)["renderer"]["uniqueValueInfos"]]
    assert after == before[::-1]
    choose(panel.classes.scheme, "Bright")
    assert drawn(explorer)["renderer"]["uniqueValueInfos"][1]["symbol"]["color"] == [228, 26, 28, 255]
    browser(panel.look.part, index=1)
    browser(panel.look.color, value="#010203")
    assert panel.classes.scheme.value == "As they are"


def test_one_class_is_changed_alone_and_one_symbol_again_is_the_first(panel, explorer):
    choose(panel.classes.mode, "By value")
    choose(panel.classes.field, "name")
    work(explorer)
    browser(panel.look.part, index=2)
    browser(panel.look.size, value=20.0)
    infos = drawn(explorer)["renderer"]["uniqueValueInfos"]
    assert [info["symbol"]["size"] for info in infos] == [6, 20]
    choose(panel.classes.mode, "One symbol")
    assert drawn(explorer)["renderer"]["type"] == "simple"


def test_an_answer_that_comes_too_late_is_dropped(panel, explorer):
    choose(panel.classes.mode, "By class")
    choose(panel.layer, "Relief")
    work(explorer)
    assert explorer.parameters.dynamic_layers is None


def test_why_values_cannot_be_read_is_said(panel, explorer):
    explorer.service.failing = True
    choose(panel.classes.mode, "By class")
    work(explorer)
    assert "cannot be reached" in panel.classes.note.value
    assert explorer.parameters.dynamic_layers is None


def test_labels_are_switched_on_written_and_off(panel, explorer):
    browser(panel.labels.on, value=True)
    info = drawn(explorer)
    assert info["showLabels"]
    assert info["labelingInfo"][0]["labelExpression"] == "[name]"
    choose(panel.labels.field, "wind")
    assert drawn(explorer)["labelingInfo"][0]["labelExpression"] == '[name] CONCAT " " CONCAT [wind]'
    assert panel.labels.field.value == panel.labels.field.options[0]
    browser(panel.labels.expression, value="UCASE([name])")
    assert drawn(explorer)["labelingInfo"][0]["labelExpression"] == "UCASE([name])"
    browser(panel.labels.on, value=False)
    assert drawn(explorer)["showLabels"] is False
    assert not visible(panel.labels.made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"transparency": 101}', "drawingInfo.transparency: expected a number less than or equal to 100"),
        (
            '{"renderer": {"type": "simple", "symbol": {"type": "esriSMS", "size": "big"}}}',
            "drawingInfo.renderer.symbol.size: expected a number",
        ),
        ('{"renderer": {"type": "dots"}}', "drawingInfo.renderer.type: expected one of"),
        ('{"transparency": 1,}', "drawingInfo: is not valid JSON at column"),
    ],
)
def test_faults_of_the_json_name_their_place(panel, explorer, text, message):
    browser(panel.json.text, value=text)
    press(panel.json.apply)
    assert message in panel.json.message.value
    assert panel.json.text.value == text
    assert explorer.parameters.dynamic_layers is None


def test_the_json_is_shown_changed_and_applied(panel, explorer):
    shown = json.loads(panel.json.text.value)
    assert shown["renderer"]["symbol"]["size"] == 6
    shown["renderer"]["symbol"]["style"] = "esriSMSSquare"
    browser(panel.json.text, value=json.dumps(shown))
    press(panel.json.apply)
    assert drawn(explorer)["renderer"]["symbol"]["style"] == "esriSMSSquare"
    press(panel.reset_layer)
    assert explorer.parameters.dynamic_layers is None
    assert "esriSMSCircle" in panel.json.text.value


@pytest.mark.parametrize(
    ("control", "value", "key", "sent"),
    [
        ("size", 14.0, "font", 14.0),
        ("color", "#ff0000", "color", [255, 0, 0, 255]),
        ("halo", 2.5, "haloSize", 2.5),
        ("halo", 0.0, "haloSize", None),
        ("halo_color", "#00ff00", "haloColor", [0, 255, 0, 255]),
    ],
)
def test_letters_of_labels_are_changed(panel, explorer, control, value, key, sent):
    browser(panel.labels.on, value=True)
    browser(getattr(panel.labels, control), value=value)
    symbol = drawn(explorer)["labelingInfo"][0]["symbol"]
    found = symbol.get(key)
    assert (found["size"] if key == "font" else found) == sent
    assert getattr(panel.labels, control).value == value
    assert visible(panel.labels.halo_color) == (value != 0.0)


def test_labels_are_put_elsewhere(panel, explorer):
    browser(panel.labels.on, value=True)
    assert panel.labels.placement.label == "Above right"
    choose(panel.labels.placement, "On the point")
    placed = drawn(explorer)["labelingInfo"][0]["labelPlacement"]
    assert placed == "esriServerPointLabelPlacementCenterCenter"


def test_label_classes_are_changed_one_by_one(panel, explorer):
    classes = [{"labelExpression": "[wind]", "where": "wind > 5"}, {"labelExpression": "[name]"}]
    browser(panel.json.text, value=json.dumps({"labelingInfo": classes, "showLabels": True}))
    press(panel.json.apply)
    assert [label for label, _ in panel.labels.part.options] == ["1. wind > 5", "2. all features"]
    browser(panel.labels.part, index=1)
    assert panel.labels.expression.value == "[name]"
    browser(panel.labels.size, value=20.0)
    first, second = drawn(explorer)["labelingInfo"]
    assert "symbol" not in first
    assert (second["labelExpression"], second["symbol"]["font"]["size"]) == ("[name]", 20)
    assert panel.labels.part.value == 1


def table(name="t"):
    return {"type": "table", "workspaceId": "w", "dataSourceName": name}


def fill_in(panel, kind):
    """Fill in the form of a kind by typing, as for a service that lists nothing."""
    form = panel.addition
    choose(form.kind, kind)
    part = form.form(kind)
    sides = (part.left, part.right) if kind == "Join" else ()
    for number, side in enumerate(sides):
        browser(side.table.workspace.text, value="w")
        browser(side.table.name.text, value=("t", "u")[number])
        browser(side.key, value="wind")
    if not sides:
        browser(part.workspace.text, value="w")
    if kind == "Query":
        browser(part.query, value="SELECT * FROM t")
        browser(part.ids, value="wind")
        browser(part.reference, value="4326")
    elif not sides:
        browser(part.name.text, value="t")


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("Table", table()),
        (
            "Query",
            {
                "type": "queryTable",
                "workspaceId": "w",
                "query": "SELECT * FROM t",
                "oidFields": "wind",
                "spatialReference": {"wkid": 4326},
            },
        ),
        (
            "Join",
            {
                "type": "joinTable",
                "leftTableSource": table(),
                "rightTableSource": table("u"),
                "leftTableKey": "wind",
                "rightTableKey": "wind",
                "joinType": "esriLeftOuterJoin",
            },
        ),
        ("Picture", {"type": "raster", "workspaceId": "w", "dataSourceName": "t"}),
        ("Layer file", {"type": "workspaceLayer", "workspaceId": "w", "layerId": "t"}),
    ],
)
def test_a_layer_of_other_data_is_added_and_removed(panel, explorer, kind, source):
    form = panel.addition
    assert "does not list its workspaces" in form.note.value
    choose(form.kind, kind)
    press(form.add)
    assert "first" in form.message.value
    assert explorer.parameters.dynamic_layers is None
    fill_in(panel, kind)
    work(explorer)
    browser(form.name, value="Mine")
    press(form.add)
    work(explorer)
    first = explorer.parameters.dynamic_layers[0].to_json()
    data = source if kind == "Layer file" else {"type": "dataLayer", "dataSource": source}
    assert (first["id"], first["name"], first["source"]) == (4, "Mine", data)
    assert panel.chosen == 4
    assert not form.message.value
    browser(panel.transparency, value=20.0)
    assert drawn(explorer, 4)["transparency"] == 20
    press(panel.remove)
    assert explorer.parameters.dynamic_layers is None


def test_what_the_service_says_against_a_layer_is_shown_in_the_form(panel, explorer):
    explorer.service.failing = True
    fill_in(panel, "Table")
    press(panel.addition.add)
    assert panel.addition.add.disabled
    work(explorer)
    assert "cannot be reached" in panel.addition.message.value
    assert not panel.addition.add.disabled
    assert explorer.parameters.dynamic_layers is None
    explorer.service.failing = False
    press(panel.addition.add)
    work(explorer)
    assert drawn(explorer, 4)["renderer"]["symbol"]["type"] == "esriSMS"


def test_a_geometry_that_is_chosen_needs_no_answer(panel, explorer):
    explorer.service.failing = True
    fill_in(panel, "Query")
    choose(panel.addition.geometry, "Areas")
    press(panel.addition.add)
    (element, *_) = explorer.parameters.dynamic_layers
    assert element.source.data_source.geometry_type == "esriGeometryPolygon"
    assert drawn(explorer, 4)["renderer"]["symbol"]["type"] == "esriSFS"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"query": ""}, "Write the query first"),
        ({"reference": "nowhere"}, "Reference: expected the code of a spatial reference, not nowhere."),
        ({"reference": "<b>"}, "not &lt;b&gt;."),
    ],
)
def test_what_is_wrong_in_the_form_is_said(panel, explorer, fields, message):
    fill_in(panel, "Query")
    for name, value in fields.items():
        browser(getattr(panel.addition.form("Query"), name), value=value)
    press(panel.addition.add)
    assert message in panel.addition.message.value
    assert explorer.parameters.dynamic_layers is None


def test_keys_of_a_join_are_offered_from_the_fields_of_its_sides(panel, explorer):
    form = panel.addition.form("Join")
    choose(panel.addition.kind, "Join")
    for side, name in ((form.left, "t"), (form.right, "u")):
        browser(side.table.workspace.text, value="w")
        browser(side.table.name.text, value=name)
    work(explorer)
    assert form.left.key.options == ("wind",)
    assert (form.left.key.value, form.right.key.value) == ("wind", "wind")
    choose(form.right.kind, "Query")
    choose(form.kept, "only rows with a match")
    press(panel.addition.add)
    assert "Right: Type the id of the workspace first." in panel.addition.message.value


def test_an_added_layer_is_classed_and_labelled_by_its_own_fields(panel, explorer):
    fill_in(panel, "Table")
    press(panel.addition.add)
    work(explorer)
    choose(panel.classes.mode, "By class")
    work(explorer)
    asked, _ = explorer.service.asked[-1]
    assert asked.source.to_json() == {"type": "dataLayer", "dataSource": table()}
    assert drawn(explorer, 4)["renderer"]["type"] == "classBreaks"
    browser(panel.labels.on, value=True)
    assert drawn(explorer, 4)["labelingInfo"][0]["labelExpression"] == "[wind]"
    browser(panel.look.outline_width, value=2.0)
    assert panel.labels.size.value == 10


def test_a_layer_that_the_service_says_nothing_of_keeps_its_colours(panel, explorer):
    explorer.service.failing = True
    fill_in(panel, "Table")
    choose(panel.addition.geometry, "Points")
    press(panel.addition.add)
    assert "being asked" in panel.classes.reason.value
    work(explorer)
    assert "cannot be reached" in panel.classes.reason.value
    assert panel.classes.mode.disabled
    browser(panel.look.size, value=9.0)
    assert drawn(explorer, 4)["renderer"]["symbol"]["size"] == 9
    browser(panel.labels.on, value=True)
    assert "give its labels as JSON" in panel.message.value
    assert not panel.labels.on.value


def test_everything_is_taken_back_at_once(panel, explorer):
    browser(panel.look.size, value=9.0)
    explorer.composer.reorder([2, 1])
    press(panel.reset_all)
    assert explorer.parameters.dynamic_layers is None
    assert panel.look.size.value == 6


def test_dynamic_layers_set_from_code_are_shown_and_changed_where_they_are(panel, explorer):
    explorer.parameters.dynamic_layers = [
        {
            "id": 7,
            "name": "Mine",
            "source": {"type": "mapLayer", "mapLayerId": 1},
            "definitionExpression": "a > 1",
        }
    ]
    assert [label for label, _ in panel.layer.options] == ["Mine"]
    assert panel.look.size.value == 6
    browser(panel.look.size, value=9.0)
    (element,) = explorer.parameters.dynamic_layers
    assert element.definition_expression == "a > 1"
    assert drawn(explorer, 7)["renderer"]["symbol"]["size"] == 9


def test_a_service_without_dynamic_layers_says_so(explorer):
    explorer.info = StandIn({**ROOT, "supportsDynamicLayers": False}).info
    panel = SymbolsPanel(explorer)
    assert "does not support dynamic layers" in panel.notice.value
    assert not visible(panel._body)


def test_a_layer_that_may_not_be_changed_says_so(explorer):
    explorer.layer_infos = StandIn(ROOT, [{**LAYERS[0], "canModifyLayer": False}]).layer_infos
    panel = SymbolsPanel(explorer)
    assert "does not let the symbols" in panel.state.value
    assert not visible(panel.drawing)


def test_a_layer_whose_values_may_not_be_asked_for_says_so(explorer):
    explorer.layer_infos = StandIn(ROOT, [{**LAYERS[0], "capabilities": "Map"}]).layer_infos
    panel = SymbolsPanel(explorer)
    assert "values of this layer" in panel.classes.reason.value
    assert panel.classes.mode.disabled


def test_what_the_service_refuses_is_shown_beside_the_controls(panel, explorer):
    browser(panel.look.size, value=9.0)
    explorer.fail("dynamicLayers[0].drawingInfo.renderer: <b>no</b>")
    assert "&lt;b&gt;no" in panel.message.value
    explorer.reply()
    assert panel.message.value == ""


@pytest.mark.parametrize("root", [{}, {"supportsDynamicLayers": True}, {**ROOT, "layers": "x"}])
def test_odd_services_do_not_harm(root):
    explorer = StandIn(root, [])
    panel = SymbolsPanel(explorer)
    assert panel.chosen is None
    panel.close()
    explorer.parameters.layers = "show:4"


@pytest.mark.parametrize("name", ["storms", "world", "usa", "earthquakes"])
def test_every_layer_of_the_samples_can_be_shown(name):
    service = connect(f"sample:{name}")
    explorer = StandIn(service.info.raw, [])
    explorer.layer_infos = service.layer_infos
    panel = SymbolsPanel(explorer)
    for number, (label, layer_id) in enumerate(panel.layer.options):
        browser(panel.layer, index=number)
        assert panel.chosen == layer_id, label
    assert explorer.parameters.dynamic_layers is None


def test_a_closed_panel_follows_nothing(panel, explorer):
    panel.close()
    explorer.parameters.dynamic_layers = [{"id": 1}]
    assert SimpleNamespace(value=panel.state.value).value
