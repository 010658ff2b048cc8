"""The demo maps drawn by the embedded service: water, land, filters and scale ranges show in the pixels."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mapexplorer.protocol.parameters import Operation
from mapexplorer.protocol.request import MapRequest
from mapexplorer.sample import NAMES, document_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.view import build_view

Picture = npt.NDArray[np.int64]

WATER = (203, 219, 228)
LAND = (240, 234, 221)
ATLANTIC = (-100, 5, -10, 55)
SEASON_2005 = (1_104_537_600_000, 1_136_073_600_000)


@cache
def catalog(name: str) -> MapCatalog:
    return MapCatalog(load_document(document_path(name)))


def picture(name: str, bbox: tuple[float, ...], **parameters: Any) -> Picture:
    """Draws a map in degrees, 450×300 pixels unless told otherwise."""
    given = {"bbox": bbox, "bbox_sr": 4326, "image_sr": 4326, "size": (450, 300), "format": "png24"}
    view = build_view(catalog(name), MapRequest(**{**given, **parameters}), Operation.EXPORT)
    return draw(view)[..., :3].astype(np.int64)


def share_of(drawn: Picture, color: tuple[int, int, int], tolerance: int = 6) -> float:
    return float((np.abs(drawn - np.array(color)).max(axis=2) <= tolerance).mean())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reference", [4326, 3857])
def test_every_map_draws_at_its_initial_extent_in_two_spatial_references(name: str, reference: int) -> None:
    extent = catalog(name).document.initial_extent
    assert extent is not None
    box = (extent.xmin, extent.ymin, extent.xmax, extent.ymax)
    given = catalog(name).document.spatial_reference
    drawn = picture(name, box, bbox_sr=given, image_sr=reference)
    assert drawn.shape == (300, 450, 3)
    assert 0.2 < share_of(drawn, WATER, 25) < 0.8
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 200


def test_the_storms_of_one_season_leave_more_of_the_sea_free() -> None:
    whole = picture("storms", ATLANTIC)
    season = picture("storms", ATLANTIC, time=SEASON_2005)
    assert share_of(whole, WATER) < 0.35 < share_of(season, WATER)


def test_a_wind_range_leaves_the_strongest_fixes_and_their_tracks() -> None:
    strongest = [{"name": "wind", "value": [137, None]}]
    drawn = picture("storms", ATLANTIC, layers="show:0", map_range_values=strongest)
    assert share_of(drawn, (124, 20, 88)) > 0.001
    assert share_of(drawn, (62, 154, 146)) == 0


def test_strong_fixes_lie_on_weak_ones_when_all_are_drawn() -> None:
    drawn = picture("storms", (-90, 15, -60, 35), layers="show:0")
    assert share_of(drawn, (124, 20, 88)) > 0.5 * share_of(drawn, (62, 154, 146)) > 0


def test_towns_appear_when_zooming_in() -> None:
    near = (7.5, 48, 10.5, 50)
    town = (204, 128, 88)
    shown = picture("world", near, layers="show:4", map_scale=7_999_999)
    assert share_of(shown, town, 12) > 0
    assert share_of(picture("world", near, layers="show:4", map_scale=8_000_001), WATER, 0) == 1


def test_the_relief_gives_way_to_plain_land() -> None:
    sahara = (0, 20, 3, 22)
    relief = picture("world", sahara, layers="show:19,20", map_scale=20_000_000)
    plain = picture("world", sahara, layers="show:19,20", map_scale=5_000_000)
    assert share_of(plain, LAND, 2) == 1, "no seams between neighbours"
    assert share_of(relief, LAND, 2) < 0.1


def test_the_graticule_has_meridians_in_the_projection_of_web_maps() -> None:
    drawn = picture("world", (-45, -10, 45, 50), image_sr=3857, layers="show:10")
    darkness = WATER[0] - drawn[..., 0]
    assert int((darkness.mean(axis=0) > 10).sum()) >= 3
    assert int((darkness.mean(axis=1) > 10).sum()) >= 1


@pytest.mark.parametrize(
    ("place", "color"),
    [
        ((-115.6, 33.0), (124, 44, 56)),  # Imperial County, 30.1 %
        ((-100.3, 46.9), (250, 240, 217)),  # Burleigh County, North Dakota, 3.6 %
        ((-87.0, 44.0), WATER),  # Lake Michigan
        ((-106.0, 55.5), (234, 230, 219)),  # Saskatchewan
    ],
)
def test_the_map_of_the_united_states_shows_a_place_in_its_colour(
    place: tuple[float, float], color: tuple[int, int, int]
) -> None:
    x, y = place
    drawn = picture("usa", (x - 0.06, y - 0.04, x + 0.06, y + 0.04), layers="exclude:1,2,3", size=(30, 20))
    assert drawn[10, 15].tolist() == list(color)


def test_strong_earthquakes_are_large_and_dark() -> None:
    taiwan = (121.3, 23.7, 122.1, 24.5)
    drawn = picture("earthquakes", taiwan, layers="show:1", size=(100, 100), map_scale=60_000_000)
    assert share_of(drawn, WATER, 0) < 0.95
    assert drawn[50, 50, 0] > drawn[50, 50, 2] + 30
    later = picture("earthquakes", taiwan, layers="show:1", size=(100, 100), time=(1_517_960_000_000, None))
    assert share_of(later, WATER, 0) > share_of(drawn, WATER, 0)
