"""The dial of the rotation: where its stops turn the picture to, and what the compass says."""

from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.panels.rotation import turned, words

from .stand_in import browser, press


@pytest.fixture
def panel(explorer):
    return PicturePanel(explorer)


@pytest.mark.parametrize(
    ("rotation", "same", "said"),
    [
        (0, 0, "north is up"),
        (30, 30, "north is 30° left of up"),
        (-12.5, -12.5, "north is 12.5° right of up"),
        (270, -90, "north is 90° right of up"),
        (-180, 180, "north is down"),
        (720, 0, "north is up"),
        (181.0, -179.0, "north is 179° right of up"),
    ],
)
def test_a_rotation_in_words(rotation, same, said):
    assert turned(rotation) == same
    assert words(rotation) == said


@pytest.mark.parametrize(("given", "step", "rotation"), [(179, 1, 180), (180, 1, -179), (1, 0, None)])
def test_steps_of_one_degree_go_round(panel, explorer, given, step, rotation):
    explorer.parameters.rotation = given
    press(panel.rotation.steps.children[step])
    assert explorer.parameters.rotation == rotation


def test_the_compass_shows_any_angle_and_says_it(panel, explorer):
    explorer.parameters.rotation = 33.5
    face = panel.rotation.dial.value
    assert 'aria-label="Compass: north is 33.5° left of up"' in face
    assert ">33.5°<" in face
    assert 'data-words="north is 33.5° left of up"' in face
    assert 'style="--me-bearing:-33.5deg"' in face
    press(panel.rotation.steps.children[2])
    assert explorer.parameters.rotation is None
    assert 'data-bearing="0"' in panel.rotation.dial.value


def test_the_slider_and_the_field_turn_the_dial(panel, explorer):
    browser(panel.turn, value=-90)
    assert explorer.parameters.rotation == -90
    assert ">\N{MINUS SIGN}90°<" in panel.rotation.dial.value
    browser(panel.angle, value="45")
    assert (panel.turn.value, explorer.parameters.rotation) == (45, 45)


def test_the_page_companion_finds_the_field_by_which_the_dial_speaks(panel):
    assert panel.rotation.dial in panel.rotation.widget.children
    assert {"me-dial"} <= set(panel.rotation.dial._dom_classes)
    assert "me-angle" in panel.rotation.angle._dom_classes
    assert "me-rotation" in panel.rotation.widget._dom_classes


def test_a_dial_that_is_dragged_says_what_it_is_turned_to_and_a_drag_is_one_step(bench):
    bench.settle()
    angle = bench.explorer.panels["PicturePanel"].angle
    for degrees in ("10", "11", "12.5", "0", "-3"):
        browser(angle, value=degrees)
        bench.scheduler.advance(0.1)
    assert bench.explorer.parameters.rotation == -3
    assert bench.explorer.history.past == 1
    bench.explorer.undo()
    assert bench.explorer.parameters.rotation is None
