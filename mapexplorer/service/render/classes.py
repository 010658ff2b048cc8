"""The classes of a layer's rows, as listed and as drawn; remembered as long as the layer."""

from __future__ import annotations

from mapexplorer.protocol.renderers import Renderer
from mapexplorer.service.labels.classes import coded_names
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.render.classify import ClassNumbers, SymbolClass, classes_of, classify
from mapexplorer.service.render.variation import varied, varies, varies_by_scale


def class_numbers(layer: FeatureLayer, renderer: Renderer) -> ClassNumbers:
    """Return the class number of every row of a layer; remembered as long as the layer."""
    return layer.shapes.noted(
        ("classes", renderer), lambda: classify(renderer, layer.table, names=coded_names(layer.document))[0]
    )


def drawn_classes(
    layer: FeatureLayer, renderer: Renderer, scale: float
) -> tuple[tuple[SymbolClass, ...], ClassNumbers]:
    """Return the classes that are drawn and the class number of every row: those of the renderer, divided by
    its visual variables at a scale.
    """
    classes, numbers = classes_of(renderer), class_numbers(layer, renderer)
    if not varies(renderer):
        return classes, numbers
    key = ("varied", renderer, scale if varies_by_scale(renderer) else None)
    return layer.shapes.noted(key, lambda: varied(renderer, classes, numbers, layer.table, scale))
