"""The spatial filter: which features stand in a relation to a geometry (Export Map, spatialFilter)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from mapexplorer.protocol.spatial_filter import SpatialFilter, SpatialRelation
from mapexplorer.service.request_geometry import carried, crs_of_geometry, shape_of
from mapexplorer.service.time_limit import check_time
from mapexplorer.service.worlds import moved, world_of

Mask = npt.NDArray[np.bool_]

_BATCH: Final = 20_000
"""Features compared between two looks at the time."""
_ENVELOPES: Final = frozenset({SpatialRelation.ENVELOPE_INTERSECTS, SpatialRelation.INDEX_INTERSECTS})
_PREDICATES: Final[dict[SpatialRelation, Callable[..., Any]]] = {
    SpatialRelation.INTERSECTS: shapely.intersects,
    SpatialRelation.CONTAINS: shapely.contains,
    SpatialRelation.CROSSES: shapely.crosses,
    SpatialRelation.OVERLAPS: shapely.overlaps,
    SpatialRelation.TOUCHES: shapely.touches,
    SpatialRelation.WITHIN: shapely.within,
}
_MEETING: Final = (0, 1, 3, 4)
"""Where a pattern speaks of what inside and boundary of both geometries share."""


@dataclass(frozen=True)
class SpatialTest:
    """A spatial filter made ready: its geometry as a shape in its own reference system.

    Two tests are equal when they were asked for in the same words, so that rows can be remembered by them;
    `digest` stands for those words.
    """

    shape: shapely.Geometry = field(compare=False, repr=False)
    crs: CRS = field(compare=False, repr=False)
    relation: SpatialRelation = field(default=SpatialRelation.INTERSECTS, compare=False, repr=False)
    pattern: str = field(default="", compare=False, repr=False)
    digest: str = ""

    @classmethod
    def of(cls, asked: SpatialFilter, map_crs: CRS) -> SpatialTest:
        """Check a filter. Raises `ParameterError` for a geometry that cannot be used."""
        place = "spatialFilter.geometry"
        crs = crs_of_geometry(asked.geometry, map_crs, place)
        digest = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
        shape = shape_of(asked.geometry, place)
        return cls(shape, crs, asked.spatial_rel, asked.relation_param or "", digest)

    def holds(self, features: npt.NDArray[np.object_], crs: CRS) -> Mask:
        """Return which features stand in the relation, compared in the plane of their reference system.

        A feature without a geometry never does, nor does one that is too broken to be compared.
        """
        shape = carried(self.shape, self.crs, crs)
        bounds = shapely.bounds(features)
        known: Mask = np.isfinite(bounds[:, 0])
        if shapely.is_empty(shape) or not known.any():
            return np.zeros(len(features), dtype=bool)
        world = world_of(crs)
        xmin, _, xmax, _ = shapely.bounds(shape).tolist()
        still = float(bounds[known, 0].min()), float(bounds[known, 2].max())
        shifts = [0.0] if world is None else world.shifts((xmin, xmax), still) or [0.0]
        found = [self._stand(moved(shape, shift), features, bounds, known) for shift in shifts]
        return reduce(np.logical_or if self._meets() else np.logical_and, found)

    def _stand(
        self,
        shape: shapely.Geometry,
        features: npt.NDArray[np.object_],
        bounds: npt.NDArray[np.float64],
        known: Mask,
    ) -> Mask:
        """Return which features, of which the bounds are known, stand in the relation to a shape."""
        passed = np.zeros(len(features), dtype=bool)
        xmin, ymin, xmax, ymax = shapely.bounds(shape)
        near: Mask = (
            (bounds[:, 0] <= xmax) & (bounds[:, 2] >= xmin) & (bounds[:, 1] <= ymax) & (bounds[:, 3] >= ymin)
        )
        if self.relation in _ENVELOPES:
            return near
        shapely.prepare(shape)
        candidates = np.flatnonzero(near if self._meets() else known)
        for start in range(0, len(candidates), _BATCH):
            check_time()
            batch = candidates[start : start + _BATCH]
            passed[batch] = self._compared(shape, features[batch])
        return passed

    def _meets(self) -> bool:
        """Tell whether the relation can only hold between geometries that share a place."""
        if self.relation is not SpatialRelation.RELATION:
            return True
        return any(self.pattern[place] in "T012" for place in _MEETING)

    def _compared(self, shape: shapely.Geometry, features: npt.NDArray[np.object_]) -> Mask:
        try:
            if self.relation is SpatialRelation.RELATION:
                return np.asarray(shapely.relate_pattern(shape, features, self.pattern))
            return np.asarray(_PREDICATES[self.relation](shape, features))
        except shapely.GEOSException:
            if len(features) == 1:
                return np.zeros(1, dtype=bool)
            middle = len(features) // 2
            return np.concatenate(
                [self._compared(shape, features[:middle]), self._compared(shape, features[middle:])]
            )
