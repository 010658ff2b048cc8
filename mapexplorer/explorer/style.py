"""How the explorer looks: one style sheet and the few lengths that widgets need to know.

The colours are those of the JupyterLab theme where there is one, light or dark, else a light set of our own.
The sheet only touches what lies inside an element of the class ``mapexplorer``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

LABEL_WIDTH = "96px"
"""Width of the labels on the left of controls."""
INDENT = 20
"""Pixels that a layer stands further right than its group."""


@cache
def css() -> str:
    """The style sheet."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def sheet() -> Any:
    """A widget without extent that brings the style sheet to the page."""
    import ipywidgets

    # The text is our own file, not anything that a service sent.
    made = ipywidgets.HTML(value=f"<style>{css()}</style>", layout=ipywidgets.Layout(display="none"))
    made.add_class("me-sheet")
    return made
