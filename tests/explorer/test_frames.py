"""The store of pictures asked ahead stays small."""

from __future__ import annotations

from dataclasses import dataclass

from mapexplorer.explorer.frames import FrameStore


@dataclass(frozen=True)
class Weighing:
    weight: int


def test_the_least_recently_used_leaves_first() -> None:
    store = FrameStore(capacity=2)
    store.put("a", 1)
    store.put("b", 2)
    assert store.get("a") == 1
    store.put("c", 3)
    assert ("a" in store, "b" in store, "c" in store) == (True, False, True)
    assert store.get("b") is None


def test_the_bytes_are_bounded_but_one_value_always_fits() -> None:
    store = FrameStore(capacity=10, budget=100)
    for name in "abc":
        store.put(name, Weighing(60))
    assert len(store) == 1
    store.put("d", Weighing(1000))
    assert "d" in store
    store.put("d", Weighing(10))
    store.put("e", Weighing(80))
    assert len(store) == 2
