from __future__ import annotations

import pytest

from mapexplorer.explorer.panels import LayersPanel

from .stand_in import StandIn, browser, press


@pytest.fixture
def panel(explorer):
    return LayersPanel(explorer)


def ticked(panel):
    return {layer_id for layer_id, box in panel.boxes.items() if box.value}


def written(explorer):
    selection = explorer.parameters.layers
    return selection.to_text() if selection is not None else None


def test_the_tree_begins_with_what_draws_by_default(panel, explorer):
    assert ticked(panel) == {1, 3}
    assert [panel.boxes[layer_id].description for layer_id in panel.boxes] == [
        "Group",
        "Fixes",
        "Tracks",
        "Land",
        "Relief",
    ]
    assert written(explorer) is None


@pytest.mark.parametrize(
    ("clicks", "text"),
    [
        ([(3, False)], "show:1"),
        ([(3, False), (3, True)], None),
        ([(4, True)], "hide:2"),
        ([(0, True)], "hide:4"),
        ([(0, True), (0, False)], "show:3"),
        ([(1, False), (3, False)], "show:-1"),
        ([(2, True), (1, False)], "show:2,3"),
    ],
)
def test_ticking_writes_the_shortest_value(panel, explorer, clicks, text):
    for layer_id, value in clicks:
        browser(panel.boxes[layer_id], value=value)
    assert written(explorer) == text


@pytest.mark.parametrize(("button", "text"), [(0, "include:2,4"), (1, "show:-1"), (2, None)])
def test_the_buttons_draw_all_none_or_the_default(panel, explorer, button, text):
    explorer.parameters.layers = "show:4"
    press(panel.buttons.children[button])
    assert written(explorer) == text


@pytest.mark.parametrize(
    ("text", "boxes", "some"),
    [
        ("show:1,2", {0, 1, 2}, False),
        ("show:2", {2}, True),
        ("hide:0", {3, 4}, False),
        ("show:-1", set(), False),
        ("show:0", {1}, True),
    ],
)
def test_the_boxes_follow_the_parameter_and_write_nothing_back(panel, explorer, text, boxes, some):
    explorer.parameters.layers = text
    assert ticked(panel) == boxes
    assert ("me-some" in panel.boxes[0]._dom_classes) is some
    assert written(explorer) == text


def test_a_group_tells_how_many_of_its_layers_are_drawn(panel):
    assert "1 of 2" in panel.notes[0].value


def test_layers_out_of_scale_are_grey_and_say_why():
    explorer = StandIn(
        root={
            "layers": [
                {"id": 0, "name": "G", "type": "Group Layer", "minScale": 1e6},
                {"id": 1, "name": "A", "type": "Feature Layer", "parentLayerId": 0},
                {"id": 2, "name": "B", "type": "Feature Layer", "maxScale": 1000},
            ]
        }
    )
    panel = LayersPanel(explorer)
    grey = lambda: {i for i, box in panel.boxes.items() if "me-out-of-scale" in box._dom_classes}  # noqa: E731
    assert grey() == set()
    explorer.at_scale(2e6)
    assert grey() == {0, 1}
    assert "zoom in to 1:1,000,000" in panel.notes[1].value
    assert "zoom in to 1:1,000,000" in panel.boxes[1].tooltip
    explorer.fail("no")
    assert grey() == {0, 1}
    explorer.at_scale(500)
    assert grey() == {2}
    assert "zoom out to 1:1,000" in panel.notes[2].value
    assert ticked(panel) == {0, 1, 2}


def test_names_of_the_service_are_text_only():
    attack = "<img src=x onerror=alert(1)>"
    explorer = StandIn(root={"layers": [{"id": 1, "name": attack, "type": "Feature Layer"}]})
    panel = LayersPanel(explorer)
    assert panel.boxes[1].description == attack
    assert not panel.boxes[1].description_allow_html


@pytest.mark.parametrize("root", [{}, {"layers": "x"}, {"layers": [1, {}, None]}, {"layers": [{"id": "a"}]}])
def test_a_service_without_a_usable_layer_list_says_so(root):
    panel = LayersPanel(StandIn(root=root))
    assert panel.boxes == {}
    assert "lists no layers" in panel.message.value


def test_another_service_brings_another_tree(panel, explorer):
    explorer.info = StandIn(root={"layers": [{"id": 7, "name": "New", "type": "Feature Layer"}]}).info
    panel.on_service()
    assert list(panel.boxes) == [7]


