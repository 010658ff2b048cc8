"""Requests recorded from real clients decode for the operation that they were sent to."""

from urllib.parse import parse_qsl

import pytest

from mapexplorer.protocol import (
    BY_NAME,
    Extent,
    ImageFormat,
    LayerSelection,
    MapRequest,
    Operation,
    RequestErrors,
    ResponseFormat,
    Size,
    SpatialReference,
    TimeExtent,
    Verb,
)


def decode(query, operation=Operation.EXPORT):
    return MapRequest.decode(operation, parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))


def test_arcgis_maps_sdk_for_javascript():
    request = decode(
        "bbox=-14000000,1600000.0000000005,-7000000,7600000&bboxSR=102100&imageSR=102100&size=700,600&dpi=96"
        "&format=png32&transparent=true&layers=show:0,1,3&time=null,null&f=image"
    )
    assert request.bbox == Extent(-14000000, 1600000.0000000005, -7000000, 7600000)
    assert request.bbox_sr.code == 3857
    assert request.time == TimeExtent(None, None)
    assert request.time.unbounded
    assert request.f is ResponseFormat.IMAGE


JAVASCRIPT_LAYERS = """[{"id":1,"source":{"type":"mapLayer","mapLayerId":1}},{"id":3,"source":
{"type":"mapLayer","mapLayerId":3},"definitionExpression":"DENSITY > 10","drawingInfo":
{"renderer":{"type":"simple","symbol":{"type":"esriSFS","color":[255,0,0,204],"outline":{"type":"esriSLS","color":[0,0,0,255],"width":1,
"style":"esriSLSSolid"},"style":"esriSFSSolid"}},"showLabels":false,"transparency":30,
"labelingInfo":[{"labelExpression":"[NAME]","labelPlacement":"esriServerPolygonPlacementAlwaysHorizontal",
"labelPosition":"curved","repeatLabel":true,"symbol":{"type":"esriTS","color":[0,0,255,255],"font":
{"family":"Arial","size":10},"horizontalAlignment":"center","kerning":true,"rotated":false,"text":"",
"verticalAlignment":"baseline","xoffset":0,"yoffset":0,"angle":0}}]}}]"""


def test_dynamic_layers_of_the_javascript_client_with_keys_beyond_the_specification():
    first, second = BY_NAME["dynamic_layers"].parse(JAVASCRIPT_LAYERS)
    assert first.drawing_info is None
    assert second.drawing_info.transparency == 30
    assert second.drawing_info.labeling_info[0].symbol.horizontal_alignment == "center"


def test_esri_leaflet_exchanges_the_sides_of_the_box():
    request = decode(
        "bbox=-14490014.577964295,7514065.628545967,-6662862.881562244,1643701.8562444302&size=800,600&dpi=96"
        "&format=png32&transparent=true&bboxSR=3857&imageSR=3857&layers=show:0,3"
        '&layerDefs={"3":"DENSITY > 10"}'
        "&time=1577836800000,1580515200000&f=image&token=abc&_ts=1795291477147&proxy=x&timeOptions=1"
    )
    assert request.bbox.ymin == 1643701.8562444302
    assert request.bbox.ymax == 7514065.628545967
    assert request.layer_defs == {3: "DENSITY > 10"}
    assert request.layer_time_options is None


def test_openlayers_repeats_parameters_in_upper_case_and_the_last_one_wins():
    request = decode(
        "f=image&format=png32&transparent=true&LAYERS=show:3&size=256,256&bbox=-12523442.714243278,"
        "2504688.542848654,-10018754.171394622,5009377.08569731&bboxSR=3857&imageSR=3857&dpi=96&dpi=90"
        "&FORMAT=JPG&DPI=90"
    )
    assert request.layers == LayerSelection(Verb.SHOW, (3,))
    assert request.format is ImageFormat.JPG
    assert request.dpi == 90


def test_openlayers_7_writes_every_name_in_upper_case():
    request = decode(
        "F=image&FORMAT=PNG32&TRANSPARENT=true&SIZE=801,600&BBOX=-14494905.818011276,1643701.113849232,"
        "-6657970.1819887245,7514064.886150768&BBOXSR=3857&IMAGESR=3857&DPI=90"
    )
    assert request.size == Size(801, 600)
    assert request.format is ImageFormat.PNG32
    assert request.image_sr == SpatialReference(3857)


