"""Filters, ranges, time, versions and the legend as a person sets them: what is asked for and drawn."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.live_page import LivePage
from tests.e2e.test_explorer import assert_shows_the_answer

DRAWN = "explorer.answer.request == explorer.request() and explorer.answer.legend is not None"
DOCUMENT = """
import json as _json, pathlib as _pathlib, tempfile as _tempfile
import geopandas as _geopandas
from shapely.geometry import box as _box
_folder = _pathlib.Path(_tempfile.mkdtemp())
_geopandas.GeoDataFrame(
    {"floor": [1, 2, 3], "kind": ["a", "b", "a"]}, geometry=[_box(n, 0, n + 1, 3) for n in range(3)], crs=4326
).to_file(_folder / "rooms.geojson")
_layer = {
    "id": 0, "name": "Rooms", "type": "Feature Layer", "source": "rooms.geojson",
    "definitionExpression": "floor <= ::floor AND kind IN (::kinds)",
    "parameterInfos": [
        {"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": 3, "multipleValues": False},
        {"name": "kinds", "dataType": "esriFieldTypeString", "defaultValue": ["a", "b"],
         "multipleValues": True},
    ],
    "rangeInfos": [{"name": "floor", "field": "floor", "fullRangeExtent": [1, 3]}],
    "drawingInfo": {"renderer": {"type": "simple", "symbol": {
        "type": "esriSFS", "style": "esriSFSSolid", "color": [200, 0, 0, 255],
        "outline": {"type": "esriSLS", "style": "esriSLSSolid", "color": [0, 0, 0, 255], "width": 1}}}},
}
(_folder / "map.json").write_text(_json.dumps(
    {"name": "House", "spatialReference": {"wkid": 4326}, "layers": [_layer]}))
"""


# One square at 10° that was replaced by one at 30° with the year 2016, and one at 80° in a version.
VERSIONS = """
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


def open_service(live: LivePage, target: str = "None") -> None:
    """Open a service and wait until picture and legend are those of its request."""
    live.open(target)
    live.until(DRAWN)


@pytest.fixture
def live(shared_page: LivePage) -> Iterator[LivePage]:
    open_service(shared_page)
    shared_page.run("RECEIVED.clear()")
    yield shared_page
    assert shared_page.take_errors() == []


def drawn(live: LivePage) -> np.ndarray[Any, Any]:
    """The picture, once everything that was asked for is shown."""
    live.until(DRAWN)
    live.settle()
    assert_shows_the_answer(live)
    return live.shown_picture()


def received(live: LivePage, name: str) -> Any:
    """What both operations received last for a parameter, which must be the same."""
    picture, legend = (live.received(operation)[-1].get(name) for operation in ("export", "queryLegends"))
    assert picture == legend
    return picture


