"""Across the date line: pictures, clips, filters, labels and legends go on in the next world."""

import json

import numpy as np
import pytest
from PIL import Image
from pyproj import CRS

from mapexplorer.protocol import Extent
from mapexplorer.service.worlds import MOST_COPIES, World, extent_beyond, world_of
from tests.service.conftest import BLUE, GREEN, RED, box, collection, fill, layer, marker, point, simple

EDGE = {"type": "esriSLS", "style": "esriSLSSolid", "color": [90, 0, 90, 255], "width": 3}
FRAMED = {"type": "esriSFS", "style": "esriSFSSolid", "color": [250, 200, 0, 255], "outline": EDGE}
ROUND = {"type": "esriSMS", "style": "esriSMSCircle", "color": RED, "size": 14}
TEXT = {"type": "esriTS", "color": [0, 0, 0, 255], "font": {"family": "DejaVu Sans", "size": 9}}

POINTS = collection(
    *(
        (point(x, y), {"n": n})
        for n, (x, y) in enumerate([(179.7, 5), (-179.9, -4), (175.5, 3), (-172.3, 8), (0, 0), (180, -8)])
    )
)
AREAS = collection(
    (box(171, -9, 180, 9), {"n": 1}), (box(-180, -9, -176, 6), {"n": 2}), (box(-60, -9, 60, 9), {"n": 3})
)
WEB_WIDTH = 2 * np.pi * 6378137


def across(west, east, low=-10, high=10, **more):
    """The parameters of a picture in degrees of 20 pixels a degree."""
    size = f"{(east - west) * 20},{(high - low) * 20}"
    wire = {"bbox": f"{west},{low},{east},{high}", "bboxSR": "4326", "imageSR": "4326", "size": size}
    return {**wire, **more}


@pytest.fixture
def service(serve, folder):
    image = np.random.default_rng(7).integers(0, 255, (18, 36, 3), dtype=np.uint8)
    Image.fromarray(image).save(folder / "ground.png")
    (folder / "ground.pgw").write_text("10\n0\n0\n-10\n-175\n85\n")
    ground = {"id": 4, "name": "Ground", "type": "Raster Layer", "source": "ground.png"}
    layers = [
        layer(1, "points.geojson", simple(ROUND)),
        layer(2, "areas.geojson", simple(FRAMED, transparency=40)),
        ground,
    ]
    files = {"points.geojson": POINTS, "areas.geojson": AREAS}
    return serve(layers, files, spatialReference={"wkid": 4326})


@pytest.mark.parametrize("shown", ["1", "2", "4", "1,2,4"])
def test_a_picture_across_the_date_line_is_composed_of_its_sides(service, shown):
    shown = f"show:{shown}"
    whole = service.picture(**across(170, 190, layers=shown))
    sides = [service.picture(**across(*side, layers=shown)) for side in ((170, 180), (-180, -170))]
    difference = np.abs(whole.astype(int) - np.concatenate(sides, axis=1))
    assert difference.max() <= (1 if "4" in shown else 0)  # rasters are resampled with coordinates rounded
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) > 4


@pytest.mark.parametrize("turn", [0, 30])
@pytest.mark.parametrize("worlds", [-2, -1, 1, 3])
def test_a_picture_moved_by_whole_worlds_is_the_same(service, worlds, turn):
    for west, east in ((170, 190), (-64, 64), (-90, 280)):
        asked = {"rotation": turn, "size": "240,80"}
        home = service.picture(**across(west, east, **asked))
        away = service.picture(**across(west + 360 * worlds, east + 360 * worlds, **asked))
        assert (home == away).all()


def test_in_web_mercator_too(service):
    def seen(west, east):
        bbox = f"{west * WEB_WIDTH},-2e6,{east * WEB_WIDTH},2e6"
        return service.picture(bbox=bbox, bboxSR="102100", imageSR="3857", size="400,120").astype(int)

    home = seen(0.4, 0.6)
    assert np.abs(home - seen(1.4, 1.6)).max() <= 2
    assert np.abs(home - seen(-0.6, -0.4)).max() <= 2
    assert (home[60, :, :3] != 255).any(axis=1).all()


