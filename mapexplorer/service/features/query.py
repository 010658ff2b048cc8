"""The query operation of a layer: features, ids, counts, extents, statistics (Esri, Query of a map layer)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from mapexplorer.protocol import FEATURE_FILTERS, Extent, ParameterError, RequestErrors, SpatialReference
from mapexplorer.protocol.numerals import shorten
from mapexplorer.protocol.spatial_filter import SpatialRelation
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.features.geometry_json import (
    MOST_DIGITS,
    GeometryForm,
    esri_geometries,
    fitting,
    geojson_geometries,
    geometries_of,
)
from mapexplorer.service.features.given import Given
from mapexplorer.service.features.having import Having, read_having
from mapexplorer.service.features.naming import bare, listed
from mapexplorer.service.features.search import SearchShape, matching, read_shape
from mapexplorer.service.features.selection import filtered_view
from mapexplorer.service.features.statistics import (
    Statistic,
    distinct_rows,
    read_statistics,
    rows_as_attributes,
    settled,
    sorted_rows,
    statistic_fields,
    summarise,
)
from mapexplorer.service.features.values import attributes_of
from mapexplorer.service.fields import FieldInfo, find_name
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.projection import crs_of
from mapexplorer.service.versions import in_version

Rows = npt.NDArray[np.int64]
Pairs = Sequence[tuple[str, str]]

FORMS: Final = ("json", "pjson", "geojson")
WGS_84: Final = SpatialReference(wkid=4326)
_NOT_HERE: Final = "is not supported by this operation of the service"
_ORDER: Final = re.compile(r"(.+?)(?:\s+(asc|desc))?", re.IGNORECASE)


@dataclass
class _Asked:
    """A query with everything in it read and checked."""

    form: str
    out_fields: tuple[str, ...]
    geometry: bool
    centroid: bool
    ids_only: bool
    count_only: bool
    extent_only: bool
    distinct: bool
    order: tuple[tuple[str, bool], ...]
    offset: int
    most: int
    statistics: tuple[tuple[Statistic, FieldInfo], ...]
    groups: tuple[str, ...]
    having: Having | None
    reference: SpatialReference
    shape: SearchShape | None
    relation: SpatialRelation
    pattern: str | None
    object_ids: tuple[int, ...] | None
    max_offset: float | None
    precision: int | None


def query(catalog: MapCatalog, layer: FeatureLayer, pairs: Pairs, limits: Limits) -> dict[str, Any]:
    """Return the answer to a query of one layer. Raises `RequestErrors`."""
    given = Given(pairs)
    layer = _in_version(catalog, layer, given.text("gdbVersion"))
    asked = _read(catalog, layer, given, limits)
    given.check()
    layer, rows = _found(catalog, layer, given, asked, limits)
    if asked.statistics:
        return _statistics(layer, rows, asked, limits)
    if asked.distinct:
        return _distinct(layer, rows, asked)
    if asked.count_only and asked.extent_only:
        return {"count": len(rows), **_extent(layer, rows, asked)}
    if asked.count_only:
        return {"count": len(rows)}
    if asked.extent_only:
        return {**_extent(layer, rows, asked), "count": len(rows)}
    if asked.order:
        rows = rows[sorted_rows(layer.table.iloc[rows], asked.order)]
    if asked.ids_only:
        return {"objectIdFieldName": layer.object_id_field, "objectIds": layer.object_ids[rows].tolist()}
    return _features(layer, rows, asked, limits)


def _in_version(catalog: MapCatalog, layer: FeatureLayer, version: str | None) -> FeatureLayer:
    """Return the layer as a version has it, which may have other fields."""
    try:
        found = in_version(catalog, version).layer(layer.id)
    except ParameterError as fault:
        raise RequestErrors([fault]) from None
    return found if isinstance(found, FeatureLayer) else layer


def _read(catalog: MapCatalog, layer: FeatureLayer, given: Given, limits: Limits) -> _Asked:
    form = given.form(*FORMS)
    for name in ("distance", "text", "quantizationParameters", "datumTransformation"):
        given.refuse(name, _NOT_HERE, "0")
    for name in ("parameterValues", "rangeValues"):
        given.refuse(name, f"{_NOT_HERE}; give layerParameterValues or layerRangeValues")
    given.refuse("sqlFormat", "expected standard", "standard", "none")
    given.refuse("returnTrueCurves", _NOT_HERE, "false")
    centroid = given.flag("returnCentroid", False)
    if centroid and form == "geojson":
        given.fault("returnCentroid", "GeoJSON has no place for it; ask for f=json")
    names = _names_in(layer)
    statistics = given.read("outStatistics", lambda text: settled(read_statistics(text), layer.fields)) or ()
    groups = given.read("groupByFieldsForStatistics", names) or ()
    if groups and not statistics:
        given.fault("groupByFieldsForStatistics", "needs outStatistics")
    having = given.read(
        "having", lambda text: read_having(text, statistics, groups, layer.fields, layer.object_id_field)
    )
    if having is not None and not statistics:
        given.fault("having", "needs outStatistics")
    made = tuple(field.name for field in statistic_fields(statistics)) + groups
    sortable = made if statistics else tuple(field.name for field in layer.fields)
    order = given.read("orderByFields", lambda text: _order(text, sortable))
    reference = given.reference("outSR") or (WGS_84 if form == "geojson" else catalog.spatial_reference)
    relation, pattern = _relation(given)
    precision = given.count("geometryPrecision")
    return _Asked(
        form=form,
        out_fields=given.read("outFields", names) or _default_fields(layer),
        geometry=given.flag("returnGeometry", True),
        centroid=centroid and layer.geometry_type == "esriGeometryPolygon",
        ids_only=given.flag("returnIdsOnly", False),
        count_only=given.flag("returnCountOnly", False),
        extent_only=given.flag("returnExtentOnly", False),
        distinct=given.flag("returnDistinctValues", False),
        order=order or (),
        offset=given.count("resultOffset") or 0,
        most=_most(given, limits),
        statistics=statistics,
        groups=groups,
        having=having,
        reference=reference,
        shape=_shape(catalog, given),
        relation=relation,
        pattern=pattern,
        object_ids=given.read("objectIds", lambda text: _ids(text, limits)),
        max_offset=given.number("maxAllowableOffset"),
        precision=None if precision is None else min(precision, MOST_DIGITS),
    )


def _most(given: Given, limits: Limits) -> int:
    asked = given.count("resultRecordCount")
    return limits.max_records if not asked else min(asked, limits.max_records)


def _default_fields(layer: FeatureLayer) -> tuple[str, ...]:
    return tuple(dict.fromkeys((layer.object_id_field, layer.display_field)))


def _names_in(layer: FeatureLayer) -> Any:
    """Return a function that gives the fields of a list of names as the layer spells them."""

    def field(part: str) -> str | None:
        return find_name(layer.fields, part) or find_name(layer.fields, bare(part))

    def names(text: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part in listed(text, lambda some: field(some) is not None):
            if part == "*":
                found |= dict.fromkeys(one.name for one in layer.fields)
                continue
            name = field(part)
            if name is None:
                raise ValueError(f"the layer has no field {shorten(part)}")
            found[name] = None
        return tuple(found)

    return names


def _order(text: str, names: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    folded = {name.casefold(): name for name in names}

    def key(part: str) -> tuple[str, bool] | None:
        match = _ORDER.fullmatch(part)
        written = "" if match is None else match[1].strip()
        name = folded.get(written.casefold()) or folded.get(bare(written).casefold())
        return None if match is None or name is None else (name, (match[2] or "").lower() == "desc")

    keys = []
    for part in listed(text, lambda some: key(some) is not None):
        found = key(part)
        if found is None:
            raise ValueError(f"expected fields, each with ASC or DESC, not {shorten(part)}")
        keys.append(found)
    return tuple(keys)


def _relation(given: Given) -> tuple[SpatialRelation, str | None]:
    words = [relation.value for relation in SpatialRelation]
    relation = SpatialRelation(given.word("spatialRel", words, SpatialRelation.INTERSECTS.value))
    pattern = given.text("relationParam")
    if relation is SpatialRelation.RELATION and (
        pattern is None or re.fullmatch("[TF*012]{9}", pattern) is None
    ):
        given.fault("relationParam", "expected nine letters of T F * 0 1 2")
    return relation, pattern


def _shape(catalog: MapCatalog, given: Given) -> SearchShape | None:
    geometry_type = given.text("geometryType") or "esriGeometryEnvelope"
    reference = given.reference("inSR")
    return given.read("geometry", lambda text: read_shape(text, geometry_type, reference, catalog.crs))


def _ids(text: str, limits: Limits) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) > limits.max_ids:
        raise ValueError(f"expected at most {limits.max_ids} ids")
    if not all(re.fullmatch(r"\s*-?[0-9]{1,18}\s*", part) for part in parts):
        raise ValueError("expected whole numbers separated by commas")
    return tuple(int(part) for part in parts)


def _found(
    catalog: MapCatalog, layer: FeatureLayer, given: Given, asked: _Asked, limits: Limits
) -> tuple[FeatureLayer, Rows]:
    """Return the layer, as its version has it, and the ascending rows that pass every filter."""
    wire = [(name, text) for name in FEATURE_FILTERS if (text := given.text(name)) is not None]
    where = given.text("where")
    choice: dict[str, Any] = {"layers": (layer.id,)}
    if where is not None:
        choice["layer_defs"] = {layer.id: where}
    view = filtered_view(catalog, wire, limits, names={"layerDefs": "where"}, any_scale=True, given=choice)
    shown = next(shown for shown in view.layers if shown.layer.id == layer.id)
    assert isinstance(shown.layer, FeatureLayer)  # noqa: S101 - it was one before
    rows = shown.rows
    if asked.object_ids is not None:
        rows = rows[np.isin(shown.layer.object_ids[rows], np.array(asked.object_ids, dtype=np.int64))]
    if asked.shape is not None:
        rows = matching(shown.layer, rows, asked.shape, asked.relation, asked.pattern)
    return shown.layer, rows


def _features(layer: FeatureLayer, rows: Rows, asked: _Asked, limits: Limits) -> dict[str, Any]:
    page = rows[asked.offset : asked.offset + asked.most]
    form = GeometryForm(crs_of(asked.reference), asked.max_offset, asked.precision)
    drawn = asked.geometry or asked.centroid
    if drawn:
        page = page[: fitting(layer, page, limits.answer_vertices) or 1]
    more = asked.offset + len(page) < len(rows)
    geometries = geometries_of(layer, page, form) if drawn else None
    if asked.form == "geojson":
        return _collection(layer, page, asked, geometries, more)
    body = _head(layer, _fields_named(layer, asked.out_fields))
    features: list[dict[str, Any]] = [
        {"attributes": attributes} for attributes in attributes_of(layer, page, asked.out_fields)
    ]
    if geometries is not None:
        body |= {"geometryType": layer.geometry_type, "spatialReference": asked.reference.to_json()}
    if geometries is not None and asked.geometry:
        _add(features, "geometry", esri_geometries(geometries, layer.geometry_type, asked.precision))
    if geometries is not None and asked.centroid:
        middles = shapely.centroid(geometries)
        middles[shapely.is_empty(middles)] = None
        _add(features, "centroid", esri_geometries(middles, "esriGeometryPoint", asked.precision))
    body["features"] = features
    return {**body, "exceededTransferLimit": True} if more else body


def _add(features: list[dict[str, Any]], key: str, values: Iterable[dict[str, Any] | None]) -> None:
    for feature, value in zip(features, values, strict=True):
        if value is not None:
            feature[key] = value


def _collection(
    layer: FeatureLayer, rows: Rows, asked: _Asked, geometries: Any, more: bool
) -> dict[str, Any]:
    written = [None] * len(rows) if geometries is None else geojson_geometries(geometries, asked.precision)
    features = [
        {"type": "Feature", "id": ident, "geometry": geometry, "properties": attributes}
        for ident, geometry, attributes in zip(
            layer.object_ids[rows].tolist(),
            written,
            attributes_of(layer, rows, asked.out_fields),
            strict=True,
        )
    ]
    body: dict[str, Any] = {"type": "FeatureCollection"}
    code = asked.reference.code
    if not asked.reference.same_as(WGS_84) and code is not None:
        body["crs"] = {"type": "name", "properties": {"name": f"EPSG:{code}"}}
    if more:
        body |= {"exceededTransferLimit": True, "properties": {"exceededTransferLimit": True}}
    return {**body, "features": features}


def _head(layer: FeatureLayer, fields: Sequence[FieldInfo]) -> dict[str, Any]:
    return {
        "displayFieldName": layer.display_field,
        "fieldAliases": {field.name: field.name for field in fields},
        "objectIdFieldName": layer.object_id_field,
        "fields": [_field_body(field) for field in fields],
    }


def _field_body(field: FieldInfo) -> dict[str, Any]:
    length = {} if field.length is None else {"length": field.length}
    return {"name": field.name, "type": field.type, "alias": field.name, **length}


def _fields_named(layer: FeatureLayer, names: Sequence[str]) -> list[FieldInfo]:
    known: Mapping[str, FieldInfo] = {field.name: field for field in layer.fields}
    return [known[name] for name in names]


def _extent(layer: FeatureLayer, rows: Rows, asked: _Asked) -> dict[str, Any]:
    box = np.full(4, np.nan)
    if len(rows):
        box = shapely.total_bounds(geometries_of(layer, rows, GeometryForm(crs_of(asked.reference))))
    if not np.isfinite(box).all():
        return {"extent": None}
    xmin, ymin, xmax, ymax = box.tolist()
    extent = Extent(xmin, ymin, xmax, ymax, asked.reference)
    return {"extent": extent.to_json()}


def _statistics(layer: FeatureLayer, rows: Rows, asked: _Asked, limits: Limits) -> dict[str, Any]:
    wanted, having = asked.statistics, asked.having
    further = () if having is None else having.statistics
    table = summarise(layer.table.iloc[rows], asked.groups, (*wanted, *further))
    if having is not None:
        table = table[having.kept(table)].drop(columns=[statistic.name for statistic, _ in further])
    table = table.iloc[sorted_rows(table, asked.order)]
    if asked.count_only:
        return {"count": len(table)}
    page = table.iloc[asked.offset : asked.offset + asked.most]
    fields = [*_fields_named(layer, asked.groups), *statistic_fields(asked.statistics)]
    return _table(layer, fields, rows_as_attributes(page), asked, asked.offset + len(page) < len(table))


def _distinct(layer: FeatureLayer, rows: Rows, asked: _Asked) -> dict[str, Any]:
    table = layer.table.iloc[rows]
    table = table.iloc[distinct_rows(table, asked.out_fields)]
    table = table.iloc[sorted_rows(table, asked.order)]
    if asked.count_only:
        return {"count": len(table)}
    page = table.iloc[asked.offset : asked.offset + asked.most][list(asked.out_fields)]
    fields = _fields_named(layer, asked.out_fields)
    return _table(layer, fields, rows_as_attributes(page), asked, asked.offset + len(page) < len(table))


def _table(
    layer: FeatureLayer,
    fields: Sequence[FieldInfo],
    attributes: Sequence[dict[str, Any]],
    asked: _Asked,
    more: bool,
) -> dict[str, Any]:
    """Return rows that are no features of their own."""
    exceeded = {"exceededTransferLimit": True} if more else {}
    if asked.form == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": row} for row in attributes]
        return {"type": "FeatureCollection", **exceeded, "features": features}
    body = _head(layer, fields)
    del body["objectIdFieldName"]
    return {**body, "features": [{"attributes": row} for row in attributes], **exceeded}
