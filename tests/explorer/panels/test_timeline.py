"""Time steps on the UTC calendar, dates as text, and windows over marks."""

from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import timeline
from mapexplorer.explorer.panels.time_window import Mode, Window, fitting_modes, published_time
from mapexplorer.explorer.panels.timeline import Step, parsed, text
from mapexplorer.protocol import LayerInfo, ServiceInfo, TimeExtent


@pytest.mark.parametrize(
    ("start", "step", "times", "end"),
    [
        ("2008-02-29", Step(1, "years"), -1, "2007-02-28"),
        ("2008-03-31", Step(1, "months"), -1, "2008-02-29"),
        ("2008-01-31", Step(1, "months"), 1, "2008-02-29"),
        ("2008-01-31", Step(1, "months"), 2, "2008-03-31"),
        ("2008-01-01", Step(1, "weeks"), -1, "2007-12-25"),
        ("2008-01-01", Step(1, "decades"), -1, "1998-01-01"),
        ("2008-01-01", Step(1, "centuries"), -1, "1908-01-01"),
        ("2008-12-31 18:00", Step(6, "hours"), 1, "2009-01-01"),
        ("1969-12-31", Step(1, "days"), 1, "1970-01-01"),
    ],
)
def test_steps_follow_the_calendar(start, step, times, end):
    assert text(step.after(parsed(start), times)) == end


def test_milliseconds_are_those_of_the_specification():
    assert parsed("2008-01-01") == 1199145600000
    assert Step(1, "years").after(1204243200000, -1) == 1172620800000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2008", "2008-01-01"),
        ("2008-07", "2008-07-01"),
        (" 2008-7-1 ", "2008-07-01"),
        ("2008-07-01T06:00Z", "2008-07-01 06:00"),
        ("2008-07-01 06:00:30", "2008-07-01 06:00:30"),
        ("2008-07-01 06:00:30.5", "2008-07-01 06:00:30.500"),
        ("0099-01-01", "0099-01-01"),
        ("", ""),
    ],
)
def test_dates_are_read_in_utc_and_written_short(written, read):
    assert text(parsed(written)) == read


@pytest.mark.parametrize(
    "written", ["yesterday", "2008-13-01", "2008-02-30", "06:00", "01/02/2008", "20080701"]
)
def test_other_texts_are_refused_with_an_example(written):
    with pytest.raises(ValueError, match="2008-07-01"):
        parsed(written)


@pytest.mark.parametrize(
    ("first", "last", "published", "step"),
    [
        ("1975-06-27", "2021-11-07", None, "1 year"),
        ("1975-06-27", "2021-11-07", Step(6, "hours"), "1 year"),
        ("1975-06-27", "2021-11-07", Step(5, "years"), "5 years"),
        ("2008-01-01", "2010-01-01", None, "1 week"),
        ("2008-01-01", "2008-01-08", None, "3 hours"),
        ("2008-01-01", "2008-01-02", None, "10 minutes"),
        ("1000-01-01", "2000-01-01", None, "1 decade"),
    ],
)
def test_a_sensible_step_gives_30_to_200_steps(first, last, published, step):
    extent = (parsed(first), parsed(last))
    assert str(timeline.sensible(extent, published)) == step
    assert timeline.sensible(extent, published) in timeline.choices(extent, published)


@pytest.mark.parametrize("extent", [(0, 0), (0, 1), (0, 10**14), (-62135596800000, 253402300799000)])
def test_every_extent_has_marks(extent):
    for step in timeline.choices(extent):
        marks = timeline.marks(extent, step)
        assert 2 <= len(marks) <= timeline.MOST_STEPS + 1
        assert list(marks) == sorted(set(marks))


def test_marks_lie_on_the_calendar_and_enclose_the_extent():
    marks = timeline.marks((parsed("1975-06-27"), parsed("1977-11-07")), Step(1, "years"))
    assert [text(mark) for mark in marks] == ["1975-01-01", "1976-01-01", "1977-01-01", "1978-01-01"]
    weeks = timeline.marks((parsed("2008-01-03"), parsed("2008-01-09")), Step(1, "weeks"))
    assert [text(mark) for mark in weeks] == ["2007-12-31", "2008-01-07", "2008-01-14"]


@pytest.mark.parametrize(("time", "index"), [(-5, 0), (0, 0), (5, 0), (6, 1), (15, 1), (16, 2), (99, 2)])
def test_the_nearest_mark_is_found(time, index):
    assert timeline.nearest((0, 10, 20), time) == index


@pytest.mark.parametrize(
    ("count", "unit", "step"),
    [
        (1, "esriTimeUnitsYears", Step(1, "years")),
        (6.0, "esriTimeUnitsHours", Step(6, "hours")),
        (1, "esriTimeUnitsUnknown", None),
        (0, "esriTimeUnitsDays", None),
        (1.5, "esriTimeUnitsDays", None),
        ("x", "esriTimeUnitsDays", None),
        (None, None, None),
        (float("nan"), "esriTimeUnitsDays", None),
    ],
)
def test_a_published_interval_is_a_step_or_nothing(count, unit, step):
    assert timeline.published_step(count, unit) == step


@pytest.mark.parametrize(
    ("time", "modes"),
    [
        (None, (Mode.OFF,)),
        (TimeExtent(None, None), (Mode.OFF,)),
        (TimeExtent(5, 5), (Mode.INSTANT, Mode.WINDOW)),
        (TimeExtent(5, 6), (Mode.WINDOW,)),
        (TimeExtent(5, None), (Mode.WINDOW,)),
        (TimeExtent(None, 5), (Mode.CUMULATIVE, Mode.WINDOW)),
    ],
)
def test_a_time_tells_the_mode(time, modes):
    assert fitting_modes(time) == modes


@pytest.mark.parametrize(
    ("mode", "frames", "times"),
    [
        (Mode.INSTANT, 4, [TimeExtent(0, 0), TimeExtent(10, 10), TimeExtent(20, 20), TimeExtent(30, 30)]),
        (Mode.WINDOW, 2, [TimeExtent(0, 20), TimeExtent(10, 30)]),
        (
            Mode.CUMULATIVE,
            4,
            [TimeExtent(None, 0), TimeExtent(None, 10), TimeExtent(None, 20), TimeExtent(None, 30)],
        ),
        (Mode.OFF, 0, []),
    ],
)
def test_a_film_shows_every_frame_of_a_mode(mode, frames, times):
    marks, window = (0, 10, 20, 30), Window(0, 2)
    assert window.frames(mode, marks) == frames
    assert [window.at_frame(frame, mode).time(mode, marks) for frame in range(frames)] == times


@pytest.mark.parametrize(
    ("root", "layer", "extent"),
    [
        ([0, 100], [50, 200], (0, 100)),
        (None, [50, 200], (50, 200)),
        ([None, 100], [50, 200], (50, 200)),
        (["x", {}], [200, 50], (50, 200)),
        (None, [float("nan"), 5], None),
        (None, [1e300, 5], None),
        (None, None, None),
    ],
)
def test_the_time_extent_comes_from_the_root_or_else_from_the_layers(root, layer, extent):
    info = ServiceInfo.parse({"timeInfo": {"timeExtent": root}} if root else {})
    layers = [
        LayerInfo.parse({"id": 1, "name": "a", "timeInfo": {"timeExtent": layer}} if layer else {"id": 1})
    ]
    found = published_time(info, layers)
    assert (found.extent if found else None) == extent
