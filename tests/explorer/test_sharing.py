"""Controls that look the same share their layout and style; each can still be changed and closed alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances
from traitlets import TraitError

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.sharing import create, is_shared, lay_out

from .conftest import Bench

WIDE = {"width": "81.5px"}
"""A look that nothing else in these tests has."""


def button(**layout: str) -> ipywidgets.Button:
    return create(ipywidgets.Button, description="Go", layout=layout or WIDE)


def test_the_same_look_is_one_model() -> None:
    one, two, other = button(), button(), button(width="9px")
    assert one.layout is two.layout
    assert one.style is other.style
    assert (one.layout.width, other.layout.width) == ("81.5px", "9px")


def test_a_page_is_told_of_a_look_as_of_any_layout_or_style() -> None:
    slider = create(ipywidgets.IntSlider, layout=WIDE, style={"description_width": "96px"})
    own = ipywidgets.IntSlider(layout=WIDE, style={"description_width": "96px"})
    assert slider.layout.get_state() == own.layout.get_state()
    assert slider.style.get_state() == own.style.get_state()


def test_one_control_is_laid_out_anew_and_the_others_stay() -> None:
    one, two, own = button(), button(), ipywidgets.Button(layout=WIDE)
    look = one.layout
    for control in (one, own):
        before = control.layout
        lay_out(control, display="none")
        assert (control.layout.width, control.layout.display) == ("81.5px", "none")
        assert (control.layout is before) == (control is own)
    assert two.layout is look
    assert two.layout.display is None
    lay_out(one, display=None)
    assert one.layout is look


def test_a_look_stays_when_its_controls_go() -> None:
    one = button()
    look = one.layout
    close_whole(one)
    assert one.comm is None
    assert look.comm is not None
    assert button().layout is look


def test_a_look_that_was_closed_with_all_widgets_is_made_anew() -> None:
    one = button()
    one.layout.close()
    two = button()
    assert two.layout is not one.layout
    assert two.layout.comm is not None


def test_what_is_shared_is_not_changed_through_one_control() -> None:
    one, two = button(), button()
    with pytest.raises(
        TraitError, match=r"^width: many controls share this Layout; give the control a Layout"
    ):
        one.layout.width = "50%"
    with pytest.raises(TraitError, match=r"^button_color: many controls share this ButtonStyle"):
        one.style.button_color = "red"
    assert two.layout.width == "81.5px"
    one.layout = ipywidgets.Layout(width="50%")
    assert (one.layout.width, two.layout.width) == ("50%", "81.5px")


def test_an_explorer_is_few_models(make: Callable[..., Bench]) -> None:
    before = set(_instances)
    bench = make()
    kinds = Counter(_instances[name]._model_name for name in set(_instances) - before)
    looks = {name: count for name, count in kinds.items() if name.endswith(("LayoutModel", "StyleModel"))}
    assert sum(kinds.values()) > 400
    assert sum(looks.values()) < 80
    bench.explorer.close()
    left = [_instances[name] for name in set(_instances) - before]
    assert [widget for widget in left if not is_shared(widget)] == []
