"""The services directory as pages: the services, a map with its layers, a layer with its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from werkzeug.wrappers import Response

from mapexplorer.service.markup import Markup, joined, tag
from mapexplorer.service.pages import page

_STEPS: Final = ("export", "queryLegends", "identify", "find", "layers", "legend")


class Links:
    """Makes links between the pages of the directory; they carry on the token of the request."""

    def __init__(self, root: str, token: str = "") -> None:
        self._root = root
        self._tail = f"&token={token}" if token else ""

    def __call__(self, text: str, *steps: str, form: str = "html") -> Markup:
        """Return a link to what is some steps below the services."""
        path = "".join(f"/{step}" for step in steps if step)
        return tag("a", text, href=f"{self._root}{path}?f={form}{self._tail}")


def services_page(body: Mapping[str, Any], folder: str, links: Links, quoted: Mapping[str, str]) -> Response:
    """Return the page of the services, or of those in a folder; `quoted` gives names as in addresses."""
    title = f"Folder: {folder}" if folder else "Services"
    content = [_heading(title, links("JSON", quoted.get(folder, ""), form="pjson"))]
    if folder:
        content.append(tag("p", links("All services")))
    if body["folders"]:
        content += [tag("h2", "Folders"), _list(links(name, quoted[name]) for name in body["folders"])]
    maps = [
        links(f"{item['name']} (MapServer)", quoted[item["name"]], "MapServer") for item in body["services"]
    ]
    return page(title, [*content, tag("h2", "Maps"), _list(maps)])


def map_page(body: Mapping[str, Any], name: str, links: Links, quoted: str) -> Response:
    """Return the page of a map: its layers as a tree, its facts, what can be asked of it."""
    here = (quoted, "MapServer")
    below: dict[int, list[Mapping[str, Any]]] = {}
    for layer in body["layers"]:
        below.setdefault(layer["parentLayerId"], []).append(layer)

    def tree(parent: int) -> Markup:
        return _list(
            joined([links(f"{layer['name']} ({layer['id']})", *here, str(layer["id"])), *_inside(layer)])
            for layer in below.get(parent, ())
        )

    def _inside(layer: Mapping[str, Any]) -> list[Markup]:
        return [tree(layer["id"])] if layer["id"] in below else []

    facts = {
        "Description": body["description"],
        "Copyright": body["copyrightText"],
        "Spatial reference": _reference(body["spatialReference"]),
        "Full extent": _extent(body["fullExtent"]),
        "Units": body["units"],
        "Formats": body["supportedImageFormatTypes"],
        "Largest picture": f"{body['maxImageWidth']} x {body['maxImageHeight']}",
    }
    asked = [links(step, *here, step) for step in _STEPS]
    content = [
        _heading(f"{name} (MapServer)", links("JSON", *here, form="pjson")),
        tag("p", links("All services")),
        tag("h2", "Layers"),
        tree(-1),
        tag("h2", "Facts"),
        _facts(facts),
        tag("h2", "What can be asked"),
        _list(asked),
    ]
    return page(f"{name} (MapServer)", content)


def layer_page(body: Mapping[str, Any], name: str, links: Links, quoted: str) -> Response:
    """Return the page of a layer: its facts and its fields."""
    here = (quoted, "MapServer")
    title = f"{body['name']} ({body['id']})"
    content = [
        _heading(title, links("JSON", *here, str(body["id"]), form="pjson")),
        tag("p", links(f"{name} (MapServer)", *here)),
        *_about_layer(body, "h2"),
    ]
    if body["type"] == "Feature Layer":
        query = links("query", *here, str(body["id"]), "query")
        content += [tag("h2", "What can be asked"), _list([query])]
    return page(title, content)


def layers_page(body: Mapping[str, Any], name: str, links: Links, quoted: str) -> Response:
    """Return the page of all layers of a map: the facts and fields of each."""
    here = (quoted, "MapServer")
    title = f"All layers: {name}"
    content = [
        _heading(title, links("JSON", *here, "layers", form="pjson")),
        tag("p", links(f"{name} (MapServer)", *here)),
    ]
    for layer in body["layers"]:
        own = links(f"{layer['name']} ({layer['id']})", *here, str(layer["id"]))
        content += [tag("h2", own), *_about_layer(layer, "h3")]
    return page(title, content)


def _about_layer(body: Mapping[str, Any], heading: str) -> list[Markup]:
    facts = {
        "Type": body["type"],
        "Geometry type": body.get("geometryType"),
        "Scales": f"{body['minScale']:.15g} to {body['maxScale']:.15g} (0: no limit)",
        "Extent": _extent(body["extent"]),
        "Definition expression": body.get("definitionExpression"),
    }
    if not body.get("fields"):
        return [_facts(facts)]
    rows = [
        tag("tr", tag("td", field["name"]), tag("td", field["type"].removeprefix("esriFieldType")))
        for field in body["fields"]
    ]
    return [_facts(facts), tag(heading, "Fields"), tag("table", tag("tbody", joined(rows)))]


def _heading(title: str, other: Markup) -> Markup:
    return joined([tag("h1", title), tag("p", other)])


def _list(items: Iterable[Markup]) -> Markup:
    return tag("ul", joined([tag("li", item) for item in items]))


def _facts(facts: Mapping[str, Any]) -> Markup:
    rows: Sequence[tuple[str, Any]] = [(name, value) for name, value in facts.items() if value]
    return tag("dl", joined([joined([tag("dt", name), tag("dd", str(value))]) for name, value in rows]))


def _reference(reference: Mapping[str, Any] | None) -> str:
    if not reference:
        return ""
    if "wkid" not in reference:
        return str(reference.get("wkt", ""))
    return f"{reference['wkid']} ({reference.get('latestWkid', reference['wkid'])})"


def _extent(extent: Mapping[str, Any] | None) -> str:
    if not extent:
        return ""
    return ", ".join(repr(extent[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
