"""Renderers (Esri, Renderer objects): which symbol a feature gets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from .model import Model, Number, Text
from .numerals import shorten, write_number
from .symbols import Length, SimpleFillSymbol, Symbol, WireColor

MAXIMUM_CLASSES = 1_000

RotationType = Literal["geographic", "arithmetic"]
"""geographic: clockwise from north; arithmetic: counter-clockwise from east."""


def _as_text(value: Any) -> Any:
    """Write a number as the text that classes are compared by; leave everything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return write_number(value)
    return value


ClassValue = Annotated[str, Field(strict=True), BeforeValidator(_as_text)]
"""The value of a class: text; a number is written in its shortest form."""


class SizeStop(Model):
    """A data value (or scale) and the size in points that belongs to it."""

    value: Number
    size: Length


class SizeByScale(Model):
    """A size that depends on the scale: ``expression`` is ``view.scale``."""

    expression: Text | None = None
    value_expression: Text | None = None
    stops: tuple[SizeStop, ...] = Field(default=(), max_length=MAXIMUM_CLASSES)


FixedOrByScale = Annotated[
    Annotated[Length, Tag("fixed")] | Annotated[SizeByScale, Tag("by scale")],
    Discriminator(lambda value: "by scale" if isinstance(value, (dict, SizeByScale)) else "fixed"),
]
"""A size in points, or one that depends on the scale."""


class SizeInfo(Model):
    """Size by a number: linear between two ends, clamped, or along stops."""

    type: Literal["sizeInfo"] = "sizeInfo"
    field: Text | None = None
    normalization_field: Text | None = None
    expression: Text | None = None
    value_expression: Text | None = None
    target: Text | None = None
    min_data_value: Number | None = None
    max_data_value: Number | None = None
    min_size: FixedOrByScale | None = None
    max_size: FixedOrByScale | None = None
    stops: tuple[SizeStop, ...] | None = Field(default=None, max_length=MAXIMUM_CLASSES)


class ColorStop(Model):
    """A data value and its colour."""

    value: Number
    color: WireColor
    label: Text | None = None


class ColorInfo(Model):
    """Colour by a number, linear between stops."""

    type: Literal["colorInfo"] = "colorInfo"
    field: Text | None = None
    normalization_field: Text | None = None
    value_expression: Text | None = None
    stops: tuple[ColorStop, ...] = Field(min_length=1, max_length=MAXIMUM_CLASSES)


class TransparencyStop(Model):
    """A data value and its transparency, 0 opaque to 100 invisible."""

    value: Number
    transparency: Annotated[float, Field(strict=True, ge=0, le=100)]
    label: Text | None = None


class TransparencyInfo(Model):
    """Transparency by a number, linear between stops."""

    type: Literal["transparencyInfo"] = "transparencyInfo"
    field: Text | None = None
    normalization_field: Text | None = None
    value_expression: Text | None = None
    stops: tuple[TransparencyStop, ...] = Field(min_length=1, max_length=MAXIMUM_CLASSES)


class RotationInfo(Model):
    """Rotation by a number in degrees."""

    type: Literal["rotationInfo"] = "rotationInfo"
    field: Text | None = None
    value_expression: Text | None = None
    rotation_type: RotationType = "geographic"


VisualVariable = Annotated[
    SizeInfo | ColorInfo | TransparencyInfo | RotationInfo, Field(discriminator="type")
]
"""Any visual variable, told apart by ``type``."""


class _Renderer(Model):
    rotation_expression: Annotated[str, Field(strict=True), BeforeValidator(_as_text)] | None = None
    rotation_type: RotationType = "geographic"
    visual_variables: tuple[VisualVariable, ...] | None = None


class SimpleRenderer(_Renderer):
    """One symbol for all features."""

    type: Literal["simple"] = "simple"
    symbol: Symbol
    label: Text | None = None
    description: Text | None = None


