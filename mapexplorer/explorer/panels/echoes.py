"""Telling what a person did from what the browser only repeats.

A range slider in the browser sends back every value that it is told, since ipywidgets compares the pair by
identity. When values are told in quick succession, as a film does, such an answer arrives after the next
value was told, and looks as if somebody had moved the slider back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

LATEST_ECHO = 3.0
"""Seconds after which a value counts as the person's even if it was told before."""


class Echoes:
    """The values that one widget was told lately."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told: deque[tuple[float, Any]] = deque(maxlen=256)

    def tell(self, value: Any) -> None:
        """Remember a value that the widget is told."""
        self._told.append((self._now(), value))

    def overtaken(self, value: Any) -> bool:
        """Whether a value from the browser repeats one that another was told after; it is then forgotten."""
        while self._told and self._now() - self._told[0][0] > LATEST_ECHO:
            self._told.popleft()
        if not isinstance(value, tuple) or value not in [told for _, told in self._told][:-1]:
            return False
        while self._told.popleft()[1] != value:
            pass
        return True

    @property
    def latest(self) -> Any:
        """The value told last."""
        return self._told[-1][1]
