"""The pages of export and queryLegends, read with an HTML parser as a browser would."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from werkzeug.test import Client

from mapexplorer.protocol import PARAMETERS, Operation
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.markup import escape, tag

from .conftest import RED, box, collection, fill, layer, simple

FRAME = {"bbox": "0,0,100,100", "size": "60,40"}
HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover=alert(1) x="',
    "'><img src=x onerror=alert(1)>",
    "</textarea><b>",
]
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "thead",
        "th",
        "p",
        "a",
        "img",
        "dl",
        "dt",
        "dd",
        "form",
        "div",
        "label",
        "input",
        "select",
        "option",
        "textarea",
        "span",
        "button",
        "ul",
        "li",
        "table",
        "tbody",
        "tr",
        "td",
    ]
)


class Page(HTMLParser):
    """The elements of a page, its text by element, and the values of its fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.fields: dict[str, str] = {}
        self._inside: tuple[str, str] | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        assert tag in TAGS, tag
        assert not [name for name in values if name.startswith("on") or name == "style"]
        self.elements.append((tag, values))
        if tag == "input":
            self.fields[values["name"]] = values.get("value") or ""
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and "selected" in values:
            self.fields[self._select] = values["value"]
        elif tag == "textarea":
            self.fields[values["name"]] = ""
            self._inside = ("textarea", values["name"])

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.fields[self._inside[1]] = self.fields[self._inside[1]].removeprefix("\n")
            self._inside = None

    def handle_data(self, data):
        if self._inside:
            self.fields[self._inside[1]] += data
        else:
            self.text += data

    def find(self, name: str) -> list[dict[str, str | None]]:
        return [values for element, values in self.elements if element == name]


@pytest.fixture
def service(serve):
    areas = collection((box(0, 0, 50, 100), {"NAME": "a"}))
    named = {**layer(1, "areas.geojson", simple(fill(RED))), "name": HOSTILE[0]}
    named["drawingInfo"]["renderer"]["label"] = HOSTILE[2]
    return serve([named], {"areas.geojson": areas})


def page(service, resource: str = "export", **parameters) -> Page:
    answer = service.get(resource, **parameters)
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    return Page(answer.text)


def test_export_without_f_is_a_page_with_the_picture_and_its_facts(service):
    shown = page(service, **FRAME)
    assert "Export Map" in shown.text
    source = shown.find("img")[0]["src"]
    picture = service.client.get(source.removeprefix("http://localhost"))
    assert picture.data == service.get("export", f="image", **FRAME).data
    body = service.json("export", **FRAME)
    for fact in (
        "Width:",
        "60",
        "Height:",
        "40",
        "XMin: -25.0",
        "XMax: 125.0",
        "102100 (3857)",
        repr(body["scale"]),
    ):
        assert fact in shown.text


def test_the_facts_of_a_reference_by_text_are_its_text(service):
    wkt = (
        'GEOGCS["x",DATUM["D",SPHEROID["S",6378137,298.25]],PRIMEM["Greenwich",0],'
        'UNIT["Degree",0.0174532925199433]]'
    )
    shown = page(service, bbox="0,0,1,1", imageSR=json.dumps({"wkt": wkt}), bboxSR="4326")
    assert "Spatial Reference:" in shown.text
    assert "SPHEROID" in shown.text


@pytest.mark.parametrize("operation", list(Operation))
def test_the_form_has_every_parameter_and_a_button_for_each_way_to_ask(service, operation):
    shown = page(service, operation.value, f="html", **FRAME)
    assert list(shown.fields) == [row.wire for row in PARAMETERS if operation in row.operations]
    assert [button["formmethod"] for button in shown.find("button")] == ["get", "post"]
    assert [form["action"] for form in shown.find("form")] == [f"{service.path}/{operation.value}"]
    labels = [label["for"] for label in shown.find("label")]
    assert labels == list(shown.fields)


def test_the_form_is_filled_with_what_was_asked(service):
    asked = {
        **FRAME,
        "layerDefs": '{"1":"NAME = \'a\' AND 1 < 2"}',
        "FORMAT": "GIF",
        "transparent": "True",
        "f": "html",
    }
    fields = page(service, **asked).fields
    assert fields["layerDefs"] == asked["layerDefs"]
    assert (fields["bbox"], fields["size"], fields["format"], fields["transparent"]) == (
        "0,0,100,100",
        "60,40",
        "gif",
        "true",
    )
    assert fields["dpi"] == ""


