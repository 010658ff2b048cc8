"""Answers of real servers are read, however spoilt they are."""

import math

import pytest

from mapexplorer.protocol import (
    BadAnswer,
    ClassBreaksRenderer,
    ExportInfo,
    Extent,
    LayerInfo,
    Legend,
    ServiceInfo,
    SimpleRenderer,
    SpatialReference,
)


def test_the_export_answer_of_the_specification():
    info = ExportInfo.parse(
        {
            "href": "https://atlantic/arcgisoutput/_ags_map42.png",
            "width": 400,
            "height": 400,
            "extent": {
                "xmin": -109.55,
                "ymin": 25.76,
                "xmax": -86.39,
                "ymax": 49.94,
                "spatialReference": {"wkid": 4326, "latestWkid": 4326},
            },
            "scale": 2.53e7,
        }
    )
    assert (info.width, info.height, info.scale) == (400, 400, 2.53e7)
    assert info.extent == Extent(-109.55, 25.76, -86.39, 49.94, SpatialReference(4326, 4326))
    assert info.extent.spatial_reference.code == 4326


def test_a_picture_inside_the_answer_counts_as_a_picture():
    info = ExportInfo.parse({"imageData": "iVBORw0KGgo=", "contentType": "image/png"})
    assert info.image_data == "iVBORw0KGgo="
    assert info.extent is None


@pytest.mark.parametrize("body", [None, [], "text", {}, {"width": 5}, {"href": None}])
def test_an_answer_without_a_picture_is_refused(body):
    with pytest.raises(BadAnswer, match="export answer"):
        ExportInfo.parse(body)


@pytest.mark.parametrize(
    "extent",
    [
        None,
        "NaN",
        [],
        {},
        {"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"},
        {"xmin": math.nan, "ymin": 0, "xmax": 1, "ymax": 1},
        {"xmin": None, "ymin": 0, "xmax": 1, "ymax": 1},
        {"xmin": {}, "ymin": 0, "xmax": 1, "ymax": 1},
        {"xmin": -1.7e308, "ymin": 0, "xmax": 1.7e308, "ymax": 1},
    ],
)
def test_an_unusable_extent_is_none(extent):
    assert ExportInfo.parse({"href": "x", "extent": extent}).extent is None
    assert ServiceInfo.parse({"fullExtent": extent, "mapName": "m"}).full_extent is None


def test_numbers_may_come_as_text_and_extents_with_a_strange_reference():
    info = ExportInfo.parse(
        {
            "href": "x",
            "width": "400",
            "scale": "1.0000001E7",
            "extent": {"xmin": "1.5", "ymin": 2, "xmax": 3, "ymax": 4, "spatialReference": {"wkid": "x"}},
        }
    )
    assert (info.width, info.scale) == (400, 10000001.0)
    assert info.extent == Extent(1.5, 2, 3, 4)


def test_a_legend_in_every_form_on_record():
    legend = Legend.parse(
        {
            "layers": [
                {
                    "layerId": 3,
                    "layerName": "Cities",
                    "layerType": "Feature Layer",
                    "minScale": 0,
                    "maxScale": "1.0000001E7",
                    "legendGroups": [{"id": "0", "heading": "Size"}],
                    "legend": [
                        {"label": "big", "url": "a1", "imageData": "AA==", "contentType": "image/png",
                         "height": 20, "width": 20, "values": [10], "groupId": "0"},
                        {"label": "", "url": "http://example.com/x", "values": ["a", "b"]},
                        {"label": None},
                        "rubbish",
                    ],
                },
                {"layerId": 4, "layerName": "Relief", "legendType": "Stretched", "legend": []},
                {"layerId": 5},
                None,
            ]
        }
    )  # fmt: skip
    cities, relief, bare = legend.layers
    assert cities.max_scale == 10000001.0
    assert cities.legend_groups[0].heading == "Size"
    assert [entry.values for entry in cities.legend] == [(10,), ("a", "b"), None]
    assert [entry.label for entry in cities.legend] == ["big", "", ""]
    assert cities.legend[0].group_id == "0"
    assert cities.legend[1].image_data is None
    assert relief.legend == ()
    assert relief.legend_type == "Stretched"
    assert (bare.layer_name, bare.legend) == ("", ())


