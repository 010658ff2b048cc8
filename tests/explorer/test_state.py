"""The state of an explorer: into JSON, links, files and code, and back; nothing is lost by a bad one."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mapexplorer
from mapexplorer.client import MapService
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.opening import Opened
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.explorer.state import LONGEST, State, StateError, portable_target
from mapexplorer.protocol import PARAMETERS, LayerSelection

from .conftest import Bench
from .fake_service import FakeService
from .panels.stand_in import browser

PAGE = "http://127.0.0.1:8866/voila/render/explorer.ipynb"
EMPTY = {"mapexplorer": 1, "target": None, "parameters": {}, "view": {}}
SQUARE = '{"rings":[[[0,0],[0,9],[9,9],[0,0]]]}'
VALUES: dict[str, Any] = {
    "bbox": (-104, 35.6, -94.32, 41),
    "bbox_sr": 4326,
    "size": (600, 550),
    "image_sr": 3857,
    "dpi": 120.5,
    "map_scale": 5e6,
    "rotation": -12.25,
    "format": "png32",
    "transparent": False,
    "layers": "exclude:1",
    "layer_defs": {0: "name = 'O''Hara' AND x < 5"},
    "time": "1117584000000,null",
    "time_relation": "esriTimeRelationAfterStartOverlapsEnd",
    "layer_time_options": {0: {"useTime": False}},
    "historic_moment": 1199145600000,
    "gdb_version": "sde.USER1",
    "map_range_values": [{"name": "speed", "value": [None, 7]}],
    "layer_range_values": {1: [{"name": "speed", "value": 3}]},
    "layer_parameter_values": {1: {"POP": [1, 2]}},
    "spatial_filter": f'{{"geometryType":"esriGeometryPolygon","geometry":{SQUARE}}}',
    "clipping": f'{{"geometryType":"esriGeometryPolygon","geometry":{SQUARE},"excludedLayers":[1]}}',
    "selection_definitions": '[{"layerId":0,"objectIds":[1,2]}]',
    "dynamic_layers": '[{"id":5,"source":{"type":"mapLayer","mapLayerId":0}}]',
    "datum_transformations": [1623],
    "return_visible_only": False,
    "patch_size": (20, 10),
    "f": "json",
}


def test_the_table_of_values_is_complete() -> None:
    assert set(VALUES) == {row.name for row in PARAMETERS}


@pytest.mark.parametrize("name", VALUES)
def test_every_parameter_goes_into_the_state_and_comes_back(make: Callable[..., Bench], name: str) -> None:
    bench = make(**{name: VALUES[name]})
    given = bench.explorer.parameters.given()
    state = json.loads(json.dumps(bench.explorer.state))
    bench.explorer.parameters.update(**dict.fromkeys(given))
    for form in (state, json.dumps(state), "#" + State.of(state).to_fragment()):
        bench.explorer.state = form
        assert bench.explorer.parameters.given() == given


def test_a_state_is_shown_as_one_change(bench: Bench) -> None:
    state = bench.explorer.state
    bench.explorer.parameters.update(dpi=120, rotation=30)
    bench.explorer.parameters.layers = [1]
    bench.settle()
    asked = len(bench.service.exports)
    bench.explorer.state = state
    bench.settle()
    assert bench.explorer.state == state
    assert len(bench.service.exports) <= asked + 1
    assert bench.explorer.history.past == 3
    bench.explorer.undo()
    assert bench.explorer.parameters.dpi == 120


def test_the_state_is_small_and_says_what_is_shown(wire: object) -> None:
    explorer = mapexplorer.explore("sample:usa", layers=[0])
    try:
        explorer.wait()
        state = explorer.state
        assert state["target"] == "sample:usa"
        assert state["parameters"]["layers"] == "show:0"
        assert state["view"] == {"panel": next(iter(explorer.panels))}
        assert len(State.of(state).to_fragment()) < 400
    finally:
        explorer.close()


def test_the_panel_in_front_is_part_of_it(bench: Bench) -> None:
    bench.explorer.tabs.selected_index = 2
    state = bench.explorer.state
    bench.explorer.tabs.selected_index = 0
    bench.explorer.state = state
    assert bench.explorer.tabs.selected_index == 2


@pytest.mark.parametrize(
    ("target", "url", "named"),
    [
        ("sample:storms", "http://embedded.invalid/arcgis/rest/services/storms/MapServer", "sample:storms"),
        ("https://a.example/x/MapServer?token=SECRET", "https://a.example/x/MapServer", "https://a.example/x/MapServer"),
        ("rivers.gpkg", "http://embedded.invalid/arcgis/rest/services/rivers/MapServer", "rivers.gpkg"),
        (Path("maps") / "map.json", "http://embedded.invalid/x/MapServer", str(Path("maps/map.json"))),
        ({"Rivers": object()}, "http://embedded.invalid/x/MapServer", None),
        (object(), "https://a.example/x/MapServer", "https://a.example/x/MapServer"),
    ],
)  # fmt: skip
def test_targets_are_named_so_that_they_open_elsewhere(target: Any, url: str, named: str | None) -> None:
    assert portable_target(target, url) == named


def test_a_token_is_never_part_of_it(bench: Bench) -> None:
    service = MapService("https://a.example/x/MapServer", token="SECRET")
    bench.explorer._opened = Opened(
        service, "https://a.example/x/MapServer?token=SECRET", bench.service.info, ()
    )
    assert "SECRET" not in json.dumps(bench.explorer.state)
    code = bench.explorer.to_code()
    assert "SECRET" not in code
    assert "os.environ['ARCGIS_TOKEN']" in code


def packed(content: bytes) -> str:
    return "#state=" + base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


BAD: dict[str, tuple[Any, str]] = {
    "nothing": ("", "valid JSON"),
    "no JSON": ("{", "valid JSON"),
    "a list": ([], "JSON object"),
    "a number": (5, "JSON object"),
    "another program's": ({"a": 1}, "not a state of mapexplorer"),
    "a later version": ({**EMPTY, "mapexplorer": 2}, "not a state of mapexplorer"),
    "an unknown entry": ({**EMPTY, "code": "x"}, "code"),
    "a wrong target": ({**EMPTY, "target": 5}, "target"),
    "an unknown parameter": ({**EMPTY, "parameters": {"size2": "1"}}, "size2"),
    "a parameter that is no text": ({**EMPTY, "parameters": {"dpi": 5}}, "dpi"),
    "a value that does not fit": ({**EMPTY, "parameters": {"dpi": "-5"}}, "dpi"),
    "no parameters": ({"mapexplorer": 1, "parameters": None}, "parameters"),
    "a wrong view": ({**EMPTY, "view": {"panel": 5}}, "view"),
    "a damaged link": ("#state=eNp!!", "damaged"),
    "half a link": (packed(json.dumps(EMPTY).encode())[:-8], "damaged"),
    "a link that unpacks without end": (packed(b" " * 50_000_000), "damaged"),
    "a link that is not text": (packed(b"\xff\xfe"), "damaged"),
    "a link without end": ("#state=" + "A" * 1_000_000, "damaged"),
    "a text without end": ("{" + "x" * LONGEST, "too long"),
    "keys twice": ('{"mapexplorer":1,"mapexplorer":1}', "mapexplorer"),
    "deep nesting": ("[" * 10_000, "valid JSON|nests"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_state_is_refused_in_a_sentence_and_nothing_is_lost(bench: Bench, kind: str) -> None:
    value, told = BAD[kind]
    before = bench.explorer.state
    with pytest.raises(StateError, match=told) as refused:
        bench.explorer.state = value
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400
    assert bench.explorer.state == before
    assert bench.explorer.history.past == 0


def test_a_service_that_cannot_be_opened_leaves_the_old_one(bench: Bench) -> None:
    before = bench.explorer.state
    with pytest.raises(ValueError, match="there is no"):
        bench.explorer.state = {**EMPTY, "target": "missing.gpkg"}
    assert bench.explorer.state == before


def test_it_is_saved_and_loaded(bench: Bench, tmp_path: Path) -> None:
    bench.explorer.parameters.rotation = 15
    file = bench.explorer.save(tmp_path / "view.json")
    bench.explorer.undo()
    bench.explorer.load(file)
    assert bench.explorer.parameters.rotation == 15


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b" " * 5 * LONGEST])
def test_a_file_that_is_no_state_is_refused(bench: Bench, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "view.json"
    file.write_bytes(content)
    with pytest.raises(StateError):
        bench.explorer.load(file)


def run(code: str) -> MapExplorer:
    names: dict[str, Any] = {}
    exec(code, names)  # the code that the explorer wrote
    made: MapExplorer = names["explorer"]
    return made


@pytest.mark.parametrize("absent", [(), ("time",), ("image_sr", "time")])
def test_the_code_rebuilds_the_view(wire: object, absent: tuple[str, ...]) -> None:
    values = {name: value for name, value in VALUES.items() if name != "layer_time_options"}
    explorer = mapexplorer.explore("sample:storms", **values)
    explorer.parameters.update(**dict.fromkeys(absent))
    rebuilt = run(explorer.to_code())
    try:
        assert rebuilt.state == explorer.state
    finally:
        explorer.close()
        rebuilt.close()


def test_code_for_tables_names_them_data(wire: object) -> None:
    import geopandas
    from shapely.geometry import Point

    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=4326)
    explorer = MapExplorer({"Points": frame}, scheduler=ManualScheduler())
    try:
        assert "explore(\n    data," in explorer.to_code()
        assert explorer.state["target"] is None
        explorer.state = {**explorer.state, "parameters": {"dpi": "120"}}
        assert explorer.parameters.given() == {"dpi": 120.0}
    finally:
        explorer.close()


# ---- the address of the page


def go(bench: Bench, address: str) -> None:
    """Write the address as the script of the page does."""
    browser(bench.explorer.address.heard, value=address)
    bench.settle()


def test_a_link_is_there_where_the_page_has_an_address(bench: Bench) -> None:
    assert bench.explorer.link is None
    go(bench, f"{PAGE}?token=SECRET&voila=1")
    bench.explorer.parameters.rotation = 15
    bench.settle()
    link = bench.explorer.link
    assert link is not None
    assert link.startswith(f"{PAGE}?voila=1#state=")
    assert link in bench.explorer.address.told.value
    bench.explorer.undo()
    go(bench, link)
    assert bench.explorer.parameters.rotation == 15


@pytest.mark.parametrize("kind", [kind for kind in BAD if isinstance(BAD[kind][0], str) and BAD[kind][0]])
def test_a_bad_link_is_explained_and_nothing_is_lost(bench: Bench, kind: str) -> None:
    text, _ = BAD[kind]
    before = bench.explorer.state
    browser(
        bench.explorer.address.heard,
        value=f"{PAGE}#{'' if text.startswith('#') else 'state='}{text.lstrip('#')}",
    )
    assert bench.explorer.status.text
    assert bench.explorer.state == before


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://[", "", "about:blank", "file:///x#state=1"]
)
def test_other_addresses_count_as_none(bench: Bench, address: str) -> None:
    go(bench, address)
    assert bench.explorer.link is None


@pytest.mark.parametrize("target", ["https://elsewhere.example/x/MapServer", "/etc/passwd", "map.json"])
def test_a_link_opens_no_service_without_consent(
    bench: Bench, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr("mapexplorer.explorer.explorer.open_service", refuse)
    monkeypatch.setattr("mapexplorer.explorer.restoring.open_service", refuse)
    before = bench.explorer.service
    go(bench, f"{PAGE}#{State(target).to_fragment()}")
    assert bench.explorer.service is before
    assert target in bench.explorer.panels["SharePanel"].json.value  # type: ignore[attr-defined]
    assert bench.explorer.tabs.front == "SharePanel"


def test_a_link_to_a_demo_opens_it(bench: Bench) -> None:
    go(bench, f"{PAGE}#{State('sample:usa', {'layers': LayerSelection.of([0])}).to_fragment()}")
    bench.scheduler.run_job()
    bench.settle()
    assert bench.explorer.target == "sample:usa"
    assert bench.explorer.answer is not None
    assert bench.explorer.answer.export is not None
    assert list(bench.explorer.parameters.given()) == ["layers"]


def test_a_view_that_is_too_large_for_a_link_has_none(bench: Bench) -> None:
    import random

    go(bench, PAGE)
    words = random.Random(1)
    text = "".join(chr(words.randrange(0x4E00, 0x9FFF)) for _ in range(20_000))
    bench.explorer.parameters.layer_defs = {0: f"name = '{text}'"}
    assert bench.explorer.link is None
    assert "too large" in bench.explorer.panels["SharePanel"].no_link.value or bench.explorer.address.page  # type: ignore[attr-defined]


def test_the_service_is_kept_when_the_state_is_for_the_same(make: Callable[..., Bench]) -> None:
    service = FakeService()
    bench = make(service)
    bench.explorer.state = bench.explorer.state
    assert bench.explorer.service is service
