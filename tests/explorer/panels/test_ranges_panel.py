from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import RangesPanel
from mapexplorer.explorer.panels.range_control import published_ranges
from mapexplorer.protocol import LayerInfo

from .stand_in import StandIn, browser, choose, press, visible


@pytest.fixture
def panel(explorer):
    return RangesPanel(explorer)


def written(explorer):
    return {item.name: item.value for item in explorer.parameters.map_range_values or ()}


def test_there_is_a_control_for_each_range_name(panel):
    speed, depth = panel.ranges["speed"], panel.ranges["depth"]
    assert (speed.slider.min, speed.slider.max, speed.slider.step) == (10, 160, 1)
    assert [label for label, _ in speed.mode.options] == ["All values", "One value", "Interval"]
    assert [label for label, _ in depth.mode.options][:2] == ["As published (0 to 70)", "All values"]
    assert "wind in Fixes" in speed.about.value


@pytest.mark.parametrize(
    ("name", "mode", "values"),
    [
        ("speed", "One value", {"speed": 10.0}),
        ("speed", "Interval", {"speed": (10.0, 160.0)}),
        ("speed", "All values", {}),
        ("depth", "Interval", {"depth": (0.0, 70.0)}),
        ("depth", "All values", {"depth": (None, None)}),
        ("depth", "As published (0 to 70)", {}),
    ],
)
def test_a_mode_writes_a_value(panel, explorer, name, mode, values):
    choose(panel.ranges[name].mode, mode)
    assert written(explorer) == values


def test_the_sliders_write_exactly_what_they_show(panel, explorer):
    speed = panel.ranges["speed"]
    choose(speed.mode, "Interval")
    browser(speed.range, value=[20, 50])
    assert written(explorer) == {"speed": (20.0, 50.0)}
    assert (speed.low.value, speed.high.value) == ("20", "50")
    choose(speed.mode, "One value")
    browser(speed.slider, value=33)
    assert written(explorer) == {"speed": 33.0}


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [("20", "", (20.0, None)), ("", "50", (None, 50.0)), ("", "", (None, None)), ("1e1", "50.5", (10, 50.5))],
)
def test_an_empty_box_is_an_open_end(panel, explorer, low, high, value):
    speed = panel.ranges["speed"]
    choose(speed.mode, "Interval")
    with panel.quietly():
        speed.low.value = low
        speed.high.value = "?"
    browser(speed.high, value=high)
    assert written(explorer) == {"speed": value}
    assert speed.mode.value == "interval"


def test_a_slider_does_not_round_what_was_typed(panel, explorer):
    """A slider in the browser sends back every value between its steps, rounded."""
    speed = panel.ranges["speed"]
    choose(speed.mode, "Interval")
    browser(speed.low, value="20.3")
    browser(speed.range, value=[20, 160])
    assert written(explorer) == {"speed": (20.3, 160.0)}
    browser(speed.range, value=[21, 160])
    assert written(explorer) == {"speed": (21.0, 160.0)}
    choose(speed.mode, "One value")
    browser(speed.low, value="33.4")
    browser(speed.slider, value=33)
    assert written(explorer) == {"speed": 33.4}
    browser(speed.slider, value=34)
    assert written(explorer) == {"speed": 34.0}


@pytest.mark.parametrize(
    ("box", "text", "words"), [("low", "fast", "expected a number"), ("low", "170", "rising order")]
)
def test_a_wrong_end_says_so_and_keeps_the_value(panel, explorer, box, text, words):
    speed = panel.ranges["speed"]
    choose(speed.mode, "Interval")
    browser(getattr(speed, box), value=text)
    assert written(explorer) == {"speed": (10.0, 160.0)}
    assert words in speed.message.value


@pytest.mark.parametrize(
    ("value", "mode", "low", "high"),
    [
        (33, "value", "33", "33"),
        ([20, None], "interval", "20", ""),
        ([-5, 999], "interval", "-5", "999"),
        ([None, None], "interval", "", ""),
    ],
)
def test_a_value_from_code_moves_the_widgets_and_is_not_changed(panel, explorer, value, mode, low, high):
    explorer.parameters.map_range_values = [{"name": "speed", "value": value}]
    speed = panel.ranges["speed"]
    assert (speed.mode.value, speed.low.value, speed.high.value) == (mode, low, high)
    expected = float(value) if isinstance(value, int) else tuple(value)
    assert written(explorer) == {"speed": expected}


