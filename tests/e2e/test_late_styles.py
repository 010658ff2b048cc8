"""A style sheet that comes late leaves no map that believes in its first size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.live_page import PANE, LivePage

# The sheet counts only once the map was made: the room of the map then changes without any event.
LATE_STYLES = """(() => {
  const held = new Set();
  let waiting = false;
  new MutationObserver(() => {
    if (window.__stylesCame) return;
    for (const style of document.querySelectorAll('.me-sheet style')) {
      if (!held.has(style)) { held.add(style); style.media = 'not all'; }
    }
    if (!waiting && document.querySelector('.me-map .leaflet-map-pane')) {
      waiting = true;
      setTimeout(() => {
        window.__stylesCame = true;
        held.forEach(style => { style.media = ''; });
      }, 500);
    }
  }).observe(document, {subtree: true, childList: true});
})()"""


@pytest.fixture
def live(open_page: Callable[..., LivePage]) -> LivePage:
    return open_page(script=LATE_STYLES)


def test_the_map_learns_its_size_when_styles_come_late(live: LivePage) -> None:
    live.page.wait_for_function("() => window.__stylesCame")
    box = live.page.locator(PANE).first.bounding_box()
    assert box
    wanted = [round(box["width"]), round(box["height"])]
    live.until("[explorer.map.size.width, explorer.map.size.height]", wanted)
    live.settle()
    size = [int(number) for number in live.received()[-1]["size"].split(",")]
    assert size == wanted
