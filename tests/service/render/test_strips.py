"""Masked and very long drawings are made strip by strip, and look as if drawn at once."""

import numpy as np
import pytest
from shapely.geometry import LineString, box

from mapexplorer.protocol import ServiceFault
from mapexplorer.service.render import surface as surfaces
from mapexplorer.service.time_limit import time_limit

CLIPPING = {
    "geometryType": "esriGeometryPolygon",
    "geometry": {"rings": [[[5, 5], [95, 10], [60, 97], [20, 80]]]},
}


@pytest.fixture
def hatched(scene, make):
    fills = [make.sfs(style=style, color=(200, 0, 0, 180)) for style in ("DiagonalCross", "Cross", "Solid")]
    infos = [{"value": str(n), "label": str(n), "symbol": fill} for n, fill in enumerate(fills)]
    renderer = {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": infos}
    shapes = [box(2, 2, 60, 55), box(30, 30, 98, 70), box(10, 60, 55, 98)]
    return scene([(shapes, renderer, {"columns": {"k": [0, 1, 2]}, "transparency": 40})])


@pytest.mark.parametrize("clipping", [None, CLIPPING])
@pytest.mark.parametrize("rows", [1, 7, 64])
def test_strips_look_as_the_whole(hatched, monkeypatch, rows, clipping):
    whole = hatched.pixels(clipping=clipping).astype(int)
    monkeypatch.setattr(surfaces, "_STRIP_PIXELS", 100 * rows)
    assert np.abs(hatched.pixels(clipping=clipping) - whole).max() <= 2
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) > 5


def test_long_outlines_between_short_ones_keep_the_order(scene, make, monkeypatch):
    shapes = [
        box(0, 0, 100, 100),
        LineString([(0, 0), (0, 1)]).buffer(30),
        box(20, 20, 60, 60),
        box(40, 40, 90, 90),
    ]
    drawn = scene(
        [(shapes, make.simple(make.sfs(color=(0, 0, 200, 90), outline=make.sls("Solid", 2, (9, 9, 9, 99)))))]
    )
    expected = drawn.pixels()
    monkeypatch.setattr(surfaces, "_LONG", 250)
    assert (drawn.pixels() == expected).all()


@pytest.mark.parametrize(("cells", "bands"), [(10**9, 1), (9_000, 2), (1_000, 17), (1, 100)])
def test_what_is_too_long_is_drawn_in_bands(scene, make, monkeypatch, cells, bands):
    line = LineString([(x, 50 + 45 * (-1) ** x) for x in range(100)])  # passes 9000 pixels
    drawn = scene([([line], make.simple(make.sls("Solid", 3, (0, 0, 0, 120))))])
    expected = drawn.pixels()
    clips = []
    real = surfaces.Surface._draw_at_once
    monkeypatch.setattr(surfaces, "_LONG", 250)
    monkeypatch.setattr(surfaces, "_CELLS", cells)
    monkeypatch.setattr(surfaces.Surface, "_draw_at_once", lambda *part: (clips.append(part[1]), real(*part)))
    assert np.abs(drawn.pixels().astype(int) - expected).max() <= 2
    assert bands <= len(clips) <= bands + 2


def test_after_a_very_long_path_others_are_drawn():
    corners = np.random.default_rng(1).uniform(0, 600, (20_000, 2))
    codes = np.full(len(corners), 2, dtype=np.uint8)
    codes[0] = 1
    surface = surfaces.Surface(600, 600)
    surface.draw_each([surfaces.Outline(corners, codes)], None, [surfaces.Stroke((0, 0, 0, 0.5), 1.0)])
    assert surface.pixels[..., 3].mean() > 100
    few = surfaces.Outline(corners[:3], codes[:3])
    surface.draw_each([few], np.array([[1.0, 0, 0, 1]]), [surfaces.Stroke()])
    assert (surface.pixels[..., 0] == 255).any()


def test_the_time_is_looked_at_between_strips(hatched):
    surface = surfaces.Surface(50, 50)
    outline = surfaces.Outline(np.array([[0.0, 0], [50, 0], [50, 50]]), np.array([1, 2, 79], dtype=np.uint8))
    with time_limit(-1), pytest.raises(ServiceFault, match="too long"):
        surface.fill_within([outline], lambda _: None)