def test_reset_takes_the_known_ranges_away_and_keeps_foreign_ones(panel, explorer):
    explorer.parameters.map_range_values = {"speed": [1, 2], "other": 5}
    choose(panel.ranges["depth"].mode, "One value")
    assert set(written(explorer)) == {"speed", "depth", "other"}
    press(panel.reset)
    assert written(explorer) == {"other": 5.0}


def test_features_without_a_value_are_spoken_of(panel):
    speed = panel.ranges["speed"]
    assert not visible(speed.note)
    choose(speed.mode, "Interval")
    assert "without a value are left out" in speed.note.value


@pytest.mark.parametrize(
    ("infos", "limits"),
    [
        ([[0, 10], [5, 20]], (0, 20)),
        ([[10, 0]], (0, 10)),
        ([None, [5, 20]], (5, 20)),
        ([["a", 1]], None),
        ([[1, 2, 3]], None),
        ([[float("nan"), 2]], None),
        ([None], None),
    ],
)
def test_the_limits_are_the_union_of_what_the_layers_say(infos, limits):
    layers = [
        LayerInfo.parse(
            {"id": i, "name": "a", "rangeInfos": [{"name": "r", "field": "f", "fullRangeExtent": info}]}
        )
        for i, info in enumerate(infos)
    ]
    (found,) = published_ranges(layers)
    assert found.limits == limits


def test_a_range_without_limits_has_boxes_only():
    panel = RangesPanel(StandIn(layers=[{"id": 1, "name": "a", "rangeInfos": [{"name": "r"}]}]))
    choose(panel.ranges["r"].mode, "Interval")
    assert not visible(panel.ranges["r"].range)
    assert visible(panel.ranges["r"].low)


@pytest.mark.parametrize("infos", [None, "x", [], [None], [{}], [{"name": ""}], [{"name": None, "field": 5}]])
def test_poor_metadata_does_not_break_the_panel(infos):
    panel = RangesPanel(StandIn(layers=[{"id": 1, "name": "a", "rangeInfos": infos}]))
    assert panel.ranges == {}
    assert "publishes no ranges" in panel.message.value


def written_by_layer(explorer):
    given = explorer.parameters.layer_range_values
    return given and {key: {item.name: item.value for item in items} for key, items in given.items()}


@pytest.mark.parametrize(
    ("name", "mode", "values"),
    [
        ("speed", "One value", {"speed": 10.0}),
        ("speed", "Interval", {"speed": (10.0, 160.0)}),
        ("speed", "All values", {"speed": (None, None)}),
        ("depth", "Interval", {"depth": (0.0, 70.0)}),
    ],
)
def test_a_layer_may_have_a_value_of_its_own(panel, explorer, name, mode, values):
    control = panel.layers[1, name]
    assert [label for label, _ in control.mode.options] == [
        "As the map",
        "All values",
        "One value",
        "Interval",
    ]
    choose(control.mode, mode)
    assert written_by_layer(explorer) == {1: values}
    assert written(explorer) == {}
    choose(control.mode, "As the map")
    assert explorer.parameters.layer_range_values is None


def test_open_ends_of_a_layer_are_typed(panel, explorer):
    control = panel.layers[1, "speed"]
    choose(control.mode, "Interval")
    browser(control.low, value="")
    assert written_by_layer(explorer) == {1: {"speed": (None, 160.0)}}
    browser(control.high, value="fast")
    assert "expected a number" in control.message.value
    browser(control.high, value="5")
    browser(control.low, value="9")
    assert "rising order" in control.message.value
    assert written_by_layer(explorer) == {1: {"speed": (None, 5.0)}}


def test_values_of_other_layers_are_kept_and_shown(panel, explorer):
    explorer.parameters.layer_range_values = {1: {"depth": 3}, 7: {"speed": 1}}
    assert panel.layers[1, "depth"].mode.value == "value"
    choose(panel.layers[1, "speed"].mode, "One value")
    assert written_by_layer(explorer) == {1: {"depth": 3.0, "speed": 10.0}, 7: {"speed": 1.0}}
    press(panel.reset)
    assert written_by_layer(explorer) == {7: {"speed": 1.0}}
