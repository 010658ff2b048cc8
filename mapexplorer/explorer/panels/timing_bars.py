"""Where the time of a request went, as bars one below the other, each beginning where the last one ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mapexplorer.explorer.markup import Markup, tag


def duration(seconds: float) -> str:
    """Seconds as people write them."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def phases(timing: Any) -> Iterator[tuple[str, str, float]]:
    """Name, explanation and seconds of each part of a request, in their order."""
    drawing = getattr(timing, "drawing", 0.0)
    waiting = max(timing.waiting - drawing, 0.0)
    yield "Waiting", "on the way, and until the service began" if drawing else "until the first byte", waiting
    if drawing:
        yield "Drawing", "the service at work, as it says itself", drawing
    yield "Transfer", "until the last byte", timing.transfer
    yield (
        "Checking",
        "reading and checking the answer",
        max(timing.total - timing.waiting - timing.transfer, 0),
    )


def timing_bars(timing: Any) -> Markup:
    """The bars, with the numbers as text."""
    parts = list(phases(timing))
    whole = sum(seconds for _, _, seconds in parts) or 1.0
    rows, begin = [], 0.0
    for name, words, seconds in parts:
        left, width = 100 * begin / whole, 100 * seconds / whole
        bar = tag(
            "span",
            "",
            class_=f"me-bar me-bar-{name.lower()}",
            style=f"margin-left:{left:.1f}%;width:{width:.1f}%",
        )
        rows.append(
            tag(
                "tr",
                tag("th", name, scope="row", title=words),
                tag("td", tag("span", bar, class_="me-bar-track", aria_hidden="true")),
                tag("td", duration(seconds), class_="me-bar-time"),
            )
        )
        begin += seconds
    return tag("table", tag("tbody", rows), class_="me-bars", aria_label=f"{duration(timing.total)} in all")
