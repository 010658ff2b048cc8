"""The dial of the rotation: where its stops turn the picture to, and what the compass says."""

from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.panels.rotation import STOPS, turned, words

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


@pytest.mark.parametrize(
    ("place", "rotation"),
    [(0, None), (1, -15.0), (6, -90.0), (12, 180.0), (18, 90.0), (STOPS - 1, 15.0)],
)
def test_a_stop_of_the_dial_turns_north_to_where_it_stands(panel, explorer, place, rotation):
    explorer.parameters.rotation = 7
    press(panel.rotation.stops[place])
    assert explorer.parameters.rotation == rotation
    here = ["me-dial-here" in stop._dom_classes for stop in panel.rotation.stops]
    assert [at for at, marked in enumerate(here) if marked] == [place]


@pytest.mark.parametrize(("given", "step", "rotation"), [(179, 1, 180), (180, 1, -179), (1, 0, None)])
def test_steps_of_one_degree_go_round(panel, explorer, given, step, rotation):
    explorer.parameters.rotation = given
    press(panel.rotation.steps.children[step])
    assert explorer.parameters.rotation == rotation


def test_the_compass_shows_an_angle_between_its_stops_and_says_it(panel, explorer):
    explorer.parameters.rotation = 33.5
    assert 'aria-label="Compass: north is 33.5° left of up"' in panel.rotation.face.value
    assert ">33.5°<" in panel.rotation.face.value
    assert not any("me-dial-here" in stop._dom_classes for stop in panel.rotation.stops)
    press(panel.rotation.steps.children[2])
    assert explorer.parameters.rotation is None


def test_the_slider_and_the_field_turn_the_dial(panel, explorer):
    browser(panel.turn, value=-90)
    assert explorer.parameters.rotation == -90
    assert ">\N{MINUS SIGN}90°<" in panel.rotation.face.value
    browser(panel.angle, value="45")
    assert (panel.turn.value, explorer.parameters.rotation) == (45, 45)


def test_no_stop_is_a_halt_of_the_keyboard(panel):
    assert all(stop.tabbable is False for stop in panel.rotation.stops)
    assert panel.turn.tabbable is not False
