"""The map documents of the black-box vectors, one for each chapter of behaviour."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PALETTE = {
    1: (200, 0, 0),
    2: (0, 150, 0),
    3: (0, 0, 200),
    4: (200, 150, 0),
    6: (150, 0, 200),
}
"""Fill colour of every leaf of the layer tree."""

JAN_2008, JUL_2008, JAN_2009 = 1199145600000, 1214870400000, 1230768000000
JAN_2007, JAN_2010 = 1167609600000, 1262304000000


def box(xmin: float, ymin: float, xmax: float, ymax: float) -> dict[str, Any]:
    ring = [[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax], [xmin, ymin]]
    return {"type": "Polygon", "coordinates": [ring]}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def line(*pairs: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(pair) for pair in pairs]}


def features(*pairs: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON collection in Web Mercator metres from (geometry, attributes) pairs."""
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}},
        "features": [{"type": "Feature", "geometry": g, "properties": a} for g, a in pairs],
    }


def fill(red: int, green: int, blue: int, alpha: int = 255) -> dict[str, Any]:
    return {"type": "esriSFS", "style": "esriSFSSolid", "color": [red, green, blue, alpha]}


def square(red: int, green: int, blue: int, size: float = 20) -> dict[str, Any]:
    return {"type": "esriSMS", "style": "esriSMSSquare", "size": size, "color": [red, green, blue, 255]}


def simple(symbol: dict[str, Any], label: str = "") -> dict[str, Any]:
    return {"renderer": {"type": "simple", "label": label, "symbol": symbol}}


