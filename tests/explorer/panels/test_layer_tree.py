"""The layer tree and the shortest `layers` value (Export Map, layers)."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from mapexplorer.explorer.panels.layer_tree import LayerTree, scale_text
from mapexplorer.protocol import LayerSelection, Verb


def summary(layer_id, parent=-1, on=True, group=False, **more):
    kind = "Group Layer" if group else "Feature Layer"
    return SimpleNamespace(
        id=layer_id, name=f"L{layer_id}", parent_layer_id=parent, default_visibility=on, type=kind, **more
    )


TREE = LayerTree(
    [
        summary(0, group=True),
        summary(1, 0),
        summary(2, 0, on=False),
        summary(3),
        summary(4, on=False),
        summary(5, on=False, group=True),
        summary(6, 5),
    ]
)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("", {1, 3}),
        ("show:", {1, 3}),
        ("show:0", {1}),
        ("show:0,2", {1, 2}),
        ("show:5", {6}),
        ("show:6", {6}),
        ("4", {4}),
        ("hide:3", {1, 2, 4, 6}),
        ("hide:0", {3, 4, 6}),
        ("hide:-1", {1, 2, 3, 4, 6}),
        ("include:4", {1, 3, 4}),
        ("include:5", {1, 3, 6}),
        ("include:0", {1, 3}),
        ("include:2", {1, 2, 3}),
        ("exclude:0", {3}),
        ("exclude:3", {1}),
        ("exclude:5", {1, 3}),
        ("show:-1", set()),
        ("show:99", set()),
    ],
)
def test_a_layers_value_draws_these_leaves(text, drawn):
    assert TREE.visible(LayerSelection.of(text) if text else None) == drawn


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        ({1, 3}, None),
        (set(), "show:-1"),
        ({6}, "show:6"),
        ({1}, "show:1"),
        ({1, 2, 3}, "hide:4,6"),
        ({1, 2, 4, 6}, "hide:3"),
        ({3, 4, 6, 2}, "hide:1"),
        ({1, 2, 3, 4, 6}, "include:2,4,6"),
    ],
)
def test_the_shortest_form_is_written(drawn, text):
    selection = TREE.selection(drawn)
    assert (selection.to_text() if selection else None) == text


def test_every_set_of_leaves_is_written_exactly_and_never_longer_than_another_verb_would_be():
    leaves = sorted(TREE.leaves)
    for count in range(len(leaves) + 1):
        for drawn in map(frozenset, itertools.combinations(leaves, count)):
            chosen = TREE.selection(drawn)
            assert TREE.visible(chosen) == drawn
            lists = [("show", drawn), ("hide", TREE.leaves - drawn)]
            lists += [("include", drawn - TREE.default), ("exclude", TREE.default - drawn)]
            rivals = [LayerSelection(Verb(verb), tuple(sorted(ids))) for verb, ids in lists if ids]
            exact = [len(rival.to_text()) for rival in rivals if TREE.visible(rival) == drawn]
            if chosen is not None and chosen.ids:
                assert len(chosen.to_text()) == min(exact)


def test_one_layer_more_among_many_is_written_as_include_and_one_less_as_exclude():
    tree = LayerTree(
        [
            *(summary(i) for i in range(10, 30)),
            summary(30, on=False),
            *(summary(i, on=False) for i in range(31, 36)),
        ]
    )
    assert tree.selection(tree.default | {30}).to_text() == "include:30"
    assert tree.selection(tree.default - {11}).to_text() == "exclude:11"
    assert tree.selection(tree.leaves - {11}).to_text() == "hide:11"


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (50_000, None),
        (50_000.5, "zoom in to 1:50,000"),
        (10_000, None),
        (9_999.5, "zoom out to 1:10,000"),
        (None, None),
    ],
)
def test_a_layer_says_from_which_scale_on_it_is_drawn(scale, reason):
    tree = LayerTree([summary(1, min_scale=50_000, max_scale=10_000)])
    assert tree.nodes[0].out_of_scale(scale) == reason


def test_the_scale_ranges_of_the_groups_above_count():
    tree = LayerTree(
        [
            summary(0, group=True, min_scale=1000.0),
            summary(1, 0, group=True, max_scale=10.0),
            summary(2, 1, min_scale=5000.0),
        ]
    )
    leaf = tree.nodes[2]
    assert (leaf.depth, leaf.min_scale, leaf.max_scale) == (2, 1000.0, 10.0)
    assert leaf.out_of_scale(1001) == "zoom in to 1:1,000"


def test_broken_lists_are_read_as_far_as_they_make_sense():
    strange = [
        summary(1, parent=2),
        summary(2, parent=1),
        summary(3, parent=99),
        summary(3),
        summary("x"),
        SimpleNamespace(),
        summary(None),
        summary(4, min_scale="nonsense"),
    ]
    tree = LayerTree(strange)
    assert sorted(node.id for node in tree.nodes) == [1, 2, 3, 4]
    assert tree.leaves == {1, 2, 3, 4}
    assert {node.depth for node in tree.nodes} == {0}


@pytest.mark.parametrize(("scale", "text"), [(5e7, "1:50,000,000"), (4513.99, "1:4,514"), (2.5, "1:2.5")])
def test_scales_are_written_as_people_write_them(scale, text):
    assert scale_text(scale) == text
