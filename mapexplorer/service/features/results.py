"""Results of identify and find: a feature with its layer, its value to show, attributes and geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mapexplorer.protocol import SpatialReference
from mapexplorer.service.features.geometry_json import (
    MOST_DIGITS,
    GeometryForm,
    esri_geometries,
    fitting,
    geometries_of,
)
from mapexplorer.service.features.given import Given
from mapexplorer.service.features.values import attributes_of, display_texts
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits
from mapexplorer.service.projection import crs_of

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ResultForm:
    """How results are written: with geometries or without, values as text or as they are."""

    reference: SpatialReference
    geometry: bool
    unformatted: bool
    max_offset: float | None
    precision: int | None

    @classmethod
    def read(cls, given: Given, reference: SpatialReference) -> ResultForm:
        """Read what identify and find have in common."""
        precision = given.count("geometryPrecision")
        given.flag("returnFieldName", False)  # fields have no other names here
        return cls(
            reference,
            given.flag("returnGeometry", True),
            given.flag("returnUnformattedValues", False),
            given.number("maxAllowableOffset"),
            None if precision is None else min(precision, MOST_DIGITS),
        )


def room_for(layer: FeatureLayer, rows: Rows, before: int, form: ResultForm, limits: Limits) -> int:
    """Return how many of the rows of a layer fit into an answer that has some results already."""
    most = max(limits.max_records - before, 0)
    if not form.geometry:
        return min(most, len(rows))
    return min(most, fitting(layer, rows, limits.answer_vertices) or 1, len(rows))


def feature_results(
    layer: FeatureLayer, rows: Rows, form: ResultForm, found: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """Return the results for rows of a layer; `found` names the field that find found, by row."""
    names = [field.name for field in layer.fields]
    results = []
    for row, attributes in zip(rows.tolist(), attributes_of(layer, rows, names), strict=True):
        texts = display_texts(layer, attributes)
        result: dict[str, Any] = {
            "layerId": layer.id,
            "layerName": layer.name,
            "displayFieldName": layer.display_field,
        }
        if found is not None:
            result["foundFieldName"] = found[row]
        result["value"] = texts[layer.display_field if found is None else found[row]]
        result["attributes"] = attributes if form.unformatted else texts
        results.append(result)
    if form.geometry and len(rows):
        geometries = geometries_of(layer, rows, GeometryForm(crs_of(form.reference), form.max_offset))
        reference = form.reference.to_json()
        written = esri_geometries(geometries, layer.geometry_type, form.precision)
        for result, geometry in zip(results, written, strict=True):
            if geometry is not None:
                result["geometryType"] = layer.geometry_type
                result["geometry"] = {**geometry, "spatialReference": reference}
    return results