class UniqueValueInfo(Model):
    """One class of equal values; several fields are joined with the delimiter of the renderer."""

    value: ClassValue
    symbol: Symbol | None = None
    label: Text | None = None
    description: Text | None = None


def _read_values(value: Any) -> Any:
    """Read ``[["a"], ["b"]]``; a bare ``"a"`` counts as ``["a"]``."""
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"expected an array of arrays, not {shorten(value)}")
    return [[item] if isinstance(item, (str, int, float)) else item for item in value]


class UniqueValueClass(Model):
    """A class of a group: several values, each one text per field."""

    values: Annotated[tuple[tuple[ClassValue, ...], ...], BeforeValidator(_read_values)]
    symbol: Symbol | None = None
    label: Text | None = None
    description: Text | None = None


class UniqueValueGroup(Model):
    """Classes under one heading."""

    heading: Text | None = None
    classes: tuple[UniqueValueClass, ...] = Field(default=(), max_length=MAXIMUM_CLASSES)


class UniqueValueRenderer(_Renderer):
    """A symbol per value of up to three fields, or of an expression of Arcade, which wins over them; where
    groups are given they win over the plain list.
    """

    type: Literal["uniqueValue"] = "uniqueValue"
    field1: Text | None = None
    field2: Text | None = None
    field3: Text | None = None
    field_delimiter: Text | None = None
    default_symbol: Symbol | None = None
    default_label: Text | None = None
    value_expression: Text | None = None
    value_expression_title: Text | None = None
    unique_value_infos: tuple[UniqueValueInfo, ...] | None = Field(default=None, max_length=MAXIMUM_CLASSES)
    unique_value_groups: tuple[UniqueValueGroup, ...] | None = Field(default=None, max_length=MAXIMUM_CLASSES)

    @model_validator(mode="after")
    def _follows_something(self) -> UniqueValueRenderer:
        if not self.field1 and not self.value_expression:
            raise ValueError("expected field1 or valueExpression")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The one to three field names, none where an expression tells the values."""
        if self.value_expression:
            return ()
        return tuple(name for name in (self.field1, self.field2, self.field3) if name)

    @property
    def delimiter(self) -> str:
        """What joins the values of several fields; a comma and a blank when not given."""
        return ", " if self.field_delimiter is None else self.field_delimiter


class ClassBreakInfo(Model):
    """One class up to and with its maximum; a given minimum replaces the lower end."""

    class_max_value: Number
    class_min_value: Number | None = None
    symbol: Symbol | None = None
    label: Text | None = None
    description: Text | None = None


class ClassBreaksRenderer(_Renderer):
    """A symbol per range of a number, which may be normalised; an expression of Arcade wins over the
    field.
    """

    type: Literal["classBreaks"] = "classBreaks"
    field: Text | None = None
    value_expression: Text | None = None
    value_expression_title: Text | None = None
    min_value: Number = 0.0
    class_break_infos: tuple[ClassBreakInfo, ...] = Field(max_length=MAXIMUM_CLASSES)
    default_symbol: Symbol | None = None
    default_label: Text | None = None
    normalization_type: (
        Literal[
            "esriNormalizeByField", "esriNormalizeByLog", "esriNormalizeByPercentOfTotal", "esriNormalizeNone"
        ]
        | None
    ) = None
    normalization_field: Text | None = None
    normalization_total: Number | None = None
    background_fill_symbol: SimpleFillSymbol | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> ClassBreaksRenderer:
        if not self.field and not self.value_expression:
            raise ValueError("expected field or valueExpression")
        if self.normalization_type == "esriNormalizeByField" and not self.normalization_field:
            raise ValueError("esriNormalizeByField needs normalizationField")
        if self.normalization_type == "esriNormalizeByPercentOfTotal" and not self.normalization_total:
            raise ValueError("esriNormalizeByPercentOfTotal needs a normalizationTotal other than 0")
        return self


Renderer = Annotated[SimpleRenderer | UniqueValueRenderer | ClassBreaksRenderer, Field(discriminator="type")]
"""Any renderer, told apart by ``type``."""
