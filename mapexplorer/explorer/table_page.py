"""One page of the attribute table of a layer: which features a request shows, sorted and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from mapexplorer.explorer.outlines import Shape, in_reference
from mapexplorer.explorer.selections import FeatureId, id_fields, id_of, where_of
from mapexplorer.explorer.shown_layers import ShownLayer
from mapexplorer.explorer.strokes import corners
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import LayerInfo, MapRequest, Polygon

if TYPE_CHECKING:
    from mapexplorer.client import MapService

IN_VIEW, ALL, SELECTED = "view", "all", "selected"
PAGE = 8
"""Rows of a page."""
MOST_FILTERED = 5_000
"""Features that a spatial filter may leave for the table to follow it."""


@dataclass(frozen=True)
class TableQuery:
    """What a page shows: the rows of a layer that pass the filters of a request, from a row on."""

    layer: ShownLayer
    rows: str
    view: Polygon
    selected: tuple[FeatureId, ...]
    fields: tuple[str, ...]
    order: str | None
    start: int
    request: MapRequest

    def run(self, service: MapService) -> TablePage:
        """Ask for the number of rows and for one page of them; blocks. Raises the errors of a query."""
        wanted = self._wanted(service)
        if wanted is None:
            return TablePage((), 0, self.start)
        info, target = self.layer.info, self.layer.target
        fields = tuple(dict.fromkeys((*id_fields(info), *self.fields)))
        count = service.features(target, count_only=True, request=self.request, **wanted).count
        found = service.features(
            target,
            out_fields=fields,
            order_by=() if self.order is None else (self.order,),
            offset=self.start or None,
            count=PAGE,
            request=self.request,
            **wanted,
        )
        rows = tuple((id_of(info, row), row) for row in found.rows[:PAGE])
        return TablePage(rows, count, self.start)

    def _wanted(self, service: MapService) -> dict[str, Any] | None:
        """What chooses the rows besides the filters; None when there can be none."""
        if self.rows == SELECTED:
            if not self.selected:
                return None
            if isinstance(self.selected[0], int):
                return {"object_ids": self.selected}
            return {"where": where_of(self.layer.info, self.selected)}
        wanted: dict[str, Any] = {}
        clipped: Shape | None = self.view if self.rows == IN_VIEW else None
        clipping, asked = self.request.clipping, self.request.spatial_filter
        if clipping is not None and self.layer.info.id not in clipping.excluded_layers:
            clipped = clipping.geometry if clipped is None else common(self.view, clipping.geometry)
            if clipped is None:
                return None
        elif clipping is None and asked is not None:
            ids = service.features(
                self.layer.target,
                geometry=asked.geometry,
                spatial_rel=asked.spatial_rel,
                relation_param=asked.relation_param,
                ids_only=True,
                request=self.request,
            ).object_ids
            if not ids:
                return None
            if len(ids) > MOST_FILTERED:
                raise ValueError(f"The spatial filter leaves {len(ids):,} features, too many for the table.")
            wanted["object_ids"] = ids
        return wanted if clipped is None else {**wanted, "geometry": clipped}


@dataclass(frozen=True)
class TablePage:
    """Rows with their ids, how many rows there are in all, and the number of the first one from 0 on."""

    rows: tuple[tuple[FeatureId | None, dict[str, Any]], ...]
    count: int
    start: int

    @property
    def words(self) -> str:
        """Which rows these are, in words."""
        if not self.rows:
            return "no rows"
        return f"{self.start + 1:,} – {self.start + len(self.rows):,} of {self.count:,}"


def view_of(pane: MapPane) -> Polygon:
    """What the map shows, turned with it."""
    page, size, view = pane.page, pane.size, pane.view
    x, y = page.plane_point(page.leaflet_point(view.center))
    half_width, half_height = size.width * view.resolution / 2, size.height * view.resolution / 2
    around = corners((x - half_width, y - half_height), (x + half_width, y + half_height))
    ring = [page.map_point(corner) for corner in around]
    return Polygon(rings=((*ring, ring[0]),), spatial_reference=pane.reference)


def common(view: Polygon, geometry: Shape) -> Polygon | None:
    """What a view and an area have in common, in the system of the view; None for nothing."""
    reference = view.spatial_reference
    assert reference is not None  # noqa: S101 - a view always has one
    shape = shapely.intersection(in_reference(view, reference), in_reference(geometry, reference))
    rings = [
        tuple((float(x), float(y)) for x, y in shapely.get_coordinates(ring))
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
        for ring in shapely.get_rings(part)
    ]
    return Polygon(rings=tuple(rings), spatial_reference=reference) if rings else None


def columns(info: LayerInfo) -> Sequence[Any]:
    """The fields of a layer that a table can show: not its geometry, and not its object id."""
    kinds = ("esriFieldTypeGeometry", "esriFieldTypeBlob", "esriFieldTypeRaster", "esriFieldTypeOID")
    return [field for field in info.fields if field.name and field.type not in kinds]
