"""Undo and redo: what is one step, what is none, and that everything comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mapexplorer.explorer.history import GESTURE, LONGEST, History, Moment
from mapexplorer.explorer.parameters import Hand
from mapexplorer.protocol import DrawingInfo, Size

from .conftest import Bench, browser_view
from .fake_service import FakeService
from .panels.stand_in import browser, press

SERVICE = object()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(clock: Clock) -> History:
    made = History(clock, lambda: None)
    made.begin(Moment(SERVICE, {}))
    return made


def changes(history: History, *values: float, hand: Hand | None = None, name: str = "dpi") -> None:
    for value in values:
        history.note(Moment(SERVICE, {name: value}), hand)


def test_each_change_from_code_is_a_step(history: History) -> None:
    changes(history, 72, 96, 120)
    assert [moment.given for _ in range(3) if (moment := history.back())] == [{"dpi": 96}, {"dpi": 72}, {}]
    assert history.back() is None


def test_a_drag_is_one_step(history: History, clock: Clock) -> None:
    for value in range(1, 50):
        clock.now += GESTURE / 2
        changes(history, value, hand=Hand.GESTURE)
    assert history.past == 1


@pytest.mark.parametrize(
    ("pause", "name", "steps"), [(GESTURE * 2, "dpi", 2), (0.1, "rotation", 2), (0.1, "dpi", 1)]
)
def test_a_pause_or_another_parameter_begins_a_step(
    history: History, clock: Clock, pause: float, name: str, steps: int
) -> None:
    changes(history, 5, hand=Hand.GESTURE)
    clock.now += pause
    history.note(Moment(SERVICE, {"dpi": 5, name: 6}), Hand.GESTURE)
    assert history.past == steps


def test_the_frames_of_a_film_are_one_step_however_slow_it_is(history: History, clock: Clock) -> None:
    for value in range(1, 10):
        clock.now += 20
        changes(history, value, hand=Hand.FILM, name="time")
    assert history.past == 1


def test_a_consequence_belongs_to_the_step_before(history: History) -> None:
    changes(history, 96)
    with history.amending():
        changes(history, 100)
    assert history.past == 1
    history.back()
    forth = history.forth()
    assert forth is not None
    assert forth.given == {"dpi": 100}


def test_a_change_after_going_back_ends_the_other_way(history: History) -> None:
    changes(history, 1, 2)
    history.back()
    changes(history, 3)
    assert (history.past, history.future) == (2, 0)
    assert history.forth() is None


def test_what_changes_nothing_is_no_step(history: History) -> None:
    changes(history, 1, 1)
    assert history.past == 1


def test_only_so_many_steps_are_kept(history: History) -> None:
    changes(history, *range(LONGEST * 2))
    assert history.past == LONGEST


def test_another_service_is_a_step(history: History) -> None:
    history.note(Moment(object(), {}))
    assert history.past == 1


# ---- in the explorer


def test_a_new_explorer_has_nothing_to_undo(bench: Bench) -> None:
    bench.display()
    assert not bench.explorer.undo()
    assert bench.explorer.header.undo.disabled
    assert bench.explorer.header.redo.disabled


def test_every_parameter_comes_back_and_is_asked_for_again(bench: Bench) -> None:
    explorer = bench.explorer
    before = explorer.parameters.given()
    explorer.parameters.update(dpi=120, rotation=30)
    explorer.parameters.layers = [1]
    bench.settle()
    after = explorer.parameters.given()
    assert explorer.undo()
    assert explorer.parameters.layers is None
    assert explorer.undo()
    bench.settle()
    assert explorer.parameters.given() == before
    assert bench.service.exports[-1].dpi is None
    assert explorer.redo()
    assert explorer.redo()
    assert explorer.parameters.given() == after
    assert not explorer.redo()


def test_the_buttons_of_the_header_undo_and_redo(bench: Bench) -> None:
    header, parameters = bench.explorer.header, bench.explorer.parameters
    parameters.dpi = 120
    assert (header.undo.disabled, header.redo.disabled) == (False, True)
    press(header.undo)
    assert parameters.dpi is None
    assert (header.undo.disabled, header.redo.disabled) == (True, False)
    press(header.redo)
    assert parameters.dpi == 120


def test_a_slider_that_is_dragged_is_one_step(bench: Bench) -> None:
    explorer = bench.explorer
    turn = explorer.panels["PicturePanel"].turn  # type: ignore[attr-defined]
    for angle in range(1, 30):
        browser(turn, value=angle)
        bench.scheduler.advance(0.05)
    assert explorer.history.past == 1
    explorer.undo()
    assert explorer.parameters.rotation is None
    assert turn.value == 0


def test_a_map_that_is_dragged_is_a_step_and_its_first_size_none(bench: Bench) -> None:
    bench.display()
    before = bench.explorer.parameters.bbox
    bench.drag(200, 100)
    bench.settle()
    assert bench.explorer.history.past == 1
    bench.explorer.undo()
    bench.settle()
    assert bench.explorer.parameters.bbox == before


def test_the_window_that_is_resized_is_no_step(bench: Bench) -> None:
    bench.display()
    bench.drag(200, 100)
    bench.settle()
    bench.display((700, 400))
    assert bench.explorer.history.past == 1


@pytest.mark.parametrize("dragged", [False, True])
def test_a_new_size_that_shifts_the_map_is_no_step_either(bench: Bench, dragged: bool) -> None:
    bench.display()
    if dragged:
        bench.drag(200, 100)
        bench.settle()
    past, center = bench.explorer.history.past, bench.page.current.center
    resolution = bench.page.current.resolution
    browser_view(bench.page, (center[0] + 9 * resolution, center[1]), resolution, (700, 400))
    bench.settle()
    assert bench.explorer.history.past == past == int(dragged)
    assert bench.service.exports[-1].size == Size(700, 400)


def test_another_reference_and_the_place_it_brings_are_one_step(bench: Bench) -> None:
    bench.display()
    bench.drag(10, 10)
    bench.settle()
    past = bench.explorer.history.past
    before = bench.explorer.parameters.given()
    bench.explorer.parameters.image_sr = 4326
    bench.settle()
    assert bench.explorer.parameters.bbox_sr.wkid == 4326
    assert bench.explorer.history.past == past + 1
    bench.explorer.undo()
    assert bench.explorer.parameters.given() == before


def test_the_service_before_comes_back_with_its_parameters(make: Callable[..., Bench]) -> None:
    first, second = FakeService(), FakeService(mapName="Other")
    bench = make(first, layers=[1], time=5)
    bench.settle()
    given = bench.explorer.parameters.given()
    bench.explorer.open(second)
    bench.settle()
    assert bench.explorer.parameters.time is None
    assert bench.explorer.history.past == 1
    bench.explorer.undo()
    bench.settle()
    assert bench.explorer.service is first
    assert bench.explorer.parameters.given() == given
    bench.explorer.redo()
    assert bench.explorer.service is second


def test_what_is_composed_for_a_change_belongs_to_its_step(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(supportsDynamicLayers=True))
    bench.settle()
    explorer = bench.explorer
    explorer.composer.draw(0, DrawingInfo(transparency=50))
    bench.settle()
    before = explorer.parameters.dynamic_layers
    explorer.parameters.layers = "show:0"
    bench.settle()
    assert [element.id for element in explorer.parameters.dynamic_layers] == [0]
    assert bench.service.exports[-1].dynamic_layers == explorer.parameters.dynamic_layers
    assert explorer.undo()
    assert explorer.parameters.dynamic_layers == before
    assert explorer.parameters.layers is None
    assert not explorer.composer.foreign
    assert explorer.undo()
    assert explorer.parameters.dynamic_layers is None
    assert explorer.composer.drawing(0) is None
    assert explorer.redo()
    assert explorer.composer.drawing(0) == DrawingInfo(transparency=50)
