"""The layer of a layer file: where its data stand, which rows count, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mapexplorer.protocol import strict_json
from mapexplorer.service.cim.labels import label_classes
from mapexplorer.service.cim.reading import Node, Unreadable
from mapexplorer.service.cim.renderers import renderer_of

_BLENDING: Final = ("", "Alpha", "Normal", "SourceOver")


@dataclass(frozen=True)
class LayerFile:
    """What a layer file says; `names` are those its data may have in a workspace, the likeliest first."""

    node: Node
    name: str
    names: tuple[str, ...]
    definition_expression: str
    display_field: str
    start_time_field: str | None
    end_time_field: str | None
    min_scale: float
    max_scale: float
    transparency: float
    scale_symbols: bool
    labelled: bool

    def renderer(self) -> dict[str, Any]:
        """Return the renderer as REST JSON. Raises `Unreadable` naming what cannot be drawn."""
        for key, flag in (("featureReduction", "enabled"), ("symbolLayerDrawing", "useSymbolLayerDrawing")):
            found = self.node.node(key)
            if found is not None and found.flag(flag):
                raise found.cannot_be_drawn()
        for key in ("blendingMode", "featureBlendingMode"):
            if self.node.text(key) not in _BLENDING:
                raise self.node.refused(f"{self.node.text(key)} cannot be drawn", key)
        for key in ("layerEffects", "featureLayerEffects", "layerMasks", "featureSortInfos"):
            if self.node.value.get(key):
                raise self.node.refused("cannot be drawn", key)
        if self.node.flag("enableDisplayFilters"):
            raise self.node.refused("display filters cannot be drawn", "displayFilters")
        return renderer_of(self.node.needed("renderer"))

    def labels(self, geometry_type: str) -> list[dict[str, Any]]:
        """Return the label classes as REST JSON. Raises `Unreadable`."""
        return label_classes(self.node, geometry_type)


def read_layer_file(text: str) -> LayerFile:
    """Read a layer file, which must hold exactly one feature layer. Raises `Unreadable`."""
    try:
        value = strict_json.loads(text, what="the layer file")
    except ValueError as error:
        raise Unreadable("", f"the layer file is no valid JSON: {error}") from None
    if not isinstance(value, dict) or value.get("type") != "CIMLayerDocument":
        raise Unreadable("", "this is no layer file of ArcGIS Pro")
    layers = list(Node(value, "").nodes("layerDefinitions"))
    if len(layers) != 1:
        raise Unreadable("layerDefinitions", f"the file holds {len(layers)} layers, not exactly one")
    (layer,) = layers
    if layer.type != "CIMFeatureLayer":
        raise layer.cannot_be_drawn()
    table = layer.needed("featureTable")
    times = table.node("timeFields")
    return LayerFile(
        node=layer,
        name=layer.text("name"),
        names=_names(table.needed("dataConnection")),
        definition_expression=table.text("definitionExpression").strip(),
        display_field=table.text("displayField"),
        start_time_field=None if times is None else times.text("startTimeField") or None,
        end_time_field=None if times is None else times.text("endTimeField") or None,
        min_scale=layer.number("minScale"),
        max_scale=layer.number("maxScale"),
        transparency=min(max(layer.number("transparency"), 0.0), 100.0),
        scale_symbols=layer.flag("scaleSymbols", True),
        labelled=layer.flag("labelVisibility"),
    )


def _names(connection: Node) -> tuple[str, ...]:
    """Return the names that the data of a connection may have in a workspace."""
    if connection.type not in ("CIMStandardDataConnection", "CIMFeatureDatasetDataConnection"):
        raise connection.cannot_be_drawn()
    dataset = connection.text("dataset")
    if not dataset:
        raise connection.refused("is missing", "dataset")
    database = ""
    for part in connection.text("workspaceConnectionString").split(";"):
        key, _, value = part.partition("=")
        if key.strip().upper() == "DATABASE":
            database = value.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = dataset.rpartition(".")[2]
    return (f"{database}/{plain}", f"{database}/{dataset}", dataset) if database else (dataset,)
