"""Pages for people: what an operation answered, and a form with every parameter to ask again.

They hold no script; every text in them is escaped; their policy lets them load nothing but their pictures.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from werkzeug.wrappers import Response

from mapexplorer.protocol import PARAMETERS, Operation, Parameter, ResponseFormat, ServiceFault
from mapexplorer.protocol.parameters import LEGEND_FORMATS
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.forms import Field, Form, form_markup, given_values
from mapexplorer.service.markup import Markup, joined, tag, verbatim
from mapexplorer.service.operations import Pairs, Picture

_TITLES: Final = {Operation.EXPORT: "Export Map", Operation.QUERY_LEGENDS: "Query Legends"}
_STYLE: Final = """\
body{font:14px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70em;padding:1em 2em;color:#222}
h1{font-size:1.5em}h2{font-size:1.15em;margin:1.5em 0 .3em}
.fault{border-left:4px solid #b00020;background:#fdecee;padding:.5em 1em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em;margin:1em 0}
dt{font-weight:600}dd{margin:0}
.picture{max-width:100%;border:1px solid #ccc}
td,th{padding:.2em .8em .2em 0;vertical-align:middle;text-align:left}
.wide{overflow-x:auto}
.row{display:grid;grid-template-columns:13em 1fr;gap:.2em 1em;margin:.5em 0}
.row span{grid-column:2;color:#666;font-size:.85em}
input,select,textarea{font:inherit;box-sizing:border-box;width:100%;max-width:45em}
button{font:inherit;margin:1em 1em 1em 0;padding:.3em 1.2em}
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; img-src 'self' data:; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SHOWN: Final = frozenset({"png", "jpg", "gif", "bmp", "svg"})
"""What browsers show inside a page."""
_LONG: Final = frozenset(
    {
        "layer_defs",
        "layer_time_options",
        "map_range_values",
        "layer_range_values",
        "layer_parameter_values",
        "spatial_filter",
        "clipping",
        "selection_definitions",
        "dynamic_layers",
        "datum_transformations",
    }
)
"""Parameters whose values may take several lines."""


def form_of(
    catalog: MapCatalog, operation: Operation, path: str, pairs: Pairs, *, secured: bool = False
) -> Form:
    """Return the form of an operation of the service at a path, filled with what was asked.

    Where the extent is missing the initial one of the map stands in it. On a secured service the form and the
    picture carry on the token of the request.
    """
    given = given_values(pairs)
    if operation is Operation.EXPORT and not given.get("bbox") and not given.get("bboxsr"):
        extent = catalog.initial_extent
        given["bbox"] = ",".join(repr(side) for side in (extent.xmin, extent.ymin, extent.xmax, extent.ymax))
    token = given.get("token", "") if secured else ""
    address = f"{path}/{operation.value}"
    return Form(_TITLES[operation], catalog.name, address, given, _fields(operation), token)


@cache
def _fields(operation: Operation) -> tuple[Field, ...]:
    """Return the fields of a form; once, because the schemas of all values cost more than a picture."""
    return tuple(_field(row, operation) for row in PARAMETERS if operation in row.operations)


def _field(row: Parameter, operation: Operation) -> Field:
    default = "" if row.default is None else row.write(row.default)
    return Field(row.wire, row.help, tuple(_choices(row, operation)), default, row.name in _LONG)


def export_page(form: Form, href: str, picture: Picture) -> Response:
    """Return the page of a drawn map: the picture behind its address, what it shows, the form."""
    body = picture.body(href)
    address = f"{href}?token={quote(form.token, safe='')}" if form.token else href
    size = f"{picture.content_type}, {len(picture.content)} bytes"
    shown = [tag("p", tag("a", "The picture alone", href=address), f" ({size})")]
    if picture.suffix in _SHOWN:
        sides = {"width": str(body["width"]), "height": str(body["height"])}
        shown.insert(0, tag("p", tag("img", class_="picture", alt="The map", src=address, **sides)))
    return result_page(form, [*shown, _facts(body)])


def legends_page(form: Form, body: Mapping[str, Any]) -> Response:
    """Return the page of a legend: the entries of every layer with their swatches, the form."""
    return result_page(
        form, [_layer(layer) for layer in body["layers"]] or [tag("p", "No layer is visible.")]
    )


def fault_page(form: Form, fault: ServiceFault) -> Response:
    """Return the page that tells what is wrong with a request, above the form to put it right."""
    lines = [tag("li", detail) for detail in fault.details]
    told = tag("p", f"Error {fault.code}: {fault.message}")
    return result_page(form, [tag("div", told, tag("ul", joined(lines)) if lines else "", class_="fault")])


def result_page(form: Form, content: Sequence[Markup]) -> Response:
    """Return a page with the form below what it asked for."""
    return page(form.title, [tag("h1", f"{form.title}: {form.subject}"), *content, form_markup(form)])


def page(title: str, content: Sequence[Markup]) -> Response:
    """Return a page of some content, with the headers that hold it to itself."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", verbatim(_STYLE)),
    )
    body = tag("body", joined(content))
    text = "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return Response(text.encode("utf-8"), headers=headers, content_type="text/html; charset=utf-8")


def _facts(body: Mapping[str, Any]) -> Markup:
    extent = body["extent"]
    sides = ", ".join(f"{name}: {extent[name.lower()]!r}" for name in ("XMin", "YMin", "XMax", "YMax"))
    rows = [
        ("Width", str(body["width"])),
        ("Height", str(body["height"])),
        ("Extent", sides),
        ("Spatial Reference", _reference(extent.get("spatialReference") or {})),
        ("Scale", repr(body["scale"])),
    ]
    return tag("dl", joined(joined((tag("dt", f"{name}:"), tag("dd", value))) for name, value in rows))


def _reference(reference: Mapping[str, Any]) -> str:
    if "wkid" not in reference:
        return str(reference.get("wkt", ""))
    return f"{reference['wkid']} ({reference.get('latestWkid', reference['wkid'])})"


def _layer(layer: Mapping[str, Any]) -> Markup:
    rows = []
    for entry in layer["legend"]:
        source = f"data:{entry['contentType']};base64,{entry['imageData']}"
        swatch = tag("img", src=source, alt="", width=str(entry["width"]), height=str(entry["height"]))
        values = ", ".join(str(value) for value in entry.get("values", ()))
        rows.append(tag("tr", tag("td", swatch), tag("td", entry["label"]), tag("td", values)))
    table = tag("table", tag("tbody", joined(rows))) if rows else tag("p", "Nothing of it is visible.")
    return joined((tag("h2", f"{layer['layerName']} ({layer['layerId']})"), table))


def _choices(row: Parameter, operation: Operation) -> list[str]:
    if row.name == "f" and operation is Operation.QUERY_LEGENDS:
        return [answer.value for answer in ResponseFormat if answer in LEGEND_FORMATS]
    schema = row.type.schema()
    return ["false", "true"] if schema.get("type") == "boolean" else list(schema.get("enum", []))
