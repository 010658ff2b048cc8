from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

from mapexplorer.client.reply import Timing
from mapexplorer.client.results import LegendResult
from mapexplorer.explorer.panels import LegendPanel
from mapexplorer.explorer.panels.conditions import Kind
from mapexplorer.explorer.panels.legend_classes import classes_of, join, split
from mapexplorer.protocol import Call, Legend, MapRequest
from mapexplorer.protocol.dynamic import DrawingInfo

from .stand_in import FIXES, StandIn, browser, choose, press, visible

MARK = {"type": "esriSMS", "style": "esriSMSCircle", "color": [1, 2, 3, 255], "size": 5}
BREAKS = {
    "type": "classBreaks",
    "field": "wind",
    "minValue": 0,
    "classBreakInfos": [
        {"classMaxValue": 10, "label": "calm", "symbol": MARK},
        {"classMaxValue": 20.5, "label": "windy", "symbol": MARK},
        {"classMinValue": 30, "classMaxValue": 40, "label": "stormy", "symbol": MARK},
    ],
}
UNIQUE = {
    "type": "uniqueValue",
    "field1": "kind",
    "uniqueValueInfos": [
        {"value": value, "label": value.title(), "symbol": MARK} for value in ("a", "o'b", "c")
    ],
}
KINDS = {"wind": Kind.NUMBER, "kind": Kind.TEXT, "code": Kind.NUMBER, "time": Kind.DATE}


def renderer(body):
    return DrawingInfo.model_validate({"renderer": body}).renderer


@pytest.mark.parametrize(
    ("body", "clauses"),
    [
        (
            BREAKS,
            ["(wind >= 0 AND wind <= 10)", "(wind > 10 AND wind <= 20.5)", "(wind >= 30 AND wind <= 40)"],
        ),
        (UNIQUE, ["kind = 'a'", "kind = 'o''b'", "kind = 'c'"]),
        ({**UNIQUE, "field1": "code", "uniqueValueInfos": [{"value": 7, "symbol": MARK}]}, ["code = 7"]),
        (
            {**UNIQUE, "field1": "time", "uniqueValueInfos": [{"value": "1199145600000", "symbol": MARK}]},
            ["time = DATE '2008-01-01'"],
        ),
        (
            {
                **UNIQUE,
                "field2": "code",
                "fieldDelimiter": ";",
                "uniqueValueInfos": [{"value": "a;7", "symbol": MARK}],
            },
            ["(kind = 'a' AND code = 7)"],
        ),
        (
            {
                **UNIQUE,
                "uniqueValueGroups": [
                    {"classes": [{"values": [["a"], ["b"]], "symbol": MARK, "label": "x"}]}
                ],
            },
            ["kind IN ('a', 'b')"],
        ),
        (
            {**BREAKS, "normalizationType": "esriNormalizeByPercentOfTotal", "normalizationTotal": 200},
            ["(wind >= 0 AND wind <= 20)", "(wind > 20 AND wind <= 41)", "(wind >= 60 AND wind <= 80)"],
        ),
        ({"type": "simple", "symbol": MARK}, []),
    ],
)
def test_classes_become_clauses(body, clauses):
    assert [item.clause for item in classes_of(renderer(body), KINDS)] == clauses


@pytest.mark.parametrize("body", [BREAKS, UNIQUE])
@pytest.mark.parametrize("rest", ["", "year > 1999", "a = 1 OR b = ') AND ('", "(x = 1) AND (y = 2)"])
@pytest.mark.parametrize("chosen", [(), (1,), (0, 2), (0, 1, 2)])
def test_what_was_joined_is_found_again(body, rest, chosen):
    classes = classes_of(renderer(body), KINDS)
    assert split(join(rest, chosen, classes), classes) == (rest, frozenset(chosen))


@pytest.mark.parametrize(
    "expression", ["kind = 'z'", "kind = 'a' AND kind = 'c'", "(x = 1) AND (kind = 'z')"]
)
def test_other_filters_are_no_classes(expression):
    assert split(expression, classes_of(renderer(UNIQUE), KINDS)) == (expression, frozenset())


def swatch(color=(200, 0, 0)):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), color).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def legend(*labels, layer=1, name="Fixes"):
    entries = [{"label": label, "imageData": swatch(), "contentType": "image/png"} for label in labels]
    body = {"layers": [{"layerId": layer, "layerName": name, "legend": entries}]}
    call = Call("GET", "http://x/queryLegends", None)
    return LegendResult(Legend.parse(body).layers, "queryLegends", MapRequest(), call, call.url, Timing(), {})