def test_qgis_sends_a_bare_show_and_expects_everything():
    request = decode(
        "bbox=-14000000.000000,1600000.000000,-7000000.000000,6850000.000000&size=1024,768&format=PNG32"
        "&layers=show:&transparent=true&f=image"
    )
    assert request.layers is None
    assert request.bbox_sr is None


def test_gdal_sends_an_empty_time():
    request = decode(
        "f=image&bbox=-14000000.00000000,5233333.33333333,-12250000.00000000,6500000.00000000&size=512,512"
        "&imageSR=3857&bboxSR=3857&format=png&layers=show:0,3&transparent=true&time="
    )
    assert request.time is None


def test_terriajs_and_cesium_tiles():
    request = decode(
        "bbox=-135,0,-90,45&size=256,256&format=png32&transparent=true&f=image&bboxSR=4326&imageSR=4326"
        "&layers=show:0,3"
    )
    assert request.effective("dpi") == 96


def test_python_clients_write_booleans_with_a_capital_and_references_as_json():
    request = decode(
        'bbox=1,2,3,4&imageSR={"wkid": 102100}&transparent=False&mapScale=5000000.0&dpi=200&'
        "datumTransformations=[1623]&f=json"
    )
    assert request.transparent is False
    assert request.map_scale == 5e6
    assert request.image_sr.code == 3857
    assert request.datum_transformations[0].wkid == 1623


def test_a_python_none_as_an_end_of_time_is_refused():
    with pytest.raises(RequestErrors, match=r"^time: expected milliseconds since 1970 UTC, not 'None'"):
        decode("bbox=1,2,3,4&time=None,1580515200000")


def test_a_javascript_object_that_was_never_written_is_refused():
    with pytest.raises(RequestErrors, match=r"^dynamicLayers: is not valid JSON"):
        decode("bbox=1,2,3,4&dynamicLayers=[object Object]")


def test_arcgis_pro_sends_the_box_as_an_envelope():
    request = decode(
        'bbox={"xmin":-180.00000000000003,"ymin":-121.2,"xmax":181.2,"ymax":120,"spatialReference":{"wkid":4326,'
        '"latestWkid":4326,"xyTolerance":8.9e-9}}&size=301,201&dpi=12&transparent=true&rotation=0&format=png32'
        "&f=image"
    )
    assert request.bbox == Extent(-180.00000000000003, -121.2, 181.2, 120)
    assert request.bbox_sr.code == 4326
    assert request.dpi == 12


LEGEND_QUERIES = [
    "f=json&returnVisibleOnly=True&bbox=-14000000,2700000,-7000000,6500000&bboxSR=102100&size=1024,768",
    "f=json&returnVisibleOnly=True&bbox=-14000000,2700000,-7000000,6500000&bboxSR=102100&size=1024,768"
    '&patchSize=30,30&layers=show:1&layerDefs={"1":"A=1"}&dynamicLayers=[{"id":1}]',
    "size=400,400&f=json&layers=show:7",
    "size=640&returnVisibleOnly=false&f=json",
    "f=json&transparent=true&size=20,20&LAYERS=show:2",
    "size=12,12&f=json",
]


@pytest.mark.parametrize("query", LEGEND_QUERIES)
def test_legend_requests_decode_also_without_a_box(query):
    request = decode(query, Operation.QUERY_LEGENDS)
    assert request.size.width in (1024, 400, 640, 20, 12)


def test_one_number_as_size_is_a_square():
    assert decode("size=640", Operation.QUERY_LEGENDS).size == Size(640, 640)


def test_a_pasted_html_form_holds_every_parameter_empty():
    names = [row.wire for row in BY_NAME.values() if row.wire != "bbox"]
    request = decode("bbox=0,0,1,1&" + "&".join(f"{name}=" for name in names))
    assert request.given() == {"bbox": Extent(0, 0, 1, 1)}
