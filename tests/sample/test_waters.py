"""Lakes and rivers: the finest form of each, nothing twice."""

from __future__ import annotations

import json

import shapely

from mapexplorer.sample.waters import finest, lakes, rivers


def topology(**collections: list[dict[str, object]]) -> bytes:
    """A topology without quantisation whose arcs are two squares, a line and a point of a line."""
    return json.dumps(
        {
            "type": "Topology",
            "arcs": [
                [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]],
                [[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]],
                [[0, 5], [4, 5]],
                [[7, 7], [7, 7]],
            ],
            "objects": {
                name: {"type": "GeometryCollection", "geometries": members}
                for name, members in collections.items()
            },
        }
    ).encode()


SQUARE = {"type": "Polygon", "arcs": [[0]]}
SMALL_SQUARE = {"type": "Polygon", "arcs": [[1]]}
LINE = {"type": "LineString", "arcs": [2]}
SPOT = {"type": "LineString", "arcs": [3]}
LINE_AND_SPOT = {"type": "MultiLineString", "arcs": [[2], [3]]}


def test_a_coarse_shape_gives_way_to_a_finer_one_at_the_same_place() -> None:
    coarse = [shapely.box(0, 0, 2, 2), shapely.box(10, 10, 11, 11)]
    finer = [shapely.box(0.01, 0, 2.01, 2)]
    assert finest(coarse, finer) == [finer[0], coarse[1]]
    assert finest(coarse, []) == coarse


def test_a_piece_cut_off_at_the_edge_of_a_region_gives_way_to_the_whole() -> None:
    whole = shapely.box(0, 0, 2, 10)
    piece = shapely.box(0, 9, 2, 10)
    assert finest([whole], [piece]) == [whole]


def test_lakes_are_listed_by_size_each_once() -> None:
    table = lakes([topology(lakes=[SQUARE]), topology(lakes=[SMALL_SQUARE, SQUARE])])
    assert [shape.bounds for shape in table.geometry] == [(0, 0, 2, 2), (10, 10, 11, 11)]
    assert table["area_km2"].tolist() == [49_232, 12_108]
    assert set(table["kind"]) == {"lake"}


def test_rivers_lose_the_parts_that_shrank_to_a_point() -> None:
    table = rivers([topology(rivers=[LINE_AND_SPOT, SPOT])])
    assert [shape.wkt for shape in table.geometry] == ["LINESTRING (0 5, 4 5)"]
