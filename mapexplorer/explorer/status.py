"""The line under the map: facts of the picture, or the one sentence that says what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer.answer import Answer
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.protocol import Extent

if TYPE_CHECKING:
    from mapexplorer.client.service import ExportResult


def write_facts(answer: Answer, requests: int) -> Markup:
    """Scale, size, extent, bytes and time of the picture shown."""
    export = answer.export
    if export is None:
        return Markup()
    facts = [
        ("scale", _scale(export)),
        ("size", f"{export.width} × {export.height} px"),
        ("extent", write_extent(export.extent)),
        ("bytes", write_bytes(len(export.content))),
        ("time", f"{answer.elapsed * 1000:,.0f} ms"),
        ("requests", f"{requests} request" + ("" if requests == 1 else "s")),
    ]
    return tag(
        "span",
        [tag("span", text, class_=f"me-fact me-fact-{name}") for name, text in facts],
        class_="me-facts",
    )


def write_extent(extent: Extent) -> str:
    """West, south, east and north with as many digits as the extent needs."""
    digits = 0 if extent.width > 1000 else 2 if extent.width > 1 else 5
    west, south, east, north = (
        f"{side:,.{digits}f}" for side in (extent.xmin, extent.ymin, extent.xmax, extent.ymax)
    )
    return f"x {west} … {east}, y {south} … {north}"


def write_bytes(number: int) -> str:
    """A number of bytes for people."""
    return (
        f"{number} B"
        if number < 1000
        else f"{number / 1000:,.0f} kB"
        if number < 1e6
        else f"{number / 1e6:,.1f} MB"
    )


class StatusLine(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """One line, in which failures are alerts; `data-said` holds what is spoken of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("me-status")
        self.text = ""
        self._write("", Markup())

    def show(self, answer: Answer, requests: int) -> None:
        """Show the outcome of a request."""
        if answer.error is not None:
            self.fail(answer.error)
        else:
            self._write("", write_facts(answer, requests), said=_drawn(answer))

    def fail(self, sentence: str) -> None:
        """Show one sentence about a failure."""
        self._write(sentence, tag("span", "\N{WARNING SIGN} ", sentence, class_="me-error-text"), error=True)

    def tell(self, sentence: str) -> None:
        """Show one sentence that is not a failure."""
        self._write(sentence, tag("span", sentence), said=sentence)

    def busy(self, busy: bool) -> None:
        """Mark the line while an answer is awaited."""
        (self.add_class if busy else self.remove_class)("me-busy")

    def _write(self, sentence: str, content: Markup, *, said: str = "", error: bool = False) -> None:
        self.text = sentence
        kind = "me-status-line me-error" if error else "me-status-line"
        # What comes in with its region is only spoken where that is an alert: the companion speaks the rest.
        role, live = ("alert", "assertive") if error else ("status", "polite")
        self.value = str(tag("div", content, role=role, aria_live=live, class_=kind, data_said=said))


def _drawn(answer: Answer) -> str:
    """What is spoken of a picture: all facts would be too many."""
    export = answer.export
    return f"The map is drawn, {_scale(export)}" if export is not None else ""


def _scale(export: ExportResult) -> str:
    return f"1:{export.scale:,.0f}" if export.scale else "scale unknown"
