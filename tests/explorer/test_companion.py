"""The page companion: when it comes, what it tells the kernel, and that it is a script of the page alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import ipywidgets
import pytest

from mapexplorer.explorer import companion, status
from mapexplorer.explorer.closing import parts
from mapexplorer.explorer.companion import Companion
from mapexplorer.explorer.panels import PicturePanel, TimePanel
from mapexplorer.protocol import Size

from .conftest import Bench
from .fake_service import FakeService

SCRIPT = Path(companion.__file__).with_name("companion.js").read_text(encoding="utf-8")


def companions(widget: ipywidgets.Widget) -> list[Companion]:
    return [part for part in parts(widget) if isinstance(part, Companion)]


def tell(bench: Bench, ratio: float) -> None:
    """Report the pixels of the screen, as the page does."""
    [known] = companions(bench.explorer)
    known.set_state({"ratio": ratio})
    bench.settle()


def test_it_comes_when_a_browser_shows_the_map_and_only_once(bench: Bench) -> None:
    assert companions(bench.explorer) == []
    bench.display()
    [known] = companions(bench.explorer)
    assert bench.explorer.children[-1] is known  # one in front would have the page build all others anew
    bench.explorer.parameters.rotation = 30  # a page of its own, which a browser shows for the first time
    bench.settle()
    bench.display()
    assert companions(bench.explorer) == [known]


def test_it_ends_with_its_explorer(bench: Bench) -> None:
    bench.display()
    [known] = companions(bench.explorer)
    bench.explorer.close()
    assert known.comm is None
    known.set_state({"ratio": 2.0})


def test_a_panel_alone_has_one_of_its_own(bench: Bench) -> None:
    panel = TimePanel(bench.explorer)
    panel._repr_mimebundle_()
    assert panel._alone is not None
    [known] = companions(panel._alone)
    panel._repr_mimebundle_()
    assert companions(panel._alone) == [known]
    panel.close()
    assert known.comm is None


@pytest.mark.parametrize(
    ("ratio", "sharpness"), [(1.0, 1), (1.25, 1), (1.5, 2), (2.0, 2), (2.625, 3), (0.5, 1), (9.0, 4)]
)
def test_the_picture_is_as_fine_as_the_screen(bench: Bench, ratio: float, sharpness: int) -> None:
    bench.display((400, 200))
    tell(bench, ratio)
    sent = bench.service.exports[-1]
    assert sent.size == Size(400 * sharpness, 200 * sharpness)
    assert sent.dpi == (None if sharpness == 1 else 96 * sharpness)
    assert (bench.explorer.screen, bench.explorer.sharpness) == (sharpness, sharpness)
    assert bench.service.legends[-1].dpi == sent.dpi


def test_a_sharpness_that_is_chosen_counts_on_any_screen(bench: Bench) -> None:
    bench.display((400, 200))
    bench.explorer.sharpness = 1
    tell(bench, 2.0)
    assert bench.explorer.request().size == Size(400, 200)
    assert (bench.explorer.sharpness, bench.explorer.screen, bench.explorer.follows_screen) == (1, 2, False)
    bench.explorer.sharpness = None
    bench.settle()
    assert bench.service.exports[-1].size == Size(800, 400)
    assert bench.explorer.follows_screen


def test_a_screen_like_any_other_asks_for_nothing_more(bench: Bench) -> None:
    bench.display()
    before = len(bench.service.exports)
    tell(bench, 1.0)
    assert len(bench.service.exports) == before


def test_a_service_that_draws_no_larger_pictures_draws_the_largest_it_can(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(maxImageWidth=1500, maxImageHeight=4096))
    bench.display((1000, 500))
    tell(bench, 2.0)
    sent = bench.service.exports[-1]
    assert (sent.size, sent.dpi) == (Size(1500, 750), 144)
    assert bench.explorer.fineness == 1.5


def test_the_panel_names_the_screen_and_goes_back_to_it(bench: Bench) -> None:
    bench.display()
    panel = bench.explorer.panels["PicturePanel"]
    assert isinstance(panel, PicturePanel)
    assert panel.sharpness.label == "As this screen (1×)"
    tell(bench, 2.0)
    assert panel.sharpness.label == "As this screen (2×)"
    panel.sharpness.set_state({"index": 1})
    assert bench.explorer.sharpness == 1
    panel.reset.click()
    assert (bench.explorer.sharpness, panel.sharpness.label) == (2, "As this screen (2×)")


# ---- what is spoken


def said(line: status.StatusLine) -> str:
    found = re.search(r'data-said="([^"]*)"', line.value)
    assert found
    return found.group(1)


def test_the_status_line_holds_what_is_spoken_and_failures_are_alerts() -> None:
    line = status.StatusLine()
    assert said(line) == ""
    line.tell("Opening <b> …")
    assert said(line) == "Opening &lt;b&gt; …"
    line.fail("No map came.")
    assert said(line) == ""
    assert 'role="alert"' in line.value


def test_a_picture_is_told_of_by_its_scale(bench: Bench) -> None:
    bench.settle()
    drawn = bench.explorer.answer
    assert drawn is not None
    assert drawn.export is not None
    assert said(bench.explorer.status) == f"The map is drawn, 1:{drawn.export.scale:,.0f}"
    line = status.StatusLine()
    line.show(SimpleNamespace(error=None, export=None), 1)  # type: ignore[arg-type]
    assert said(line) == ""


# ---- the script


@pytest.mark.parametrize("forbidden", ["innerHTML", "outerHTML", "AdjacentHTML", "eval(", "http", "import "])
def test_the_script_writes_no_markup_and_fetches_nothing(forbidden: str) -> None:
    assert forbidden not in SCRIPT


def test_the_page_gets_the_script_that_lies_beside_the_module(wire: list[object]) -> None:
    made = Companion()
    assert made._esm == SCRIPT
    assert "me-companion" in made._dom_classes
