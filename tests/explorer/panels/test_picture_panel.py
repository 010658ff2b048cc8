from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.panels.picture import formats
from mapexplorer.protocol import ServiceInfo

from .stand_in import StandIn, browser, choose, press, visible


@pytest.fixture
def panel(explorer):
    return PicturePanel(explorer)


@pytest.mark.parametrize(
    ("control", "value", "name", "expected"),
    [
        ("turn", 30, "rotation", 30.0),
        ("turn", 0, "rotation", None),
        ("angle", "-12.5", "rotation", -12.5),
        ("angle", "400°", "rotation", 400.0),
        ("angle", "0", "rotation", None),
        ("angle", "", "rotation", None),
        ("scale", "1:50,000", "map_scale", 50_000.0),
        ("scale", "5e6", "map_scale", 5e6),
        ("scale", "", "map_scale", None),
        ("dpi", "192", "dpi", 192.0),
        ("dpi", "120 dpi", "dpi", 120.0),
        ("dpi", "", "dpi", None),
        ("transparent", True, "transparent", True),
        ("transparent", False, "transparent", None),
    ],
)
def test_a_control_writes_exactly_this(panel, explorer, control, value, name, expected):
    explorer.parameters.update(rotation=5, map_scale=777, dpi=77, transparent=not value)
    browser(getattr(panel, control), value=value)
    assert getattr(explorer.parameters, name) == expected


@pytest.mark.parametrize(
    ("control", "value", "name", "words"),
    [
        ("angle", "left", "rotation", "expected a number"),
        ("scale", "0", "map_scale", "mapScale"),
        ("scale", "-5", "map_scale", "mapScale"),
        ("dpi", "many", "dpi", "expected a number"),
        ("dpi", "nan", "dpi", "expected a number"),
    ],
)
def test_a_wrong_value_says_so_and_changes_nothing(panel, explorer, control, value, name, words):
    browser(getattr(panel, control), value=value)
    assert getattr(explorer.parameters, name) is None
    assert words in panel.message.value
    assert 'role="alert"' in panel.message.value


@pytest.mark.parametrize(
    ("announced", "offered"),
    [
        ("PNG32,PNG24,PNG,JPG,PDF,SVG", ["png", "png24", "png32", "jpg"]),
        ("", ["png", "png8", "png24", "png32", "jpg", "gif", "bmp"]),
        ("TIFF", ["png", "png8", "png24", "png32", "jpg", "gif", "bmp"]),
        (" gif , BMP", ["gif", "bmp"]),
    ],
)
def test_only_formats_that_the_service_gives_and_a_browser_shows_are_offered(announced, offered):
    assert [
        kind.value for kind in formats(ServiceInfo.parse({"supportedImageFormatTypes": announced}))
    ] == offered


def test_a_format_is_written_and_the_first_choice_takes_it_away(panel, explorer):
    choose(panel.format, "jpg, for photographs")
    assert explorer.parameters.format == "jpg"
    browser(panel.transparent, value=True)
    assert "never transparent" in panel.note.value
    browser(panel.format, index=0)
    assert explorer.parameters.format is None
    assert not visible(panel.note)


def test_a_fixed_size_is_written_and_following_takes_it_away(panel, explorer):
    assert not visible(panel.width)
    choose(panel.sizing, "Fixed, in pixels")
    assert explorer.parameters.size.to_text() == "800,600"
    assert visible(panel.width)
    browser(panel.width, value=640)
    assert explorer.parameters.size.to_text() == "640,600"
    assert (panel.width.max, panel.height.max) == (2000, 1000)
    choose(panel.sizing, "Follow the map")
    assert explorer.parameters.size is None


def test_the_controls_follow_values_from_code_and_write_nothing_back(panel, explorer):
    given = {
        "rotation": 270.0,
        "map_scale": 12345.0,
        "dpi": 108.0,
        "transparent": True,
        "size": "600,550",
        "format": "pdf",
    }
    explorer.parameters.update(**given)
    assert (panel.turn.value, panel.angle.value) == (-90, "270")
    assert (panel.scale.value, panel.dpi.value) == ("1:12,345", "108")
    assert panel.transparent.value
    assert (panel.sizing.value, panel.width.value, panel.height.value) == ("fixed", 600, 550)
    assert panel.format.value == "pdf"
    assert explorer.parameters.rotation == 270.0
    assert explorer.parameters.map_scale == 12345.0


def test_reset_takes_everything_away(panel, explorer):
    explorer.parameters.update(rotation=30, map_scale=5000, dpi=72, format="jpg", transparent=True, size=400)
    press(panel.reset)
    assert explorer.request().given().keys() == {"bbox"}
    assert (panel.turn.value, panel.scale.value, panel.sizing.value) == (0, "", "follow")


@pytest.mark.parametrize(
    "root", [{}, {"maxImageWidth": "x", "maxImageHeight": -5, "supportedImageFormatTypes": 7}]
)
def test_poor_metadata_does_not_break_the_panel(root):
    panel = PicturePanel(StandIn(root=root))
    assert panel.width.max == panel.height.max == 4096
