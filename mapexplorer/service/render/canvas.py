"""Draw a map view: its layers from bottom to top over the ground of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from mapexplorer.protocol.errors import ParameterError
from mapexplorer.protocol.renderers import ClassBreaksRenderer, Renderer
from mapexplorer.protocol.spatial import Size
from mapexplorer.protocol.symbols import LARGEST_SYMBOL, PictureMarkerSymbol, SimpleMarkerSymbol, TextSymbol
from mapexplorer.service.labels.placement import place
from mapexplorer.service.labels.writing import draw_labels
from mapexplorer.service.layers import FeatureLayer, RasterLayer
from mapexplorer.service.render.classes import drawn_classes
from mapexplorer.service.render.classify import SymbolClass
from mapexplorer.service.render.drawing import Drawing, Pixels
from mapexplorer.service.render.encode import ground_color, keyed
from mapexplorer.service.render.highlight import draw_highlight
from mapexplorer.service.render.lines import draw_lines
from mapexplorer.service.render.paths import (
    draw_coverage,
    draw_polygons,
    order_free,
    width_of,
)
from mapexplorer.service.render.points import draw_points, reach_of
from mapexplorer.service.render.ragged import Floats, Ragged
from mapexplorer.service.render.raster import warped_pictures
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.thinning import Thinning
from mapexplorer.service.render.turning import turns_markers, turns_of
from mapexplorer.service.time_limit import check_time

if TYPE_CHECKING:
    from mapexplorer.service.frame import Frame
    from mapexplorer.service.view import MapView, ViewLayer

MOST_PIXELS: Final = 4096 * 4096
"""Pixels of one picture: with surfaces for the map, for clipped layers, a layer and a mask, 256 MiB."""


def draw(view: MapView) -> Pixels:
    """Return the picture of a view as RGBA, (H, W, 4), with the ground that its format and transparency need.

    Opaque and colour-keyed formats are drawn on the background; for png32 and transparent png what nothing is
    drawn on stays transparent. Raises `ParameterError` when the picture is too large.
    """
    size = view.frame.size
    check_size(size)
    surface = Surface(size.width, size.height, ground_of(view))
    draw_layers(surface, view)
    return surface.pixels


def check_size(size: Size) -> None:
    """Raise `ParameterError` when a picture has too many pixels."""
    if size.width * size.height > MOST_PIXELS:
        raise ParameterError(
            "size", f"expected at most {MOST_PIXELS} pixels, not {size.width} by {size.height}"
        )


def ground_of(view: MapView) -> tuple[int, int, int, int]:
    """Return the colour that the picture of a view is filled with at first."""
    request = view.request
    on_ground = keyed(request.effective("format"), bool(request.effective("transparent")))
    return ground_color(view.background) if on_ground else (0, 0, 0, 0)


def draw_layers(surface: Drawing, view: MapView) -> None:
    """Draw the layers of a view from bottom to top, each with its transparency, and the labels of all above
    them."""
    for clipped, run in groupby(reversed(view.layers), view.clipped):
        with _within(surface, view, clipped) as drawing:
            if drawing is None:
                continue
            for layer in run:
                _draw_with_transparency(drawing, view, layer)
    _draw_labels(surface, view)


@contextmanager
def _within(surface: Drawing, view: MapView, clipped: bool) -> Iterator[Drawing | None]:
    """Give what to draw layers on: for clipped ones a sheet cut to the shape, None when that is not seen."""
    if not clipped or view.clip is None:
        yield surface
    elif not view.clip.outlines:
        yield None
    else:
        with surface.sheet(within=view.clip.outlines) as sheet:
            yield sheet


def _draw_with_transparency(surface: Drawing, view: MapView, layer: ViewLayer) -> None:
    check_time()
    opacity = 1 - min(max(layer.transparency, 0), 100) / 100
    if opacity == 1:
        draw_layer(surface, view, layer)
    elif opacity > 0:
        with surface.sheet(opacity=opacity) as sheet:
            draw_layer(sheet, view, layer)
    _draw_highlights(surface, view, layer)


def _draw_highlights(surface: Drawing, view: MapView, shown: ViewLayer) -> None:
    """Draw what is highlighted of a layer, above it and never translucent."""
    layer, renderer = shown.layer, shown.renderer
    if not shown.highlights or renderer is None or not isinstance(layer, FeatureLayer):
        return
    classes, numbers = drawn_classes(layer, renderer, view.frame.scale)
    scale = view.frame.pixels_per_point * symbol_factor(layer, classes, view.frame)
    for highlight in shown.highlights:
        draw_highlight(surface, layer.shapes, view.frame, highlight, numbers, classes, scale)


def _draw_labels(surface: Drawing, view: MapView) -> None:
    """Draw the labels of all layers, those of clipped layers cut off with them."""
    labels = place(view)
    for clipped in (True, False):
        own = [label for label in labels if view.clipped(view.layers[label.layer]) is clipped]
        if not own:
            continue
        with _within(surface, view, clipped) as drawing:
            if drawing is not None:
                draw_labels(drawing, own)


def draw_layer(surface: Drawing, view: MapView, layer: ViewLayer) -> None:
    """Draw one layer of a view, without its transparency."""
    if isinstance(layer.layer, RasterLayer):
        for picture in warped_pictures(layer.layer, view.frame):
            surface.paste(picture, 0, 0)
    elif layer.renderer is not None and len(layer.rows):
        _FeaturePainter(surface, view, layer, layer.layer, layer.renderer).paint()


def symbol_factor(layer: FeatureLayer, classes: Sequence[SymbolClass], frame: Frame) -> float:
    """Return what the points of symbols are multiplied by: reference scale / scale (Esri, Map service).

    Raises `ParameterError` when that makes a symbol larger than a symbol may be.
    """
    if not layer.reference_scale:
        return 1.0
    factor = layer.reference_scale / frame.scale
    if factor > 1:
        # At one pixel a point the reach of a marker is half its size in points.
        points = max(2 * reach_of(classes, 1.0), width_of(classes, 1.0)) * factor
        if points > 2 * LARGEST_SYMBOL:
            raise ParameterError(
                "bbox",
                f"at the scale {frame.scale:g} the symbols of layer {layer.id}, drawn for the scale "
                f"{layer.reference_scale:g}, would be {points:.0f} points large",
            )
    return factor


class _FeaturePainter:
    """Paints one feature layer."""

    def __init__(
        self, surface: Drawing, view: MapView, shown: ViewLayer, layer: FeatureLayer, renderer: Renderer
    ) -> None:
        self.surface, self.frame, self.rows = surface, view.frame, shown.rows
        self.layer, self.renderer = layer, renderer
        self.classes, self.numbers = drawn_classes(layer, renderer, view.frame.scale)
        self.pixels_per_point = view.frame.pixels_per_point * symbol_factor(layer, self.classes, view.frame)

    def paint(self) -> None:
        scale = self.pixels_per_point
        marked = any(
            isinstance(entry.symbol, SimpleMarkerSymbol | PictureMarkerSymbol | TextSymbol)
            for entry in self.classes
        )
        if "Point" in self.layer.geometry_type or "Multipoint" in self.layer.geometry_type:
            self._paint_points(reach_of(self.classes, scale))
            return
        margin = width_of(self.classes, scale) + 1
        if self._paint_coverage(margin):
            return
        shapes = self._in_order(self.layer.shapes.in_frame(self.frame, self.rows, margin))
        ordered = self.layer.drawing_ranks is not None
        if shapes.dimension == 1:
            numbers = self.numbers[shapes.feature_rows]
            draw_lines(self.surface, shapes, numbers, self.classes, scale, ordered=ordered)
            return
        self._paint_background(shapes)
        numbers = self.numbers[shapes.feature_rows]
        seams = self.layer.shapes.seams_in(self.frame)
        draw_polygons(self.surface, shapes, numbers, self.classes, scale, ordered=ordered, seams=seams)
        if marked:
            reach = reach_of(self.classes, scale)
            self._paint_markers(self.layer.shapes.anchors_in_frame(self.frame, self.rows, reach))

    def _paint_points(self, reach: float) -> None:
        """Draw a marker at every point, of very many only those that are not hidden."""
        shapes, crowd = self.layer.shapes, None
        plain = isinstance(self.surface, Surface) and self.layer.drawing_ranks is None
        if plain and not turns_markers(self.renderer):
            thinning = Thinning.of(self.classes, self.numbers, self.pixels_per_point)
            if thinning is not None:
                crowd = shapes.crowd_in_frame(self.frame, self.rows, reach, thinning)
        found = shapes.in_frame(self.frame, self.rows, reach) if crowd is None else crowd
        self._paint_markers(found, crowded=crowd is not None)

    def _paint_coverage(self, margin: float) -> bool:
        """Draw polygons that do not overlap in one go; False when that cannot be done."""
        if not isinstance(self.surface, Surface):  # a vector file keeps every feature a path of its own
            return False
        if self.layer.drawing_ranks is not None or "Polygon" not in self.layer.geometry_type:
            return False
        scale = self.pixels_per_point
        drawn = self.rows[self.numbers[self.rows] >= 0]
        if not order_free(self.classes, self.numbers[drawn], scale):
            return False
        coverage = self.layer.shapes.coverage_in_frame(self.frame, drawn, margin)
        if coverage is None:
            return False
        draw_coverage(self.surface, coverage, self.numbers, self.classes, scale)
        loose = coverage.loose
        seams = self.layer.shapes.seams_in(self.frame)
        draw_polygons(self.surface, loose, self.numbers[loose.feature_rows], self.classes, scale, seams=seams)
        return True

    def _paint_background(self, shapes: Ragged) -> None:
        """Draw the fill that lies under the markers of graduated polygons."""
        if not isinstance(self.renderer, ClassBreaksRenderer) or self.renderer.background_fill_symbol is None:
            return
        background = (SymbolClass("", self.renderer.background_fill_symbol),)
        drawn = np.minimum(self.numbers[shapes.feature_rows], 0)
        draw_polygons(self.surface, shapes, drawn, background, self.pixels_per_point)

    def _in_order(self, shapes: Ragged) -> Ragged:
        """Return the shapes in the order in which they are drawn."""
        ranks = self.layer.drawing_ranks
        if ranks is None:
            return shapes
        return shapes.take_parts(np.argsort(ranks[shapes.rows], kind="stable").astype(np.int64))

    def _paint_markers(self, places: Ragged, *, crowded: bool = False) -> None:
        places = self._in_order(places)
        turns: Floats | None = None
        if turns_markers(self.renderer):
            every = self.layer.shapes.noted(
                ("turns", self.renderer),
                lambda: turns_of(self.renderer, self.layer.table),
            )
            turns = every[places.rows]
        numbers = self.numbers[places.rows]
        ordered = self.layer.drawing_ranks is not None
        draw_points(
            self.surface,
            places.vertices,
            numbers,
            self.classes,
            self.pixels_per_point,
            turns,
            ordered=ordered,
            crowded=crowded,
        )
