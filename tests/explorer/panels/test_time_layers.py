from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import TimePanel
from mapexplorer.explorer.panels.time_layers import completed, difference, published_options
from mapexplorer.protocol import DrawingInfo
from mapexplorer.protocol.time import LayerTimeOptions, TimeUnit

from .stand_in import FIXES, StandIn, browser, choose, visible


def layer(**options):
    return {**FIXES, "timeInfo": {**FIXES["timeInfo"], "exportOptions": options}}


@pytest.fixture
def explorer():
    return StandIn(layers=[layer()])


@pytest.fixture
def panel(explorer):
    return TimePanel(explorer)


def sent(explorer):
    options = explorer.parameters.layer_time_options
    return None if options is None else {key: value.to_json() for key, value in options.items()}


def test_only_what_differs_from_the_publication_is_sent(panel, explorer):
    control = panel.layers.controls[1]
    browser(control.cumulative, value=True)
    assert sent(explorer) == {1: {"timeDataCumulative": True}}
    browser(control.offset, value=2)
    choose(control.unit, "years")
    assert sent(explorer) == {
        1: {"timeDataCumulative": True, "timeOffset": 2.0, "timeOffsetUnits": "esriTimeUnitsYears"}
    }
    browser(control.use, value=False)
    assert sent(explorer)[1]["useTime"] is False
    assert control.offset.disabled
    for widget, value in ((control.use, True), (control.cumulative, False), (control.offset, 0)):
        browser(widget, value=value)
    assert explorer.parameters.layer_time_options is None


def test_options_from_code_are_shown_and_those_of_other_layers_kept(panel, explorer):
    explorer.parameters.layer_time_options = {1: {"useTime": False}, 9: {"useTime": False}}
    control = panel.layers.controls[1]
    assert not control.use.value
    browser(control.use, value=True)
    assert sent(explorer) == {9: {"useTime": False}}


@pytest.mark.parametrize(
    ("published", "wanted", "keys"),
    [
        ({}, {"use_time": True}, None),
        ({"useTime": False}, {"use_time": True}, {"useTime": True}),
        (
            {"timeOffset": 1, "timeOffsetUnits": "esriTimeUnitsDays"},
            {"time_offset": 0.0},
            {"timeOffset": 0.0, "timeOffsetUnits": "esriTimeUnitsDays"},
        ),
        (
            {"timeOffset": 1, "timeOffsetUnits": "esriTimeUnitsDays"},
            {"time_offset_units": TimeUnit.WEEKS},
            {"timeOffset": 1.0, "timeOffsetUnits": "esriTimeUnitsWeeks"},
        ),
        ({"timeOffset": "x", "timeOffsetUnits": 7, "useTime": "?"}, {}, None),
        ({"timeOffset": 5, "timeOffsetUnits": "esriTimeUnitsUnknown"}, {}, None),
    ],
)
def test_the_published_options_are_the_ground(published, wanted, keys):
    ground = published_options(StandIn(layers=[layer(**published)]).layer_infos[0])
    options = difference(completed(LayerTimeOptions(**wanted), ground), ground)
    assert (None if options is None else options.to_json()) == keys


def test_without_layers_with_time_there_is_no_fold():
    root = {"timeInfo": {"timeExtent": [0, 10**12]}, "layers": []}
    panel = TimePanel(StandIn(root=root, layers=[]))
    assert not visible(panel.layers.widget)


def test_while_dynamic_layers_from_code_are_drawn_their_options_are_shown_and_cannot_be_changed(
    panel, explorer
):
    control = panel.layers.controls[1]
    explorer.parameters.dynamic_layers = [
        {"id": 7, "source": {"type": "mapLayer", "mapLayerId": 1}, "layerTimeOptions": {"useTime": False}}
    ]
    assert not control.use.value
    assert all(part.disabled for part in (control.use, control.cumulative, control.offset, control.unit))
    assert "explorer.parameters.dynamic_layers = None" in panel.layers.reason.value
    explorer.parameters.dynamic_layers = None
    assert control.use.value
    assert not any(part.disabled for part in (control.use, control.cumulative, control.offset, control.unit))
    assert not visible(panel.layers.reason)


def test_dynamic_layers_that_panels_composed_leave_the_options_free(panel, explorer):
    explorer.composer.draw(1, DrawingInfo(transparency=50))
    control = panel.layers.controls[1]
    assert not control.use.disabled
    browser(control.use, value=False)
    assert explorer.parameters.dynamic_layers[0].layer_time_options == LayerTimeOptions(use_time=False)
