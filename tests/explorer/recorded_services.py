"""What real services say about themselves, as oddly as they were seen to: versions, groups, NaN, null, texts.

Written after recorded answers; names and places are made up.
"""

from __future__ import annotations

import json
from typing import Any

from mapexplorer.protocol import LayerInfo, ServiceInfo

from .fake_service import FakeService

WORLD = {"xmin": -2e7, "ymin": -2e7, "xmax": 2e7, "ymax": 2e7, "spatialReference": {"wkid": 102100}}


def layer(ident: int, name: Any = "Layer", **keys: Any) -> dict[str, Any]:
    return {"id": ident, "name": name, "type": "Feature Layer", "defaultVisibility": True, **keys}


def group(ident: int, name: str, children: list[int], **keys: Any) -> dict[str, Any]:
    return layer(ident, name, type="Group Layer", subLayerIds=children, **keys)


CACHED_10_04 = {
    "currentVersion": 10.04,
    "capabilities": "Map,Query,Data",
    "singleFusedMapCache": True,
    "tileInfo": {"rows": 256, "cols": 256, "lods": [{"level": 0, "resolution": 1.0, "scale": 3779.5}]},
    "units": "esriFeet",
    "spatialReference": {"wkid": 102113},
    "initialExtent": {"xmin": 0, "ymin": 0, "xmax": 1e6, "ymax": 1e6, "spatialReference": {"wkid": 102113}},
    "supportedImageFormatTypes": "PNG24,PNG,JPG,DIB,TIFF,EMF,PS,PDF,GIF,SVG",
    "layers": [
        group(0, "Base", [1, 2]),
        group(1, "Hydro", [3], parentLayerId=0, minScale=50000, maxScale=0),
        layer(2, "Parcels", parentLayerId=0, minScale="1.0000001E7", subLayerIds=None),
        layer(3, "Wells", parentLayerId=1, defaultVisibility=False),
    ],
}
TIMED_10_71: dict[str, Any] = {
    "currentVersion": 10.71,
    "capabilities": "Map",
    "supportsDynamicLayers": True,
    "spatialReference": {"wkid": 102100, "latestWkid": 3857},
    "fullExtent": WORLD,
    "layers": [layer(7, "Quakes"), layer(9, "Never timed")],
    "timeInfo": {"timeExtent": None, "timeReference": None, "defaultTimeInterval": 0,
                 "defaultTimeIntervalUnits": "esriTimeUnitsUnknown", "hasLiveData": True},
}  # fmt: skip
NAN_10_91 = {
    "currentVersion": 10.91,
    "spatialReference": {"wkt": 'PROJCS["Odd",GEOGCS["GCS"],UNIT["Meter",1.0]]'},
    "initialExtent": {"xmin": float("nan"), "ymin": float("nan"), "xmax": float("nan"), "ymax": float("nan")},
    "fullExtent": {"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"},
    "minScale": float("nan"),
    "maxImageWidth": 0,
    "maxImageHeight": None,
    "layers": [layer(0, "Empty", minScale=float("nan")), layer(1, None)],
}
MANY: dict[str, Any] = {
    "currentVersion": 10.81,
    "fullExtent": WORLD,
    "layers": [
        item
        for number in range(30)
        for item in (
            group(number * 11, f"Group {number}", list(range(number * 11 + 1, number * 11 + 11))),
            *(layer(number * 11 + k, f"Layer {number}/{k}", parentLayerId=number * 11) for k in range(1, 11)),
        )
    ],
}
KEYS = (
    "currentVersion", "capabilities", "mapName", "description", "copyrightText", "documentInfo", "layers",
    "tables", "spatialReference", "initialExtent", "fullExtent", "units", "supportedImageFormatTypes",
    "maxImageWidth", "maxImageHeight", "minScale", "maxScale", "timeInfo", "supportsDynamicLayers",
    "supportsTimeRelation", "supportsClipping", "supportsSpatialFilter", "supportsDatumTransformation",
    "datumTransformations",
    "hasVersionedData", "archivingInfo", "serviceDescription", "referenceScale", "currentRangeExtent",
)  # fmt: skip
NULLS: dict[str, Any] = dict.fromkeys(KEYS)
EVERYTHING_11_4 = {
    "currentVersion": 11.4,
    "cimVersion": "3.4.0",
    "fullExtent": WORLD,
    "supportsDynamicLayers": True, "supportsTimeRelation": True, "supportsClipping": True,
    "supportsSpatialFilter": True, "supportsDatumTransformation": True, "hasVersionedData": True,
    "datumTransformations": [{"geoTransforms": [{"wkid": 1623, "transformForward": True, "name": "A_To_B"}]},
                             {"geoTransforms": []}, {}, None],
    "archivingInfo": {"supportsHistoricMoment": True},
    "layers": [layer(0, "Rich")],
    "timeInfo": {"timeExtent": [1199145600000, 1262304000000], "defaultTimeInterval": 1,
                 "defaultTimeIntervalUnits": "esriTimeUnitsMonths"},
}  # fmt: skip
WRONG_TYPES = {
    "currentVersion": "11.1",
    "layers": "none",
    "fullExtent": [1, 2, 3, 4],
    "spatialReference": "EPSG:3857",
    "timeInfo": [],
    "supportedImageFormatTypes": ["PNG", 5],
    "maxImageWidth": "4096",
    "supportsDynamicLayers": "true",
    "documentInfo": "x",
}
ODD_FIELDS = [
    {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID"},
    {"name": "Straße (m²)", "type": "esriFieldTypeDouble", "alias": "<b>Länge</b>", "domain": None},
    {"name": "", "type": "esriFieldTypeString"},
    {"name": "select", "type": "esriFieldTypeString", "domain": {"type": "codedValue", "codedValues": None}},
    {"name": "kind", "type": "esriFieldTypeSmallInteger", "domain": {
        "type": "codedValue", "name": "Kinds",
        "codedValues": [{"name": "A", "code": 1}, {"name": None, "code": None}]}},
    {"name": "depth", "type": "esriFieldTypeSingle", "domain": {"type": "range", "range": [0, None]}},
    {"name": "kept", "type": "esriFieldTypeInteger", "domain": {"type": "inherited"}},
    {"name": "when", "type": "esriFieldTypeDate", "length": None},
    {"name": "day", "type": "esriFieldTypeDateOnly"},
    {"name": "Shape", "type": "esriFieldTypeGeometry"},
    {"name": "guid", "type": "esriFieldTypeGlobalID"},
    {"name": "doc", "type": "esriFieldTypeXML"},
    {"name": "kept", "type": "esriFieldTypeString"},
    {"name": None, "type": None},
    None,
]  # fmt: skip
QUAKES = layer(
    7, "Quakes", fields=ODD_FIELDS, extent={"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"},
    geometryType="esriGeometryPoint", displayField="", typeIdField=None, types=[], minScale="0", maxScale="0",
    drawingInfo={
        "renderer": {"type": "heatmap", "colorStops": []}, "transparency": None, "labelingInfo": None},
    timeInfo={"startTimeField": "when", "endTimeField": None, "trackIdField": "", "timeExtent": [None, None],
              "timeInterval": 0, "timeIntervalUnits": None, "timeReference": None, "exportOptions": {
                  "useTime": True, "timeDataCumulative": None, "timeOffset": None, "timeOffsetUnits": ""}},
)  # fmt: skip
RICH = layer(
    0, "Rich", fields=ODD_FIELDS, geometryType="esriGeometryPolygon", supportsQueryWithHistoricMoment=True,
    isDataVersioned=True, archivingInfo={"supportsHistoricMoment": True, "startArchivingMoment": None},
    drawingInfo={"renderer": {"type": "uniqueValue", "field1": "kind", "uniqueValueInfos": [
        {"value": "1", "label": "", "symbol": None}, {"value": None}]}},
    rangeInfos=[
        {"name": "depth", "field": "depth", "fullRangeExtent": [None, "NaN"], "currentRangeExtent": None},
        {"name": None, "field": None}, {"name": "one", "field": "kept", "fullRangeExtent": [5, 5]}, None],
    parameterInfos=[
        {"name": "POP", "dataType": "Integer", "defaultValue": None, "allowMultipleValues": True},
        {"name": "WHEN", "dataType": "Date", "defaultValue": "soon"}, {"name": "ODD", "dataType": "Raster"}],
    uniqueIdInfo={"type": "composite", "fields": ["kind", "gone"], "OIDFieldContainsHashValue": False},
    timeInfo={"startTimeField": "when", "timeExtent": [1199145600000, 1262304000000]},
)  # fmt: skip
SERVICES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "10.04, cached, groups, no time": (CACHED_10_04, [dict(item) for item in CACHED_10_04["layers"]]),  # type: ignore[attr-defined]
    "10.71, time without extent, odd fields": (TIMED_10_71, [QUAKES, layer(9, "Never timed")]),
    "10.91, extents that are no numbers": (
        NAN_10_91, [layer(0, "Empty", extent={"xmin": "NaN"}), layer(1, None)]),
    "hundreds of layers": (MANY, [dict(item, extent=WORLD) for item in MANY["layers"]]),
    "null everywhere": (NULLS, []),
    "null in the layers": ({"layers": [layer(0)]}, [dict.fromkeys(QUAKES, None) | {"id": 0}]),
    "everything of 11.4, oddly filled": (EVERYTHING_11_4, [RICH]),
    "layers that are refused": (EVERYTHING_11_4, []),
    "wrong types": (WRONG_TYPES, [{"id": "0", "fields": "none", "timeInfo": 5, "drawingInfo": "x"}]),
    "nothing at all": ({}, []),
}  # fmt: skip


def recorded(name: str) -> FakeService:
    """A service that says this, read from JSON as the client reads it."""
    root, layers = json.loads(json.dumps(SERVICES[name]), parse_constant=lambda _: None)
    service = FakeService()
    service.info = ServiceInfo.parse(root)
    service.layer_infos = tuple(LayerInfo.parse(item) for item in layers)
    return service
