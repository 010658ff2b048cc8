"""Label classes (Esri, Labeling objects)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .model import Flag, Model, Text
from .symbols import TextSymbol

LabelPlacement = Literal[
    "esriServerPointLabelPlacementAboveLeft",
    "esriServerPointLabelPlacementAboveCenter",
    "esriServerPointLabelPlacementAboveRight",
    "esriServerPointLabelPlacementCenterLeft",
    "esriServerPointLabelPlacementCenterCenter",
    "esriServerPointLabelPlacementCenterRight",
    "esriServerPointLabelPlacementBelowLeft",
    "esriServerPointLabelPlacementBelowCenter",
    "esriServerPointLabelPlacementBelowRight",
    "esriServerLinePlacementAboveAfter",
    "esriServerLinePlacementAboveAlong",
    "esriServerLinePlacementAboveBefore",
    "esriServerLinePlacementAboveStart",
    "esriServerLinePlacementAboveEnd",
    "esriServerLinePlacementBelowAfter",
    "esriServerLinePlacementBelowAlong",
    "esriServerLinePlacementBelowBefore",
    "esriServerLinePlacementBelowStart",
    "esriServerLinePlacementBelowEnd",
    "esriServerLinePlacementCenterAfter",
    "esriServerLinePlacementCenterAlong",
    "esriServerLinePlacementCenterBefore",
    "esriServerLinePlacementCenterStart",
    "esriServerLinePlacementCenterEnd",
    "esriServerPolygonPlacementAlwaysHorizontal",
]

Scale = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""A scale denominator; 0 is no limit."""


class LabelExpressionInfo(Model):
    """A label expression in another language than the plain one."""

    expression: Text | None = None
    title: Text | None = None


class LabelClass(Model):
    """Which features get which label; ``min_scale`` is the larger number, 0 is no limit."""

    label_placement: LabelPlacement | None = None
    label_expression: Text | None = None
    label_expression_info: LabelExpressionInfo | None = None
    use_coded_values: Flag = False
    symbol: TextSymbol | None = None
    min_scale: Scale = 0.0
    max_scale: Scale = 0.0
    where: Text | None = None
    name: Text | None = None
