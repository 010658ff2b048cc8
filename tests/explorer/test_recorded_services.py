"""Services as they are found in the world, opened with every panel: nothing breaks, a map is asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mapexplorer.explorer.panels import PANELS
from mapexplorer.protocol import Extent

from .conftest import Bench
from .recorded_services import CACHED_10_04, SERVICES, recorded

EVERY = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(autouse=True)
def _no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A panel that fails is caught and told to the log, so the log decides."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def widgets(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)


@EVERY
def test_it_is_opened_and_asked_and_its_state_comes_back(make: Callable[..., Bench], name: str) -> None:
    bench = make(recorded(name))
    bench.settle()
    assert list(bench.explorer.panels) == [kind.__name__ for kind in PANELS]
    request = bench.service.exports[-1]
    assert isinstance(request.bbox, Extent)
    assert request.bbox.width > 0
    assert request.size.width > 0
    assert set(request.given()) <= {"bbox", "bbox_sr", "image_sr", "size"}
    state = bench.explorer.state
    bench.explorer.parameters.update(dpi=120, layers=[0])
    bench.explorer.state = state
    assert bench.explorer.state == state
    compile(bench.explorer.to_code(), "code", "exec")


@EVERY
def test_panels_are_built_shown_and_closed(make: Callable[..., Bench], name: str) -> None:
    bench = make(recorded(name))
    for kind in PANELS:
        panel = kind(bench.explorer)
        panel.on_service()
        panel.close()
    bench.settle()
    service = bench.service
    service.failing = "The service is down."
    bench.explorer.parameters.dpi = 120
    bench.settle()
    assert "down" in bench.explorer.status.text


@EVERY
def test_it_takes_the_place_of_another_and_gives_it_back(bench: Bench, name: str) -> None:
    before = bench.explorer.parameters.given()
    bench.explorer.open(recorded(name))
    bench.settle()
    bench.explorer.undo()
    bench.settle()
    assert bench.explorer.parameters.given() == before
    assert bench.explorer.service is bench.service


@pytest.mark.parametrize("panel", ["SpacePanel", "VersionPanel", "SymbolsPanel"])
def test_an_old_service_has_its_controls_disabled_and_says_why(
    make: Callable[..., Bench], panel: str
) -> None:
    bench = make(recorded("10.04, cached, groups, no time"))
    assert CACHED_10_04["currentVersion"] == 10.04
    inside = list(widgets(bench.explorer.panels[panel].widget))
    shown = [item for item in inside if hasattr(item, "disabled") and item.layout.display != "none"]
    assert [item for item in shown if item.disabled] or not shown
    words = " ".join(str(item.value) for item in inside if type(item).__name__ == "HTML")
    assert "me-hint" in words or "me-error" in words
