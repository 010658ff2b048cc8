"""Polygons that fit together: found as such, drawn as if one by one, their borders once."""

import itertools

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPoint, box

from mapexplorer.service.render.coverage import NOBODY, borders_of, fitting, mosaic_of
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.shapes import Shapes

COLORS = [(200, 40, 40, 255), (40, 160, 40, 255), (40, 40, 200, 255)]
CELLS = [box(x, y, x + 25, y + 25) for x, y in itertools.product((0, 25, 50, 75), repeat=2)]


def ragged(shapes):
    return ragged_of(np.array(shapes, dtype=object))


@pytest.fixture
def mosaic():
    """Sixty irregular cells that fill the frame."""
    places = MultiPoint(np.random.default_rng(11).uniform(-20, 120, (60, 2)))
    return list(shapely.get_parts(shapely.voronoi_polygons(places)))


def classed(make, outline_colors, width):
    infos = [
        {
            "value": str(number),
            "symbol": make.sfs(color=color, outline=make.sls(width=width, color=outline)),
        }
        for number, (color, outline) in enumerate(zip(COLORS, outline_colors, strict=True))
    ]
    return {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": infos}


@pytest.mark.parametrize(
    ("shapes", "flags"),
    [
        (CELLS, [True] * 16),
        ([box(0, 0, 10, 10), box(20, 20, 30, 30)], [True, True]),
        ([*CELLS, box(200, 0, 210, 10), box(205, 5, 215, 15)], [True] * 16 + [False] * 2),
        ([*CELLS, box(200, 0, 240, 40), box(210, 10, 220, 20)], [True] * 16 + [False] * 2),
        ([*CELLS, box(200, 0, 210, 10), box(200, 0, 210, 10)], [True] * 16 + [False] * 2),
        ([box(0, 0, 10, 10), box(5, 5, 15, 15)], None),
        ([box(0, 0, 10, 10), box(10, 0, 20, 4), box(10, 4, 20, 10)], None),
        ([box(0, 0, 10, 10)], None),
    ],
    ids=["grid", "apart", "crossing", "inside", "twice", "all overlap", "corner on a side", "one alone"],
)
def test_only_polygons_that_share_borders_and_overlap_nothing_fit(shapes, flags):
    found = fitting(ragged(shapes))
    assert (None if found is None else found.tolist()) == flags


def test_every_border_is_there_once_with_the_areas_on_both_sides():
    pair = ragged([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    borders = borders_of(pair)
    lines = borders.lines(pair, np.ones(len(borders.first), dtype=bool))
    lengths = shapely.length(lines.part_geometries())
    sides = dict(zip(map(tuple, borders.owners.tolist()), lengths.tolist(), strict=False))
    assert lengths.sum() == 70
    assert sides[(1, 0)] == 10
    assert set(sides) == {(1, 0), (1, NOBODY), (0, NOBODY)}


def test_generalised_areas_still_meet():
    def bend(places):
        x, y = np.round(places, 3).T
        return np.stack([x + np.sin(y), y + np.cos(x)], axis=1)

    polygons = ragged([shapely.transform(shapely.segmentize(cell, 0.125), bend) for cell in CELLS])
    mosaic = mosaic_of(polygons, fitting(polygons), 0.2)
    areas = mosaic.polygons.take_features(np.ones(len(CELLS), dtype=bool))
    assert len(areas.vertices) < len(polygons.vertices) / 3
    assert shapely.coverage_is_valid(areas.part_geometries())
    assert mosaic.nbytes < polygons.nbytes / 4


def test_polygons_in_full_detail_are_not_kept_twice():
    polygons = ragged(CELLS)
    mosaic = mosaic_of(polygons, fitting(polygons), None)
    assert mosaic.polygons is polygons
    assert mosaic.nbytes < polygons.nbytes


def test_borders_of_few_are_taken_from_among_all(mosaic):
    cells = ragged(mosaic)
    borders = borders_of(cells)
    every = borders.lines(cells, np.ones(len(borders.first), dtype=bool))
    some = np.arange(len(borders.first)) % 3 == 1
    few = borders.lines(cells, some)
    assert few.rows.tolist() == np.flatnonzero(some).tolist()
    expected = every.part_geometries()[some]
    assert shapely.equals_exact(few.part_geometries(), expected, tolerance=0).all()


@pytest.mark.parametrize("parameters", [{}, {"rotation": 30}, {"bbox": (40, 40, 52, 52)}, {"dpi": 192}])
@pytest.mark.parametrize("width", [0, 0.4, 3])
def test_drawn_together_they_look_as_if_drawn_one_by_one(scene, make, mosaic, monkeypatch, width, parameters):
    outlines = [(0, 0, 0, 255), (0, 0, 0, 255), (120, 120, 0, 255)]
    kinds = [str(number % 3) for number in range(len(mosaic))]
    layer = (mosaic, classed(make, outlines, width), {"columns": {"k": kinds}})
    together = scene([layer]).pixels(**parameters).astype(int)
    monkeypatch.setattr(Shapes, "coverage_in_frame", lambda *_: None)
    apart = scene([layer]).pixels(**parameters).astype(int)
    different = (np.abs(together - apart).max(axis=2) > 60).mean()
    # What differs are antialiased pixels along borders that both neighbours covered in part.
    assert different < (0.12 if 0 < width < 1 else 0.05)
    assert np.abs(together.mean(axis=(0, 1)) - apart.mean(axis=(0, 1))).max() < 6


def test_a_border_stays_when_one_of_its_areas_is_filtered_away(scene, make):
    red = make.sfs(color=COLORS[0], outline=make.sls(width=3))
    layer = ([box(10, 10, 50, 90), box(50, 10, 90, 90)], make.simple(red), {"columns": {"k": [1, 2]}})
    for kept, inside in ((1, 30), (2, 70)):
        pixels = scene([layer]).pixels(layer_defs={0: f"k = {kept}"})
        assert tuple(pixels[50, 50]) == (0, 0, 0, 255)
        assert tuple(pixels[50, inside]) == COLORS[0]
        assert tuple(pixels[50, 100 - inside]) == (255, 255, 255, 255)


@pytest.mark.parametrize("order", [1, -1])
def test_among_many_that_fit_the_few_that_overlap_keep_their_order(scene, make, order):
    pair = [(box(40, 40, 60, 60), "1"), (box(45, 45, 55, 55), "2")][::order]
    ring = [cell for cell in CELLS if not cell.intersects(box(40, 40, 60, 60))]
    shapes, kinds = zip(*[(cell, "0") for cell in ring], *pair, strict=True)
    renderer = classed(make, [(0, 0, 0, 0)] * 3, 0)
    pixels = scene([(shapes, renderer, {"columns": {"k": list(kinds)}})]).pixels()
    assert tuple(pixels[50, 50]) == (COLORS[2] if order == 1 else COLORS[1])


def test_neighbours_of_one_class_leave_no_seam(scene, make, mosaic):
    pixels = scene([(mosaic, make.simple(make.sfs(color=COLORS[0])))]).pixels()
    assert (pixels == np.array(COLORS[0])).all()
