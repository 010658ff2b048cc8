"""Cutting at 180° and repairing rings that cross themselves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from mapexplorer.sample.antimeridian import cut_area, cut_line, repaired, unroll


@pytest.mark.parametrize(
    ("longitudes", "expected"),
    [
        ([10, 20, 15], [10, 20, 15]),
        ([179, -179, 179.5], [179, 181, 179.5]),
        ([-179, 179, 170], [-179, -181, -190]),
        ([0, 120, -120, 0], [0, 120, 240, 360]),
    ],
)
def test_unrolled_longitudes_never_jump(longitudes: list[float], expected: list[float]) -> None:
    positions = np.column_stack([longitudes, np.zeros(len(longitudes))]).astype(float)
    assert unroll(positions)[:, 0].tolist() == expected


def test_an_area_across_180_becomes_two_parts_at_the_edges() -> None:
    area = shapely.Polygon([(170, 0), (-170, 0), (-170, 10), (170, 10)])
    cut = cut_area(area)
    assert cut.is_valid
    assert sorted(part.bounds for part in cut.geoms) == [(-180, 0, -170, 10), (170, 0, 180, 10)]


def test_an_area_away_from_180_stays_as_it_is() -> None:
    area = shapely.box(-10, -10, 10, 10)
    assert cut_area(area).equals(area)


def test_an_area_round_the_pole_reaches_the_pole() -> None:
    coast = [(longitude, -70.0) for longitude in range(-180, 181, 10)]
    pole = [(longitude, -89.999) for longitude in range(180, -181, -10)]
    cut = cut_area(shapely.Polygon(pole, [coast]))
    assert cut.is_valid
    assert cut.bounds == (-180, -90, 180, -70)
    assert cut.area == pytest.approx(360 * 20)


def test_a_line_across_180_becomes_pieces() -> None:
    pieces = cut_line(shapely.LineString([(175, 0), (-175, 10)]))
    assert sorted(piece.bounds for piece in pieces) == [(-180, 5, -175, 10), (175, 0, 180, 5)]


def test_the_edge_drawn_along_the_pole_is_no_coast() -> None:
    assert cut_line(shapely.LineString([(-180, -89.999), (0, -89.999), (180, -89.999)])) == []


def test_a_ring_that_crosses_itself_keeps_its_ground() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    whole = repaired(bow)
    assert whole.is_valid
    assert whole.area == pytest.approx(2)
    assert whole.covers(shapely.Point(0.5, 1))
    assert not whole.covers(shapely.Point(1, 0.5))


def test_a_spike_of_a_hole_beyond_the_shell_does_not_fill_the_hole() -> None:
    shell = [(0, 0), (10, 0), (10, 10), (0, 10)]
    hole = [(2, 2), (11, 5), (2, 8)]
    whole = repaired(shapely.Polygon(shell, [hole]))
    assert whole.is_valid
    assert not whole.covers(shapely.Point(5, 5))
    assert whole.covers(shapely.Point(1, 1))
