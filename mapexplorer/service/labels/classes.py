"""The label classes of a layer: what is wrong with them, and which row belongs to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mapexplorer.protocol import ExpressionError, LabelClass
from mapexplorer.protocol.symbols import TextSymbol
from mapexplorer.service.arcade import ArcadeError
from mapexplorer.service.expressions import Field, Kind, parse_expression
from mapexplorer.service.labels.expression import (
    ArcadeLabel,
    LabelExpression,
    LabelExpressionError,
    Part,
    parse_arcade,
    parse_label,
    write_value,
)
from mapexplorer.service.visibility import in_scale_range

if TYPE_CHECKING:
    from mapexplorer.service.document import LayerDocument
    from mapexplorer.service.layers import FeatureLayer
    from mapexplorer.service.render.ragged import Indices

MOST_CLASSES: Final = 64
_AT_POINTS: Final = "esriServerPointLabelPlacement"
_ON_LINES: Final = "esriServerLinePlacement"
_IN_POLYGONS: Final = "esriServerPolygonPlacement"
_PREFIXES: Final = {
    "esriGeometryPoint": _AT_POINTS,
    "esriGeometryMultipoint": _AT_POINTS,
    "esriGeometryPolyline": _ON_LINES,
    "esriGeometryPolygon": _IN_POLYGONS,
}
_DEFAULTS: Final = {
    _AT_POINTS: "AboveRight",
    _ON_LINES: "AboveAlong",
    _IN_POLYGONS: "AlwaysHorizontal",
}
_EXAMPLES: Final = {Kind.NUMBER: 1.0, Kind.TEXT: "1", Kind.DATE: pd.Timestamp(0)}


@dataclass(frozen=True)
class Labelling:
    """One label class made ready: which rows, what is written, how and where."""

    number: int
    rows: Indices
    expression: LabelExpression | ArcadeLabel
    coded: bool
    symbol: TextSymbol
    position: str

    def texts(self, layer: FeatureLayer, rows: Indices) -> list[str | None]:
        """Return the labels of rows, None where one cannot be told."""
        named = self.coded or isinstance(self.expression, ArcadeLabel)
        names = coded_names(layer.document) if named else None
        return self.expression.texts(layer.table.iloc[rows], names)


def label_faults(
    classes: Sequence[LabelClass], fields: Mapping[str, Field], geometry_type: str, place: str
) -> list[str]:
    """Return a sentence with its JSON path for everything in label classes that cannot be obeyed.

    ``fields`` are keyed by case-folded name; ``place`` is the path of the array. A label expression may name
    a field that the layer does not have: it labels nothing.
    """
    faults = []
    if len(classes) > MOST_CLASSES:
        faults.append(f"{place}: expected at most {MOST_CLASSES} label classes, not {len(classes)}")
    for number, entry in enumerate(classes):
        where = f"{place}[{number}]"
        try:
            _check_kinds(expression_of(entry, ""), fields)
        except (ArcadeError, LabelExpressionError) as problem:
            key = "labelExpression" if entry.label_expression_info is None else "labelExpressionInfo"
            faults.append(f"{where}.{key}: {problem}")
        if (entry.where or "").strip():
            try:
                parse_expression(entry.where or "", fields, parameter=f"{where}.where")
            except ExpressionError as problem:
                faults.append(str(problem))
        prefix = _PREFIXES[geometry_type]
        if entry.label_placement is not None and not entry.label_placement.startswith(prefix):
            faults.append(
                f"{where}.labelPlacement: {entry.label_placement} is no placement for {geometry_type}"
            )
    return faults


def _check_kinds(expression: LabelExpression | ArcadeLabel, fields: Mapping[str, Field]) -> None:
    """Evaluate Arcade once on values of the kinds of the fields. Raises `ArcadeError`."""
    known = [fields.get(name.casefold()) for name in expression.fields]
    if isinstance(expression, ArcadeLabel) and None not in known:
        row = {field.name: [_EXAMPLES.get(field.kind)] for field in known if field is not None}
        expression.program.evaluate(pd.DataFrame(row, index=pd.RangeIndex(1)))


def expression_of(entry: LabelClass, display_field: str) -> LabelExpression | ArcadeLabel:
    """Return what a class writes, the display field where it does not say. Raises `LabelExpressionError`."""
    info = entry.label_expression_info
    if info is not None and (info.expression or "").strip():
        return parse_arcade(info.expression or "")
    text = (entry.label_expression or "").strip()
    return parse_label(text) if text else LabelExpression((Part(field=display_field),))


def labels_on(document: LayerDocument) -> tuple[LabelClass, ...]:
    """Return the label classes of a published layer, none where showLabels is false."""
    drawing = document.drawing_info
    if drawing is None or drawing.show_labels is False:
        return ()
    return drawing.labeling_info or ()


def labellings(
    layer: FeatureLayer, classes: Sequence[LabelClass], rows: Indices, scale: float
) -> Iterator[Labelling]:
    """Yield the classes that hold at a scale with the rows that each labels: of those left by the classes
    before it, the ones its ``where`` is true for.
    """
    prefix = _PREFIXES[layer.geometry_type]
    for number, entry in enumerate(classes):
        if len(rows) == 0:
            return
        if not in_scale_range(scale, entry.min_scale, entry.max_scale):
            continue
        chosen = rows
        if (entry.where or "").strip():
            expression = layer.filters.parse(layer, entry.where or "", "labelingInfo")
            matching = expression.matches(layer.columns)[rows]
            chosen, rows = rows[matching], rows[~matching]
        else:
            rows = np.empty(0, dtype=np.int64)
        placement = entry.label_placement or prefix + _DEFAULTS[prefix]
        yield Labelling(
            number=number,
            rows=chosen,
            expression=expression_of(entry, layer.display_field),
            coded=entry.use_coded_values,
            symbol=entry.symbol or TextSymbol(),
            position=placement.removeprefix(prefix),
        )


def coded_names(document: LayerDocument) -> dict[str, dict[str, str]]:
    """Return the name of every coded value of a layer, by field and by the code as it is written."""
    return {
        field: {write_value(value.code): value.name for value in domain.coded_values}
        for field, domain in document.domains.items()
    }
