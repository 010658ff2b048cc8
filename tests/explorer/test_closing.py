"""Widgets that are put away: when they go, and that they do nothing until then."""

from __future__ import annotations

import asyncio

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from mapexplorer.explorer import closing


def made() -> tuple[ipywidgets.Box, set[str]]:
    """A box with a button in a box, and the ids of all that belongs to it."""
    before = set(_instances)
    box = ipywidgets.VBox((ipywidgets.HBox((ipywidgets.Button(), ipywidgets.Text())),))
    return box, set(_instances) - before


def test_without_an_event_loop_a_box_goes_at_once_and_whole() -> None:
    box, belonging = made()
    assert len(belonging) >= 8
    closing.close_whole(box)
    assert not belonging & set(_instances)


def test_on_an_event_loop_a_box_stays_until_a_page_has_put_it_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closing, "GRACE", 0.01)

    async def run() -> None:
        box, belonging = made()
        closing.close_whole(box)
        assert belonging <= set(_instances)
        while belonging & set(_instances):
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(run(), 10))


def test_what_is_put_away_does_nothing_any_more() -> None:
    heard: list[object] = []

    async def run() -> None:
        box, _ = made()
        button, text = box.children[0].children
        button.on_click(heard.append)
        text.observe(heard.append)
        button.click()
        assert len(heard) == 1
        closing.close_whole(box)
        button._handle_custom_msg({"event": "click"}, [])
        text.set_state({"value": "typed late"})
        assert text.value == "typed late"
        assert len(heard) == 1

    asyncio.run(run())
