"""Geometries that are typed or pasted: every form, and what is said about what is none."""

from __future__ import annotations

import json

import pytest

from mapexplorer.explorer.geometry_text import describe, read_geometry, write_geometry
from mapexplorer.protocol import SpatialReference

MAP = SpatialReference.of(102100)
RING = [[0, 0], [0, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("text", "written", "code"),
    [
        ("1, 2, 3, 4", {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}, 3857),
        ("3 4 1 2", {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}, 3857),
        ("-1.5;2e3", {"x": -1.5, "y": 2000}, 3857),
        ("POINT (8 47)", {"x": 8, "y": 47}, 3857),
        ("point z (8 47 5)", {"x": 8, "y": 47}, 3857),
        ("SRID=4326;POLYGON((0 0,0 1,1 1,0 0))", {"rings": [RING]}, 4326),
        ("MULTIPOLYGON(((0 0,0 1,1 1,0 0)),((5 5,5 6,6 6,5 5)))", None, 3857),
        ("LINESTRING(0 0,1 1)", {"paths": [[[0, 0], [1, 1]]]}, 3857),
        ("MULTIPOINT(0 0,1 1)", {"points": [[0, 0], [1, 1]]}, 3857),
        (json.dumps({"rings": [RING]}), {"rings": [RING]}, 3857),
        (json.dumps({"rings": [RING], "spatialReference": {"wkid": 2056}}), {"rings": [RING]}, 2056),
        (json.dumps({"geometry": {"x": 1, "y": 2}, "attributes": {}}), {"x": 1, "y": 2}, 3857),
        (json.dumps({"type": "Polygon", "coordinates": [RING]}), {"rings": [RING]}, 4326),
        (json.dumps({"type": "Feature", "geometry": {"type": "Point", "coordinates": [8, 47]}}),
         {"x": 8, "y": 47}, 4326),
        (json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [8, 47]}}]}),
         {"x": 8, "y": 47}, 4326),
        (json.dumps({"type": "Point", "coordinates": [8, 47],
                     "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2056"}}}),
         {"x": 8, "y": 47}, 2056),
    ],
)  # fmt: skip
def test_forms_of_geometries(text, written, code):
    geometry = read_geometry(text, MAP)
    assert geometry.spatial_reference.code == code
    if written is not None:
        assert json.loads(write_geometry(geometry)) == written
    assert read_geometry(write_geometry(geometry), geometry.spatial_reference) == geometry


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected Esri JSON, GeoJSON, WKT"),
        ("somewhere", "'somewhere' is no geometry"),
        ("1, 2, 3", "not 3"),
        ("1e999, 2", "number"),
        ("{oops", "not valid JSON"),
        ('{"a": 1}', "This JSON is no geometry"),
        ('{"type": [1]}', "This JSON is no geometry"),
        ('{"rings": [[[0, 0]]]}', "rings[0]"),
        ('{"rings": "x"}', "rings: expected an array"),
        ('{"type": "Polygon"}', "not a complete geometry"),
        ('{"type": "Feature", "geometry": null}', "no geometry"),
        ('{"type": "FeatureCollection", "features": []}', "collection of 0"),
        ("POLYGON EMPTY", "empty"),
        ("GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))", "expected one kind"),
        ('{"geometry": ' * 300 + "1" + "}" * 300, ""),
    ],
)
def test_what_is_no_geometry_is_said_in_one_sentence(text, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are compared below
        read_geometry(text, MAP)
    said = str(error.value)
    assert words in said
    assert "\n" not in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2", "Point at 1, 2"),
        ("-9000000 2 3 4.25", "Rectangle, x -9,000,000 … 3, y 2 … 4.25"),
        ("POLYGON((0 0,0 1,1 1,0 0))", "Polygon of 4 points, x 0 … 1, y 0 … 1"),
    ],
)
def test_a_geometry_in_a_few_words(text, words):
    assert describe(read_geometry(text, MAP)) == words
