"""Visual variables: size, colour and transparency that change from row to row (Esri, web map specification).

They turn the classes of a renderer into finer ones, each with a plain symbol of its own, so that everything
that draws classes draws them too. Where rows differ in too many ways, sizes and colours are rounded.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from mapexplorer.protocol.renderers import (
    ColorInfo,
    FixedOrByScale,
    Renderer,
    RotationInfo,
    SizeByScale,
    SizeInfo,
    TransparencyInfo,
)
from mapexplorer.protocol.symbols import (
    LARGEST_FONT,
    LARGEST_WIDTH,
    PictureFillSymbol,
    PictureMarkerSymbol,
    SimpleFillSymbol,
    SimpleLineSymbol,
    SimpleMarkerSymbol,
    Symbol,
    TextSymbol,
)
from mapexplorer.service.arcade import ArcadeError, parse_program
from mapexplorer.service.arcade.columns import numbers as as_numbers
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass, number_type, numbers_of
from mapexplorer.service.render.pictures import decode_picture, picture_size
from mapexplorer.service.render.ragged import Floats

MOST_VARIED: Final = 1_500
"""Classes that the classes of a renderer are divided into at most, before values are rounded further."""
_ROUNDING: Final = ((0.01, 1), (0.05, 2), (0.1, 4), (0.25, 8), (0.5, 16), (1.0, 32), (4.0, 64), (512.0, 256))
"""Steps of sizes in points and of colour values, finest first."""
_SCALES: Final = frozenset({"view.scale", "$view.scale"})
_FIELD: Final = re.compile(r"\s*\$feature(?:\.([A-Za-z_]\w*)|\[[\"']([^\"'\[\]]{1,128})[\"']\])\s*;?\s*")

Info = TypeVar("Info")


class VariationError(ValueError):
    """A visual variable that cannot be obeyed; the text is one sentence."""


@dataclass(frozen=True)
class Look:
    """What is different about the rows of one fine class; None is as in the symbol."""

    size: float | None = None
    outline: float | None = None
    color: tuple[int, int, int, int] | None = None
    opacity: float = 1.0


def varies(renderer: Renderer) -> bool:
    """Tell whether size, colour or transparency of a renderer change from row to row."""
    return any(not isinstance(info, RotationInfo) for info in renderer.visual_variables or ())


def varies_by_scale(renderer: Renderer) -> bool:
    """Tell whether sizes depend on the scale of the map."""
    return any(
        isinstance(info, SizeInfo)
        and (
            by_scale(info) or isinstance(info.min_size, SizeByScale) or isinstance(info.max_size, SizeByScale)
        )
        for info in renderer.visual_variables or ()
    )


def varied(
    renderer: Renderer,
    classes: Sequence[SymbolClass],
    numbers: ClassNumbers,
    table: pd.DataFrame,
    scale: float,
) -> tuple[tuple[SymbolClass, ...], ClassNumbers]:
    """Return finer classes and the number of each row among them, by the visual variables at a scale.

    A row whose value is null or no number keeps the symbol of its class.
    """
    sizes = _sizes(renderer, table, scale, outline=False)
    outlines = _sizes(renderer, table, scale, outline=True)
    colors, opacity = _colors(renderer, table), _opacities(renderer, table)
    for step, shade in _ROUNDING:
        parts = [numbers.astype(np.int64) + 1]
        parts += [_steps(values, step) for values in (sizes, outlines)]
        parts += [_steps(channel, shade) for channel in colors.T] + [_steps(opacity * 255, shade)]
        together, first = _numbered(parts)
        if len(first) <= MOST_VARIED + len(classes):
            break
    found = []
    for row in first.tolist():
        number = int(numbers[row])
        if number < 0:
            found.append(SymbolClass("", None))
            continue
        look = Look(
            _rounded(sizes[row], step),
            _rounded(outlines[row], step),
            _shade(colors[row], shade),
            min(round(float(opacity[row]) * 255 / shade) * shade, 255) / 255,
        )
        found.append(replace(classes[number], symbol=looking(classes[number].symbol, look)))
    return tuple(found), np.where(numbers < 0, -1, together).astype(number_type(len(found)))


def _steps(values: Floats, step: float) -> Any:
    """Return values as whole numbers of steps, -1 where there is none."""
    return np.where(np.isfinite(values), np.rint(np.nan_to_num(values) / step), -1).astype(np.int64)


def _numbered(parts: Sequence[Any]) -> tuple[Any, Any]:
    """Return the number of each row's combination, and a row of each combination."""
    together = np.zeros(len(parts[0]), dtype=np.int64)
    for part in parts:
        codes, distinct = pd.factorize(part)
        together, _ = pd.factorize(together * max(len(distinct), 1) + codes)
    _, first = np.unique(together, return_index=True)
    return together, first


