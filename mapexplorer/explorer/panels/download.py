"""A file of the picture, in any format that the service draws."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.files import fetch
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.status import write_bytes
from mapexplorer.protocol import MapExplorerError, ServiceInfo
from mapexplorer.protocol.formats import ImageFormat

from . import controls
from .background import away

if TYPE_CHECKING:
    from mapexplorer.client.results import ExportResult
    from mapexplorer.explorer.explorer import MapExplorer

LARGEST_LINK = 40_000_000
"""Bytes that a page is given to keep; a larger file is written by `explorer.download`."""


class DownloadBox:
    """Asks for the map in view once more, in the format chosen, and gives a link that saves it."""

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self.format = controls.labelled(
            ipywidgets.Dropdown, "As", "Formats of the service; pdf, svg, emf and ps are drawings of lines"
        )
        self.button = controls.button("Make the file", "Ask the service for this map as a file", self._ask)
        self.progress = ipywidgets.IntProgress(
            max=100, layout=ipywidgets.Layout(width="auto", flex="1 1 80px")
        )
        controls.shown(self.progress, False)
        self.result = controls.prose(None, "me-files")
        self.widget = ipywidgets.VBox((self.format, controls.row(self.button, self.progress), self.result))
        self.widget.add_class("me-stack")

    def offer(self, info: ServiceInfo) -> None:
        """List the formats of a service."""
        listed = [kind for kind in ImageFormat if kind.value in info.image_formats]
        offered = listed or [ImageFormat.PNG, ImageFormat.JPG]
        self.format.options = [(str(kind), kind) for kind in offered]
        self.format.value = offered[0]
        controls.say(self.result, None)

    def _ask(self) -> None:
        explorer, kind = self._explorer, self.format.value
        request, service = explorer.request(), explorer.service
        self.button.disabled = True
        self.progress.value = 0
        controls.shown(self.progress, True)
        controls.say(self.result, controls.hint("The service draws the map …"))
        shown = -1

        def heard(come: int, total: int | None) -> None:
            nonlocal shown
            percent = min(100, 100 * come // total) if total else 50
            if percent != shown:
                shown = percent
                explorer.controller.scheduler.deliver(lambda: setattr(self.progress, "value", percent))

        def job() -> tuple[ExportResult | None, str]:
            try:
                return fetch(service, request, kind, heard), ""
            except (MapExplorerError, OSError, ValueError) as error:
                return None, str(error)

        away(explorer, job, self._take)

    def _take(self, answer: tuple[ExportResult | None, str]) -> None:
        result, sentence = answer
        self.button.disabled = False
        controls.shown(self.progress, False)
        controls.say(self.result, controls.alert(sentence) if result is None else _link(result))


def _link(result: ExportResult) -> Markup:
    kind = result.request.format or ImageFormat.PNG
    suffix = "png" if kind.value.startswith("png") else kind.value
    size = write_bytes(len(result.content))
    if len(result.content) > LARGEST_LINK:
        code = f'explorer.download("map.{suffix}")'
        return tag("p", f"The file has {size}, too much for a page. In a notebook: ", tag("code", code))
    content = base64.b64encode(result.content).decode("ascii")
    link: Any = tag(
        "a", f"Save map.{suffix}", href=f"data:application/octet-stream;base64,{content}",
        download=f"map.{suffix}", class_="me-download",
    )  # fmt: skip
    return tag("p", link, tag("span", f"{size}, {result.width} × {result.height} pixels", class_="me-hint"))
