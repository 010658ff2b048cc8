"""Markers of layer files: vector markers of the plain shapes, and pictures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapexplorer.service.cim.reading import Node, picture_of
from mapexplorer.service.cim.strokes import drawn_layers, fill_and_outline

_CLOSE: Final = 0.02
"""How far, as part of its size, the corner of a shape may lie from where it belongs."""

_CORNERS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "esriSMSSquare": ((-1, -1), (-1, 1), (1, 1), (1, -1)),
    "esriSMSDiamond": ((-1, 0), (0, 1), (1, 0), (0, -1)),
    "esriSMSTriangle": ((-1, -1), (0, 1), (1, -1)),
}
_LINES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "esriSMSCross": ((-1, 0), (1, 0), (0, -1), (0, 1)),
    "esriSMSX": ((-1, -1), (1, 1), (-1, 1), (1, -1)),
}
_ROUND_FROM: Final = 16
"""A ring of so many corners on a circle is a circle."""

Floats = npt.NDArray[np.float64]


def marker_of(symbol: Node) -> dict[str, Any]:
    """Return a point symbol as a marker. Raises `Unreadable`."""
    layers = drawn_layers(symbol)
    if len(layers) != 1:
        raise symbol.refused(f"a point symbol of {len(layers)} layers cannot be drawn", "symbolLayers")
    (layer,) = layers
    if symbol.node("callout") is not None:
        raise symbol.refused("callouts cannot be drawn", "callout")
    if layer.type == "CIMPictureMarker":
        marker = _picture(layer)
    elif layer.type == "CIMVectorMarker":
        marker = _vector(layer)
    else:
        raise layer.cannot_be_drawn()
    turn = layer.number("rotation") * (-1 if layer.flag("rotateClockwise") else 1)
    marker["angle"] = turn + symbol.number("angle")
    marker["xoffset"], marker["yoffset"] = layer.number("offsetX"), layer.number("offsetY")
    anchor = layer.node("anchorPoint")
    if anchor is not None and any(abs(anchor.number(axis)) > 1e-6 for axis in ("x", "y")):
        raise layer.refused("markers are anchored at their centre only", "anchorPoint")
    return marker


def _picture(layer: Node) -> dict[str, Any]:
    size = layer.number("size", 12.0)
    return {
        "type": "esriPMS",
        **picture_of(layer),
        "height": size,
        "width": size * layer.number("scaleX", 1.0),
    }


def _vector(layer: Node) -> dict[str, Any]:
    graphics = list(layer.nodes("markerGraphics"))
    if len(graphics) != 1:
        problem = f"a marker of {len(graphics)} graphics cannot be drawn"
        raise layer.refused(problem, "markerGraphics")
    (graphic,) = graphics
    if graphic.text("textString") or graphic.node("symbol") is None:
        raise graphic.cannot_be_drawn()
    style, extent = _shape(graphic.needed("geometry"))
    symbol = graphic.needed("symbol")
    frame = layer.node("frame")
    height = extent if frame is None else frame.number("ymax") - frame.number("ymin")
    if height <= 0:
        raise layer.refused("expected a frame with a height", "frame")
    size = layer.number("size", 10.0)
    scale = size / height
    stroke_scale = scale if layer.flag("scaleSymbolsProportionally") else 1.0
    color, outline = fill_and_outline(symbol)
    if outline is not None:
        outline["width"] *= stroke_scale
    if style in _LINES:
        color = None if outline is None else outline["color"]
    return {
        "type": "esriSMS",
        "style": style,
        "color": color,
        "size": extent * scale,
        "outline": outline,
    }


def _shape(geometry: Node) -> tuple[str, float]:
    """Return the marker style of a geometry and the length of its longer side."""
    rings: Any = geometry.value.get("rings") or ()
    curves: Any = geometry.value.get("curveRings") or ()
    paths: Any = geometry.value.get("paths") or ()
    if len(curves) == 1 and not rings:
        radius = _arc(curves[0])
        if radius is not None:
            return "esriSMSCircle", 2 * radius
    corners = _points(geometry, rings[0]) if len(rings) == 1 else None
    if corners is not None:
        found = _style(corners[:-1] if (corners[0] == corners[-1]).all() else corners)
        if found is not None:
            return found, float(np.ptp(corners, axis=0).max())
    if len(paths) == 2 and all(len(path) == 2 for path in paths):
        ends = _points(geometry, [point for path in paths for point in path])
        for style, wanted in _LINES.items():
            if _alike(ends, wanted):
                return style, float(np.ptp(ends, axis=0).max())
    raise geometry.refused("the graphic is no circle, square, diamond, triangle, cross or X")


def _points(geometry: Node, values: Any) -> Floats:
    try:
        points = np.array([point[:2] for point in values], dtype=np.float64)
    except (TypeError, ValueError, KeyError):
        raise geometry.refused("expected points") from None
    if points.ndim != 2 or points.shape[0] < 2 or not np.isfinite(points).all():
        raise geometry.refused("expected points")
    return points


def _style(corners: Floats) -> str | None:
    for style, wanted in _CORNERS.items():
        if len(corners) == len(wanted) and _alike(corners, wanted):
            return style
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    distance = np.hypot(*(corners - centre).T)
    if len(corners) >= _ROUND_FROM and np.ptp(distance) < _CLOSE * distance.max():
        return "esriSMSCircle"
    return None


def _alike(points: Floats, wanted: tuple[tuple[float, float], ...]) -> bool:
    """Tell whether points, stretched to the square from -1 to 1, are the wanted ones in any order."""
    low, high = points.min(axis=0), points.max(axis=0)
    if (high <= low).any():
        return False
    scaled = 2 * (points - low) / (high - low) - 1
    distances = np.abs(scaled[:, None, :] - np.array(wanted)[None, :, :]).max(axis=2)
    return bool((distances.min(axis=0) < _CLOSE).all() and (distances.min(axis=1) < _CLOSE).all())


def _arc(curve: Any) -> float | None:
    """Return the radius of a ring that is one whole circular arc, None for every other ring."""
    if not isinstance(curve, list) or len(curve) != 2 or not isinstance(curve[1], dict):
        return None
    arc: Any = curve[1].get("a")
    try:
        (x, y), (centre_x, centre_y) = curve[0][:2], arc[1][:2]
        (end_x, end_y) = arc[0][:2]
        radius = float(np.hypot(x - centre_x, y - centre_y))
    except (TypeError, ValueError, IndexError):
        return None
    closed = radius > 0 and np.hypot(end_x - x, end_y - y) < _CLOSE * radius
    return radius if closed and len(arc) == 4 else None
