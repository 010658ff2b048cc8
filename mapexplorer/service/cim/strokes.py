"""Lines and areas of layer files."""

from __future__ import annotations

from typing import Any, Final

from mapexplorer.service.cim.reading import Node, color_of, picture_of

_DOT: Final = 1.5
"""Up to so many line widths a dash is a dot."""
_HATCHES: Final[dict[frozenset[int], str]] = {
    frozenset({0}): "esriSFSHorizontal",
    frozenset({90}): "esriSFSVertical",
    frozenset({45}): "esriSFSBackwardDiagonal",
    frozenset({135}): "esriSFSForwardDiagonal",
    frozenset({0, 90}): "esriSFSCross",
    frozenset({45, 135}): "esriSFSDiagonalCross",
}


def drawn_layers(symbol: Node) -> list[Node]:
    """Return the symbol layers that are switched on, the first on top."""
    layers = [layer for layer in symbol.nodes("symbolLayers") if layer.flag("enable", True)]
    effects = list(symbol.nodes("effects"))
    if effects:
        raise effects[0].cannot_be_drawn()
    return layers


def line_of(symbol: Node) -> dict[str, Any]:
    """Return a line symbol. Raises `Unreadable`."""
    layers = drawn_layers(symbol)
    if len(layers) != 1:
        raise symbol.refused(f"a line symbol of {len(layers)} layers cannot be drawn", "symbolLayers")
    return _stroke(layers[0])


def _stroke(layer: Node) -> dict[str, Any]:
    if layer.type != "CIMSolidStroke":
        raise layer.cannot_be_drawn()
    width, style = layer.number("width", 1.0), "esriSLSSolid"
    for effect in layer.nodes("effects"):
        if effect.type != "CIMGeometricEffectDashes":
            raise effect.cannot_be_drawn()
        style = _dashes(effect, width)
    return {"type": "esriSLS", "style": style, "color": color_of(layer.node("color")), "width": width}


def _dashes(effect: Node, width: float) -> str:
    """Return the style that a pattern of dashes comes closest to."""
    steps = effect.value.get("dashTemplate")
    if (
        not isinstance(steps, list)
        or not steps
        or not all(isinstance(step, (int, float)) and step >= 0 for step in steps)
    ):
        raise effect.refused("expected lengths of dashes and gaps", "dashTemplate")
    dashes = [step > _DOT * max(width, 1.0) for step in steps[::2]]
    kinds = (dashes.count(True), dashes.count(False))
    if kinds[0] == 0:
        return "esriSLSDot"
    if kinds[1] == 0:
        return "esriSLSDash"
    if kinds[0] > 1 or kinds[1] > 2:
        raise effect.refused("this pattern of dashes cannot be drawn", "dashTemplate")
    return "esriSLSDashDot" if kinds[1] == 1 else "esriSLSDashDotDot"


def fill_and_outline(symbol: Node) -> tuple[list[int] | None, dict[str, Any] | None]:
    """Return the colour of the area and the outline of a symbol without hatches."""
    area = area_of(symbol) if symbol.type == "CIMPolygonSymbol" else None
    if area is None:
        return None, line_of(symbol)
    if area["type"] != "esriSFS" or area["style"] not in ("esriSFSSolid", "esriSFSNull"):
        raise symbol.refused("a marker is filled with one colour only")
    return (area["color"] if area["style"] == "esriSFSSolid" else None), area["outline"]


def area_of(symbol: Node) -> dict[str, Any]:
    """Return a polygon symbol: at most one outline, over one colour, or hatches. Raises `Unreadable`."""
    outlines: list[dict[str, Any]] = []
    fills: list[Node] = []
    for layer in drawn_layers(symbol):
        if layer.type == "CIMSolidStroke":
            outlines.append(_stroke(layer))
        elif layer.type in ("CIMSolidFill", "CIMHatchFill", "CIMPictureFill"):
            fills.append(layer)
        else:
            raise layer.cannot_be_drawn()
    if len(outlines) > 1:
        problem = f"a polygon symbol with {len(outlines)} outlines cannot be drawn"
        raise symbol.refused(problem, "symbolLayers")
    outline = outlines[0] if outlines else None
    if len(fills) == 1 and fills[0].type == "CIMPictureFill":
        return {**_pictures(fills[0]), "outline": outline}
    style, color = _filling(symbol, fills)
    return {"type": "esriSFS", "style": style, "color": color, "outline": outline}


def _pictures(fill: Node) -> dict[str, Any]:
    for key in ("colorSubstitutions", "tintColor"):
        if fill.value.get(key):
            raise fill.refused("cannot be drawn", key)
    height = fill.number("height", 12.0)
    return {
        "type": "esriPFS",
        **picture_of(fill),
        "height": height,
        "width": height * fill.number("scaleX", 1.0),
        "angle": fill.number("rotation"),
        "xoffset": fill.number("offsetX"),
        "yoffset": fill.number("offsetY"),
    }


def _filling(symbol: Node, fills: list[Node]) -> tuple[str, list[int] | None]:
    if not fills:
        return "esriSFSNull", None
    if len(fills) == 1 and fills[0].type == "CIMSolidFill":
        return "esriSFSSolid", color_of(fills[0].node("color"))
    if any(fill.type != "CIMHatchFill" for fill in fills):
        raise symbol.refused("hatches over a colour and several fills cannot be drawn", "symbolLayers")
    turns = frozenset(round(fill.number("rotation")) % 180 for fill in fills)
    style = _HATCHES.get(turns)
    if style is None or len(turns) != len(fills):
        problem = "hatches are drawn at 0, 45, 90 or 135 degrees, and crossed at right angles only"
        raise symbol.refused(problem, "symbolLayers")
    lines = [line_of(fill.needed("lineSymbol")) for fill in fills]
    if any(line["color"] != lines[0]["color"] for line in lines):
        raise symbol.refused("crossed hatches have one colour", "symbolLayers")
    return style, lines[0]["color"]
