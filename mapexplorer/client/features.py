"""Features as rows: the query of one layer, and what identify finds at a place of a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapexplorer.protocol import (
    FEATURE_FILTERS,
    IDENTIFY_FILTERS,
    BadAnswer,
    DynamicLayer,
    Envelope,
    Extent,
    FieldInfo,
    MapRequest,
    Multipoint,
    Operation,
    ParameterError,
    Point,
    Polygon,
    Polyline,
    Size,
    SpatialReference,
    SpatialRelation,
    strict_json,
    url_or_form,
)

from .channel import Channel

if TYPE_CHECKING:
    import pandas

Shape = Point | Multipoint | Polyline | Polygon | Envelope

_EVERY_ROW = "1=1"
_KEYS = frozenset({"features", "count", "objectIds", "results"})


@dataclass(frozen=True)
class FeatureQuery:
    """What is asked of one layer.

    ``order_by`` holds field names, each with DESC behind it where wanted; ``geometry`` carries its own
    spatial reference. Ids only, or the number of features only, come without fields.
    """

    where: str | None = None
    object_ids: Sequence[int] | None = None
    geometry: Shape | None = None
    spatial_rel: SpatialRelation = SpatialRelation.INTERSECTS
    relation_param: str | None = None
    out_fields: Sequence[str] = ("*",)
    order_by: Sequence[str] = ()
    offset: int | None = None
    count: int | None = None
    ids_only: bool = False
    count_only: bool = False

    def encode(self, layer_id: int, request: MapRequest | None) -> dict[str, str]:
        """Write the wire parameters, with the filters that a map request has for the layer."""
        wire = _filters(request, FEATURE_FILTERS)
        definition = (request.layer_defs or {}).get(layer_id) if request is not None else None
        wheres = [where for where in (definition, self.where) if where]
        wire["where"] = " AND ".join(f"({where})" for where in wheres) if wheres else _EVERY_ROW
        if self.object_ids is not None:
            wire["objectIds"] = ",".join(str(int(object_id)) for object_id in self.object_ids)
        if self.geometry is not None:
            wire |= geometry_wire(self.geometry, "inSR")
            wire["spatialRel"] = self.spatial_rel.value
            if self.relation_param is not None:
                wire["relationParam"] = self.relation_param
        wire |= {"outFields": ",".join(self.out_fields), "returnGeometry": "false", "f": "json"}
        numbers = {"resultOffset": self.offset, "resultRecordCount": self.count}
        flags = {
            "returnIdsOnly": self.ids_only,
            "returnCountOnly": self.count_only,
        }
        wire |= {name: str(number) for name, number in numbers.items() if number is not None}
        wire |= {name: "true" for name, flag in flags.items() if flag}
        if self.order_by:
            wire["orderByFields"] = ",".join(self.order_by)
        return wire


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Rows of a layer: attributes by field name; ``more`` says that the service held rows back.

    ``count`` is the number of features where that was asked, else the number of rows or ids.
    """

    fields: tuple[FieldInfo, ...]
    rows: tuple[dict[str, Any], ...]
    object_ids: tuple[int, ...]
    object_id_field: str | None
    count: int
    more: bool

    def to_frame(self) -> pandas.DataFrame:
        """Make a table; dates become moments in UTC."""
        import pandas

        names = [field.name for field in self.fields]
        table = pandas.DataFrame(list(self.rows), columns=names or None)
        for field in self.fields:
            if field.type == "esriFieldTypeDate":
                table[field.name] = pandas.to_datetime(
                    table[field.name], unit="ms", utc=True, errors="coerce"
                )
        return table


@dataclass(frozen=True)
class Identified:
    """One feature, or pixel of a raster, that lies at a place."""

    layer_id: int
    layer_name: str
    value: str
    attributes: Mapping[str, Any]


def read_features(
    channel: Channel,
    service_url: str,
    layer: int | DynamicLayer,
    asked: FeatureQuery,
    request: MapRequest | None,
) -> FeatureRows:
    """Ask a layer for features. Raises TransportError, AnswerError and ParameterError."""
    place, own = place_of(layer)
    layer_id = layer.id if isinstance(layer, DynamicLayer) else layer
    if isinstance(layer, DynamicLayer) and request is not None:
        request = request.replace(layer_defs=None, dynamic_layers=None)  # the layer has its own filter
    call = url_or_form(f"{service_url}/{place}/query", asked.encode(layer_id, request) | own)
    body, _ = channel.json(call, deadline=channel.deadline(), result_keys=_KEYS)
    body = channel.credentials.redact_tree(body)
    rows = tuple(
        dict(feature["attributes"])
        for feature in _objects(body.get("features"))
        if isinstance(feature.get("attributes"), Mapping)
    )
    ids = tuple(one for one in body.get("objectIds") or () if isinstance(one, int))
    wanted = "count" if asked.count_only else "objectIds" if asked.ids_only else "features"
    if wanted not in body:
        raise BadAnswer(f"The service answered without {wanted} where features were asked for.")
    count = body.get("count")
    name = body.get("objectIdFieldName")
    return FeatureRows(
        fields=tuple(FieldInfo.model_validate(field) for field in _objects(body.get("fields"))),
        rows=rows,
        object_ids=ids,
        object_id_field=name if isinstance(name, str) else None,
        count=count if isinstance(count, int) else len(rows) or len(ids),
        more=body.get("exceededTransferLimit") is True,
    )


