"""Raster layers lie where their extent says, in any projection, turned, and without aliasing."""

import numpy as np
import pytest
from PIL import Image

from mapexplorer.protocol import MapRequest, Operation, PatchSize
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.legend import query_legends
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.render.raster import sample
from mapexplorer.service.view import build_view

WORLD = (-20037508.34, -20037508.34, 20037508.34, 20037508.34)


@pytest.fixture
def rastered(tmp_path):
    def build(image, west, north, step, wkid):
        Image.fromarray(image).save(tmp_path / "picture.png")
        numbers = (step, 0, 0, -step, west + step / 2, north - step / 2)
        (tmp_path / "picture.pgw").write_text("\n".join(str(number) for number in numbers))
        layer = {"id": 0, "name": "R", "type": "Raster Layer", "source": "picture.png"}
        value = {"name": "raster", "spatialReference": {"wkid": wkid}, "layers": [layer]}
        return MapCatalog(load_document(value, tmp_path))

    return build


def picture(catalog, **parameters):
    request = MapRequest(**{"size": (100, 100), "transparent": True, "format": "png32", **parameters})
    return draw(build_view(catalog, request, Operation.EXPORT))


def quarters(side=20):
    image = np.zeros((side, side, 3), dtype=np.uint8)
    half = side // 2
    image[:half, :half], image[:half, half:] = (255, 0, 0), (0, 255, 0)
    image[half:, :half], image[half:, half:] = (0, 0, 255), (255, 255, 0)
    return image


def test_a_raster_fills_its_extent_and_nothing_else(rastered):
    pixels = picture(rastered(quarters(), 20, 80, 3, 3857), bbox=(0, 0, 100, 100))
    assert (pixels[20:80, 20:80, 3] == 255).all()
    assert pixels[:19, :, 3].max() == pixels[81:, :, 3].max() == pixels[:, :19, 3].max() == 0
    assert [tuple(pixels[row, column, :3]) for row, column in ((25, 25), (25, 75), (75, 25), (75, 75))] == [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 0),
    ]


@pytest.mark.parametrize(
    ("rotation", "upper_left"),
    [(0, (255, 0, 0)), (90, (0, 255, 0)), (180, (255, 255, 0)), (270, (0, 0, 255))],
)
def test_a_raster_turns_with_the_map(rastered, rotation, upper_left):
    pixels = picture(rastered(quarters(), 20, 80, 3, 3857), bbox=(0, 0, 100, 100), rotation=rotation)
    assert tuple(pixels[30, 30, :3]) == upper_left


def test_a_raster_at_an_angle_is_masked_by_its_turned_extent(rastered):
    pixels = picture(rastered(quarters(), 20, 80, 3, 3857), bbox=(0, 0, 100, 100), rotation=45)
    assert pixels[..., 3].sum() / 255 == pytest.approx(3600, rel=0.02)
    assert pixels[21, 21, 3] == 0
    assert pixels[50, 12, 3] == 255


def test_a_raster_is_reprojected(rastered):
    world = np.zeros((180, 360, 3), dtype=np.uint8)
    world[:, :, 0] = np.linspace(0, 255, 360)[None, :]
    world[:, :, 1] = np.linspace(255, 0, 180)[:, None]
    catalog = rastered(world, -180, 90, 1, 4326)
    pixels = picture(catalog, bbox=WORLD, bbox_sr=3857, image_sr=3857, size=(400, 400)).astype(int)
    assert (pixels[..., 3] == 255).all()
    # 66.513° north is a quarter of the way down.
    assert pixels[100, 200, 1] == pytest.approx((66.513 + 90) / 180 * 255, abs=2)
    assert pixels[300, 100, 0] == pytest.approx(255 / 4, abs=2)
    assert np.abs(np.diff(pixels[..., 1], axis=0)).max() <= 3


