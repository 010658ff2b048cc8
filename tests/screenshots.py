"""Makes the pictures of the panels in `notebooks/images/`: `python -m tests.screenshots [Layers Time …]`.

Each panel is shown in the page that `mapexplorer` opens, on a service and in a state that show what it does.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import ViewportSize, sync_playwright

from tests.e2e.conftest import CHROMIUM_ARGUMENTS
from tests.e2e.front_ends import ROOT, voila
from tests.e2e.live_page import LivePage

FOLDER = ROOT / "notebooks" / "images"
COLORS = 128
WINDOW: ViewportSize = {"width": 1280, "height": 1500}
FRONT: ViewportSize = {"width": 1280, "height": 1080}
MARGIN = 8
AROUND = (
    "{'geometryType': 'esriGeometryEnvelope', 'geometry': {'xmin': -10300000, 'ymin': 2700000, "
    "'xmax': -8200000, 'ymax': 4300000, 'spatialReference': {'wkid': 102100}}}"
)


@dataclass(frozen=True)
class Scene:
    """What a panel is shown with: a sample document and statements run in the kernel."""

    panel: str
    document: str = "storms"
    prepare: str = ""


SCENES = (
    Scene("Layers", "usa", "explorer.parameters.layers = 'hide:2,3'"),
    Scene("Symbols", "usa", "explorer.panels['SymbolsPanel'].layer.value = 7"),
    Scene("Filters", prepare="explorer.parameters.layer_defs = {0: \"wind_kt >= 100 AND name = 'KATRINA'\"}"),
    Scene("Time", prepare="explorer.parameters.time = ('2005-08-23', '2005-08-31')"),
    Scene("Ranges", "earthquakes", "explorer.parameters.map_range_values = {'depth': (50, 300)}"),
    Scene("Space", prepare=f"explorer.parameters.clipping = {AROUND}"),
    Scene("Select"),
    Scene("Version"),
    Scene("Picture", "world", "explorer.parameters.rotation = 20"),
    Scene("Legend", "earthquakes"),
    Scene("Request", prepare="explorer.parameters.layer_defs = {0: 'wind_kt >= 100'}"),
    Scene("Share", prepare="explorer.parameters.rotation = 15"),
)


def _save(live: LivePage, selector: str, name: str) -> None:
    """Keep what a part of the page shows, without the empty space below it."""
    box = live.page.locator(selector).first.bounding_box()
    assert box
    place = {key: max(0, box[key] - MARGIN) for key in ("x", "y")}
    size = {key: box[key] + 2 * MARGIN for key in ("width", "height")}
    content = live.page.screenshot(clip={**place, **size})
    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    used = ImageChops.difference(image, white).getbbox() or (0, 0, *image.size)
    image = image.crop((0, 0, image.width, min(image.height, used[3] + MARGIN)))
    image.quantize(COLORS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
    print(f"{name}.png {image.width}x{image.height}, {(FOLDER / f'{name}.png').stat().st_size // 1024} KiB")


def _show(live: LivePage, scene: Scene) -> None:
    live.open(f"'sample:{scene.document}'")
    if scene.prepare:
        live.run(scene.prepare)
    live.tab(scene.panel)
    live.settle()
    live.page.mouse.move(5, 5)
    live.page.wait_for_timeout(500)  # transitions of the controls


def main(names: list[str]) -> None:
    """Make the picture of the explorer and those of the named panels, or of all."""
    chosen = [scene for scene in SCENES if not names or scene.panel in names]
    with tempfile.TemporaryDirectory() as folder, voila(Path(folder)) as front_end, sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_ARGUMENTS)
        )
        live = LivePage(front_end, chromium.new_context(viewport=WINDOW))
        if not names:
            live.page.set_viewport_size(FRONT)
            live.settle()
            _save(live, ".mapexplorer", "explorer")
            live.page.set_viewport_size(WINDOW)
        live.settle()
        for scene in chosen:
            _show(live, scene)
            _save(live, ".me-panels", f"panel-{scene.panel.lower()}")
        live.close()
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
