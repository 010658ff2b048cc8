"""Every example that the two specifications print, copied as a fact."""

import pytest

from mapexplorer.protocol import (
    BY_NAME,
    ClassBreaksRenderer,
    DataLayerSource,
    Extent,
    ImageFormat,
    LayerSelection,
    MapLayerSource,
    MapRangeValue,
    MapRequest,
    Operation,
    ParameterError,
    Polygon,
    RasterSource,
    ResponseFormat,
    SimpleFillSymbol,
    SimpleRenderer,
    Size,
    SpatialReference,
    TableSource,
    TimeExtent,
    TimeRelation,
    TimeUnit,
    Verb,
)

CLIP_RINGS = (
    (
        (-816126, 216280),
        (-565859, 199948),
        (-607349, -50318),
        (-785229, -38842),
        (-816126, 216280),
    ),
)
POLYGON = """{ "spatialReference": { "wkid": 102008 }, "rings": [ [ [-816126, 216280], [-565859, 199948],
 [-607349, -50318], [-785229, -38842], [-816126, 216280] ] ] }"""

SCALARS = [
    ("bbox", "-104,35.6,-94.32,41", Extent(-104, 35.6, -94.32, 41)),
    ("bbox", "-127.8,15.4,-63.5,60.5", Extent(-127.8, 15.4, -63.5, 60.5)),
    ("bbox", "-115.8,30.4,-85.5,50.5", Extent(-115.8, 30.4, -85.5, 50.5)),
    ("layers", "show:2,4,7", LayerSelection(Verb.SHOW, (2, 4, 7))),
    ("size", "600,550", Size(600, 550)),
    ("size", "800,600", Size(800, 600)),
    ("image_sr", "102004", SpatialReference(102004)),
    ("historic_moment", "1199145600000", 1199145600000),
    ("format", "gif", ImageFormat.GIF),
    ("transparent", "false", False),
    ("dpi", "200", 200.0),
    ("time", "1199145600000", TimeExtent(1199145600000, 1199145600000)),
    ("time", "1199145600000, 1230768000000", TimeExtent(1199145600000, 1230768000000)),
    ("time", "null,1230768000000", TimeExtent(None, 1230768000000)),
    ("time_relation", "esriTimeRelationOverlaps", TimeRelation.OVERLAPS),
    ("time_relation", "esriTimeRelationOverlapsStartWithinEnd", TimeRelation.OVERLAPS_START_WITHIN_END),
    ("time_relation", "esriTimeRelationAfterStartOverlapsEnd", TimeRelation.AFTER_START_OVERLAPS_END),
    ("time_relation", "esriTimeRelationWithin", TimeRelation.WITHIN),
    ("gdb_version", "sde.USER1", "sde.USER1"),
    ("map_scale", "5000000", 5e6),
    ("map_scale", "5E6", 5e6),
    ("rotation", "45", 45.0),
    ("return_visible_only", "true", True),
    ("f", "pjson", ResponseFormat.PJSON),
]


@pytest.mark.parametrize(("name", "text", "value"), SCALARS)
def test_a_plain_example_has_the_printed_meaning(name, text, value):
    assert BY_NAME[name].parse(text) == value


def test_layer_time_options_of_both_specifications():
    text = """{ "0": { "useTime": true, "timeDataCumulative": false, "timeOffset": 1,
      "timeOffsetUnits": "esriTimeUnitsYears" }, "3": { "useTime": false } }"""
    options = BY_NAME["layer_time_options"].parse(text)
    assert options[0].use_time is True
    assert options[0].time_data_cumulative is False
    assert (options[0].time_offset, options[0].time_offset_units) == (1, TimeUnit.YEARS)
    assert options[3].use_time is False
    assert options[3].time_offset is None


def test_the_misprinted_offset_key_is_tolerated_and_ignored():
    text = '{"1": {"useTime": true, "timeOffsetOffset": 2, "timeOffsetUnits": "esriTimeUnitsDays"}}'
    assert BY_NAME["layer_time_options"].parse(text)[1].time_offset is None


