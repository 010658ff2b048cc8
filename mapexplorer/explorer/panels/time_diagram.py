"""A small drawing of what a time relation means: which features are drawn for a window of time."""

from __future__ import annotations

from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.protocol.time import TimeRelation

from .time_window import Mode

Span = tuple[float, float]
WIDE, ROW, TOP, LEFT = 360, 13, 18, 132
SCALE = (WIDE - LEFT) / 10
"""Pixels for each of the ten units of the axis."""

INTERVALS: tuple[tuple[str, Span], ...] = (
    ("over before it", (0.4, 2)),
    ("ends as it begins", (1, 3)),
    ("reaches into it", (1.5, 4.5)),
    ("lies inside", (4.2, 5.8)),
    ("is longer", (1.5, 8.5)),
    ("begins as it ends", (7, 9)),
    ("comes after it", (8, 9.6)),
    ("moment at its start", (3, 3)),
    ("moment at its end", (7, 7)),
)
AROUND_AN_INSTANT: tuple[tuple[str, Span], ...] = (
    ("over before it", (1, 4)),
    ("ends with it", (2, 5)),
    ("spans it", (3, 7)),
    ("begins with it", (5, 8)),
    ("comes after it", (6, 9)),
    ("that very moment", (5, 5)),
)
WINDOWS: dict[Mode, tuple[float | None, float]] = {
    Mode.WINDOW: (3, 7), Mode.INSTANT: (5, 5), Mode.CUMULATIVE: (None, 7),
}  # fmt: skip


def is_drawn(relation: TimeRelation, feature: Span, window: tuple[float | None, float]) -> bool:
    """Whether a feature of a span of time stands in the relation to a window (Export Map, timeRelation)."""
    start, end = window
    touches_start = relation in (TimeRelation.OVERLAPS, TimeRelation.OVERLAPS_START_WITHIN_END)
    touches_end = relation in (TimeRelation.OVERLAPS, TimeRelation.AFTER_START_OVERLAPS_END)
    begun = start is None or feature[1] > start or (touches_start and feature[1] == start)
    return begun and (feature[0] < end or (touches_end and feature[0] == end))


def draw(relation: TimeRelation, mode: Mode) -> Markup | None:
    """The drawing for a mode; None when time is off."""
    window = WINDOWS.get(mode)
    if window is None:
        return None
    cases = AROUND_AN_INSTANT if mode is Mode.INSTANT else INTERVALS
    if window[0] is None:
        cases = tuple(case for case in cases if case[1][1] != 3)
    high = TOP + ROW * len(cases) + 4
    drawn = [name for name, span in cases if is_drawn(relation, span, window)]
    parts = [_window(window, high, "moment" if mode is Mode.INSTANT else "window")]
    for place, (name, span) in enumerate(cases):
        parts.append(_feature(name, span, TOP + ROW * place + ROW // 2, name in drawn))
    picture = tag(
        "svg",
        parts,
        viewbox=f"0 0 {WIDE} {high}",
        width=WIDE,
        height=high,
        class_="me-diagram",
        role="img",
        aria_label=f"Drawn: a feature that {', '.join(drawn) or 'none of them'}.",
    )
    return tag("div", picture, tag("p", "Filled bars are drawn, hollow ones are left out.", class_="me-hint"))


def _at(moment: float) -> float:
    return round(LEFT + moment * SCALE, 1)


def _window(window: tuple[float | None, float], high: int, name: str) -> Markup:
    start, end = window
    left, right = _at(0 if start is None else start), _at(end)
    wide = max(right - left, 2)
    band = tag(
        "rect", x=left, y=TOP - 4, width=round(wide, 1), height=high - TOP + 4, class_="me-diagram-window"
    )
    title = tag(
        "text", name, x=round(left + wide / 2, 1), y=10, text_anchor="middle", class_="me-diagram-title"
    )
    return tag("g", band, title)


def _feature(name: str, span: Span, middle: int, is_filled: bool) -> Markup:
    kind = "me-diagram-in" if is_filled else "me-diagram-out"
    if span[0] == span[1]:
        mark = tag("circle", cx=_at(span[0]), cy=middle, r=4, class_=kind)
    else:
        wide = round((span[1] - span[0]) * SCALE, 1)
        mark = tag("rect", x=_at(span[0]), y=middle - 3, width=wide, height=7, rx=2, class_=kind)
    label = tag("text", name, x=0, y=middle + 4, class_="me-diagram-label")
    return tag("g", label, mark)
