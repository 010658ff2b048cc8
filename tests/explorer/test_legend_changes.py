"""The legend marks what appeared and what vanished with the last change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mapexplorer.explorer.legend import draw_legend
from mapexplorer.explorer.legend_changes import NOTHING, LegendHistory, compare
from mapexplorer.protocol import Legend, MapRequest


def layers(**classes: str) -> Any:
    body = [
        {
            "layerId": int(name[1:]),
            "layerName": name,
            "legend": [{"label": label} for label in labels.split()],
        }
        for name, labels in classes.items()
    ]
    return Legend.parse({"layers": body}).layers


@pytest.mark.parametrize(
    ("before", "after", "appeared", "vanished"),
    [
        ({"L0": "a b"}, {"L0": "a b"}, [], []),
        ({"L0": "a b"}, {"L0": "b c"}, ["c"], ["a"]),
        ({"L0": "a"}, {"L0": ""}, [], ["a"]),
        ({"L0": ""}, {"L0": "a"}, ["a"], []),
        ({"L0": "a"}, {"L1": "a"}, [], []),
        ({"L0": "a", "L1": "x"}, {"L0": "b"}, ["b"], ["a"]),
    ],
)
def test_classes_are_compared_layer_by_layer(
    before: dict[str, str], after: dict[str, str], appeared: list[str], vanished: list[str]
) -> None:
    changes = compare(layers(**before), layers(**after))
    assert sorted(label for _, label, _ in changes.appeared) == appeared
    assert [entry.label for entries in changes.vanished.values() for entry in entries] == vanished


def page(opened: object, labels: str, **parameters: Any) -> Any:
    return SimpleNamespace(
        opened=opened, request=MapRequest(**parameters), result=SimpleNamespace(layers=layers(L0=labels))
    )


def test_the_marks_stay_until_the_next_change() -> None:
    service, other, history = object(), object(), LegendHistory()
    assert history.changes(page(service, "a")) == NOTHING
    changed = history.changes(page(service, "a b", dpi=100))
    assert [label for _, label, _ in changed.appeared] == ["b"]
    assert history.changes(page(service, "a b", dpi=100)) == changed
    assert history.changes(page(service, "a b", dpi=120)) == NOTHING
    assert history.changes(page(other, "c", dpi=130)) == NOTHING


def test_what_appeared_is_marked_and_what_vanished_is_struck_through() -> None:
    before, after = layers(L0="a b"), layers(L0="b c")
    html = draw_legend(after, changes=compare(before, after))
    assert html.count("me-legend-new") == 1
    assert html.index("<bdi>c</bdi>") < html.index("me-legend-new")
    assert "<del" in html
    assert "<bdi>a</bdi></del>" in html
    assert "No longer drawn" in html
