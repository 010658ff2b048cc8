from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.panels.picture import formats
from mapexplorer.explorer.panels.reference_choice import OTHER
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


def run_jobs(explorer):
    while explorer.controller.scheduler.pump():
        pass


@pytest.mark.parametrize(("written", "wkid"), [("3035", 3035), ("EPSG:5070", 5070), ("54030 · x", 54030)])
def test_a_projection_is_taken_by_its_code(panel, explorer, written, wkid):
    choose(panel.reference.list, OTHER)
    browser(panel.reference.box, value=written)
    assert explorer.parameters.image_sr.wkid == wkid
    assert panel.reference.list.value.startswith(f"{wkid} · ")
    assert not visible(panel.reference.box)


def test_the_usual_projections_are_chosen_from_a_list(panel, explorer):
    choose(panel.reference.list, "54030 · Robinson, the world")
    assert explorer.parameters.image_sr.wkid == 54030
    explorer.parameters.image_sr = 2056
    assert panel.reference.list.value.startswith("2056 · ")


def test_words_are_searched_and_one_match_is_chosen(panel, explorer):
    choose(panel.reference.list, OTHER)
    browser(panel.reference.box, value="ETRS89-extended / LAEA Europe")
    run_jobs(explorer)
    assert explorer.parameters.image_sr.wkid == 3035


def test_many_matches_are_listed_and_one_is_chosen(panel, explorer):
    explorer.parameters.image_sr = 3035
    choose(panel.reference.list, OTHER)
    assert visible(panel.reference.box)
    assert not visible(panel.reference.found)
    browser(panel.reference.box, value="utm zone 32n")
    run_jobs(explorer)
    assert explorer.parameters.image_sr.wkid == 3035
    heading, *lines = panel.reference.found.options
    assert heading == f"Found {len(lines)}:"
    assert all("zone 32n" in line.lower().replace("_", " ") for line in lines)
    explorer.parameters.bbox = "1,1,2,2"  # the map may be moved meanwhile
    assert visible(panel.reference.found)
    choose(panel.reference.found, next(line for line in lines if line.startswith("32632 ")))
    assert explorer.parameters.image_sr.wkid == 32632
    assert not visible(panel.reference.found)


@pytest.mark.parametrize(
    ("written", "words"),
    [("999999", "999999"), ("no such place", "No spatial reference is called")],
)
def test_an_unknown_projection_is_refused_and_the_last_one_stays(panel, explorer, written, words):
    explorer.parameters.image_sr = 3035
    choose(panel.reference.list, OTHER)
    browser(panel.reference.box, value=written)
    run_jobs(explorer)
    assert explorer.parameters.image_sr.wkid == 3035
    assert words in panel.reference.note.value
    assert 'role="alert"' in panel.reference.note.value


def test_the_extent_is_shown_and_typed(panel, explorer):
    assert panel.extent.value == "0.000,0.000,10.000,10.000"
    explorer.parameters.map_scale = 5000
    browser(panel.extent, value="-9074681, 1095099, 2440059, 8515099")
    assert explorer.parameters.bbox.numbers == (-9074681, 1095099, 2440059, 8515099)
    assert explorer.parameters.map_scale is None
    browser(panel.extent, value="1, 2, 3")
    assert explorer.parameters.bbox.numbers == (-9074681, 1095099, 2440059, 8515099)
    assert "expected" in panel.place.note.value
    assert panel.extent.value == "-9074681,1095099,2440059,8515099"


def test_the_place_is_rewritten_in_the_spatial_reference_chosen_for_it(panel, explorer):
    explorer.parameters.update(bbox="0,0,10,10", bbox_sr=4326)
    choose(panel.place.list, "102100 · Web Mercator")
    box = explorer.parameters.bbox
    assert explorer.parameters.bbox_sr.wkid == 102100
    assert (box.xmin, box.xmax) == pytest.approx((0, 1113194.9), abs=0.1)
    assert box.ymax == pytest.approx(1118889.97, abs=0.1)


def test_a_place_that_cannot_be_rewritten_stays(panel, explorer):
    explorer.parameters.update(bbox="-180,-90,180,90", bbox_sr=4326)
    choose(panel.place.list, OTHER)
    browser(panel.place.box, value="102034")  # a gnomonic plane, which shows less than half of the earth
    assert explorer.parameters.bbox_sr.wkid == 4326
    assert "zoom in first" in panel.place.note.value


OFFERED = [
    {"geoTransforms": [{"wkid": 1241, "latestWkid": 1241, "transformForward": True, "name": "NAD_1927_1"}]}
]


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("NAD 1927 1", [{"geoTransforms": [{"wkid": 1241, "latestWkid": 1241, "transformForward": True}]}]),
        ("1241", [{"wkid": 1241}]),
        ("1241, 1188", [{"wkid": 1241}, {"wkid": 1188}]),
        ('[{"wkid": 8046}]', [{"wkid": 8046}]),
        ("", None),
        ("As the service chooses", None),
    ],
)
def test_a_transformation_of_the_list_or_typed(written, wire):
    explorer = StandIn({"supportsDatumTransformation": True, "datumTransformations": OFFERED})
    panel = PicturePanel(explorer)
    browser(panel.datum.box, value=written)
    given = explorer.parameters.datum_transformations
    assert (given and [element.to_json() for element in given]) == wire


def test_a_service_without_the_choice_says_so():
    panel = PicturePanel(StandIn({"supportsDatumTransformation": False}))
    assert panel.datum.box.disabled
    assert "supportsDatumTransformation" in panel.datum.note.value


def test_a_wrong_transformation_is_refused(explorer):
    panel = PicturePanel(StandIn({"supportsDatumTransformation": True}))
    browser(panel.datum.box, value='[{"wkid": "x"}]')
    assert panel.explorer.parameters.datum_transformations is None
    assert "datumTransformations" in panel.message.value


def test_a_base_map_brings_a_transparent_picture(panel, explorer):
    choose(panel.backdrop.box, "Streets (OpenStreetMap)")
    assert explorer.basemap == "Streets (OpenStreetMap)"
    assert explorer.parameters.transparent is True
    choose(panel.backdrop.box, "None")
    assert explorer.basemap is None
    assert explorer.parameters.transparent is None


def test_sharpness_is_for_pictures_that_follow_the_map(panel, explorer):
    choose(panel.sharpness, "2× (high density)")
    assert explorer.sharpness == 2
    explorer.parameters.size = "300,200"
    assert panel.sharpness.disabled


def test_every_format_of_the_service_can_be_downloaded(panel):
    assert [label for label, _ in panel.download.format.options] == [
        "png", "png24", "png32", "jpg", "pdf", "svg", "kmz, for globes such as Google Earth",
    ]  # fmt: skip
