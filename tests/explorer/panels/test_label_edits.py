"""Labels: what they say, how they look, where they stand."""

import pytest

from mapexplorer.explorer.panels.label_edits import (
    expression_of,
    halo_of,
    lettered,
    placement_of,
    placements,
    plain_class,
    saying,
    with_field,
)
from mapexplorer.protocol import LabelClass, TextSymbol


@pytest.mark.parametrize(
    ("before", "arcade", "after"),
    [
        ("", False, "[F]"),
        ("[A]", False, '[A] CONCAT " " CONCAT [F]'),
        ('"No. "', False, '"No. " CONCAT " " CONCAT [F]'),
        ("[A] CONCAT", False, "[A] CONCAT [F]"),
        ("[A] concat ", False, "[A] concat [F]"),
        ("UCASE(", False, "UCASE( [F]"),
        ("", True, "$feature['F']"),
        ("$feature.A", True, "$feature.A + \" \" + $feature['F']"),
        ("$feature.A +", True, "$feature.A + $feature['F']"),
    ],
)
def test_a_field_is_appended_with_what_joins_it(before, arcade, after):
    assert with_field(before, "F", arcade=arcade) == after


@pytest.mark.parametrize(
    ("geometry", "count", "first"),
    [
        ("esriGeometryPoint", 9, "esriServerPointLabelPlacementAboveRight"),
        ("esriGeometryMultipoint", 9, "esriServerPointLabelPlacementAboveRight"),
        ("esriGeometryPolyline", 15, "esriServerLinePlacementAboveAlong"),
        ("esriGeometryPolygon", 1, "esriServerPolygonPlacementAlwaysHorizontal"),
        (None, 0, None),
    ],
)
def test_every_geometry_has_its_places(geometry, count, first):
    assert len(placements(geometry)) == count
    assert plain_class(geometry).label_placement == first
    assert placement_of(LabelClass(), geometry) == first
    assert len(set(placements(geometry).values())) == count


def test_an_expression_stays_in_its_language():
    plain = LabelClass(label_expression="[A]")
    assert expression_of(saying(plain, "[B]")) == "[B]"
    arcade = LabelClass.model_validate({"labelExpressionInfo": {"expression": "$feature.A", "title": "t"}})
    changed = saying(arcade, "$feature.B")
    assert changed.to_json()["labelExpressionInfo"] == {"expression": "$feature.B", "title": "t"}
    assert expression_of(changed) == "$feature.B"


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ({"size": 14.0}, "font", {"size": 14.0}),
        ({"rgb": (1, 2, 3)}, "color", [1, 2, 3, 128]),
        ({"halo": 2.0}, "haloSize", 2.0),
        ({"halo": 2.0}, "haloColor", [255, 255, 255, 255]),
        ({"halo": 0.0}, "haloSize", None),
        ({"halo_rgb": (1, 2, 3)}, "haloColor", [1, 2, 3, 255]),
    ],
)
def test_letters_and_halo_are_changed_alone(change, key, value):
    label = LabelClass(symbol=TextSymbol(color=(9, 9, 9, 128)), label_expression="[A]")
    symbol = lettered(label, **change).symbol.to_json()
    found = symbol.get(key)
    assert ({name: found[name] for name in value} if isinstance(value, dict) else found) == value
    before = label.symbol.to_json()
    touched = {"font", "color", "haloSize", "haloColor"}
    assert {name: symbol[name] for name in symbol if name not in touched} == {
        name: before[name] for name in before if name not in touched
    }


def test_a_class_without_a_symbol_gets_one():
    assert lettered(LabelClass(), size=20.0).symbol.font.size == 20
    assert halo_of(TextSymbol(halo_size=3.0)) == (0.0, (255, 255, 255))
    assert halo_of(TextSymbol(halo_size=3.0, halo_color=(1, 2, 3, 255))) == (3.0, (1, 2, 3))