def test_a_closed_panel_follows_nothing(panel, explorer):
    panel.close()
    explorer.parameters.layers = "show:4"
    explorer.at_scale(5.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "the service draws its default layers"),
        ("show:1", "layers=show:1</code> – only these"),
        ("hide:1", "layers=hide:1</code> – every layer but these"),
        ("include:4", "layers=include:4</code> – the default layers and these"),
        ("exclude:3", "layers=exclude:3</code> – the default layers without these"),
        ("show:-1", "layers=show:-1</code> – nothing"),
    ],
)
def test_the_verb_that_is_sent_is_shown_with_its_meaning(panel, explorer, text, words):
    explorer.parameters.layers = text
    assert words in panel.sent.value


MANY = {
    "supportsDynamicLayers": True,
    "layers": [
        layer
        for group in range(40)
        for layer in (
            {"id": group * 10, "name": f"Group {group}", "type": "Group Layer"},
            *(
                {
                    "id": group * 10 + n,
                    "name": f"Layer {group}-{n}",
                    "type": "Feature Layer",
                    "parentLayerId": group * 10,
                }
                for n in range(1, 10)
            ),
        )
    ],
}


def listed(panel):
    return [line.children[-2].description for line in panel._rows.children]


def test_rows_of_a_large_service_are_made_when_they_are_wanted():
    panel = LayersPanel(StandIn(root=MANY))
    assert len(panel.rows) == 40
    assert listed(panel)[:2] == ["Group 0", "Group 1"]
    press(panel.rows[10].opener)
    assert listed(panel)[1:4] == ["Group 1", "Layer 1-1", "Layer 1-2"]
    assert len(panel.rows) == 49
    press(panel.rows[10].opener)
    assert len(panel._rows.children) == 40


def test_a_long_list_goes_on_when_asked():
    layers = [{"id": n, "name": f"L{n}", "type": "Feature Layer"} for n in range(150)]
    panel = LayersPanel(StandIn(root={"layers": layers}))
    assert len(panel.rows) == 60
    assert panel.more.description == "Show 60 more of 90"
    press(panel.more)
    press(panel.more)
    assert len(panel.rows) == 150
    assert panel.more.layout.display == "none"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("layer 3-7", ["Group 3", "Layer 3-7"]),
        ("GROUP 39", ["Group 39"]),
        ("391", ["Group 39", "Layer 39-1"]),
        ("nothing of the kind", []),
    ],
)
def test_a_search_finds_layers_with_the_groups_above_them(words, names):
    explorer = StandIn(root=MANY)
    panel = LayersPanel(explorer)
    browser(panel.search, value=words)
    assert listed(panel) == names
    assert ("No layer has that" in panel.note.value) is (not names)
    if len(names) == 2:
        browser(panel.boxes[max(panel.boxes)], value=False)
        assert written(explorer) is not None
    browser(panel.search, value="")
    assert len(listed(panel)) == 40


def test_layers_are_moved_up_and_down_through_dynamic_layers(panel, explorer):
    browser(panel.order_opener, value=True)
    ids = lambda: [element.id for element in explorer.parameters.dynamic_layers]  # noqa: E731
    assert panel.order.list.options == (("Fixes", 1), ("Land", 3))
    assert panel.order.reset.disabled
    press(panel.order.down)
    assert explorer.parameters.dynamic_layers is None
    browser(panel.order.list, index=0)
    press(panel.order.down)
    assert ids() == [3, 1]
    assert panel.order.list.value == 1
    press(panel.order.down)
    assert ids() == [3, 1]
    browser(panel.boxes[2], value=True)
    assert ids() == [3, 1, 2]
    assert "Sent: dynamicLayers, with your symbols and order, for <code>layers=hide:4" in panel.sent.value
    browser(panel.order.list, index=2)
    press(panel.order.top)
    assert ids() == [2, 3, 1]
    press(panel.order.up)
    assert ids() == [2, 3, 1]
    press(panel.order.reset)
    assert explorer.parameters.dynamic_layers is None


def test_a_service_without_dynamic_layers_has_one_order():
    panel = LayersPanel(StandIn(root={"layers": MANY["layers"]}))
    browser(panel.order_opener, value=True)
    assert panel.order.up.disabled
    assert "does not support dynamic layers" in panel.order.reason.value


def test_dynamic_layers_set_from_code_overrule_the_tick_boxes(panel, explorer):
    explorer.parameters.dynamic_layers = [{"id": 3}]
    assert all(box.disabled for box in panel.boxes.values())
    assert all(button.disabled for button in panel.buttons.children)
    assert "set from code" in panel.sent.value
    explorer.parameters.dynamic_layers = None
    assert not any(box.disabled for box in panel.boxes.values())
