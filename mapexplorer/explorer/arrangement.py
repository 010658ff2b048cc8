"""The tabs of an explorer: which panels stand there, in which order, and which one is in front."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import ipywidgets

from mapexplorer.protocol import ParameterError

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer
    from mapexplorer.explorer.panel import Panel

PanelChoice: TypeAlias = "str | type[Panel]"
"""A panel by its class, the name of its class, or its title."""


class PanelTabs(ipywidgets.Tab):  # type: ignore[misc]  # ipywidgets has no types
    """Panels as tabs; `panels` are those that stand there, by the name of their class."""

    def __init__(self, explorer: MapExplorer) -> None:
        super().__init__()
        self._explorer = explorer
        self.panels: dict[str, Panel] = {}
        self.add_class("me-panels")

    def arrange(self, choices: Iterable[PanelChoice] | None = None) -> dict[str, Panel]:
        """Show these panels in this order, None for all; those that stand there already stay as they are.

        Panels that are not named are closed. Raises ParameterError for a name that no panel has; nothing is
        changed then.
        """
        kinds = _kinds(choices)
        front, before = self.front, self.panels
        kept = {name: panel for name, panel in before.items() if type(panel) in kinds}
        self.panels = {kind.__name__: kept.get(kind.__name__) or kind(self._explorer) for kind in kinds}
        self.children = [panel.widget for panel in self.panels.values()]
        self.titles = [panel.title for panel in self.panels.values()]
        self.layout.display = None if kinds else "none"
        self.bring_forward(front)
        for name, panel in before.items():
            if name not in kept:
                panel.close()
        return self.panels

    @property
    def front(self) -> str | None:
        """The name of the panel in front; None where there is none."""
        names = list(self.panels)
        chosen = self.selected_index
        return names[chosen] if chosen is not None and chosen < len(names) else None

    def bring_forward(self, name: str | None) -> None:
        """Show a panel by the name of its class; the first one when there is none of that name."""
        names = list(self.panels)
        if names:
            self.selected_index = names.index(name) if name in names else 0


def _kinds(choices: Iterable[PanelChoice] | None) -> list[type[Panel]]:
    from mapexplorer.explorer.panels import PANELS

    if choices is None:
        return list(PANELS)
    if isinstance(choices, str):
        choices = [choices]
    known: dict[str, type[Panel]] = {kind.__name__: kind for kind in PANELS}
    known |= {kind.title: kind for kind in PANELS}
    return list(dict.fromkeys(_kind(choice, known) for choice in choices))


def _kind(choice: Any, known: dict[str, type[Panel]]) -> type[Panel]:
    from mapexplorer.explorer.panel import Panel

    if isinstance(choice, type) and issubclass(choice, Panel):
        return choice
    if isinstance(choice, str) and choice in known:
        return known[choice]
    titles = ", ".join(kind.title for kind in dict.fromkeys(known.values()))
    shown = choice if isinstance(choice, str) else type(choice).__name__
    raise ParameterError("panels", f"expected classes of panels or names among {titles}, got {shown!s:.40}")
