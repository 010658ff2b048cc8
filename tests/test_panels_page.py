"""The page that explains the panels shows a picture of each."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from mapexplorer.explorer.panels import PANELS
from tests.screenshots import SCENES

FIGURE = re.compile(r"^## (\w+)\n!\[[^\]]{20,}\]\((images/[\w-]+\.png)\)", re.MULTILINE)
PAGE = Path(__file__).parents[1] / "notebooks" / "panels.md"


def test_every_panel_is_explained_with_a_picture_of_it() -> None:
    shown = FIGURE.findall(PAGE.read_text("utf-8"))
    titles = [panel.title for panel in PANELS]
    assert [title for title, _ in shown] == titles
    assert [scene.panel for scene in SCENES] == titles
    for _, name in shown:
        with Image.open(PAGE.parent / name) as image:
            assert image.width == 408