@dataclass(frozen=True)
class Place:
    """A place on a map that is shown: a geometry, and the map around it in the same system."""

    geometry: Shape
    extent: Extent
    size: Size
    reference: SpatialReference
    tolerance: int = 4
    dpi: float = 96.0

    def encode(self, layers: Sequence[int] | None, request: MapRequest | None, raw: bool) -> dict[str, str]:
        """Write the wire parameters of identify."""
        wire = _filters(request, IDENTIFY_FILTERS)
        wire |= geometry_wire(self.geometry, "sr")
        listed = "" if layers is None else ":" + ",".join(map(str, layers))
        return wire | {
            "sr": self.reference.to_text(),
            "mapExtent": ",".join(f"{side:.15g}" for side in self.extent.numbers),
            "imageDisplay": f"{self.size.width},{self.size.height},{self.dpi:g}",
            "tolerance": str(self.tolerance),
            "layers": f"visible{listed}",
            "returnGeometry": "false",
            "returnFieldName": str(raw).lower(),
            "returnUnformattedValues": str(raw).lower(),
            "f": "json",
        }


def identify(
    channel: Channel,
    service_url: str,
    place: Place,
    layers: Sequence[int] | None,
    request: MapRequest | None,
    *,
    raw: bool,
) -> tuple[Identified, ...]:
    """Ask what lies at a place. Raises TransportError, AnswerError and ParameterError."""
    call = url_or_form(f"{service_url}/identify", place.encode(layers, request, raw))
    body, _ = channel.json(call, deadline=channel.deadline(), result_keys=_KEYS)
    if not isinstance(body.get("results"), list):
        raise BadAnswer("The service answered without results where an identification was asked for.")
    body = channel.credentials.redact_tree(body)
    return tuple(
        Identified(
            layer_id=result["layerId"],
            layer_name=str(result.get("layerName") or ""),
            value=str(result.get("value") or ""),
            attributes=dict(result.get("attributes") or {}),
        )
        for result in _objects(body["results"])
        if isinstance(result.get("layerId"), int) and isinstance(result.get("attributes") or {}, Mapping)
    )


def geometry_wire(geometry: Shape, reference_name: str) -> dict[str, str]:
    """Write a geometry with its type and its spatial reference."""
    body = geometry.to_json()
    reference = geometry.spatial_reference
    body.pop("spatialReference", None)
    wire = {"geometry": strict_json.dumps(body), "geometryType": geometry.geometry_type}
    return wire if reference is None else {**wire, reference_name: reference.to_text()}


def place_of(layer: int | DynamicLayer) -> tuple[str, dict[str, str]]:
    """Tell where a layer is asked about: the end of the address and what else is sent.

    A dynamic layer is described to the service (Esri, Dynamic layer / table).
    """
    if not isinstance(layer, DynamicLayer):
        return str(int(layer)), {}
    described = {"source": {"type": "mapLayer", "mapLayerId": layer.id}, **layer.to_json()}
    kept = {key: described[key] for key in ("id", "source", "definitionExpression") if key in described}
    return "dynamicLayer", {"layer": strict_json.dumps(kept)}


def known_layer(layer_id: Any) -> int | DynamicLayer:
    """Read the id of a layer, or take a dynamic layer as it is; raise ParameterError."""
    if isinstance(layer_id, DynamicLayer):
        return layer_id
    if isinstance(layer_id, bool) or not hasattr(layer_id, "__index__") or int(layer_id) < 0:
        raise ParameterError("layer_id", f"expected the id of a layer, got {layer_id!r}")
    return int(layer_id)


def _filters(request: MapRequest | None, names: Sequence[str]) -> dict[str, str]:
    if request is None:
        return {}
    wire = request.encode(Operation.QUERY_LEGENDS)
    return {name: wire[name] for name in names if name in wire}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
