"""Closing widgets whole: closing a box alone leaves its children, layouts and styles behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import ipywidgets

from mapexplorer.explorer.sharing import is_shared

GRACE = 10.0
"""Seconds for which a page may still be putting together what it was told of a closed widget."""


def parts(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """Every widget inside another one, with the layouts and styles that are its own."""
    for child in getattr(widget, "children", ()):
        yield from parts(child)
        yield child
    for name in ("layout", "style"):
        if widget.has_trait(name) and not is_shared(getattr(widget, name)):
            yield getattr(widget, name)


def close_whole(widget: ipywidgets.Widget) -> None:
    """Close a widget and all its parts; nothing that they do from now on has an effect.

    On an event loop their comms live on for a while: a page unpacks a box's children later than it
    receives them, and a box that is told of a child which is gone takes no message ever after.
    """
    closed = [widget, *parts(widget)]
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _release(closed)
        return
    for part in closed:
        part.unobserve_all()
        part._msg_callbacks.callbacks.clear()
    loop.call_later(GRACE, _release, closed)


def _release(widgets: list[ipywidgets.Widget]) -> None:
    for widget in widgets:
        widget.close()
