"""A stand-in for the explorer that holds what panels read and write; and what a browser does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import traitlets

from mapexplorer.explorer.answer import Answer
from mapexplorer.explorer.drawing import Drawing
from mapexplorer.explorer.editing import Handles
from mapexplorer.explorer.outlines import Outlines
from mapexplorer.explorer.panels.composer import Composer
from mapexplorer.explorer.parameters import Parameters
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.explorer.state import State
from mapexplorer.explorer.time_zones import TimeZone
from mapexplorer.explorer.view import MapPane
from mapexplorer.protocol import LayerInfo, MapRequest, ServiceInfo

ROOT = {
    "layers": [
        {"id": 0, "name": "Group", "type": "Group Layer", "subLayerIds": [1, 2]},
        {"id": 1, "name": "Fixes", "type": "Feature Layer", "parentLayerId": 0},
        {"id": 2, "name": "Tracks", "type": "Feature Layer", "parentLayerId": 0, "defaultVisibility": False},
        {"id": 3, "name": "Land", "type": "Feature Layer"},
        {"id": 4, "name": "Relief", "type": "Raster Layer", "defaultVisibility": False},
    ],
    "supportsTimeRelation": True,
    "supportsDynamicLayers": True,
    "supportedImageFormatTypes": "PNG32,PNG24,PNG,JPG,PDF,SVG",
    "maxImageWidth": 2000,
    "maxImageHeight": 1000,
}
FIXES = {
    "id": 1,
    "name": "Fixes",
    "type": "Feature Layer",
    "fields": [
        {"name": "OBJECTID", "type": "esriFieldTypeOID"},
        {"name": "wind", "type": "esriFieldTypeInteger", "alias": "Wind speed"},
        {"name": "max wind", "type": "esriFieldTypeDouble"},
        {"name": "SHAPE", "type": "esriFieldTypeGeometry"},
    ],
    "timeInfo": {
        "timeExtent": [1199145600000, 1262304000000],
        "timeInterval": 1,
        "timeIntervalUnits": "esriTimeUnitsMonths",
    },
    "rangeInfos": [
        {"name": "speed", "field": "wind", "fullRangeExtent": [10, 160]},
        {"name": "depth", "field": "max wind", "fullRangeExtent": [0, 700], "currentRangeExtent": [0, 70]},
    ],
}
LAYERS = [
    FIXES,
    {"id": 2, "name": "Tracks", "type": "Feature Layer"},
    {"id": 3, "name": "Land", "type": "Feature Layer"},
]


class StandIn(traitlets.HasTraits):
    answer = traitlets.Any()
    time_zone = TimeZone()

    def __init__(self, root: Any = None, layers: Any = None) -> None:
        super().__init__()
        self.parameters = Parameters(bbox="0,0,10,10")
        self.panels: dict[str, Any] = {}
        self.info = ServiceInfo.parse(ROOT if root is None else root)
        self.layer_infos = tuple(LayerInfo.parse(layer) for layer in (LAYERS if layers is None else layers))
        self.prefetched: list[list[MapRequest]] = []
        self.controller = SimpleNamespace(
            scheduler=ManualScheduler(),
            settled=True,
            prefetch=lambda requests: self.prefetched.append(list(requests)),
        )
        self.map = MapPane(lambda view, moved, resized: None)
        self.maps = SimpleNamespace(alone=lambda: None)
        self.outlines = Outlines(self.map)
        self.handles = Handles(self.map, self.parameters.guard)
        self.drawing = Drawing(self.map, self.controller.scheduler, self.parameters.guard)
        self.service = SimpleNamespace(secured=False, url="http://127.0.0.1/arcgis/rest/services/x/MapServer")
        self.composer = Composer(self)

        self.sharpness: int | None = 1
        self.follows_screen, self.screen, self.fineness = True, 1, 1.0
        self.basemap: str | None = None
        self.address = SimpleNamespace(page=None)
        self.link: str | None = None
        self.target = "sample:storms"

    @property
    def state(self) -> dict[str, Any]:
        return State(self.target, self.parameters.given()).to_dict()

    @state.setter
    def state(self, value: Any) -> None:
        state = State.of(value)
        self.parameters.update(**{name: state.parameters.get(name) for name in self.parameters.names})

    def to_code(self) -> str:
        return f"explore({self.target!r})"

    @property
    def opened(self) -> SimpleNamespace:
        return SimpleNamespace(target=self.target)

    def request(self) -> MapRequest:
        return self.parameters.request()

    def reply(self, **facts: Any) -> None:
        """Show an answer to the parameters of this moment."""
        self.answer = Answer(**{"request": self.request(), **facts})

    def fail(self, sentence: str) -> None:
        self.reply(export_error=sentence, legend_error=sentence)

    def at_scale(self, scale: float) -> None:
        self.reply(export=SimpleNamespace(scale=scale))

    def pass_time(self, seconds: float) -> None:
        self.controller.scheduler.advance(seconds)


def browser(widget: Any, **state: Any) -> None:
    """What the browser sends when a person changes a widget; choices of lists are set by their position."""
    widget.set_state(state)


def choose(widget: Any, label: str) -> None:
    """What the browser sends when a person picks from a list or row of buttons."""
    labels = [option[0] if isinstance(option, tuple) else option for option in widget.options]
    widget.set_state({"index": labels.index(label)})


def press(button: Any) -> None:
    """What the browser sends when a button is pressed."""
    button._handle_button_msg(button, {"event": "click"}, [])


def visible(widget: Any) -> bool:
    return bool(widget.layout.display != "none")
