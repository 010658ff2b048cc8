"""Read the layers of a document: sources, fields, expressions, times and ranges, with every fault
collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from mapexplorer.protocol import ExpressionError, Extent, Renderer
from mapexplorer.service.archive import Archive
from mapexplorer.service.definitions import bind_defaults
from mapexplorer.service.document import (
    GROUP_LAYER,
    RASTER_LAYER,
    CheckedDocument,
    LayerDocument,
    LayerSource,
)
from mapexplorer.service.expressions import Expression, Field, parse_expression
from mapexplorer.service.fields import OBJECT_ID, FieldInfo, find_name
from mapexplorer.service.labels.classes import label_faults
from mapexplorer.service.layers import (
    PUBLISHED,
    FeatureLayer,
    GroupLayer,
    Layer,
    LayerRange,
    RasterLayer,
)
from mapexplorer.service.rasters import read_raster
from mapexplorer.service.render.turning import renderer_faults
from mapexplorer.service.shapes import Shapes
from mapexplorer.service.sources import (
    POINT,
    POLYGON,
    POLYLINE,
    FeatureSource,
    SourceProblem,
    in_degrees,
    read_source,
)
from mapexplorer.service.spelling import Spelling
from mapexplorer.service.symbology import symbol_faults, symbol_warnings
from mapexplorer.service.temporal import FeatureTimes, instants


class Reader:
    """Reads the layers of a document, each source once, and collects every fault with its JSON path."""

    def __init__(self, checked: CheckedDocument, crs: CRS, given: Mapping[int, FeatureSource]) -> None:
        self._checked = checked
        self._crs = crs
        self._given = given
        self._sources: dict[LayerSource, FeatureSource] = {}
        self._shapes: dict[int, Shapes] = {}
        self.faults: list[str] = []
        self.warnings: list[str] = []

    def layers(self) -> Iterator[Layer]:
        """Yield the layers that could be read."""
        for index, document in enumerate(self._checked.document.layers):
            place = f"layers[{index}]"
            if document.type == GROUP_LAYER:
                yield GroupLayer(document)
                continue
            try:
                layer: Layer | None = (
                    self._raster(document)
                    if document.type == RASTER_LAYER
                    else self._feature(document, place)
                )
            except SourceProblem as problem:
                self.faults.append(f"{place}.source: {problem}")
                continue
            if layer is not None:
                yield layer

    def _raster(self, document: LayerDocument) -> RasterLayer:
        assert document.source is not None  # noqa: S101 - checked with the document
        source = read_raster(self._checked.resolve(document.source.path))
        return RasterLayer(
            document, source.image, Extent(*source.bounds), source.crs or self._crs, source.bands
        )

    def _source(self, document: LayerDocument) -> FeatureSource:
        if document.source is None:
            given = self._given.get(document.id)
            if given is None:
                raise SourceProblem("a layer needs a source")
            return given
        return self._read(document.source)

    def _read(self, wanted: LayerSource) -> FeatureSource:
        if wanted not in self._sources:
            path = self._checked.resolve(wanted.path)
            source = read_source(path, wanted.layer)
            self._sources[wanted] = source
            self._warn_of_degrees(source, path.name)
        return self._sources[wanted]

    def _warn_of_degrees(self, source: FeatureSource, name: str) -> None:
        """Warn of a file that names no spatial reference, so that it is in that of the map, but looks like
        degrees.
        """
        drawn = not bool(shapely.is_missing(source.geometry).all())
        if source.crs is None and self._crs.is_projected and drawn and in_degrees(source.geometry):
            self.warnings.append(
                f"{name} names no spatial reference, so its coordinates are taken as {self._crs.name}, that "
                "of the map, but all of them look like degrees; if they are, give the file a crs member"
            )

    def _feature(self, document: LayerDocument, place: str) -> FeatureLayer | None:
        layer = self._layer_of(document, self._source(document), place)
        if layer is not None:
            assert document.drawing_info is not None  # noqa: S101 - checked with the document
            self.warnings += symbol_warnings(document.drawing_info, f"{place}.drawingInfo")
            layer.versions.update(self._versions(layer, document, place))
            if layer.versions:
                layer.versions[PUBLISHED] = layer
            for other in layer.versions.values():
                other.versions.update(layer.versions)
        return layer

    def _versions(
        self, published: FeatureLayer, document: LayerDocument, place: str
    ) -> Iterator[tuple[str, FeatureLayer]]:
        """Yield the layer over the source of each of its versions, checked like the published one."""
        for name, source in document.versions.items():
            where = f"{place}.versions.{name}"
            try:
                data = self._read(source)
                layer = self._layer_of(self._possible(document, data, where), data, where)
            except SourceProblem as problem:
                self.faults.append(f"{where}: {problem}")
                continue
            if layer is None:
                continue
            if (layer.geometry_type == POLYGON, layer.geometry_type == POLYLINE) != (
                published.geometry_type == POLYGON,
                published.geometry_type == POLYLINE,
            ):
                kinds = f"{layer.geometry_type}, the published ones {published.geometry_type}"
                self.faults.append(f"{where}: its geometries are of {kinds}")
            yield name, layer

    def _possible(self, document: LayerDocument, source: FeatureSource, place: str) -> LayerDocument:
        """Return the layer without its object id field and its archive where the source of a version has
        none, with a warning: its object ids are then 1…n, and all of its rows are current.
        """
        columns = {str(column): None for column in source.table.columns}
        changes: dict[str, None] = {}
        name, archive = document.object_id_field, document.archiving_info
        if name is not None and find_name(columns, name) is None:
            self.warnings.append(f"{place}: the source has no field {name!r}, so its object ids are 1…n")
            changes["object_id_field"] = None
        if archive is not None and any(
            find_name(columns, end) is None for end in (archive.start_field, archive.end_field)
        ):
            self.warnings.append(f"{place}: the source keeps no archive, so all of its rows are current")
            changes["archiving_info"] = None
        return document.model_copy(update=changes) if changes else document

    def _layer_of(self, document: LayerDocument, source: FeatureSource, place: str) -> FeatureLayer | None:
        before = len(self.faults)
        object_id_field = self._object_id_field(document, source, place)
        fields = source.fields(object_id_field)
        names = Spelling(fields, self.faults)
        document = names.document(document, place)
        drawing = document.drawing_info
        assert drawing is not None  # noqa: S101 - checked with the document
        assert drawing.renderer is not None  # noqa: S101 - checked with the document
        renderer = names.renderer(drawing.renderer, f"{place}.drawingInfo.renderer")
        geometry_type = source.geometry_type or drawn_type(renderer)
        self.faults += symbol_faults(renderer, geometry_type, f"{place}.drawingInfo.renderer")
        if len(self.faults) == before:
            unreadable = renderer_faults(renderer, source.table)
            self.faults += [f"{place}.drawingInfo.renderer.{fault}" for fault in unreadable]
        known = {field.name.casefold(): Field(field.name, field.kind) for field in fields}
        where = f"{place}.drawingInfo.labelingInfo"
        self.faults += label_faults(drawing.labeling_info or (), known, geometry_type, where)
        definition = self._definition(document, fields, place)
        times = self._times(document, source, place)
        ranges = tuple(self._ranges(document, source, fields, place))
        archive = self._archive(document, source, place)
        if len(self.faults) > before:
            return None
        crs = CRS.from_wkt(source.crs.to_wkt()) if source.crs is not None else self._crs
        shapes = self._shapes.setdefault(id(source), Shapes(source.geometry, crs))
        return FeatureLayer(
            document=document,
            table=source.table,
            columns=source.columns(),
            shapes=shapes,
            crs=crs,
            geometry_type=geometry_type,
            object_id_field=object_id_field,
            fields=fields,
            renderer=renderer,
            time=times,
            ranges=ranges,
            definition=definition,
            archive=archive,
            reference_scale=0.0 if drawing.scale_symbols is False else self._checked.document.reference_scale,
        )

    def _object_id_field(self, document: LayerDocument, source: FeatureSource, place: str) -> str:
        if document.object_id_field is None:
            return OBJECT_ID
        name = find_name({str(column): None for column in source.table.columns}, document.object_id_field)
        if name is None:
            self.faults.append(f"{place}.objectIdField: the source has no field {document.object_id_field!r}")
            return OBJECT_ID
        column = source.table[name]
        if column.dtype.kind not in "iu" or not column.is_unique:
            self.faults.append(
                f"{place}.objectIdField: {name!r} does not hold a different whole number in every row"
            )
        return name

    def _definition(
        self, document: LayerDocument, fields: tuple[FieldInfo, ...], place: str
    ) -> Expression | None:
        place = f"{place}.definitionExpression"
        try:
            bound = bind_defaults(document.parameter_infos)
        except ValueError as error:
            self.faults.append(f"{place.rpartition('.')[0]}.parameterInfos: {error}")
            return None
        text = (document.definition_expression or "").strip()
        if not text:
            return None
        known = {field.name.casefold(): Field(field.name, field.kind) for field in fields}
        try:
            return parse_expression(text, known, parameter=place, parameters=bound)
        except ExpressionError as error:
            self.faults.append(str(error))
            return None

    def _times(self, document: LayerDocument, source: FeatureSource, place: str) -> FeatureTimes | None:
        info = document.time_info
        if info is None:
            return None
        read: dict[str, Any] = {"start": None, "end": None}
        for end, name in (("start", info.start_time_field), ("end", info.end_time_field)):
            if name is None or name not in source.table.columns:
                continue
            try:
                read[end] = instants(source.table[name])
            except (ValueError, OverflowError) as error:
                self.faults.append(f"{place}.timeInfo.{end}TimeField: {name!r} holds no times: {error}")
        return (
            FeatureTimes.of(read["start"], read["end"]) if any(v is not None for v in read.values()) else None
        )

    def _archive(self, document: LayerDocument, source: FeatureSource, place: str) -> Archive | None:
        info = document.archiving_info
        if info is None:
            return None
        read = []
        for key, name in (("startField", info.start_field), ("endField", info.end_field)):
            if name not in source.table.columns:
                continue
            try:
                read.append(instants(source.table[name]))
            except (ValueError, OverflowError) as error:
                self.faults.append(f"{place}.archivingInfo.{key}: {name!r} holds no times: {error}")
        return Archive(*read[0], *read[1]) if len(read) == 2 else None

    def _ranges(
        self, document: LayerDocument, source: FeatureSource, fields: tuple[FieldInfo, ...], place: str
    ) -> Iterator[LayerRange]:
        types = {field.name: field.type for field in fields}
        for index, info in enumerate(document.range_infos):
            if info.field not in types:
                continue
            if types[info.field] in ("esriFieldTypeString", "esriFieldTypeDate"):
                self.faults.append(f"{place}.rangeInfos[{index}].field: {info.field!r} holds no numbers")
                continue
            numbers = source.table[info.field].to_numpy(dtype=np.float64)
            nulls = ~np.isfinite(numbers)
            known = numbers[~nulls]
            full = info.full_range_extent
            if full is None and len(known):
                full = (float(known.min()), float(known.max()))
            yield LayerRange(info, np.where(nulls, 0.0, numbers), nulls, full)


def drawn_type(renderer: Renderer) -> str:
    """Return the geometry type that the symbols of a renderer are made for, for a source without any
    geometry.
    """
    symbol = getattr(renderer, "symbol", None) or getattr(renderer, "default_symbol", None)
    return {"esriSLS": POLYLINE, "esriSFS": POLYGON, "esriPFS": POLYGON}.get(
        getattr(symbol, "type", ""), POINT
    )
