"""Snippets are run, and the request that arrives is compared with the one that was copied."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess
import sys
from typing import Any

import pytest

from mapexplorer.client import as_curl, as_javascript, as_mapexplorer, as_python, as_url
from mapexplorer.client.snippets import as_served, is_embedded
from mapexplorer.protocol import Call, MapRequest, Operation, url_or_form

from .faults import FaultServer, answer

NASTY = "NAME = 'O''Brien' AND \"x\" <> `id` $(touch x) $HOME \\ & | ; ü € %41 + #"
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {"bbox": (-104, 35.6, -94.32, 41), "bbox_sr": 4326, "size": (600, 550)},
    "quotes and shell characters": {"bbox": (0, 0, 1, 1), "layer_defs": {0: NASTY, 3: "A > 5"}},
    "long": {"bbox": (0, 0, 1, 1), "layer_defs": {0: NASTY * 60}},
    "everything simple": {
        "bbox": (-1.5e7, 0.1, 1e-9, 3e300 / 1e295),
        "bbox_sr": 102100,
        "image_sr": {"wkt": 'GEOGCS["x",UNIT["Degree",0.017]]'},
        "size": 640,
        "dpi": 144.5,
        "map_scale": 5e6,
        "rotation": -45,
        "transparent": True,
        "format": "png32",
        "layers": "exclude:1,2",
        "time": (1199145600000, None),
        "time_relation": "esriTimeRelationWithin",
    },
}


def call_for(server: FaultServer, name: str) -> tuple[MapRequest, Call, dict[str, str]]:
    request = MapRequest(**REQUESTS[name])
    wire = request.encode(Operation.EXPORT, f="json")
    return request, url_or_form(f"{server.url}/export", wire), wire


def run(words: list[str], **environment: str) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=60, env={**os.environ, "no_proxy": "*", **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", REQUESTS)
def test_the_curl_command_sends_the_same_request(server: FaultServer, name: str) -> None:
    _, call, wire = call_for(server, name)
    server.play(answer(b'{"answer": 1}'))
    assert run(shlex.split(as_curl(call).replace("\\\n", ""))) == '{"answer": 1}'
    assert (server.received[0].method, server.received[0].fields) == (call.method, wire)


@pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("sh") is None, reason="curl or sh is not installed"
)
@pytest.mark.parametrize("name", ["plain", "quotes and shell characters", "long"])
def test_the_curl_command_takes_the_token_from_the_environment(server: FaultServer, name: str) -> None:
    _, call, wire = call_for(server, name)
    server.play(answer(b"{}"))
    run(["sh", "-c", as_curl(call, secured=True)], ARCGIS_TOKEN="a+b/c=&d")
    assert server.received[0].method == "POST"
    assert server.received[0].fields == wire | {"token": "a+b/c=&d"}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_python_lines_send_the_same_request(server: FaultServer, name: str) -> None:
    _, call, wire = call_for(server, name)
    server.play(answer(b'{"answer": 1}'))
    assert run([sys.executable, "-c", as_python(call) + "\nprint(answer)"]).strip() == "{'answer': 1}"
    assert (server.received[0].method, server.received[0].fields) == (call.method, wire)


def test_the_python_lines_take_the_token_from_the_environment(server: FaultServer) -> None:
    _, call, wire = call_for(server, "plain")
    server.play(answer(b"{}"))
    run([sys.executable, "-c", as_python(call, secured=True)], ARCGIS_TOKEN="a+b/c=&d")
    assert server.received[0].fields == wire | {"token": "a+b/c=&d"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_javascript_lines_send_the_same_request(server: FaultServer, name: str, secured: bool) -> None:
    _, call, wire = call_for(server, name)
    server.play(answer(b'{"answer": 1}'))
    code = as_javascript(call, secured=secured) + "\nconsole.log(JSON.stringify(answer));"
    words = ["node", "--input-type=module", "-e", code]
    assert run(words, ARCGIS_TOKEN="a+b/c=&d").strip() == '{"answer":1}'
    received = server.received[0]
    assert received.method == ("POST" if secured else call.method)
    assert received.fields == (wire | {"token": "a+b/c=&d"} if secured else wire)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_address_holds_the_whole_request(server: FaultServer, name: str) -> None:
    import requests

    _, call, wire = call_for(server, name)
    server.play(answer(b"{}"))
    requests.get(as_url(call), timeout=5)
    assert server.received[0].fields == wire


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("operation", ["export", "query_legends"])
def test_the_mapexplorer_lines_make_the_same_request(server: FaultServer, name: str, operation: str) -> None:
    request, _, _ = call_for(server, name)
    module = ast.parse(as_mapexplorer(request, server.url, operation=operation, secured=True))
    calls = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    asked = next(
        node for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr == operation
    )
    given = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in asked.keywords}
    assert MapRequest(**given) == request


def test_the_embedded_service_is_named_by_its_sample() -> None:
    text = as_mapexplorer(MapRequest(), "http://embedded.invalid/arcgis/rest/services/usa/MapServer")
    assert "connect('sample:usa')" in text
    assert "result = service.export()" in text
    own = as_mapexplorer(MapRequest(), "http://embedded.invalid/arcgis/rest/services/cities/MapServer")
    assert "connect(data)" in own
    file = as_mapexplorer(
        MapRequest(),
        "http://embedded.invalid/arcgis/rest/services/cities/MapServer",
        target="/maps/cities.gpkg",
    )
    assert "connect('/maps/cities.gpkg')" in file


def test_a_call_inside_the_process_is_written_for_the_address_where_its_map_is_served() -> None:
    call = Call("GET", "http://embedded.invalid/arcgis/rest/services/usa/MapServer/export?f=json")
    assert is_embedded(call.url)
    served = as_served(call, "http://127.0.0.1:8080")
    assert as_url(served) == "http://127.0.0.1:8080/arcgis/rest/services/usa/MapServer/export?f=json"
    assert not is_embedded(served.url)


@pytest.mark.parametrize("field", ["token", "Token", "TOKEN", "access_token", "password", "client_secret"])
def test_secrets_of_a_call_are_left_out(field: str) -> None:
    get = Call("GET", f"https://u:canary@h/a/MapServer/export?f=json&{field}=canary")
    post = Call("POST", "https://h/a/MapServer/export", {"f": "json", field: "canary"})
    for call in (get, post):
        for text in (as_url(call), as_curl(call), as_python(call)):
            assert "canary" not in text
        assert "***" in as_url(call)


def test_an_operation_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="operation"):
        as_mapexplorer(MapRequest(), "https://h/a/MapServer", operation="identify")