@pytest.fixture
def explorer():
    land = {"id": 3, "name": "Land", "type": "Feature Layer", "drawingInfo": {"renderer": UNIQUE},
            "fields": [{"name": "kind", "type": "esriFieldTypeString"}]}  # fmt: skip
    return StandIn(layers=[{**FIXES, "drawingInfo": {"renderer": BREAKS}}, land])


@pytest.fixture
def panel(explorer):
    panel = LegendPanel(explorer)
    explorer.reply(legend=legend("calm", "windy"))
    return panel


def test_only_the_layers_of_the_legend_offer_their_classes(panel):
    assert {
        layer_id: [box.description for box in known.boxes] for layer_id, known in panel.lists.items()
    } == {1: ["calm", "windy", "stormy"]}
    shown = [visible(symbol) for symbol in panel.lists[1].symbols]
    assert shown == [True, True, False]


def test_a_ticked_class_filters_its_layer_beside_the_filter_it_has(panel, explorer):
    explorer.parameters.layer_defs = {1: "OBJECTID > 5", 3: "kind = 'a'"}
    boxes = panel.lists[1].boxes
    browser(boxes[1], value=True)
    assert explorer.parameters.layer_defs[1] == "(OBJECTID > 5) AND ((wind > 10 AND wind <= 20.5))"
    browser(boxes[0], value=True)
    assert [box.value for box in boxes] == [True, True, False]
    browser(boxes[1], value=False)
    browser(boxes[0], value=False)
    assert explorer.parameters.layer_defs == {1: "OBJECTID > 5", 3: "kind = 'a'"}


def test_the_ticks_follow_the_filters(panel, explorer):
    explorer.parameters.layer_defs = {3: "kind = 'c' OR kind = 'a'"}
    assert [box.value for box in panel.lists[3].boxes] == [True, False, True]
    explorer.parameters.layer_defs = None
    assert not any(box.value for box in panel.lists[3].boxes)


def test_the_legend_lists_what_is_visible_or_all(panel, explorer):
    choose(panel.listing, "All classes")
    assert explorer.parameters.return_visible_only is False
    explorer.parameters.return_visible_only = True
    assert panel.listing.value == "visible"
    choose(panel.listing, "All classes")
    choose(panel.listing, "What is visible on this map")
    assert explorer.parameters.return_visible_only is None


@pytest.mark.parametrize(
    ("typed", "text"), [("20", "20,20"), ("24,12", "24,12"), ("24 × 12 pt", "24,12"), ("", None)]
)
def test_the_size_of_symbols_is_typed_in_points(panel, explorer, typed, text):
    explorer.parameters.patch_size = "9"
    browser(panel.patch, value=typed)
    size = explorer.parameters.patch_size
    assert (None if size is None else size.to_text()) == text


def test_a_size_that_is_none_says_so(panel, explorer):
    browser(panel.patch, value="-3")
    assert explorer.parameters.patch_size is None
    assert 'role="alert"' in panel.message.value
    assert "Symbol size: expected" in panel.message.value


def prepared(panel, explorer):
    press(panel.prepare)
    while explorer.controller.scheduler.pump():
        pass
    links = re.findall(r'href="data:([^;]+);base64,([^"]+)" download="([^"]+)"', panel.files.value)
    return {name: (kind, base64.b64decode(content)) for kind, content, name in links}


def test_the_legend_is_taken_away_as_tables_and_picture(panel, explorer):
    explorer.reply(legend=legend("calm", "=1+1", "<b>"))
    files = prepared(panel, explorer)
    assert sorted(files) == ["legend.csv", "legend.html", "legend.png"]
    csv = files["legend.csv"][1].decode("utf-8-sig")
    assert csv.splitlines()[0].startswith("layer_id,layer_name")
    assert "'=1+1" in csv
    html = files["legend.html"][1].decode()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    picture = Image.open(io.BytesIO(files["legend.png"][1])).convert("RGB")
    assert (200, 0, 0) in {color for _, color in picture.getcolors(10**6)}


def test_files_of_an_earlier_legend_are_not_offered(panel, explorer):
    assert prepared(panel, explorer)
    explorer.reply(legend=legend("calm"))
    assert not visible(panel.files)


def test_without_a_legend_there_is_nothing_to_take_away(explorer):
    panel = LegendPanel(explorer)
    press(panel.prepare)
    assert "There is no legend yet." in panel.files.value


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [{"id": 1}],
        [{**FIXES, "drawingInfo": "?"}],
        [{**FIXES, "drawingInfo": {"renderer": {"type": "x"}}}],
    ],
)
def test_poor_metadata_does_not_break_the_panel(layers):
    explorer = StandIn(layers=layers)
    panel = LegendPanel(explorer)
    explorer.reply(legend=legend("calm"))
    assert panel.lists == {}
    assert "can be filtered" in panel.note.value
