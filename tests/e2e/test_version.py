"""A person chooses a version of the data and a moment of their history."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.live_page import LivePage

# One square at 10° that was replaced by one at 30° with the year 2016, and one at 80° in a version.
DOCUMENT = """
import json, pathlib, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
def rows(*squares):
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, 0]}, "properties": facts}
        for x, facts in squares
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})
(folder / "now.geojson").write_text(
    rows((10, {"begin": 1420070400000, "end": 1451606400000}), (30, {"begin": 1451606400000, "end": None}))
)
(folder / "edited.geojson").write_text(rows((80, {"name": "edited"})))
red = {"type": "esriSMS", "style": "esriSMSSquare", "color": [200, 0, 0, 255], "size": 20}
layer = {
    "id": 0, "name": "Squares", "type": "Feature Layer", "source": "now.geojson",
    "versions": {"sde.USER1": "edited.geojson"},
    "archivingInfo": {"startField": "begin", "endField": "end"},
    "drawingInfo": {"renderer": {"type": "simple", "label": "", "symbol": red}},
}
document = folder / "map.json"
about = {"name": "Versions", "spatialReference": {"wkid": 4326}}
box = {"xmin": -20, "ymin": -40, "xmax": 100, "ymax": 40, "spatialReference": {"wkid": 4326}}
document.write_text(json.dumps({**about, "fullExtent": box, "layers": [layer]}))
"""


METRES = 111_319.49
"""Of Web Mercator along one degree of longitude."""


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    shared_page.run(DOCUMENT)
    shared_page.open("str(document)")
    shared_page.run("RECEIVED.clear()")
    shared_page.tab("Version")
    yield shared_page
    assert shared_page.take_errors() == []


def field(live: LivePage, label: str) -> str:
    """Give the selector of the box behind a label of the panel."""
    return f".me-version-panel .me-field:has(> label:text-is('{label}')) input:visible"


def write(live: LivePage, label: str, words: str) -> None:
    box = live.page.locator(field(live, label)).first
    box.fill(words)
    box.press("Enter")


def squares(live: LivePage) -> list[int]:
    """Where squares are seen, in degrees to the nearest ten."""
    picture = live.shown_picture().astype(int)
    red = (picture[:, :, 0] > 150) & (picture[:, :, 1] < 60) & (picture[:, :, 3] > 200)
    west, _, east, _ = live.value("explorer.map.extent.numbers")
    columns = np.flatnonzero(red.any(axis=0))
    metres = west + (columns + 0.5) / red.shape[1] * (east - west)
    return sorted({round(place / METRES / 10) * 10 for place in metres})


def test_a_version_and_moments_of_the_history_are_drawn(live: LivePage) -> None:
    assert squares(live) == [30]
    write(live, "Version", "sde.USER1")
    live.until("explorer.parameters.gdb_version", "sde.USER1")
    live.settle()
    assert live.received()[-1]["gdbVersion"] == "sde.USER1"
    assert live.received("queryLegends")[-1]["gdbVersion"] == "sde.USER1"
    assert squares(live) == [80]
    write(live, "Version", "")
    live.until("explorer.parameters.gdb_version is None")

    write(live, "As of (UTC)", "2015-06-01 12:00")
    live.until("explorer.parameters.historic_moment", 1433160000000)
    live.settle()
    assert "gdbVersion" not in live.received()[-1]
    assert live.received()[-1]["historicMoment"] == "1433160000000"
    assert live.received("queryLegends")[-1]["historicMoment"] == "1433160000000"
    assert squares(live) == [10]
    picked = live.page.locator(field(live, "Pick (UTC)")).first
    expect(picked).to_have_value("2015-06-01T12:00")
    picked.fill("2016-02-03T04:05")
    picked.press("Tab")
    live.until("explorer.parameters.historic_moment", 1454472300000)
    live.settle()
    assert squares(live) == [30]
    live.page.locator(".me-version-panel button:visible", has_text="Now").click()
    live.until("explorer.parameters.historic_moment is None")
    live.settle()
    assert "historicMoment" not in live.received()[-1]
