"""Spatial references: which are known, their units, and that nothing is fetched for them."""

import math
import time

import pytest
from pyproj import CRS, network

from mapexplorer.protocol import Extent, SpatialReference
from mapexplorer.service.projection import (
    UnknownSpatialReference,
    crs_of,
    densified_envelope,
    metres_per_unit,
    reference_of,
    same_crs,
)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (4326, 4326),
        (102100, 3857),
        (900913, 3857),
        (102113, 3785),
        ({"wkid": 102100, "latestWkid": 3857}, 3857),
        ({"wkid": 999999, "latestWkid": 3035}, 3035),
        ({"wkid": 3035, "latestWkid": 999999}, 3035),
        ({"wkid": 4326, "vcsWkid": 5773}, 4326),
    ],
)
def test_a_code_is_found_the_current_one_first(value, code):
    assert crs_of(SpatialReference.of(value)).to_epsg() == code


def test_codes_of_esri_are_found_after_those_of_epsg():
    assert "Lambert Conformal" in crs_of(SpatialReference(wkid=102004)).name.replace("_", " ")


@pytest.mark.parametrize(
    ("wkid", "metres"),
    [
        (4326, 20015077 / 180),
        (4269, 20015077 / 180),
        (3857, 1.0),
        (2264, 1200 / 3937),
        (2222, 0.3048),
        (2364, 1.0),
    ],
)
def test_metres_of_one_unit(wkid, metres):
    assert metres_per_unit(crs_of(SpatialReference(wkid=wkid))) == metres


def test_another_linear_unit_counts_as_its_definition_says():
    wkt = CRS.from_epsg(32633).to_wkt("WKT1_ESRI").replace('UNIT["Meter",1.0]', 'UNIT["Kilometer",1000.0]')
    assert metres_per_unit(crs_of(SpatialReference(wkt=wkt))) == 1000


def test_the_network_of_proj_is_off():
    assert not network.is_network_enabled()


@pytest.mark.parametrize(
    "wkt",
    [
        "+proj=longlat +nadgrids=http://127.0.0.1:9/x",
        "+init=epsg:4326",
        "EPSG:4326",
        "urn:ogc:def:crs:EPSG::4326",
        "/etc/passwd",
        "WGS 84",
        '{"type": "GeographicCRS"}',
        "GEOGCS[" * 400,
        'PROJCS["x"]',
    ],
)
def test_only_well_known_text_is_read_as_such(wkt):
    begun = time.process_time()
    with pytest.raises(UnknownSpatialReference):
        crs_of(SpatialReference(wkt=wkt))
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("wkid", [4978, 5773, 999999])
def test_what_is_no_map_plane_is_refused(wkid):
    with pytest.raises(UnknownSpatialReference):
        crs_of(SpatialReference(wkid=wkid))


def test_the_reference_of_a_file_keeps_its_code_or_its_text():
    assert reference_of(None) is None
    assert reference_of(CRS.from_epsg(3035)) == SpatialReference(wkid=3035)
    own = CRS.from_proj4("+proj=laea +lat_0=52.5 +lon_0=13.25 +datum=WGS84")
    found = reference_of(own)
    assert found is not None
    assert found.wkt is not None
    assert same_crs(crs_of(found), own)


def test_points_that_cannot_be_projected_are_left_out():
    degrees, gnomonic = CRS.from_epsg(4326), CRS.from_proj4("+proj=gnom +lat_0=90 +datum=WGS84")
    box = densified_envelope(Extent(-180, -80, 180, 80), degrees, gnomonic)
    assert all(math.isfinite(side) for side in box)
    with pytest.raises(ValueError, match="no point"):
        densified_envelope(Extent(0, -80, 10, -20), degrees, gnomonic)
