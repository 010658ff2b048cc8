"""Jobs of panels that block, away from the event loop; what they give comes back under the guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

T = TypeVar("T")


def away(explorer: MapExplorer, job: Callable[[], T], done: Callable[[T], object]) -> None:
    """Run `job`, which must not raise, and call `done` with its value where widgets may change."""
    scheduler = explorer.controller.scheduler
    scheduler.attend()

    def work() -> None:
        values = [job()]

        def take() -> None:  # may be run twice
            with explorer.parameters.guard:
                while values:
                    done(values.pop())

        scheduler.deliver(take)

    scheduler.work(work)
