"""Two maps side by side: each its own picture, both of the same place, whichever is moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mapexplorer.explorer.map_frame import KEPT, PRESENT
from mapexplorer.explorer.pages import PlanePage
from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.view import MapPane

from .conftest import Bench, browser_echo, browser_view
from .panels.stand_in import choose, press

HALF = (496, 500)


@pytest.fixture
def beside(bench: Bench) -> Bench:
    """An explorer with a kept map beside it, which draws everything, while the present one hides a layer."""
    bench.display((1000, 500))
    box = compare(bench)
    press(box.keep)
    settle(bench)
    choose(box.way, "Side by side")
    bench.explorer.parameters.layers = "hide:0"
    arrange(bench)
    return bench


def compare(bench: Bench) -> Any:
    panel = bench.explorer.panels["PicturePanel"]
    assert isinstance(panel, PicturePanel)
    return panel.compare


def second(bench: Bench) -> MapPane:
    pane = bench.explorer.maps.second
    assert pane is not None
    return pane


def arrange(bench: Bench) -> None:
    """Have the browser show both maps in their halves, and do what it was asked."""
    for _ in range(3):
        for pane in (bench.explorer.map, second(bench)):
            browser_echo(pane.page, HALF)
        settle(bench)


def settle(bench: Bench) -> None:
    """Let everything arrive, the pictures of the kept map too."""
    bench.settle()
    while bench.scheduler.pump():
        pass


def same_view(bench: Bench) -> bool:
    return second(bench).view.near(bench.explorer.map.view)


def drag(bench: Bench, pane: MapPane, right: float, down: float, closer: float = 1.0) -> None:
    view = pane.page.current
    x, y = view.center if pane.page.unit != 1.0 else pane.page.leaflet_point(view.center)[::-1]
    moved = (x - right * view.resolution, y + down * view.resolution)
    browser_view(pane.page, moved, view.resolution / closer, HALF)
    settle(bench)


def test_both_maps_show_their_own_picture_of_the_same_place(beside: Bench) -> None:
    present, kept = beside.service.exports[-2:]
    if present.layers is None:
        present, kept = kept, present
    assert str(present.layers.verb) == "hide"
    assert kept.layers is None
    assert kept.bbox == present.bbox
    assert kept.size == present.size
    assert same_view(beside)
    assert second(beside).page.overlay.url.startswith("data:image/png")
    assert second(beside).page.overlay.bounds == beside.page.overlay.bounds
    assert PRESENT in beside.explorer.map.caption.value
    assert KEPT in second(beside).caption.value


def test_the_kept_map_follows_the_present_one_at_once(beside: Bench) -> None:
    asked = len(beside.service.exports)
    view = beside.page.current
    browser_view(beside.page, (view.center[0] + 50_000, view.center[1]), view.resolution, HALF)
    assert same_view(beside)
    arrange(beside)
    assert len(beside.service.exports) == asked + 2
    assert second(beside).page.overlay.bounds == beside.page.overlay.bounds


@pytest.mark.parametrize("closer", [1.0, 2.0])
def test_the_present_map_follows_the_kept_one(beside: Bench, closer: float) -> None:
    before = beside.explorer.parameters.bbox
    drag(beside, second(beside), 64, -32, closer)
    assert same_view(beside)
    assert beside.explorer.parameters.bbox != before
    arrange(beside)
    assert beside.explorer.answer is not None
    assert beside.explorer.answer.request.bbox == beside.explorer.parameters.bbox
    assert second(beside).page.overlay.bounds == beside.page.overlay.bounds


def test_maps_that_lead_in_turn_do_not_drift(beside: Bench) -> None:
    drag(beside, second(beside), 10, 10)
    arrange(beside)
    start, asked = beside.explorer.map.view, len(beside.service.exports)
    for _ in range(5):
        arrange(beside)
    assert beside.explorer.map.view == start
    assert len(beside.service.exports) == asked
    for _ in range(10):
        drag(beside, second(beside), 20, 0)
        arrange(beside)
        drag(beside, beside.explorer.map, -20, 0)
        arrange(beside)
    assert beside.explorer.map.view.near(start)
    assert same_view(beside)


def test_moving_the_kept_map_is_one_step_to_take_back(beside: Bench) -> None:
    before = beside.explorer.parameters.bbox
    drag(beside, second(beside), 64, 0)
    arrange(beside)
    beside.explorer.undo()
    arrange(beside)
    assert beside.explorer.parameters.bbox == before
    assert beside.explorer.parameters.layers is not None
    assert same_view(beside)


def test_turned_maps_and_other_projections_stay_together(beside: Bench) -> None:
    beside.explorer.parameters.rotation = 30
    arrange(beside)
    arrange(beside)
    assert isinstance(second(beside).page, PlanePage)
    assert same_view(beside)
    drag(beside, second(beside), 40, 20)
    arrange(beside)
    assert same_view(beside)
    assert np.allclose(second(beside).page.overlay.bounds, beside.page.overlay.bounds)


def test_leaving_gives_all_of_the_room_back(beside: Bench, wire: list[Any]) -> None:
    center = beside.explorer.map.view.center
    steps = beside.explorer.history.past
    press(compare(beside).stop)
    frame = beside.explorer.maps
    assert "me-split" not in frame._dom_classes
    assert "me-away" in second(beside)._dom_classes
    assert beside.explorer.map.caption.value == ""
    beside.display((1000, 500))
    assert beside.explorer.map.view.center == pytest.approx(center, abs=2000)
    assert beside.explorer.history.past == steps
    asked = len(beside.service.exports)
    view = second(beside).page.current
    browser_view(second(beside).page, (view.center[0] + 9e4, view.center[1]), view.resolution, HALF)
    beside.settle()
    assert len(beside.service.exports) == asked


def test_the_way_is_changed_without_asking_anew(beside: Bench) -> None:
    box = compare(beside)
    choose(box.way, "Swipe")
    assert not beside.explorer.maps.split
    assert len(beside.page.widget.layers) == 2
    choose(box.way, "Side by side")
    assert beside.explorer.maps.split
    assert len(beside.page.widget.layers) == 1


def test_another_service_ends_it(beside: Bench, make: Callable[..., Bench]) -> None:
    beside.explorer.open(make().service)
    beside.settle()
    assert not beside.explorer.maps.split