def _rounded(value: float, step: float) -> float | None:
    return max(round(float(value) / step) * step, 0.0) if np.isfinite(value) else None


def _shade(color: Floats, step: float) -> tuple[int, int, int, int] | None:
    if not np.isfinite(color).all():
        return None
    red, green, blue, alpha = (min(int(round(channel / step) * step), 255) for channel in color.tolist())
    return red, green, blue, alpha


def _infos(renderer: Renderer, kind: type[Info]) -> list[Info]:
    return [info for info in renderer.visual_variables or () if isinstance(info, kind)]


def by_scale(info: SizeInfo) -> bool:
    """Tell whether a size follows the scale of the map instead of the rows."""
    return (info.expression or info.value_expression or "").strip() in _SCALES


def values_of(info: Any, table: pd.DataFrame, *, checking: bool = False) -> Floats:
    """Return the value of every row, NaN for null; when checking, of one row that is nowhere null.

    Raises `VariationError`; values of a wrong kind are told only when checking, else they are NaN.
    """
    expression = "" if info.field else _expression_of(info)
    single = _FIELD.fullmatch(expression)
    try:
        if expression and single is None:
            values = _calculated(expression, table, checking)
        else:
            values = numbers_of(table, field_of(info))
        divisor = getattr(info, "normalization_field", None)
        if divisor:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = values / numbers_of(table, divisor)[: len(values)]
    except KeyError as missing:
        raise VariationError(f"the layer has no field {missing.args[0]!r}") from None
    return np.where(np.isfinite(values), values, np.nan)


def _calculated(expression: str, table: pd.DataFrame, checking: bool) -> Floats:
    """Return the numbers that an Arcade expression gives."""
    try:
        program = parse_program(expression)
        values = program.check(table) if checking else program.evaluate(table)
        return as_numbers(values, "a visual variable")
    except ArcadeError as problem:
        if checking:
            raise VariationError(str(problem)) from None
        return np.full(len(table), np.nan)


def _expression_of(info: Any) -> str:
    return getattr(info, "value_expression", None) or getattr(info, "expression", None) or ""


def field_of(info: Any) -> str:
    """Return the field a visual variable follows. Raises `VariationError` for one that calculates."""
    if info.field:
        return str(info.field)
    found = _FIELD.fullmatch(_expression_of(info))
    if found is None:
        raise VariationError("expected a field or an expression of Arcade")
    return found[1] or found[2]


def _sizes(renderer: Renderer, table: pd.DataFrame, scale: float, *, outline: bool) -> Floats:
    """Return sizes in points, NaN where the symbol keeps its own."""
    sizes = np.full(len(table), np.nan)
    for info in _infos(renderer, SizeInfo):
        if (info.target == "outline") == outline:
            sizes = _size(info, table, scale)
    return sizes


def _size(info: SizeInfo, table: pd.DataFrame, scale: float) -> Floats:
    if by_scale(info):
        values: Floats = np.full(len(table), scale)
    else:
        values = values_of(info, table)
    if info.stops:
        stops = sorted(info.stops, key=lambda stop: stop.value)
        return _along(values, [stop.value for stop in stops], [stop.size for stop in stops])
    low, high = info.min_data_value, info.max_data_value
    smallest, largest = _at(info.min_size, scale), _at(info.max_size, scale)
    if low is None or high is None or smallest is None or largest is None:
        raise VariationError("expected stops, or minDataValue, maxDataValue, minSize and maxSize")
    if low > high:
        low, high, smallest, largest = high, low, largest, smallest
    return _along(values, [low, high], [smallest, largest])


def _at(size: FixedOrByScale | None, scale: float) -> float | None:
    """Return a size at a scale; raises `VariationError` for one that depends on anything else."""
    if not isinstance(size, SizeByScale):
        return size
    if (size.expression or size.value_expression or "").strip() not in _SCALES or not size.stops:
        raise VariationError("a size that changes needs the expression view.scale and stops")
    stops = sorted(size.stops, key=lambda stop: stop.value)
    return float(np.interp(scale, [stop.value for stop in stops], [stop.size for stop in stops]))


def _along(values: Floats, places: Sequence[float], results: Sequence[float]) -> Floats:
    """Return what lies linearly between stops, clamped at both ends; NaN stays."""
    return np.where(np.isfinite(values), np.interp(values, places, results), np.nan)