def test_layer_parameter_values():
    text = """[ { "0": { "floor": 10, "incidentDate": 1475877014000 },
      "1": { "crimeType": ["burglary", "theft"] } } ]"""
    assert BY_NAME["layer_parameter_values"].parse(text) == {
        0: {"floor": 10, "incidentDate": 1475877014000},
        1: {"crimeType": ("burglary", "theft")},
    }


def test_map_range_values():
    text = '[ { "name": "salinity", "value": 5 }, { "name": "elevation", "value": [1000, 1500] } ]'
    assert BY_NAME["map_range_values"].parse(text) == (
        MapRangeValue(name="salinity", value=5),
        MapRangeValue(name="elevation", value=(1000, 1500)),
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [("[null, 1500]", (None, 1500.0)), ("[1000, null]", (1000.0, None)), ("[null,null]", (None, None))],
)
def test_open_ends_of_a_range(value, read):
    (found,) = BY_NAME["map_range_values"].parse(f'[{{"name":"elevation","value":{value}}}]')
    assert found.value == read


@pytest.mark.parametrize(
    "text",
    [
        '[{"0": {"depth": [10, 20], "salinity": 5}}]',
        '[{"0": [{"name": "depth", "value": [10, 20]}, {"name": "salinity", "value": 5}]}]',
    ],
)
def test_layer_range_values_in_both_shapes(text):
    assert BY_NAME["layer_range_values"].parse(text) == {
        0: (MapRangeValue(name="depth", value=(10, 20)), MapRangeValue(name="salinity", value=5))
    }


def test_clipping():
    clipping = BY_NAME["clipping"].parse(
        f'{{ "geometryType": "esriGeometryPolygon", "geometry": {POLYGON}, "excludedLayers": [ 1, 4 ] }}'
    )
    assert clipping.geometry == Polygon(rings=CLIP_RINGS, spatial_reference=SpatialReference(102008))
    assert clipping.excluded_layers == (1, 4)


def test_spatial_filter():
    spatial_filter = BY_NAME["spatial_filter"].parse(
        '{ "spatialRel" : "esriSpatialRelIntersects", "geometryType" : "esriGeometryPolygon",'
        f'"geometry": {POLYGON} }}'
    )
    assert spatial_filter.spatial_rel == "esriSpatialRelIntersects"
    assert spatial_filter.geometry.rings == CLIP_RINGS


def test_selection_by_object_ids():
    first, second, third = BY_NAME["selection_definitions"].parse(
        """[ { "layerId": 1, "objectIds": [188, 187] },
        { "layerId": 3, "objectIds": [2796, 3036, 2702, 2632, 2920], "selectionColor": [255, 255, 0] },
        { "layerId": 5, "objectIds": [3605, 3679, 3686, 4014, 4149], "selectionColor": [0, 255, 0],
          "selectionFillColor": [0, 0, 255] } ]"""
    )
    assert first.object_ids == (188, 187)
    assert second.selection_color == (255, 255, 0)
    assert (third.layer_id, third.selection_fill_color) == (5, (0, 0, 255))


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ('["id1", "id2", "id3"]', ("id1", "id2", "id3")),
        (
            '[["st-code1", "st-code2"], ["cnty-code1", "cnty-code2"]]',
            (("st-code1", "st-code2"), ("cnty-code1", "cnty-code2")),
        ),
    ],
)
def test_selection_by_unique_ids(ids, read):
    (selected,) = BY_NAME["selection_definitions"].parse(f'[ {{ "layerId": 5, "uniqueIds": {ids} }} ]')
    assert selected.unique_ids == read


@pytest.mark.parametrize("layer_id", ["3", '"3"'])
def test_the_layer_of_a_selection_may_be_a_number_or_text(layer_id):
    (selected,) = BY_NAME["selection_definitions"].parse(f'[{{"layerId": {layer_id}, "objectIds": [1]}}]')
    assert selected.layer_id == 3


