"""Of very many points only those that are seen are drawn, and the picture is the same."""

import numpy as np
import pytest
import shapely

from mapexplorer.service import crowds
from mapexplorer.service.crowds import PointIndex
from mapexplorer.service.frame import to_pixels
from mapexplorer.service.render import points as markers
from mapexplorer.service.render import thinning as passes
from mapexplorer.service.render.classes import drawn_classes
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.render.thinning import PixelGrid, Thinning

COUNT = 30_000
OUTLINE = {"type": "esriSLS", "style": "esriSLSSolid", "color": [255, 255, 255, 255], "width": 0.5}
COLORS = ((69, 117, 180, 255), (254, 224, 144, 255), (215, 48, 39, 255))


def classes(make, sizes=(4, 4, 4), alpha=255, **more):
    infos = [
        {
            "classMaxValue": number + 1,
            "label": "",
            "symbol": make.sms("Circle", size, (*color[:3], alpha), outline=OUTLINE, **more),
        }
        for number, (size, color) in enumerate(zip(sizes, COLORS, strict=True))
    ]
    return {"type": "classBreaks", "field": "value", "minValue": 0, "classBreakInfos": infos}


def points(renderer, *, multi=False, count=COUNT):
    numbers = np.random.default_rng(count)
    places = numbers.normal(50, 30, (count, 2))
    geometry = list(shapely.points(places))
    if multi:
        geometry = list(shapely.multipoints(places.reshape(-1, 2, 2)))
    geometry[7] = None
    # Some values belong to no class.
    columns = {"value": numbers.uniform(-0.2, 3.1, len(geometry))}
    return geometry, renderer, {"columns": columns}


@pytest.fixture
def few(monkeypatch):
    """Take some hundred points for very many."""
    monkeypatch.setattr(crowds, "FEWEST", 100)
    monkeypatch.setattr(passes, "_BATCH", 1_000)


