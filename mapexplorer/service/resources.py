"""Bodies of the metadata resources: the service, its layers, the list of services.

What they announce is what the service does: every `supports…` flag of a parameter that is refused is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mapexplorer.protocol import SpatialReference, TimeRelation, TimeUnit
from mapexplorer.protocol.spatial_filter import SpatialRelation
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.datum_choices import offered_transformations
from mapexplorer.service.document import FEATURE_LAYER, LayerDocument
from mapexplorer.service.dynamic import DescribedLayer
from mapexplorer.service.fields import FieldInfo
from mapexplorer.service.labels.classes import labels_on
from mapexplorer.service.layers import FeatureLayer, Layer, RasterLayer
from mapexplorer.service.limits import DEFAULT_LIMITS, Limits
from mapexplorer.service.projection import crs_of, reference_of
from mapexplorer.service.temporal import TimeRule, time_rule
from mapexplorer.service.view import FORMATS
from mapexplorer.service.worlds import extent_beyond

CURRENT_VERSION: Final = 11.4
CAPABILITIES: Final = "Map,Query,Data"
"""Data is what the ArcGIS API for JavaScript looks for before it queries the features of a layer."""
QUERY_FORMATS: Final = "JSON, geoJSON"
QUERY_KEYS: Final[Mapping[str, Any]] = {
    "supportedQueryFormats": QUERY_FORMATS,
    "supportsStatistics": True,
    "supportsAdvancedQueries": True,
    "supportsCoordinatesQuantization": False,
    "hasAttachments": False,
    "htmlPopupType": "esriServerHTMLPopupTypeNone",
    "relationships": [],
    "typeIdField": None,
    "types": [],
    "advancedQueryCapabilities": {
        "useStandardizedQueries": True,
        "supportsStatistics": True,
        "supportsOrderBy": True,
        "supportsDistinct": True,
        "supportsPagination": True,
        "supportsPaginationOnAggregatedQueries": True,
        "supportsReturningQueryExtent": True,
        "supportsQueryWithDistance": False,
        "supportsHavingClause": True,
        "supportsPercentileStatistics": False,
        "supportsTrueCurve": False,
        "supportsReturningGeometryCentroid": True,
        "supportsSqlExpression": False,
    },
    "supportedSpatialRelationships": [relation.value for relation in SpatialRelation],
}
_WGS_84: Final = SpatialReference(4326)
TIME_REFERENCE: Final = {"timeZone": "UTC", "respectsDaylightSaving": False}

_UNITS: Final = {
    "metre": "esriMeters",
    "foot": "esriFeet",
    "US survey foot": "esriFeet",
    "kilometre": "esriKilometers",
    "degree": "esriDecimalDegrees",
}


def info(*, secured: bool = False) -> dict[str, Any]:
    """Return the body of `/arcgis/rest/info`, which is answered without a token."""
    return {
        "currentVersion": CURRENT_VERSION,
        "fullVersion": "11.4.0",
        "authInfo": {"isTokenBasedSecurity": secured},
    }


def folders_of(names: Iterable[str]) -> list[str]:
    """Return the folders that the services of some names stand in."""
    return list(dict.fromkeys(name.partition("/")[0] for name in names if "/" in name))


def services(names: Iterable[str], folder: str = "") -> dict[str, Any]:
    """Return the body of `/arcgis/rest/services`, or of one of its folders."""
    known = list(names)
    here = [name for name in known if name.rpartition("/")[0] == folder]
    return {
        "currentVersion": CURRENT_VERSION,
        "folders": [] if folder else folders_of(known),
        "services": [{"name": name, "type": "MapServer"} for name in here],
    }


def root(catalog: MapCatalog, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return the body of the service itself."""
    document = catalog.document
    min_scale, max_scale = _map_scales(catalog)
    body = {
        "currentVersion": CURRENT_VERSION,
        "mapName": document.name,
        "serviceDescription": document.description,
        "description": document.description,
        "copyrightText": document.copyright_text,
        "documentInfo": {"Title": document.title or document.name, "Comments": document.description},
        "capabilities": CAPABILITIES,
        "layers": [_summary(catalog, layer) for layer in catalog.layers],
        "tables": [],
        "spatialReference": catalog.spatial_reference.to_json(),
        "initialExtent": catalog.initial_extent.to_json(),
        "fullExtent": catalog.full_extent.to_json(),
        "units": _UNITS.get(_unit_name(catalog), "esriUnknownUnits"),
        "minScale": min_scale,
        "maxScale": max_scale,
        "referenceScale": document.reference_scale,
        "singleFusedMapCache": False,
        "exportTilesAllowed": False,
        "supportedImageFormatTypes": ",".join(image_format.value.upper() for image_format in FORMATS),
        "maxImageWidth": document.max_image_width,
        "maxImageHeight": document.max_image_height,
        "maxRecordCount": limits.max_records,
        "supportedQueryFormats": QUERY_FORMATS,
        "supportsDynamicLayers": True,
        "workspaces": catalog.workspaces.listed(),
        "supportsTimeRelation": True,
        "supportsSpatialFilter": True,
        "supportsClipping": True,
        "supportsDatumTransformation": True,
        "datumTransformations": _datum_transformations(catalog),
        "hasVersionedData": any(_versioned(layer) for layer in catalog.layers),
        "archivingInfo": {"supportsHistoricMoment": any(_archived(layer) for layer in catalog.layers)},
        "datesInUnknownTimezone": False,
    }
    time_info = _map_time_info(catalog)
    return body if time_info is None else {**body, "timeInfo": time_info}


