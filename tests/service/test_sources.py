"""Feature and raster sources of every kind that a document may name."""

import json
import struct

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image, TiffImagePlugin
from pyproj import CRS

from mapexplorer.protocol import DocumentError
from mapexplorer.service import catalog_from
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.rasters import read_raster
from mapexplorer.service.sources import SourceProblem, read_source, source_of
from tests.service.conftest import RED, collection, fill, layer, marker, point, simple


def towns(crs: int | None = 4326) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "NAME": ["Köln", None],
            "POP": [5, 2**40],
            "RATE": [1.5, np.nan],
            "OPEN": [True, False],
            "WHEN": pd.to_datetime(["2008-01-01T10:00:00.250", None], format="ISO8601").tz_localize("UTC"),
        },
        geometry=[shapely.Point(1, 2), shapely.Point(3, 4)],
        crs=crs,
    )


FORMATS = [
    ("towns.geojson", lambda frame, path: frame.to_file(path, driver="GeoJSON")),
    ("towns.gpkg", lambda frame, path: frame.to_file(path, driver="GPKG", layer="towns")),
    ("towns.parquet", lambda frame, path: frame.to_parquet(path)),
]


@pytest.mark.parametrize(("name", "save"), FORMATS, ids=[name for name, _ in FORMATS])
def test_a_source_gives_typed_fields(tmp_path, name, save):
    save(towns(), tmp_path / name)
    source = read_source(tmp_path / name, None)
    types = {field.name: field.type.removeprefix("esriFieldType") for field in source.fields("OBJECTID")}
    assert types == {
        "OBJECTID": "OID",
        "NAME": "String",
        "POP": "BigInteger",
        "RATE": "Double",
        "OPEN": "SmallInteger" if name != "towns.geojson" else types["OPEN"],
        "WHEN": "Date",
    }
    assert types["OPEN"] in ("SmallInteger", "Integer")
    assert source.table["WHEN"][0] == pd.Timestamp("2008-01-01T10:00:00.250")
    assert source.table["NAME"].tolist() == ["Köln", None]
    assert source.table["OBJECTID"].tolist() == [1, 2]
    assert (source.crs.to_epsg(), source.geometry_type) == (4326, "esriGeometryPoint")


def test_a_shapefile_is_read(tmp_path):
    frame = geopandas.GeoDataFrame({"KIND": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=3857)
    frame.to_file(tmp_path / "area.shp")
    source = read_source(tmp_path / "area.shp", None)
    assert (source.geometry_type, source.table["KIND"].tolist(), source.crs.to_epsg()) == (
        "esriGeometryPolygon",
        ["a"],
        3857,
    )


def test_one_of_several_layers_is_picked_by_name(tmp_path, write, folder):
    path = folder / "two.gpkg"
    towns().to_file(path, layer="towns")
    geopandas.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path, layer="areas")
    with pytest.raises(SourceProblem, match="name one: towns, areas"):
        read_source(path, None)
    layers = [
        layer(0, {"path": "two.gpkg", "layer": "towns"}, objectIdField="fid"),
        layer(1, {"path": "two.gpkg", "layer": "areas"}, simple(fill([0, 0, 0, 255]))),
    ]
    catalog = MapCatalog(load_document(write(layers)))
    assert [found.geometry_type for found in catalog.layers] == ["esriGeometryPoint", "esriGeometryPolygon"]
    assert catalog.layers[0].object_ids.tolist() == [1, 2]


def test_layers_of_one_source_share_its_data(write):
    files = {"a.geojson": collection((point(1, 1), {}))}
    catalog = MapCatalog(load_document(write([layer(0, "a.geojson"), layer(1, "a.geojson")], files)))
    assert catalog.layers[0].shapes is catalog.layers[1].shapes


CRS_84 = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}
METRES = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}}
MENTIONED = {"features": [{"type": "Feature", "geometry": None, "properties": {"crs": {"a": 1}}}]}


def place(x, **keys):
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [x, 50]}}
    more = keys.pop("features", [])
    return {"type": "FeatureCollection", "features": [feature, *more], **keys}


@pytest.mark.parametrize(
    ("content", "in_a_map", "alone"),
    [
        (place(100), None, "EPSG:4326"),
        (place(5000), None, None),
        (place(100, crs=None), None, "EPSG:4326"),
        (place(100, **MENTIONED), None, "EPSG:4326"),
        (place(100, **CRS_84), "OGC:CRS84", "OGC:CRS84"),
        (place(100, **METRES), "EPSG:3035", "EPSG:3035"),
        (place(5000, **METRES), "EPSG:3035", "EPSG:3035"),
    ],
    ids=["degrees", "no degrees", "crs null", "crs only a property", "CRS84", "low metres", "metres"],
)
def test_geojson_without_a_crs_member_is_in_degrees_only_alone(tmp_path, content, in_a_map, alone):
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    for crs, expected in (
        (read_source(tmp_path / "a.geojson", None).crs, in_a_map),
        (read_source(tmp_path / "a.geojson", None, alone=True).crs, alone),
    ):
        assert (crs is None) is (expected is None)
        assert crs is None or crs.equals(
            CRS.from_string(expected),
            ignore_axis_order=True,
        )


