"""Spatial reference, extent and size: where a picture lies and how large it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from . import strict_json
from .numerals import finite_number, parse_integer, parse_number, shorten, whole_number, write_number

MAXIMUM_WKT = 4096
_CURRENT = {102100: 3857, 900913: 3857, 102113: 3785}
_ORIGINAL = {3857: 102100, 3785: 102113}


@dataclass(frozen=True)
class SpatialReference:
    """A coordinate system by well-known id, by well-known text, or both.

    >>> SpatialReference.of(102100).to_json()
    {'wkid': 102100, 'latestWkid': 3857}
    """

    wkid: int | None = None
    latest_wkid: int | None = None
    wkt: str | None = None

    def __post_init__(self) -> None:
        for code in (self.wkid, self.latest_wkid):
            if code is not None and not 0 < code < 2**31:
                raise ValueError(f"expected a well-known id such as 4326, not {shorten(code)}")
        if self.wkt is not None and not 0 < len(self.wkt.strip()) <= MAXIMUM_WKT:
            raise ValueError(f"expected well-known text of 1 to {MAXIMUM_WKT} characters")
        if self.code is None and self.wkt is None:
            raise ValueError("expected a well-known id, or an object with wkid or wkt")

    @classmethod
    def of(cls, value: Any) -> SpatialReference:
        """Read an id, its text, a JSON object, or JSON text; raise ValueError for anything else."""
        if isinstance(value, SpatialReference):
            return value
        if isinstance(value, str):
            value = value.strip()
            return cls.of(strict_json.loads(value)) if value.startswith("{") else cls(parse_integer(value))
        if isinstance(value, Mapping):
            return cls(_code(value, "wkid"), _code(value, "latestWkid"), _wkt(value))
        return cls(whole_number(value))

    @property
    def code(self) -> int | None:
        """The current id (3857 for 102100), or None when there is only well-known text."""
        if self.latest_wkid is not None:
            return self.latest_wkid
        return None if self.wkid is None else _CURRENT.get(self.wkid, self.wkid)

    def same_as(self, other: SpatialReference | None) -> bool:
        """Tell whether both name the same system, by id, or by text where there is no id."""
        if other is None:
            return False
        if self.code is not None or other.code is not None:
            return self.code == other.code
        return self.wkt == other.wkt

    def to_json(self) -> dict[str, Any]:
        """Give ``{"wkid", "latestWkid"}`` as servers echo it, or ``{"wkt"}``."""
        if self.code is None:
            return {"wkt": self.wkt}
        original = self.wkid if self.wkid is not None else self.code
        if original in (900913, *_ORIGINAL):
            original = _ORIGINAL.get(self.code, original)
        return {"wkid": original, "latestWkid": self.code}

    def to_text(self) -> str:
        """Write the value of bboxSR or imageSR: a bare id where that says everything."""
        if self.wkid is not None and self.latest_wkid is None and self.wkt is None:
            return str(self.wkid)
        return strict_json.dumps(self.as_given())

    def as_given(self) -> dict[str, Any]:
        """Give the object exactly as it was said, as requests carry it."""
        pairs = {"wkid": self.wkid, "latestWkid": self.latest_wkid, "wkt": self.wkt}
        return {key: item for key, item in pairs.items() if item is not None}

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.plain_serializer_function_ser_schema(cls.as_given)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return SPATIAL_REFERENCE_SCHEMA


SPATIAL_REFERENCE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": "^[0-9]+$"},
        {
            "type": "object",
            "properties": {
                "wkid": {"type": "integer"},
                "latestWkid": {"type": "integer"},
                "wkt": {"type": "string", "maxLength": MAXIMUM_WKT},
            },
            "anyOf": [{"required": ["wkid"]}, {"required": ["latestWkid"]}, {"required": ["wkt"]}],
        },
    ]
}


def _code(value: Mapping[str, Any], key: str) -> int | None:
    code = value.get(key)
    if code is None or (isinstance(code, int) and not isinstance(code, bool)):
        return code
    raise ValueError(f"expected a whole number as {key}, not {shorten(code)}")


def _wkt(value: Mapping[str, Any]) -> str | None:
    wkt = value.get("wkt")
    if wkt is None or isinstance(wkt, str):
        return wkt
    raise ValueError(f"expected text as wkt, not {shorten(wkt)}")


@dataclass(frozen=True)
class Extent:
    """A rectangle in map units, x east and y north; finite, possibly with a side of length zero."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float
    spatial_reference: SpatialReference | None = None

    def __post_init__(self) -> None:
        for name in ("xmin", "ymin", "xmax", "ymax"):
            object.__setattr__(self, name, finite_number(getattr(self, name)))
        if not (math.isfinite(self.width) and math.isfinite(self.height)):
            raise ValueError("expected an extent whose sides have a finite length")

    @classmethod
    def of(cls, value: Any) -> Extent:
        """Read four numbers, an envelope object, or the text of either.

        Sides in the wrong order are exchanged, because common clients send them so.

        >>> Extent.of("10,20,0,5")
        Extent(xmin=0.0, ymin=5.0, xmax=10.0, ymax=20.0, spatial_reference=None)
        """
        if isinstance(value, Extent):
            return cls._ordered(value.numbers, value.spatial_reference)
        if isinstance(value, str):
            if value.strip().startswith("{"):
                return cls.of(strict_json.loads(value))
            return cls._ordered([parse_number(part) for part in _four(value.split(","))], None)
        if isinstance(value, Mapping):
            reference = value.get("spatialReference", value.get("spatial_reference"))
            numbers = [_side(value, name) for name in ("xmin", "ymin", "xmax", "ymax")]
            return cls._ordered(numbers, None if reference is None else SpatialReference.of(reference))
        if not isinstance(value, Sequence) and hasattr(value, "tolist"):
            value = value.tolist()
        if not isinstance(value, Sequence):
            raise ValueError(f"expected four numbers xmin,ymin,xmax,ymax, not {shorten(value)}")
        return cls._ordered([finite_number(item) for item in _four(value)], None)

    @classmethod
    def _ordered(cls, numbers: Sequence[float], reference: SpatialReference | None) -> Extent:
        a, b, c, d = numbers
        return cls(min(a, c), min(b, d), max(a, c), max(b, d), reference)

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """The four sides: xmin, ymin, xmax, ymax."""
        return (self.xmin, self.ymin, self.xmax, self.ymax)

    @property
    def width(self) -> float:
        """Length along x, in map units."""
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        """Length along y, in map units."""
        return self.ymax - self.ymin

    @property
    def center(self) -> tuple[float, float]:
        """Middle point (x, y)."""
        return (self.xmin + self.width / 2, self.ymin + self.height / 2)

    def to_json(self) -> dict[str, Any]:
        """Give the envelope object with both ids of the spatial reference."""
        sides: dict[str, Any] = dict(zip(("xmin", "ymin", "xmax", "ymax"), self.numbers, strict=True))
        if self.spatial_reference is not None:
            sides["spatialReference"] = self.spatial_reference.to_json()
        return sides

    def to_text(self) -> str:
        """Write the value of bbox: four numbers, or an envelope where there is a spatial reference."""
        if self.spatial_reference is None:
            return ",".join(write_number(number) for number in self.numbers)
        return strict_json.dumps(self.as_given())

    def as_given(self) -> dict[str, Any]:
        """Give the envelope object with the spatial reference exactly as it was said."""
        if self.spatial_reference is None:
            return self.to_json()
        return {**self.to_json(), "spatialReference": self.spatial_reference.as_given()}

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.plain_serializer_function_ser_schema(cls.as_given)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return EXTENT_SCHEMA


EXTENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": "number"} for name in ("xmin", "ymin", "xmax", "ymax")},
        "spatialReference": SPATIAL_REFERENCE_SCHEMA,
    },
    "required": ["xmin", "ymin", "xmax", "ymax"],
}


def _four(parts: Sequence[Any]) -> Sequence[Any]:
    if len(parts) != 4:
        raise ValueError(f"expected four numbers xmin,ymin,xmax,ymax, not {len(parts)}")
    return parts


def _side(value: Mapping[str, Any], name: str) -> float:
    if name not in value:
        raise ValueError(f"expected an envelope with xmin, ymin, xmax and ymax; {name} is missing")
    if isinstance(value[name], str):
        raise ValueError(f"expected a number as {name}, not {shorten(value[name])}")
    return finite_number(value[name])


def _one_or_two(value: Any) -> Sequence[Any]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    sides = value if isinstance(value, Sequence) else [value]
    if len(sides) not in (1, 2):
        raise ValueError(f"expected width,height or one number for a square, not {len(sides)} numbers")
    return sides


@dataclass(frozen=True)
class Size:
    """Width and height of a picture in pixels, both positive."""

    width: int
    height: int

    def __post_init__(self) -> None:
        for side in (self.width, self.height):
            if not 0 < side < 2**31:
                raise ValueError(f"expected positive whole numbers of pixels, not {shorten(side)}")

    @classmethod
    def of(cls, value: Any) -> Size:
        """Read ``600,550``, a pair, or one number for a square.

        >>> Size.of(640)
        Size(width=640, height=640)
        """
        if isinstance(value, Size):
            return value
        if isinstance(value, str):
            value = [parse_integer(part) for part in value.split(",")]
        sides = [whole_number(side) for side in _one_or_two(value)]
        return cls(sides[0], sides[-1])

    def to_text(self) -> str:
        """Write ``width,height``."""
        return f"{self.width},{self.height}"


@dataclass(frozen=True)
class PatchSize:
    """Width and height of a legend swatch in points (1/72 inch), both positive."""

    width: float = field(default=15.0)
    height: float = field(default=15.0)

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            side = finite_number(getattr(self, name))
            if side <= 0:
                raise ValueError(f"expected lengths above 0 points, not {shorten(side)}")
            object.__setattr__(self, name, side)

    @classmethod
    def of(cls, value: Any) -> PatchSize:
        """Read ``24,12``, a pair of numbers, or one number for a square."""
        if isinstance(value, PatchSize):
            return value
        if isinstance(value, str):
            value = [parse_number(part) for part in value.split(",")]
        sides = [finite_number(side) for side in _one_or_two(value)]
        return cls(sides[0], sides[-1])

    def to_text(self) -> str:
        """Write ``width,height``."""
        return f"{write_number(self.width)},{write_number(self.height)}"
