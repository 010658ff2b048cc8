"""A document with every kind of key, as an author would write it, from the file to the answers."""

import json
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely

from mapexplorer.service import MapServiceApp, catalog_from
from tests.service.conftest import Asker, box, collection, point

DOCUMENT = json.loads("""
{"name": "Demo", "description": "", "copyrightText": "", "spatialReference": {"wkid": 4326},
 "backgroundColor": [255, 255, 255, 255], "maxImageWidth": 4096, "maxImageHeight": 4096,
 "workspaces": {"MAP": "data"},
 "layers": [
  {"id": 0, "name": "Places", "type": "Group Layer"},
  {"id": 1, "name": "Quakes", "type": "Feature Layer", "parentLayerId": 0, "source": "data/quakes.geojson",
   "minScale": 50000000, "displayField": "place", "definitionExpression": "mag >= ::minmag",
   "parameterInfos": [
     {"name": "minmag", "dataType": "esriFieldTypeDouble", "defaultValue": 4.5, "multipleValues": false}],
   "timeInfo": {"startTimeField": "time", "endTimeField": null, "exportOptions": {"useTime": true,
     "timeDataCumulative": false, "timeOffset": 0, "timeOffsetUnits": "esriTimeUnitsYears"}},
   "rangeInfos": [{"name": "depth", "field": "depth", "fullRangeExtent": [0, 700]}],
   "drawingInfo": {"transparency": 0, "showLabels": false, "renderer": {"type": "classBreaks", "field": "mag",
     "minValue": 0, "classBreakInfos": [{"classMaxValue": 5, "label": "to 5", "symbol": {"type": "esriSMS",
       "style": "esriSMSCircle", "size": 8, "color": [200, 0, 0, 255],
       "outline": {"color": [0, 0, 0, 255], "width": 1}}}]}}},
  {"id": 2, "name": "Counties", "type": "Feature Layer",
   "source": {"path": "data/us.gpkg", "layer": "counties"}, "objectIdField": "fid",
   "versions": {"sde.USER1": "data/us_edit.geojson"},
   "archivingInfo": {"startField": "gdb_from_date", "endField": "gdb_to_date"},
   "drawingInfo": {"renderer": {"type": "simple", "label": "", "symbol": {"type": "esriSFS",
     "style": "esriSFSSolid", "color": [220, 220, 200, 255],
     "outline": {"type": "esriSLS", "style": "esriSLSSolid", "color": [110, 110, 110, 255], "width": 1}}}}}]}
""")


@pytest.fixture
def service(tmp_path) -> Asker:
    data = tmp_path / "data"
    data.mkdir()
    quakes = collection(
        (point(0, 0), {"place": "A", "mag": 4.6, "depth": 10, "time": 1199145600000}),
        (point(1, 1), {"place": "B", "mag": 4.4, "depth": 20, "time": 1199145600001}),
        (point(2, 2), {"place": "C", "mag": 6.0, "depth": 30, "time": 1199145600002}),
    )
    (data / "quakes.geojson").write_text(json.dumps(quakes))
    edited = {"fid": 7, "gdb_from_date": "2002-01-01", "gdb_to_date": None}
    (data / "us_edit.geojson").write_text(json.dumps(collection((box(0, 0, 1, 1), edited))))
    dates: dict[str, Any] = {
        "gdb_from_date": pd.to_datetime(["2000-01-01", "2001-01-01"]),
        "gdb_to_date": pd.to_datetime(["2001-01-01", None]),
    }
    squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    counties = geopandas.GeoDataFrame(dates, geometry=squares, crs=4326)
    counties.to_file(data / "us.gpkg", layer="counties")
    (tmp_path / "map.json").write_text(json.dumps(DOCUMENT))
    return Asker(MapServiceApp(catalog_from(tmp_path / "map.json")), "Demo")


def test_the_document_is_read_without_a_warning(service):
    assert service.catalog.warnings == ()


def test_published_filters_apply(service):
    near = {"bbox": "-1,-1,3,3", "size": "400,400"}
    assert service.rows(1, **near) == [1, 3]
    assert service.rows(1, **near, time="1199145600000") == [1]
    assert service.rows(1, **near, mapRangeValues='[{"name":"depth","value":[30,null]}]') == [3]
    assert service.rows(2, **near) == [2]


def test_the_scale_range_hides_the_quakes_of_a_wide_frame(service):
    assert service.rows(1, bbox="-180,-90,180,90") == []


def test_the_legend_shows_the_one_class(service):
    body = service.json("queryLegends", bbox="-1,-1,3,3")
    assert [
        (found["layerId"], [entry["label"] for entry in found["legend"]]) for found in body["layers"]
    ] == [
        (1, ["to 5"]),
        (2, [""]),
    ]


def test_the_fields_of_the_counties(service):
    assert [field["name"] for field in service.json("2")["fields"]] == ["fid", "gdb_from_date", "gdb_to_date"]
