from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from PIL import Image

from mapexplorer.client.reply import Timing
from mapexplorer.explorer.panels import PANELS, RequestPanel
from mapexplorer.explorer.panels.request_table import (
    answer_text,
    explanation,
    parameter_table,
    picture_facts,
    sent,
    size,
)
from mapexplorer.explorer.panels.timing_bars import duration, phases, timing_bars
from mapexplorer.protocol import PARAMETERS, Call, MapRequest, Operation, ResponseFormat, url_or_form

from .stand_in import StandIn, browser, choose, visible

URL = "http://127.0.0.1/arcgis/rest/services/x/MapServer"
EMBEDDED = "http://embedded.invalid/arcgis/rest/services/storms/MapServer"


@pytest.fixture
def panel(explorer):
    return RequestPanel(explorer)


def result(request, operation, url=URL, **more):
    call = url_or_form(f"{url}/{operation.value}", request.encode(operation, f="json"))
    facts = {
        "timing": Timing(0.2, 0.05, 0.3, 45_678, 0.12),
        "body": {"scale": 5, "imageData": "A" * 5000},
        "note": None,
    }
    return SimpleNamespace(layers=(), call=call, source="queryLegends", **facts, **more)


def answered(explorer, previous=None, url=URL):
    request = explorer.request()
    facts = {"width": 800, "height": 600, "content_type": "image/png", "scale": 5.0}
    export = result(request, Operation.EXPORT, url, **facts)
    explorer.reply(export=export, legend=result(request, Operation.QUERY_LEGENDS, url), previous=previous)


def plain(place):
    return place.value.replace("<wbr>", "")


def test_before_the_first_answer_there_is_nothing(panel):
    assert visible(panel._empty)
    assert not visible(panel._details)


def test_both_requests_are_shown_with_times_and_sizes(panel, explorer):
    explorer.parameters.dpi = 120
    answered(explorer)
    assert "export" in panel.url.value
    for words in ("GET", "45.7 kB", "300 ms", "800 × 600 px", "image/png"):
        assert words in panel.summary.value
    assert "<code>dpi</code>" in panel.table.value
    assert 'title="Dots per inch' in panel.table.value
    choose(panel.operation, "queryLegends")
    assert "queryLegends" in panel.url.value


def test_what_changed_is_marked(panel, explorer):
    explorer.parameters.update(dpi=96, rotation=5)
    before = explorer.request()
    explorer.parameters.update(dpi=120, rotation=None, layers="show:1")
    answered(explorer, previous=before)
    table = panel.table.value
    rows = {row.split("</code>")[0].rsplit(">", 1)[-1]: row for row in table.split("<tr")[1:]}
    assert {name for name, row in rows.items() if "me-changed" in row} == {"dpi", "layers", "rotation"}
    assert "no longer sent" in rows["rotation"]


def test_the_first_request_marks_nothing(panel, explorer):
    answered(explorer)
    assert "me-changed" not in panel.table.value


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("Python, mapexplorer", "service.export("),
        ("Python, requests", "import requests"),
        ("JavaScript", "await fetch("),
        ("curl", "curl"),
        ("URL", f"{URL}/export?bbox=0,0,10,10&f=json"),
    ],
)
def test_the_request_is_written_in_several_languages(panel, explorer, language, words):
    answered(explorer)
    choose(panel.language, language)
    assert words in panel.snippet.value


@pytest.mark.parametrize("language", ["Python, mapexplorer", "Python, requests", "JavaScript", "curl"])
def test_code_for_a_secured_service_takes_the_token_from_the_environment(panel, explorer, language):
    explorer.service.secured = True
    answered(explorer)
    choose(panel.language, language)
    assert "ARCGIS_TOKEN" in panel.snippet.value


@pytest.mark.parametrize("language", ["Python, requests", "JavaScript", "curl", "URL"])
@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("sample:storms", "mapexplorer serve sample:storms --port 8080"),
        ("/maps/my rivers.gpkg", "mapexplorer serve &#x27;/maps/my rivers.gpkg&#x27; --port 8080"),
        (None, "These tables live in this session only"),
    ],
)
def test_code_for_a_map_of_this_session_says_how_other_programs_reach_it(
    panel, explorer, language, target, words
):
    explorer.target = target
    explorer.service.url = EMBEDDED
    answered(explorer, url=EMBEDDED)
    choose(panel.language, language)
    assert "http://127.0.0.1:8080/arcgis/rest/services/storms/MapServer/export" in panel.snippet.value
    assert "embedded.invalid" not in panel.snippet.value
    assert words in panel.serving.value
    assert ("--cors" in panel.serving.value) == (language == "JavaScript" and target is not None)


@pytest.mark.parametrize(
    ("target", "written"), [("/maps/rivers.gpkg", "connect('/maps/rivers.gpkg')"), (None, "connect(data)")]
)
def test_python_for_a_map_of_this_session_opens_what_was_opened(panel, explorer, target, written):
    explorer.target = target
    explorer.service.url = "http://embedded.invalid/arcgis/rest/services/rivers/MapServer"
    answered(explorer)
    assert written in panel.snippet.value
    assert visible(panel.serving) == (target is None)


def test_the_legend_is_written_as_a_legend(panel, explorer):
    answered(explorer)
    choose(panel.operation, "queryLegends")
    assert "service.query_legends(" in panel.snippet.value


def test_the_response_opens_and_cuts_long_texts(panel, explorer):
    answered(explorer)
    assert not visible(panel.response)
    browser(panel.opened, value=True)
    assert "5,000 characters" in panel.response.value
    assert len(panel.response.value) < 1000


