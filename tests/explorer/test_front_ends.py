"""Every widget of the explorer comes from a module that front ends beside Jupyter's own can load, offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ipywidgets.embed import dependency_state

from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.scheduler import ManualScheduler
from tests.widget_modules import BUNDLED, NBEXTENSIONS, local_modules

from .conftest import browser_echo

State = list[dict[str, Any]]


@pytest.fixture
def models(wire: object) -> State:
    """The state of every model that a page has to make for the demo, once its map has been turned."""
    scheduler = ManualScheduler()
    explorer = MapExplorer("sample:storms", scheduler=scheduler)

    def settle(after: Callable[[], object]) -> None:
        after()
        scheduler.advance(1)
        assert explorer.wait(1000)
        scheduler.advance(1)

    try:
        settle(lambda: browser_echo(explorer.map.page, (1000, 500)))
        settle(lambda: explorer.parameters.update(rotation=30))
        return [model["state"] for model in dependency_state(explorer, drop_defaults=False).values()]
    finally:
        explorer.close()


def test_every_module_is_one_that_can_be_loaded(models: State) -> None:
    named = {state[name] for state in models for name in ("_model_module", "_view_module") if state.get(name)}
    assert "jupyter-leaflet" in named
    assert named <= BUNDLED | set(local_modules())


def test_the_scripts_of_those_modules_are_there() -> None:
    for script in local_modules().values():
        assert "define([" in (NBEXTENSIONS / f"{script}.js").read_text(encoding="utf-8"), script


def test_only_the_sheet_brings_styles_and_nothing_a_script(models: State) -> None:
    texts = [state["value"] for state in models if state["_model_name"] == "HTMLModel"]
    assert len(texts) > 50
    assert not any("<script" in text for text in texts)
    assert sum("<style" in text for text in texts) == 1
