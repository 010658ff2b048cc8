"""Datum transformations move features as published, serve the layers they fit, and name what is wrong."""

import json

import geopandas
import numpy as np
import pytest
import shapely
from PIL import Image
from pyproj import CRS

from mapexplorer.protocol import DatumTransformation, MapRequest, Operation, ParameterError
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.datum import MOST_STEPS, read_transformations
from mapexplorer.service.document import load_document
from mapexplorer.service.legend import query_legends
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.sources import source_of
from mapexplorer.service.view import build_view
from tests.service.conftest import Asker

BESSEL = (
    'GEOGCS["GCS_S_JTSK", DATUM["D_S_JTSK", SPHEROID["Bessel_1841", 6377397.155, 299.1528128]], '
    'PRIMEM["Greenwich", 0.0], UNIT["Degree", 0.0174532925199433]]'
)
WGS84 = (
    'GEOGCS["GCS_WGS_1984", DATUM["D_WGS_1984", SPHEROID["WGS_1984", 6378137.0, 298.257223563]], '
    'PRIMEM["Greenwich", 0.0], UNIT["Degree", 0.0174532925199433]]'
)
AIRY = (
    'GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
TURNED = (
    'PARAMETER["X_Axis_Translation", 570.8], PARAMETER["Y_Axis_Translation", 85.7], '
    'PARAMETER["Z_Axis_Translation", 462.8], PARAMETER["X_Axis_Rotation", 4.998], '
    'PARAMETER["Y_Axis_Rotation", 1.587], PARAMETER["Z_Axis_Rotation", 5.261], '
    'PARAMETER["Scale_Difference", 3.56]'
)
WORDS = (
    f'GEOGTRAN["S_JTSK_To_WGS_1984_1", {BESSEL}, {WGS84}, METHOD["Position_Vector"], {TURNED}, '
    "OPERATIONACCURACY[1.0]]"
)
OPPOSITE = WORDS.replace("Position_Vector", "Coordinate_Frame")
for angle in ("4.998", "1.587", "5.261"):
    OPPOSITE = OPPOSITE.replace(f" {angle}]", f" -{angle}]")
SHIFTED = (
    f'GEOGTRAN["OSGB_1936_To_WGS_1984_2",{AIRY},{WGS84},METHOD["Geocentric_Translation"],'
    'PARAMETER["X_Axis_Translation",371.0],PARAMETER["Y_Axis_Translation",-112.0],'
    'PARAMETER["Z_Axis_Translation",434.0]]'
)

PRAGUE, LONDON, KANSAS = (50.08, 14.42), (51.5072, -0.1276), (40.0, -100.0)
IN_PRAGUE = (50.079218135, 14.418908550)


def transformations(*elements):
    return read_transformations([DatumTransformation.model_validate(element) for element in elements])


def moved(elements, source, target, place):
    """Latitude and longitude of a place in another system."""
    change = transformations(*elements).between(CRS(source), CRS(target))
    x, y = change.transform(place[1], place[0])
    return float(y), float(x)


def chain(*steps):
    return {"geoTransforms": [{"wkid": code, "transformForward": forward} for code, forward in steps]}


TABLE = [
    ([{"wkid": 1623}], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkid": 1622}], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkt": WORDS}], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkt": OPPOSITE}], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkid": 1623}, {"wkid": 4078}], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkid": 4078}, {"wkid": 1623}], 4156, PRAGUE, IN_PRAGUE),
    ([chain((1623, True))], 4156, PRAGUE, IN_PRAGUE),
    ([{"wkid": 1314}], 4277, LONDON, (51.507710347, -0.129206316)),
    ([{"wkid": 1196}], 4277, LONDON, (51.507701563, -0.129201247)),
    ([{"wkt": SHIFTED}], 4277, LONDON, (51.507701563, -0.129201247)),
    ([{"wkid": 1196}, {"wkid": 1314}], 4277, LONDON, (51.507701563, -0.129201247)),
    ([{"wkid": 999999, "latestWkid": 1196}], 4277, LONDON, (51.507701563, -0.129201247)),
    ([{"wkid": 1196, "latestWkid": 999999}], 4277, LONDON, (51.507701563, -0.129201247)),
    ([], 4277, LONDON, (51.507710347, -0.129206316)),
    ([{"wkid": 1623}], 4277, LONDON, (51.507710347, -0.129206316)),
    ([chain((1314, False))], 4277, LONDON, (51.507710347, -0.129206316)),
    ([{"wkid": 1172}], 4267, KANSAS, (40.000071961, -100.000436620)),
    ([{"wkid": 1188}], 4269, KANSAS, KANSAS),
]


