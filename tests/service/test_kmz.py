"""KMZ files: what is in them and where on the earth their picture lies."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest
from PIL import Image
from pyproj import Transformer

from .conftest import RED, box, collection, fill, layer, simple

KML = "{http://www.opengis.net/kml/2.2}"
GX = "{http://www.google.com/kml/ext/2.2}"


@pytest.fixture
def service(serve):
    areas = collection((box(0, 0, 50, 100), {"NAME": "a"}))
    return serve(
        [layer(1, "areas.geojson", simple(fill(RED)))], {"areas.geojson": areas}, name="Land & <sea>"
    )


def opened(service, **parameters) -> tuple[ElementTree.Element, zipfile.ZipFile]:
    answer = service.get("export", f="kmz", **parameters)
    assert answer.content_type == "application/vnd.google-earth.kmz", answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return ElementTree.fromstring(archive.read("doc.kml")).find(f"{KML}Document/{KML}GroundOverlay"), archive


def quad(overlay: ElementTree.Element) -> list[tuple[float, float]]:
    text = overlay.find(f"{GX}LatLonQuad/{KML}coordinates").text
    return [tuple(float(degrees) for degrees in place.split(",")) for place in text.split()]


@pytest.mark.parametrize(
    ("name", "file"), [("png", "picture.png"), ("jpg", "picture.jpg"), ("png32", "picture.png")]
)
def test_a_kmz_is_a_document_and_the_picture_of_f_image(service, name, file):
    asked = {"bbox": "0,0,10,10", "bboxSR": "4326", "imageSR": "4326", "size": "40,30", "format": name}
    overlay, archive = opened(service, **asked)
    assert archive.namelist() == ["doc.kml", file]
    assert overlay.find(f"{KML}Icon/{KML}href").text == file
    assert overlay.find(f"{KML}name").text == "Land & <sea>"
    assert archive.read(file) == service.get("export", f="image", **asked).data


def test_in_wgs84_the_box_is_the_fitted_frame(service):
    asked = {"bbox": "-115.8,30.4,-85.5,50.5", "bboxSR": "4326", "imageSR": "4326", "size": "800,600"}
    overlay, _ = opened(service, **asked)
    sides = {side.tag.removeprefix(KML): float(side.text) for side in overlay.find(f"{KML}LatLonBox")}
    assert sides == pytest.approx(
        {"north": 51.8125, "south": 29.0875, "east": -85.5, "west": -115.8}, abs=1e-9
    )


def test_a_turned_picture_has_its_four_corners_from_the_lower_left_on(service):
    asked = {"bbox": "-10,-5,10,5", "bboxSR": "4326", "imageSR": "4326", "size": "400,200"}
    overlay, _ = opened(service, **asked, rotation="90")
    # The map turns counter-clockwise: what is at the lower left of the picture lies upper left of the middle.
    assert quad(overlay) == [
        pytest.approx(place, abs=1e-9) for place in ((-5, 10), (-5, -10), (5, -10), (5, 10))
    ]


@pytest.mark.parametrize("rotation", [0, 30])
@pytest.mark.parametrize(
    ("code", "box"), [(3857, "0,0,3000000,2000000"), (3035, "3000000,2000000,5000000,4000000")]
)
def test_corners_of_other_projections_are_projected(service, code, box, rotation):
    from mapexplorer.protocol import MapRequest
    from mapexplorer.service.frame import build_frame

    asked = {
        "bbox": box,
        "bboxSR": str(code),
        "imageSR": str(code),
        "size": "300,200",
        "rotation": str(rotation),
    }
    request = MapRequest(bbox=box, bbox_sr=code, image_sr=code, size=(300, 200), rotation=rotation)
    frame = build_frame(request, service.catalog.spatial_reference, service.catalog.full_extent)
    back = Transformer.from_crs(4326, code, always_xy=True)
    a, b, d, e, right, down = frame.affine
    overlay, _ = opened(service, **asked)
    seen = []
    for longitude, latitude in quad(overlay):
        x, y = back.transform(longitude, latitude)
        seen.append((a * x + b * y + right, d * x + e * y + down))
    assert seen == [pytest.approx(corner, abs=1e-4) for corner in ((0, 200), (300, 200), (300, 0), (0, 0))]


def test_longitudes_go_on_beyond_the_date_line(service):
    asked = {"bbox": "19000000,0,22000000,2000000", "bboxSR": "3857", "imageSR": "3857", "size": "300,200"}
    overlay, _ = opened(service, **asked)
    west, east = (x / 20037508.342789244 * 180 - 360 for x in (19000000, 22000000))
    assert [place[0] for place in quad(overlay)] == pytest.approx([west, east, east, west], abs=1e-6)


def sides_and_size(service, **parameters):
    asked = {"bboxSR": "4326", "imageSR": "4326", **parameters}
    overlay, archive = opened(service, **asked)
    sides = {side.tag.removeprefix(KML): float(side.text) for side in overlay.find(f"{KML}LatLonBox")}
    picture = Image.open(io.BytesIO(archive.read("picture.png")))
    return [sides[name] for name in ("west", "south", "east", "north")], picture


@pytest.mark.parametrize(
    ("bbox", "size", "sides", "seen"),
    [
        ("-180,-90,180,90", "360,360", (-180, -90, 180, 90), (360, 180)),
        ("170,-10,190,10", "40,40", (170, -10, 190, 10), (40, 40)),
        ("190,-10,210,10", "40,40", (-170, -10, -150, 10), (40, 40)),
        ("-550,-10,-530,10", "40,40", (170, -10, 190, 10), (40, 40)),
        ("-10,80,10,100", "40,40", (-10, 80, 10, 90), (40, 20)),
        ("-7.3,-100,12.7,-80", "30,30", (-7.3, -90, 12.7, -80), (30, 15)),
        ("-360,-90,360,90", "720,180", (-180, -90, 180, 90), (360, 180)),
    ],
)
def test_the_box_stays_between_the_poles_and_goes_once_round_the_earth(service, bbox, size, sides, seen):
    found, picture = sides_and_size(service, bbox=bbox, size=size)
    assert found == pytest.approx(sides, abs=1e-9)
    assert picture.size == seen
    assert -90 <= found[1] <= found[3] <= 90


def test_what_is_left_is_the_same_part_of_the_picture(service):
    asked = {"bbox": "-10,70,10,100", "size": "40,60", "bboxSR": "4326", "imageSR": "4326"}
    whole = Image.open(io.BytesIO(service.get("export", f="image", **asked).data)).convert("RGB")
    _, part = sides_and_size(service, bbox="-10,70,10,100", size="40,60")
    assert part.convert("RGB").tobytes() == whole.crop((0, 20, 40, 60)).tobytes()


def test_nothing_but_sky_is_refused(service):
    details = service.fault(bbox="0,91,10,101", bboxSR="4326", imageSR="4326", size="40,40", f="kmz")
    assert details == ["f: for kmz the frame must show some of the earth"]


def test_a_frame_that_leaves_the_earth_is_refused(service):
    details = service.fault(bbox="-9e6,-9e6,9e6,9e6", bboxSR="3035", imageSR="54030", f="kmz")
    assert details == ["f: for kmz every corner must have a place on the earth"]


@pytest.mark.parametrize("name", ["pdf", "svg", "svgz", "emf", "ps"])
def test_vector_formats_cannot_be_laid_on_the_earth(service, name):
    details = service.fault(bbox="0,0,1,1", format=name, f="kmz")
    assert details == [f"format: expected a raster format for f=kmz, not {name}"]


def test_a_fault_is_told_as_an_envelope(service):
    assert service.fault(f="kmz") == ["bbox: is required"]


def test_the_same_request_gives_the_same_bytes(service):
    asked = {"bbox": "0,0,10,10", "f": "kmz", "size": "40,30"}
    assert service.get("export", **asked).data == service.get("export", **asked).data
