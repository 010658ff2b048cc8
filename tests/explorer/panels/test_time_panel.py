from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import TimePanel
from mapexplorer.explorer.panels.time_window import Mode
from mapexplorer.protocol import TimeRelation

from .stand_in import FIXES, ROOT, StandIn, browser, choose, press, visible

Y2008, FEB, MAR = 1199145600000, 1201824000000, 1204329600000


@pytest.fixture
def panel(explorer):
    return TimePanel(explorer)


def written(explorer):
    time = explorer.parameters.time
    return None if time is None else time.to_text()


def test_it_begins_without_a_time_filter(panel, explorer):
    assert panel.mode.value is Mode.OFF
    assert written(explorer) is None
    assert not visible(panel.slider)
    assert not visible(panel.range)
    steps = "6 hours, 12 hours, 1 day, 1 week, 1 month, 3 months, 1 year"
    assert ", ".join(label for label, _ in panel.step.options) == steps
    assert str(panel.step.value) == "1 month"
    assert len(panel.marks) == 25


@pytest.mark.parametrize(
    ("mode", "text"),
    [("Instant", f"{Y2008}"), ("Window", f"{Y2008},{FEB}"), ("Cumulative", f"null,{FEB}"), ("Off", None)],
)
def test_a_mode_writes_the_time_of_the_first_step(panel, explorer, mode, text):
    choose(panel.mode, mode)
    assert written(explorer) == text


def test_the_sliders_write_marks(panel, explorer):
    choose(panel.mode, "Instant")
    browser(panel.slider, value=2)
    assert written(explorer) == f"{MAR}"
    choose(panel.mode, "Window")
    browser(panel.range, value=[0, 2])
    assert written(explorer) == f"{Y2008},{MAR}"
    choose(panel.mode, "Cumulative")
    browser(panel.slider, value=1)
    assert written(explorer) == f"null,{FEB}"


def test_a_window_of_no_width_stays_a_window(panel, explorer):
    choose(panel.mode, "Window")
    browser(panel.range, value=[2, 2])
    assert written(explorer) == f"{MAR}"
    assert panel.mode.value is Mode.WINDOW


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2008-01-01", "2008-02-01", f"{Y2008},{FEB}"),
        ("2008-01-01", "", f"{Y2008},null"),
        ("", "2008-02-01", f"null,{FEB}"),
        ("", "", None),
        ("2008-01-01 00:00:01", "2008-02-01", f"{Y2008 + 1000},{FEB}"),
    ],
)
def test_dates_can_be_typed_and_left_open(panel, explorer, first, last, text):
    explorer.parameters.time = "1230768000000,1262304000000"
    with panel.quietly():
        panel.first.value = first
    panel.last.value = "?"
    browser(panel.last, value=last)
    assert written(explorer) == text


@pytest.mark.parametrize(
    ("first", "words"), [("soon", "expected a date"), ("2030-01-01", "start before the end")]
)
def test_a_wrong_date_says_so_and_keeps_the_time(panel, explorer, first, words):
    explorer.parameters.time = f"{Y2008},{FEB}"
    browser(panel.first, value=first)
    assert written(explorer) == f"{Y2008},{FEB}"
    assert words in panel.message.value
    assert 'role="alert"' in panel.message.value


@pytest.mark.parametrize(
    ("text", "mode", "first", "last"),
    [
        (f"{MAR}", Mode.INSTANT, "2008-03-01", "2008-03-01"),
        (f"{FEB},{MAR}", Mode.WINDOW, "2008-02-01", "2008-03-01"),
        (f"null,{MAR}", Mode.CUMULATIVE, "", "2008-03-01"),
        (f"{FEB},null", Mode.WINDOW, "2008-02-01", ""),
        (f"{FEB + 3600000},{MAR}", Mode.WINDOW, "2008-02-01 01:00", "2008-03-01"),
        ("-9000000000000,9000000000000", Mode.WINDOW, "1684-10-19 08:00", "2255-03-14 16:00"),
    ],
)
def test_a_time_from_code_moves_the_widgets_and_is_not_changed(panel, explorer, text, mode, first, last):
    explorer.parameters.time = text
    assert panel.mode.value is mode
    assert (panel.first.value, panel.last.value) == (first, last)
    assert written(explorer) == text
    explorer.parameters.time = None
    assert panel.mode.value is Mode.OFF


def test_the_slider_stands_at_the_closest_mark(panel, explorer):
    explorer.parameters.time = f"{FEB + 3600000},{MAR}"
    assert panel.range.value == (1, 2)


