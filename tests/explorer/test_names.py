"""Every control has a label, seen or for readers of the screen only, and no tooltip says null."""

from __future__ import annotations

import ipywidgets
import pytest

from mapexplorer.explorer.closing import parts
from mapexplorer.explorer.panels import controls

from .conftest import Bench

UNLABELLED = (ipywidgets.HTML, ipywidgets.IntProgress, ipywidgets.ToggleButtons)
"""Texts, a bar beside the words that say how far it is, and buttons that have their names each."""


def test_every_control_of_the_explorer_has_a_label_or_a_name_as_a_button(bench: Bench) -> None:
    hidden = set(parts(bench.explorer.address))
    nameless = [
        (type(part).__name__, part._dom_classes)
        for part in parts(bench.explorer)
        if part.has_trait("description")
        and not isinstance(part, UNLABELLED)
        and part not in hidden
        and not part.description
        and not (isinstance(part, ipywidgets.Button) and part.tooltip)
    ]
    assert nameless == []


@pytest.mark.parametrize(("hint", "said"), [("", "Size"), ("In pixels", "In pixels")])
def test_a_label_without_a_hint_is_its_own_tooltip(hint: str, said: str) -> None:
    made = controls.labelled(ipywidgets.Text, "Size", hint)
    assert (made.description, made.tooltip) == ("Size", said)


def test_a_name_for_readers_of_the_screen_is_a_label_that_is_not_seen() -> None:
    made = controls.named(ipywidgets.Dropdown, "Unit", options=["m"], layout={"width": "9px"})
    assert (made.description, made.tooltip, made.layout.width) == ("Unit", "Unit", "9px")
    assert "me-named" in made._dom_classes
