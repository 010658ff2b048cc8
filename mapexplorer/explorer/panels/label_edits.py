"""Changing how labels look, where they stand and what they say; knows no widgets."""

from __future__ import annotations

import re
from typing import Any, get_args

from mapexplorer.protocol import LabelClass, TextSymbol
from mapexplorer.protocol.labels import LabelPlacement

from .symbol_edits import Rgb

PLAIN = TextSymbol(color=(30, 30, 30, 255), halo_size=1.0, halo_color=(255, 255, 255, 255))
"""How labels look that are switched on here."""
_KINDS = {
    "esriGeometryPoint": "esriServerPointLabelPlacement",
    "esriGeometryMultipoint": "esriServerPointLabelPlacement",
    "esriGeometryPolyline": "esriServerLinePlacement",
    "esriGeometryPolygon": "esriServerPolygonPlacement",
}
_FIRST = {
    "esriServerPointLabelPlacement": "esriServerPointLabelPlacementAboveRight",
    "esriServerLinePlacement": "esriServerLinePlacementAboveAlong",
    "esriServerPolygonPlacement": "esriServerPolygonPlacementAlwaysHorizontal",
}
_OPERATORS = re.compile(r"(\bCONCAT|[+(,&])\s*$", re.IGNORECASE)


def placements(geometry_type: str | None) -> dict[str, str]:
    """The places of labels that a geometry type has, each in words.

    >>> list(placements("esriGeometryPolygon").values())
    ['Always horizontal']
    """
    kind = _KINDS.get(geometry_type or "")
    if kind is None:
        return {}
    return {name: _words(name.removeprefix(kind)) for name in get_args(LabelPlacement) if kind in name}


def _words(name: str) -> str:
    text = " ".join(re.findall("[A-Z][a-z]+", name)).capitalize()
    return "On the point" if text == "Center center" else text.replace("enter", "entre")


def plain_class(geometry_type: str | None) -> LabelClass:
    """The label class to begin with."""
    return LabelClass.model_validate(
        {"labelPlacement": _FIRST.get(_KINDS.get(geometry_type or "", "")), "symbol": PLAIN}
    )


def placement_of(label: LabelClass, geometry_type: str | None) -> str | None:
    """Where labels of a class stand."""
    return label.label_placement or _FIRST.get(_KINDS.get(geometry_type or "", ""))


def is_arcade(label: LabelClass) -> bool:
    """Whether the expression of a class is one of Arcade, which wins over the plain one."""
    return label.label_expression_info is not None and bool(label.label_expression_info.expression)


def expression_of(label: LabelClass) -> str:
    """What the labels of a class say."""
    if label.label_expression_info is not None and label.label_expression_info.expression:
        return label.label_expression_info.expression
    return label.label_expression or ""


def saying(label: LabelClass, expression: str) -> LabelClass:
    """The class with another expression, in the language that it has."""
    info = label.label_expression_info
    if info is not None and info.expression:
        changed = info.model_copy(update={"expression": expression})
        return label.model_copy(update={"label_expression_info": changed})
    return label.model_copy(update={"label_expression": expression})


def with_field(expression: str, field: str, *, arcade: bool = False) -> str:
    """The expression with a field at its end, joined by a blank where nothing joins it yet.

    >>> with_field("[NAME]", "STATE")
    '[NAME] CONCAT " " CONCAT [STATE]'
    """
    written = f"$feature[{field!r}]" if arcade else f"[{field}]"
    before = expression.rstrip()
    if not before:
        return written
    if _OPERATORS.search(before):
        return f"{before} {written}"
    operator = "+" if arcade else "CONCAT"
    return f'{before} {operator} " " {operator} {written}'


def lettered(label: LabelClass, **changes: Any) -> LabelClass:
    """The class with another text symbol: `size`, `rgb`, `halo` (its width, 0 for none) or `halo_rgb`."""
    symbol = label.symbol or PLAIN
    update: dict[str, Any] = {}
    if "size" in changes:
        update["font"] = symbol.font.model_copy(update={"size": changes["size"]})
    if "rgb" in changes:
        update["color"] = (*changes["rgb"], symbol.color[3] if symbol.color is not None else 255)
    if "halo" in changes:
        update["halo_size"] = changes["halo"] or None
        update["halo_color"] = symbol.halo_color or (255, 255, 255, 255) if changes["halo"] else None
    if "halo_rgb" in changes:
        update["halo_color"] = (*changes["halo_rgb"], 255)
    return label.model_copy(update={"symbol": symbol.model_copy(update=update)})


def halo_of(symbol: TextSymbol) -> tuple[float, Rgb]:
    """The width and colour of the halo; a halo without a colour is not drawn."""
    if symbol.halo_color is None:
        return 0.0, (255, 255, 255)
    return symbol.halo_size or 0.0, symbol.halo_color[:3]
