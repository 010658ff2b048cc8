"""The verbs of layers over a tree with groups, and scale ranges."""

from dataclasses import dataclass

import pytest

from mapexplorer.protocol import LayerSelection
from mapexplorer.service.visibility import LayerTree, in_scale_range


@dataclass(frozen=True)
class Node:
    id: int
    parent_id: int = -1
    default_visibility: bool = True
    is_group: bool = False
    min_scale: float = 0
    max_scale: float = 0


TREE = LayerTree(
    [
        Node(0, is_group=True),
        Node(1, 0),
        Node(2, 0, default_visibility=False),
        Node(3),
        Node(4, default_visibility=False),
        Node(5, default_visibility=False, is_group=True),
        Node(6, 5),
    ]
)


@pytest.mark.parametrize(
    ("request_", "drawn"),
    [
        ("", {1, 3}),
        ("show:", {1, 3}),
        ("hide:", {1, 3}),
        ("show:0", {1}),
        ("show:0,2", {1, 2}),
        ("show:5", {6}),
        ("show:6", {6}),
        ("4", {4}),
        ("hide:3", {1, 2, 4, 6}),
        ("hide:0", {3, 4, 6}),
        ("hide:5", {1, 2, 3, 4}),
        ("include:4", {1, 3, 4}),
        ("include:5", {1, 3, 6}),
        ("include:0", {1, 3}),
        ("include:2", {1, 2, 3}),
        ("exclude:0", {3}),
        ("exclude:3", {1}),
        ("exclude:5", {1, 3}),
        ("show:-1", set()),
        ("show:99", set()),
        ("SHOW:3,1", {1, 3}),
    ],
)
def test_a_verb_draws_its_layers(request_, drawn):
    assert TREE.selected(LayerSelection.of(request_)) == drawn


def test_a_group_in_a_group_is_judged_below_the_named_group_only():
    tree = LayerTree(
        [
            Node(0, default_visibility=False, is_group=True),
            Node(1, 0, is_group=True),
            Node(2, 1),
            Node(3, 0, default_visibility=False, is_group=True),
            Node(4, 3),
        ]
    )
    assert tree.selected(LayerSelection.of("show:0")) == {2}
    assert tree.selected(LayerSelection.of("show:3")) == {4}
    assert tree.selected(LayerSelection.of("exclude:0")) == set()
    assert tree.selected(None) == set()


@pytest.mark.parametrize(
    ("scale", "minimum", "maximum", "drawn"),
    [
        (50000, 50000, 10000, True),
        (10000, 50000, 10000, True),
        (50000.5, 50000, 10000, False),
        (9999.5, 50000, 10000, False),
        (1e9, 0, 10000, True),
        (1, 50000, 0, True),
        (5, 0, 0, True),
    ],
)
def test_both_ends_of_a_scale_range_belong_to_it(scale, minimum, maximum, drawn):
    assert in_scale_range(scale, minimum, maximum) is drawn


def test_the_ranges_of_the_groups_must_hold_too():
    tree = LayerTree(
        [
            Node(0, is_group=True, min_scale=50000),
            Node(1, 0, is_group=True, max_scale=1000),
            Node(2, 1, min_scale=80000, max_scale=500),
        ]
    )
    assert tree.effective_scales(2) == (50000, 1000)
    assert tree.effective_scales(0) == (50000, 0)
