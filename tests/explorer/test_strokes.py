"""Presses and clicks become geometries: the same events that a browser sends, without one."""

from __future__ import annotations

import pytest

from mapexplorer.explorer.strokes import Kind, Stroke


def heard(kind: Kind, *events: tuple[str, float, float]) -> tuple[bool, list[tuple[float, float]]]:
    """Let a stroke hear events at one unit per pixel; gives whether one completed it, and its points."""
    stroke = Stroke(kind)
    for event, x, y in events:
        if stroke.hear(event, (x, y), 1.0):
            return True, stroke.points
    return False, stroke.points


def click(x: float, y: float) -> list[tuple[str, float, float]]:
    return [("mousedown", x, y), ("mouseup", x, y), ("preclick", x, y), ("click", x, y)]


@pytest.mark.parametrize(
    ("kind", "events", "complete", "points"),
    [
        (Kind.RECTANGLE, [("mousedown", 0, 0), ("mouseup", 50, 40)], True, [(0, 0), (50, 40)]),
        (Kind.RECTANGLE, [*click(0, 0), *click(50, 40)], True, [(0, 0), (50, 40)]),
        (Kind.RECTANGLE, [("click", 0, 0), ("click", 50, 40)], True, [(0, 0), (50, 40)]),
        (Kind.RECTANGLE, [*click(0, 0), *click(1, 1)], False, [(0, 0)]),
        (Kind.RECTANGLE, [("mousedown", 0, 0), ("mouseup", 50, 0)], False, []),
        (Kind.RECTANGLE, [("mouseup", 50, 0)], False, []),
        (Kind.POLYGON, [*click(0, 0), *click(50, 0), *click(50, 50)], False, [(0, 0), (50, 0), (50, 50)]),
        (
            Kind.POLYGON,
            [*click(0, 0), *click(50, 0), *click(50, 50), *click(51, 50), ("dblclick", 50, 50)],
            True,
            [(0, 0), (50, 0), (50, 50)],
        ),
        (
            Kind.POLYGON,
            [*click(0, 0), *click(50, 0), *click(50, 50), *click(4, 4)],
            True,
            [(0, 0), (50, 0), (50, 50)],
        ),
        (Kind.POLYGON, [*click(0, 0), *click(50, 0), ("dblclick", 50, 0)], False, [(0, 0), (50, 0)]),
        (Kind.LINE, [*click(0, 0), *click(50, 0), ("dblclick", 50, 0)], True, [(0, 0), (50, 0)]),
        (Kind.POINT, click(7, 8), True, [(7, 8)]),
    ],
)
def test_what_events_draw(kind, events, complete, points):
    assert heard(kind, *events) == (complete, points)


def test_the_preview_runs_to_the_pointer():
    stroke = Stroke(Kind.POLYGON)
    assert stroke.preview((9, 9)) == []
    stroke.hear("click", (0, 0), 1)
    assert stroke.preview((9, 9)) == [(0, 0), (9, 9)]
    box = Stroke(Kind.RECTANGLE)
    box.hear("mousedown", (0, 0), 1)
    assert box.preview((9, 5)) == [(0, 0), (0, 5), (9, 5), (9, 0)]


@pytest.mark.parametrize(
    ("points", "crossing"),
    [([(0, 0), (10, 0), (10, 10), (0, 10)], False), ([(0, 0), (10, 10), (10, 0), (0, 10)], True)],
)
def test_an_outline_that_crosses_itself_is_known(points, crossing):
    stroke = Stroke(Kind.POLYGON)
    stroke.points = points
    assert stroke.crossing() is crossing
