"""A kept map beside the present one: the same frame, and a line between them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from PIL import Image

from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.panels import PicturePanel
from mapexplorer.explorer.panels.compare import CompareBox
from mapexplorer.explorer.scheduler import ManualScheduler

from .panels.stand_in import browser, press


@pytest.fixture
def explorer(wire: object) -> Iterator[MapExplorer]:
    left = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(-60, -40, 60, 40)], crs=4326)
    right = geopandas.GeoDataFrame({"name": ["b"]}, geometry=[shapely.box(-60, -40, 60, 40)], crs=4326)
    made = MapExplorer(
        {"Low": left, "High": right},
        scheduler=ManualScheduler(),
        bbox="-50,-30,50,30",
        bbox_sr=4326,
        size="200,120",
    )
    made.run_now()
    yield made
    made.close()


def box_of(explorer: MapExplorer) -> CompareBox:
    panel = explorer.panels["PicturePanel"]
    assert isinstance(panel, PicturePanel)
    return panel.compare


def layers_over(explorer: MapExplorer) -> list[Any]:
    layers = list(explorer.map.page.widget.layers)
    return layers[layers.index(explorer.map.page.overlay) + 1 :]


def pixels(url: str) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2]))) as image:
        return np.asarray(image.convert("RGB"))


def settle(explorer: MapExplorer) -> None:
    explorer.run_now()
    while explorer.controller.scheduler.pump():
        pass


@pytest.mark.parametrize("rotation", [None, 30])
def test_left_of_the_line_stays_what_was_kept(explorer: MapExplorer, rotation: float | None) -> None:
    explorer.parameters.rotation = rotation
    settle(explorer)
    box = box_of(explorer)
    before = pixels(explorer.answer.export.data_uri)  # type: ignore[union-attr]
    press(box.keep)
    explorer.parameters.layers = "show:1"
    settle(explorer)
    (curtain,) = layers_over(explorer)
    assert not np.array_equal(pixels(explorer.answer.export.data_uri), before)  # type: ignore[union-attr]
    shown = pixels(curtain.url)
    assert shown.shape[1] == 100
    assert np.array_equal(shown[:, :90], before[:, :90])
    west, east = curtain.bounds[0][1], curtain.bounds[1][1]
    whole = explorer.map.page.overlay.bounds
    assert west == pytest.approx(whole[0][1])
    assert east == pytest.approx((whole[0][1] + whole[1][1]) / 2)
    assert "Differs in layers." in box.note.value


def test_the_line_moves_and_the_kept_map_follows_the_place(explorer: MapExplorer) -> None:
    box = box_of(explorer)
    press(box.keep)
    settle(explorer)
    (curtain,) = layers_over(explorer)
    browser(box.line, value=25)
    assert pixels(curtain.url).shape[1] == 50
    explorer.fit((-20, -15, 20, 15), 4326)
    settle(explorer)
    assert curtain.bounds[0] == pytest.approx(explorer.map.page.overlay.bounds[0])
    browser(box.line, value=0)
    assert pixels(curtain.url).shape == (1, 1, 3)


def test_swapping_goes_on_with_the_kept_map(explorer: MapExplorer) -> None:
    box = box_of(explorer)
    explorer.parameters.layers = "show:0"
    settle(explorer)
    press(box.keep)
    explorer.parameters.layers = "show:1"
    settle(explorer)
    press(box.swap)
    settle(explorer)
    assert explorer.answer.request.layers.ids == (0,)  # type: ignore[union-attr]
    assert layers_over(explorer)


def test_after_stopping_the_picture_is_alone(explorer: MapExplorer) -> None:
    box = box_of(explorer)
    press(box.keep)
    settle(explorer)
    assert layers_over(explorer)
    press(box.stop)
    assert layers_over(explorer) == []
    explorer.parameters.layers = "show:0"
    settle(explorer)
    assert layers_over(explorer) == []


def test_a_line_still_stands_after_the_map_became_another_page(explorer: MapExplorer) -> None:
    box = box_of(explorer)
    press(box.keep)
    settle(explorer)
    explorer.parameters.rotation = 30
    settle(explorer)
    (curtain,) = layers_over(explorer)
    assert curtain.comm is not None
    assert pixels(curtain.url).shape[1] == 100
