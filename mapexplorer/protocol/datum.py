"""Datum transformations (Export Map, datumTransformations)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from .model import Flag, Model
from .spatial import MAXIMUM_WKT

_Code = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
_Wkt = Annotated[str, Field(strict=True, min_length=1, max_length=MAXIMUM_WKT)]


class GeoTransform(Model):
    """One step of a chain; ``transform_forward`` False applies it backwards."""

    wkid: _Code | None = None
    latest_wkid: _Code | None = None
    wkt: _Wkt | None = None
    transform_forward: Flag = True

    @model_validator(mode="after")
    def _is_named(self) -> GeoTransform:
        if self.wkid is None and self.latest_wkid is None and self.wkt is None:
            raise ValueError("expected wkid or wkt")
        return self


class DatumTransformation(Model):
    """One transformation by id or text, or a chain of them in ``geo_transforms``."""

    wkid: _Code | None = None
    latest_wkid: _Code | None = None
    wkt: _Wkt | None = None
    geo_transforms: tuple[GeoTransform, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_named(self) -> DatumTransformation:
        named = self.wkid is not None or self.latest_wkid is not None or self.wkt is not None
        if named == (self.geo_transforms is not None):
            raise ValueError("expected either wkid, wkt or geoTransforms")
        return self


def _read_element(value: Any) -> Any:
    return {"wkid": value} if isinstance(value, int) and not isinstance(value, bool) else value


WireDatumTransformation = Annotated[DatumTransformation, BeforeValidator(_read_element)]
"""A transformation as the wire writes it: a bare id counts as ``{"wkid": id}``."""


def write_datum_transformations(value: tuple[DatumTransformation, ...]) -> list[Any]:
    """Give bare ids where all elements are bare ids, as clients send them, else objects."""
    written = [element.to_json() for element in value]
    if all(element.keys() == {"wkid"} for element in written):
        return [element["wkid"] for element in written]
    return written
