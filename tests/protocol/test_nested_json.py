"""Nested JSON is refused without harm to others: no finalizer of theirs runs at the limit of recursion."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator

import pytest

from mapexplorer.client import answers
from mapexplorer.protocol import strict_json

DEEP = '{"layers":' + "[" * 100_000


class Loop:
    """Garbage that only the collector finds; it notes which functions were running when it went."""

    def __init__(self, seen: list[set[str]]) -> None:
        self.loop, self.seen = self, seen

    def __del__(self) -> None:
        frame, names = sys._getframe(1), set()
        while frame is not None:
            names.add(frame.f_code.co_name)
            frame = frame.f_back  # type: ignore[assignment]
        self.seen.append(names)


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """Have garbage collected often; a parse makes far more lists than this."""
    before = gc.get_threshold()
    gc.set_threshold(200, 1, 1)
    yield
    gc.set_threshold(*before)


def strictly() -> None:
    with pytest.raises(ValueError, match="nests deeper than 32 levels"):
        strict_json.loads(DEEP)


def tolerantly() -> None:
    assert answers._decoded(DEEP.encode()) is None


@pytest.mark.parametrize("parse", [strictly, tolerantly])
def test_finalizers_do_not_run_inside_nested_json(parse: Callable[[], None]) -> None:
    seen: list[set[str]] = []
    gc.collect()
    Loop(seen)
    parse()
    assert gc.isenabled()
    gc.collect()
    assert len(seen) == 1
    assert "raw_decode" not in seen[0]


def test_who_has_switched_the_collector_off_finds_it_so() -> None:
    gc.disable()
    try:
        strictly()
        assert not gc.isenabled()
    finally:
        gc.enable()
