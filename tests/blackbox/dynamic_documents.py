"""The map document of the black-box vectors of dynamic layers: a workspace with tables and a layer file."""

from __future__ import annotations

from typing import Any

from tests.blackbox.documents import box, document, features, fill, leaf, simple

LOTS = ["a", "b", "c"]


def layer_file() -> dict[str, Any]:
    """A file of ArcGIS Pro that fills the lots of KIND 1 and 2 with (10, 20, 30)."""
    area = {
        "type": "CIMSolidFill",
        "enable": True,
        "color": {"type": "CIMRGBColor", "values": [10, 20, 30, 100]},
    }
    symbol = {"type": "CIMPolygonSymbol", "symbolLayers": [area]}
    connection = {"type": "CIMStandardDataConnection", "dataset": "lots", "workspaceFactory": "Shapefile"}
    table = {
        "type": "CIMFeatureTable",
        "dataConnection": connection,
        "definitionExpression": "KIND < 3",
    }
    renderer = {
        "type": "CIMSimpleRenderer",
        "symbol": {"type": "CIMSymbolReference", "symbol": symbol},
        "label": "from the file",
    }
    layer = {"type": "CIMFeatureLayer", "name": "Lots", "featureTable": table, "renderer": renderer}
    return {"type": "CIMLayerDocument", "layerDefinitions": [layer]}


def workspaces() -> tuple[dict[str, Any], dict[str, Any]]:
    """Three lots at x = 100, 200, 300, sales of two of them, and a layer file."""
    lots = features(
        *((box(100 * i - 50, -50, 100 * i + 50, 50), {"LOT": n, "KIND": i}) for i, n in enumerate(LOTS, 1))
    )
    sales = features(
        *((box(0, 0, 1, 1), {"lot": n, "price": p}) for n, p in (("a", 100), ("b", 300), ("z", 1)))
    )
    data = {
        "tables/lots.geojson": lots,
        "tables/sales.geojson": sales,
        "tables/lots.lyrx": layer_file(),
        "outside.geojson": lots,
    }
    published = leaf(0, "outside.geojson", simple(fill(200, 0, 0)))
    return document("workspaces", published, workspaces={"W": "tables"}), data


DYNAMIC_DOCUMENTS = {make.__name__: make for make in (workspaces,)}
