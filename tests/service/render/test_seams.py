"""Polygons that are cut at the date line: the cut is drawn neither as an outline nor as a gap."""

import re

import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import MultiPolygon, Polygon, box

from mapexplorer.service.datum import Change
from mapexplorer.service.render.domain import changed
from mapexplorer.service.render.ragged import ragged_of
from mapexplorer.service.render.seams import joined_at_seam, seams_of, without_spikes
from tests.service.conftest import collection, layer, simple
from tests.service.conftest import fill as plain

EDGE = {"type": "esriSLS", "style": "esriSLSSolid", "color": [90, 0, 90, 255], "width": 3}
FRAMED = {"type": "esriSFS", "style": "esriSFSSolid", "color": [250, 200, 0, 255], "outline": EDGE}
HATCHED = {**FRAMED, "style": "esriSFSCross"}
DASHED = {**FRAMED, "outline": {**EDGE, "style": "esriSLSDash"}}
TRANSLUCENT = {**FRAMED, "outline": {**EDGE, "color": [90, 0, 90, 128]}}
ISLAND = MultiPolygon([box(174, -6, 180, 6), box(-180, -6, -174, 6)])
"""An island of two pieces with the same height on both sides."""


def ragged(*shapes):
    return ragged_of(np.array(shapes, dtype=object))


def change(source, target):
    return Change(CRS.from_epsg(source), CRS.from_epsg(target))


@pytest.fixture
def island(serve):
    """A service of the island and of a strip that ends at the date line."""

    def start(symbol):
        shapes = collection(
            (shapely.geometry.mapping(ISLAND), {"n": 1}),
            (shapely.geometry.mapping(box(170, -20, 180, -10)), {"n": 2}),
        )
        layers = [layer(1, "areas.geojson", simple(symbol))]
        return serve(layers, {"areas.geojson": shapes}, spatialReference={"wkid": 4326})

    return start


def picture(service, **asked):
    wire = {"bbox": "165,-25,195,15", "bboxSR": "4326", "imageSR": "4326", "size": "300,400"}
    return service.picture(**{**wire, **asked})[..., :3].astype(int)


def dark(pixels):
    """Where the colour of the outline is seen."""
    return (np.abs(pixels - EDGE["color"][:3]) < 60).all(axis=-1)


SEAM = (90, 150)
"""Row and column of the middle of the island in the picture."""


@pytest.mark.parametrize("symbol", [FRAMED, HATCHED, DASHED])
def test_the_cut_is_no_outline_but_the_coast_is(island, symbol):
    pixels = picture(island(symbol))
    assert not dark(pixels)[95:200, 146:154].any()
    assert dark(pixels)[90, 100:200].any()
    assert dark(pixels)[100:200, 90].any()
    assert dark(pixels)[260:340, 150].any(), "an area that ends at the date line has its border there"


def test_a_translucent_outline_is_not_doubled_at_the_cut(island):
    pixels = picture(island(TRANSLUCENT))
    assert (pixels[90, 146:154] == pixels[90, 120]).all()


def test_fills_meet_without_a_line(island):
    pixels = picture(island(plain([250, 200, 0, 255])))
    assert (pixels[100:200, 145:155] == pixels[150, 120]).all()


@pytest.mark.parametrize("turn", [0, 40])
def test_neither_a_turned_nor_a_moved_picture_shows_it(island, turn):
    service = island(FRAMED)
    here = picture(service, bbox="165,-15,195,15", size="300,300", rotation=turn)
    away = picture(service, bbox="-195,-15,-165,15", size="300,300", rotation=turn)
    assert (here == away).all()
    assert not dark(here)[110:190, 110:190].any()


def test_in_web_mercator_too(island):
    pixels = picture(island(FRAMED), imageSR="3857")
    assert not dark(pixels)[110:190, 140:160].any()


def test_in_a_projection_that_shows_the_date_line_inside(island):
    pixels = picture(island(FRAMED), imageSR="3832")
    assert not dark(pixels)[110:190, 140:160].any()
    assert dark(pixels)[250:340, 150].any()


def test_a_highlight_does_not_show_it_either(island):
    pixels = picture(island(FRAMED), selectionDefinitions='[{"layerId":1,"objectIds":[1]}]')
    cyan = (pixels == [0, 255, 255]).all(axis=-1)
    assert cyan[100:200, 90].any()
    assert not cyan[100:200, 140:160].any()


def test_vector_formats_leave_it_out_too(island):
    asked = {"bbox": "165,-25,195,15", "bboxSR": "4326", "imageSR": "4326", "size": "300,400"}
    answer = island(FRAMED).get("export", **asked, format="svg", f="image").get_data(as_text=True)
    stroked = " ".join(re.findall(r'stroke="#5a005a"[^>]*>\s*<path d="([^"]*)"', answer))
    assert "M210 210L210 90L150 90M150 210L210 210" in stroked
    assert "150 350L150 250" in stroked


def test_two_features_that_meet_at_the_date_line_keep_their_border():
    assert seams_of(ragged(box(170, 0, 180, 5), box(-180, 0, -170, 5)), change(4326, 4326)) is None


def test_pieces_at_other_heights_are_not_one_cut():
    apart = MultiPolygon([box(170, 0, 180, 5), box(-180, 6, -170, 9)])
    assert seams_of(ragged(apart), change(4326, 4326)) is None


def test_pieces_become_one_where_the_world_does_not_begin_again():
    way = change(4326, 3995)
    island = ragged(MultiPolygon([box(170, 70, 180, 75), box(-180, 70, -172, 75), box(0, 70, 5, 75)]))
    joined = joined_at_seam(island, way)
    assert [part.bounds for part in joined.part_geometries()] == [(0, 70, 5, 75), (170, 70, 188, 75)]
    assert len(changed(joined, way).rows) == 2


def test_pieces_stay_where_the_world_goes_on():
    island = ragged(ISLAND)
    assert joined_at_seam(island, change(4326, 3857)) is island


def test_a_continent_round_the_pole_has_no_way_to_it():
    coast = [(longitude, -70 + 5 * np.sin(longitude / 20)) for longitude in range(-180, 181, 4)]
    coast[-1] = (180, coast[0][1])
    continent = ragged(Polygon([(-180, -90), *coast, (180, -90)]))
    way = change(4326, 3031)
    image = without_spikes(continent, changed(continent, way), way)
    (whole,) = image.part_geometries()
    assert shapely.is_valid(whole)
    assert whole.contains(shapely.Point(0, 0))
    assert whole.exterior.distance(shapely.Point(0, 0)) > 1e6
