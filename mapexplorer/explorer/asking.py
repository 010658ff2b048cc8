"""Questions to the service about features, asked away from the event loop; only the latest answer counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mapexplorer.protocol import MapExplorerError

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

_LOG = logging.getLogger(__name__)


class Asking:
    """One place where answers of one kind arrive.

    `ask(question, take, fail)` runs `question` on a worker and then, under the guard, `take` with its result
    or `fail` with a sentence. A question that was overtaken, or asked before `stop`, is never answered.
    """

    def __init__(self, explorer: MapExplorer) -> None:
        self._explorer = explorer
        self._number = 0

    def ask(
        self, question: Callable[[], Any], take: Callable[[Any], None], fail: Callable[[str], None]
    ) -> None:
        """Ask; what was asked before is forgotten."""
        scheduler, guard = self._explorer.controller.scheduler, self._explorer.parameters.guard
        with guard:
            self._number += 1
            number = self._number

        def work() -> None:
            if number != self._number:
                return
            result: Any = None
            sentence: str | None = None
            try:
                result = question()
            except (MapExplorerError, ValueError) as error:
                sentence = str(error)
            except Exception as error:
                _LOG.exception("A question about features failed.")
                sentence = f"The question failed for an unexpected reason ({type(error).__name__})."

            def answer() -> None:
                with guard:
                    if number != self._number:
                        return
                    self._number += 1  # a delivery may be made twice
                    if sentence is None:
                        take(result)
                    else:
                        fail(sentence)

            scheduler.deliver(answer)

        scheduler.attend()
        scheduler.work(work)

    def stop(self) -> None:
        """Forget what was asked."""
        self._number += 1
