"""The frame of a request: fitting, scale, mapScale, rotation, projections, against recorded answers."""

import math

import pytest

from mapexplorer.protocol import Extent, MapRequest, ParameterError, SpatialReference
from mapexplorer.service.frame import Frame, build_frame
from mapexplorer.service.projection import crs_of

DEGREES = SpatialReference(wkid=4326)
METRES = SpatialReference(wkid=102100)
US_FEET = SpatialReference(wkid=2264)
FEET = SpatialReference(wkid=2222)
WORLD = Extent(-180, -90, 180, 90)


def frame_of(map_sr: SpatialReference = DEGREES, **parameters: object) -> Frame:
    return build_frame(MapRequest(**parameters), map_sr, WORLD)


def numbers(frame: Frame) -> tuple[float, float, float, float]:
    return frame.extent.xmin, frame.extent.ymin, frame.extent.xmax, frame.extent.ymax


# fmt: off
FITS = [
    (DEGREES, (-127.8, 15.4, -63.5, 60.5), None, (-127.8, 5.8, -63.5, 70.1), 67557316.38640934),
    (DEGREES, (-115.8, 30.4, -85.5, 50.5), (800, 600), (-115.8, 29.0875, -85.5, 51.8125), 15917470.346098004),
    (DEGREES, (-104, 35.6, -94.32, 41), (600, 550), (-104, 33.8633333333, -94.32, 42.7366666667),
     6780246.994509514),
    (DEGREES, (-183.78001472868405, 16.300709121618663, -61.406854669684265, 74.03030803096895), (400, 400),
     (-183.78001472868405, -16.021071453206083, -61.406854669684265, 106.35208860579371), 128572352.89752035),
    (DEGREES, (-180, -90, 180, 90), (800, 600), (-180, -135, 180, 135), 189118459.5576),
    (METRES, (0, 0, 1000, 500), (400, 400), (0, -250, 1000, 750), 9448.8),
    (METRES, (0, 0, 1000, 500), (800, 200), (-500, 0, 1500, 500), 9448.8),
    (METRES, (0, 0, 1000, 0), (400, 400), (0, -500, 1000, 500), 9448.8),
]
# fmt: on


@pytest.mark.parametrize(("reference", "bbox", "size", "extent", "scale"), FITS)
def test_the_short_side_grows_and_the_scale_follows_the_width(reference, bbox, size, extent, scale):
    frame = frame_of(reference, bbox=bbox, **({"size": size} if size else {}))
    width = frame.extent.width
    assert numbers(frame) == pytest.approx(extent, rel=1e-9, abs=1e-9 * width)
    assert frame.scale == pytest.approx(scale, rel=1e-9)


def test_a_bbox_that_fits_is_kept_to_the_last_digit():
    bbox = (-180.00000000000003, -121.2, 181.2, 120)
    frame = frame_of(bbox=bbox, size=(301, 201), dpi=12)
    assert numbers(frame) == pytest.approx(bbox, rel=0, abs=1e-9 * 361.2)
    assert frame.scale == pytest.approx(63039486.5192, rel=1e-9)


@pytest.mark.parametrize(
    ("wkid", "extent", "size", "scale"),
    [
        pytest.param(
            102113,
            (260060.20259620514, 6250603.3747053985, 261971.12830333452, 6251466.874259308),
            (1600, 723),
            4513.988705381029,
            id="R-1",
        ),
        pytest.param(
            2364,
            (4.048521239688053e7, 3575174.0048416452, 4.0490768657993056e7, 3580730.2659541713),
            (400, 400),
            52500.00000003622,
            id="R-2",
        ),
        pytest.param(
            4326,
            (151.33000000000004, -33.430000000000007, 151.33100000000005, -33.429000000000009),
            (1024, 1024),
            410.41332369466795,
            id="R-3",
        ),
    ],
)
def test_recorded_answers_of_real_services_are_met_to_the_last_printed_digit(wkid, extent, size, scale):
    frame = frame_of(SpatialReference(wkid=wkid), bbox=extent, size=size)
    assert frame.scale == pytest.approx(scale, rel=2.1e-16)
    assert numbers(frame) == pytest.approx(extent, rel=1e-12)


def test_recorded_scale_of_a_web_mercator_tile_level():
    resolution = 4.777314267823516
    frame = frame_of(METRES, bbox=(0, 0, resolution * 1675, resolution * 421), size=(1675, 421))
    assert frame.scale == pytest.approx(18055.95482153688, rel=1e-12)