def test_a_filter_is_built_from_conditions(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Filters")
    live.page.locator(".me-filter:visible button", has_text="Build").first.click()
    live.page.locator(".me-condition:visible select").first.select_option("stage")
    # The kernel answers a choice in order: what comes last shows that the rest of the answer is there.
    live.page.locator(".me-condition datalist option[value='Category 5']").first.wait_for(state="attached")
    live.page.locator(".me-condition:visible select").nth(1).select_option("is one of")
    values = live.page.locator(".me-condition select[multiple]").first
    values.wait_for(state="visible")
    values.select_option(["Category 4", "Category 5"])
    live.until("explorer.parameters.layer_defs == {0: \"stage IN ('Category 4', 'Category 5')\"}")
    after = drawn(live)
    assert not np.array_equal(before, after)
    assert json.loads(received(live, "layerDefs")) == {"0": "stage IN ('Category 4', 'Category 5')"}
    assert live.page.locator(".me-expression:visible input").first.input_value() == (
        "stage IN ('Category 4', 'Category 5')"
    )
    live.page.locator(".me-condition:visible .me-icon").first.click()
    live.until("explorer.parameters.layer_defs is None")
    assert np.array_equal(drawn(live), before)


def test_a_class_of_the_legend_is_a_filter_by_keyboard(live: LivePage) -> None:
    before = live.shown_picture()
    live.tab("Legend")
    box = live.page.locator(".me-class:visible", has_text="Category 5 (137").locator("input")
    box.focus()
    live.page.keyboard.press("Space")
    live.until("explorer.parameters.layer_defs == {0: \"stage = 'Category 5'\"}")
    only = drawn(live)
    assert not np.array_equal(only, before)
    assert json.loads(received(live, "layerDefs")) == {"0": "stage = 'Category 5'"}
    assert live.page.locator(".me-legend-gone").count() > 0
    assert box.is_checked()
    box.focus()
    live.page.keyboard.press("Space")
    live.until("explorer.parameters.layer_defs is None")
    assert np.array_equal(drawn(live), before)
    assert live.page.locator(".me-legend-new").count() > 3


def test_the_legend_is_set_and_taken_away(live: LivePage) -> None:
    live.tab("Legend")
    live.page.get_by_label("Lists").locator("visible=true").first.select_option("All classes")
    live.until("explorer.parameters.return_visible_only is False")
    drawn(live)
    assert live.received("queryLegends")[-1]["returnVisibleOnly"] == "false"
    size = live.page.get_by_label("Symbol size").locator("visible=true").first
    size.fill("30")
    size.press("Enter")
    live.until("explorer.parameters.patch_size is not None")
    drawn(live)
    assert live.received("queryLegends")[-1]["patchSize"] == "30,30"
    live.page.locator("button:visible", has_text="Prepare downloads").click()
    link = live.page.locator(".me-download:visible", has_text="Picture (PNG)")
    link.wait_for()
    with live.page.expect_download() as downloading:
        link.click()
    with Image.open(io.BytesIO(downloading.value.path().read_bytes())) as picture:
        assert picture.width > 100
        assert picture.height > 400
    live.run("explorer.parameters.update(return_visible_only=None, patch_size=None)")


def test_parameters_and_ranges_of_a_published_filter(live: LivePage) -> None:
    live.run(DOCUMENT)
    open_service(live, "str(_folder / 'map.json')")
    before = drawn(live)
    live.tab("Filters")
    box = live.page.get_by_label("floor", exact=True).locator("visible=true").first
    box.fill("2")
    box.press("Enter")
    live.until("explorer.parameters.layer_parameter_values == {0: {'floor': 2}}")
    two = drawn(live)
    assert json.loads(received(live, "layerParameterValues")) == [{"0": {"floor": 2}}]
    kinds = live.page.locator("textarea:visible").first
    kinds.fill("b\nc")
    kinds.blur()
    live.until("explorer.parameters.layer_parameter_values == {0: {'floor': 2, 'kinds': ('b', 'c')}}")
    one = drawn(live)
    red = [int(((part[..., 0] > 150) & (part[..., 1] < 60)).sum()) for part in (before, two, one)]
    assert red[0] > red[1] * 1.3 > red[2] * 1.3 > 0
    live.run("explorer.parameters.layer_parameter_values = None")
    live.tab("Ranges")
    live.page.locator(".me-range:visible select").first.select_option("One value")
    live.until("explorer.parameters.map_range_values is not None")
    drawn(live)
    assert json.loads(received(live, "mapRangeValues")) == [{"name": "floor", "value": 1}]
    live.page.locator(".me-fold:visible").first.click()
    live.page.locator(".me-range:visible select").nth(1).select_option("All values")
    live.until("explorer.parameters.layer_range_values is not None")
    assert np.array_equal(drawn(live), before)
    assert json.loads(received(live, "layerRangeValues")) == [{"0": {"floor": [None, None]}}]


def test_an_end_of_a_range_stays_as_it_was_typed(live: LivePage) -> None:
    live.tab("Ranges")
    live.page.locator(".me-range:visible select").first.select_option("Interval")
    live.until("explorer.parameters.map_range_values is not None")
    drawn(live)
    box = live.page.get_by_label("From", exact=True).locator("visible=true").first
    box.fill("33.4")
    box.press("Enter")
    # The slider has steps of one knot: what it was told comes back from the browser as 33.
    live.until("explorer.panels['RangesPanel'].ranges['wind'].range.value[0] == 33")
    drawn(live)
    assert json.loads(received(live, "mapRangeValues")) == [{"name": "wind", "value": [33.4, 165]}]
    handle = live.page.locator(".me-ranges-panel .noUi-handle:visible").first
    handle.focus()
    handle.press("ArrowRight")
    live.until("explorer.parameters.map_range_values[0].value == (34, 165)")
    live.run("explorer.parameters.map_range_values = None")


def test_a_layer_goes_its_own_way_in_time_and_a_time_lapse_is_recorded(live: LivePage) -> None:
    live.tab("Time")
    assert live.page.locator("svg.me-diagram:visible").count() == 1
    live.page.locator(".me-fold:visible", has_text="Layer by layer").click()
    before = drawn(live)
    live.page.locator(".me-layer-time:visible label", has_text="Cumulative").first.click()
    live.until("explorer.parameters.layer_time_options is not None")
    after = drawn(live)
    assert json.loads(received(live, "layerTimeOptions")) == {"0": {"timeDataCumulative": True}}
    assert not np.array_equal(before, after)
    live.run("import tempfile as _tempfile, os as _os\n_made = _os.path.join(_tempfile.mkdtemp(), 'a.gif')")
    live.page.get_by_label("Step", exact=True).locator("visible=true").first.select_option("1 month")
    live.until("str(explorer.panels['TimePanel'].step.value) == '1 month'")
    live.page.locator(".me-fold:visible", has_text="Time lapse").click()
    fields = live.page.locator(".me-lapse:visible input[type=text]")
    for place, words in enumerate(("2005-07-01", "2005-10-01", live.value("_made"))):
        fields.nth(place).fill(words)
        fields.nth(place).press("Enter")
    live.until(
        "explorer.panels['TimePanel'].lapse.path.value == _made"
        " and explorer.panels['TimePanel'].lapse.last.value == '2005-10-01'"
    )
    live.page.locator(".me-lapse:visible button", has_text="Record").click()
    link = live.page.locator(".me-lapse .me-download:visible")
    link.wait_for()
    with live.page.expect_download() as downloading:
        link.click()
    with Image.open(io.BytesIO(downloading.value.path().read_bytes())) as animation:
        assert animation.format == "GIF"
        assert animation.n_frames == 3
        assert list(animation.size) == live.value(
            "[explorer.answer.export.width, explorer.answer.export.height]"
        )


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
    live.run(VERSIONS)
    live.open("str(document)")
    live.run("RECEIVED.clear()")
    live.tab("Version")
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
    expect(picked).to_have_value("2015-06-01T12:00", timeout=20_000)
    picked.fill("2016-02-03T04:05")
    picked.press("Tab")
    live.until("explorer.parameters.historic_moment", 1454472300000)
    live.settle()
    assert squares(live) == [30]
    live.page.locator(".me-version-panel button:visible", has_text="Now").click()
    live.until("explorer.parameters.historic_moment is None")
    live.settle()
    assert "historicMoment" not in live.received()[-1]