def test_an_extent_beyond_the_date_line_stays_there_in_another_system(service):
    body = service.json("export", bbox="190,-10,250,10", bboxSR="4326", imageSR="102100", size="200,100")
    assert body["extent"]["xmin"] == pytest.approx(190 / 360 * WEB_WIDTH)
    assert body["extent"]["xmax"] == pytest.approx(250 / 360 * WEB_WIDTH)
    back = service.json("export", bbox="21e6,0,23e6,1e6", bboxSR="3857", imageSR="4326", size="200,100")
    assert back["extent"]["xmin"] == pytest.approx(21e6 / WEB_WIDTH * 360)


@pytest.mark.parametrize(
    ("source", "target", "given", "sides"),
    [
        (4326, 3857, (170, 0, 190, 10), (170 / 360 * WEB_WIDTH, 190 / 360 * WEB_WIDTH)),
        (4326, 3857, (-190, 0, 190, 90), (-190 / 360 * WEB_WIDTH, 190 / 360 * WEB_WIDTH)),
        (4326, 4269, (890, 0, 910, 10), (890, 910)),
        (3857, 4326, (-3e7, 0, -2.9e7, 1e6), (-3e7 / WEB_WIDTH * 360, -2.9e7 / WEB_WIDTH * 360)),
        (4326, 3832, (190, 0, 200, 10), (40 / 360 * WEB_WIDTH, 50 / 360 * WEB_WIDTH)),
    ],
)
def test_extents_go_on_in_proportion(source, target, given, sides):
    found = extent_beyond(Extent(*given), CRS.from_epsg(source), CRS.from_epsg(target))
    assert found[::2] == pytest.approx(sides)
    assert np.isfinite(found).all()
    assert found[1] < found[3]


def test_an_extent_of_a_local_system_is_not_torn_at_the_date_line():
    west, _, east, _ = extent_beyond(
        Extent(-2_500_000, 300_000, -1_000_000, 1_500_000), CRS.from_epsg(3338), CRS.from_epsg(4326)
    )
    assert west < 180 < east
    assert east - west < 40


@pytest.mark.parametrize(
    ("code", "width"),
    [
        (4326, 360),
        (4269, 360),
        (3857, WEB_WIDTH),
        (3832, WEB_WIDTH),
        (3395, WEB_WIDTH),
        (32662, WEB_WIDTH),
        (4807, 400),
        (2154, None),
        (32633, None),
        (3338, None),
        (3031, None),
        (3035, None),
    ],
)
def test_where_the_world_begins_again(code, width):
    world = world_of(CRS.from_epsg(code))
    assert world is None if width is None else world.width == pytest.approx(width)


def test_other_projections_with_curved_meridians_do_not_begin_again():
    for code in (54009, 54030, 54008, 102004):  # Mollweide, Robinson, sinusoidal, Lambert
        assert world_of(CRS.from_authority("ESRI", code)) is None
    assert world_of(CRS.from_authority("ESRI", 54003)) is not None  # Miller
    shifted = CRS.from_epsg(3857).to_wkt("WKT1_ESRI")
    shifted = shifted.replace('"Central_Meridian",0.0', '"Central_Meridian",180.0')
    assert world_of(CRS.from_wkt(shifted)).width == pytest.approx(WEB_WIDTH)


def test_the_number_of_worlds_is_bounded():
    world = World(360.0, 0.0)
    assert world.shifts((170, 190), (-180, 180)) == [-360, 0]
    assert world.shifts((-64, 64), (-180, 180)) == [0]
    assert world.shifts((-1e9, 1e9), (-180, 180)) == [360 * k for k in range(-16, 17)]
    assert len(world.shifts((-1e12, 1e12), (-180, 180))) == MOST_COPIES


SHAPES = {
    "envelope": {"xmin": 175, "ymin": -20, "xmax": 185, "ymax": 20},
    "moved": {"xmin": -185, "ymin": -20, "xmax": -175, "ymax": 20},
    "web mercator": {
        "rings": [[[x / 360 * WEB_WIDTH, y] for x, y in ((175, -2e6), (175, 2e6), (185, 2e6), (185, -2e6))]],
        "spatialReference": {"wkid": 102100},
    },
}


def asked(geometry, **more):
    kind = "esriGeometryEnvelope" if "xmin" in geometry else "esriGeometryPolygon"
    return json.dumps({"geometryType": kind, "geometry": geometry, **more})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("view", [(170, 190), (-190, -170), (530, 550)])
