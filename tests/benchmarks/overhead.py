"""What the explorer itself costs: ``python -m tests.benchmarks.overhead``.

Three figures on the demo, without a browser: the first map of a warm kernel, the time from a change to the
picture, with every panel told, beyond what the service took, and the requests that a slider makes while it
is dragged. A change is made when the one before is shown; the service's own time is that of the slower of
the two operations.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import mapexplorer
from mapexplorer import MapExplorer

CHANGES = 60
EVENTS, DRAG = 200, 2.0


def first_map() -> float:
    """Seconds from explore() to the first picture with its legend."""
    began = time.perf_counter()
    explorer = mapexplorer.explore()
    explorer.run_now()
    seconds = time.perf_counter() - began
    explorer.close()
    return seconds


def changes(explorer: MapExplorer) -> Iterator[dict[str, Any]]:
    """Something of each kind to change, over and over, never twice the same."""
    for number in range(1, CHANGES // 4 + 1):
        yield {"time": (1117584000000 + number * 86_400_000, 1137283200000)}
        yield {"layer_defs": {0: f"wind_kt >= {number}"}}
        yield {"layers": [0, 1, 2][: number % 3 + 1]}
        west, south, east, north = explorer.parameters.bbox.numbers
        yield {"bbox": (west + 1000, south, east + 1000, north)}


def overheads(explorer: MapExplorer) -> tuple[list[float], list[float]]:
    """Milliseconds beyond the service, and of the service, for each change."""
    beyond, service = [], []
    for change in changes(explorer):
        began = time.perf_counter()
        explorer.parameters.update(**change)
        answer = explorer.run_now()
        whole = time.perf_counter() - began
        assert answer.export is not None
        assert answer.legend is not None
        own = max(answer.export.timing.total, answer.legend.timing.total)
        beyond.append(1000 * (whole - own))
        service.append(1000 * own)
        time.sleep(0.2)  # a person's pause: changes in a row are put together before they are sent
    return beyond, service


def dragged(explorer: MapExplorer) -> tuple[int, int]:
    """Requests and pictures for a slider that is dragged."""
    before = dict(explorer.controller.counts)
    for event in range(EVENTS):
        explorer.parameters.rotation = event / 10 + 0.1
        time.sleep(DRAG / EVENTS)
    explorer.wait()
    counts = explorer.controller.counts
    return counts["export"] - before["export"], counts["shown"] - before["shown"]


def main() -> None:
    """Measure and print."""
    first_map()
    print(f"first map, warm kernel   {statistics.median(first_map() for _ in range(5)):.2f} s")
    explorer = mapexplorer.explore()
    explorer.run_now()
    beyond, service = overheads(explorer)
    usual, worst = statistics.median(beyond), sorted(beyond)[int(0.95 * len(beyond))]
    print(f"change to picture        {usual:.0f} ms beyond the service (95 %: {worst:.0f} ms)")
    print(f"the service itself       {statistics.median(service):.0f} ms")
    requests, pictures = dragged(explorer)
    print(f"{EVENTS} events in {DRAG:g} s        {requests} requests, {pictures} pictures")
    explorer.close()


if __name__ == "__main__":
    main()
