"""Pages of what tells about features: query, identify and find, and of the legend as it is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from werkzeug.wrappers import Response

from mapexplorer.protocol import TimeRelation, strict_json
from mapexplorer.protocol.geometry import GEOMETRY_TYPES
from mapexplorer.protocol.spatial_filter import SpatialRelation
from mapexplorer.service.forms import Field, Form, given_values
from mapexplorer.service.markup import Markup, joined, tag
from mapexplorer.service.pages import result_page

MOST_ROWS: Final = 1_000
"""Rows of a table on a page; JSON has them all."""
_LONGEST_GEOMETRY: Final = 120
_TRUTH: Final = ("true", "false")
_FALSE: Final = ("false", "true")


def _flag(name: str, help_: str, *, default: bool) -> Field:
    return Field(name, help_, _TRUTH if default else _FALSE, "true" if default else "false")


_SHAPE: Final = (
    Field("geometry", "What to search with: JSON, or coordinates separated by commas.", long=True),
    Field("geometryType", "What kind of geometry it is.", ("", *GEOMETRY_TYPES)),
)
_MAP_FILTERS: Final = (
    Field("time", "Milliseconds since 1970, or a start and an end."),
    Field("timeRelation", "How features stand to that time.", ("", *(kind.value for kind in TimeRelation))),
    Field("layerTimeOptions", "How layers treat the time, by layer id.", long=True),
    Field("historicMoment", "The moment whose rows are meant."),
    Field("gdbVersion", "The version of the data."),
    Field("mapRangeValues", "Values of ranges for all layers.", long=True),
    Field("layerRangeValues", "Values of ranges by layer.", long=True),
    Field("layerParameterValues", "Values of the parameters of layers.", long=True),
)
_GEOMETRY_FORM: Final = (
    _flag("returnGeometry", "Whether geometries are returned.", default=True),
    Field("maxAllowableOffset", "How far geometries may be simplified, in units of their reference."),
    Field("geometryPrecision", "Decimal places of coordinates."),
)
_LAYER_FILTERS: Final = (
    Field("layerDefs", "Filters by layer id.", long=True),
    Field("dynamicLayers", "Layers that replace those of the map.", long=True),
)
_RESULT_FORM: Final = (
    *_GEOMETRY_FORM,
    _flag("returnUnformattedValues", "Whether values come as they are stored.", default=False),
    _flag("returnFieldName", "Whether fields come under their names.", default=False),
)


def _forms(*others: str) -> Field:
    return Field("f", "The form of the answer.", ("html", "json", "pjson", *others), "html")


_QUERY: Final = (
    Field("where", "A filter, such as POP > 1000.", default="1=1"),
    Field("objectIds", "Object ids separated by commas."),
    *_SHAPE,
    Field("inSR", "The spatial reference of the geometry."),
    Field(
        "spatialRel",
        "How features stand to the geometry.",
        ("", *(relation.value for relation in SpatialRelation)),
    ),
    Field("relationParam", "Nine letters of T F * 0 1 2, for esriSpatialRelRelation."),
    Field("outFields", "Fields separated by commas, * for all."),
    Field("outSR", "The spatial reference of the geometries returned."),
    *_GEOMETRY_FORM,
    _flag("returnCentroid", "Whether a place inside each polygon is returned.", default=False),
    _flag("returnIdsOnly", "Whether only object ids are returned.", default=False),
    _flag("returnCountOnly", "Whether only the number of features is returned.", default=False),
    _flag("returnExtentOnly", "Whether only the extent of the features is returned.", default=False),
    _flag("returnDistinctValues", "Whether equal rows come once.", default=False),
    Field("orderByFields", "Fields separated by commas, each with ASC or DESC."),
    Field("groupByFieldsForStatistics", "Fields separated by commas."),
    Field("outStatistics", "Statistics as JSON.", long=True),
    Field("having", "A condition on the statistics of each group."),
    Field("resultOffset", "How many features are left out at first."),
    Field("resultRecordCount", "How many features are returned at most."),
    *_MAP_FILTERS,
)
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "query": (*_QUERY, _forms("geojson", "kmz")),
    "dynamicLayer/query": (
        Field("layer", "The source of the layer, as JSON.", long=True),
        *_QUERY,
        _forms("geojson"),
    ),
    "identify": (
        *_SHAPE,
        Field("sr", "The spatial reference of geometry, extent and results."),
        Field("layers", "top, visible or all, with ids as in visible:0,2.", default="top"),
        Field("tolerance", "Pixels round the geometry.", default="0"),
        Field("mapExtent", "The extent of the map that is shown."),
        Field("imageDisplay", "Width, height and dpi of the map that is shown."),
        *_LAYER_FILTERS,
        *_MAP_FILTERS,
        *_RESULT_FORM,
        _forms(),
    ),
    "find": (
        Field("searchText", "The text that is looked for."),
        _flag("contains", "Whether it may be a part of the value.", default=True),
        Field("searchFields", "Fields separated by commas; empty for all."),
        Field("layers", "Layer ids separated by commas."),
        Field("sr", "The spatial reference of the results."),
        *_LAYER_FILTERS,
        *_MAP_FILTERS,
        *_RESULT_FORM,
        _forms(),
    ),
    "legend": (
        Field("size", "Width and height of a patch in pixels.", default="20,20"),
        Field("dpi", "Dots per inch.", default="96"),
        Field("dynamicLayers", "Layers that replace those of the map.", long=True),
        _forms(),
    ),
}
_TITLES: Final = {
    "query": "Query",
    "dynamicLayer/query": "Query",
    "identify": "Identify",
    "find": "Find",
    "legend": "Legend",
}


def feature_form(
    name: str, subject: str, action: str, pairs: Iterable[tuple[str, str]], *, secured: bool
) -> Form:
    """Return the form of an operation, filled with what was asked; `subject` is the map or the layer."""
    given = given_values(pairs)
    token = given.get("token", "") if secured else ""
    return Form(_TITLES[name], subject, action, given, FIELDS[name], token)


def asks(form: Form) -> bool:
    """Tell whether a request asks anything, or only for the form."""
    return any(
        form.given.get(field.name.casefold(), "").strip() for field in form.fields if field.name != "f"
    )


def features_page(form: Form, body: Mapping[str, Any]) -> Response:
    """Return the page of what query, identify or find found."""
    content = [_single(body)] if not ("features" in body or "results" in body) else []
    if "features" in body:
        rows = [{**feature["attributes"], **_place(feature.get("geometry"))} for feature in body["features"]]
        content += _found(rows)
    elif "results" in body:
        rows = [
            {
                "Layer": f"{result['layerName']} ({result['layerId']})",
                **result["attributes"],
                **_place(result.get("geometry")),
            }
            for result in body["results"]
        ]
        content += _found(rows)
    if body.get("exceededTransferLimit"):
        content.append(tag("p", "There are more; one answer does not hold them all."))
    return result_page(form, content)


def _single(body: Mapping[str, Any]) -> Markup:
    """Return a count, an extent or ids as facts."""
    texts = [
        (name, value if isinstance(value, str) else strict_json.dumps(value)) for name, value in body.items()
    ]
    return tag("dl", joined(joined((tag("dt", name), tag("dd", text))) for name, text in texts))


def _place(geometry: Mapping[str, Any] | None) -> dict[str, str]:
    if geometry is None:
        return {}
    own = {key: value for key, value in geometry.items() if key != "spatialReference"}
    text = strict_json.dumps(own)
    return {"Geometry": text if len(text) <= _LONGEST_GEOMETRY else f"{text[:_LONGEST_GEOMETRY]}…"}


def _found(rows: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """Return how many rows there are, and a table of the first of them."""
    names = list(dict.fromkeys(name for row in rows[:MOST_ROWS] for name in row))
    told = f"Found: {len(rows)}" + (f"; the first {MOST_ROWS} are shown" if len(rows) > MOST_ROWS else "")
    lines = [
        tag("tr", joined([tag("td", _text(row.get(name))) for name in names])) for row in rows[:MOST_ROWS]
    ]
    if not lines:
        return [tag("p", told)]
    head = tag("thead", tag("tr", joined([tag("th", name) for name in names])))
    return [tag("p", told), tag("div", tag("table", head, tag("tbody", joined(lines))), class_="wide")]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
