"""Closing widgets whole: closing a box alone leaves its children, layouts and styles behind."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets


def parts(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """Every widget inside another one, with layouts and styles."""
    for child in getattr(widget, "children", ()):
        yield from parts(child)
        yield child
    for name in ("layout", "style"):
        if widget.has_trait(name):
            yield getattr(widget, name)


def close_whole(widget: ipywidgets.Widget) -> None:
    """Close a widget and all its parts."""
    inside = list(parts(widget))
    widget.close()
    for part in inside:
        part.close()