@pytest.mark.parametrize("body", [None, {}, {"layers": {}}, {"layers": None}, []])
def test_an_answer_without_layers_is_no_legend(body):
    with pytest.raises(BadAnswer, match="list of layers"):
        Legend.parse(body)


def test_a_spoilt_key_does_not_spoil_the_service():
    info = ServiceInfo.parse(
        {
            "currentVersion": 10.91,
            "mapName": None,
            "layers": [
                {"id": 0, "name": "A", "parentLayerId": -1, "subLayerIds": None, "minScale": "5E6"},
                {"id": 1, "defaultVisibility": "perhaps"},
                7,
            ],
            "spatialReference": {"wkid": 102100, "latestWkid": 3857},
            "supportedImageFormatTypes": "PNG32,PNG24, JPG",
            "supportsClipping": "true",
            "maxImageWidth": "4096",
            "timeInfo": {"timeExtent": [0, None], "timeReference": None, "defaultTimeInterval": 1},
            "tables": "none",
        }
    )
    assert info.current_version == 10.91
    assert [layer.name for layer in info.layers] == ["A", ""]
    assert info.layers[0].min_scale == 5e6
    assert info.layers[1].default_visibility is True
    assert info.spatial_reference.code == 3857
    assert info.image_formats == ("png32", "png24", "jpg")
    assert info.supports_clipping is True
    assert info.max_image_width == 4096
    assert info.time_info.time_extent == (0, None)
    assert info.tables == ()
    assert info.raw["mapName"] is None


def test_metadata_that_is_no_object_is_refused():
    for resource in (ServiceInfo, LayerInfo):
        with pytest.raises(BadAnswer, match="not a JSON object"):
            resource.parse([])


def test_a_layer_with_fields_ranges_and_symbols():
    info = LayerInfo.parse(
        {
            "id": 2,
            "name": "Quakes",
            "type": "Feature Layer",
            "geometryType": "esriGeometryPoint",
            "parentLayer": {"id": 0, "name": "Places"},
            "fields": [{"name": "mag", "type": "esriFieldTypeDouble", "alias": "Magnitude", "domain": None}],
            "rangeInfos": [{"name": "depth", "field": "depth", "fullRangeExtent": [0, 700]}],
            "parameterInfos": [{"name": "minmag", "dataType": "esriFieldTypeDouble", "defaultValue": 4.5}],
            "timeInfo": {"startTimeField": "time", "endTimeField": None},
            "drawingInfo": {
                "renderer": {
                    "type": "classBreaks",
                    "field": "mag",
                    "minValue": None,
                    "classBreakInfos": [
                        {
                            "classMaxValue": 5,
                            "label": "to 5",
                            "symbol": {"type": "esriSMS", "color": [200, 0, 0, 255]},
                        }
                    ],
                },
                "transparency": 20,
                "labelingInfo": [{"labelPlacement": "somewhere new"}],
            },
        }
    )
    assert isinstance(info.drawing_info.renderer, ClassBreaksRenderer)
    assert info.drawing_info.transparency == 20
    assert info.drawing_info.labeling_info is None
    assert info.fields[0].alias == "Magnitude"
    assert info.range_infos[0].full_range_extent == (0, 700)
    assert info.parameter_infos[0].default_value == 4.5
    assert info.parent_layer.id == 0
    assert info.time_info.end_time_field is None
    assert info.can_modify_layer is True


def test_a_renderer_of_an_unknown_kind_leaves_the_rest_readable():
    info = LayerInfo.parse({"id": 1, "drawingInfo": {"renderer": {"type": "heatmap"}, "transparency": 5}})
    assert info.drawing_info.renderer is None
    assert info.drawing_info.transparency == 5
    assert LayerInfo.parse({"drawingInfo": {"renderer": {"type": "simple", "symbol": {"type": "esriSLS"}}}})


def test_a_simple_renderer_survives_with_a_null_label():
    info = LayerInfo.parse(
        {
            "drawingInfo": {
                "renderer": {"type": "simple", "label": None, "symbol": {"type": "esriSFS", "outline": None}}
            }
        }
    )
    assert isinstance(info.drawing_info.renderer, SimpleRenderer)
