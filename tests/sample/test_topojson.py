"""Decoding TopoJSON: steps, shared arcs, reversed arcs, holes, borders and coasts."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from mapexplorer.sample.topojson import Topology, decode_arcs

# Two unit squares side by side. Arc 0 is the edge they share, upwards; arc 1 runs round the left square,
# arc 2 round the right one. One unit is 10 steps of the quantisation grid.
SQUARES: dict[str, Any] = {
    "type": "Topology",
    "transform": {"scale": [0.1, 0.1], "translate": [100.0, 50.0]},
    "arcs": [
        [[10, 0], [0, 10]],
        [[10, 10], [-10, 0], [0, -10], [10, 0]],
        [[10, 0], [10, 0], [0, 10], [-10, 0]],
    ],
    "objects": {
        "areas": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "L", "properties": {"name": "left"}, "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "id": "R", "properties": {"name": "right"}, "arcs": [[[2, ~0]]]},
                {"type": None, "id": "N", "properties": {"name": "nowhere"}},
            ],
        },
        "places": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [5, 5]},
                {"type": "MultiPoint", "coordinates": [[0, 0], [10, 10]]},
                {"type": "LineString", "arcs": [1, 0]},
                {"type": "MultiLineString", "arcs": [[0], [~0]]},
            ],
        },
    },
}


def test_an_arc_is_a_chain_of_steps_scaled_and_moved() -> None:
    (arc,) = decode_arcs([[[10, 0], [0, 10], [-5, 0]]], {"scale": [0.5, 2], "translate": [1, -1]})
    assert arc.tolist() == [[6, -1], [6, 19], [3.5, 19]]


def test_an_arc_without_a_transform_holds_coordinates() -> None:
    (arc,) = decode_arcs([[[10, 0], [0, 10]]], None)
    assert arc.tolist() == [[10, 0], [0, 10]]


def test_areas_that_share_an_arc_meet_exactly() -> None:
    left, right, nowhere = Topology(SQUARES).features("areas")
    assert shapely.equals(left.geometry, shapely.box(100, 50, 101, 51))
    assert shapely.equals(right.geometry, shapely.box(101, 50, 102, 51))
    assert left.geometry.intersection(right.geometry).length == pytest.approx(1)
    assert nowhere.geometry is None
    assert (left.id, left.properties["name"]) == ("L", "left")


def test_a_border_has_two_sides_and_a_coast_one() -> None:
    boundaries = Topology(SQUARES).boundaries("areas")
    sides = [[side.id for side in boundary.sides] for boundary in boundaries]
    assert sides == [["L", "R"], ["L"], ["R"]]
    assert shapely.equals(boundaries[0].line, shapely.LineString([(101, 50), (101, 51)]))


def test_points_and_lines_are_decoded_too() -> None:
    point, points, line, lines = (feature.geometry for feature in Topology(SQUARES).features("places"))
    assert point.wkt == "POINT (100.5 50.5)"
    assert shapely.get_coordinates(points).tolist() == [[100, 50], [101, 51]]
    assert shapely.get_coordinates(line).tolist() == [[101, 51], [100, 51], [100, 50], [101, 50], [101, 51]]
    assert shapely.get_num_geometries(lines) == 2


def test_a_ring_that_collapsed_to_a_line_is_left_out() -> None:
    content = {
        "type": "Topology",
        "arcs": [[[0, 0], [4, 0], [4, 4], [0, 0]], [[1, 1], [2, 2], [1, 1]]],
        "objects": {
            "hole": {"type": "Polygon", "arcs": [[0], [1]]},
            "all": {"type": "Polygon", "arcs": [[1]]},
            "part": {"type": "MultiPolygon", "arcs": [[[0]], [[1]]]},
        },
    }
    topology = Topology(content)
    assert len(topology.features("hole")[0].geometry.interiors) == 0
    assert topology.features("all")[0].geometry.is_empty
    assert shapely.get_num_geometries(topology.features("part")[0].geometry) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "FeatureCollection"}, "expected a TopoJSON Topology"),
        ({"type": "Topology", "arcs": [], "objects": {"a": {"type": "Sphere"}}}, "'Sphere' is not expected"),
        ({"type": "Topology", "arcs": [], "objects": {"b": {}}}, "no object 'a'.*it has b"),
    ],
)
def test_what_cannot_be_decoded_is_named(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Topology(content).features("a")
