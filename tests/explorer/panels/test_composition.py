"""dynamicLayers from a person's changes, and the changes from dynamicLayers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mapexplorer import connect
from mapexplorer.explorer.panels.composition import Asked, Change, Plan, compose, merged, plan_of, same
from mapexplorer.explorer.panels.layer_tree import LayerTree
from mapexplorer.protocol import (
    DrawingInfo,
    DynamicLayer,
    LayerSelection,
    LayerTimeOptions,
    MapLayerSource,
    SimpleFillSymbol,
    SimpleRenderer,
)

from .stand_in import StandIn

TREE = LayerTree(
    [
        SimpleNamespace(id=0, name="G", type="Group Layer", min_scale=5000.0),
        SimpleNamespace(id=1, name="A", type="Feature Layer", parent_layer_id=0, max_scale=10.0),
        SimpleNamespace(id=2, name="B", type="Feature Layer", parent_layer_id=0, default_visibility=False),
        SimpleNamespace(id=3, name="C", type="Feature Layer"),
        SimpleNamespace(id=4, name="D", type="Raster Layer"),
    ]
)
FAINT = DrawingInfo(transparency=50)
ADDED = DynamicLayer.model_validate(
    {
        "id": 9,
        "source": {
            "type": "dataLayer",
            "dataSource": {"type": "table", "workspaceId": "w", "dataSourceName": "t"},
        },
        "drawingInfo": {"renderer": {"type": "simple", "symbol": {"type": "esriSFS", "color": [9, 9, 9]}}},
    }
)
OPTIONS = LayerTimeOptions(use_time=False)


def bare(layer_id, **more):
    """The element of a published layer as the service draws it by itself."""
    own = {1: {"minScale": 5000, "maxScale": 10}, 2: {"minScale": 5000}}.get(layer_id, {})
    return {"id": layer_id, "source": {"type": "mapLayer", "mapLayerId": layer_id}, **own, **more}


CASES = [
    (Plan(), Asked(), None),
    (Plan(), Asked(LayerSelection.of("hide:1"), {3: "POP > 5"}, {3: OPTIONS}), None),
    (
        Plan({3: Change(FAINT)}),
        Asked(),
        [bare(1), bare(3, drawingInfo={"transparency": 50}), bare(4)],
    ),
    (
        Plan({3: Change(FAINT)}),
        Asked(LayerSelection.of("show:2,3")),
        [bare(2), bare(3, drawingInfo={"transparency": 50})],
    ),
    (
        Plan({3: Change(FAINT)}),
        Asked(None, {1: "POP > 5", 2: "never drawn"}, {4: OPTIONS}),
        [
            bare(1, definitionExpression="POP > 5"),
            bare(3, drawingInfo={"transparency": 50}),
            bare(4, layerTimeOptions={"useTime": False}),
        ],
    ),
    (Plan({2: Change(FAINT)}), Asked(), None),
    (Plan(order=(3, 1)), Asked(), [bare(3), bare(4), bare(1)]),
    (Plan(order=(1, 3, 4)), Asked(), None),
    (Plan(order=(3, 1)), Asked(LayerSelection.of("show:4,1")), [bare(4), bare(1)]),
    (Plan(additions=(ADDED,)), Asked(LayerSelection.of("show:3")), [ADDED.to_json(), bare(3)]),
    (Plan(additions=(ADDED,), order=(3, 9)), Asked(LayerSelection.of("show:3")), [bare(3), ADDED.to_json()]),
    (Plan(additions=(ADDED,)), Asked(LayerSelection.of("show:-1")), [ADDED.to_json()]),
]


@pytest.mark.parametrize(("plan", "asked", "elements"), CASES)
def test_a_plan_composes_what_differs_and_carries_the_rest(plan, asked, elements):
    composed = compose(plan, TREE, asked)
    assert (None if composed is None else [element.to_json() for element in composed]) == elements


@pytest.mark.parametrize(("plan", "asked", "elements"), [case for case in CASES if case[2]])
def test_what_was_composed_tells_its_plan(plan, asked, elements):
    composed = compose(plan, TREE, asked)
    read = plan_of(composed, TREE, asked)
    assert read is not None
    assert same(compose(read, TREE, asked), composed)
    assert read.changes == {
        layer_id: change
        for layer_id, change in plan.changes.items()
        if layer_id in TREE.visible(asked.layers)
    }
    assert read.additions == plan.additions


@pytest.mark.parametrize(
    "elements",
    [
        [{"id": 1}, {"id": 3}, {"id": 4}],
        [bare(1), bare(3, definitionExpression="set in code"), bare(4)],
        [bare(3)],
        [bare(1), bare(2), bare(3), bare(4)],
        [{**bare(1), "source": {"type": "mapLayer", "mapLayerId": 3}}, bare(3), bare(4)],
        [bare(1), bare(3, name="Renamed"), bare(4)],
        [bare(1), bare(3), bare(4)],
        [],
    ],
)
def test_dynamic_layers_that_no_plan_composes_are_not_ours(elements):
    layers = tuple(DynamicLayer.model_validate(element) for element in elements)
    assert plan_of(layers, TREE, Asked()) is None


def test_changes_of_layers_that_are_not_drawn_are_remembered():
    before = Plan({2: Change(FAINT), 3: Change(FAINT)})
    composed = compose(before, TREE, Asked())
    assert plan_of(composed, TREE, Asked(), before).changes == before.changes


@pytest.mark.parametrize(
    ("sequence", "missing", "own", "whole"),
    [
        ([], [1, 2, 3], [1, 2, 3], (1, 2, 3)),
        ([3, 1], [2], [1, 2, 3], (3, 1, 2)),
        ([2], [1, 3], [1, 2, 3], (1, 2, 3)),
        ([3, 2, 1], [], [1, 2, 3], (3, 2, 1)),
    ],
)
def test_a_layer_that_is_not_ordered_by_hand_follows_the_one_before_it(sequence, missing, own, whole):
    assert merged(sequence, missing, own) == whole


# ---- the composer, which keeps the parameters in step


@pytest.fixture
def explorer():
    return StandIn()


def sent(explorer):
    elements = explorer.parameters.dynamic_layers
    return None if elements is None else [element.to_json() for element in elements]


def ids(explorer):
    return [element.id for element in explorer.parameters.dynamic_layers]


def test_layers_and_filters_that_change_later_reach_the_dynamic_layers(explorer):
    explorer.composer.draw(1, FAINT)
    assert ids(explorer) == [1, 3]
    explorer.parameters.layers = "show:1,2"
    assert ids(explorer) == [1, 2]
    explorer.parameters.layer_defs = {2: "a > 1"}
    explorer.parameters.layer_time_options = {1: OPTIONS}
    first, second = sent(explorer)
    assert first["drawingInfo"] == {"transparency": 50}
    assert first["layerTimeOptions"] == {"useTime": False}
    assert second["definitionExpression"] == "a > 1"
    assert not explorer.composer.foreign


def test_a_layer_that_is_ticked_again_keeps_its_look(explorer):
    explorer.composer.draw(1, FAINT)
    explorer.parameters.layers = "show:3"
    assert sent(explorer) is None
    explorer.parameters.layers = None
    assert explorer.composer.drawing(1) == FAINT
    assert sent(explorer)[0]["drawingInfo"] == {"transparency": 50}


def test_dynamic_layers_set_from_code_stay_whatever_is_ticked(explorer):
    explorer.parameters.dynamic_layers = [{"id": 3}]
    assert explorer.composer.foreign
    explorer.parameters.layers = "show:1"
    assert sent(explorer) == [{"id": 3}]
    explorer.composer.draw(3, FAINT)
    assert sent(explorer) == [{"id": 3, "drawingInfo": {"transparency": 50}}]
    explorer.composer.reset_all()
    assert sent(explorer) is None
    assert not explorer.composer.foreign


def test_a_state_that_comes_back_is_taken_up_where_it_was(explorer):
    explorer.composer.draw(1, FAINT)
    explorer.parameters.layers = "show:1"
    given = explorer.parameters.given()
    explorer.composer.reset_all()
    explorer.parameters.update(layers=None)
    explorer.parameters.update(**given)
    assert not explorer.composer.foreign
    assert explorer.composer.drawing(1) == FAINT
    explorer.parameters.layers = None
    assert ids(explorer) == [1, 3]


def test_taking_the_dynamic_layers_away_takes_the_changes_away(explorer):
    explorer.composer.draw(1, FAINT)
    explorer.parameters.dynamic_layers = None
    assert explorer.composer.drawing(1) is None
    explorer.parameters.layers = "show:1,2"
    assert sent(explorer) is None


def test_layers_are_reordered_added_and_removed(explorer):
    explorer.composer.reorder([3, 1])
    assert ids(explorer) == [3, 1]
    explorer.composer.add(ADDED)
    assert ids(explorer) == [9, 3, 1]
    explorer.composer.reorder([3, 9, 1])
    assert ids(explorer) == [3, 9, 1]
    explorer.composer.remove(9)
    assert ids(explorer) == [3, 1]
    explorer.composer.reset_order()
    assert sent(explorer) is None


def test_another_service_begins_anew(explorer):
    explorer.composer.draw(1, FAINT)
    with explorer.parameters.together():
        explorer.parameters.dynamic_layers = None
        explorer.info = StandIn(root={"layers": [{"id": 1, "name": "X", "type": "Feature Layer"}]}).info
    assert explorer.composer.drawing(1) is None
    assert explorer.composer.sequence() == (1,)


# ---- pixels: composed layers change nothing but what was meant

VIEW = {"bbox": (-100, 10, -10, 70), "bbox_sr": 4326, "size": (160, 120)}


@pytest.fixture(scope="module")
def services():
    return {name: connect(f"sample:{name}") for name in ("world", "storms")}


def pixels(service, **parameters):
    return np.asarray(service.export(**{**VIEW, **parameters}).image.convert("RGBA"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("world", {}),
        ("world", {"layers": "exclude:6"}),
        ("world", {"layers": "include:18", "layer_defs": {18: "continent = 'Africa'"}}),
        ("world", {"bbox": (-75, 40, -70, 45)}),
        ("storms", {"time": ("2005-08-01", "2005-09-30")}),
        (
            "storms",
            {
                "time": ("2005-08-01", "2005-09-30"),
                "layer_time_options": {1: LayerTimeOptions(use_time=False)},
            },
        ),
        ("storms", {"layer_defs": {0: "wind_kt > 100"}, "rotation": 20, "dpi": 144}),
    ],
)
def test_the_composed_layers_draw_the_published_picture(services, name, parameters):
    """Own definitions and scale ranges, filters and time options all stay in force."""
    service = services[name]
    tree = LayerTree(service.info.layers)
    asked = Asked(
        LayerSelection.of(parameters.get("layers")),
        parameters.get("layer_defs") or {},
        parameters.get("layer_time_options") or {},
    )
    composed = compose(
        Plan({max(tree.visible(asked.layers)): Change(DrawingInfo(scale_symbols=True))}), tree, asked
    )
    assert len(composed) == len(tree.visible(asked.layers))
    published = pixels(service, **parameters)
    assert np.array_equal(published, pixels(service, **parameters, dynamic_layers=composed))
    assert len(np.unique(published.reshape(-1, 4), axis=0)) > 10


def test_one_changed_symbol_changes_its_layer_alone(services):
    world, polygons = services["world"], 17
    tree = LayerTree(world.info.layers)
    red = SimpleRenderer(symbol=SimpleFillSymbol(color=(255, 0, 0, 255)))
    plan = Plan({polygons: Change(DrawingInfo(renderer=red, transparency=0))})
    composed = compose(plan, tree, Asked(LayerSelection.of([polygons])))
    assert [element.source for element in composed] == [MapLayerSource(map_layer_id=polygons)]
    alpha = pixels(world, layers=[polygons], transparent=True)[..., 3]
    before = alpha == alpha.max()
    after = pixels(world, dynamic_layers=composed, transparent=True)
    assert before.mean() > 0.1
    assert (after[before] == [255, 0, 0, 255]).all(axis=1).mean() > 0.95
    assert (after[alpha == 0][:, 3] == 0).all()
