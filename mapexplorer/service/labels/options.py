"""Where a label may stand, the best place first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mapexplorer.service.labels.blocks import Box, Run


@dataclass(frozen=True)
class Option:
    """One place of a label: what writes its runs there, the boxes it covers and the corners of its ground.

    ``shuns`` tells whether it should not lie on the markers of others.
    """

    write: Callable[[], tuple[Run, ...]]
    boxes: tuple[Box, ...]
    ground: tuple[tuple[float, float], ...] = ()
    shuns: bool = True

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the boxes."""
        left, top = min(box[0] for box in self.boxes), min(box[1] for box in self.boxes)
        right, bottom = max(box[2] for box in self.boxes), max(box[3] for box in self.boxes)
        return (left + right) / 2, (top + bottom) / 2
