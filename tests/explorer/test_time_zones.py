"""Time zones: times are shown, typed, stepped and stamped in the one chosen, and sent as UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import geopandas
import pytest
from shapely.geometry import Point
from traitlets import TraitError

from mapexplorer import connect
from mapexplorer.client import Identified
from mapexplorer.explorer import time_zones
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.lapse_times import stamp
from mapexplorer.explorer.panels import FiltersPanel, TimePanel, VersionPanel, timeline
from mapexplorer.explorer.panels.timeline import Step
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.protocol.time import TimeExtent

from .conftest import Bench
from .panels.stand_in import FIXES, ROOT, StandIn, browser, choose, press

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def utc(words: str) -> int:
    found = timeline.parsed(words)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "zone", "instant"),
    [
        ("2008-07-01", BERLIN, "2008-06-30 22:00"),
        ("2008-01-01 06:00", BERLIN, "2008-01-01 05:00"),
        ("2008-01-01", NEW_YORK, "2008-01-01 05:00"),
        ("2008-07-01 12:00:00.5", NEW_YORK, "2008-07-01 16:00:00.500"),
    ],
)
def test_a_time_is_read_and_written_in_its_zone(written: str, zone: ZoneInfo, instant: str) -> None:
    time = timeline.parsed(written, zone)
    assert timeline.text(time) == instant
    assert timeline.parsed(timeline.text(time, zone), zone) == time
    assert timeline.parsed(f"{instant} UTC", zone) == time
    assert timeline.parsed(f"{instant}Z", zone) == time


@pytest.mark.parametrize("zone", [UTC, BERLIN, NEW_YORK])
def test_what_is_no_date_names_the_zone(zone: Any) -> None:
    with pytest.raises(ValueError, match=f"expected a date such as .* \\({zone}\\)"):
        timeline.parsed("yesterday", zone)
    with pytest.raises(ValueError, match="expected a date"):
        timeline.parsed("0", zone)


@pytest.mark.parametrize(
    ("step", "zone", "shown"),
    [
        (Step(1, "days"), BERLIN, ["2008-03-29", "2008-03-30", "2008-03-31", "2008-04-01"]),
        (Step(1, "months"), NEW_YORK, ["2008-03-01", "2008-04-01"]),
        (Step(1, "weeks"), BERLIN, ["2008-03-24", "2008-03-31", "2008-04-07"]),
        (Step(12, "hours"), UTC, ["2008-03-29 12:00", "2008-03-30", "2008-03-30 12:00"]),
    ],
)
def test_marks_are_at_midnight_of_the_zone_also_over_the_change_of_clocks(
    step: Step, zone: Any, shown: list[str]
) -> None:
    row = timeline.marks((utc("2008-03-29 12:00"), utc("2008-03-31 12:00")), step, zone)
    assert [timeline.text(mark, zone) for mark in row][: len(shown)] == shown


def test_hours_have_a_fixed_length_in_every_zone() -> None:
    row = timeline.marks((utc("2008-03-30"), utc("2008-03-30 12:00")), Step(6, "hours"), BERLIN)
    assert {later - earlier for earlier, later in pairwise(row)} == {6 * 3_600_000}


def test_the_zones_of_the_world_are_known_utc_first() -> None:
    assert time_zones.names()[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York"} <= set(time_zones.names())


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../etc/passwd", 5, "CEST"])
def test_a_zone_that_is_not_known_is_refused(bench: Bench, name: Any) -> None:
    with pytest.raises(TraitError, match="time_zone: expected UTC or a name such as Europe/Berlin"):
        bench.explorer.time_zone = name
    assert bench.explorer.time_zone == "UTC"


@pytest.mark.parametrize(
    ("time", "name", "words"),
    [
        (TimeExtent(0, 0), "UTC", "1970-01-01"),
        (TimeExtent(0, 0), "Asia/Tokyo", "1970-01-01 09:00 (Asia/Tokyo)"),
        (TimeExtent(None, 0), "Asia/Tokyo", "up to 1970-01-01 09:00 (Asia/Tokyo)"),
    ],
)
def test_the_stamp_of_a_picture_names_another_zone(time: TimeExtent, name: str, words: str) -> None:
    assert stamp(time, name) == words


def test_the_panel_of_time_shows_and_reads_the_zone_and_sends_utc() -> None:
    explorer = StandIn()
    panel = TimePanel(explorer)
    choose(panel.mode, "Window")
    assert panel.first.description == "From (UTC)"
    before = explorer.parameters.time
    browser(panel.zone.box, value="europe/berlin")
    assert explorer.time_zone == "Europe/Berlin"
    assert explorer.parameters.time == before, "only what is shown changes"
    assert (panel.first.description, panel.first.value) == ("From", "2008-01-01 01:00")
    browser(panel.first, value="2008-01-15")
    assert explorer.parameters.time.start == utc("2008-01-14 23:00")
    assert all(timeline.text(mark, BERLIN).endswith("-01") for mark in panel.marks)
    browser(panel.zone.box, value="nowhere")
    assert "time_zone: expected UTC" in panel.message.value
    assert explorer.time_zone == "Europe/Berlin"
    browser(panel.zone.box, value="")
    assert explorer.time_zone == "UTC"
    assert panel.first.value == "2008-01-14 23:00"
    panel.close()


def test_the_panel_of_history_shows_and_reads_the_zone() -> None:
    kept = {**FIXES, "archivingInfo": {"supportsQueryWithHistoricMoment": True, "startArchivingMoment": 0}}
    explorer = StandIn(ROOT, [kept])
    explorer.time_zone = "Asia/Tokyo"
    panel = VersionPanel(explorer)
    assert "since 1970-01-01 09:00" in panel.facts.value
    browser(panel.moment, value="2015-06-01 12:00")
    assert explorer.parameters.historic_moment == utc("2015-06-01 03:00")
    assert panel.picker.value == datetime(2015, 6, 1, 12)
    panel.picker.value = datetime(2015, 6, 2)
    assert explorer.parameters.historic_moment == utc("2015-06-01 15:00")
    explorer.time_zone = "UTC"
    assert (panel.moment.description, panel.moment.value) == ("As of (UTC)", "2015-06-01 15:00")
    panel.close()


DATED = {
    **FIXES,
    "fields": [
        {"name": "OBJECTID", "type": "esriFieldTypeOID"},
        {"name": "seen", "type": "esriFieldTypeDate"},
        {"name": "born", "type": "esriFieldTypeDateOnly"},
    ],
    "parameterInfos": [{"name": "since", "dataType": "esriFieldTypeDate", "defaultValue": 1199145600000}],
}


def test_a_filter_is_built_from_times_of_the_zone_and_sent_in_utc() -> None:
    explorer = StandIn(ROOT, [DATED])
    explorer.time_zone = "Asia/Tokyo"
    panel = FiltersPanel(explorer)
    browser(panel.boxes[1].build, value=True)
    builder = panel.boxes[1].builder
    assert builder is not None
    row = builder.rows[0]
    assert (row.field.value, row.value.placeholder) == ("seen", "2008-07-01 (Asia/Tokyo)")
    browser(row.value, value="2008-07-01 06:00")
    sent = {1: "seen >= TIMESTAMP '2008-06-30 21:00:00'"}
    assert explorer.parameters.layer_defs == sent
    assert "time zone Asia/Tokyo" in builder.note.value
    press(builder.add)
    browser(builder.rows[1].value, value="soon")
    assert "expected a date such as" in builder.note.value
    explorer.time_zone = "UTC"
    assert [one.value.value for one in builder.rows] == ["2008-06-30 21:00", "soon"]
    assert row.value.placeholder == "2008-07-01 (UTC)"
    assert explorer.parameters.layer_defs == sent, "only what is shown changes"
    explorer.parameters.layer_defs = {
        1: "seen < TIMESTAMP '2008-01-01 00:00:00' AND born = DATE '2008-01-01'"
    }
    explorer.time_zone = "Asia/Tokyo"
    assert [one.value.value for one in builder.rows] == ["2008-01-01 09:00", "2008-01-01"]
    panel.close()


def test_a_value_of_a_published_filter_is_a_time_of_the_zone() -> None:
    explorer = StandIn(ROOT, [DATED])
    panel = FiltersPanel(explorer)
    (since,) = panel.boxes[1].parameters
    browser(since.text, value="2008-02-01")
    explorer.time_zone = "Asia/Tokyo"
    assert (since.text.value, since.text.placeholder) == ("2008-02-01 09:00", "2008-01-01 09:00")
    assert "a date, in Asia/Tokyo" in since.about.value
    browser(since.text, value="2008-02-01")
    assert explorer.parameters.layer_parameter_values == {1: {"since": utc("2008-01-31 15:00")}}
    panel.close()


def test_the_table_and_what_is_identified_show_times_of_the_zone(wire: object) -> None:
    seen = [datetime(2008, 1, 1, 12), datetime(2008, 7, 1, 12)]
    frame = geopandas.GeoDataFrame({"seen": seen}, geometry=[Point(0, 0), Point(1, 1)], crs=4326)
    explorer = MapExplorer(
        connect({"Towns": frame}), scheduler=ManualScheduler(), bbox=(-5, -5, 5, 5), bbox_sr=4326
    )
    table, select = explorer.table, explorer.panels["SelectPanel"]
    browser(table.opener, value=True)
    while explorer.controller.scheduler.pump():
        pass
    assert "2008-07-01 12:00" in table.cells[1].value
    assert "times in UTC" in table.count.value
    select._tell((0, 0), [Identified(0, "Towns", "", {"seen": utc("2008-07-01 12:00")})])
    assert "Times in UTC" in select.found.value
    explorer.time_zone = "Europe/Berlin"
    assert "2008-01-01 13:00" in table.cells[0].value
    assert "2008-07-01 14:00" in table.cells[1].value
    assert "times in Europe/Berlin" in table.count.value
    for shown in (select.found.value, select.popup._layers[0].child.value):
        assert "2008-07-01 14:00" in shown
        assert "Times in Europe/Berlin" in shown
    explorer.close()
