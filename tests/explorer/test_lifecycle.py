"""Panels alone, hidden, replaced; explorers shown twice, closed, made anew by their cell: nothing is left."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import ipywidgets
import pytest
import traitlets
from ipywidgets.widgets.widget import _instances
from traitlets import TraitError

import mapexplorer
from mapexplorer.explorer import rerun
from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.panel import Panel
from mapexplorer.explorer.panels import PANELS, RequestPanel, TimePanel
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.protocol import ParameterError

from .conftest import Bench
from .fake_service import FakeService


class NotePanel(Panel):
    """A panel of somebody else's."""

    title: ClassVar[str] = "Note"

    def __init__(self, explorer: MapExplorer) -> None:
        super().__init__(explorer)
        self.widget = ipywidgets.Text()
        self.answers = 0

    def on_answer(self, answer: object) -> None:
        self.answers += 1


# ---- which panels there are


def test_all_panels_stand_there_unless_others_are_wanted(make: Callable[..., Bench]) -> None:
    assert list(make().explorer.panels) == [kind.__name__ for kind in PANELS]
    bench = make(panels=["Time", "LayersPanel", NotePanel])
    assert list(bench.explorer.panels) == ["TimePanel", "LayersPanel", "NotePanel"]
    assert bench.explorer.tabs.titles == ("Time", "Layers", "Note")
    bench.settle()
    note = bench.explorer.panels["NotePanel"]
    assert isinstance(note, NotePanel)
    assert note.answers


def test_panels_that_stay_are_not_made_anew(bench: Bench) -> None:
    layers = bench.explorer.panels["LayersPanel"]
    bench.explorer.arrange(["Time", "Layers"])
    assert list(bench.explorer.panels) == ["TimePanel", "LayersPanel"]
    assert bench.explorer.panels["LayersPanel"] is layers
    assert bench.explorer.tabs.front == "LayersPanel"
    bench.explorer.arrange()
    assert len(bench.explorer.panels) == len(PANELS)


def test_without_panels_there_are_no_tabs(make: Callable[..., Bench]) -> None:
    bench = make(panels=[])
    assert bench.explorer.tabs.layout.display == "none"
    bench.settle()
    bench.explorer.arrange(["Layers"])
    assert bench.explorer.tabs.layout.display is None


@pytest.mark.parametrize("panels", [["Layer"], [5], [ipywidgets.Text]])
def test_what_is_no_panel_is_refused_and_nothing_changes(bench: Bench, panels: list[Any]) -> None:
    with pytest.raises(ParameterError, match=r"panels: expected .* Layers, "):
        bench.explorer.arrange(panels)
    assert len(bench.explorer.panels) == len(PANELS)


def test_panels_that_were_taken_away_follow_nothing_any_more(bench: Bench) -> None:
    panel = bench.explorer.panels["RequestPanel"]
    assert isinstance(panel, RequestPanel)
    bench.explorer.arrange(["Layers"])
    bench.explorer.parameters.f = "image"
    assert panel.form.value == ""


def test_a_panel_stands_alone_beside_the_explorer(bench: Bench) -> None:
    alone, inside = RequestPanel(bench.explorer), bench.explorer.panels["RequestPanel"]
    assert isinstance(inside, RequestPanel)
    bench.explorer.parameters.f = "image"
    assert alone.form.value == inside.form.value == "image"
    alone.form.value = "pjson"
    assert inside.form.value == "pjson"
    alone.close()
    bench.explorer.parameters.f = None
    assert (alone.form.value, inside.form.value) == ("pjson", "")


# ---- parameters linked with other widgets


def test_a_parameter_is_linked_with_a_slider_both_ways(bench: Bench) -> None:
    slider = ipywidgets.FloatSlider(min=-180, max=180)
    link = traitlets.link((slider, "value"), (bench.explorer.parameters, "rotation"))
    slider.value = 25
    bench.settle()
    assert bench.service.exports[-1].rotation == 25
    bench.explorer.parameters.rotation = -10
    assert slider.value == -10
    link.unlink()
    slider.value = 90
    assert bench.explorer.parameters.rotation == -10
    slider.close()


def test_two_explorers_are_linked(make: Callable[..., Bench]) -> None:
    first, second = make(), make()
    first.settle()
    second.settle()
    for name in ("bbox", "time"):
        traitlets.link((first.explorer.parameters, name), (second.explorer.parameters, name))
    first.explorer.parameters.time = 5
    second.explorer.parameters.bbox = (0, 0, 10, 10)
    assert second.explorer.parameters.time == first.explorer.parameters.time
    assert first.explorer.parameters.bbox == second.explorer.parameters.bbox


