"""Geometries as JSON objects (Esri, Geometry objects): planar, z and m are read and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, TypeAdapter, model_validator

from .model import Model, Number, ValueFaults, validate
from .numerals import shorten
from .spatial import SpatialReference

MAXIMUM_PARTS = 1_000
MAXIMUM_VERTICES = 100_000

GeometryType = Literal[
    "esriGeometryPoint",
    "esriGeometryMultipoint",
    "esriGeometryPolyline",
    "esriGeometryPolygon",
    "esriGeometryEnvelope",
]
GEOMETRY_TYPES: tuple[str, ...] = get_args(GeometryType)


def _planar(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and 2 <= len(value) <= 4:
        return tuple(value[:2])
    raise ValueError(f"expected a position of two to four numbers, not {shorten(value)}")


Position = Annotated[tuple[Number, Number], BeforeValidator(_planar)]
"""x and y; further numbers (z, m) are dropped."""


class _Geometry(Model):
    geometry_type: ClassVar[GeometryType]

    spatial_reference: SpatialReference | None = None


class Point(_Geometry):
    """One position."""

    geometry_type: ClassVar[GeometryType] = "esriGeometryPoint"

    x: Number
    y: Number


class Multipoint(_Geometry):
    """Several positions."""

    geometry_type: ClassVar[GeometryType] = "esriGeometryMultipoint"

    points: tuple[Position, ...] = Field(min_length=1, max_length=MAXIMUM_VERTICES)


class Polyline(_Geometry):
    """Lines of at least two positions each."""

    geometry_type: ClassVar[GeometryType] = "esriGeometryPolyline"

    paths: tuple[Annotated[tuple[Position, ...], Field(min_length=2)], ...] = Field(
        min_length=1, max_length=MAXIMUM_PARTS
    )


class Polygon(_Geometry):
    """Rings of at least three positions each, combined by the even-odd rule; orientation means nothing."""

    geometry_type: ClassVar[GeometryType] = "esriGeometryPolygon"

    rings: tuple[Annotated[tuple[Position, ...], Field(min_length=3)], ...] = Field(
        min_length=1, max_length=MAXIMUM_PARTS
    )


class Envelope(_Geometry):
    """A rectangle; sides in the wrong order are exchanged."""

    geometry_type: ClassVar[GeometryType] = "esriGeometryEnvelope"

    xmin: Number
    ymin: Number
    xmax: Number
    ymax: Number

    @model_validator(mode="before")
    @classmethod
    def _exchange(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        ordered = dict(value)
        for low, high in (("xmin", "xmax"), ("ymin", "ymax")):
            a, b = value.get(low), value.get(high)
            if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a > b:
                ordered[low], ordered[high] = b, a
        return ordered


_KEYS = {"rings": Polygon, "paths": Polyline, "points": Multipoint, "xmin": Envelope, "x": Point}
_MODELS: dict[str, type[Point | Multipoint | Polyline | Polygon | Envelope]] = {
    model.geometry_type: model  # type: ignore[misc]
    for model in _KEYS.values()
}


def _kind(value: Any) -> str | None:
    """Tell the kind of a geometry from the key that only it has."""
    if isinstance(value, _Geometry):
        return value.geometry_type
    if isinstance(value, Mapping):
        for key, model in _KEYS.items():
            if key in value:
                return model.geometry_type
    return None


Geometry = Annotated[
    Annotated[Point, Tag("esriGeometryPoint")]
    | Annotated[Multipoint, Tag("esriGeometryMultipoint")]
    | Annotated[Polyline, Tag("esriGeometryPolyline")]
    | Annotated[Polygon, Tag("esriGeometryPolygon")]
    | Annotated[Envelope, Tag("esriGeometryEnvelope")],
    Discriminator(
        _kind,
        custom_error_type="geometry_kind",
        custom_error_message="expected a geometry with x and y, points, paths, rings, or xmin to ymax",
    ),
]
"""Any of the five geometries, told apart by their keys."""


def parse_geometry(value: Any, geometry_type: str) -> Point | Multipoint | Polyline | Polygon | Envelope:
    """Read a geometry object of a named type; raise ValueError (ValueFaults with paths) when it is not one.

    >>> parse_geometry({"x": 1, "y": 2}, "esriGeometryPoint").x
    1.0
    """
    if geometry_type not in _MODELS:
        raise ValueError(f"expected one of {', '.join(GEOMETRY_TYPES)}, not {shorten(geometry_type)}")
    model = _MODELS[geometry_type]
    if isinstance(value, model):
        return value
    geometry = validate(TypeAdapter[Any](model), value)
    check_vertices(geometry)
    return geometry  # type: ignore[no-any-return]


def check_vertices(geometry: Point | Multipoint | Polyline | Polygon | Envelope) -> None:
    """Refuse a geometry of more than MAXIMUM_VERTICES positions."""
    parts = geometry.rings if isinstance(geometry, Polygon) else getattr(geometry, "paths", ())
    if sum(len(part) for part in parts) > MAXIMUM_VERTICES:
        raise ValueError(f"expected at most {MAXIMUM_VERTICES} positions")


def agree(geometry: Point | Multipoint | Polyline | Polygon | Envelope, geometry_type: str) -> None:
    """Refuse a geometry whose keys are not those of its declared type."""
    if geometry.geometry_type != geometry_type:
        raise ValueFaults(
            [(("geometry",), f"expected the keys of {geometry_type}, not those of {geometry.geometry_type}")]
        )
    check_vertices(geometry)