def test_a_clip_across_the_date_line_masks_both_sides(service, shape, view):
    whole = service.picture(**across(*view, layers="show:4"))
    picture = service.picture(**across(*view, layers="show:4", clipping=asked(SHAPES[shape])))
    assert (picture[:, 101:299] == whole[:, 101:299]).all()
    assert (picture[:, :99] == 255).all()
    assert (picture[:, 301:] == 255).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("relation", ["Intersects", "Contains", "EnvelopeIntersects"])
def test_a_spatial_filter_across_the_date_line_finds_both_sides(service, shape, relation):
    spatial = asked(SHAPES[shape], spatialRel=f"esriSpatialRel{relation}")
    assert service.rows(1, bboxSR="4326", spatialFilter=spatial) == [1, 2, 3, 6]


def test_what_must_be_elsewhere_is_elsewhere_in_every_world(service):
    spatial = asked(SHAPES["envelope"], spatialRel="esriSpatialRelRelation", relationParam="FF*FF****")
    assert service.rows(1, bboxSR="4326", spatialFilter=spatial) == [4, 5]


def test_query_and_identify_search_across_the_date_line(service):
    body = service.json(
        "1/query", geometry="177,-20,185,20", geometryType="esriGeometryEnvelope", returnIdsOnly="true"
    )
    assert body["objectIds"] == [1, 2, 6]
    found = service.json(
        "identify",
        geometry="187.7,8",
        sr="4326",
        mapExtent="170,-10,190,10",
        imageDisplay="400,400,96",
        tolerance="3",
        layers="all:1",
    )
    assert [result["attributes"]["n"] for result in found["results"]] == ["3"]


def classes(colors):
    infos = [{"value": str(n), "label": str(n), "symbol": marker(color, 8)} for n, color in enumerate(colors)]
    return {"renderer": {"type": "uniqueValue", "field1": "n", "uniqueValueInfos": infos}}


def labels_of(service, **parameters):
    body = service.json("queryLegends", patchSize="4,4", **parameters)
    return [[entry["label"] for entry in one["legend"]] for one in body["layers"]]


def test_the_legend_lists_what_is_seen_beyond(serve, service):
    maps = serve(
        [layer(1, "points.geojson", classes([RED, GREEN, BLUE, RED, GREEN, BLUE]))],
        {"points.geojson": POINTS},
        spatialReference={"wkid": 4326},
    )
    assert labels_of(maps, **across(170, 190)) == [["0", "1", "2", "3", "5"]]
    assert labels_of(maps, **across(182, 190)) == [["3"]]
    assert labels_of(maps, **across(350, 370)) == [["4"]]
    assert labels_of(maps, **across(200, 210)) == [[]]
    shape = asked({"xmin": -174, "ymin": -20, "xmax": -170, "ymax": 20})
    assert labels_of(maps, **across(170, 190, clipping=shape)) == [["3"]]
    assert labels_of(service, **across(190, 210, layers="show:4")) == [["Red", "Green", "Blue"]]


def test_labels_stand_in_every_world_and_once_in_each(serve):
    from mapexplorer.protocol import MapRequest, Operation
    from mapexplorer.service.labels.placement import place
    from mapexplorer.service.view import build_view

    labelled = [{"labelExpression": "[n]", "symbol": TEXT}]
    maps = serve(
        [
            layer(1, "areas.geojson", simple(fill(GREEN), labelingInfo=labelled)),
            layer(2, "points.geojson", simple(ROUND, labelingInfo=labelled)),
        ],
        {"areas.geojson": AREAS, "points.geojson": POINTS},
        spatialReference={"wkid": 4326},
    )

    def texts(west, east, ident):
        wire = across(west, east, size=f"{(east - west) * 7},140", layers=f"show:{ident}")
        view = build_view(
            maps.catalog, MapRequest.decode(Operation.EXPORT, list(wire.items())), Operation.EXPORT
        )
        return sorted(label.text for label in place(view))

    assert texts(165, 195, 1) == ["1", "2"]
    assert texts(165, 195, 2) == ["0", "1", "2", "3", "5"]
    assert texts(100, 620, 1) == ["1", "1", "2", "2", "3"]
    assert texts(-70, 430, 2).count("4") == 2
