"""Renderers of layer files."""

from __future__ import annotations

import re
from typing import Any, Final

from mapexplorer.service.arcade import ArcadeError, parse_program
from mapexplorer.service.cim.markers import marker_of
from mapexplorer.service.cim.reading import Node
from mapexplorer.service.cim.strokes import area_of, line_of

_NORMALIZATIONS: Final = {
    "Nothing": None,
    "": None,
    "Field": "esriNormalizeByField",
    "Log": "esriNormalizeByLog",
    "PercentOfTotal": "esriNormalizeByPercentOfTotal",
}
_ONE_FIELD: Final = re.compile(r"\s*\$feature(?:\.(\w+)|\[\s*['\"]([^'\"\]]+)['\"]\s*\])\s*;?\s*")
_IN_BRACKETS: Final = re.compile(r"\s*\[([^\[\]]{1,128})\]\s*")
_NULL: Final = "<Null>"


def renderer_of(node: Node) -> dict[str, Any]:
    """Return a renderer. Raises `Unreadable`."""
    match node.type:
        case "CIMSimpleRenderer":
            body: dict[str, Any] = {
                "type": "simple",
                "label": node.text("label"),
                "description": node.text("description"),
                "symbol": symbol_of(node.needed("symbol")),
            }
        case "CIMUniqueValueRenderer":
            body = _unique_values(node)
        case "CIMClassBreaksRenderer":
            body = _class_breaks(node)
        case _:
            raise node.cannot_be_drawn()
    return body | _variables(node)


def symbol_of(reference: Node) -> dict[str, Any]:
    """Return the symbol of a symbol reference."""
    for key in ("primitiveOverrides", "alternateSymbols"):
        if reference.value.get(key):
            raise reference.refused("cannot be drawn", key)
    symbol = reference.needed("symbol")
    match symbol.type:
        case "CIMPointSymbol":
            return marker_of(symbol)
        case "CIMLineSymbol":
            return line_of(symbol)
        case "CIMPolygonSymbol":
            return area_of(symbol)
    raise symbol.cannot_be_drawn()


def _default(node: Node, *, otherwise: bool) -> dict[str, Any]:
    """Return the default symbol and its label, when the renderer uses one."""
    reference = node.node("defaultSymbol")
    if reference is None or not node.flag("useDefaultSymbol", otherwise):
        return {}
    return {"defaultSymbol": symbol_of(reference), "defaultLabel": node.text("defaultLabel")}


def _unique_values(node: Node) -> dict[str, Any]:
    fields = node.value.get("fields") or []
    calculated = _calculated(node)
    if calculated is not None:
        fields = [calculated.text("expression")]
    if not isinstance(fields, list) or not 1 <= len(fields) <= 3 or not all(map(bool, fields)):
        raise node.refused("expected one to three fields", "fields")
    groups: list[dict[str, Any]] = []
    for group in node.nodes("groups"):
        classes = [_value_class(entry) for entry in group.nodes("classes")]
        groups.append({"heading": group.text("heading"), "classes": classes})
    names = (
        _followed(calculated, "field1")
        if calculated is not None
        else {f"field{number}": str(name) for number, name in enumerate(fields, 1)}
    )
    delimiter = {"fieldDelimiter": ","} if len(fields) > 1 else {}
    body = {"type": "uniqueValue", **names, **delimiter, **_default(node, otherwise=False)}
    if len(groups) == 1:
        flat = [(entry, value) for entry in groups[0]["classes"] for value in entry["values"]]
        if all(len(entry["values"]) == 1 for entry in groups[0]["classes"]):
            infos = [
                {"value": ",".join(value), "label": entry["label"], "symbol": entry["symbol"]}
                for entry, value in flat
            ]
            return {**body, "uniqueValueInfos": infos}
    return {**body, "uniqueValueGroups": groups}


def _value_class(entry: Node) -> dict[str, Any]:
    values = []
    for value in entry.nodes("values"):
        parts = value.value.get("fieldValues")
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise value.refused("expected texts", "fieldValues")
        if _NULL in parts:
            raise value.refused("a class of null values cannot be drawn", "fieldValues")
        values.append(parts)
    visible = entry.flag("visible", True)
    symbol = symbol_of(entry.needed("symbol")) if visible else None
    return {"label": entry.text("label"), "values": values, "symbol": symbol}


