"""Cells that are run again: the explorer that a cell made before is closed, unless a name still leads to it.

Widgets live until they are closed, because a page may show them at any time. A person who changes a cell and
runs it twenty times would leave nineteen maps behind, each with its widgets and connections.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

_made: dict[str, list[tuple[str, weakref.ref[MapExplorer]]]] = {}
"""Per cell: the run and what it made."""


def remember(explorer: MapExplorer) -> None:
    """Note which cell makes an explorer; does nothing outside a notebook."""
    shell = _shell()
    cell, run = _running(shell)
    if not cell:
        return
    if cell not in _made:
        _made[cell] = []
        shell.events.register("post_run_cell", _Sweep(shell, cell))
    _made[cell].append((run, weakref.ref(explorer)))


class _Sweep:
    """Called after every cell: closes what an earlier run of one cell made and nobody holds any more."""

    def __init__(self, shell: Any, cell: str) -> None:
        self._shell, self._cell = shell, cell

    def __call__(self, result: Any = None) -> None:
        cell, run = _running(self._shell)
        if cell != self._cell:
            return
        kept = []
        for made_in, reference in _made[self._cell]:
            explorer = reference()
            if explorer is None or explorer.closed:
                continue
            if made_in == run or _held(explorer, self._shell.user_ns):
                kept.append((made_in, reference))
            else:
                explorer.close()
        _made[self._cell] = kept


def _shell() -> Any:
    """The shell of the notebook; None in a script, without importing anything."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _running(shell: Any) -> tuple[str, str]:
    """The id of the cell that runs and of this run; empty where the front end does not tell."""
    parent: Any = getattr(shell, "get_parent", dict)()
    cell = (parent.get("metadata") or {}).get("cellId") if isinstance(parent, Mapping) else None
    run = (parent.get("header") or {}).get("msg_id") if isinstance(parent, Mapping) else None
    return (str(cell), str(run)) if cell and run else ("", "")


def _held(explorer: MapExplorer, names: Mapping[str, Any]) -> bool:
    """Whether a name of the notebook leads to it, directly or through one list, dict or object."""
    for name, value in list(names.items()):
        if name.startswith("_") or name == "Out":  # the outputs of cells, which nobody has named
            continue
        if value is explorer or any(part is explorer for part in _parts(value)):
            return True
    return False


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from list(value)
    else:
        yield from list(getattr(value, "__dict__", {}).values())