@pytest.mark.parametrize(("elements", "source", "place", "expected"), TABLE)
def test_places_move_to_wgs_84_as_published(elements, source, place, expected):
    assert moved(elements, source, 4326, place) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("elements", "source", "place", "expected"), TABLE[:6] + TABLE[7:13])
def test_the_direction_is_found(elements, source, place, expected):
    # PROJ turns small rotations back by their transpose, which is exact to two millimetres.
    assert moved(elements, 4326, source, expected) == pytest.approx(place, abs=2e-8)


def test_the_shift_in_web_mercator_is_the_published_one():
    place = PRAGUE[::-1]
    unmoved = transformations().between(CRS(4326), CRS(3857)).transform(*place)
    shifted = transformations({"wkid": 1623}).between(CRS(4156), CRS(3857)).transform(*place)
    assert np.subtract(shifted, unmoved) == pytest.approx((-121.50, -135.63), abs=0.01)


def test_a_projected_source_is_served_by_its_datum():
    grid = transformations().between(CRS(4277), CRS(27700)).transform(*LONDON[::-1])
    found = transformations({"wkid": 1196}).between(CRS(27700), CRS(4326)).transform(*grid)
    assert found == pytest.approx((-0.129201247, 51.507701563), abs=1e-8)


def test_another_prime_meridian_is_the_same_datum():
    ferro = PRAGUE[0], PRAGUE[1] + 17 + 40 / 60
    assert moved([{"wkid": 1623}], 4818, 4326, ferro) == pytest.approx(IN_PRAGUE, abs=1e-8)
    words = WORDS.replace('"Greenwich", 0.0', f'"Ferro", {-17 - 40 / 60!r}', 1)
    assert moved([{"wkt": words}], 4156, 4326, PRAGUE) == pytest.approx(IN_PRAGUE, abs=1e-8)


def test_a_chain_goes_there_and_back():
    there_and_back = [chain((1314, True), (1196, False))]
    found = moved(there_and_back, 4277, 27700, LONDON)
    unmoved = moved([], 4277, 27700, LONDON)
    assert np.hypot(*np.subtract(found, unmoved)) == pytest.approx(1.039, abs=0.01)


@pytest.mark.parametrize("target", [4326, 3857, 32633])
def test_layers_of_the_datum_of_the_image_stay_where_they_are(target):
    assert moved([{"wkid": 108190}], 4326, target, KANSAS) == moved([], 4326, target, KANSAS)


def test_a_change_is_undone_by_its_reverse():
    change = transformations({"wkid": 1314}).between(CRS(27700), CRS(3857))
    back = change.reversed().transform(*change.transform(530000.0, 180000.0))
    assert back == pytest.approx((530000, 180000), abs=0.002)


@pytest.mark.parametrize(
    ("elements", "place", "problem"),
    [
        (
            [{"wkid": 108889}, chain((108889, True), (1622, False))],
            "[0]",
            "unknown datum transformation 108889",
        ),
        ([{"wkid": 1623}, chain((1623, True), (108889, False))], "[1].geoTransforms[1]", "108889"),
        ([{"wkid": 108001}], "[0]", "unknown datum transformation 108001"),
        ([{"wkid": 999, "latestWkid": 998}], "[0]", "unknown datum transformation 998 or 999"),
        ([{"wkid": 4326}], "[0]", "unknown datum transformation 4326"),
        ([{"wkid": 16031}], "[0]", "unknown datum transformation 16031"),
        ([{"wkid": 7942}], "[0]", "depends on the time of observation"),
        (
            [{"wkt": WORDS.replace("Position_Vector", "NADCON")}],
            "[0]",
            "the method NADCON is not carried out",
        ),
        ([{"wkt": WORDS.replace("Position_Vector", "NTv2")}], "[0]", "the method NTv2 is not carried out"),
        ([{"wkt": WORDS[:-1]}], "[0]", "ends before its last bracket"),
        ([{"wkt": WORDS + "]"}], "[0]", "goes on after its last bracket"),
        ([{"wkt": "nonsense"}], "[0]", "the well-known text"),
        ([{"wkt": WGS84}], "[0]", "expected the well-known text GEOGTRAN"),
        ([{"wkt": "[" * 2000}], "[0]", "cannot be read"),
        ([{"wkt": "A[" * 2000}], "[0]", "cannot be read"),
        ([{"wkt": WORDS.replace("570.8", "nan")}], "[0]", "X_Axis_Translation of the well-known text"),
        ([{"wkt": WORDS.replace("Scale_Difference", "Scale")}], "[0]", "takes the parameters"),
        ([{"wkt": SHIFTED.replace("Z_Axis", "W_Axis")}], "[0]", "takes the parameters"),
        ([{"wkt": WORDS.replace("6378137.0", "zero")}], "[0]", "GEOGCS"),
        ([chain((1314, True), (1172, True))], "[0].geoTransforms[1]", "starts at NAD27"),
        ([{"wkid": 1623}] * (MOST_STEPS + 1), "", f"at most {MOST_STEPS} transformations"),
    ],
)
def test_what_cannot_be_done_is_named(elements, place, problem):
    with pytest.raises(ParameterError) as caught:
        transformations(*elements)
    assert caught.value.parameter == f"datumTransformations{place}"
    assert problem in caught.value.problem


