"""Telling what a person did from what the browser only repeats.

A range slider in the browser sends back every value that it is told, since ipywidgets compares the pair by
identity. When values are told in quick succession, as a film does, such an answer arrives after the next
value was told, and looks as if somebody had moved the slider back.

Every slider sends back what it makes of a value between two of its steps, which would round what was typed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

LATEST_ECHO = 3.0
"""Seconds after which a value counts as the person's even if it was told before."""

_HALF = 0.5 + 1e-9


class Echoes:
    """The values that one widget was told lately."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told: deque[tuple[float, Any]] = deque(maxlen=256)
        self._unanswered = False

    def tell(self, value: Any) -> None:
        """Remember a value that the widget is told."""
        self._told.append((self._now(), value))
        self._unanswered = True

    def overtaken(self, value: Any) -> bool:
        """Whether a value from the browser repeats one that another was told after; it is then forgotten."""
        while self._told and self._now() - self._told[0][0] > LATEST_ECHO:
            self._told.popleft()
        if not isinstance(value, tuple) or value not in [told for _, told in self._told][:-1]:
            return False
        while self._told.popleft()[1] != value:
            pass
        return True

    def rounded(self, value: Any, step: Any) -> bool:
        """Whether a value from the browser is only the one told last, rounded to the steps of a slider."""
        if not self._unanswered or not isinstance(step, int | float):
            return False
        when, told = self._told[-1] if self._told else (float("-inf"), value)
        pairs = zip(_ends(value), _ends(told), strict=False)
        near = all(abs(shown - end) <= step * _HALF for shown, end in pairs)
        return near and self._now() - when <= LATEST_ECHO

    def answered(self) -> None:
        """Take note that the person has moved the slider since it was told a value."""
        self._unanswered = False

    @property
    def latest(self) -> Any:
        """The value told last."""
        return self._told[-1][1]


def _ends(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
