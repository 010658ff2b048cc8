"""What the browser reports late, and what it has missed: the map stays where it was asked to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mapexplorer.explorer.pages import View
from mapexplorer.protocol import Size

from .conftest import Bench, browser_echo, browser_view
from .test_map_pages import sides, updates


def test_a_view_reported_before_the_browser_heard_of_the_new_one_is_not_a_move(bench: Bench) -> None:
    bench.display()
    old = bench.page.current
    bench.explorer.parameters.bbox = (2_000_000, 1_000_000, 2_500_000, 1_250_000)
    bench.settle()
    browser_view(bench.page, old.center, old.resolution, (1000, 500))
    bench.settle()
    assert sides(bench.explorer.parameters.bbox)[0] == 2_000_000


def test_the_center_is_sent_again_with_a_new_zoom(bench: Bench, wire: list[Any]) -> None:
    bench.display((1000, 500))
    center = list(bench.page.widget.center)
    wire.clear()
    bench.page.look(View(bench.page.current.center, bench.page.current.resolution / 2))
    states = [state for state in updates(wire, bench.page.widget) if "zoom" in state]
    assert states[0]["center"] == center


def test_the_first_report_of_a_map_that_was_shown_before_its_first_picture_is_no_move(
    make: Callable[..., Bench],
) -> None:
    bench = make()
    browser_echo(bench.page, (1000, 500))
    bench.settle()
    browser_echo(bench.page, (1000, 500))
    bench.settle()
    assert sides(bench.explorer.parameters.bbox) == (0, 0, 1_000_000, 500_000)
    assert bench.explorer.map.view.near(View((500_000, 250_000), 1000))


def test_a_slow_first_report_is_no_move_either_when_views_were_asked_for_since(
    make: Callable[..., Bench],
) -> None:
    bench = make()
    began = bench.page.current
    bench.settle()
    bench.explorer.fit((200_000, 100_000, 400_000, 200_000))
    bench.settle()
    asked = bench.page.current
    browser_view(bench.page, began.center, began.resolution, (1000, 500))
    bench.settle()
    assert bench.page.current.near(View(asked.center, bench.page.current.resolution))
    assert bench.explorer.parameters.bbox.center == (300_000, 150_000)


def test_the_reports_of_the_map_are_not_echoed_to_it(bench: Bench, wire: list[Any]) -> None:
    bench.display()
    wire.clear()
    bench.drag(64, 32)
    echoes = [data["state"] for _, data in wire if data.get("method") == "echo_update"]
    assert echoes  # of the edges, which the kernel never sets
    assert not any({"center", "zoom"} & set(state) for state in echoes)


def test_a_view_is_asked_for_anew_when_the_browser_has_lost_it(bench: Bench, wire: list[Any]) -> None:
    bench.display()
    asked = bench.page.current
    browser_view(bench.page, (5e6, 5e6), asked.resolution, (1000, 500))
    bench.page.widget.center = list(bench.page._to_leaflet(asked.center))
    wire.clear()
    bench.page.look(asked)
    assert any("zoom" in state for state in updates(wire, bench.page.widget))


def test_a_new_size_counts_also_when_the_view_is_still_the_old_one(bench: Bench) -> None:
    bench.display()
    old = bench.page.current
    bench.explorer.parameters.bbox = (2_000_000, 1_000_000, 2_500_000, 1_250_000)
    bench.settle()
    browser_view(bench.page, old.center, old.resolution, (700, 350))
    bench.settle()
    assert bench.explorer.map.size == Size(700, 350)
    assert bench.service.exports[-1].size == Size(700, 350)
    assert sides(bench.explorer.parameters.bbox)[0] == 2_000_000
