"""Space: clipping and spatial filters, drawn with the mouse or typed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapexplorer.explorer.pages import WORLD, ordinate
from mapexplorer.explorer.panels import SpacePanel
from mapexplorer.protocol import SpatialReference

from .stand_in import ROOT, StandIn, browser, choose, press, visible

ABLE = {**ROOT, "supportsClipping": True, "supportsSpatialFilter": True}
BOX = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}


@pytest.fixture
def explorer() -> StandIn:
    return StandIn(ABLE)


@pytest.fixture
def panel(explorer: StandIn) -> SpacePanel:
    return SpacePanel(explorer)


def mouse(explorer: StandIn, *events: tuple[str, float, float]) -> None:
    """Events of the mouse at longitudes and latitudes, as the browser sends them."""
    widget = explorer.map.page.widget
    for event, lng, lat in events:
        content = {"event": "interaction", "type": event, "coordinates": [lat, lng]}
        widget._handle_leaflet_event(widget, content, [])


def typed(box: Any, text: str, reference: str = "") -> None:
    browser(box.text, value=text)
    browser(box.reference, value=reference)
    press(box.take)


def lines(explorer: StandIn) -> list[str]:
    return [layer.color for layer in explorer.map.page.widget.layers[1:]]


def test_a_box_is_dragged_and_the_map_stays_where_it_is_meanwhile(explorer, panel):
    press(panel.clip.tools["rectangle"])
    assert explorer.map.page.widget.dragging is False
    mouse(explorer, ("mousedown", 0, 0), ("mousemove", 5, 5), ("mouseup", 90, 45), ("click", 90, 45))
    clipping = explorer.parameters.clipping
    assert clipping.geometry_type == "esriGeometryEnvelope"
    assert clipping.geometry.xmax == pytest.approx(WORLD / 4, abs=1000)
    assert clipping.geometry.ymax == pytest.approx(ordinate(45), abs=1000)
    assert clipping.geometry.spatial_reference.code == 3857
    assert explorer.map.page.widget.dragging is True
    assert lines(explorer) == ["#c2255c"]
    assert "Rectangle" in panel.clip.summary.value


def test_a_polygon_is_clicked_and_finished_by_a_button(explorer, panel):
    press(panel.clip.tools["polygon"])
    mouse(explorer, ("click", 0, 0), ("click", 40, 0))
    press(panel.clip.finish)
    assert "too few corners" in panel.clip.message.value
    mouse(explorer, ("click", 40, 40))
    press(panel.clip.finish)
    (ring,) = explorer.parameters.clipping.geometry.rings
    assert len(ring) == 4
    assert ring[0] == ring[-1]
    assert not visible(panel.clip.finish) or not visible(panel.clip._drawing)


def test_a_polygon_that_crosses_itself_is_refused(explorer, panel):
    press(panel.clip.tools["polygon"])
    mouse(explorer, *(("click", lng, lat) for lng, lat in ((0, 0), (40, 40), (40, 0), (0, 40))))
    press(panel.clip.finish)
    assert "crosses itself" in panel.clip.message.value
    assert explorer.parameters.clipping is None
    press(panel.clip.cancel)
    assert explorer.drawing.kind is None
    assert explorer.map.page.widget.double_click_zoom is True


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("1, 2, 3, 4", "4326", {**BOX, "spatialReference": {"wkid": 4326}}),
        ("1, 2, 3, 4", "", {**BOX, "spatialReference": {"wkid": 102100}}),
        (json.dumps({**BOX, "spatialReference": {"wkid": 2056}}), "",
         {**BOX, "spatialReference": {"wkid": 2056}}),
    ],
)  # fmt: skip
def test_typed_coordinates_clip(explorer, panel, text, reference, expected):
    typed(panel.clip, text, reference)
    assert explorer.parameters.clipping.geometry.to_json() == expected


@pytest.mark.parametrize(("reference", "doubted"), [("", True), ("2056", True), ("4326", False)])
def test_degrees_taken_for_metres_are_noticed_and_read_anew(explorer, panel, reference, doubted):
    typed(panel.clip, "POLYGON ((-80 20, -60 20, -60 35, -80 20))", reference)
    assert visible(panel.clip.degrees) == doubted
    assert ("look like degrees" in panel.clip.doubt.value) == doubted
    press(panel.clip.degrees)
    assert explorer.parameters.clipping.geometry.spatial_reference.code == 4326
    assert not visible(panel.clip.degrees)
    assert not visible(panel.clip.doubt)


@pytest.mark.parametrize(
    ("text", "reference", "words"),
    [
        ("1, 2", "", "Only a rectangle or a polygon"),
        ("nowhere", "", "is no geometry"),
        ("1, 2, 3, 4", "here", "In system"),
    ],
)
def test_what_cannot_clip_says_why(explorer, panel, text, reference, words):
    typed(panel.clip, text, reference)
    assert explorer.parameters.clipping is None
    assert words in panel.clip.message.value
    assert 'role="alert"' in panel.clip.message.value


def test_layers_are_left_out_of_the_clipping(explorer, panel):
    typed(panel.clip, "1, 2, 3, 4")
    browser(panel.excluded, index=[1, 3])
    assert explorer.parameters.clipping.excluded_layers == (1, 3)
    explorer.parameters.clipping = {
        "geometryType": "esriGeometryEnvelope", "geometry": BOX, "excludedLayers": [2]
    }  # fmt: skip
    assert panel.excluded.value == (2,)


def test_a_filter_has_a_relation_and_a_pattern(explorer, panel):
    choose(panel.use, "Filter features")
    assert visible(panel._filtering)
    typed(panel.filter, "POINT (3 4)")
    choose(panel.relation, "lie inside it")
    asked = explorer.parameters.spatial_filter
    assert (asked.spatial_rel, asked.geometry_type) == ("esriSpatialRelContains", "esriGeometryPoint")
    assert not visible(panel.pattern)
    choose(panel.relation, "match a pattern (DE-9IM)")
    assert visible(panel.pattern)
    browser(panel.pattern, value="t*f**f***")
    assert explorer.parameters.spatial_filter.relation_param == "T*F**F***"
    browser(panel.pattern, value="what")
    assert "nine letters" in panel.message.value


def test_clipping_wins_over_the_filter_and_says_so(explorer, panel):
    explorer.parameters.spatial_filter = {"geometryType": "esriGeometryEnvelope", "geometry": BOX}
    assert lines(explorer) == ["#5f3dc4"]
    typed(panel.clip, "1, 2, 3, 4")
    assert "clipping wins" in panel.filter_reason.value
    assert panel.relation.disabled
    assert panel.filter.take.disabled
    assert lines(explorer) == ["#c2255c"]
    press(panel.clip.remove)
    assert explorer.parameters.clipping is None
    assert not panel.relation.disabled
    assert lines(explorer) == ["#5f3dc4"]


def test_a_service_that_can_do_neither_says_so():
    explorer = StandIn()
    panel = SpacePanel(explorer)
    assert "supportsClipping" in panel.clip_reason.value
    assert "supportsSpatialFilter" in panel.filter_reason.value
    assert all(tool.disabled for tool in (*panel.clip.tools.values(), *panel.filter.tools.values()))


def test_corners_are_dragged_and_a_rectangle_stays_one(explorer, panel):
    typed(panel.clip, "0, 0, 10, 10", "4326")
    explorer.parameters.clipping = {
        "geometryType": "esriGeometryEnvelope",
        "geometry": {"xmin": 0, "ymin": 0, "xmax": 1e6, "ymax": 1e6, "spatialReference": {"wkid": 102100}},
    }
    press(panel.clip.edit)
    assert panel.clip.edit.description == "Done"
    corner = explorer.map.page.widget.layers[-4]
    corner.set_state({"location": [-10.0, -20.0]})
    box = explorer.parameters.clipping.geometry
    assert box.geometry_type == "esriGeometryEnvelope"
    assert (box.xmin, box.ymin) == pytest.approx((-20 * WORLD / 360, ordinate(-10)), abs=1e4)
    assert (box.xmax, box.ymax) == pytest.approx((1e6, 1e6), abs=1e4)
    press(panel.clip.edit)
    assert len(explorer.map.page.widget.layers) == 2
    assert panel.clip.edit.description == "Edit on map"


def test_a_corner_dragged_across_the_outline_goes_back(explorer, panel):
    ring = [[0, 0], [0, 1e6], [1e6, 1e6], [1e6, 0], [0, 0]]
    typed(panel.clip, json.dumps({"rings": [ring]}))
    before = explorer.parameters.clipping
    press(panel.clip.edit)
    corner = explorer.map.page.widget.layers[-4]
    at = corner.location
    corner.set_state({"location": [5.0, 30.0]})
    assert explorer.parameters.clipping == before
    assert list(corner.location) == list(at)


def test_another_system_takes_the_drawing_away(explorer, panel):
    press(panel.clip.tools["polygon"])
    mouse(explorer, ("click", 0, 0))
    explorer.map.reference = SpatialReference.of(2056)
    for follow in explorer.map.followers:
        follow()
    assert explorer.drawing.kind is None
    assert panel.clip.advice.layout.display == "none"


def test_closing_takes_the_outlines_away(explorer, panel):
    typed(panel.clip, "1, 2, 3, 4")
    panel.close()
    assert lines(explorer) == []
