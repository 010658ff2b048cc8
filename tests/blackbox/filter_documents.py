"""The map documents of the vectors for filters and versions, one for each chapter of behaviour."""

from __future__ import annotations

from typing import Any

from tests.blackbox.documents import (
    box,
    document,
    features,
    fill,
    group,
    leaf,
    line,
    point,
    simple,
    square,
)


def values() -> tuple[dict[str, Any], dict[str, Any]]:
    """Layer 0: ranges; layer 1: parameters of the published expression; layer 2: an archive."""
    levels = [4, 5, 1000, 1500, 1501, None]
    rooms = [(1, "a"), (10, "a"), (10, "b"), (1, "c"), (1, None), (10, "a') OR 1=1 --")]
    validity = [(100, 200), (200, None), (None, None), (100, 300), (0, 100), (50, None)]
    data = {
        "levels.geojson": features(
            *((point(100 * i, 0), {"level": v, "n": i}) for i, v in enumerate(levels, 1))
        ),
        "rooms.geojson": features(
            *((point(100 * i, 0), {"floor": f, "kind": k}) for i, (f, k) in enumerate(rooms, 1))
        ),
        "archive.geojson": features(
            *((point(100 * i, 0), {"a": a, "b": b}) for i, (a, b) in enumerate(validity, 1))
        ),
    }
    ranges = [{"name": "elevation", "field": "level"}, {"name": "number", "field": "n"}]
    parameters = [
        {"name": "floor", "dataType": "esriFieldTypeInteger", "defaultValue": 1},
        {
            "name": "kinds",
            "dataType": "esriFieldTypeString",
            "defaultValue": ["a"],
            "multipleValues": True,
        },
    ]
    return (
        document(
            "values",
            leaf(0, "levels.geojson", simple(square(200, 0, 0)), rangeInfos=ranges),
            leaf(
                1,
                "rooms.geojson",
                simple(square(0, 0, 200)),
                definitionExpression="floor = ::floor AND kind IN (::kinds)",
                parameterInfos=parameters,
            ),
            leaf(
                2,
                "archive.geojson",
                simple(square(0, 150, 0)),
                archivingInfo={"startField": "a", "endField": "b"},
            ),
            leaf(3, "levels.geojson", simple(square(90, 90, 90)), rangeInfos=ranges),
        ),
        data,
    )


def versions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Layer 0 with one version, layer 1 with another, layer 2 with none; all published at x = 100."""
    data = {
        f"{name}.geojson": features((point(x, 0), {"name": name}))
        for name, x in (("published", 100), ("edited", 200), ("planned", 300))
    }
    return (
        document(
            "versions",
            leaf(0, "published.geojson", simple(square(200, 0, 0)), versions={"sde.EDIT": "edited.geojson"}),
            leaf(
                1,
                "published.geojson",
                simple(square(0, 0, 200)),
                versions={"sde.PLAN": {"path": "planned.geojson"}},
            ),
            leaf(2, "published.geojson", simple(square(0, 150, 0))),
        ),
        data,
    )


def places() -> tuple[dict[str, Any], dict[str, Any]]:
    """The fourteen features of the relations, a hundred metres for each unit of the table."""
    areas = [(2, 2, 4, 4), (8, 8, 12, 12), (10, 0, 14, 4), (-5, -5, 15, 15), (0, 0, 10, 10)]
    triangle = [[900, 1400], [1400, 1400], [1400, 900], [900, 1400]]
    shapes = {
        "spots": [point(500, 500), point(1000, 500), point(2000, 500)],
        "ways": [
            line((200, 200), (800, 800)),
            line((500, 500), (1500, 500)),
            line((1000, 200), (1000, 800)),
            line((1000, 500), (1500, 500)),
        ],
        "areas": [
            *(box(*(100 * side for side in sides)) for sides in areas),
            {"type": "Polygon", "coordinates": [triangle]},
            box(3000, 3000, 3100, 3100),
        ],
    }
    drawings = {
        "spots": square(0, 0, 0, 4),
        "ways": {"type": "esriSLS", "style": "esriSLSSolid", "color": [0, 0, 0, 255], "width": 2},
        "areas": fill(0, 0, 0),
    }
    layers = []
    for ident, (name, symbol) in enumerate(drawings.items()):
        classes = [
            {"value": str(n), "label": f"{name} {n}", "symbol": symbol} for n in range(len(shapes[name]))
        ]
        renderer = {"type": "uniqueValue", "field1": "n", "uniqueValueInfos": classes}
        layers.append(leaf(ident, f"{name}.geojson", {"renderer": renderer}))
    data = {
        f"{name}.geojson": features(*((shape, {"n": n}) for n, shape in enumerate(found)))
        for name, found in shapes.items()
    }
    return document("places", *layers), data


def masks() -> tuple[dict[str, Any], dict[str, Any]]:
    """A blue polygon over everything; below it, in a group, three points of three classes."""
    classes = [{"value": k, "label": k, "symbol": square(200, 0, 0)} for k in "ABC"]
    renderer = {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": classes}
    letters = [(200, "A"), (500, "B"), (800, "C")]
    data = {
        "cover.geojson": features((box(-1000, -1000, 2000, 2000), {"n": 1})),
        "letters.geojson": features(*((point(x, 500), {"k": k}) for x, k in letters)),
    }
    return (
        document(
            "masks",
            leaf(0, "cover.geojson", simple(fill(0, 0, 200))),
            group(5),
            leaf(6, "letters.geojson", {"renderer": renderer}, parentLayerId=5),
        ),
        data,
    )


def selections() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two squares addressed by object ids (0), by one field (1), and by two fields (2)."""
    squares = [box(100, 100, 400, 400), box(600, 100, 900, 400)]
    data = {
        "pair.geojson": features(
            *((area, {"k": k, "p": p}) for area, k, p in zip(squares, "ab", "bc", strict=True))
        )
    }
    drawing = simple(fill(0, 0, 200))
    return (
        document(
            "selections",
            leaf(0, "pair.geojson", drawing),
            leaf(1, "pair.geojson", drawing, uniqueIdInfo={"type": "simple", "fields": ["k"]}),
            leaf(2, "pair.geojson", drawing, uniqueIdInfo={"type": "composite", "fields": ["k", "p"]}),
        ),
        data,
    )


FILTER_DOCUMENTS = {make.__name__: make for make in (values, versions, places, masks, selections)}
