"""The pages of query, identify, find, the legend and all layers, read as a browser would."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from mapexplorer.service import feature_pages
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.feature_pages import FIELDS
from tests.service.conftest import RED, box, collection, fill, layer, simple
from tests.service.test_pages import HOSTILE, Page, page

ASKED = {
    "1/query": {"where": "n > 1", "outFields": "*"},
    "identify": {"geometry": "25,25", "mapExtent": "0,0,100,100", "imageDisplay": "100,100,96"},
    "find": {"searchText": "alert", "layers": "1"},
    "legend": {"size": "30,30"},
}


@pytest.fixture
def service(serve):
    rows = [
        (box(0, 0, 50, 100), {"NAME": HOSTILE[0], "n": 1}),
        (box(0, 0, 40, 90), {"NAME": HOSTILE[2], "n": 2}),
    ]
    named = {**layer(1, "areas.geojson", simple(fill(RED), label="x")), "name": HOSTILE[0]}
    named["drawingInfo"]["renderer"]["label"] = HOSTILE[2]
    return serve([layer(0), named], {"areas.geojson": collection(*rows)})


def shown(service, resource, **parameters) -> Page:
    return page(service, resource, f="html", **parameters)


@pytest.mark.parametrize("resource", ASKED)
def test_without_parameters_there_is_a_form_with_every_one_of_them(service, resource):
    found = shown(service, resource)
    name = resource.rpartition("/")[2]
    assert list(found.fields) == [field.name for field in FIELDS[name]]
    assert found.fields["f"] == "html"
    assert "Error" not in found.text
    assert [form["action"] for form in found.find("form")] == [f"{service.path}/{resource}"]
    assert [button["formmethod"] for button in found.find("button")] == ["get", "post"]
    assert [label["for"] for label in found.find("label")] == list(found.fields)


@pytest.mark.parametrize("resource", ASKED)
def test_the_form_keeps_what_was_asked_and_asks_it_again(service, resource):
    found = shown(service, resource, **ASKED[resource])
    for name, value in ASKED[resource].items():
        assert found.fields[name] == value
    again = {**found.fields, "f": "json"}
    expected = service.json(resource, **ASKED[resource])
    assert "error" not in expected
    assert service.json(resource, **again) == expected
    assert service.client.post(f"{service.path}/{resource}", data=again).json == expected


def test_every_parameter_an_operation_reads_stands_in_its_form():
    folder = Path(feature_pages.__file__).parent / "features"
    reads = re.compile(r'given\.(?:text|read|flag|count|number|reference|names|word)\(\s*"(\w+)"')
    for name, files in {
        "query": ["query.py"],
        "identify": ["identify.py", "results.py"],
        "find": ["find.py", "results.py"],
    }.items():
        found = {match for file in files for match in reads.findall((folder / file).read_text())}
        assert found
        assert found <= {field.name for field in FIELDS[name]}


@pytest.mark.parametrize(
    ("resource", "asked", "told"),
    [
        ("1/query", {"where": "n > 1", "outFields": "*"}, ["Found: 1", "NAME", "Geometry", HOSTILE[2]]),
        ("1/query", {"where": "1=1", "returnCountOnly": "true"}, ["count", "2"]),
        ("1/query", {"where": "1=1", "returnIdsOnly": "true"}, ["objectIds", "[1,2]"]),
        ("1/query", {"where": "n > 9"}, ["Found: 0"]),
        ("1/query", {"where": "1=1", "resultRecordCount": "1"}, ["Found: 1", "one answer does not hold"]),
        ("identify", ASKED["identify"], ["Found: 2", HOSTILE[0]]),
        ("find", ASKED["find"], ["Found: 2", HOSTILE[0], HOSTILE[2]]),
        ("legend", {"dpi": "96"}, [HOSTILE[0], HOSTILE[2]]),
        ("layers", {}, ["All layers", HOSTILE[0], "NAME", "Group 0"]),
    ],
)
def test_a_page_tells_what_was_found(service, resource, asked, told):
    found = shown(service, resource, **asked)
    for text in told:
        assert text in found.text


@pytest.mark.parametrize(
    ("resource", "asked", "told"),
    [
        ("1/query", {"where": "nothing = 1"}, "where"),
        ("1/query", {"geometry": HOSTILE[1]}, "geometry: "),
        ("identify", {"geometry": "1,1"}, "mapExtent: is required"),
        ("find", {"searchText": HOSTILE[0]}, "layers: is required"),
        ("legend", {"size": "99999,1"}, "size: "),
    ],
)
def test_a_fault_is_told_above_the_form_that_keeps_the_value(service, resource, asked, told):
    found = shown(service, resource, **asked)
    assert "Error 400" in found.text
    assert told in found.text
    for name, value in asked.items():
        assert found.fields[name] == value


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("resource", ASKED)
def test_no_value_becomes_markup(service, resource, text):
    for field in FIELDS[resource.rpartition("/")[2]]:
        if field.name != "f":
            found = shown(service, resource, **{**ASKED[resource], field.name: text})
            assert found.fields[field.name] == text


def test_the_pages_are_held_to_themselves_and_lead_to_each_other(service):
    for resource in ("layers", *ASKED):
        policy = service.get(resource, f="html").headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
    links = {link["href"] for link in shown(service, "").find("a")}
    for resource in ("layers", "legend", "identify", "find"):
        assert any(link.endswith(f"/{resource}?f=html") for link in links)
    inner = [link["href"] for link in shown(service, "1").find("a") if "/1/query" in link["href"]]
    assert "Query" in Page(service.client.get(inner[0]).text).text


def test_the_swatches_of_the_legend_are_shown(service):
    source = shown(service, "legend", size="30,30").find("img")[0]["src"]
    body = service.json("legend", size="30,30")
    entry = body["layers"][0]["legend"][0]
    assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == base64.b64decode(
        entry["imageData"]
    )


def test_a_secured_service_gives_the_token_to_the_forms(service):
    client = Client(MapServiceApp(service.app.catalogs, token="a&b"))
    for resource in ASKED:
        answer = client.get(f"{service.path}/{resource}", query_string={"f": "html", "token": "a&b"})
        assert Page(answer.text).fields["token"] == "a&b"


def test_without_f_the_answer_is_json_as_before(service):
    for resource, asked in ASKED.items():
        assert service.get(resource, **asked).content_type == "application/json"
    assert service.fault("1/query", f="xml", where="1=1")
