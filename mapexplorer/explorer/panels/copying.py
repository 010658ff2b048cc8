"""Texts that are there to be copied, with a button to do it."""

from __future__ import annotations

from typing import Any

import ipywidgets

from mapexplorer.explorer.sharing import create

from . import controls


def copied(kind: Any, label: str, **options: Any) -> Any:
    """A box whose text is there to be copied; `label` names it for readers of the screen."""
    made = controls.named(kind, label, layout={"width": "auto"}, placeholder=label, **options)
    made.add_class("me-copied")
    return made


def with_copy(place: Any, *more: Any) -> Any:
    """A box with a Copy button, which is shown where the page companion lets it work."""
    copy = controls.button("Copy", "Copy the text", lambda: None, "me-copy")
    made = create(ipywidgets.VBox, [place, controls.row(copy, *more)])
    for name in ("me-copying", "me-stack"):
        made.add_class(name)
    return made
