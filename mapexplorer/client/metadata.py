"""Read what a service says about itself, once: the root resource, and its layers together or one by one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mapexplorer.protocol import (
    ArcGISError,
    BadAnswer,
    DynamicLayer,
    LayerInfo,
    LayerSummary,
    MapExplorerError,
    ServerError,
    ServiceInfo,
    TooLarge,
    url_or_form,
)

from .channel import Channel
from .features import place_of

if TYPE_CHECKING:
    import pandas

_ROOT_KEYS = frozenset({"layers", "currentVersion", "mapName"})
_LAYERS_KEY = frozenset({"layers"})


class Metadata:
    """The metadata of one service; each part is fetched when it is first asked for, and then kept.

    A lock keeps threads from fetching the same part twice. A failure is not kept: the next call asks again.
    """

    def __init__(self, channel: Channel, service_url: str) -> None:
        self._channel = channel
        self._url = service_url
        self._lock = threading.RLock()
        self._info: ServiceInfo | None = None
        self._layers: dict[int, LayerInfo] = {}
        self._all_layers: tuple[LayerInfo, ...] | None = None

    @property
    def known(self) -> ServiceInfo | None:
        """The root resource if it has been fetched already."""
        return self._info

    def info(self) -> ServiceInfo:
        """Return the root resource. Raises TransportError and AnswerError."""
        with self._lock:
            if self._info is None:
                body = self._ask(self._url, _ROOT_KEYS)
                if not _ROOT_KEYS.intersection(body):
                    raise BadAnswer("The address answers, but not as a map service does.")
                self._info = _parsed(ServiceInfo, body, "description of the service")
            return self._info

    def layer(self, layer_id: int) -> LayerInfo:
        """Return one layer resource. Raises ArcGISError when there is no such layer."""
        with self._lock:
            if layer_id not in self._layers:
                body = self._ask(f"{self._url}/{layer_id}", frozenset({"id"}))
                self._layers[layer_id] = _parsed(LayerInfo, body, f"description of layer {layer_id}")
            return self._layers[layer_id]

    def described(self, layer: DynamicLayer) -> LayerInfo:
        """Return the resource of a layer by its source. Raises ArcGISError when there is no such layer."""
        place, own = place_of(layer)
        body = self._ask(f"{self._url}/{place}", frozenset({"id", "fields"}), own)
        info: LayerInfo = _parsed(LayerInfo, body, "description of the layer")
        return info

    def layers(self) -> tuple[LayerInfo, ...]:
        """Return all layer resources, in the order of the service; one by one where it lists none."""
        with self._lock:
            if self._all_layers is None:
                self._all_layers = self._listed() or tuple(self._single(part) for part in self.info().layers)
                self._layers.update({layer.id: layer for layer in self._all_layers})
            return self._all_layers

    def _listed(self) -> tuple[LayerInfo, ...] | None:
        """Ask for all layers at once; None where the service does not answer that."""
        try:
            body = self._ask(f"{self._url}/layers", _LAYERS_KEY)
            listed = body.get("layers")
            if not isinstance(listed, list) or not listed:
                return None
            return tuple(_parsed(LayerInfo, layer, "description of a layer") for layer in listed)
        except (ArcGISError, ServerError, BadAnswer, TooLarge):
            return None

    def _single(self, summary: LayerSummary) -> LayerInfo:
        """Return one layer; of a layer that is broken on the server, what the root resource says about it."""
        try:
            return self.layer(summary.id)
        except (ArcGISError, ServerError, BadAnswer):
            layer: LayerInfo = LayerInfo.parse(summary.to_json())
            return layer

    def _ask(self, url: str, keys: frozenset[str], asked: Mapping[str, str] | None = None) -> dict[str, Any]:
        call = url_or_form(url, {**(asked or {}), "f": "json"})
        body, _ = self._channel.json(call, deadline=self._channel.deadline(), result_keys=keys)
        redacted: dict[str, Any] = self._channel.credentials.redact_tree(body)
        return redacted


def _parsed(kind: Any, body: Mapping[str, Any], what: str) -> Any:
    try:
        return kind.parse(body)
    except MapExplorerError:
        raise
    except (ValueError, TypeError):
        raise BadAnswer(f"The {what} that the service sent cannot be read.") from None


_COLUMNS: dict[str, str | None] = {
    "id": "Int64",
    "name": None,
    "type": None,
    "parent": "Int64",
    "visible": "bool",
    "min_scale": "float64",
    "max_scale": "float64",
    "geometry_type": None,
}


def layer_table(info: ServiceInfo) -> pandas.DataFrame:
    """Make a table of the layers in the order of the service; scale 0 is no limit."""
    import pandas

    rows = [
        {
            "id": layer.id,
            "name": layer.name,
            "type": layer.type,
            "parent": layer.parent_layer_id if layer.parent_layer_id >= 0 else None,
            "visible": layer.default_visibility,
            "min_scale": layer.min_scale,
            "max_scale": layer.max_scale,
            "geometry_type": layer.geometry_type,
        }
        for layer in info.layers
    ]
    table = pandas.DataFrame(rows, columns=list(_COLUMNS))
    return table.astype({name: kind for name, kind in _COLUMNS.items() if kind is not None})