def item_info(catalog: MapCatalog) -> dict[str, Any]:
    """Return the body of `info/iteminfo`, by which portals and desktop programs describe a service."""
    document = catalog.document
    try:
        west, south, east, north = extent_beyond(catalog.full_extent, catalog.crs, crs_of(_WGS_84))
    except ValueError:
        west, south, east, north = -180.0, -90.0, 180.0, 90.0
    return {
        "name": document.name,
        "title": document.title or document.name,
        "type": "Map Service",
        "typeKeywords": ["Data", "Service", "Map Service", "ArcGIS Server"],
        "snippet": document.description,
        "description": document.description,
        "tags": [],
        "thumbnail": None,
        "extent": [[west, south], [east, north]],
        "spatialReference": catalog.crs.name,
        "accessInformation": document.copyright_text,
        "licenseInfo": "",
        "culture": "",
    }


def _datum_transformations(catalog: MapCatalog) -> list[dict[str, Any]]:
    drawn = (layer.crs for layer in catalog.layers if isinstance(layer, FeatureLayer | RasterLayer))
    return offered_transformations(drawn, crs_of(catalog.spatial_reference))


def all_layers(catalog: MapCatalog, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return the body of `/layers`."""
    return {"layers": [layer_body(catalog, layer, limits) for layer in catalog.layers], "tables": []}


def layer_body(catalog: MapCatalog, layer: Layer, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return the body of one layer."""
    document = layer.document
    parent = catalog.layer(layer.parent_id)
    extent = catalog.extents[layer.id]
    min_scale, max_scale = catalog.tree.effective_scales(layer.id)
    body: dict[str, Any] = {
        "currentVersion": CURRENT_VERSION,
        "id": layer.id,
        "name": layer.name,
        "type": document.type,
        "description": "",
        "copyrightText": "",
        "parentLayer": None if parent is None else {"id": parent.id, "name": parent.name},
        "subLayers": [{"id": child.id, "name": child.name} for child in _children(catalog, layer)],
        "defaultVisibility": layer.default_visibility,
        "minScale": layer.min_scale,
        "maxScale": layer.max_scale,
        "effectiveMinScale": min_scale,
        "effectiveMaxScale": max_scale,
        "extent": None if extent is None else extent.to_json(),
        "capabilities": CAPABILITIES if isinstance(layer, FeatureLayer) else "Map",
        "hasLabels": bool(labels_on(document)),
        "canModifyLayer": not layer.is_group,
        "canScaleSymbols": isinstance(layer, FeatureLayer) and catalog.document.reference_scale > 0,
        "supportsDynamicLegends": not layer.is_group,
        "supportsQueryWithHistoricMoment": _archived(layer),
        "isDataVersioned": _versioned(layer),
    }
    if isinstance(layer, FeatureLayer):
        body |= {**_feature_keys(layer), **QUERY_KEYS, "maxRecordCount": limits.max_records}
    elif isinstance(layer, RasterLayer):
        reference = reference_of(layer.crs)
        body["sourceSpatialReference"] = None if reference is None else reference.to_json()
        body["bandCount"] = layer.bands
        body["drawingInfo"] = {"transparency": layer.transparency}
    return body


def described_body(described: DescribedLayer, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return the body of a layer that a request describes; rows without geometries are those of a table."""
    body = layer_body(described.catalog, described.layer, limits)
    if isinstance(described.layer, FeatureLayer) and not described.drawn:
        del body["drawingInfo"]
    if isinstance(described.layer, FeatureLayer) and not described.spatial:
        body |= {"type": "Table", "geometryType": None, "canModifyLayer": False}
    return body


def _feature_keys(layer: FeatureLayer) -> dict[str, Any]:
    document = layer.document
    reference = reference_of(layer.crs)
    keys: dict[str, Any] = {
        "geometryType": layer.geometry_type,
        "sourceSpatialReference": None if reference is None else reference.to_json(),
        "objectIdField": layer.object_id_field,
        "displayField": layer.display_field,
        "definitionExpression": document.definition_expression or "",
        "fields": [_field(field, document) for field in layer.fields],
        "drawingInfo": {
            "renderer": layer.renderer.to_json(),
            "transparency": layer.transparency,
            "labelingInfo": [entry.to_json() for entry in labels_on(document)] or None,
        },
    }
    if document.time_info is not None:
        keys["timeInfo"] = _time_info(layer)
    if layer.ranges:
        keys["rangeInfos"] = [
            {
                "name": item.info.name,
                "field": item.info.field,
                "fullRangeExtent": None if item.full_extent is None else list(item.full_extent),
                **_current_range(item.info.current_range_extent),
            }
            for item in layer.ranges
        ]
    if document.parameter_infos:
        keys["parameterInfos"] = [parameter.to_json() for parameter in document.parameter_infos]
    if document.unique_id_info is not None:
        keys["uniqueIdInfo"] = document.unique_id_info.to_json()
    return keys


def _current_range(extent: tuple[float | None, float | None] | None) -> dict[str, Any]:
    return {} if extent is None else {"currentRangeExtent": list(extent)}


def _field(field: FieldInfo, document: LayerDocument) -> dict[str, Any]:
    domain = document.domains.get(field.name)
    body: dict[str, Any] = {"name": field.name, "type": field.type, "alias": field.name}
    if field.length is not None:
        body["length"] = field.length
    body["domain"] = None if domain is None else {**domain.to_json(), "name": domain.name or field.name}
    return body


def _time_info(layer: FeatureLayer) -> dict[str, Any]:
    time_info = layer.document.time_info
    assert time_info is not None  # noqa: S101 - the caller looked
    extent = None if layer.time is None else layer.time.extent
    return {
        "startTimeField": time_info.start_time_field,
        "endTimeField": time_info.end_time_field,
        "trackIdField": time_info.track_id_field,
        "timeExtent": None if extent is None else list(extent),
        "timeReference": TIME_REFERENCE,
        "timeInterval": time_info.time_interval or 0,
        "timeIntervalUnits": (time_info.time_interval_units or TimeUnit.UNKNOWN).value,
        "hasLiveData": False,
        "exportOptions": _export_options(time_rule(None, time_info.export_options)),
    }


def _export_options(rule: TimeRule) -> dict[str, Any]:
    return {
        "useTime": rule.use_time,
        "timeDataCumulative": rule.cumulative,
        "timeOffset": rule.offset,
        "timeOffsetUnits": rule.unit.value,
    }


def _versioned(layer: Layer) -> bool:
    return isinstance(layer, FeatureLayer) and bool(layer.versions)


def _archived(layer: Layer) -> bool:
    return isinstance(layer, FeatureLayer) and layer.archive is not None


def _map_time_info(catalog: MapCatalog) -> dict[str, Any] | None:
    timed = [
        layer for layer in catalog.layers if isinstance(layer, FeatureLayer) and layer.document.time_info
    ]
    if not timed:
        return None
    extents = [
        layer.time.extent for layer in timed if layer.time is not None and layer.time.extent is not None
    ]
    intervals = [layer.document.time_info for layer in timed if layer.document.time_info is not None]
    first = next((item for item in intervals if item.time_interval), intervals[0])
    return {
        "timeExtent": [min(start for start, _ in extents), max(end for _, end in extents)]
        if extents
        else None,
        "timeReference": TIME_REFERENCE,
        "timeRelation": TimeRelation.OVERLAPS.value,
        "defaultTimeInterval": first.time_interval or 0,
        "defaultTimeIntervalUnits": (first.time_interval_units or TimeUnit.UNKNOWN).value,
        "defaultTimeWindow": 0,
        "defaultTimeWindowUnits": TimeUnit.UNKNOWN.value,
        "hasLiveData": False,
    }


def _summary(catalog: MapCatalog, layer: Layer) -> dict[str, Any]:
    children = [child.id for child in _children(catalog, layer)]
    body: dict[str, Any] = {
        "id": layer.id,
        "name": layer.name,
        "type": layer.document.type,
        "parentLayerId": layer.parent_id,
        "subLayerIds": children or None,
        "defaultVisibility": layer.default_visibility,
        "minScale": layer.min_scale,
        "maxScale": layer.max_scale,
        "supportsDynamicLegends": not layer.is_group,
    }
    if layer.document.type == FEATURE_LAYER and isinstance(layer, FeatureLayer):
        body["geometryType"] = layer.geometry_type
    return body


def _children(catalog: MapCatalog, layer: Layer) -> tuple[Any, ...]:
    children: Mapping[int, tuple[Any, ...]] = catalog.tree.children
    return children.get(layer.id, ()) if layer.is_group else ()


def _map_scales(catalog: MapCatalog) -> tuple[float, float]:
    """Return the range in which any leaf is drawn, 0 meaning no limit."""
    ranges = [catalog.tree.effective_scales(leaf) for leaf in catalog.tree.leaves]
    minimums = [low for low, _ in ranges]
    maximums = [high for _, high in ranges]
    min_scale = 0.0 if not minimums or 0 in minimums else max(minimums)
    return min_scale, 0.0 if not maximums or 0 in maximums else min(maximums)


def _unit_name(catalog: MapCatalog) -> str:
    return "degree" if catalog.crs.is_geographic else str(catalog.crs.axis_info[0].unit_name)