def test_what_the_form_sends_gives_the_same_picture_by_get_and_post(service):
    asked = {**FRAME, "layerDefs": '{"1":"NAME = \'a\'"}', "rotation": "30"}
    sent = {**page(service, **asked).fields, "f": "image"}
    expected = service.get("export", f="image", **asked).data
    assert service.get("export", **sent).data == expected
    assert service.client.post(f"{service.path}/export", data=sent).data == expected


def test_without_parameters_the_page_tells_what_is_missing_above_a_form_that_works(service):
    shown = page(service)
    assert "bbox: is required" in shown.text
    assert not shown.find("img")
    assert service.get("export", **{**shown.fields, "f": "image"}).content_type == "image/png"


@pytest.mark.parametrize(
    ("resource", "parameters", "told"),
    [
        ("export", {"bbox": "1,2,3"}, "bbox: "),
        ("export", {**FRAME, "format": "tiff"}, "format: "),
        ("export", {**FRAME, "f": "HTML", "size": "0,1"}, "size: "),
        ("queryLegends", {**FRAME, "f": "html", "patchSize": "-1"}, "patchSize: "),
    ],
)
def test_a_bad_value_is_told_on_the_page_and_stays_in_its_field(service, resource, parameters, told):
    shown = page(service, resource, **parameters)
    assert told in shown.text
    for name, value in parameters.items():
        if name != "f":
            assert shown.fields[name] == value


def test_an_unknown_f_is_an_envelope(service):
    assert service.fault(**FRAME, f="xml")


def test_an_internal_fault_is_told_without_what_went_wrong(service, monkeypatch):
    from mapexplorer.service import operations

    monkeypatch.setattr(operations, "export", lambda *_: 1 / 0)
    shown = page(service, **FRAME)
    assert "Error 500" in shown.text
    assert "division" not in shown.text


@pytest.mark.parametrize("f", ["json", "image", "kmz"])
def test_only_who_asks_for_a_page_has_its_form_made(service, monkeypatch, f):
    from mapexplorer.service import pages

    monkeypatch.setattr(pages, "form_of", lambda *_, **__: 1 / 0)
    assert service.get("/export", **FRAME, f=f).status_code == 200


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.wire)
def test_no_value_becomes_markup(service, row, text):
    if row.name == "f":
        return
    shown = page(service, "export", **{**FRAME, row.wire: text})
    if Operation.EXPORT in row.operations:
        assert shown.fields[row.wire] == text


def test_names_and_labels_of_a_legend_are_text(service):
    shown = page(service, "queryLegends", f="html", **FRAME)
    assert HOSTILE[0] in shown.text
    assert HOSTILE[2] in shown.text
    assert all(image["src"].startswith("data:image/png;base64,") for image in shown.find("img"))


def test_a_page_may_load_nothing_but_its_pictures_and_its_one_style_sheet(service):
    answer = service.get("export", **FRAME)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "'self' data:"
    assert policy["form-action"] == "'self'"
    assert policy["style-src"].startswith("'sha256-")
    assert "script-src" not in policy
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("png32", True), ("svg", True), ("pdf", False), ("svgz", False), ("ps", False), ("emf", False)],
)
def test_pictures_that_browsers_do_not_show_are_linked(service, name, shown):
    found = page(service, **FRAME, format=name)
    assert bool(found.find("img")) == shown
    assert re.fullmatch(r"http://localhost/arcgis/output/[0-9a-f]{32}\.\w+", found.find("a")[0]["href"])


def test_the_token_of_a_secured_service_goes_with_form_and_picture(service):
    client = Client(MapServiceApp(service.app.catalogs, token="a&b"))
    shown = Page(client.get(f"{service.path}/export", query_string={**FRAME, "token": "a&b"}).text)
    assert shown.fields["token"] == "a&b"
    address = shown.find("img")[0]["src"]
    assert address.endswith("?token=a%26b")
    assert client.get(address.removeprefix("http://localhost")).content_type == "image/png"


def test_what_is_no_character_is_replaced():
    assert escape("a\0b\x1b\ud800c") == "a\ufffdb\ufffd\ufffdc"
    assert (
        tag("p", tag("b", "<"), "&", title='"', hidden=True, class_=None)
        == '<p title="&quot;" hidden><b>&lt;</b>&amp;</p>'
    )
