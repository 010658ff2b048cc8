"""Opening another service while the page goes on: off the event loop, and only the latest wish counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

from mapexplorer.client.addresses import shown
from mapexplorer.explorer.opening import Opened, open_service
from mapexplorer.protocol import (
    DocumentError,
    MapExplorerError,
    ParameterError,
    TokenInvalid,
    TokenRequired,
)

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer
    from mapexplorer.explorer.state import State

_LOG = logging.getLogger(__name__)
_TARGETS = frozenset({"target", "url", "$"})
"""Names of what was typed, which a person who typed it need not hear."""


class Opener:
    """Opens what a person names for one explorer; `take` gets it, with the view to show."""

    def __init__(self, explorer: MapExplorer, take: Callable[[Opened, State | None], None]) -> None:
        self._explorer, self._take = explorer, take
        self._number = 0

    def open(self, target: str, state: State | None = None) -> None:
        """Open a service; what was being opened before is forgotten, a failure is one sentence."""
        explorer, scheduler = self._explorer, self._explorer.controller.scheduler
        self._number += 1
        number = self._number
        explorer.status.tell(f"Opening {named(target)} …")
        explorer.status.busy(True)
        scheduler.attend()

        def work() -> None:
            found: list[Opened | Exception] = [_opened(target)]

            def deliver() -> None:
                with explorer.parameters.guard:
                    while found and number == self._number:
                        self._arrived(target, state, found.pop())

            scheduler.deliver(deliver)

        scheduler.work(work)

    def forget(self) -> None:
        """Let nothing that is still being opened arrive."""
        self._number += 1

    def _arrived(self, target: str, state: State | None, found: Opened | Exception) -> None:
        explorer = self._explorer
        explorer.status.busy(not explorer.controller.settled)
        if isinstance(found, Opened):
            self._take(found, state)
            return
        explorer.header.ask_token(asks_for_token(found))
        explorer.status.fail(why_not(target, found))


def _opened(target: str) -> Opened | Exception:
    try:
        return open_service(target)
    except (MapExplorerError, OSError, ValueError) as error:
        return error
    except Exception as error:
        _LOG.exception("A service could not be opened.")
        return error


def asks_for_token(error: Exception) -> bool:
    """Whether a service could be opened with a token, or with another one."""
    return isinstance(error, TokenRequired | TokenInvalid)


def why_not(target: str, error: Exception) -> str:
    """One sentence for a person who named a target: why it could not be opened."""
    name = named(target)
    if isinstance(error, TokenRequired):
        return f"{name} asks for a token: type it beside the address."
    if isinstance(error, TokenInvalid):
        return f"{name} does not accept the token, or no longer: type another one beside the address."
    if isinstance(error, ParameterError) and error.parameter in _TARGETS:
        return f"{name} cannot be opened: {error.problem}."
    if isinstance(error, DocumentError):
        file = f"{PurePath(target).name}: "
        faults = "; ".join(fault.removeprefix("$: ").removeprefix(file) for fault in error.faults)
        return f"{name} cannot be opened: {faults}."
    if isinstance(error, MapExplorerError | OSError | ValueError):
        return str(error)
    return f"{name} cannot be opened ({type(error).__name__})."


def named(target: str) -> str:
    """What a target is called in a sentence: an address without its secrets, a long path by its end."""
    if "://" in target:
        return shown(target)
    return target if len(target) <= 80 else f"…{target[-79:]}"