@pytest.mark.parametrize("element", [{"wkid": 1241}, {"wkid": 108001, "latestWkid": 1241}])
def test_a_missing_grid_file_is_told(element):
    from pyproj.crs import CoordinateOperation

    if all(grid.available for grid in CoordinateOperation.from_authority("EPSG", 1241).grids):
        pytest.skip("this machine has the grid files of NADCON")
    with pytest.raises(ParameterError, match=r"1241 .* needs the grid file conus\.las"):
        transformations(element)


def catalog_of(geometry, source, **document):
    frame = geopandas.GeoDataFrame(geometry=[geometry], crs=source)
    symbol = {"type": "esriSMS", "style": "esriSMSSquare", "size": 7.5, "color": [0, 0, 0, 255]}
    if geometry.geom_type == "Polygon":
        symbol = {"type": "esriSFS", "style": "esriSFSSolid", "color": [0, 0, 0, 255], "outline": None}
    renderer = {"type": "simple", "symbol": symbol, "label": "here"}
    layer = {"id": 0, "name": "L", "type": "Feature Layer", "drawingInfo": {"renderer": renderer}}
    value = {"name": "shifts", "spatialReference": {"wkid": 4326}, "layers": [layer], **document}
    return MapCatalog(load_document(value), {0: source_of(frame)})


def around(place, half=50.0):
    x, y = transformations().between(CRS(4326), CRS(3857)).transform(place[1], place[0])
    return x - half, y - half, x + half, y + half


def view_of(catalog, box, codes, operation=Operation.EXPORT, **more):
    request = MapRequest(
        bbox=box, bbox_sr=3857, image_sr=3857, size=(400, 400), datum_transformations=codes, **more
    )
    return build_view(catalog, request, operation)


def centre_of_ink(catalog, box, codes):
    ink = 1 - draw(view_of(catalog, box, codes))[..., :3].mean(axis=2) / 255
    rows, columns = np.indices(ink.shape)
    return float((columns * ink).sum() / ink.sum()), float((rows * ink).sum() / ink.sum())


@pytest.mark.parametrize("kind", ["point", "polygon"])
def test_two_transformations_lie_four_pixels_apart_at_a_quarter_of_a_metre(kind):
    place = shapely.Point(LONDON[::-1])
    catalog = catalog_of(place if kind == "point" else place.buffer(2e-5), 4277)
    # A quarter of a metre on the ground: Web Mercator stretches it by the latitude.
    half = 50 / np.cos(np.radians(LONDON[0]))
    box = around((51.507710347, -0.129206316), half)
    first = centre_of_ink(catalog, box, [1314])
    second = centre_of_ink(catalog, box, [1196])
    assert first == pytest.approx((199.5, 199.5), abs=0.6)
    assert np.hypot(*np.subtract(first, second)) == pytest.approx(1.039 / 0.25, abs=0.3)
    assert centre_of_ink(catalog, box, None) == first
    assert centre_of_ink(catalog, box, [1314]) == first


def test_1622_draws_the_picture_of_1623():
    catalog = catalog_of(shapely.Point(PRAGUE[::-1]), 4156)
    box = around(IN_PRAGUE)
    pictures = [draw(view_of(catalog, box, codes)) for codes in ([1623], [1622], [1623, 4078])]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] == pictures[2]).all()
    assert centre_of_ink(catalog, box, [1623]) == pytest.approx((199.5, 199.5), abs=0.6)


