"""A person works with the explorer in a notebook of Visual Studio Code: its widgets, modules and themes."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.e2e.conftest import EXPLORE, absent

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.e2e.front_ends import FrontEnd
    from tests.e2e.vscode import Webview


@pytest.fixture(scope="module")
def bundle(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script that the Jupyter extension of the editor loads for widgets."""
    from tests.e2e.vscode import PACKAGE

    npm = shutil.which("npm")
    if npm is None:
        absent(f"npm is not installed, which brings {PACKAGE}")
    folder = tmp_path_factory.mktemp("vscode")
    command = [npm, "pack", "--silent", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        absent(f"npm could not bring {PACKAGE}: {done.stderr[-300:]}")
    script = folder / "ipywidgets.js"
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed_script = packed.extractfile("package/dist/ipywidgets.js")
        assert packed_script is not None
        script.write_bytes(packed_script.read())
    return script


@pytest.fixture(scope="module")
def webview(browser: Browser, lab: FrontEnd, bundle: Path) -> Iterator[Webview]:
    """The output of a cell; its kernel is started by the server of JupyterLab, whose page is not opened."""
    from tests.e2e.live_page import RECORD_REQUESTS
    from tests.e2e.vscode import Webview

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    live = Webview(lab, context, EXPLORE, bundle)
    live.run(RECORD_REQUESTS)
    live.settle()
    live.await_controls()
    live.run("FIRST = explorer.state")
    yield live
    live.close()
    assert live.strangers == []
    assert live.page.url.startswith(lab.address)


@pytest.fixture
def live(webview: Webview) -> Iterator[Webview]:
    """The page with the view as it was at first, and no requests recorded yet."""
    webview.run("explorer.state = FIRST")
    webview.settle()
    webview.run("RECEIVED.clear()")
    yield webview
    assert webview.take_errors() == []
    assert webview.page.evaluate("window.failures") == []


def test_the_first_map_and_its_legend_come_without_a_jupyter_page(live: Webview) -> None:
    from tests.e2e.test_explorer import assert_shows_the_answer

    assert not live.page.evaluate("'jupyterapp' in window")
    assert_shows_the_answer(live)
    assert "Storm" in live.legend()


def test_a_layer_a_filter_and_undo_reach_the_map_and_the_legend(live: Webview) -> None:
    from tests.e2e.test_explorer import assert_shows_the_answer

    before, name = live.shown_picture(), live.value("explorer.layer_infos[0].name")
    live.tab("Layers")
    live.page.locator(".me-layer:visible label", has_text=name).first.click()
    live.until("explorer.parameters.layers is not None")
    live.settle()
    assert live.received("queryLegends")[-1]["layers"] == live.received()[-1]["layers"]
    assert name not in live.legend()
    live.page.get_by_role("button", name="Undo").first.click()
    live.until("explorer.parameters.layers is None")
    live.tab("Filters")
    box = live.page.locator(".me-expression input:visible").first
    box.fill("wind_kt >= 130")
    box.press("Enter")
    live.until("explorer.parameters.layer_defs == {0: 'wind_kt >= 130'}")
    live.settle()
    assert "wind_kt >= 130" in live.received()[-1]["layerDefs"]
    assert not np.array_equal(live.shown_picture(), before)
    assert_shows_the_answer(live)


def test_the_map_is_dragged_and_the_slider_moved_by_the_keyboard(live: Webview) -> None:
    from playwright.sync_api import expect

    from tests.e2e.test_explorer import assert_shows_the_answer, drag

    west = live.value("explorer.answer.export.extent.xmin")
    drag(live, -100, -30)
    assert live.value("explorer.answer.export.extent.xmin") > west
    live.tab("Time")
    live.page.locator(".me-panels button:visible", has_text="Instant").first.click()
    live.until("explorer.parameters.time is not None and explorer.parameters.time.instant is not None")
    live.settle()
    first = live.received()[-1]["time"]
    handles = live.page.locator(".me-panels .noUi-handle:visible")
    expect(handles).to_have_count(1)  # a window has two: it is that of the moment now
    handles.focus()
    live.page.keyboard.press("ArrowRight")
    live.until(f"explorer.parameters.time.start > {first}")
    live.settle()
    assert_shows_the_answer(live)


@pytest.mark.parametrize("theme", ["DARK", "LIGHT", "SOLARIZED", "HIGH_CONTRAST"])
def test_the_explorer_has_the_colours_of_the_theme_and_can_be_read(live: Webview, theme: str) -> None:
    from tests.e2e import vscode
    from tests.e2e.contrast import faint

    chosen = getattr(vscode, theme)
    live.choose(chosen)
    corner = live.screenshot(".mapexplorer:not(.me-panel)")[4, 4, :3]
    assert "#{:02x}{:02x}{:02x}".format(*corner) == chosen.colours["editor-background"]
    for title in ("Layers", "Symbols", "Filters", "Time", "Picture", "Request"):
        live.tab(title)
        live.page.locator(f".me-panels .lm-TabBar-tab.lm-mod-current:has-text('{title}')").wait_for()
        assert faint(live) == [], title
