"""Clipping: nothing is drawn outside a shape (Export Map, clipping)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from .geometry import Geometry, agree
from .model import Model, Whole


class Clipping(Model):
    """A polygon or envelope that masks all layers but the excluded ones."""

    geometry_type: Literal["esriGeometryPolygon", "esriGeometryEnvelope"]
    geometry: Geometry
    excluded_layers: tuple[Whole, ...] = ()

    @model_validator(mode="after")
    def _type_and_geometry_agree(self) -> Clipping:
        agree(self.geometry, self.geometry_type)
        return self