def test_geojson_without_a_crs_member_is_drawn_in_the_reference_of_its_map(serve):
    files = {"a.geojson": collection((point(50, 50), {}))}
    service = serve([layer(0, "a.geojson", simple(marker(RED)))], files)
    picture = service.picture(bbox="0,0,100,100", size="100,100")
    assert tuple(picture[50, 50]) == tuple(RED)


@pytest.mark.parametrize(
    ("wkid", "content", "warned"),
    [
        (3857, place(100), True),
        (3857, place(5000), False),
        (3857, place(100, **CRS_84), False),
        (4326, place(100), False),
    ],
)
def test_the_start_warns_of_degrees_that_are_taken_for_metres(write, caplog, wkid, content, warned):
    reference = {"wkid": wkid}
    path = write([layer(0, "a.geojson")], {"a.geojson": content}, spatialReference=reference)
    catalog = MapCatalog(load_document(path))
    assert any("a.geojson names no spatial reference" in told for told in catalog.warnings) is warned
    assert ("look like degrees" in caplog.text) is warned


def test_geojson_opened_without_a_map_document_is_in_degrees(tmp_path):
    (tmp_path / "a.geojson").write_text(json.dumps(place(100)))
    extent = catalog_from(tmp_path / "a.geojson")["a"].extents[0]
    assert extent.xmin == pytest.approx(11131949.0793)


def test_a_source_without_a_reference_is_in_that_of_the_map(write, folder):
    towns(None).to_parquet(folder / "towns.parquet")
    catalog = MapCatalog(load_document(write([layer(0, "towns.parquet")])))
    assert catalog.layers[0].crs == catalog.crs


@pytest.mark.parametrize(
    ("geometries", "words"),
    [
        ([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], "one of these kinds"),
        ([shapely.GeometryCollection([shapely.Point(0, 0)])], "collections"),
    ],
)
def test_a_layer_holds_one_kind_of_geometry(geometries, words):
    with pytest.raises(SourceProblem, match=words):
        source_of(geopandas.GeoDataFrame(geometry=geometries))


def test_missing_and_empty_geometries_are_rows_without_a_shape():
    source = source_of(geopandas.GeoDataFrame(geometry=[None, shapely.Point(), shapely.Point(1, 1, 5)]))
    assert source.geometry[:2].tolist() == [None, None]
    assert not shapely.has_z(source.geometry[2])
    assert source_of(
        geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0), shapely.MultiPoint([(1, 1)])])
    ).geometry_type


def test_an_empty_source_takes_its_kind_from_the_file_or_the_symbols(write, folder):
    towns().iloc[:0].to_file(folder / "none.gpkg", geometry_type="Point")
    assert read_source(folder / "none.gpkg", None).geometry_type == "esriGeometryPoint"
    files = {"none.geojson": {"type": "FeatureCollection", "features": []}}
    line = {"type": "esriSLS", "style": "esriSLSSolid", "color": [0, 0, 0, 255], "width": 1}
    catalog = MapCatalog(load_document(write([layer(0, "none.geojson", simple(line))], files)))
    assert catalog.layers[0].geometry_type == "esriGeometryPolyline"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"x,y", "no GeoJSON"),
        ("a.geojson", b"{", "cannot be read"),
        ("a.gpkg", b"junk", "cannot be read"),
        ("a.parquet", b"junk", "cannot be read"),
    ],
)
def test_files_that_are_no_source_are_told(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceProblem, match=words):
        read_source(tmp_path / name, None)


PIXELS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [128, 128, 128], [255, 255, 255]]], np.uint8
)


def world(path, *numbers):
    path.write_text("\n".join(map(str, numbers)))


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.png", ".pgw"), ("a.jpg", ".jgw"), ("a.tif", ".tfw"), ("a.png", ".wld")]
)
def test_a_world_file_places_the_centre_of_the_first_pixel(tmp_path, name, suffix):
    Image.fromarray(PIXELS).save(tmp_path / name)
    world((tmp_path / name).with_suffix(suffix), 10, 0, 0, -10, 105, 195)
    raster = read_raster(tmp_path / name)
    assert raster.bounds == (100, 180, 130, 200)
    assert raster.image.shape == (2, 3, 4)
    assert (raster.bands, raster.crs) == (3, None)


