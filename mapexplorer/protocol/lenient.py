"""Reading what servers answer: a spoilt key falls back to its default instead of spoiling the answer."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from .model import Model
from .spatial import Extent, SpatialReference


class LenientModel(Model):
    """A JSON object of a foreign server: missing, null and malformed keys take their defaults."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _fall_back(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            read = handler(value)
        except ValueError:
            read = None
        if read is not None:
            return read
        return cls.model_fields[info.field_name or ""].get_default(call_default_factory=True)


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError("no finite number")
    return number


def _whole(value: Any) -> int:
    return round(_number(value))


def _text(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError("no text")


def _extent(value: Any) -> Extent | None:
    if isinstance(value, Extent) or value is None:
        return value
    xmin, ymin, xmax, ymax = (_number(value[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    return Extent(xmin, ymin, xmax, ymax, _reference(value.get("spatialReference")))


def _reference(value: Any) -> SpatialReference | None:
    if isinstance(value, SpatialReference) or value is None:
        return value
    try:
        return SpatialReference.of(value)
    except ValueError:
        return None


def _guard(read: Any) -> BeforeValidator:
    def validate(value: Any) -> Any:
        try:
            return None if value is None else read(value)
        except (TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError("cannot be read") from error

    return BeforeValidator(validate)


LooseNumber = Annotated[float, _guard(_number)]
"""A finite number, also as text (``"1.0000001E7"``)."""
LooseWhole = Annotated[int, _guard(_whole)]
"""A whole number, also as text or with a fraction of zero."""
LooseText = Annotated[str, _guard(_text)]
"""Text; a number is taken as its text."""
LooseExtent = Annotated[Extent, _guard(_extent)]
"""An extent with finite sides; NaN as value or text makes it unusable."""
LooseReference = Annotated[SpatialReference, _guard(_reference)]
"""A spatial reference."""