def document(name: str, *layers: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": name, "spatialReference": {"wkid": 102100}, "layers": list(layers), **keys}


def leaf(ident: int, source: str, drawing: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "name": f"Layer {ident}",
        "type": "Feature Layer",
        "source": source,
        "drawingInfo": drawing,
        **keys,
    }


def group(ident: int, **keys: Any) -> dict[str, Any]:
    return {"id": ident, "name": f"Group {ident}", "type": "Group Layer", **keys}


def tree() -> tuple[dict[str, Any], dict[str, Any]]:
    """0 group on {1 on, 2 off}, 3 on, 4 off, 5 group off {6 on}; every leaf a square of its own colour."""
    data = {f"tree{i}.geojson": features((box(100 * i, 0, 100 * i + 50, 50), {"n": i})) for i in PALETTE}
    off = {"defaultVisibility": False}
    kinds: dict[int, dict[str, Any]] = {
        1: {"parentLayerId": 0},
        2: {"parentLayerId": 0, **off},
        3: {},
        4: off,
        6: {"parentLayerId": 5},
    }
    leaves = {i: leaf(i, f"tree{i}.geojson", simple(fill(*PALETTE[i])), **kinds[i]) for i in PALETTE}
    layers = [group(0), leaves[1], leaves[2], leaves[3], leaves[4], group(5, **off), leaves[6]]
    return document("tree", *layers), data


def rows() -> tuple[dict[str, Any], dict[str, Any]]:
    """Three people at x = 100, 200, 300 for definition expressions, and six values for ranges."""
    people = [("O'Brien", 10), ("Smith", 20), (None, 30)]
    values = [4, 5, 1000, 1500, 1501, None]
    data = {
        "people.geojson": features(
            *((point(100 * i, 0), {"NAME": name, "POP": pop}) for i, (name, pop) in enumerate(people, 1))
        ),
        "values.geojson": features(
            *((point(100 * i, 0), {"level": value}) for i, value in enumerate(values, 1))
        ),
    }
    published = leaf(1, "people.geojson", simple(square(0, 0, 200)), definitionExpression="POP=10 OR POP=20")
    ranged = leaf(
        2, "values.geojson", simple(square(0, 150, 0)), rangeInfos=[{"name": "elevation", "field": "level"}]
    )
    return document("rows", leaf(0, "people.geojson", simple(square(200, 0, 0))), published, ranged), data


def times() -> tuple[dict[str, Any], dict[str, Any]]:
    """Layer 0 instants and layer 1 intervals around the year 2008, one feature every 100 m."""
    s, e, mid = JAN_2008, JAN_2009, JUL_2008
    instants = [s, mid, e, s - 1, e + 1, None]
    spans = [(JAN_2007, s), (e, JAN_2010), (s - 1, e + 1), (None, mid), (mid, None), (mid - 1, mid + 1)]
    data = {
        "instants.geojson": features(*((point(100 * i, 0), {"t": t}) for i, t in enumerate(instants, 1))),
        "spans.geojson": features(
            *((point(100 * i, 0), {"a": a, "b": b}) for i, (a, b) in enumerate(spans, 1))
        ),
    }
    return (
        document(
            "times",
            leaf(0, "instants.geojson", simple(square(200, 0, 0)), timeInfo={"startTimeField": "t"}),
            leaf(
                1,
                "spans.geojson",
                simple(square(0, 0, 200)),
                timeInfo={"startTimeField": "a", "endTimeField": "b"},
            ),
            leaf(2, "instants.geojson", simple(square(0, 150, 0))),
        ),
        data,
    )


def classes() -> tuple[dict[str, Any], dict[str, Any]]:
    """Class breaks on layer 0, unique values on layer 1, a scale range on layer 2."""
    numbers = [-1, 0, 10, 10.0001, 20, 21, None]
    data = {
        "numbers.geojson": features(*((point(100 * i, 0), {"v": v}) for i, v in enumerate(numbers, 1))),
        "kinds.geojson": features(
            *((point(100 * i, 0), {"k": k, "w": i}) for i, k in enumerate(["a", "b", "c", "z"], 1))
        ),
    }
    breaks = {
        "renderer": {
            "type": "classBreaks",
            "field": "v",
            "minValue": 0,
            "defaultSymbol": square(90, 90, 90),
            "defaultLabel": "other",
            "classBreakInfos": [
                {"classMaxValue": 10, "label": "A", "symbol": square(200, 0, 0)},
                {"classMaxValue": 20, "label": "B", "symbol": square(0, 0, 200)},
            ],
        }
    }
    unique = {
        "renderer": {
            "type": "uniqueValue",
            "field1": "k",
            "defaultSymbol": square(90, 90, 90),
            "defaultLabel": "rest",
            "uniqueValueInfos": [
                {"value": v, "label": v.upper(), "symbol": square(50 * i, 100, 0)}
                for i, v in enumerate("abc", 1)
            ],
        }
    }
    return (
        document(
            "classes",
            leaf(0, "numbers.geojson", breaks),
            leaf(1, "kinds.geojson", unique),
            leaf(2, "kinds.geojson", simple(square(0, 0, 0)), minScale=50000, maxScale=10000),
        ),
        data,
    )


def frames() -> tuple[dict[str, Any], dict[str, Any]]:
    """A degree map for extents and scales; a white polygon on white for transparency."""
    data = {
        "degrees.geojson": {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": box(-10, -10, 10, 10), "properties": {"n": 1}}],
        }
    }
    layer = leaf(0, "degrees.geojson", simple(fill(255, 255, 255)))
    half = leaf(
        1,
        "degrees.geojson",
        {**simple(fill(0, 0, 0)), "transparency": 60},
        defaultVisibility=False,
    )
    doc = document("frames", layer, half)
    doc["spatialReference"] = {"wkid": 4326}
    return doc, data


DOCUMENTS = {make.__name__: make for make in (tree, rows, times, classes, frames)}


def write_documents(folder: Path, documents: Mapping[str, Callable[[], Any]]) -> None:
    """Write documents and their data into one folder."""
    for make in documents.values():
        body, data = make()
        (folder / f"{body['name']}.json").write_text(json.dumps(body))
        for name, content in data.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(json.dumps(content))