WKT = (
    'GEOGTRAN["S_JTSK_To_WGS_1984_1", GEOGCS["GCS_S_JTSK", DATUM["D_S_JTSK", SPHEROID["Bessel_1841", '
    '6377397.155, 299.1528128]], PRIMEM["Greenwich", 0.0], UNIT["Degree", 0.0174532925199433]], '
    'GEOGCS["GCS_WGS_1984", DATUM["D_WGS_1984", SPHEROID["WGS_1984", 6378137.0, 298.257223563]], '
    'PRIMEM["Greenwich", 0.0], UNIT["Degree", 0.0174532925199433]], METHOD["Position_Vector"], '
    'PARAMETER["X_Axis_Translation", 570.8], PARAMETER["Y_Axis_Translation", 85.7], '
    'PARAMETER["Z_Axis_Translation", 462.8], PARAMETER["X_Axis_Rotation", 4.998], '
    'PARAMETER["Y_Axis_Rotation", 1.587], PARAMETER["Z_Axis_Rotation", 5.261], '
    'PARAMETER["Scale_Difference", 3.56], OPERATIONACCURACY[1.0]]'
)


def test_datum_transformations_by_id():
    assert [item.wkid for item in BY_NAME["datum_transformations"].parse("[1623, 4078]")] == [1623, 4078]


def test_datum_transformations_by_text():
    quoted = WKT.replace('"', '\\"')
    (item,) = BY_NAME["datum_transformations"].parse(f'[{{"wkt": "{quoted}"}}]')
    assert item.wkt == WKT


def test_a_composite_datum_transformation():
    plain, chain = BY_NAME["datum_transformations"].parse(
        '[{"wkid":108889}, {"geoTransforms":[{"wkid":108889,"transformForward":true}, '
        '{"wkid":1622,"transformForward":false}]}]'
    )
    assert plain.wkid == 108889
    assert [(step.wkid, step.transform_forward) for step in chain.geo_transforms] == [
        (108889, True),
        (1622, False),
    ]


DYNAMIC_ON_A_URL = (
    '[{"id":101,"source":{"type":"mapLayer","mapLayerId":3},"drawingInfo":{"renderer": {"type":"simple", '
    '"symbol": {"type":"esriSFS","style":"esriSFSSolid","color":[255,0,0,255],"outline":{"type":"esriSLS",'
    '"style":"esriSLSSolid","color":[0,255,0,255],"width":1}}}}}]'
)

URLS = [
    "bbox=-127.8,15.4,-63.5,60.5",
    "bbox=-127.8,15.4,-63.5,60.5&bboxSR=&layers=&size=&imageSR=102004&format=&transparent=false&dpi=&f=html",
    "bbox=-115.8,30.4,-85.5,50.5&bboxSR=&layers=&size=800,600&imageSR=102004&format=gif&transparent=false&dpi=&f=html",
    "bbox=-115.8,30.4,-85.5,50.5&bboxSR=&layers=&size=800,600&imageSR=102004&format=gif&transparent=false&dpi=&f=pjson",
    "bbox=-183.78001472868405,16.300709121618663,-61.406854669684265,74.03030803096895&bboxSR=&layers=&"
    "layerDefs=&size=&imageSR=&format=png&transparent=false&dpi=&time=&layerTimeOptions=&dynamicLayers="
    + DYNAMIC_ON_A_URL
    + "&gdbVersion=&f=html",
]


@pytest.mark.parametrize("query", URLS)
def test_the_example_urls_decode(query):
    request = MapRequest.decode(Operation.EXPORT, [tuple(pair.split("=", 1)) for pair in query.split("&")])
    assert request.bbox is not None
    assert request.bbox_sr is None
    assert request.layers is None
    assert request.effective("dpi") == 96


def test_the_renderer_of_the_last_example_url():
    (layer,) = BY_NAME["dynamic_layers"].parse(DYNAMIC_ON_A_URL)
    assert layer.source == MapLayerSource(map_layer_id=3)
    renderer = layer.drawing_info.renderer
    assert isinstance(renderer, SimpleRenderer)
    assert isinstance(renderer.symbol, SimpleFillSymbol)
    assert renderer.symbol.color == (255, 0, 0, 255)
    assert renderer.symbol.outline.width == 1


TIME_OFF = """{ "id": 501, "source": { "type": "mapLayer", "mapLayerId": 0 },
 "drawingInfo": { "showLabels": false }, "layerTimeOptions": { "useTime": false } }"""
