"""The rotation of markers by an attribute, and what of a renderer cannot be drawn."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd

from mapexplorer.protocol.renderers import Renderer
from mapexplorer.protocol.symbols import PictureFillSymbol, PictureMarkerSymbol
from mapexplorer.service.render.classify import classes_of, column, expression_fault, numbers_of
from mapexplorer.service.render.pictures import PictureError, picture_of
from mapexplorer.service.render.ragged import Floats
from mapexplorer.service.render.variation import rotation_of, values_of, variable_faults

_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_EXPRESSION: Final = re.compile(
    rf"\s*(?:(?P<constant>{_NUMBER})"
    rf"|(?:(?P<before>{_NUMBER})\s*(?P<first>[-+*/])\s*)?\[(?P<field>[^\[\]]{{1,128}})\]"
    rf"(?:\s*(?P<then>[-+*/])\s*(?P<after>{_NUMBER}))?)\s*"
)


def turns_markers(renderer: Renderer) -> bool:
    """Tell whether a renderer turns its markers."""
    return bool(renderer.rotation_expression) or rotation_of(renderer) is not None


class TurningError(ValueError):
    """A rotation expression that cannot be read; the text is one sentence."""


def turns_of(renderer: Renderer, table: pd.DataFrame) -> Floats:
    """Return the clockwise turn in degrees of every row's marker, drawn pointing up; 0 where it is null.

    ``geographic`` counts clockwise from north, ``arithmetic`` counter-clockwise from east (Esri, Renderer
    objects). Raises `TurningError`, also for a field that the table does not have.
    """
    info = rotation_of(renderer)
    if info is not None:
        values, kind = values_of(info, table), info.rotation_type
    else:
        values, kind = _values(renderer.rotation_expression or "0", table), renderer.rotation_type
    turns = values if kind == "geographic" else 90 - values
    return np.where(np.isfinite(turns), turns % 360, 0.0)


def _values(expression: str, table: pd.DataFrame) -> Floats:
    found = _EXPRESSION.fullmatch(expression)
    if found is None:
        raise TurningError(
            "rotationExpression: expected a number, or a field in square brackets "
            "with at most one operation on either side"
        )
    if found["constant"] is not None:
        return np.full(len(table), float(found["constant"]))
    try:
        values = numbers_of(table, found["field"])
    except KeyError:
        raise TurningError("rotationExpression: the layer has no such field") from None
    if found["before"] is not None:
        values = _applied(found["first"], float(found["before"]), values)
    if found["then"] is not None:
        values = _applied(found["then"], values, float(found["after"]))
    return np.asarray(values, dtype=np.float64)


def _applied(operator: str, left: Any, right: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case _:
                return np.divide(left, right)


def renderer_faults(renderer: Renderer, table: pd.DataFrame) -> list[str]:
    """Return one sentence for everything in a renderer that cannot be drawn; to be asked when a map is
    loaded."""
    faults = []
    faults += variable_faults(renderer, table)
    if renderer.rotation_expression:
        try:
            turns_of(renderer, table)
        except TurningError as problem:
            faults.append(str(problem))
    for entry in classes_of(renderer):
        if isinstance(entry.symbol, PictureMarkerSymbol | PictureFillSymbol):
            try:
                picture_of(entry.symbol)
            except PictureError as problem:
                faults.append(f"symbol of the class {entry.label!r}: {problem}")
    unusable = expression_fault(renderer, table)
    if unusable is not None:
        faults.append(unusable)
    for name in ("field", "field1", "field2", "field3", "normalization_field"):
        field = getattr(renderer, name, None)
        if field:
            try:
                column(table, field)
            except KeyError:
                faults.append(f"{name}: the layer has no field of that name")
    return faults
