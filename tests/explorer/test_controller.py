"""The controller: one frozen request for both operations; an old answer never replaces a new one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from mapexplorer.explorer.controller import (
    LEGEND_PATIENCE,
    LONGEST_QUIET,
    QUIET,
    Controller,
    Frame,
    export_key,
    legend_key,
)
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.protocol import MapRequest, Unreachable


@dataclass(frozen=True)
class Answered:
    """A result that remembers the request it answers."""

    operation: str
    request: MapRequest


class Bench:
    """A controller on a manual scheduler, with a record of everything it does."""

    def __init__(self) -> None:
        self.scheduler = ManualScheduler()
        self.asked: list[tuple[str, MapRequest]] = []
        self.frames: list[Frame] = []
        self.busy: list[bool] = []
        self.failing = False
        self.controller = Controller(
            self._fetch("export"),
            self._fetch("legend"),
            self.frames.append,
            on_busy=self.busy.append,
            scheduler=self.scheduler,
        )

    def _fetch(self, operation: str) -> Any:
        def fetch(request: MapRequest) -> Answered:
            self.asked.append((operation, request))
            if self.failing:
                raise Unreachable(f"Nobody answers the {operation}.")
            return Answered(operation, request)

        return fetch

    def submit(self, **parameters: Any) -> MapRequest:
        request = MapRequest(bbox=(0, 0, 1, 1), **parameters)
        self.controller.submit(request)
        return request

    def settle(self) -> None:
        assert self.controller.wait(1000)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_both_operations_get_the_same_request_at_once(bench: Bench) -> None:
    request = bench.submit(time=5)
    assert len(bench.scheduler.jobs) == 2
    bench.settle()
    assert bench.asked == [("export", request), ("legend", request)]
    assert [(frame.export.value, frame.legend and frame.legend.value) for frame in bench.frames] == [
        (Answered("export", request), Answered("legend", request))
    ]


def test_two_hundred_slider_events_become_few_requests_and_the_last_one_is_shown(bench: Bench) -> None:
    for step in range(200):
        last = bench.submit(time=step)
        bench.scheduler.advance(0.02)
        if step % 3 == 0 and bench.scheduler.jobs:
            bench.scheduler.run_job()
    bench.settle()
    assert bench.frames[-1].request == last
    assert bench.frames[-1].export.value == Answered("export", last)
    assert sum(operation == "export" for operation, _ in bench.asked) <= 2 + 200 * 0.02 / LONGEST_QUIET


def test_a_series_of_changes_is_sent_after_a_pause(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    bench.scheduler.advance(10)
    bench.submit(time=1)
    bench.submit(time=2)
    bench.submit(time=3)
    bench.scheduler.run_job()
    bench.scheduler.run_job()
    assert [request.time.start for operation, request in bench.asked if operation == "export"] == [0, 1]
    bench.scheduler.advance(QUIET + 0.01)
    bench.settle()
    assert [request.time.start for operation, request in bench.asked if operation == "export"] == [0, 1, 3]


def test_a_drag_without_a_pause_is_followed(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    for step in range(1, 100):
        bench.submit(time=step)
        bench.scheduler.advance(0.05)
        while bench.scheduler.jobs:
            bench.scheduler.run_job()
    assert len(bench.frames) > 5


def test_only_one_call_is_in_flight_and_only_the_latest_request_waits(bench: Bench) -> None:
    for step in range(6):
        last = bench.submit(time=step)
        bench.scheduler.advance(1)
    assert len(bench.scheduler.jobs) == 2
    bench.settle()
    assert [request.time.start for operation, request in bench.asked if operation == "export"] == [0, 5]
    assert bench.frames[-1].request == last


@pytest.mark.parametrize(
    "changes", [{"format": "jpg"}, {"transparent": True}, {"format": "gif", "transparent": True}]
)
def test_format_and_transparency_ask_for_a_new_picture_but_not_for_a_new_legend(
    bench: Bench, changes: dict[str, Any]
) -> None:
    bench.submit()
    bench.settle()
    request = bench.submit(**changes)
    bench.settle()
    assert [operation for operation, _ in bench.asked] == ["export", "legend", "export"]
    assert bench.frames[-1].request == request
    assert bench.frames[-1].legend is not None


@pytest.mark.parametrize("changes", [{"return_visible_only": False}, {"patch_size": (20, 20)}])
def test_what_only_legends_know_asks_for_a_new_legend_but_not_for_a_new_picture(
    bench: Bench, changes: dict[str, Any]
) -> None:
    bench.submit()
    bench.settle()
    bench.submit(**changes)
    bench.settle()
    assert [operation for operation, _ in bench.asked] == ["export", "legend", "legend"]


def test_an_unchanged_request_is_not_sent_again(bench: Bench) -> None:
    bench.submit(time=1)
    bench.settle()
    bench.submit(time=1)
    bench.settle()
    assert len(bench.asked) == 2
    assert len(bench.frames) == 1


def test_going_back_while_a_call_is_on_its_way_shows_what_was_known_and_drops_the_late_answer(
    bench: Bench,
) -> None:
    first = bench.submit(time=1)
    bench.settle()
    bench.submit(time=2)
    bench.scheduler.advance(1)
    again = bench.submit(time=1)
    bench.scheduler.advance(1)
    bench.settle()
    assert again == first
    assert bench.frames[-1].request == first
    assert bench.frames[-1].export.value == Answered("export", first)


def test_an_answer_that_its_loop_takes_late_never_covers_a_newer_one(bench: Bench) -> None:
    bench.scheduler.hold_deliveries = True
    bench.submit(time=1)
    while bench.scheduler.jobs:
        bench.scheduler.run_job()
    bench.scheduler.advance(1)
    last = bench.submit(time=2)
    bench.scheduler.advance(1)
    while bench.scheduler.jobs:
        bench.scheduler.run_job()
    bench.scheduler.hold_deliveries = False
    while bench.scheduler.deliveries:
        bench.scheduler.deliveries.pop()()
    assert [frame.request for frame in bench.frames] == [last]


def test_the_picture_waits_for_its_legend_but_not_for_long(bench: Bench) -> None:
    bench.submit(time=1)
    bench.scheduler.run_job(0)
    assert bench.frames == []
    bench.scheduler.advance(LEGEND_PATIENCE + 0.01)
    assert [frame.legend for frame in bench.frames] == [None]
    bench.scheduler.run_job(0)
    assert bench.frames[-1].legend is not None
    assert len(bench.frames) == 2


def test_a_legend_never_appears_before_its_picture(bench: Bench) -> None:
    bench.submit(time=1)
    bench.scheduler.run_job(1)
    bench.scheduler.advance(10)
    assert bench.frames == []
    bench.settle()
    assert len(bench.frames) == 1


def test_a_legend_that_overtakes_does_not_starve_the_picture(bench: Bench) -> None:
    for step in range(1, 4):
        bench.submit(time=step)
        bench.scheduler.advance(1)
        while len(bench.scheduler.jobs) > 1:
            bench.scheduler.run_job(1)  # every legend before the first picture
    bench.scheduler.run_job(0)
    assert bench.frames[-1].request.time.start == 1


def test_a_failure_is_one_sentence_and_the_next_change_recovers(bench: Bench) -> None:
    bench.submit(time=1)
    bench.settle()
    bench.failing = True
    bench.submit(time=2)
    bench.settle()
    assert bench.frames[-1].export.error == "Nobody answers the export."
    bench.failing = False
    last = bench.submit(time=3)
    bench.settle()
    assert bench.frames[-1].export.value == Answered("export", last)


def test_a_fault_in_our_own_code_is_shown_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    scheduler, frames = ManualScheduler(), []

    def broken(request: MapRequest) -> None:
        raise KeyError("secret")

    controller = Controller(broken, broken, frames.append, scheduler=scheduler)
    controller.submit(MapRequest(time=1))
    assert controller.wait(10)
    assert frames[-1].export.error == "The request failed for an unexpected reason (KeyError)."
    assert "secret" in caplog.text


def test_refresh_sends_the_same_request_again(bench: Bench) -> None:
    bench.submit(time=1)
    bench.settle()
    bench.controller.refresh()
    bench.settle()
    assert len(bench.asked) == 4
    assert len(bench.frames) == 2


def test_frames_asked_ahead_are_shown_without_a_new_request(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    ahead = [MapRequest(bbox=(0, 0, 1, 1), time=step) for step in (1, 2, 3)]
    bench.controller.prefetch(ahead)
    assert bench.controller.settled
    while bench.scheduler.jobs:
        assert len(bench.scheduler.jobs) <= 2
        bench.scheduler.run_job()
    assert [request for operation, request in bench.asked if operation == "export"][1:] == ahead
    assert all(bench.controller.known(request) for request in ahead)
    before = len(bench.asked)
    for request in ahead:
        bench.scheduler.advance(1)
        bench.controller.submit(request)
        assert bench.frames[-1].request == request
    assert len(bench.asked) == before


def test_a_wanted_request_takes_over_the_call_that_asks_ahead(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    wanted = MapRequest(bbox=(0, 0, 1, 1), time=1)
    bench.controller.prefetch([wanted])
    bench.scheduler.advance(1)
    bench.controller.submit(wanted)
    assert len(bench.scheduler.jobs) == 2
    bench.settle()
    assert bench.frames[-1].request == wanted
    assert len(bench.asked) == 4


def test_a_wanted_request_does_not_wait_for_a_call_that_asks_ahead(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    bench.controller.prefetch([MapRequest(bbox=(0, 0, 1, 1), time=1)])
    bench.scheduler.advance(1)
    last = bench.submit(time=9)
    bench.scheduler.run_job(3)
    bench.scheduler.run_job(2)
    assert bench.frames[-1].request == last
    bench.settle()
    assert bench.frames[-1].request == last


def test_another_service_drops_what_is_known_and_what_is_on_its_way(bench: Bench) -> None:
    bench.submit(time=0)
    bench.settle()
    bench.controller.prefetch([MapRequest(bbox=(0, 0, 1, 1), time=1)])
    bench.scheduler.advance(1)
    bench.submit(time=5)
    new: list[MapRequest] = []
    bench.controller.use(lambda request: new.append(request) or "new picture", lambda request: "new legend")
    bench.scheduler.advance(1)
    bench.submit(time=5)
    bench.settle()
    assert bench.frames[-1].export.value == "new picture"
    assert all(frame.export.value == "new picture" for frame in bench.frames[1:])


def test_after_close_nothing_is_sent_or_shown(bench: Bench) -> None:
    bench.submit(time=1)
    bench.scheduler.hold_deliveries = True
    jobs = list(bench.scheduler.jobs)
    bench.controller.close()
    for job in jobs:
        job()
    bench.submit(time=2)
    bench.controller.refresh()
    bench.controller.prefetch([MapRequest(time=3)])
    assert not bench.controller.wait(1)
    assert bench.frames == []
    assert bench.asked == []


def test_changes_made_while_showing_are_shown_afterwards() -> None:
    scheduler, shown = ManualScheduler(), []

    def show(frame: Frame) -> None:
        shown.append(("begin", frame.request.time.start))
        if frame.request.time.start < 3:
            controller.submit(MapRequest(time=frame.request.time.start + 1))
        shown.append(("end", frame.request.time.start))

    controller = Controller(lambda request: 1, lambda request: 1, show, scheduler=scheduler)
    controller.submit(MapRequest(time=1))
    assert controller.wait(100)
    assert shown == [(edge, step) for step in (1, 2, 3) for edge in ("begin", "end")]


def test_busy_is_told_when_it_begins_and_ends(bench: Bench) -> None:
    bench.submit(time=1)
    bench.settle()
    assert bench.busy == [True, False]


@pytest.mark.parametrize(
    ("changes", "same_picture", "same_legend"),
    [
        ({"format": "jpg"}, False, True),
        ({"transparent": True}, False, True),
        ({"patch_size": (9, 9)}, True, False),
        ({"return_visible_only": False}, True, False),
        ({"f": "image"}, False, True),
        ({"layers": [1]}, False, False),
        ({"rotation": 30}, False, False),
        ({"dpi": 120}, False, False),
    ],
)
def test_keys_differ_where_answers_differ(
    changes: dict[str, Any], same_picture: bool, same_legend: bool
) -> None:
    plain = MapRequest(bbox=(0, 0, 1, 1))
    changed = plain.replace(**changes)
    assert (export_key(plain) == export_key(changed)) is same_picture
    assert (legend_key(plain) == legend_key(changed)) is same_legend


# ---- many random interleavings


class Chaos:
    """Random changes, latencies, failures, deliveries, services; invariants are checked at every step."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.scheduler = ManualScheduler()
        self.frames: list[Frame] = []
        self.submitted: list[MapRequest] = []
        self.flying = {"export": 0, "legend": 0}
        self.failures = 0
        self.controller = Controller(
            self._fetch("export", 0), self._fetch("legend", 0), self._show, scheduler=self.scheduler
        )
        self.service = 0
        self.shown_services: list[int] = []

    def _fetch(self, operation: str, service: int) -> Any:
        def fetch(request: MapRequest) -> tuple[str, int, MapRequest]:
            if self.random.random() < 0.15:
                self.failures += 1
                raise Unreachable(f"No {operation}.")
            return operation, service, request

        return fetch

    def _show(self, frame: Frame) -> None:
        if self.frames:
            before = self.frames[-1]
            assert frame.number >= before.number
            assert frame.number > before.number or (before.legend is None and frame.legend is not None)
        for outcome, operation, key in (
            (frame.export, "export", export_key),
            (frame.legend, "legend", legend_key),
        ):
            if outcome is not None and outcome.error is None:
                name, service, request = outcome.value
                assert name == operation
                assert service == self.service
                assert key(request) == key(frame.request)
        self.frames.append(frame)

    def check(self) -> None:
        for lane in (self.controller._export, self.controller._legend):
            assert lane.waiting is None or lane.running is not None
        # one wanted and one asked ahead per operation, in each service that was ever used
        assert len(self.scheduler.jobs) <= 4 * (self.service + 1)

    def step(self) -> None:
        kind = self.random.random()
        if kind < 0.4:
            request = MapRequest(
                bbox=(0, 0, 1, 1),
                time=self.random.randrange(4),
                transparent=self.random.choice([None, True]),
                return_visible_only=self.random.choice([None, False]),
            )
            self.submitted.append(request)
            self.controller.submit(request)
        elif kind < 0.6 and self.scheduler.jobs:
            self.scheduler.run_job(self.random.randrange(len(self.scheduler.jobs)))
        elif kind < 0.8:
            self.scheduler.advance(self.random.choice([0.01, 0.05, 0.2, 1.0]))
        elif kind < 0.87:
            self.scheduler.hold_deliveries = not self.scheduler.hold_deliveries
        elif kind < 0.93 and self.scheduler.deliveries:
            index = self.random.randrange(len(self.scheduler.deliveries))
            action = self.scheduler.deliveries[index]
            del self.scheduler.deliveries[index]
            action()
        elif kind < 0.98:
            self.controller.prefetch(
                [MapRequest(bbox=(0, 0, 1, 1), time=self.random.randrange(6)) for _ in range(3)]
            )
        elif kind < 0.985:
            self.service += 1
            self.controller.use(self._fetch("export", self.service), self._fetch("legend", self.service))
            self.submitted.clear()
        self.check()


@pytest.mark.parametrize("block", range(10))
def test_ten_thousand_random_steps_keep_every_promise(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        chaos = Chaos(seed)
        for _ in range(60):
            chaos.step()
        chaos.scheduler.hold_deliveries = False
        assert chaos.controller.wait(1e6)
        if chaos.submitted:
            last = chaos.frames[-1]
            assert last.request == chaos.submitted[-1]
            assert last.legend is not None
        counts = chaos.controller.counts
        assert counts["errors"] <= chaos.failures
        jobs_before_close = len(chaos.frames)
        chaos.controller.close()
        chaos.controller.submit(MapRequest(time=99))
        assert len(chaos.frames) == jobs_before_close
        assert not chaos.scheduler.jobs
