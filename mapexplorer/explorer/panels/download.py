"""A file of the picture, in any format that the service draws."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.files import FileKind, fetch
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.status import write_bytes
from mapexplorer.protocol import MapExplorerError, ServiceInfo
from mapexplorer.protocol.formats import ImageFormat, ResponseFormat

from . import controls
from .background import away

if TYPE_CHECKING:
    from mapexplorer.client.results import ExportResult
    from mapexplorer.explorer.explorer import MapExplorer

LARGEST_LINK = 40_000_000
"""Bytes that a page is given to keep; a larger file is written by `explorer.download`."""
SMALLEST_BAR = 100_000
"""Announced bytes from which a bar is worth looking at; the description before a picture has fewer."""
TICK = 0.5
"""Seconds between two looks at how far it is."""
WORDS = {"kmz": "for globes such as Google Earth", "svgz": "svg, packed"}


class DownloadBox:
    """Asks for the map in view once more, in the format chosen, and gives a link that saves it."""

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self._job = 0  # the number of the file that is wanted; another number ends an older one
        self._began = 0.0
        self._come: tuple[int, int | None] = (0, None)
        self.format = controls.labelled(
            ipywidgets.Dropdown, "As", "Formats of the service; pdf, svg, emf and ps are drawings of lines"
        )
        self.button = controls.button("Make the file", "Ask the service for this map as a file", self._ask)
        self.cancel = controls.button("Cancel", "Do not wait for the file", self._cancel)
        self.progress = create(ipywidgets.IntProgress, max=100, layout={"width": "auto", "flex": "1 1 80px"})
        self.progress.add_class("me-progress")
        self.result = controls.prose(None, "me-files")
        buttons = controls.row(self.button, self.cancel, self.progress)
        self.widget = create(ipywidgets.VBox, (self.format, buttons, self.result))
        self.widget.add_class("me-stack")
        self._show_running(False)

    def offer(self, info: ServiceInfo) -> None:
        """List the formats of a service; every service knows KMZ, as a form of its answer."""
        self.close()
        listed = [kind for kind in ImageFormat if kind.value in info.image_formats]
        offered: list[FileKind] = [*(listed or (ImageFormat.PNG, ImageFormat.JPG)), ResponseFormat.KMZ]
        self.format.options = [(_name(kind), kind) for kind in offered]
        self.format.value = offered[0]
        controls.say(self.result, None)

    def close(self) -> None:
        """Wait for no file any more."""
        self._job += 1
        self._show_running(False)

    def _ask(self) -> None:
        explorer, kind = self._explorer, self.format.value
        request, service = explorer.request(), explorer.service
        self._job += 1
        self._began, self._come = explorer.controller.scheduler.now(), (0, None)
        job = self._job
        self._show_running(True)
        self._tick(job)

        def heard(come: int, total: int | None) -> bool:
            if self._job == job:
                self._come = come, total
            return self._job == job

        def work() -> tuple[ExportResult | None, str]:
            try:
                return fetch(service, request, kind, heard), ""
            except (MapExplorerError, OSError, ValueError) as error:
                return None, str(error)

        away(explorer, work, partial(self._take, job))

    def _cancel(self) -> None:
        self.close()
        controls.say(self.result, controls.told("Cancelled; there is no file."))

    def _tick(self, job: int) -> None:
        """Say how far it is, and look again after a while."""
        if self._job != job:
            return
        scheduler = self._explorer.controller.scheduler
        come, total = self._come
        announced = total is not None and total >= SMALLEST_BAR
        self.progress.value = min(100, 100 * come // total) if total and announced else 0
        controls.shown(self.progress, announced)
        controls.say(self.result, controls.hint(_so_far(come, total, scheduler.now() - self._began)))
        scheduler.after(TICK, lambda: scheduler.deliver(lambda: self._tick(job)))

    def _take(self, job: int, answer: tuple[ExportResult | None, str]) -> None:
        if self._job != job:
            return
        self.close()
        result, sentence = answer
        controls.say(self.result, controls.alert(sentence) if result is None else _link(result))

    def _show_running(self, running: bool) -> None:
        self.button.disabled = self.format.disabled = running
        controls.shown(self.cancel, running)
        if not running:
            controls.shown(self.progress, False)


def _so_far(come: int, total: int | None, seconds: float) -> str:
    elapsed = f"{seconds:.0f} s"
    if come < SMALLEST_BAR and (total is None or total < SMALLEST_BAR):
        return f"The service draws the map … {elapsed}"
    if total is None:
        return f"{write_bytes(come)} so far, {elapsed}; the service does not say how many there will be."
    return f"{write_bytes(come)} of {write_bytes(total)}, {elapsed}"


def _name(kind: FileKind) -> str:
    return f"{kind}, {WORDS[kind.value]}" if kind.value in WORDS else str(kind)


def _link(result: ExportResult) -> Markup:
    kind: FileKind = result.request.format or ImageFormat.PNG
    if result.request.f is ResponseFormat.KMZ:
        kind = ResponseFormat.KMZ
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
    facts = f"{size}, {result.width} × {result.height} pixels"
    return tag("p", link, tag("span", facts, class_="me-hint"), role="status")