@pytest.mark.parametrize(("wkid", "share"), [(54009, np.pi / 4), (3035, None)])
def test_the_outside_of_a_projection_stays_empty(rastered, wkid, share):
    world = np.full((180, 360, 3), 200, dtype=np.uint8)
    catalog = rastered(world, -180, 90, 1, 4326)
    if wkid == 54009:
        frame = (-18040095.7, -9020047.8, 18040095.7, 9020047.8)
        pixels = picture(catalog, bbox=frame, bbox_sr=wkid, image_sr=wkid, size=(400, 200))
        assert (pixels[..., 3] > 0).mean() == pytest.approx(share, abs=0.01)
    else:
        frame = (4321000 - 14e6, 3210000 - 14e6, 4321000 + 14e6, 3210000 + 14e6)
        pixels = picture(catalog, bbox=frame, bbox_sr=wkid, image_sr=wkid, size=(400, 400))
        assert pixels[3, 3, 3] == 0
        assert (pixels[40:360, 190:210, 3] == 255).all()


@pytest.mark.parametrize("west", [-180, 0])
@pytest.mark.parametrize("wkid", [3857, 4326])
def test_the_world_begins_again_at_the_date_line(rastered, west, wkid):
    image = np.zeros((90, 180, 3), dtype=np.uint8)
    image[:, (-90 - west) // 2 % 180] = 255  # the meridian 90 degrees west
    catalog = rastered(image, west, 90, 2, 4326)
    wide = (2 * WORLD[0], WORLD[1], 2 * WORLD[2], WORLD[3]) if wkid == 3857 else (-360, -180, 360, 180)
    pixels = picture(catalog, bbox=wide, bbox_sr=wkid, image_sr=wkid, size=(800, 400))
    assert pixels[200, :, 3].min() == 255
    bright = np.flatnonzero(pixels[200, :, 0] > 100)
    assert sorted(set((bright // 10 * 10).tolist())) == [300, 700]
    assert pixels[10 if wkid == 4326 else 0, 400, 3] == (0 if wkid == 4326 else 255)


def test_a_fine_pattern_is_averaged_when_it_is_shrunk(rastered):
    checks = np.indices((800, 800)).sum(axis=0) % 2 * 255
    image = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    pixels = picture(rastered(image, 0, 100, 0.125, 3857), bbox=(0, 0, 100, 100)).astype(int)
    assert np.abs(pixels[5:95, 5:95, :3] - 127).max() <= 3


def test_enlarging_is_bilinear(rastered):
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    image[:, 1] = 200
    pixels = picture(rastered(image, 0, 100, 50, 3857), bbox=(0, 0, 100, 100)).astype(int)
    assert pixels[50, 50, 0] == pytest.approx(102, abs=3)
    assert pixels[50, 10, 0] == 0


def test_transparent_pixels_lend_no_colour_to_their_neighbours():
    source = np.array([[[255, 0, 0, 255], [0, 255, 0, 0]]], dtype=np.uint8)
    assert sample(source, np.array([1.0]), np.array([0.5]))[0].tolist() == [255, 0, 0, 128]
    assert sample(source, np.array([-0.1, np.nan]), np.array([0.5, 0.5])).tolist() == [[0] * 4] * 2


@pytest.mark.parametrize(
    ("bbox", "entries"), [((0, 0, 10, 10), 0), ((70, 70, 90, 90), 3), ((80, 80, 90, 90), 3)]
)
def test_the_legend_of_a_raster_counts_when_its_extent_meets_the_frame(rastered, bbox, entries):
    catalog = rastered(quarters(), 20, 80, 3, 3857)
    view = build_view(catalog, MapRequest(bbox=bbox, size=(50, 50)), Operation.QUERY_LEGENDS)
    layer = query_legends(view, return_visible_only=True, patch_size=PatchSize(width=15, height=15))[
        "layers"
    ][0]
    assert layer["layerType"] == "Raster Layer"
    assert layer["legendType"] == "RGB Composite"
    assert [entry["label"] for entry in layer["legend"]] == ["Red", "Green", "Blue"][:entries]
