"""What a document's drawing info asks for that this service cannot draw, said at the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mapexplorer.protocol import (
    DrawingInfo,
    Renderer,
    SimpleRenderer,
    UniqueValueRenderer,
)
from mapexplorer.service.sources import MULTIPOINT, POINT, POLYLINE

_MARKERS = ("esriSMS", "esriPMS", "esriTS")


def symbols_of(renderer: Renderer) -> Iterator[tuple[str, Any]]:
    """Yield every symbol of a renderer that is not null, with its JSON path inside the renderer."""
    if isinstance(renderer, SimpleRenderer):
        yield "symbol", renderer.symbol
        return
    if isinstance(renderer, UniqueValueRenderer):
        for number, info in enumerate(renderer.unique_value_infos or ()):
            yield f"uniqueValueInfos[{number}].symbol", info.symbol
        for number, group in enumerate(renderer.unique_value_groups or ()):
            for place, entry in enumerate(group.classes):
                yield f"uniqueValueGroups[{number}].classes[{place}].symbol", entry.symbol
    else:
        for number, info_ in enumerate(renderer.class_break_infos):
            yield f"classBreakInfos[{number}].symbol", info_.symbol
    yield "defaultSymbol", renderer.default_symbol


def symbol_faults(renderer: Renderer, geometry_type: str, place: str) -> list[str]:
    """Return a fault for every symbol that cannot be drawn, or not for that geometry type."""
    faults = []
    for path, symbol in symbols_of(renderer):
        if symbol is None:
            continue
        where = f"{place}.{path}"
        if symbol.type in ("esriPMS", "esriPFS") and symbol.image_data is None:
            faults.append(f"{where}.url: the service fetches no pictures; give imageData and contentType")
        elif not _suits(symbol.type, geometry_type):
            faults.append(f"{where}: {symbol.type} is no symbol for {geometry_type}")
    return faults


def _suits(symbol_type: str, geometry_type: str) -> bool:
    if geometry_type in (POINT, MULTIPOINT):
        return symbol_type in _MARKERS
    if geometry_type == POLYLINE:
        return symbol_type == "esriSLS"
    return True


def symbol_warnings(drawing: DrawingInfo, place: str) -> list[str]:
    """Return a warning for everything in a drawing info that is valid but has no effect yet."""
    warnings = []
    if drawing.show_labels and not drawing.labeling_info:
        warnings.append(f"{place}.showLabels: there is no labelingInfo, so nothing is labelled")
    return warnings