def test_another_step_keeps_the_time(panel, explorer):
    explorer.parameters.time = f"{Y2008},{MAR}"
    choose(panel.step, "1 week")
    assert written(explorer) == f"{Y2008},{MAR}"
    assert len(panel.marks) > 100
    assert panel.range.max == len(panel.marks) - 1


def test_the_relation_is_written_and_explained(panel, explorer):
    assert not panel.relation.disabled
    choose(panel.relation, "Within")
    assert explorer.parameters.time_relation is TimeRelation.WITHIN
    assert "only touches one of its ends" in panel.explanation.value
    choose(panel.relation, "Overlaps")
    assert explorer.parameters.time_relation is None
    explorer.parameters.time_relation = "esriTimeRelationAfterStartOverlapsEnd"
    assert panel.relation.value is TimeRelation.AFTER_START_OVERLAPS_END


def test_a_service_without_relations_disables_them_and_says_why():
    panel = TimePanel(StandIn(root={**ROOT, "supportsTimeRelation": False}))
    assert panel.relation.disabled
    assert "does not know time relations" in panel.explanation.value


@pytest.mark.parametrize(
    "time", [None, {}, {"timeExtent": None}, {"timeExtent": ["a", "b"]}, {"timeExtent": [5]}, "x"]
)
def test_a_service_without_usable_time_hides_the_controls(time):
    panel = TimePanel(StandIn(layers=[{**FIXES, "timeInfo": time}]))
    assert not visible(panel._body)
    assert "nothing about time" in panel.about.value


# ---- playing


def film(explorer):
    """Note every time that is written."""
    times = []
    explorer.parameters.observe(lambda change: times.append(change.new.to_text()), names=["time"])
    return times


def test_playing_goes_step_by_step_and_stops_at_the_end(panel, explorer):
    choose(panel.mode, "Cumulative")
    browser(panel.slider, value=0)
    times = film(explorer)
    press(panel.play)
    assert panel.play.tooltip == "Pause"
    explorer.pass_time(60)
    assert times == [f"null,{mark}" for mark in panel.marks[1:]]
    assert not panel.playback.playing
    assert panel.play.tooltip == "Play"


def test_playing_from_the_last_frame_begins_at_the_first(panel, explorer):
    choose(panel.mode, "Instant")
    browser(panel.slider, value=24)
    press(panel.play)
    assert written(explorer) == f"{Y2008}"


def test_playing_from_the_off_state_moves_a_window_of_one_step(panel, explorer):
    press(panel.play)
    assert written(explorer) == f"{Y2008},{FEB}"
    explorer.pass_time(0.8)
    assert written(explorer) == f"{FEB},{MAR}"


def test_a_window_keeps_its_width(panel, explorer):
    explorer.parameters.time = f"{Y2008},{MAR}"
    times = film(explorer)
    press(panel.play)
    explorer.pass_time(60)
    assert times == [f"{a},{b}" for a, b in zip(panel.marks[1:], panel.marks[3:], strict=False)]


MAY, SEP = "2008-05-10", "2008-09-20 12:00"


@pytest.fixture
def season(panel, explorer):
    """A window between the marks, and yearly steps."""
    choose(panel.step, "1 year")
    explorer.parameters.time = "1210377600000,1221912000000"
    assert (panel.first.value, panel.last.value) == (MAY, SEP)
    return panel


def test_a_window_between_the_marks_moves_by_whole_steps(season, explorer):
    press(season.forward)
    assert (season.first.value, season.last.value) == ("2009-05-10", "2009-09-20 12:00")
    press(season.back)
    assert written(explorer) == "1210377600000,1221912000000"


def test_a_film_of_a_window_between_the_marks_asks_ahead_for_what_it_shows(season, explorer):
    times = film(explorer)
    press(season.play)
    ahead = [request.time.to_text() for request in explorer.prefetched[-1]]
    explorer.pass_time(60)
    assert times
    assert times == ahead[: len(times)]
    assert season.first.value.endswith("-05-10")


def test_the_modes_keep_the_window(season, explorer):
    choose(season.mode, "Instant")
    assert season.first.value == MAY
    press(season.forward)
    assert season.first.value == "2009-05-10"
    choose(season.mode, "Cumulative")
    assert season.last.value == "2009-09-20 12:00"
    press(season.back)
    assert season.last.value == SEP
    choose(season.mode, "Off")
    choose(season.mode, "Window")
    assert written(explorer) == "1210377600000,1221912000000"


def test_an_instant_or_an_end_from_elsewhere_keeps_the_width(panel, explorer):
    explorer.parameters.time = f"{Y2008},{MAR}"
    choose(panel.mode, "Instant")
    explorer.parameters.time = f"{FEB}"
    choose(panel.mode, "Window")
    assert (panel.first.value, panel.last.value) == ("2008-02-01", "2008-04-01")
    choose(panel.mode, "Cumulative")
    explorer.parameters.time = "null,1222819200000"
    choose(panel.mode, "Window")
    assert (panel.first.value, panel.last.value) == ("2008-08-01", "2008-10-01")


