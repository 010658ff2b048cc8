"""What the tests of the explorer share: a recorded wire, a fake front end, explorers closed in time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from comm.base_comm import BaseComm

from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.pages import WORLD, Page
from mapexplorer.explorer.scheduler import ManualScheduler, Scheduler

from .fake_service import FakeService


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every message that a front end would get: the id of the widget and the data."""
    import comm

    sent: list[tuple[str, dict[str, Any]]] = []

    class Recorder(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
            sent.append((self.comm_id, data or {}))

    monkeypatch.setattr(comm, "create_comm", Recorder)
    return sent


def browser_view(page: Page, center: tuple[float, float], resolution: float, size: tuple[int, int]) -> None:
    """Report a view as the map in the browser does: one message, pixels rounded as Leaflet rounds them."""
    width, height = size
    x, y = center
    if page.unit == 1.0:
        left, top = round(x / resolution - width / 2), round(-y / resolution - height / 2)
        west, east = left * resolution, (left + width) * resolution
        north, south = -top * resolution, -(top + height) * resolution
        lat_lng = [y, x]
    else:
        from mapexplorer.explorer.pages import latitude

        left = round((x + WORLD / 2) / resolution - width / 2)
        top = round((WORLD / 2 - y) / resolution - height / 2)
        west, east = ((edge * resolution - WORLD / 2) * 360 / WORLD for edge in (left, left + width))
        north, south = (latitude(WORLD / 2 - edge * resolution) for edge in (top, top + height))
        lat_lng = [latitude(y), x * 360 / WORLD]
    # ipyleaflet starts each of these from a constant and takes the larger or smaller one
    state = {
        "south": min(90.0, south), "north": max(-90.0, north), "west": west, "east": east,
        "left": float(left), "right": max(0.0, left + width),
        "top": float(top), "bottom": max(0.0, top + height),
        "center": lat_lng, "zoom": math.log2(page.unit / resolution),
    }  # fmt: skip
    page.widget.set_state(state)


def browser_echo(page: Page, size: tuple[int, int]) -> None:
    """Report what the map shows after it did what the kernel asked for."""
    lat, lng = page.widget.center
    resolution = page.unit / 2**page.widget.zoom
    if page.unit == 1.0:
        browser_view(page, (lng, lat), resolution, size)
    else:
        from mapexplorer.explorer.pages import ordinate

        browser_view(page, (lng * WORLD / 360, ordinate(lat)), resolution, size)


class Bench:
    """An explorer of a fake service on a manual scheduler."""

    def __init__(self, service: FakeService, **parameters: Any) -> None:
        self.service = service
        self.scheduler = ManualScheduler()
        self.explorer = MapExplorer(service, scheduler=self.scheduler, **parameters)

    def settle(self) -> None:
        self.scheduler.advance(1)
        assert self.explorer.wait(1000)
        self.scheduler.advance(1)

    @property
    def page(self) -> Page:
        return self.explorer.map.page

    def display(self, size: tuple[int, int] = (1000, 500)) -> None:
        """Show the map in the browser and let it settle."""
        for _ in range(3):
            browser_echo(self.page, size)
            self.settle()

    def drag(self, right: float, down: float) -> None:
        """Drag the map by so many pixels."""
        view = self.page.current
        x, y = self.page._to_leaflet(view.center)[::-1]
        if self.page.unit != 1.0:
            x, y = view.center
        moved = (x - right * view.resolution, y + down * view.resolution)
        size = self.explorer.map.size
        browser_view(self.page, moved, view.resolution, (size.width, size.height))


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def make(wire: object) -> Iterator[Callable[..., Bench]]:
    """Make explorers on a manual scheduler; they are closed at the end."""
    made: list[Bench] = []

    def make(service: FakeService | None = None, **parameters: Any) -> Bench:
        made.append(Bench(service or FakeService(), **parameters))
        return made[-1]

    yield make
    for bench in made:
        bench.explorer.close()


@pytest.fixture
def bench(make: Callable[..., Bench], service: FakeService) -> Bench:
    """A settled explorer that no browser has shown yet."""
    bench = make(service)
    bench.settle()
    return bench


@pytest.fixture
def live(wire: object, service: FakeService) -> Iterator[Callable[..., MapExplorer]]:
    """Make explorers with a real scheduler; afterwards no thread of theirs may be left."""
    before = set(threading.enumerate())
    made: list[MapExplorer] = []

    def make(scheduler: Scheduler | None = None, **parameters: Any) -> MapExplorer:
        made.append(MapExplorer(service, scheduler=scheduler, **parameters))
        return made[-1]

    yield make
    service.gate.set()
    for explorer in made:
        explorer.close()
    until = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < until:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before