TAX_LOTS = """{ "id": 502, "source": { "type": "dataLayer", "dataSource": { "type": "table",
 "workspaceId": "MAP", "dataSourceName": "MAP.user1.Taxlots" } },
 "drawingInfo": { "renderer": { "type": "simple", "symbol": { "type": "esriSFS", "style": "esriSFSSolid",
 "color": [166,36,0,255], "outline": { "type": "esriSLS", "style": "esriSLSSolid",
 "color": [110,110,110,255], "width": 1.0 } }, "label": "TaxLots", "description": "" },
 "transparency": 60, "showLabels": true, "labelingInfo": [ {
 "labelPlacement": "esriServerPolygonPlacementAlwaysHorizontal", "labelExpression": "[TaxLotId]",
 "useCodedValues": false, "symbol": { "type": "esriTS", "color": [255,255,0,255],
 "verticalAlignment": "bottom", "horizontalAlignment": "left", "font": { "family": "Arial", "size": 12,
 "style": "normal", "weight": "bold", "decoration": "none" } }, "minScale": 15000, "maxScale": 30000,
 "where": "" } ] } }"""
VERSION = """{ "id": 503, "source": { "type": "mapLayer", "mapLayerId": 1, "gdbVersion": "USER1" },
 "definitionExpression": "neighborhood = 'French Quarter'" }"""
RASTER = """{ "id": 504, "source": { "type": "dataLayer", "dataSource": { "type": "raster",
 "workspaceId": "rasterWS", "dataSourceName": "NewOrleans.tif" } }, "drawingInfo": { "transparency": 0 } }"""


def test_the_dynamic_layer_examples_as_strict_json():
    text = f"[{TIME_OFF},{TAX_LOTS},{VERSION},{RASTER}]"
    time_off, lots, version, raster = BY_NAME["dynamic_layers"].parse(text)
    assert time_off.drawing_info.show_labels is False
    assert time_off.layer_time_options.use_time is False
    assert lots.source == DataLayerSource(
        data_source=TableSource(workspace_id="MAP", data_source_name="MAP.user1.Taxlots")
    )
    (label,) = lots.drawing_info.labeling_info
    assert (label.min_scale, label.max_scale) == (15000, 30000)
    assert (label.symbol.font.weight, label.symbol.font.size) == ("bold", 12)
    assert lots.drawing_info.transparency == 60
    assert version.source.gdb_version == "USER1"
    assert version.definition_expression == "neighborhood = 'French Quarter'"
    assert isinstance(raster.source.data_source, RasterSource)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"[{TIME_OFF}}},{RASTER}]", "line 2, column 84"),
        (f"[{{  //disable time\n{TIME_OFF[1:]}]", "line 1, column 5"),
    ],
)
def test_the_example_as_printed_is_no_strict_json(text, place):
    with pytest.raises(ParameterError, match=f"^dynamicLayers: is not valid JSON at {place}"):
        BY_NAME["dynamic_layers"].parse(text)


def test_class_breaks_as_in_the_renderer_objects():
    (layer,) = BY_NAME["dynamic_layers"].parse(
        """[{"id": 1, "drawingInfo": {"renderer": {"type": "classBreaks", "field": "Shape.area",
        "minValue": 10.3, "classificationMethod": "esriClassifyNaturalBreaks", "defaultSymbol": null,
        "normalizationType": "esriNormalizeByField", "normalizationField": "POP",
        "classBreakInfos": [{"classMaxValue": 1000, "label": "10.0 - 1000", "description": "10 to 1000",
        "symbol": {"type": "esriSFS", "style": "esriSFSSolid", "color": [236, 252, 204, 255], "outline":
        {"type": "esriSLS", "style": "esriSLSSolid", "color": [110, 110, 110, 255], "width": 0.4}}}]}}}]"""
    )
    renderer = layer.drawing_info.renderer
    assert isinstance(renderer, ClassBreaksRenderer)
    assert renderer.min_value == 10.3
    assert renderer.class_break_infos[0].class_max_value == 1000
    assert renderer.normalization_field == "POP"
