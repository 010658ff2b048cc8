"""Lines: dashes that stay where they are when the map moves, and many lines drawn together."""

from itertools import pairwise

import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString

from mapexplorer.service.render import lines as line_drawing
from mapexplorer.service.render.dashes import cut_into_dashes
from mapexplorer.service.render.drawing import whole_outline
from mapexplorer.service.render.line_clipping import clipped_lines
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import Stroke

STYLES = ["Dash", "Dot", "DashDot", "DashDotDot"]
PATTERNS = [(5.0, 3.0), (1.0, 2.0), (5.0, 2.0, 1.0, 2.0), (5.0, 2.0, 1.0, 2.0, 1.0, 2.0)]
FRAME = (0.0, 0.0, 100.0, 100.0)


def wandering(count=40, vertices=12, seed=1, step=9.0, middle=100.0):
    numbers = np.random.default_rng(seed)
    starts = numbers.uniform(middle - 60, middle + 60, (count, 1, 2))
    steps = numbers.normal(0, step, (count, vertices - 1, 2))
    paths = np.concatenate([starts, starts + np.cumsum(steps, axis=1)], axis=1)
    return [LineString(path) for path in paths]


def drawn(outline, stroke, size=200):
    surface = Surface(size, size, (255, 255, 255, 255))
    surface.draw_each([outline], None, [stroke], round_ends=False)
    return surface.pixels.astype(int)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("width", [0.7, 1.0, 3.0])
def test_dashes_cut_out_look_as_those_of_agg(pattern, width):
    lines = ragged_of(np.array(wandering(step=4), dtype=object))
    inside = lines.take_features(~lines.leaving((0, 0, 200, 200)))
    assert len(inside.rows) > 20
    cut = drawn(whole_outline(cut_into_dashes(inside, pattern)), Stroke((0, 0, 0, 1), width))
    agg = drawn(whole_outline(inside), Stroke((0, 0, 0, 1), width, pattern))
    assert (agg < 128).sum() > 500
    assert np.abs(cut - agg).max() <= 2


def test_dashes_are_as_long_as_their_pattern_and_keep_the_corners_that_they_pass():
    corner = LineString([(0, 0), (6, 0), (6, 14)])
    still = LineString([(3, 3), (3, 3)])
    found = cut_into_dashes(ragged_of(np.array([corner, still], dtype=object)), (8, 4))
    dashes = [found.vertices[low:high].tolist() for low, high in pairwise(found.rings)]
    assert dashes == [[[0, 0], [6, 0], [6, 2]], [[6, 6], [6, 14]]]
    assert found.rows.tolist() == [0, 0]


def test_nothing_is_cut_out_of_nothing():
    none = ragged_of(np.array([None], dtype=object), dimension=1)
    assert len(cut_into_dashes(none, (8, 4)).rows) == 0
    still = ragged_of(np.array([LineString([(3, 3), (3, 3)])], dtype=object))
    assert len(cut_into_dashes(still, (8, 4)).rows) == 0


@pytest.mark.parametrize("seed", range(3))
def test_lines_are_cut_to_a_box_as_by_geos(seed):
    shapes = wandering(60, 25, seed, step=30, middle=50)
    found = clipped_lines(ragged_of(np.array(shapes, dtype=object)), FRAME)
    for row, shape in enumerate(shapes):
        pieces = [
            LineString(found.vertices[low:high])
            for (low, high), owner in zip(pairwise(found.rings), found.rows, strict=True)
            if owner == row
        ]
        expected = shape.intersection(LineString([(0, 0), (100, 100)]).envelope)
        assert MultiLineString(pieces).length == pytest.approx(expected.length)
        assert MultiLineString(pieces).hausdorff_distance(expected) < 1e-6 if pieces else expected.is_empty


def test_pieces_know_how_much_of_their_line_lies_before_them():
    there_and_back = LineString([(-30, 10), (20, 10), (20, 130), (40, 130), (40, 90), (90, 90)])
    found = clipped_lines(ragged_of(np.array([there_and_back], dtype=object)), FRAME)
    assert found.rings.tolist() == [0, 3, 6]
    assert found.vertices.tolist() == [[0, 10], [20, 10], [20, 100], [40, 100], [40, 90], [90, 90]]
    assert found.skipped.tolist() == [30, 50 + 120 + 20 + 30]
    again = clipped_lines(found, (10, 0, 100, 95))
    assert again.skipped.tolist() == [40, 220 + 5]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("rotation", [0, 30])
@pytest.mark.parametrize("together", [False, True])
def test_dashes_stay_where_they_are_when_the_map_moves(scene, make, monkeypatch, style, rotation, together):
    if together:
        monkeypatch.setattr(line_drawing, "MOST_IN_ORDER", 0)
    along = np.linspace(-700, 800, 200)
    waves = [np.column_stack([along, 30 * np.sin(along / 40) + 25 * k - 200]) for k in range(20)]
    shown = scene([([LineString(wave) for wave in waves], make.simple(make.sls(style, 1.5)))])

    def ink(east, north):
        corner = np.array([-100 + east, -100 + north])
        return shown.ink(bbox=(*corner, *(corner + 300)), size=(300, 300), rotation=rotation)

    still = ink(0, 0)
    across, up, down, back, *_ = shown.view(
        bbox=(0, 0, 300, 300), size=(300, 300), rotation=rotation
    ).frame.affine
    for left, rise in ((37, 13), (-61, 60), (150, -150)):
        moved = ink(*np.linalg.solve([[across, up], [down, back]], [left, rise]))
        here = still[max(rise, 0) : 300 + min(rise, 0), max(left, 0) : 300 + min(left, 0)]
        there = moved[max(-rise, 0) : 300 - max(rise, 0), max(-left, 0) : 300 - max(left, 0)]
        assert (here > 0.5).sum() > 500
        assert np.abs(here - there).max() <= 0.02


@pytest.mark.parametrize("style", ["Solid", "Dash"])
def test_many_lines_drawn_together_look_as_one_by_one(scene, make, monkeypatch, style):
    infos = [
        {"classMaxValue": number + 1, "symbol": make.sls(style, 1.0, (0, 40 * number, 0, 255))}
        for number in range(3)
    ]
    breaks = {"type": "classBreaks", "field": "value", "minValue": 0, "classBreakInfos": infos}
    shapes = [*wandering(90, 6, 2, middle=50), MultiLineString([[(1, 1), (9, 9)], [(80, 1), (200, 9)]])]
    values = np.sort(np.arange(len(shapes)) % 3 + 0.5)
    shown = scene([(shapes, breaks, {"columns": {"value": values}})])
    alone = shown.pixels(size=(400, 400)).astype(int)
    monkeypatch.setattr(line_drawing, "MOST_IN_ORDER", 0)
    together = shown.pixels(size=(400, 400)).astype(int)
    assert (alone[..., 0] < 128).sum() > 2_000
    # Where lines of one class cross, two half covered pixels are one now.
    different = np.abs(alone - together).max(axis=2)
    assert (different > 8).mean() < 0.005
    assert different.max() < 96


def test_translucent_lines_are_never_drawn_together(scene, make, monkeypatch):
    monkeypatch.setattr(line_drawing, "MOST_IN_ORDER", 0)
    cross = [LineString([(0, 50), (100, 50)]), LineString([(50, 0), (50, 100)])]
    ink = scene([(cross, make.simple(make.sls("Solid", 8, (0, 0, 0, 128))))]).ink()
    assert ink[50, 20] == pytest.approx(0.5, abs=0.02)
    assert ink[50, 50] == pytest.approx(0.75, abs=0.02)
