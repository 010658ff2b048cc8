"""The page companion: what widgets cannot do for themselves, a small script does in the page.

It names the controls for which ipywidgets has no name, speaks what the status line says in a live region
that stays, lets buttons copy and the dial be dragged, keeps the keys of a control from the notebook around
it, and tells how fine the screen is. It finds all of this in the page, inside the box that it is a child of,
and nothing waits for it: where a front end cannot run it, the rest works without.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
from traitlets import Float


class Companion(anywidget.AnyWidget):
    """Accompanies the explorer or the panel in whose box it stands; without extent of its own.

    `ratio` is the number of pixels that the screen has for each pixel of the page, None until the page
    has told; `on_ratio` is called with it. Several views of a companion, where its box is shown twice, work
    for a box each.
    """

    _esm: ClassVar[Any] = Path(__file__).with_name("companion.js")

    ratio = Float(None, allow_none=True).tag(sync=True)

    def __init__(self, on_ratio: Callable[[float], object] = lambda ratio: None) -> None:
        super().__init__()
        self.add_class("me-companion")
        self.observe(lambda change: change.new and on_ratio(change.new), names=["ratio"])
