"""What was before: every change of the parameters or of the service as a step that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mapexplorer.explorer.parameters import Hand
from mapexplorer.explorer.unsent import NOTHING, Unsent

GESTURE = 0.8
"""Seconds between changes of the same parameters by hand up to which they are one step: a drag, a wheel."""
LONGEST = 200
"""Steps that are kept."""


@dataclass(frozen=True)
class Moment:
    """A service (any object that stands for it), the parameters that were given, and what was unsent."""

    service: Any = field(compare=False)
    given: Mapping[str, Any]
    unsent: Unsent = NOTHING

    def same(self, other: Moment) -> bool:
        """Whether nothing differs between two moments."""
        return self.service is other.service and self.given == other.given and self.unsent == other.unsent

    def changed(self, other: Moment) -> frozenset[str]:
        """The names of the parameters that differ, and "unsent"; with another service an empty name too."""
        names = {
            name for name in self.given.keys() | other.given.keys()
            if self.given.get(name) != other.given.get(name)
        }  # fmt: skip
        if self.unsent != other.unsent:
            names.add("unsent")
        return frozenset(names if self.service is other.service else {*names, ""})


class History:
    """Steps back and forth; knows neither widgets nor parameters.

    `note` is called after every change with what is given now. Changes by hand of the same parameters in
    quick succession are one step, because a person who drags a slider makes one change; so are the frames of
    a film. Changes from code are a step each. Inside `amending` a change belongs to the step before: a
    consequence, not something that was done.
    """

    def __init__(self, now: Callable[[], float], changed: Callable[[], None]) -> None:
        self._now = now
        self._told = changed
        self._past: list[Moment] = []
        self._future: list[Moment] = []
        self._present: Moment | None = None
        self._last: tuple[frozenset[str], float] | None = None
        self._amending = False

    @property
    def past(self) -> int:
        """How many steps can be taken back."""
        return len(self._past)

    @property
    def future(self) -> int:
        """How many steps can be taken again."""
        return len(self._future)

    def begin(self, moment: Moment) -> None:
        """Begin with a moment behind which there is nothing."""
        self._past, self._future, self._last = [], [], None
        self._present = moment
        self._told()

    def note(self, moment: Moment, hand: Hand | None = None) -> None:
        """Take note of how things are now."""
        before = self._present
        if before is None or before.same(moment):
            return
        names, now = before.changed(moment), self._now()
        self._present = moment
        if self._amending:
            return
        if hand is None or self._last is None or not self._goes_on(hand, *self._last, names, now):
            self._past = [*self._past[1 - LONGEST :], before]
        self._last = (names, now) if hand is not None else None
        self._future.clear()
        self._told()

    @staticmethod
    def _goes_on(hand: Hand, before: frozenset[str], at: float, names: frozenset[str], now: float) -> bool:
        return before == names and (hand is Hand.FILM or now - at <= GESTURE)

    @contextmanager
    def amending(self) -> Iterator[None]:
        """Count changes inside as part of the step before."""
        before, self._amending = self._amending, True
        try:
            yield
        finally:
            self._amending = before

    def back(self) -> Moment | None:
        """Go one step back and give what was then; None at the beginning."""
        return self._go(self._past, self._future)

    def forth(self) -> Moment | None:
        """Go one step forth again; None at the end."""
        return self._go(self._future, self._past)

    def _go(self, source: list[Moment], target: list[Moment]) -> Moment | None:
        if not source or self._present is None:
            return None
        target.append(self._present)
        self._present = source.pop()
        self._last = None
        self._told()
        return self._present
