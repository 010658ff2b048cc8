"""Label classes of layer files."""

from __future__ import annotations

from typing import Any, Final

from mapexplorer.service.arcade import ArcadeError, parse_program
from mapexplorer.service.cim.reading import Node, color_of
from mapexplorer.service.cim.strokes import area_of

_POINT_PLACES: Final = (
    "aboveRight",
    "aboveCenter",
    "aboveLeft",
    "centerRight",
    "centerLeft",
    "belowRight",
    "belowCenter",
    "belowLeft",
)
_ALIGNMENTS: Final = {"Left": "left", "Right": "right", "Center": "center", "Justify": "justify", "": "left"}
_VERTICAL: Final = {
    "Top": "top",
    "Center": "middle",
    "Baseline": "baseline",
    "Bottom": "bottom",
    "": "bottom",
}


def label_classes(layer: Node, geometry_type: str) -> list[dict[str, Any]]:
    """Return the label classes that a layer shows. Raises `Unreadable`."""
    return [
        _label_class(entry, geometry_type)
        for entry in layer.nodes("labelClasses")
        if entry.flag("visibility", True)
    ]


def _label_class(entry: Node, geometry_type: str) -> dict[str, Any]:
    body = {
        **_expression(entry),
        "labelPlacement": _placement(entry, geometry_type),
        "useCodedValues": entry.flag("useCodedValue"),
        "symbol": _text_symbol(entry.needed("textSymbol").needed("symbol")),
        "minScale": entry.number("minimumScale"),
        "maxScale": entry.number("maximumScale"),
        "name": entry.text("name"),
    }
    where = entry.text("whereClause")
    return {**body, "where": where} if where else body


def _expression(entry: Node) -> dict[str, Any]:
    """Return what labels write, in the grammar of label expressions or in Arcade."""
    text = entry.text("expression")
    if entry.text("expressionEngine") != "Arcade":
        return {"labelExpression": text}
    try:
        parse_program(text)
    except ArcadeError as problem:
        raise entry.refused(str(problem), "expression") from None
    return {"labelExpressionInfo": {"expression": text}}


def _placement(entry: Node, geometry_type: str) -> str:
    rules = entry.node("standardLabelPlacementProperties")
    if geometry_type == "esriGeometryPolygon":
        return "esriServerPolygonPlacementAlwaysHorizontal"
    if geometry_type == "esriGeometryPolyline":
        position = None if rules is None else rules.node("lineLabelPosition")
        side = "Above"
        if position is not None and not position.flag("above"):
            side = "Below" if position.flag("below") else "Center" if position.flag("onTop") else "Above"
        return f"esriServerLinePlacement{side}Along"
    if rules is not None and rules.text("pointPlacementMethod") == "OnTopPoint":
        return "esriServerPointLabelPlacementCenterCenter"
    ranks = None if rules is None else rules.node("pointPlacementPriorities")
    best = "aboveRight"
    if ranks is not None:
        allowed = [place for place in _POINT_PLACES if ranks.number(place) > 0]
        best = min(allowed, key=ranks.number, default=best)
    return f"esriServerPointLabelPlacement{best[0].upper()}{best[1:]}"


def _text_symbol(symbol: Node) -> dict[str, Any]:
    if symbol.type != "CIMTextSymbol":
        raise symbol.cannot_be_drawn()
    if symbol.node("callout") is not None:
        raise symbol.refused("callouts cannot be drawn", "callout")
    if symbol.text("textCase") not in ("", "Normal"):
        raise symbol.refused(f"{symbol.text('textCase')} letters cannot be drawn", "textCase")
    style = symbol.text("fontStyleName").casefold()
    body: dict[str, Any] = {
        "type": "esriTS",
        "color": _color(symbol.node("symbol")),
        "horizontalAlignment": _ALIGNMENTS.get(symbol.text("horizontalAlignment"), "left"),
        "verticalAlignment": _VERTICAL.get(symbol.text("verticalAlignment"), "bottom"),
        "rightToLeft": symbol.text("textDirection") == "RTL",
        "kerning": symbol.flag("kerning", True),
        "xoffset": symbol.number("offsetX"),
        "yoffset": symbol.number("offsetY"),
        "font": {
            "family": symbol.text("fontFamilyName") or None,
            "size": symbol.number("height", 10.0),
            "style": "italic" if "italic" in style or "oblique" in style else "normal",
            "weight": "bold" if "bold" in style else "normal",
            "decoration": "underline" if symbol.flag("underline") else "none",
        },
    }
    halo = symbol.node("haloSymbol")
    if halo is not None:
        body["haloColor"] = _color(halo)
        body["haloSize"] = symbol.number("haloSize", 1.0)
    return body


def _color(symbol: Node | None) -> list[int] | None:
    """Return the colour that letters are filled with."""
    if symbol is None:
        return [0, 0, 0, 255]
    fills = [layer for layer in symbol.nodes("symbolLayers") if layer.flag("enable", True)]
    if len(fills) == 1 and fills[0].type == "CIMSolidFill":
        return color_of(fills[0].node("color"))
    area = area_of(symbol)
    if area["style"] != "esriSFSSolid" or (area["outline"] or {}).get("width"):
        raise symbol.refused("letters are drawn in one colour only")
    color: list[int] | None = area["color"]
    return color
