"""The explorer as a whole: parameters, answers, legend, status and services, with threads and without."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest
from ipywidgets.embed import dependency_state
from traitlets import TraitError

import mapexplorer
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.scheduler import LoopScheduler, ThreadScheduler
from mapexplorer.protocol import ParameterError, Unreachable

from .conftest import Bench
from .fake_service import FakeService

Live = Callable[..., MapExplorer]


# ---- what it is made of


def test_importing_the_package_is_quick_and_brings_no_widgets() -> None:
    code = "import sys, mapexplorer; print({'ipywidgets', 'pandas', 'matplotlib'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )


def test_public_names_are_found_when_they_are_used() -> None:
    assert mapexplorer.MapExplorer is MapExplorer
    assert set(mapexplorer.__all__) <= set(dir(mapexplorer))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mapexplorer.nothing  # noqa: B018


def test_the_parts_stand_in_the_page_under_their_class_names(bench: Bench) -> None:
    def classes(widget: Any) -> set[str]:
        found = set(widget._dom_classes)
        for child in getattr(widget, "children", ()):
            found |= classes(child)
        return found

    wanted = {"mapexplorer", "me-header", "me-body", "me-map", "me-legend", "me-panels", "me-status"}
    assert wanted <= classes(bench.explorer)
    assert isinstance(bench.explorer, ipywidgets.VBox)
    assert list(bench.explorer.panels) == [
        "LayersPanel",
        "SymbolsPanel",
        "FiltersPanel",
        "TimePanel",
        "RangesPanel",
        "SpacePanel",
        "SelectPanel",
        "VersionPanel",
        "PicturePanel",
        "LegendPanel",
        "RequestPanel",
        "SharePanel",
    ]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"boxx": 1}, "boxx: is not a parameter"),
        ({"dpi": -1}, "dpi: "),
        ({"layerdefs": {}}, "did you mean layer_defs"),
    ],
)
def test_keywords_that_are_no_parameters_are_refused(
    wire: object, service: FakeService, parameters: dict[str, Any], told: str
) -> None:
    with pytest.raises(TraitError, match=told):
        mapexplorer.explore(service, **parameters)


def test_keywords_are_parameters_of_the_first_request(make: Callable[..., Bench]) -> None:
    bench = make(layers=[1], time=5, bbox=(0, 0, 10, 10))
    bench.settle()
    request = bench.service.exports[0]
    assert (request.layers.ids, request.time.start, request.bbox.width) == ((1,), 5, 10)
    assert len(bench.service.exports) == 1


# ---- answers


def test_picture_and_legend_come_from_one_request(bench: Bench) -> None:
    bench.explorer.parameters.update(layers=[0], time=7)
    bench.settle()
    answer = bench.explorer.answer
    assert bench.service.exports[-1] == bench.service.legends[-1] == answer.request
    assert answer.export.request == answer.legend.request == answer.request
    assert answer.previous == bench.service.exports[0]
    assert answer.error is None


def test_two_hundred_slider_events_are_few_requests_and_the_last_one_is_on_the_map(bench: Bench) -> None:
    before = len(bench.service.exports)
    for step in range(200):
        bench.explorer.parameters.time = step
        bench.scheduler.advance(0.005)
        if bench.scheduler.jobs and step % 10 == 0:
            bench.scheduler.run_job()
    bench.settle()
    assert len(bench.service.exports) - before <= 5
    assert bench.explorer.answer.request.time.start == 199
    assert bench.page.picture.result.request.time.start == 199
    assert bench.page.overlay.url == bench.page.picture.url


def test_the_status_line_names_scale_size_bytes_and_requests(bench: Bench) -> None:
    value = bench.explorer.status.value
    for fact in ("1:4,724,400", "800 × 500 px", "2 requests", 'role="status"'):
        assert fact in value


def test_the_legend_names_layers_out_of_scale_and_says_where_it_comes_from(
    make: Callable[..., Bench],
) -> None:
    service = FakeService()
    service.note = "The service has no queryLegends; this is its static legend."
    bench = make(service)
    bench.settle()
    assert "this is its static legend" in bench.explorer.legend.value
    assert "<bdi>Roads</bdi>" in bench.explorer.legend.value
    assert "Nobody" in bench.explorer.legend.value


def test_a_label_that_looks_like_markup_shows_as_text(make: Callable[..., Bench]) -> None:
    service = FakeService()
    service.labels = ["<img src=x onerror=alert(1)>"]
    bench = make(service)
    bench.settle()
    assert "&lt;img src=x onerror=alert(1)&gt;" in bench.explorer.legend.value
    assert "<img src=x" not in bench.explorer.legend.value


def test_a_failing_legend_leaves_the_last_one_marked_and_shows_the_new_picture(bench: Bench) -> None:
    legend = bench.explorer.legend.value

    def fail(request: Any) -> Any:
        raise Unreachable("No legend today.")

    bench.service.query_legends = fail  # type: ignore[method-assign]
    bench.explorer.parameters.time = 3
    bench.settle()
    assert bench.explorer.legend.value == legend
    assert "me-stale" in bench.explorer.legend._dom_classes
    assert bench.explorer.status.text == "No legend today."
    assert bench.page.picture.result.request.time.start == 3


def test_a_panel_that_stumbles_does_not_stop_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []
    panels = list(bench.explorer.panels.values())
    panels[0].on_answer = lambda answer: 1 / 0  # type: ignore[method-assign]
    panels[1].on_answer = seen.append  # type: ignore[method-assign]
    bench.explorer.parameters.time = 3
    bench.settle()
    assert len(seen) == 1
    assert "could not take an answer" in caplog.text


# ---- services


def test_another_service_takes_what_belongs_to_the_old_one_away(bench: Bench) -> None:
    bench.explorer.parameters.update(
        layers=[1], layer_defs={0: "A = 1"}, time=5, dpi=120, transparent=True, rotation=9
    )
    bench.settle()
    other = FakeService(initialExtent={"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}, mapName="Other")
    bench.explorer.open(other, time=8)
    bench.settle()
    given = bench.explorer.parameters.given()
    assert {name: given[name] for name in ("time", "dpi", "transparent")}.keys() == {
        "time",
        "dpi",
        "transparent",
    }
    assert not {"layers", "layer_defs", "rotation"} & set(given)
    assert len(other.exports) == 1
    assert other.exports[0].time.start == 8
    assert other.exports[0].bbox.width == 10
    assert bench.explorer.service is other
    assert bench.explorer.answer.export.request is other.exports[0]


def test_a_format_that_the_other_service_lacks_is_taken_away(bench: Bench) -> None:
    bench.explorer.parameters.format = "gif"
    bench.explorer.open(FakeService(supportedImageFormatTypes="PNG,JPG"))
    assert bench.explorer.parameters.format is None


@pytest.mark.parametrize("parameters", [{"boxx": 1}, {"dpi": -1}])
def test_a_bad_keyword_keeps_the_old_service(bench: Bench, parameters: dict[str, Any]) -> None:
    with pytest.raises(TraitError):
        bench.explorer.open(FakeService(), **parameters)
    assert bench.explorer.service is bench.service


def enter(box: Any, text: str) -> None:
    """Type into a box and press Enter, as the browser tells it."""
    box.set_state({"value": text})
    box._handle_custom_msg({"event": "submit"}, [])


def test_an_address_that_cannot_be_opened_keeps_the_old_service_and_says_so(bench: Bench) -> None:
    enter(bench.explorer.header.address, "/no/such/file.gpkg")
    bench.scheduler.run_job()
    assert bench.explorer.service is bench.service
    assert "file.gpkg" in bench.explorer.status.value
    assert "me-error" in bench.explorer.status.value
    assert 'role="alert"' in bench.explorer.status.value


def test_the_header_offers_the_demo_services(bench: Bench) -> None:
    assert [value for _, value in bench.explorer.header.chooser.options][:-1] == [
        f"sample:{name}" for name in ("storms", "world", "usa", "earthquakes")
    ]
    assert "Fake Map" in bench.explorer.header.title.value


def test_choosing_a_demo_service_opens_it_without_blocking(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = FakeService(initialExtent={"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10})
    monkeypatch.setattr("mapexplorer.connection.connect", lambda target, **options: other)
    bench.explorer.header.chooser.value = "sample:world"
    assert bench.explorer.service is bench.service
    assert "Opening sample:world" in bench.explorer.status.value
    bench.scheduler.run_job()
    bench.settle()
    assert bench.explorer.service is other
    assert bench.explorer.header.chooser.value == "sample:world"
    assert bench.explorer.answer.request.bbox.width == 10


def test_answers_of_the_old_service_are_dropped(bench: Bench) -> None:
    bench.explorer.parameters.time = 5
    bench.scheduler.advance(1)
    assert bench.scheduler.jobs
    other = FakeService()
    bench.explorer.open(other)
    bench.settle()
    assert bench.page.picture.result.request is other.exports[-1]


# ---- threads, loops and the end


def test_requests_are_made_away_from_the_main_thread_and_nothing_blocks(
    live: Live, service: FakeService
) -> None:
    service.gate.clear()
    started = time.monotonic()
    explorer = live()
    for step in range(50):
        explorer.parameters.time = step
    assert time.monotonic() - started < 5
    assert not explorer.controller.settled
    service.gate.set()
    assert explorer.run_now().request.time.start == 49
    assert len(service.exports) <= 4


def test_waiting_inside_a_running_loop_does_not_lock_up(live: Live) -> None:
    async def cell() -> int:
        explorer = live()
        explorer.parameters.time = 41
        explorer.parameters.time = 42
        return explorer.run_now(20).request.time.start

    assert asyncio.run(cell()) == 42


def test_answers_are_applied_on_the_loop_that_delivered_the_event(live: Live) -> None:
    async def front_end() -> list[str]:
        explorer = live()
        threads = []
        explorer.observe(lambda _: threads.append(threading.current_thread().name), names=["answer"])
        explorer.parameters.time = 42
        while explorer.answer is None or explorer.answer.request.time is None:
            await asyncio.sleep(0.01)
        return threads

    assert set(asyncio.run(front_end())) == {threading.current_thread().name}


def test_a_loop_that_is_busy_for_long_does_not_hold_answers_back(live: Live) -> None:
    async def cell() -> int | None:
        explorer = live(ThreadScheduler(patience=0.05))
        explorer.parameters.time = 7
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.02)  # a cell that never lets the loop run
            if explorer.answer is not None and explorer.answer.request.time is not None:
                return explorer.answer.request.time.start
        return None

    assert asyncio.run(cell()) == 7


def test_four_threads_may_change_parameters_at_once(live: Live, service: FakeService) -> None:
    explorer = live()

    def change(first: int) -> None:
        for step in range(50):
            explorer.parameters.update(time=first + step, dpi=96 + step % 2)

    threads = [threading.Thread(target=change, args=[first * 1000]) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer = explorer.run_now()
    assert answer.request == explorer.request()
    assert len(service.exports) < 40


def test_without_threads_everything_runs_on_the_loop(live: Live, service: FakeService) -> None:
    async def page() -> int:
        before = set(threading.enumerate())
        explorer = live(LoopScheduler())
        while not explorer.controller.settled:
            await asyncio.sleep(0.01)
        for step in range(20):
            explorer.parameters.time = step
        while not explorer.controller.settled:
            await asyncio.sleep(0.01)
        assert set(threading.enumerate()) == before
        return explorer.answer.request.time.start

    assert asyncio.run(page()) == 19
    assert len(service.exports) <= 4


def test_without_threads_and_without_a_loop_run_now_does_the_work(live: Live) -> None:
    explorer = live(LoopScheduler())
    explorer.parameters.time = 5
    assert explorer.run_now().request.time.start == 5


def test_run_now_tells_when_no_answer_comes(live: Live, service: FakeService) -> None:
    service.gate.clear()
    explorer = live()
    with pytest.raises(TimeoutError, match=r"within 0\.1 seconds"):
        explorer.run_now(0.1)


def test_after_close_nothing_changes_and_no_thread_is_left(
    live: Live, service: FakeService, wire: list[Any]
) -> None:
    service.gate.clear()
    explorer = live()
    explorer.parameters.time = 1
    closer = threading.Timer(0.2, service.gate.set)
    closer.start()
    explorer.close()
    closer.join()
    wire.clear()
    explorer.parameters.time = 2
    explorer.close()
    time.sleep(0.1)
    assert wire == []
    assert explorer.answer is None


def test_opening_and_closing_leaves_no_widget_behind(wire: object, service: FakeService) -> None:
    from ipywidgets.widgets.widget import _instances

    MapExplorer(service).close()
    before = set(_instances)
    for _ in range(3):
        explorer = MapExplorer(service)
        explorer.run_now()
        explorer.close()
    assert sorted(type(_instances[key]).__name__ for key in set(_instances) - before) == []


@pytest.mark.parametrize("place", ["keyword", "open"])
def test_no_secret_is_part_of_the_state_of_a_widget(
    wire: list[Any], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    secret, handed = "TOKEN-4f8a1c", []

    def connect(target: str, **options: Any) -> FakeService:
        handed.append(options)
        return FakeService()

    monkeypatch.setattr("mapexplorer.connection.connect", connect)
    address = "https://example.invalid/MapServer"
    explorer = MapExplorer(address, **({"token": secret} if place == "keyword" else {}))
    if place == "open":
        explorer.open(address, token=secret)
    explorer.run_now()
    assert handed[-1] == {"token": secret}
    state = json.dumps(dependency_state(explorer)) + json.dumps(wire, default=str) + repr(explorer)
    assert secret not in state
    explorer.close()


def test_options_of_a_connection_are_refused_for_a_service_that_is_connected(service: FakeService) -> None:
    with pytest.raises(ParameterError, match="token: is set when a service is made"):
        MapExplorer(service, token="x")