def test_an_end_that_is_not_dragged_stays_where_it_is(season, explorer):
    browser(season.range, value=[0, 2])
    assert (season.first.value, season.last.value) == (MAY, "2010-01-01")
    browser(season.range, value=[0, 0])
    assert season.first.value <= season.last.value


def test_an_open_end_stays_open_when_the_window_moves(panel, explorer):
    explorer.parameters.time = f"{FEB},null"
    press(panel.back)
    assert written(explorer) == f"{Y2008},null"


def test_with_loop_it_starts_again(panel, explorer):
    choose(panel.mode, "Instant")
    browser(panel.slider, value=23)
    browser(panel.loop, value=True)
    times = film(explorer)
    press(panel.play)
    explorer.pass_time(0.7 * 3.5)
    assert times == [f"{panel.marks[24]}", f"{Y2008}", f"{FEB}"]


def test_it_waits_until_the_last_frame_is_shown(panel, explorer):
    choose(panel.mode, "Instant")
    times = film(explorer)
    press(panel.play)
    explorer.controller.settled = False
    explorer.pass_time(30)
    assert times == []
    explorer.controller.settled = True
    explorer.pass_time(0.1)
    assert times == [f"{FEB}"]


def test_the_next_frames_are_asked_ahead(panel, explorer):
    choose(panel.mode, "Instant")
    press(panel.play)
    ahead = explorer.prefetched[-1]
    assert [request.time.to_text() for request in ahead] == [f"{mark}" for mark in panel.marks[1:4]]
    assert all(request.bbox == explorer.request().bbox for request in ahead)
    explorer.pass_time(0.75)
    assert explorer.prefetched[-1][0].time.to_text() == f"{panel.marks[2]}"


@pytest.mark.parametrize("end", ["pause", "off", "close", "failure", "service"])
def test_no_frame_follows_after(panel, explorer, end):
    choose(panel.mode, "Instant")
    press(panel.play)
    explorer.pass_time(0.75)
    if end == "pause":
        press(panel.play)
    elif end == "off":
        choose(panel.mode, "Off")
    elif end == "close":
        panel.close()
    elif end == "failure":
        explorer.fail("The service does not answer.")
    else:
        panel.on_service()
    before = written(explorer)
    explorer.pass_time(30)
    assert written(explorer) == before
    assert not panel.playback.playing


@pytest.mark.parametrize("time", [f"{Y2008}", f"{FEB},{MAR}", f"null,{MAR}"])
def test_a_time_from_code_for_a_service_that_says_nothing_about_time_is_no_fault(time):
    explorer = StandIn(layers=[{**FIXES, "timeInfo": None}])
    panel = TimePanel(explorer)
    explorer.parameters.time = time
    assert written(explorer) == time
    assert not visible(panel._body)


def test_single_steps_stop_at_the_ends(panel, explorer):
    choose(panel.mode, "Instant")
    press(panel.back)
    assert written(explorer) == f"{Y2008}"
    press(panel.forward)
    assert written(explorer) == f"{FEB}"
    press(panel.back)
    assert written(explorer) == f"{Y2008}"


def test_the_speed_sets_the_pause(panel, explorer):
    choose(panel.mode, "Instant")
    choose(panel.speed, "Very fast")
    press(panel.play)
    explorer.pass_time(0.45)
    assert panel.slider.value == 4


def test_an_action_that_is_run_twice_makes_one_step(panel, explorer):
    scheduler = explorer.controller.scheduler
    scheduler.deliver = lambda action: (action(), action())
    choose(panel.mode, "Instant")
    times = film(explorer)
    press(panel.play)
    explorer.pass_time(0.75)
    assert times == [f"{FEB}"]


def test_a_value_that_the_browser_repeats_late_is_not_taken_for_the_persons(panel, explorer):
    choose(panel.mode, "Window")
    explorer.parameters.time = (Y2008, FEB)
    explorer.parameters.time = (FEB, MAR)
    explorer.parameters.time = (FEB + 1, MAR + 1)  # between the marks: an echo must not round it either
    browser(panel.range, value=[0, 1])
    assert written(explorer) == f"{FEB + 1},{MAR + 1}"
    assert panel.range.value == (1, 2)
    explorer.controller.scheduler.advance(5)
    browser(panel.range, value=[0, 1])
    assert written(explorer) == f"{Y2008},{FEB}"