def test_a_text_is_linked_through_a_transformation(bench: Bench) -> None:
    text = ipywidgets.Text()
    traitlets.link(
        (text, "value"),
        (bench.explorer.parameters, "layer_defs"),
        transform=(lambda words: {0: words} if words else None, lambda given: (given or {}).get(0, "")),
    )
    text.value = "pop > 5"
    assert bench.explorer.parameters.layer_defs == {0: "pop > 5"}
    bench.explorer.parameters.layer_defs = None
    assert text.value == ""
    text.close()


def test_a_linked_value_that_does_not_fit_is_refused_where_it_is_set(bench: Bench) -> None:
    text = ipywidgets.Text()
    traitlets.dlink((text, "value"), (bench.explorer.parameters, "dpi"), lambda words: words or None)
    with pytest.raises(TraitError, match="dpi: expected"):
        text.value = "many"
    assert bench.explorer.parameters.dpi is None
    text.close()


# ---- nothing is left


def counted() -> Counter[str]:
    """What there is: widgets by kind, and threads."""
    gc.collect()
    there = Counter(type(widget).__name__ for widget in _instances.values())
    there["threads"] = threading.active_count()
    return there


@pytest.fixture
def comms(wire: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many connections to the browser are open."""
    import comm

    made = comm.create_comm
    balance = [0]

    class Counted(made):  # type: ignore[misc, valid-type]
        def publish_msg(self, msg_type: str, data: Any = None, **more: Any) -> None:
            balance[0] += {"comm_open": 1, "comm_close": -1}.get(msg_type, 0)
            super().publish_msg(msg_type, data, **more)

    monkeypatch.setattr(comm, "create_comm", Counted)
    return balance


def test_shown_twice_arranged_anew_and_closed_leaves_nothing(comms: list[int], service: FakeService) -> None:
    MapExplorer(service).close()
    before, open_before = counted(), comms[0]
    explorer = MapExplorer(service)
    explorer.run_now()
    once = len(_instances)
    for _ in range(3):
        explorer._repr_mimebundle_()
    assert len(_instances) == once
    for _ in range(3):
        alone = TimePanel(explorer)
        alone._repr_mimebundle_()
        alone._repr_mimebundle_()
        alone.close()
        explorer.arrange(["Time", NotePanel])
        explorer.arrange()
        explorer.undo()
    explorer.open(FakeService(mapName="Other"))
    explorer.run_now()
    explorer.close()
    assert counted() == before
    assert comms[0] == open_before


class Shell:
    """A notebook: cells with ids, names, and what happens after each."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.events = SimpleNamespace(register=lambda name, callback: self.after.append(callback))
        self.after: list[Callable[[Any], None]] = []
        self.run_number = 0
        self.parent: dict[str, Any] = {}

    def get_parent(self) -> dict[str, Any]:
        return self.parent

    def run(self, cell: str | None, action: Callable[[dict[str, Any]], object]) -> None:
        self.run_number += 1
        self.parent = {"header": {"msg_id": str(self.run_number)}, "metadata": {"cellId": cell}}
        self.user_ns[f"_{self.run_number}"] = action(self.user_ns)
        for callback in self.after:
            callback(None)


@pytest.fixture
def shell(wire: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    made = Shell()
    monkeypatch.setattr(rerun, "_shell", lambda: made)
    monkeypatch.setattr(rerun, "_made", {})
    yield made
    for value in made.user_ns.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, MapExplorer):
                item.close()


def explored(names: dict[str, Any]) -> MapExplorer:
    names["explorer"] = mapexplorer.explore(FakeService(), scheduler=ManualScheduler())
    made: MapExplorer = names["explorer"]
    return made


def test_a_cell_that_is_run_again_closes_what_it_made_before(shell: Shell) -> None:
    shell.run("a", explored)
    first = shell.user_ns["explorer"]
    widgets = len(_instances)
    for _ in range(3):
        shell.run("a", explored)
    assert first.closed
    assert not shell.user_ns["explorer"].closed
    assert len(_instances) <= widgets + 2  # what the explorers share stays


@pytest.mark.parametrize("hold", [lambda made: made, lambda made: [made], lambda made: {1: made}])
def test_what_a_name_leads_to_is_kept(shell: Shell, hold: Callable[[MapExplorer], Any]) -> None:
    shell.run("a", explored)
    first = shell.user_ns["explorer"]
    shell.user_ns["kept"] = hold(first)
    shell.run("a", explored)
    assert not first.closed
    del shell.user_ns["kept"]
    shell.run("a", explored)
    assert first.closed


def test_other_cells_and_front_ends_that_tell_no_cell_close_nothing(shell: Shell) -> None:
    shell.run("a", explored)
    first = shell.user_ns["explorer"]
    shell.run("b", explored)
    second = shell.user_ns["explorer"]
    shell.run(None, explored)
    shell.run(None, explored)
    assert not first.closed
    assert not second.closed
    first.close()
    second.close()