def test_a_failure_shows_what_was_asked_and_the_sentence(panel, explorer):
    explorer.fail("The service reports (400): <b>no</b>")
    assert "&lt;b&gt;no&lt;/b&gt;" in panel.summary.value
    assert f"{URL}/export?bbox=0,0,10,10&amp;f=json" in plain(panel.url)
    assert panel.opened.disabled


def test_each_parameter_is_explained_with_its_version_and_the_reference(panel, explorer):
    explorer.parameters.clipping = (
        '{"geometryType":"esriGeometryEnvelope","geometry":{"xmin":0,"ymin":0,"xmax":5,"ymax":5}}'
    )
    answered(explorer)
    row = next(row for row in panel.table.value.split("<tr") if "<code>clipping</code>" in row)
    assert "Draw nothing outside a polygon" in row
    assert "Since 10.8." in row
    assert 'href="https://developers.arcgis.com/rest/services-reference/enterprise/export-map/"' in row
    assert 'rel="noopener noreferrer"' in row
    browser(panel.explain, value=False)
    assert "me-hint" not in panel.table.value


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda row: row.name)
def test_every_parameter_has_a_page_in_the_reference(parameter):
    assert parameter.help.rstrip(".") in explanation(parameter)


def test_bars_show_waiting_drawing_and_transfer_one_after_the_other(panel, explorer):
    answered(explorer)
    bars = panel.summary.value.partition("me-bars")[2]
    rows = re.findall(r">(\w+)</th>.*?margin-left:([\d.]+)%;width:([\d.]+)%.*?me-bar-time\">(\d+ ms)<", bars)
    assert rows == [
        ("Waiting", "0.0", "26.7", "80 ms"), ("Drawing", "26.7", "40.0", "120 ms"),
        ("Transfer", "66.7", "16.7", "50 ms"), ("Checking", "83.3", "16.7", "50 ms"),
    ]  # fmt: skip


def test_a_service_that_does_not_tell_its_drawing_has_no_bar_for_it():
    assert [name for name, _, _ in phases(Timing(0.2, 0.1, 0.3))] == ["Waiting", "Transfer", "Checking"]
    assert "Waiting" in timing_bars(Timing())


def test_the_form_of_the_answer_is_chosen(panel, explorer):
    answered(explorer)
    choose(panel.form, "image: the picture alone")
    assert explorer.parameters.f is ResponseFormat.IMAGE
    choose(panel.form, "As it is best for the map (json)")
    assert explorer.parameters.f is None
    explorer.parameters.f = "kmz"
    assert panel.form.value == "kmz"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("RGBA", (8, 6)), "image/png, 8 × 6 px, 3 bytes, 32 bits a pixel, with transparency"),
        (Image.new("RGB", (8, 6)), "24 bits a pixel, opaque"),
        (Image.new("P", (8, 6)), "up to 256 colours, opaque"),
    ],
)
def test_the_facts_of_a_picture(image, words):
    facts = SimpleNamespace(content=b"abc", content_type="image/png", width=8, height=6, image=image)
    assert words in picture_facts(facts)
    assert picture_facts(SimpleNamespace()) is None


def test_long_requests_are_forms():
    call = Call("POST", f"{URL}/export", {"layerDefs": "x" * 5000, "token": "secret"})
    table = parameter_table(sent(call), None, Operation.EXPORT, explain=False)
    assert "5,000 characters" in table
    assert "secret" not in table


def test_values_are_text_only():
    texts = {"layerDefs": "<script>", "<b>": "x"}
    table = parameter_table(texts, MapRequest(layer_defs={1: "<i>"}), Operation.EXPORT, explain=True)
    assert "<script>" not in table
    assert "<b>" not in table
    assert "<i>" not in table


@pytest.mark.parametrize("body", [{"a": float("nan")}, [], None, "x", {"token": "secret"}])
def test_any_answer_can_be_shown(body):
    assert "secret" not in answer_text(body)


@pytest.mark.parametrize(("count", "text"), [(999, "999 bytes"), (1500, "1.5 kB"), (2_345_678, "2.35 MB")])
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0124, "12 ms"), (1.234, "1.23 s")])
def test_durations(seconds, text):
    assert duration(seconds) == text


# ---- what all panels have in common


@pytest.mark.parametrize("kind", PANELS)
def test_a_panel_stands_alone_with_its_style(kind, explorer):
    panel = kind(explorer)
    assert {"mapexplorer", "me-panel"} <= set(panel.widget._dom_classes)
    assert panel.title
    assert "application/vnd.jupyter.widget-view+json" in panel._repr_mimebundle_()
    panel.close()
    answered(explorer)


@pytest.mark.parametrize("kind", PANELS)
@pytest.mark.parametrize(
    ("root", "layers"),
    [
        ({}, []),
        ({"layers": [{"id": 1}], "timeInfo": 5}, [{}]),
        (
            {"layers": [{"id": 1, "parentLayerId": 1, "minScale": "NaN", "name": None}]},
            [{"id": 1, "type": "Feature Layer"}],
        ),
    ],
)
def test_wrong_metadata_never_breaks_a_panel(kind, root, layers):
    explorer = StandIn(root=root, layers=layers)
    panel = kind(explorer)
    answered(explorer)
    explorer.fail("no")
    panel.on_service()


@pytest.mark.parametrize("kind", PANELS)
def test_a_panel_sets_no_parameter_by_itself(kind, explorer):
    heard = []
    explorer.parameters.watch(lambda change: heard.append(change.name))
    panel = kind(explorer)
    answered(explorer)
    panel.on_service()
    assert heard == []
