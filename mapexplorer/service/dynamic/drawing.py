"""How a dynamic layer is drawn: the drawing info of its element laid over that of its source."""

from __future__ import annotations

from mapexplorer.protocol import DrawingInfo, ParameterError, Renderer
from mapexplorer.service.dynamic.problems import located
from mapexplorer.service.labels.classes import label_faults
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.render.classify import classes_of
from mapexplorer.service.render.turning import renderer_faults
from mapexplorer.service.spelling import Spelling
from mapexplorer.service.symbology import symbol_faults


def laid_over(asked: DrawingInfo | None, own: DrawingInfo | None) -> DrawingInfo:
    """Return the drawing info key by key: that of the request, else that of the layer."""
    own = own or DrawingInfo()
    if asked is None:
        return own
    return own.model_copy(
        update={
            name: getattr(asked, name)
            for name in type(asked).model_fields
            if getattr(asked, name) is not None
        }
    )


def label_problems(asked: DrawingInfo | None, layer: FeatureLayer, place: str) -> list[ParameterError]:
    """Return what is wrong with the labels that an element asks for; ``layer`` has them already."""
    if asked is None or asked.show_labels is False:
        return []
    drawing = layer.document.drawing_info
    classes = (drawing.labeling_info if drawing is not None else None) or ()
    if asked.show_labels and not classes:
        return [
            ParameterError(f"{place}.showLabels", "the layer has no labels of its own; give labelingInfo")
        ]
    if asked.labeling_info is None:
        return []
    faults = label_faults(classes, layer.expression_fields, layer.geometry_type, f"{place}.labelingInfo")
    return list(located(faults))


def fitting_renderer(
    renderer: Renderer, layer: FeatureLayer, place: str, limits: Limits
) -> tuple[Renderer, list[ParameterError]]:
    """Return a renderer with its fields as the layer spells them, and what of it cannot be drawn."""
    count = len(classes_of(renderer))
    if count > limits.classes:
        return renderer, [ParameterError(place, f"expected at most {limits.classes} classes, not {count}")]
    faults: list[str] = []
    spelled = Spelling(layer.fields, faults).renderer(renderer, place)
    faults += symbol_faults(spelled, layer.geometry_type, place)
    if not faults:
        faults += [f"{place}.{fault}" for fault in renderer_faults(spelled, layer.table)]
    return spelled, list(located(faults))
