"""A map in memory: the layers of a checked document with their sources read, every reference in it
resolved.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from pyproj import CRS

from mapexplorer.protocol import DocumentError, Extent, SpatialReference
from mapexplorer.service.document import CheckedDocument, MapDocument
from mapexplorer.service.layers import FeatureLayer, Layer, RasterLayer
from mapexplorer.service.projection import (
    UnknownSpatialReference,
    crs_of,
    densified_envelope,
    metres_per_unit,
    same_crs,
)
from mapexplorer.service.reader import Reader
from mapexplorer.service.sources import FeatureSource
from mapexplorer.service.visibility import LayerTree
from mapexplorer.service.workspaces import Workspaces
from mapexplorer.service.worlds import extent_beyond

LOG: Final = logging.getLogger("mapexplorer.service")

_MARGIN: Final = 0.03
"""How much of the width and height of all data a map shows beyond them on each side."""
_WHOLE_WORLD: Final = Extent(-180.0, -90.0, 180.0, 90.0)


class MapCatalog:
    """The layers of one map service, in document order (first on top), ready to be drawn.

    `sources` gives the data of layers that name no file, by layer id. Raises `DocumentError` with every
    fault.
    """

    def __init__(self, checked: CheckedDocument, sources: Mapping[int, FeatureSource] | None = None) -> None:
        self.document: MapDocument = checked.document
        self.spatial_reference: SpatialReference = checked.document.spatial_reference
        try:
            self.crs: CRS = crs_of(self.spatial_reference)
        except UnknownSpatialReference as error:
            raise DocumentError([f"spatialReference: {error}"]) from None
        self.workspaces = Workspaces.of(checked)
        reader = Reader(checked, self.crs, sources or {})
        self.layers: tuple[Layer, ...] = tuple(reader.layers())
        if reader.faults:
            raise DocumentError(reader.faults)
        self.warnings: tuple[str, ...] = (*checked.warnings, *reader.warnings)
        self.tree = LayerTree(self.layers)
        for warning in self.warnings:
            LOG.warning("%s: %s", self.name, warning)
        self._check_extents()

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.document.name

    def layer(self, layer_id: int) -> Layer | None:
        """Return a layer by its id."""
        return next((layer for layer in self.layers if layer.id == layer_id), None)

    def showing(self, layers: tuple[Layer, ...], tree: LayerTree) -> MapCatalog:
        """Return the same map with other layers; its full extent stays that of the published ones."""
        other = copy.copy(self)
        full_extent = self.full_extent
        other.__dict__.pop("extents", None)
        other.__dict__["full_extent"] = full_extent
        other.layers = layers
        other.tree = tree
        return other

    @cached_property
    def extents(self) -> Mapping[int, Extent | None]:
        """The extent of every layer in the map's spatial reference, of a group that of its layers; None for
        no data.
        """
        found = {layer.id: self._own_extent(layer) for layer in self.layers if not layer.is_group}
        for layer in self.layers:
            if layer.is_group:
                below = self.tree.descendants(layer.id, visible_only=False)
                found[layer.id] = _union(found[leaf] for leaf in below)
        return found

    def _own_extent(self, layer: Layer) -> Extent | None:
        if isinstance(layer, RasterLayer):
            own: Extent | None = layer.extent
            crs = layer.crs
        elif isinstance(layer, FeatureLayer):
            own = None if layer.shapes.bounds is None else Extent(*layer.shapes.bounds)
            crs = layer.crs
        else:
            return None
        if own is None:
            return None
        if not same_crs(crs, self.crs):
            own = _within_use(own, crs, self.crs)
        try:
            box = extent_beyond(own, crs, self.crs)
        except ValueError:
            return None
        return Extent(*box, spatial_reference=self.spatial_reference)

    @cached_property
    def full_extent(self) -> Extent:
        """The authored full extent, else the union of the layer extents, in the map's spatial reference."""
        if self.document.full_extent is not None:
            return self._in_map(self.document.full_extent)
        extent = _union(self.extents.values())
        if extent is None:
            return self._whole_world()
        if extent.width > 0 or extent.height > 0:
            return extent
        margin = 1000 / metres_per_unit(self.crs)
        return Extent(
            extent.xmin - margin,
            extent.ymin - margin,
            extent.xmax + margin,
            extent.ymax + margin,
            self.spatial_reference,
        )

    @cached_property
    def initial_extent(self) -> Extent:
        """The authored initial extent, else the full extent, in the map's spatial reference.

        One that nobody authored has a margin, so that no symbol at the border is cut in two.
        """
        authored = self.document.initial_extent
        if authored is not None:
            return self._in_map(authored)
        full = self.full_extent
        if self.document.full_extent is not None:
            return full
        x, y = full.width * _MARGIN, full.height * _MARGIN
        return Extent(full.xmin - x, full.ymin - y, full.xmax + x, full.ymax + y, full.spatial_reference)

    def _check_extents(self) -> None:
        for name, extent in (
            ("fullExtent", self.document.full_extent),
            ("initialExtent", self.document.initial_extent),
        ):
            try:
                if extent is not None:
                    self._in_map(extent)
            except ValueError as error:
                raise DocumentError([f"{name}: {error}"]) from None

    def _in_map(self, extent: Extent) -> Extent:
        source = self.crs if extent.spatial_reference is None else crs_of(extent.spatial_reference)
        return Extent(*extent_beyond(extent, source, self.crs), spatial_reference=self.spatial_reference)

    def _whole_world(self) -> Extent:
        geographic = crs_of(SpatialReference(wkid=4326))
        world = _within_use(_WHOLE_WORLD, geographic, self.crs)
        try:
            box = densified_envelope(world, geographic, self.crs)
        except ValueError:
            box = (0.0, 0.0, 1.0, 1.0)
        return Extent(*box, spatial_reference=self.spatial_reference)


def _union(extents: Iterable[Extent | None]) -> Extent | None:
    known = [extent for extent in extents if extent is not None]
    if not known:
        return None
    return Extent(
        min(extent.xmin for extent in known),
        min(extent.ymin for extent in known),
        max(extent.xmax for extent in known),
        max(extent.ymax for extent in known),
        known[0].spatial_reference,
    )


def _within_use(extent: Extent, crs: CRS, target: CRS) -> Extent:
    """Cut a geographic extent to where the target system is used, so that poles do not run to infinity."""
    area = target.area_of_use
    if not crs.is_geographic or area is None or area.west >= area.east:
        return extent
    xmin, xmax = max(extent.xmin, area.west), min(extent.xmax, area.east)
    ymin, ymax = max(extent.ymin, area.south), min(extent.ymax, area.north)
    return Extent(xmin, ymin, xmax, ymax) if xmin <= xmax and ymin <= ymax else extent