@pytest.mark.parametrize(
    ("width", "height", "pixels", "printed"),
    [(0.06, 0.05, 256, "98,499"), (0.06, 0.05, 1024, "24,625"), (0.01, 0.01, 1024, "4,104")],
)
def test_recorded_scales_show_that_the_short_side_grew(width, height, pixels, printed):
    frame = frame_of(bbox=(151, -33, 151 + width, -33 + height), size=(pixels, pixels))
    assert f"{frame.scale:,.0f}" == printed


@pytest.mark.parametrize(
    ("resolution", "scale"),
    [(28.25, 32544), (13.0208333, 15000), (6.5104167, 7500), (1.7361111, 2000), (222.2222, 256000)],
)
def test_recorded_scales_in_us_survey_feet(resolution, scale):
    frame = frame_of(US_FEET, bbox=(0, 0, resolution * 400, resolution * 400))
    assert round(frame.scale) == scale
    assert frame.scale == pytest.approx(resolution * 96 * 12, rel=1e-12)


@pytest.mark.parametrize(("reference", "scale"), [(METRES, 9448.8), (US_FEET, 2880.0), (FEET, 2879.99424)])
def test_a_thousand_units_over_400_pixels(reference, scale):
    frame = frame_of(reference, bbox=(0, 0, 1000, 1000))
    assert frame.scale == pytest.approx(scale, rel=1e-12)


def test_dpi_multiplies_the_scale_and_the_pixels_of_a_point():
    frame = frame_of(METRES, bbox=(0, 0, 1000, 1000), dpi=192)
    assert frame.scale == pytest.approx(18897.6, rel=1e-12)
    assert frame.pixels_per_point * 10 == pytest.approx(26.6666666667)


@pytest.mark.parametrize(
    ("reference", "size", "dpi", "width"),
    [
        (METRES, (400, 400), 96, 529167.7250021168),
        (METRES, (400, 400), 192, 264583.8625010584),
        (METRES, (800, 600), 96, 1058335.4500042),
        (US_FEET, (400, 400), 96, 1736111.1111111),
        (FEET, (400, 400), 96, 1736114.58334028),
        (DEGREES, (400, 400), 96, 4.758922011660561),
    ],
)
def test_map_scale_gives_the_width_of_the_frame(reference, size, dpi, width):
    frame = frame_of(reference, bbox=(0, 0, 1, 0), size=size, dpi=dpi, map_scale=5e6)
    assert frame.extent.width == pytest.approx(width, rel=1e-9)
    assert frame.extent.height == pytest.approx(width * size[1] / size[0], rel=1e-9)
    assert frame.scale == 5e6


def test_map_scale_keeps_the_centre_of_the_bbox():
    frame = frame_of(METRES, bbox=(0, 0, 1000, 500), map_scale=5e6)
    expected = (-264083.8625, -264333.8625, 265083.8625, 264833.8625)
    assert numbers(frame) == pytest.approx(expected, abs=1e-4)


def test_map_scale_allows_a_bbox_that_is_a_point():
    assert frame_of(METRES, bbox=(5, 5, 5, 5), map_scale=1000).extent.center == pytest.approx((5, 5))


def test_a_point_without_map_scale_is_refused():
    with pytest.raises(ParameterError, match="bbox"):
        frame_of(bbox=(5, 5, 5, 5))


@pytest.mark.parametrize(
    ("angle", "pixel"),
    [
        (0, (50, 10)),
        (360, (50, 10)),
        (45, (21.716, 21.716)),
        (90, (10, 50)),
        (-90, (90, 50)),
        (180, (50, 90)),
        (-270, (10, 50)),
        (3690, (10, 50)),
    ],
)
def test_positive_rotation_turns_the_picture_counter_clockwise(angle, pixel):
    frame = frame_of(METRES, bbox=(0, 0, 100, 100), size=100, rotation=angle)
    a, b, d, e, xoff, yoff = frame.affine
    assert (a * 50 + b * 90 + xoff, d * 50 + e * 90 + yoff) == pytest.approx(pixel, abs=1e-3)


def test_a_whole_turn_is_the_same_frame_as_none():
    assert frame_of(bbox=(0, 0, 7, 3), rotation=360) == frame_of(bbox=(0, 0, 7, 3))
    assert frame_of(bbox=(0, 0, 7, 3), rotation=360).affine == frame_of(bbox=(0, 0, 7, 3)).affine


def test_rotation_leaves_extent_and_scale_but_widens_the_ground():
    plain = frame_of(METRES, bbox=(0, 0, 1000, 500), size=(800, 400))
    turned = frame_of(METRES, bbox=(0, 0, 1000, 500), size=(800, 400), rotation=30)
    assert (turned.extent, turned.scale) == (plain.extent, plain.scale)
    xmin, ymin, xmax, ymax = turned.envelope
    assert (xmax - xmin, ymax - ymin) == pytest.approx((1116.0254, 933.0127), abs=1e-4)