def _class_breaks(node: Node) -> dict[str, Any]:
    kind = node.text("classBreakType") or "GraduatedColor"
    if kind not in ("GraduatedColor", "GraduatedSymbol"):
        raise node.refused(f"{kind} cannot be drawn", "classBreakType")
    if node.text("exclusionClause"):
        raise node.refused("excluded values cannot be drawn", "exclusionClause")
    normalization = node.text("normalizationType")
    if normalization not in _NORMALIZATIONS:
        raise node.refused(f"{normalization} is not known", "normalizationType")
    body: dict[str, Any] = {
        "type": "classBreaks",
        **_break_field(node),
        "minValue": node.number("minimumBreak"),
        "classBreakInfos": [
            {
                "classMaxValue": entry.number("upperBound"),
                "label": entry.text("label"),
                "symbol": symbol_of(entry.needed("symbol")),
            }
            for entry in node.nodes("breaks")
        ],
        **_default(node, otherwise=False),
    }
    if _NORMALIZATIONS[normalization] is not None:
        body["normalizationType"] = _NORMALIZATIONS[normalization]
        body["normalizationField"] = node.text("normalizationField") or None
        body["normalizationTotal"] = node.number("normalizationTotal") or None
    background = node.node("backgroundSymbol")
    if kind == "GraduatedSymbol" and background is not None:
        body["backgroundFillSymbol"] = symbol_of(background)
    return body


def _break_field(node: Node) -> dict[str, str]:
    calculated = _calculated(node)
    if calculated is not None:
        return _followed(calculated, "field")
    field = node.text("field")
    if not field:
        raise node.refused("is missing", "field")
    return {"field": field}


def _calculated(node: Node) -> Node | None:
    """Return the expression that tells the values of a renderer, None where a field does."""
    expression = node.node("valueExpressionInfo")
    return expression if expression is not None and expression.text("expression") else None


def _followed(expression: Node, key: str) -> dict[str, str]:
    """Return the field that an expression names, or the expression where it calculates."""
    text = expression.text("expression")
    found = _ONE_FIELD.fullmatch(text)
    if found is not None:
        return {key: found[1] or found[2]}
    try:
        parse_program(text)
    except ArcadeError as problem:
        raise expression.refused(str(problem), "expression") from None
    return {"valueExpression": text}


def field_of(expression: Node) -> str:
    """Return the field that an expression stands for; other expressions are refused."""
    found = _ONE_FIELD.fullmatch(expression.text("expression"))
    if found is None:
        raise expression.refused("only expressions that name one field can be read", "expression")
    return found[1] or found[2]


def _variables(node: Node) -> dict[str, Any]:
    """Return the visual variables that are read: rotation by a field, and size between two ends."""
    found: dict[str, Any] = {}
    for variable in node.nodes("visualVariables"):
        if variable.type == "CIMSizeVisualVariable":
            found.setdefault("visualVariables", []).append(_size(variable))
            continue
        if variable.type != "CIMRotationVisualVariable":
            raise variable.cannot_be_drawn()
        info = variable.node("visualVariableInfoZ")
        if info is None or info.text("visualVariableInfoType") == "None":
            continue
        expression = info.text("expression")
        arcade = info.node("valueExpressionInfo")
        if arcade is not None and arcade.text("expression"):
            expression = f"[{field_of(arcade)}]"
        if not expression:
            continue
        kind = variable.text("rotationTypeZ") or "Arithmetic"
        found |= {"rotationExpression": expression, "rotationType": kind.lower()}
    return found


def _size(variable: Node) -> dict[str, Any]:
    """Return a size that grows with a field from one end to the other."""
    kind = variable.text("variableType") or "Graduated"
    if kind != "Graduated" or variable.text("normalizationType") not in ("", "Nothing"):
        raise variable.refused("only sizes between two values of a field can be drawn")
    arcade = variable.node("valueExpressionInfo")
    if arcade is not None and arcade.text("expression"):
        follows = {"valueExpression": arcade.text("expression")}
    else:
        found = _IN_BRACKETS.fullmatch(variable.text("expression"))
        if found is None:
            raise variable.refused("only expressions that name one field can be read", "expression")
        follows = {"field": found[1]}
    ends = {
        "minDataValue": "minValue",
        "maxDataValue": "maxValue",
        "minSize": "minSize",
        "maxSize": "maxSize",
    }
    return {
        "type": "sizeInfo",
        **follows,
        **{wire: variable.number(key) for wire, key in ends.items()},
    }
