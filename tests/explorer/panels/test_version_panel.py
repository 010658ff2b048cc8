"""Versions and history: what is offered, what is written, what is missing and said to be."""

from __future__ import annotations

from datetime import datetime

import pytest

from mapexplorer.explorer.panels import VersionPanel

from .stand_in import LAYERS, ROOT, StandIn, browser, press

JUNE = 1433160000000


@pytest.fixture
def explorer() -> StandIn:
    first, second, *others = LAYERS
    kept = {**second, "archivingInfo": {"supportsQueryWithHistoricMoment": True, "startArchivingMoment": 0}}
    layers = [{**first, "isDataVersioned": True}, kept, *others]
    return StandIn({**ROOT, "hasVersionedData": True}, layers)


@pytest.fixture
def panel(explorer: StandIn) -> VersionPanel:
    return VersionPanel(explorer)


@pytest.mark.parametrize(
    ("control", "value", "name", "expected"),
    [
        ("version", " sde.USER1 ", "gdb_version", "sde.USER1"),
        ("version", "", "gdb_version", None),
        ("moment", "2015-06-01 12:00", "historic_moment", JUNE),
        ("moment", "2015-06-01T12:00Z", "historic_moment", JUNE),
        ("moment", "", "historic_moment", None),
    ],
)
def test_a_control_writes_exactly_this(panel, explorer, control, value, name, expected):
    explorer.parameters.update(gdb_version="x", historic_moment=5)
    browser(getattr(panel, control), value=value)
    assert getattr(explorer.parameters, name) == expected


def test_picked_moments_are_utc(panel, explorer):
    panel.picker.value = datetime(2015, 6, 1, 12)
    assert explorer.parameters.historic_moment == JUNE
    assert panel.moment.value == "2015-06-01 12:00"
    press(panel.now)
    assert explorer.parameters.historic_moment is None
    assert panel.picker.value is None
    assert panel.now.disabled


def test_what_is_no_date_says_so(panel, explorer):
    browser(panel.moment, value="yesterday")
    assert explorer.parameters.historic_moment is None
    assert "expected a date" in panel.message.value


@pytest.mark.parametrize("moment", [-(10**15), 10**15])
def test_moments_beyond_the_calendar_are_shown_as_they_are(panel, explorer, moment):
    explorer.parameters.historic_moment = moment
    assert panel.moment.value == f"{moment} ms"
    assert panel.picker.value is None


def test_the_facts_of_the_layers_are_told(panel):
    assert "Fixes" in panel.facts.value
    assert "Tracks since 1970-01-01" in panel.facts.value


def test_a_service_without_either_says_so_and_lets_values_be_taken_away():
    explorer = StandIn()
    panel = VersionPanel(explorer)
    assert panel.version.disabled
    assert panel.picker.disabled
    assert "no versioned data" in panel.version_reason.value
    assert "keeps a history" in panel.history_reason.value
    explorer.parameters.update(gdb_version="sde.X", historic_moment=5)
    assert not panel.version.disabled
    assert not panel.moment.disabled
    browser(panel.version, value="")
    assert explorer.parameters.gdb_version is None
    assert panel.version.disabled
