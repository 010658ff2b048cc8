"""A range of times as a file: its frames, its forms, and what happens when it ends early."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mapexplorer.connection import connect
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.lapse_times import lapse_frames, read_step
from mapexplorer.explorer.panels.time_window import Held
from mapexplorer.explorer.panels.timeline import Step
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.explorer.time_lapse import Cancelled, write_time_lapse
from mapexplorer.protocol import MapExplorerError, ParameterError, TimeExtent

SMALL = {"size": (120, 80)}
SEASON: dict[str, Any] = {"start": "2005-08-01", "end": "2005-10-15", "step": "1 month"}


@pytest.fixture(scope="module")
def service() -> Any:
    return connect("sample:storms")


@pytest.fixture
def explorer(wire: object, service: Any) -> Iterator[MapExplorer]:
    made = MapExplorer(service, scheduler=ManualScheduler(), **SMALL)
    yield made
    made.close()


def times(frames: Any) -> list[str]:
    return [frame.stamp for frame in frames]


@pytest.mark.parametrize(
    ("keywords", "stamps"),
    [
        (SEASON, ["2005-08-01 – 2005-09-01", "2005-09-01 – 2005-10-01", "2005-10-01 – 2005-10-15"]),
        ({**SEASON, "mode": "instant"}, ["2005-08-01", "2005-09-01", "2005-10-01", "2005-10-15"]),
        (
            {**SEASON, "mode": "cumulative"},
            ["up to 2005-08-01", "up to 2005-09-01", "up to 2005-10-01", "up to 2005-10-15"],
        ),
        ({**SEASON, "width": 2}, ["2005-08-01 – 2005-10-01", "2005-09-01 – 2005-10-15"]),
        ({**SEASON, "width": 9}, ["2005-08-01 – 2005-10-15"]),
        ({**SEASON, "stamped": False}, ["", "", ""]),
        ({"start": "2021-12-25", "step": "decade"}, ["2021-12-25 – 2031-12-25"]),
    ],
)
def test_frames_follow_each_other_through_the_range(
    explorer: MapExplorer, keywords: dict[str, Any], stamps: list[str]
) -> None:
    assert times(lapse_frames(explorer, **keywords)) == stamps


@pytest.mark.parametrize(
    ("keywords", "first", "last", "count"),
    [
        ({}, "1975-06-01 – 1976-01-15", "2022-06-01 – 2023-01-15", 48),
        (
            {"start": "2003-01-01", "end": "2006-01-01"},
            "2003-06-01 – 2004-01-15",
            "2005-06-01 – 2006-01-15",
            3,
        ),
    ],
)
def test_a_window_between_the_marks_is_recorded_as_the_slider_plays_it(
    explorer: MapExplorer, keywords: dict[str, Any], first: str, last: str, count: int
) -> None:
    season = Held(TimeExtent.of(("2005-06-01", "2006-01-15")), Step(1, "years"))
    frames = times(lapse_frames(explorer, step=season.step, held=season, **keywords))
    assert (frames[0], frames[-1], len(frames)) == (first, last, count)


def test_without_a_range_the_whole_time_of_the_service_is_shown_on_calendar_steps(
    explorer: MapExplorer,
) -> None:
    frames = lapse_frames(explorer, step="10 years")
    assert times(frames)[0] == "1970-01-01 – 1980-01-01"
    assert frames[-1].request.time is not None
    assert frames[-1].request.time.end >= TimeExtent.of("2022-11-01").end


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("6 hours", Step(6, "hours")),
        ("month", Step(1, "months")),
        ("1 century", Step(1, "centuries")),
        (Step(2, "days"), Step(2, "days")),
    ],
)
def test_steps_are_read_as_people_write_them(text: Any, step: Step) -> None:
    assert read_step(text) == step


@pytest.mark.parametrize("text", ["", "0 days", "soon", "1.5 days", 7, "-1 day"])
def test_other_steps_are_refused(text: Any) -> None:
    with pytest.raises(ParameterError, match=r"^step: "):
        read_step(text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.gif", "GIF"), ("a.png", "PNG"), ("a.apng", "PNG"), ("a.webp", "WEBP"), ("A.GIF", "GIF")],
)
def test_an_animation_holds_every_frame_as_the_service_draws_it(
    explorer: MapExplorer, tmp_path: Path, name: str, kind: str
) -> None:
    made = explorer.time_lapse(tmp_path / name, pause=0.25, stamped=False, **SEASON)
    frames = lapse_frames(explorer, **SEASON)
    with Image.open(made) as animation:
        assert (animation.format, animation.n_frames, animation.size) == (kind, 3, (120, 80))
        for number, frame in enumerate(frames):
            animation.seek(number)
            shown = np.asarray(animation.convert("RGB")).astype(int)
            white = Image.new("RGBA", (120, 80), (255, 255, 255, 255))
            white.alpha_composite(explorer.service.export(frame.request).image.convert("RGBA"))
            drawn = np.asarray(white.convert("RGB")).astype(int)
            assert np.abs(shown - drawn).mean() < 6, number
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_stamp_stands_in_the_lower_left_corner(explorer: MapExplorer, tmp_path: Path) -> None:
    plain, stamped = (
        explorer.time_lapse(tmp_path / f"{wanted}.zip", stamped=wanted, **SEASON) for wanted in (False, True)
    )
    with zipfile.ZipFile(plain) as one, zipfile.ZipFile(stamped) as other:
        assert one.namelist() == other.namelist() == ["frame-0001.png", "frame-0002.png", "frame-0003.png"]
        pictures = [
            np.asarray(Image.open(archive.open("frame-0001.png")).convert("RGB")).astype(int)
            for archive in (one, other)
        ]
    changed = np.argwhere(np.abs(pictures[0] - pictures[1]).sum(axis=2) > 0)
    assert len(changed) > 100
    assert changed[:, 0].min() > 40


def test_a_folder_holds_the_pictures(explorer: MapExplorer, tmp_path: Path) -> None:
    made = explorer.time_lapse(tmp_path / "frames", **SEASON)
    assert sorted(path.name for path in made.iterdir()) == [f"frame-000{n}.png" for n in (1, 2, 3)]
    with pytest.raises(ParameterError, match="exists already"):
        explorer.time_lapse(tmp_path / "frames", **SEASON)


@pytest.mark.parametrize("name", ["a.gif", "a.zip", "folder"])
def test_what_is_stopped_leaves_nothing_behind(explorer: MapExplorer, tmp_path: Path, name: str) -> None:
    heard: list[tuple[int, int]] = []

    def on_frame(done: int, total: int) -> bool:
        heard.append((done, total))
        return done < 2

    with pytest.raises(Cancelled):
        explorer.time_lapse(tmp_path / name, on_frame=on_frame, **SEASON)
    assert heard == [(0, 3), (1, 3), (2, 3)]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_file_that_was_there(explorer: MapExplorer, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"old")

    def fail(request: Any) -> Any:
        raise MapExplorerError("no")

    with pytest.raises(MapExplorerError, match="no"):
        write_time_lapse(tmp_path / "a.gif", lapse_frames(explorer, **SEASON), fail)
    assert (tmp_path / "a.gif").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize(
    ("name", "keywords", "words"),
    [
        ("a.mp4", {}, "path: expected a name that ends with .gif"),
        ("missing/a.gif", {}, "path: there is no folder"),
        ("a.gif", {"step": "1 second"}, "step: 1 second gives more than 1,000 pictures"),
        ("a.gif", {"start": "2010", "end": "2009"}, "end: expected a time after the start"),
        ("a.gif", {"start": "soon"}, "start: expected a date"),
        ("a.gif", {"mode": "off"}, "mode: expected window, instant or cumulative"),
        ("a.gif", {"pause": 0}, "pause: expected 0.02 to 60 seconds"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    explorer: MapExplorer, tmp_path: Path, name: str, keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        explorer.time_lapse(tmp_path / name, **{**SEASON, **keywords})
    assert words in str(refused.value)


def test_too_many_pixels_for_one_animation_are_refused(explorer: MapExplorer, tmp_path: Path) -> None:
    explorer.parameters.size = "4096,4096"
    with pytest.raises(ParameterError, match="too much for one animation"):
        explorer.time_lapse(tmp_path / "a.gif", **{**SEASON, "step": "1 day"})


def recorded(explorer: MapExplorer, path: Path) -> Any:
    lapse = explorer.panels["TimePanel"].lapse  # type: ignore[attr-defined]
    lapse.first.value, lapse.last.value, lapse.path.value = "2005-08-01", "2005-08-29", str(path)
    lapse.record.click()
    return lapse


def run_jobs(explorer: MapExplorer, each: Callable[[], None] = lambda: None) -> None:
    scheduler: Any = explorer.controller.scheduler
    while scheduler.jobs:
        each()
        scheduler.run_job()


def test_the_panel_records_and_offers_the_file(explorer: MapExplorer, tmp_path: Path) -> None:
    lapse = recorded(explorer, tmp_path / "a.gif")
    assert lapse.record.disabled
    run_jobs(explorer)
    assert (tmp_path / "a.gif").exists()
    assert lapse.progress.value == lapse.progress.max > 2
    assert 'download="a.gif"' in lapse.message.value
    assert not lapse.record.disabled


def test_the_panel_stops_recording(explorer: MapExplorer, tmp_path: Path) -> None:
    lapse = recorded(explorer, tmp_path / "a.gif")
    lapse.cancel.click()
    run_jobs(explorer)
    assert list(tmp_path.iterdir()) == []
    assert "Cancelled" in lapse.message.value
    assert not lapse.record.disabled


def test_the_panel_says_why_it_cannot_record(explorer: MapExplorer, tmp_path: Path) -> None:
    lapse = recorded(explorer, tmp_path / "a.mp4")
    run_jobs(explorer)
    assert "expected a name that ends with" in lapse.message.value
    assert 'role="alert"' in lapse.message.value