def test_a_prj_file_beside_the_picture_is_its_reference(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    world(tmp_path / "a.pgw", 1, 0, 0, -1, 0, 0)
    (tmp_path / "a.prj").write_text(geopandas.GeoSeries(crs=3857).crs.to_wkt("WKT1_ESRI"))
    assert read_raster(tmp_path / "a.png").crs.is_projected


def geotiff(path, mode="RGB", *, keys=(1, 1, 0, 1, 3072, 0, 1, 3857), tags=None, **options):
    picture = Image.fromarray(PIXELS).convert(mode)
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, kind, value in tags or [
        (33550, 12, (10.0, 10.0, 0.0)),
        (33922, 12, (0.0, 0.0, 0.0, 100.0, 200.0, 0.0)),
    ]:
        info.tagtype[tag] = kind
        info[tag] = value
    info.tagtype[34735] = 3
    info[34735] = tuple(keys)
    for tag, value in options.items():
        info.tagtype[int(tag.removeprefix("t"))] = 2
        info[int(tag.removeprefix("t"))] = value
    picture.save(path, tiffinfo=info)


def test_a_geotiff_is_placed_by_its_tags(tmp_path):
    geotiff(tmp_path / "a.tif")
    raster = read_raster(tmp_path / "a.tif")
    assert raster.bounds == (100, 180, 130, 200)
    assert raster.crs.to_epsg() == 3857


def test_a_geotiff_whose_points_are_pixels_is_moved_by_half_a_pixel(tmp_path):
    geotiff(tmp_path / "a.tif", keys=(1, 1, 0, 2, 1025, 0, 1, 2, 2048, 0, 1, 4326))
    raster = read_raster(tmp_path / "a.tif")
    assert raster.bounds == (95, 185, 125, 205)
    assert raster.crs.to_epsg() == 4326


def test_a_geotiff_with_a_matrix_is_placed_by_it(tmp_path):
    matrix = (10.0, 0, 0, 100.0, 0, -10.0, 0, 200.0, 0, 0, 0, 0, 0, 0, 0, 1.0)
    geotiff(tmp_path / "a.tif", "L", tags=[(34264, 12, matrix)])
    raster = read_raster(tmp_path / "a.tif")
    assert (raster.bounds, raster.bands) == ((100, 180, 130, 200), 1)


def test_the_no_data_value_is_transparent(tmp_path):
    geotiff(tmp_path / "a.tif", t42113="0")
    assert read_raster(tmp_path / "a.tif").image[..., 3].tolist() == [[255, 255, 255], [0, 255, 255]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "F"}, "8 bits"),
        ({"mode": "I"}, "8 bits"),
        ({"keys": (1, 1, 0, 1, 3072, 0, 1, 32767)}, "coded"),
        ({"tags": [(34264, 12, (1.0, 0.5, 0, 0, 0, -1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0))]}, "rotated"),
        ({"tags": [(33550, 12, (1.0, 1.0, 0.0)), (33922, 12, (0.0,) * 12)]}, "tie points"),
    ],
)
def test_geotiffs_beyond_that_say_so(tmp_path, options, words):
    geotiff(tmp_path / "a.tif", **options)
    with pytest.raises(SourceProblem, match=words):
        read_raster(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((1, 0.5, 0, -1, 0, 0), "rotated"), ((1, 0, 0, 1, 0, 0), "north to south"), ((1, 0, 0), "six numbers")],
)
def test_world_files_that_cannot_be_used_say_so(tmp_path, numbers, words):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    world(tmp_path / "a.pgw", *numbers)
    with pytest.raises(SourceProblem, match=words):
        read_raster(tmp_path / "a.png")


def test_a_picture_without_a_place_stops_the_start(write, folder):
    Image.fromarray(PIXELS).save(folder / "a.png")
    with pytest.raises(DocumentError, match=r"layers\[0\].source: a.png has no georeference"):
        MapCatalog(load_document(write([{"id": 0, "name": "R", "type": "Raster Layer", "source": "a.png"}])))


def test_text_called_a_picture_is_no_raster(tmp_path):
    (tmp_path / "a.png").write_bytes(b"<svg/>" + struct.pack("d", 1))
    with pytest.raises(SourceProblem, match="cannot be read"):
        read_raster(tmp_path / "a.png")


def test_points_take_markers_only(write):
    files = {"a.geojson": collection((point(1, 1), {}))}
    drawing = simple(marker([1, 2, 3, 255]))
    assert MapCatalog(load_document(write([layer(0, "a.geojson", drawing)], files)))


def test_geometries_that_are_flat_are_not_copied():
    shapes = [shapely.Point(1, 2), shapely.Point(1, 2, 3), shapely.Point(), None]
    frame = geopandas.GeoDataFrame(geometry=shapes, crs=4326)
    geometry = source_of(frame).geometry
    assert geometry[0] is np.asarray(frame.geometry.array)[0]
    assert shapely.get_coordinate_dimension(geometry).tolist() == [2, 2, -1, -1]
    assert frame.geometry[1].has_z
    assert frame.geometry[2].is_empty