def _colors(renderer: Renderer, table: pd.DataFrame) -> Floats:
    """Return colours, (n, 4) from 0 to 255, NaN where the symbol keeps its own."""
    colors = np.full((len(table), 4), np.nan)
    for info in _infos(renderer, ColorInfo):
        values = values_of(info, table)
        stops = sorted(info.stops, key=lambda stop: stop.value)
        places = [stop.value for stop in stops]
        for channel in range(4):
            colors[:, channel] = _along(values, places, [stop.color[channel] for stop in stops])
    return colors


def _opacities(renderer: Renderer, table: pd.DataFrame) -> Floats:
    """Return by what opacity is multiplied, 0 to 1."""
    opacity = np.ones(len(table))
    for info in _infos(renderer, TransparencyInfo):
        stops = sorted(info.stops, key=lambda stop: stop.value)
        found = _along(
            values_of(info, table), [stop.value for stop in stops], [stop.transparency for stop in stops]
        )
        opacity = np.where(np.isfinite(found), 1 - found / 100, 1.0)
    return opacity


def looking(symbol: Symbol | None, look: Look) -> Symbol | None:
    """Return a symbol with another look."""
    changes: dict[str, Any] = {}
    outline = getattr(symbol, "outline", None)
    if outline is not None:
        changes["outline"] = _line(outline, look.outline, None, look.opacity)
    match symbol:
        case SimpleMarkerSymbol():
            changes["color"] = _faded(look.color or symbol.color, look.opacity)
            if look.size is not None:
                changes["size"] = look.size
        case SimpleLineSymbol():
            return _line(symbol, look.size, look.color, look.opacity)
        case SimpleFillSymbol():
            changes["color"] = _faded(look.color or symbol.color, look.opacity)
            if outline is not None and look.outline is None and look.size is not None:
                changes["outline"] = _line(outline, look.size, None, look.opacity)
        case TextSymbol():
            changes["color"] = _faded(look.color or symbol.color, look.opacity)
            changes["halo_color"] = _faded(symbol.halo_color, look.opacity)
            if look.size is not None:
                size = min(look.size, LARGEST_FONT)
                changes["font"] = symbol.font.model_copy(update={"size": size})
        case PictureMarkerSymbol():
            changes |= _picture(symbol, look)
            if look.size is not None:
                wide, high = picture_size(symbol, 1.0)
                changes |= {"height": look.size, "width": look.size * wide / high if high else look.size}
        case PictureFillSymbol():
            changes |= _picture(symbol, look)
        case _:
            return symbol
    return symbol.model_copy(update=changes)


def _line(symbol: SimpleLineSymbol, width: float | None, color: Any, opacity: float) -> SimpleLineSymbol:
    changes: dict[str, Any] = {"color": _faded(color or symbol.color, opacity)}
    if width is not None:
        changes["width"] = min(width, LARGEST_WIDTH)
    return symbol.model_copy(update=changes)


def _faded(color: Any, opacity: float) -> Any:
    return color if color is None or opacity >= 1 else (*color[:3], round(color[3] * opacity))


def _picture(symbol: PictureMarkerSymbol | PictureFillSymbol, look: Look) -> dict[str, Any]:
    """Return what fades a picture; its colours are its own."""
    if look.opacity >= 1 or symbol.image_data is None:
        return {}
    return {"image_data": _faded_picture(symbol.image_data, look.opacity)}


@lru_cache(maxsize=256)
def _faded_picture(data: str, opacity: float) -> str:
    picture = decode_picture(data).copy()
    picture.putalpha(picture.getchannel("A").point(lambda alpha: round(alpha * opacity)))
    file = io.BytesIO()
    picture.save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def variable_faults(renderer: Renderer, table: pd.DataFrame) -> list[str]:
    """Return one sentence for every visual variable that cannot be obeyed, with its place in the renderer."""
    faults = []
    few = table.iloc[:1]
    for number, info in enumerate(renderer.visual_variables or ()):
        place = f"visualVariables[{number}]"
        try:
            if isinstance(info, SizeInfo):
                _size(info, few, 1.0)
            if not isinstance(info, SizeInfo) or not by_scale(info):
                values_of(info, table, checking=True)
        except VariationError as problem:
            faults.append(f"{place}: {problem}")
    return faults


def rotation_of(renderer: Renderer) -> RotationInfo | None:
    """Return the visual variable that turns markers, if there is one; it wins over a rotation expression."""
    found = _infos(renderer, RotationInfo)
    return found[-1] if found else None
