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


def test_what_is_too_long_for_the_rasteriser_is_drawn_once(scene, make, monkeypatch):
    """Every call that is given a long outline fails as the rasteriser does, unless it is bound to a strip."""
    real = surfaces.Surface._draw_at_once
    strips = []

    def limited(self, context, outlines, *rest):
        bound = context.get_clip_rectangle()
        if bound is None and max(len(outline.vertices) for outline in outlines) > 20:
            raise OverflowError
        strips.append(bound)
        real(self, context, outlines, *rest)

    line = LineString([(x, 50 + 45 * (-1) ** x) for x in range(100)])
    drawn = scene([([line], make.simple(make.sls("Solid", 3, (0, 0, 0, 120))))])
    expected = drawn.pixels()
    monkeypatch.setattr(surfaces, "_LONG", 250)
    monkeypatch.setattr(surfaces.Surface, "_draw_at_once", limited)
    assert np.abs(drawn.pixels().astype(int) - expected).max() <= 2
    assert len(strips) == 2  # 100 rows


def test_the_time_is_looked_at_between_strips(hatched):
    surface = surfaces.Surface(50, 50)
    outline = surfaces.Outline(np.array([[0.0, 0], [50, 0], [50, 50]]), np.array([1, 2, 79], dtype=np.uint8))
    with time_limit(-1), pytest.raises(ServiceFault, match="too long"):
        surface.fill_within([outline], lambda _: None)
