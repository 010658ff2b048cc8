"""Colours, sizes and outlines of every kind of symbol, and of all symbols of a renderer."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from mapexplorer.explorer.panels.symbol_edits import (
    Look,
    colored,
    entries,
    field_of,
    look,
    outlined,
    plain_symbol,
    sized,
    with_symbols,
)
from mapexplorer.protocol import Renderer, Symbol

SYMBOL, RENDERER = TypeAdapter(Symbol), TypeAdapter(Renderer)


def symbol(kind, **keys):
    return SYMBOL.validate_python({"type": kind, **keys})


LINE = {"type": "esriSLS", "color": [1, 2, 3, 255], "width": 2}
MARKER = symbol("esriSMS", color=[9, 8, 7, 100], size=5, outline=LINE)
FILL = symbol("esriSFS", color=[9, 8, 7], outline=LINE)
HOLLOW = symbol("esriSFS", style="esriSFSNull")
PICTURE = symbol("esriPMS", url="a", width=10, height=20)
TEXT = symbol("esriTS", text="x", color=[1, 1, 1], font={"size": 12})
PATTERN = symbol("esriPFS", url="a", outline=LINE)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (MARKER, Look((9, 8, 7), 5, (1, 2, 3), 2, True, True, "Size")),
        (
            symbol(kind="esriSLS", color=[1, 2, 3], width=4),
            Look((1, 2, 3), 4, None, None, True, False, "Width"),
        ),
        (FILL, Look((9, 8, 7), None, (1, 2, 3), 2, True, True)),
        (HOLLOW, Look(None, None, None, 0, True, True)),
        (PICTURE, Look(None, 20, sizes="Size")),
        (TEXT, Look((1, 1, 1), 12, has_color=True, sizes="Size")),
        (PATTERN, Look(None, None, (1, 2, 3), 2, False, True)),
    ],
)
def test_a_symbol_tells_what_can_be_changed(given, seen):
    assert look(given) == seen


@pytest.mark.parametrize("given", [MARKER, FILL, HOLLOW, TEXT, symbol("esriSLS", style="esriSLSNull")])
def test_a_colour_is_changed_and_shines_through_as_before(given):
    changed = colored(given, (10, 20, 30))
    assert changed.color == (10, 20, 30, given.color[3] if given.color else 255)
    assert "Null" not in getattr(changed, "style", "")


@pytest.mark.parametrize("given", [PICTURE, PATTERN])
def test_pictures_have_no_colour_to_change(given):
    assert colored(given, (1, 2, 3)) is given


@pytest.mark.parametrize("given", [MARKER, PICTURE, TEXT, symbol("esriSLS")])
def test_a_size_is_changed(given):
    assert look(sized(given, 7.5)).size == 7.5
    assert sized(FILL, 9) is FILL


def test_a_picture_keeps_its_proportions():
    changed = sized(PICTURE, 10)
    assert (changed.width, changed.height) == (5, 10)


@pytest.mark.parametrize("given", [MARKER, FILL, HOLLOW, PATTERN])
def test_an_outline_is_drawn_changed_and_taken_away(given):
    assert look(outlined(given, width=3)).outline_width == 3
    assert look(outlined(given, rgb=(7, 7, 7))).outline_color == (7, 7, 7)
    assert look(outlined(given, width=0)).outline_width == 0
    assert outlined(TEXT, width=3) is TEXT


CLASSES = {
    "simple": {"type": "simple", "label": "All", "symbol": MARKER.to_json()},
    "uniqueValue": {
        "type": "uniqueValue",
        "field1": "KIND",
        "uniqueValueInfos": [
            {"value": "a", "label": "A", "symbol": MARKER.to_json()},
            {"value": "n"},
            {"value": "b", "symbol": MARKER.to_json()},
        ],
        "defaultSymbol": MARKER.to_json(),
    },
    "groups": {
        "type": "uniqueValue",
        "field1": "KIND",
        "uniqueValueGroups": [
            {"classes": [{"values": [["a"], ["b"]], "label": "A and B", "symbol": MARKER.to_json()}]}
        ],
    },
    "classBreaks": {
        "type": "classBreaks",
        "field": "POP",
        "classBreakInfos": [
            {"classMaxValue": 5, "symbol": MARKER.to_json()},
            {"classMaxValue": 9, "label": "high", "symbol": MARKER.to_json()},
        ],
    },
}


@pytest.mark.parametrize(
    ("name", "labels", "field"),
    [
        ("simple", ["All"], ""),
        ("uniqueValue", ["A", "b", "Other values"], "KIND"),
        ("groups", ["A and B"], "KIND"),
        ("classBreaks", ["5.0", "high"], "POP"),
    ],
)
def test_every_symbol_of_a_renderer_is_changed_or_only_one(name, labels, field):
    renderer = RENDERER.validate_python(CLASSES[name])
    assert [label for label, _ in entries(renderer)] == labels
    assert field_of(renderer) == field
    grown = with_symbols(renderer, lambda one: sized(one, 11))
    assert [look(one).size for _, one in entries(grown)] == [11] * len(labels)
    only = with_symbols(renderer, lambda one: sized(one, 11), only=0)
    assert [look(one).size for _, one in entries(only)] == [11] + [5] * (len(labels) - 1)


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        ("esriGeometryPoint", "esriSMS"),
        ("esriGeometryPolyline", "esriSLS"),
        ("esriGeometryPolygon", "esriSFS"),
    ],
)
def test_every_geometry_has_a_symbol_to_begin_with(geometry, kind):
    assert plain_symbol(geometry).type == kind
