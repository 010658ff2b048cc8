"""Changing the colour, size and outline of symbols, of one or of all in a renderer; knows no widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mapexplorer.protocol import (
    ClassBreaksRenderer,
    PictureFillSymbol,
    PictureMarkerSymbol,
    Renderer,
    SimpleFillSymbol,
    SimpleLineSymbol,
    SimpleMarkerSymbol,
    SimpleRenderer,
    Symbol,
    TextSymbol,
    UniqueValueRenderer,
)

Rgb = tuple[int, int, int]

DEFAULT_COLOR = (51, 122, 165, 255)
DEFAULT_OUTLINE = SimpleLineSymbol(color=(64, 64, 64, 255), width=0.75)


@dataclass(frozen=True)
class Look:
    """What of a symbol can be changed; None where the symbol has no such thing, or it is not drawn.

    `sizes` tells what the size is: of a marker or text, the width of a line, or nothing.
    """

    color: Rgb | None = None
    size: float | None = None
    outline_color: Rgb | None = None
    outline_width: float | None = None
    has_color: bool = False
    has_outline: bool = False
    sizes: str = ""


def look(symbol: Symbol) -> Look:
    """What a symbol looks like, as far as it can be changed here."""
    if isinstance(symbol, SimpleMarkerSymbol):
        return Look(_rgb(symbol.color), symbol.size, **_outline(symbol), has_color=True, sizes="Size")
    if isinstance(symbol, SimpleLineSymbol):
        return Look(_rgb(symbol.color), symbol.width, has_color=True, sizes="Width")
    if isinstance(symbol, SimpleFillSymbol):
        return Look(_rgb(symbol.color), **_outline(symbol), has_color=True)
    if isinstance(symbol, TextSymbol):
        return Look(_rgb(symbol.color), symbol.font.size, has_color=True, sizes="Size")
    if isinstance(symbol, PictureFillSymbol):
        return Look(**_outline(symbol))
    return Look(size=max(symbol.width or 0.0, symbol.height or 0.0), sizes="Size")


def _rgb(color: tuple[int, int, int, int] | None) -> Rgb | None:
    return None if color is None else color[:3]


def _outline(symbol: SimpleMarkerSymbol | SimpleFillSymbol | PictureFillSymbol) -> dict[str, Any]:
    line = symbol.outline
    drawn = line is not None and line.style != "esriSLSNull"
    return {
        "outline_color": _rgb(line.color) if drawn and line is not None else None,
        "outline_width": line.width if drawn and line is not None else 0.0,
        "has_outline": True,
    }


def colored(symbol: Symbol, rgb: Rgb) -> Symbol:
    """The symbol in another colour; it keeps how much shines through, and a hollow one is filled."""
    if isinstance(symbol, (PictureMarkerSymbol, PictureFillSymbol)):
        return symbol
    alpha = symbol.color[3] if symbol.color is not None else 255
    changes: dict[str, Any] = {"color": (*rgb, alpha)}
    if symbol.type == "esriSFS" and symbol.style == "esriSFSNull":
        changes["style"] = "esriSFSSolid"
    if symbol.type == "esriSLS" and symbol.style == "esriSLSNull":
        changes["style"] = "esriSLSSolid"
    return symbol.model_copy(update=changes)


def sized(symbol: Symbol, size: float) -> Symbol:
    """The symbol in another size, in points; a line becomes so wide, a picture keeps its proportions."""
    if isinstance(symbol, SimpleMarkerSymbol):
        return symbol.model_copy(update={"size": size})
    if isinstance(symbol, SimpleLineSymbol):
        return symbol.model_copy(update={"width": size})
    if isinstance(symbol, TextSymbol):
        return symbol.model_copy(update={"font": symbol.font.model_copy(update={"size": size})})
    if isinstance(symbol, PictureMarkerSymbol):
        width, height = symbol.width or size, symbol.height or size
        scale = size / (max(width, height) or size or 1.0)
        return symbol.model_copy(update={"width": width * scale, "height": height * scale})
    return symbol


def outlined(symbol: Symbol, *, rgb: Rgb | None = None, width: float | None = None) -> Symbol:
    """The symbol with an outline of another colour or width; a width of 0 takes the outline away."""
    if not isinstance(symbol, (SimpleMarkerSymbol, SimpleFillSymbol, PictureFillSymbol)):
        return symbol
    if width == 0:
        return symbol.model_copy(update={"outline": None})
    line = symbol.outline
    if line is None or line.style == "esriSLSNull":
        line = DEFAULT_OUTLINE
    if rgb is not None:
        line = line.model_copy(update={"color": (*rgb, line.color[3] if line.color is not None else 255)})
    if width is not None:
        line = line.model_copy(update={"width": width})
    return symbol.model_copy(update={"outline": line})


def entries(renderer: Renderer) -> tuple[tuple[str, Symbol], ...]:
    """The labels and symbols of a renderer, in the order of `with_symbols`."""
    found: list[tuple[str, Symbol]] = []

    def note(label: str, symbol: Symbol) -> Symbol:
        found.append((label, symbol))
        return symbol

    _walked(renderer, note)
    return tuple(found)


def with_symbols(renderer: Renderer, change: Callable[[Symbol], Symbol], only: int | None = None) -> Renderer:
    """The renderer with every symbol changed, or only one of them by its place in `entries`."""
    return with_each(renderer, lambda place, symbol: change(symbol) if only in (None, place) else symbol)


def with_each(renderer: Renderer, change: Callable[[int, Symbol], Symbol]) -> Renderer:
    """The renderer with every symbol changed according to its place in `entries`."""
    place = -1

    def changed(label: str, symbol: Symbol) -> Symbol:
        nonlocal place
        place += 1
        return change(place, symbol)

    return _walked(renderer, changed)


def _walked(renderer: Renderer, visit: Callable[[str, Symbol], Symbol]) -> Renderer:
    if isinstance(renderer, SimpleRenderer):
        return renderer.model_copy(update={"symbol": visit(renderer.label or "", renderer.symbol)})
    changes: dict[str, Any] = {}
    if isinstance(renderer, UniqueValueRenderer):
        if renderer.unique_value_infos is not None:
            changes["unique_value_infos"] = _visited(renderer.unique_value_infos, visit)
        if renderer.unique_value_groups is not None:
            changes["unique_value_groups"] = tuple(
                group.model_copy(update={"classes": _visited(group.classes, visit)})
                for group in renderer.unique_value_groups
            )
    else:
        changes["class_break_infos"] = _visited(renderer.class_break_infos, visit)
    if renderer.default_symbol is not None:
        changes["default_symbol"] = visit(renderer.default_label or "Other values", renderer.default_symbol)
    return renderer.model_copy(update=changes)


def _visited(infos: tuple[Any, ...], visit: Callable[[str, Symbol], Symbol]) -> tuple[Any, ...]:
    return tuple(
        info if info.symbol is None else info.model_copy(update={"symbol": visit(_label(info), info.symbol)})
        for info in infos
    )


def _label(info: Any) -> str:
    for name in ("value", "values", "class_max_value"):
        value = getattr(info, name, None)
        if value is not None:
            return str(info.label or (value if not isinstance(value, tuple) else ", ".join(map(str, value))))
    return ""


def field_of(renderer: Renderer) -> str:
    """The field that the classes are made from; empty for one symbol."""
    if isinstance(renderer, UniqueValueRenderer):
        return renderer.field1 or ""
    return renderer.field or "" if isinstance(renderer, ClassBreaksRenderer) else ""


def plain_symbol(geometry_type: str | None) -> Symbol:
    """The symbol to begin with for a geometry type, where the service tells none."""
    if geometry_type in ("esriGeometryPoint", "esriGeometryMultipoint"):
        return SimpleMarkerSymbol(color=DEFAULT_COLOR, size=7.0, outline=DEFAULT_OUTLINE)
    if geometry_type == "esriGeometryPolyline":
        return SimpleLineSymbol(color=DEFAULT_COLOR, width=1.5)
    return SimpleFillSymbol(color=DEFAULT_COLOR, outline=DEFAULT_OUTLINE)