def test_the_legend_sees_what_the_picture_shows():
    catalog = catalog_of(shapely.Point(LONDON[::-1]), 4277)
    x, y = transformations({"wkid": 1196}).between(CRS(4277), CRS(3857)).transform(*LONDON[::-1])
    box = (x - 0.2, y - 0.2, x + 0.2, y + 0.2)
    assert labels(catalog, box, [1196]) == ["here"]
    assert labels(catalog, box, [1314]) == []
    assert labels(catalog, box, [1196]) == ["here"]


def test_a_clip_stays_where_it_is_while_features_move():
    catalog = catalog_of(shapely.Point(LONDON[::-1]), 4277)
    x, y = transformations({"wkid": 1196}).between(CRS(4277), CRS(3857)).transform(*LONDON[::-1])
    sides = {"xmin": x - 0.2, "ymin": y - 0.2, "xmax": x + 0.2, "ymax": y + 0.2}
    geometry = {**sides, "spatialReference": {"wkid": 3857}}
    clipping = {"geometryType": "esriGeometryEnvelope", "geometry": geometry}
    box = (x - 50, y - 50, x + 50, y + 50)
    assert labels(catalog, box, [1196], clipping=clipping) == ["here"]
    assert labels(catalog, box, [1314], clipping=clipping) == []
    assert labels(catalog, box, [1314]) == ["here"]


def labels(catalog, box, codes, **more):
    view = view_of(catalog, box, codes, Operation.QUERY_LEGENDS, **more)
    body = query_legends(view, return_visible_only=True, patch_size=view.request.effective("patch_size"))
    return [entry["label"] for layer in body["layers"] for entry in layer["legend"]]


def test_rasters_are_moved_too(tmp_path):
    Image.fromarray(np.zeros((10, 10, 3), dtype=np.uint8)).save(tmp_path / "picture.png")
    step = 1e-5
    west, north = LONDON[1] - 5 * step, LONDON[0] + 5 * step
    numbers = (step, 0, 0, -step, west + step / 2, north - step / 2)
    (tmp_path / "picture.pgw").write_text("\n".join(str(number) for number in numbers))
    (tmp_path / "picture.prj").write_text(CRS(4277).to_wkt("WKT1_ESRI"))
    layer = {"id": 0, "name": "R", "type": "Raster Layer", "source": "picture.png"}
    value = {"name": "raster", "spatialReference": {"wkid": 4277}, "layers": [layer]}
    catalog = MapCatalog(load_document(value, tmp_path))
    box = around((51.507710347, -0.129206316), 50 / np.cos(np.radians(LONDON[0])))
    first, second = (centre_of_ink(catalog, box, codes) for codes in ([1314], [1196]))
    assert first == pytest.approx((199.5, 199.5), abs=1)
    assert np.hypot(*np.subtract(first, second)) == pytest.approx(1.039 / 0.25, abs=0.3)


@pytest.fixture(scope="module")
def service():
    catalog = catalog_of(shapely.Point(LONDON[::-1]), 4277)
    return Asker(MapServiceApp({"shifts": catalog}), "shifts")


@pytest.mark.parametrize("resource", ["export", "queryLegends"])
def test_the_examples_of_the_specification_are_answered(service, resource):
    frame = {"bbox": "-0.2,51.4,0,51.6", "size": "40,40", "imageSR": 3857}
    for value in ("[1623, 4078]", '[{"wkid":1623},{"wkid":4078}]', json.dumps([{"wkt": WORDS}])):
        assert "error" not in service.json(resource, **frame, datumTransformations=value)
    third = (
        '[{"wkid":108889},{"geoTransforms":[{"wkid":108889,"transformForward":true},'
        '{"wkid":1622,"transformForward":false}]}]'
    )
    assert service.fault(resource, **frame, datumTransformations=third) == [
        "datumTransformations[0]: unknown datum transformation 108889"
    ]


def test_the_root_offers_what_it_takes(service):
    root = service.json()
    assert root["supportsDatumTransformation"] is True
    offered = root["datumTransformations"]
    first = {"wkid": 1314, "latestWkid": 1314, "transformForward": True, "name": "OSGB36 to WGS 84 (6)"}
    assert offered[0] == {"geoTransforms": [first]}
    assert 1196 in [element["geoTransforms"][0]["wkid"] for element in offered]
    for element in offered:
        found = transformations(element).between(CRS(4277), CRS(3857))
        assert found.chain is not None, element


def test_the_frame_stays_where_it_is(service):
    frame = {"bbox": "-0.2,51.4,0,51.6", "bboxSR": 4277, "imageSR": 3857}
    plain = service.json("export", **frame)
    assert service.json("export", **frame, datumTransformations="[1196]")["extent"] == plain["extent"]
