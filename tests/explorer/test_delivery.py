"""Where the page comes after its widgets, answers wait for it: what is said while it comes is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from ipywidgets.widgets.widget import _instances

from mapexplorer.explorer.delivery import LONGEST_HOLD, comes_before_its_page
from mapexplorer.explorer.scheduler import ThreadScheduler

from .conftest import Bench, browser_echo


@pytest.mark.parametrize(
    ("software", "before"), [("voila/0.5.13", True), ("jupyter_server/2.17", False), (None, False)]
)
def test_only_voila_runs_cells_before_their_page_is_there(
    monkeypatch: pytest.MonkeyPatch, software: str | None, before: bool
) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    if software:
        monkeypatch.setenv("SERVER_SOFTWARE", software)
    assert comes_before_its_page() is before


def test_nothing_is_said_and_no_widget_made_until_the_page_shows_the_map(
    monkeypatch: pytest.MonkeyPatch, make: Callable[..., Bench], wire: list[object]
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    bench = make()
    widgets, said = set(_instances), len(wire)
    while bench.scheduler.jobs:
        bench.scheduler.run_job()
    bench.scheduler.advance(LONGEST_HOLD / 2)
    assert bench.explorer.answer is None
    assert (set(_instances), len(wire)) == (widgets, said)
    browser_echo(bench.page, (1000, 500))
    assert bench.explorer.answer is not None
    assert len(wire) > said
    bench.display()
    assert bench.explorer.answer.request.size.width == 1000


def test_answers_are_shown_after_a_while_although_no_page_shows_the_map(
    monkeypatch: pytest.MonkeyPatch, make: Callable[..., Bench]
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    bench = make()
    while bench.scheduler.jobs:
        bench.scheduler.run_job()
    bench.scheduler.advance(LONGEST_HOLD)
    assert bench.explorer.answer is not None


def test_a_cell_that_waits_for_the_map_gets_it(
    monkeypatch: pytest.MonkeyPatch, make: Callable[..., Bench]
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert make().explorer.run_now() is not None


def test_what_threads_deliver_waits_and_keeps_its_order() -> None:
    async def run() -> list[int]:
        scheduler = ThreadScheduler()
        scheduler.attend()
        seen: list[int] = []
        scheduler.hold(60)
        for number in range(3):
            scheduler.work(lambda number=number: scheduler.deliver(lambda: seen.append(number)))
            while scheduler._held is not None and len(scheduler._held) <= number:
                await asyncio.sleep(0.001)
        assert seen == []
        scheduler.resume()
        scheduler.deliver(lambda: seen.append(3))
        while len(seen) < 4:
            await asyncio.sleep(0.001)
        scheduler.close(1)
        return seen

    assert asyncio.run(asyncio.wait_for(run(), 20)) == [0, 1, 2, 3]


def test_what_is_kept_back_comes_after_the_longest_time() -> None:
    async def run() -> None:
        scheduler = ThreadScheduler()
        scheduler.attend()
        done = asyncio.Event()
        scheduler.hold(0.01)
        scheduler.deliver(done.set)
        await asyncio.wait_for(done.wait(), 20)
        scheduler.close(1)

    asyncio.run(run())