def test_the_affine_leads_the_corners_of_the_turned_ground_to_the_corners_of_the_picture():
    frame = frame_of(METRES, bbox=(0, 0, 1000, 500), size=(800, 400), rotation=30)
    a, b, d, e, xoff, yoff = frame.affine
    corners = [(a * x + b * y + xoff, d * x + e * y + yoff) for x, y in frame.polygon.exterior.coords[:4]]
    assert sorted((round(x, 6), round(y, 6)) for x, y in corners) == [(0, 0), (0, 400), (800, 0), (800, 400)]


# fmt: off
PROJECTED = [
    (102004, (-127.8, 15.4, -63.5, 60.5), (400, 400),
     (-3600302.0803, -3583437.1391, 3676184.8154, 3693049.7566), 68754069.38),
    (102004, (-115.8, 30.4, -85.5, 50.5), (800, 600), (-2034176.779, -952264.501, 1148327.333, 1434613.583),
     15035422.426),
    (3035, (-10, 35, 20, 60), (400, 400), (2405281.491, 1327980.832, 5334103.844, 4256803.185), 27673856.642),
]
# fmt: on


@pytest.mark.parametrize(("wkid", "bbox", "size", "extent", "scale"), PROJECTED)
def test_edges_are_followed_through_a_projection_with_21_points(wkid, bbox, size, extent, scale):
    frame = frame_of(bbox=bbox, bbox_sr=4326, image_sr=wkid, size=size)
    assert numbers(frame) == pytest.approx(extent, abs=0.01)
    assert frame.scale == pytest.approx(scale, abs=1)


def test_equal_references_leave_the_numbers_untouched():
    frame = frame_of(METRES, bbox=(0.1, 0.2, 0.7, 0.8), bbox_sr=3857, image_sr=102100)
    assert (frame.extent.xmin, frame.extent.xmax) == (0.1, 0.7)


def test_x_comes_first_whatever_the_axis_order_of_the_code():
    frame = frame_of(bbox=(-10, 35, 20, 60), image_sr=3035)
    assert frame.extent.center[0] == pytest.approx(3869692.67, abs=1)


def test_the_reference_of_a_json_envelope_counts_when_bbox_sr_is_absent():
    text = '{"xmin":-10,"ymin":35,"xmax":20,"ymax":60,"spatialReference":{"wkid":4326}}'
    request = MapRequest.decode("export", [("bbox", text), ("imageSR", "3035")])
    assert build_frame(request, METRES, WORLD).scale == pytest.approx(27673856.642, abs=1)


def test_without_a_bbox_the_full_extent_is_taken():
    assert numbers(build_frame(MapRequest(size=(800, 400)), DEGREES, WORLD)) == (-180, -90, 180, 90)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"image_sr": 999999}, "imageSR"),
        ({"bbox_sr": 999999}, "bboxSR"),
        ({"image_sr": {"wkt": "PROJCS[broken"}}, "imageSR"),
        ({"image_sr": {"wkt": "+proj=longlat +nadgrids=http://127.0.0.1:9/x"}}, "imageSR"),
        ({"image_sr": 4978}, "imageSR"),
        ({"bbox": (0, 0, 1e-320, 1e-320)}, "bbox"),
        ({"bbox": (-1e308, 0, 0, 1e308), "size": (4096, 1)}, "bbox"),
        ({"bbox_sr": 4326, "image_sr": 3857, "bbox": (1e9, 1e9, 2e9, 2e9)}, "bbox"),
    ],
)
def test_a_reference_or_extent_that_cannot_be_drawn_is_refused_by_name(parameters, name):
    with pytest.raises(ParameterError) as fault:
        frame_of(**{"bbox": (0, 0, 1, 1), **parameters})
    assert fault.value.parameter == name


def test_a_wkt_reference_comes_back_as_wkt():
    wkt = crs_of(SpatialReference(wkid=3035)).to_wkt("WKT1_ESRI")
    frame = frame_of(bbox=(-10, 35, 20, 60), bbox_sr=4326, image_sr={"wkt": wkt})
    assert frame.scale == pytest.approx(27673856.642, abs=1)
    assert frame.extent.to_json()["spatialReference"] == {"wkt": wkt}


def test_the_frame_may_leave_the_world():
    frame = frame_of(bbox=(-180, -90, 180, 90), size=(400, 400))
    assert frame.extent.ymax == 180
    assert math.isfinite(frame.scale)