def without_thinning(drawn, monkeypatch, **parameters):
    with monkeypatch.context() as patch:
        patch.setattr(Thinning, "of", lambda *_: None)
        return drawn.pixels(**parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bbox": (20, 20, 45, 45)},
        {"bbox": (-900, -900, 1100, 1100)},
        {"bbox": (300, 300, 400, 400)},
        {"rotation": 30},
        {"dpi": 300, "size": (250, 130)},
        {"layer_defs": {0: "value > 1.5"}},
        {"layer_defs": {0: "value > 9"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("multi", [False, True])
def test_the_first_picture_is_exactly_that_of_all_points(scene, make, few, monkeypatch, parameters, multi):
    drawn = scene([points(classes(make), multi=multi)])
    first = drawn.pixels(**parameters)
    assert np.array_equal(first, without_thinning(drawn, monkeypatch, **parameters))


@pytest.mark.parametrize("more", [{"xoffset": 3.3, "yoffset": -1.6}, {"angle": 45}, {"alpha": 128}], ids=str)
def test_offsets_angles_and_translucent_colours_stay(scene, make, few, monkeypatch, more):
    drawn = scene([points(classes(make, **more), count=6_000)])
    assert np.array_equal(drawn.pixels(), without_thinning(drawn, monkeypatch))


@pytest.mark.parametrize("sizes", [(16, 8, 4), (4, 8, 16), (4, 4, 5)])
def test_markers_of_several_sizes_hide_only_those_of_their_class(scene, make, few, monkeypatch, sizes):
    monkeypatch.setattr(markers, "MOST_IN_PHASES", 0)
    drawn = scene([points(classes(make, sizes=sizes))])
    difference = np.abs(drawn.pixels().astype(int) - without_thinning(drawn, monkeypatch)).max(axis=2)
    # The smooth edges of markers that are stamped several times on one pixel grow harder.
    assert (difference > 96).mean() < 0.01


def test_sizes_by_a_visual_variable_stay(scene, make, few, monkeypatch):
    monkeypatch.setattr(markers, "MOST_IN_PHASES", 0)
    variable = {"type": "sizeInfo", "field": "value", "minDataValue": 0, "maxDataValue": 3}
    renderer = classes(make) | {"visualVariables": [{**variable, "minSize": 2, "maxSize": 12}]}
    drawn = scene([points(renderer)])
    difference = np.abs(drawn.pixels().astype(int) - without_thinning(drawn, monkeypatch)).max(axis=2)
    assert (difference > 96).mean() < 0.02


def left_out_and_kept(drawn, size):
    """Rows in a frame, those that a level keeps, their places in pixels and their order of drawing."""
    view = drawn.view(bbox=(-40, -40, 140, 140), size=(size, size))
    layer = view.layers[0]
    own, numbers = drawn_classes(layer.layer, layer.renderer, view.frame.scale)
    thinning = Thinning.of(own, numbers, 1.0)
    crowd = layer.layer.shapes.in_system(view.frame).crowd
    assert crowd.level(layer.rows, thinning, view.frame.resolution) is None
    level = crowd.level(layer.rows, thinning, view.frame.resolution)
    full = layer.layer.shapes.in_system(view.frame).full
    pixels = to_pixels(full.vertices, view.frame)
    rank = numbers[full.rows].astype(np.int64) * COUNT + np.arange(len(full.rows))
    return pixels, rank, level, numbers[full.rows] >= 0


@pytest.mark.parametrize("size", [20, 33, 42])
def test_every_point_a_level_leaves_out_has_a_later_one_less_than_a_pixel_away(scene, make, few, size):
    pixels, rank, level, drawn = left_out_and_kept(scene([points(classes(make))]), size)
    kept = np.zeros(len(rank), dtype=bool)
    kept[level] = True
    assert 0 < len(level) < len(rank) / crowds.CROWDED
    assert not kept[~drawn].any()
    for number in np.flatnonzero(drawn & ~kept)[::50].tolist():
        near = (np.abs(pixels[level] - pixels[number]) < 1).all(axis=1)
        assert rank[level[near]].max() > rank[number]


def test_pictures_from_levels_are_those_of_all_points_but_for_edges(scene, make, few, monkeypatch):
    drawn = scene([points(classes(make, sizes=(12, 12, 12)))])
    frame = {"bbox": (-40, -40, 140, 140), "size": (42, 42)}
    looked_at = []
    take = Thinning.uppermost

    def counting(self, points, chosen, *more):
        looked_at.append(len(points.rows) if chosen is None else len(chosen))
        return take(self, points, chosen, *more)

    monkeypatch.setattr(crowds, "MOST_EXACT", 100)
    monkeypatch.setattr(Thinning, "uppermost", counting)
    exact, again, once_more = (drawn.pixels(**frame) for _ in range(3))
    # The second picture looks at all points once more, to make the level that it and the third one draw.
    level = looked_at[-1]
    assert looked_at == [COUNT - 1, COUNT - 1, level, level]
    assert level < COUNT / crowds.CROWDED
    assert np.array_equal(again, once_more)
    difference = np.abs(again.astype(int) - exact).max(axis=2)
    assert (difference > 48).mean() < 0.15


def test_a_level_of_some_rows_does_not_serve_others(scene, make, few):
    drawn = scene([points(classes(make))])
    for low in (0.5, 1.5, 2.5):
        frame = {
            "bbox": (-40, -40, 140, 140),
            "size": (30, 30),
            "layer_defs": {0: f"value > {low}"},
        }
        fresh = scene([points(classes(make))])
        pictures = [(drawn.pixels(**frame), fresh.pixels(**frame)) for _ in range(3)]
        assert all(np.array_equal(one, other) for one, other in pictures)


def test_levels_fill_a_bounded_part_of_the_memory(scene, make, few):
    drawn = scene([points(classes(make))])
    for size in range(10, 43, 3):
        for _ in range(2):
            drawn.pixels(bbox=(-40, -40, 140, 140), size=(size, size))
    view = drawn.view()
    projection = view.layers[0].layer.shapes.in_system(view.frame)
    assert 0 < projection.crowd.nbytes <= projection.full.vertices.nbytes / 8 + 2**19


@pytest.mark.parametrize(("side", "least"), [(180, 0), (60, COUNT - 1)])
def test_a_thumbnail_of_the_whole_layer_comes_from_its_level(scene, make, few, monkeypatch, side, least):
    drawn = scene([points(classes(make))])
    looked_at = []
    take = Thinning.uppermost

    def counting(self, points, chosen, *more):
        looked_at.append(len(points.rows) if chosen is None else len(chosen))
        return take(self, points, chosen, *more)

    for _ in range(2):
        drawn.pixels(bbox=(50 - side, 50 - side, 50 + side, 50 + side), size=(20, 20))
    monkeypatch.setattr(Thinning, "uppermost", counting)
    drawn.pixels(bbox=(50 - side, 50 - side, 50 + side, 50 + side), size=(20, 20))
    assert 0 < looked_at[0] < 4_000
    assert looked_at[1:] == ([least] if least else [])


@pytest.mark.parametrize("box", [(40, 40, 60, 60), (0, 49, 3, 51), (-500, -500, -400, 600), (99, 0, 800, 9)])
def test_the_index_finds_every_point_of_a_box_in_order(box):
    places = np.random.default_rng(4).normal(50, 20, (5_000, 2))
    index = PointIndex(ragged_of(shapely.points(places)))
    inside = np.flatnonzero(((places >= box[:2]) & (places <= box[2:])).all(axis=1))
    near = index.near(box)
    assert np.isin(inside, near).all()
    assert (np.diff(near) > 0).all()


def test_the_index_leaves_boxes_that_hold_most_points_alone():
    points_ = ragged_of(shapely.points(np.random.default_rng(4).normal(50, 20, (5_000, 2))))
    assert PointIndex(points_).near((0, 0, 100, 100)) is None


def test_points_at_one_place_are_found():
    assert PointIndex(ragged_of(shapely.points(np.full((9, 2), 3.0)))).near((0, 0, 9, 9)) is None


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("parameters", [{}, {"bbox": (10, 60, 22, 66)}, {"rotation": 20}], ids=str)
def test_rows_that_meet_a_frame_are_found_through_the_index(scene, make, monkeypatch, parameters, multi):
    drawn = scene([points(classes(make), multi=multi)])
    view = drawn.view(**parameters)
    layer = view.layers[0]
    expected = layer.layer.shapes.meeting(view.frame, layer.rows)
    monkeypatch.setattr(crowds, "FEWEST", 100)
    for rows in (layer.rows, layer.rows[::7]):
        for _ in range(2):
            found = layer.layer.shapes.meeting(view.frame, rows)
            assert np.array_equal(found, np.intersect1d(expected, rows))


def test_a_grid_with_too_many_cells_is_not_made(scene, make, few, monkeypatch):
    monkeypatch.setattr(crowds, "MOST_CELLS", 100)
    drawn = scene([points(classes(make), count=6_000)])
    monkeypatch.setattr(Thinning, "uppermost", None)
    assert drawn.pixels().any()
    assert (
        Thinning(np.zeros(1, np.int32), np.ones(4, bool), np.zeros((3, 2)), alike=False).cells(
            PixelGrid(10, 5, 1)
        )
        == 3 * 12 * 7
    )
