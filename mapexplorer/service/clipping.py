"""Clipping: nothing of the masked layers is drawn outside a shape (Export Map, clipping)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from pyproj import CRS

from mapexplorer.protocol import Extent
from mapexplorer.protocol.clipping import Clipping
from mapexplorer.service.frame import Frame, to_pixels
from mapexplorer.service.render.drawing import Outline, outlines_of
from mapexplorer.service.render.ragged import Indices
from mapexplorer.service.request_geometry import carried, crs_of_geometry, shape_of
from mapexplorer.service.shapes import Shapes
from mapexplorer.service.visibility import LayerTree
from mapexplorer.service.worlds import Bounds, moved, world_of

_ROUNDING: Final = 1e-9
"""Share of its size by which the frame is widened, so that what lies on its edge stays in."""


@dataclass(frozen=True, eq=False)
class Clip:
    """The shape, an area in the spatial reference of the frame, and the layers that it does not mask."""

    shape: shapely.Geometry
    frame: Frame
    excluded: frozenset[int]

    @classmethod
    def of(cls, asked: Clipping, frame: Frame, map_crs: CRS, tree: LayerTree) -> Clip:
        """Make a clipping ready. Raises `ParameterError` for a shape that cannot be used."""
        place = "clipping.geometry"
        shape = shape_of(asked.geometry, place)
        crs = crs_of_geometry(asked.geometry, map_crs, place)
        return cls(carried(shape, crs, frame.crs), frame, _leaves(asked.excluded_layers, tree))

    def masks(self, layer_id: int) -> bool:
        """Tell whether a layer is masked."""
        return layer_id not in self.excluded

    @cached_property
    def outlines(self) -> list[Outline]:
        """The shape in pixels of the frame; empty when nothing of it is seen."""
        shapes = Shapes(np.array([self.shape], dtype=object), self.frame.crs)
        found = shapes.in_frame(self.frame, np.zeros(1, dtype=np.int64))
        return outlines_of(found) if found.dimension == 2 and len(found.rows) else []

    @cached_property
    def region(self) -> shapely.Geometry:
        """The part of the frame inside the shape, edges included."""
        centre = np.array(self.frame.extent.center)
        frame = shapely.transform(
            self.frame.polygon, lambda corners: centre + (corners - centre) * (1 + _ROUNDING)
        )
        world = world_of(self.frame.crs)
        if world is None or shapely.is_empty(self.shape):
            region = shapely.intersection(frame, self.shape)
        else:
            shifts = world.shifts(_west_and_east(self.shape), _west_and_east(frame))
            region = shapely.union_all(
                [shapely.intersection(frame, moved(self.shape, shift)) for shift in shifts]
            )
        shapely.prepare(region)
        return region

    @cached_property
    def on_screen(self) -> shapely.Geometry:
        """The region in pixels."""
        seen = shapely.transform(self.region, lambda places: to_pixels(places, self.frame))
        shapely.prepare(seen)
        return seen

    def meeting(self, shapes: Shapes, rows: Indices) -> Indices:
        """Return those of the rows, which meet the frame, that meet the part of it inside the shape."""
        full = shapes.in_system(self.frame).full
        wanted = np.zeros(len(shapes), dtype=bool)
        wanted[rows] = True
        if full.dimension == 0:
            full = full.take_parts(np.flatnonzero(wanted[full.rows]).astype(np.int64))
        else:
            full = full.take_features(wanted[full.feature_rows])
        if len(full.rows) == 0 or shapely.is_empty(self.region):
            return np.empty(0, dtype=np.int64)
        hit = np.zeros(len(full.rows), dtype=bool)
        for region in self._regions(full.extent):
            if full.dimension == 0:
                hit |= shapely.intersects_xy(region, full.vertices[:, 0], full.vertices[:, 1])
            else:
                hit |= shapely.intersects(region, full.part_geometries())
        return full.feature_rows[np.logical_or.reduceat(hit, full.features[:-1])]

    def _regions(self, bounds: Bounds | None) -> list[shapely.Geometry]:
        """Return the region moved by whole worlds to wherever it meets bounds."""
        world = world_of(self.frame.crs)
        if world is None or bounds is None:
            return [self.region]
        regions = [
            moved(self.region, shift)
            for shift in world.shifts(_west_and_east(self.region), (bounds[0], bounds[2]))
        ]
        shapely.prepare(regions)
        return regions


def _west_and_east(shape: shapely.Geometry) -> tuple[float, float]:
    xmin, _, xmax, _ = shapely.bounds(shape).tolist()
    return xmin, xmax


def extent_meets(extent: Extent, crs: CRS, region: shapely.Geometry, frame: Frame) -> bool:
    """Tell whether an extent, carried to the system of a frame, meets a region of it."""
    if shapely.is_empty(region):
        return False
    box = shapely.box(extent.xmin, extent.ymin, extent.xmax, extent.ymax)
    change = frame.datum.between(crs, frame.crs)
    area = carried(box, crs, frame.crs, change)
    world = world_of(frame.crs)
    if world is None or shapely.is_empty(area):
        return bool(shapely.intersects(region, area))
    shifts = world.shifts(_west_and_east(area), _west_and_east(region))
    return any(bool(shapely.intersects(region, moved(area, shift))) for shift in shifts)


def _leaves(ids: Collection[int], tree: LayerTree) -> frozenset[int]:
    """Return the layers behind ids, of which those of groups stand for all layers below."""
    leaves: set[int] = set()
    for layer_id in ids:
        node = tree.by_id.get(layer_id)
        if node is not None and node.is_group:
            leaves |= tree.descendants(layer_id, visible_only=False)
        else:
            leaves.add(layer_id)
    return frozenset(leaves)
