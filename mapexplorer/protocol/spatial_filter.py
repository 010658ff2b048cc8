"""Spatial filter: only features in a relation to a geometry are drawn (Export Map, spatialFilter)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, model_validator

from .geometry import Geometry, GeometryType, agree
from .model import Model, Text, ValueFaults
from .numerals import shorten


class SpatialRelation(StrEnum):
    """Relations, read from the filter geometry to the feature."""

    INTERSECTS = "esriSpatialRelIntersects"
    CONTAINS = "esriSpatialRelContains"
    CROSSES = "esriSpatialRelCrosses"
    ENVELOPE_INTERSECTS = "esriSpatialRelEnvelopeIntersects"
    INDEX_INTERSECTS = "esriSpatialRelIndexIntersects"
    OVERLAPS = "esriSpatialRelOverlaps"
    TOUCHES = "esriSpatialRelTouches"
    WITHIN = "esriSpatialRelWithin"
    RELATION = "esriSpatialRelRelation"


def _check_pattern(text: str) -> str:
    if not re.fullmatch("[TF*012]{9}", text):
        raise ValueError(f"expected nine letters of T F * 0 1 2, not {shorten(text)}")
    return text


class SpatialFilter(Model):
    """A geometry and the relation that features must have to it.

    ``relation_param`` is a nine-letter pattern of T F * 0 1 2, filter first, for esriSpatialRelRelation.
    """

    spatial_rel: SpatialRelation = SpatialRelation.INTERSECTS
    geometry_type: GeometryType
    geometry: Geometry
    relation_param: Annotated[Text, AfterValidator(_check_pattern)] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> SpatialFilter:
        agree(self.geometry, self.geometry_type)
        if self.spatial_rel is SpatialRelation.RELATION and self.relation_param is None:
            raise ValueFaults([(("relationParam",), "is required for esriSpatialRelRelation")])
        return self
