"""Playing through numbered frames, one after the other, never ahead of what is on the screen.

Knows neither widgets nor threads: a schedule calls back later, the rest are plain questions and orders.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

AHEAD = 3
PATIENCE = 0.05


class Pending(Protocol):
    """A call that was put off and can still be called off."""

    def cancel(self) -> None:
        """Forget the call."""


class Film(Protocol):
    """What is played."""

    def frame(self) -> int:
        """The number of the frame that is shown or was asked last."""

    def frames(self) -> int:
        """How many frames there are; they are numbered from 0."""

    def show_frame(self, frame: int) -> None:
        """Ask for a frame."""

    def prepare(self, frames: Sequence[int]) -> None:
        """Hear which frames will be asked next."""

    def settled(self) -> bool:
        """Whether the frame that was asked last is on the screen."""

    def stopped(self) -> None:
        """Hear that playing came to its end by itself."""


class Playback:
    """A player that steps through a film.

    `call_later` may run its action on another thread, and more than once.

    A step is made when the pause between frames is over and the last frame is on the screen, whichever
    comes later; so a slow service slows the film down and no frame overtakes another. At the last frame it
    stops, or starts again from the first when `loop` is set.
    """

    def __init__(self, film: Film, call_later: Callable[[float, Callable[[], None]], Pending]) -> None:
        self._film = film
        self._call_later = call_later
        self._pending: Pending | None = None
        self._turn = 0
        self._taking = threading.Lock()
        self.pause = 0.5
        self.loop = False
        self.playing = False

    def play(self) -> None:
        """Start, from the first frame when the last one is shown. Playing already: no effect."""
        if self.playing or self._film.frames() < 2:
            return
        self.playing = True
        if self._film.frame() >= self._film.frames() - 1:
            self._film.show_frame(0)
        self._prepare()
        self._wait(self.pause)

    def stop(self) -> None:
        """Stop where it is; a step already under way is not followed by another."""
        self.playing = False
        with self._taking:
            self._turn += 1
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()

    def _wait(self, seconds: float) -> None:
        with self._taking:
            self._turn += 1
            turn = self._turn
        self._pending = self._call_later(seconds, lambda: self._due(turn))

    def _take(self, turn: int) -> bool:
        """Whether this call is the one waited for; a second call for the same turn is not."""
        with self._taking:
            due = turn == self._turn
            self._turn += due
        return due

    def _due(self, turn: int) -> None:
        if not self._take(turn) or not self.playing:
            return
        if not self._film.settled():
            self._wait(PATIENCE)
            return
        following = self._following(self._film.frame())
        if following is None:
            self.stop()
            self._film.stopped()
            return
        self._film.show_frame(following)
        if self.playing:
            self._prepare()
            self._wait(self.pause)

    def _following(self, frame: int) -> int | None:
        if frame + 1 < self._film.frames():
            return frame + 1
        return 0 if self.loop and self._film.frames() > 1 else None

    def _prepare(self) -> None:
        ahead: list[int] = []
        frame: int | None = self._film.frame()
        while frame is not None and len(ahead) < min(AHEAD, self._film.frames() - 1):
            frame = self._following(frame)
            if frame is not None:
                ahead.append(frame)
        self._film.prepare(ahead)
