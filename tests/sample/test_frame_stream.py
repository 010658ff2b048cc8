"""Reading a stored table by its instructions, without running any of them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mapexplorer.sample.frame_stream import read_frame

NONE, YES, NO, MARK = b"N", b"\x88", b"\x89", b"("


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def number(value: int) -> bytes:
    return b"K" + bytes([value])


def tuple_of(*items: bytes) -> bytes:
    return MARK + b"".join(items) + b"t"


def list_of(*items: bytes) -> bytes:
    return b"]" + MARK + b"".join(items) + b"e"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + tuple_of(*arguments) + b"R"


def dtype(kind: str) -> bytes:
    state = tuple_of(number(3), text("<"), NONE, NONE, NONE, number(0), number(0), number(0))
    return call(named("numpy", "dtype"), text(kind), NO, YES) + state + b"b"


def numbers(values: list[list[float]], kind: str) -> bytes:
    array = np.asarray(values, dtype=kind)
    content = b"\x96" + struct.pack("<Q", array.nbytes) + array.tobytes()
    shape = tuple_of(*(number(length) for length in array.shape))
    return call(named("numpy.core.numeric", "_frombuffer"), content, dtype(kind), shape, text("C"))


def objects(rows: int, items: list[str], *, flat: bool = False) -> bytes:
    shape = (len(items),) if flat else (rows, len(items) // rows)
    made = call(named("numpy.core.multiarray", "_reconstruct"), NONE, NONE, NONE)
    contents = list_of(*(text(item) for item in items))
    sizes = tuple_of(*(number(length) for length in shape))
    return made + tuple_of(number(1), sizes, dtype("O8"), NO, contents) + b"b"


def block(values: bytes, placement: bytes) -> bytes:
    return call(named("pandas._libs.internals", "_unpickle_block"), values, placement, number(2))


def stretch(start: int, stop: int, step: int) -> bytes:
    return call(named("builtins", "slice"), number(start), number(stop), number(step))


def stored_frame(names: list[str], *blocks: bytes) -> bytes:
    data = b"}" + MARK + text("data") + objects(1, names, flat=True) + text("name") + NONE + b"u"
    index = call(named("pandas.core.indexes.base", "_new_Index"), NONE, data)
    manager = call(
        named("pandas.core.internals.managers", "BlockManager"), tuple_of(*blocks), list_of(index, NONE)
    )
    state = b"}" + MARK + text("_mgr") + manager + text("_typ") + text("dataframe") + b"u"
    return b"\x80\x04" + named("pandas.core.frame", "DataFrame") + b")\x81" + state + b"b."


def test_a_table_is_put_together_from_its_blocks() -> None:
    stream = stored_frame(
        ["name", "lat", "year", "long"],
        block(numbers([[27.5, 28.5], [-79.0, -78.5]], "f8"), stretch(1, 5, 2)),
        block(objects(1, ["Amy", "Blanche"]), stretch(0, 1, 1)),
        block(numbers([[1975, 1976]], "i8"), numbers([2], "i8")),
    )
    frame = read_frame(stream)
    assert list(frame.columns) == ["name", "lat", "year", "long"]
    assert frame.to_dict("list") == {
        "name": ["Amy", "Blanche"],
        "lat": [27.5, 28.5],
        "year": [1975, 1976],
        "long": [-79.0, -78.5],
    }


def attack(target: Path) -> bytes:
    """A stream that asks for a file to be made while it is loaded."""
    return b"\x80\x04" + call(named("os", "mkdir"), text(str(target))) + b"."


def test_a_call_in_the_stream_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected pandas\.core\.frame\.DataFrame .* found os\.mkdir"):
        read_frame(attack(tmp_path / "made"))
    assert not (tmp_path / "made").exists()


def test_the_same_call_is_made_by_the_usual_loader(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    stored.write_bytes(attack(tmp_path / "made"))
    pd.read_pickle(stored)
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"\x80\x04" + text("Amy") + b".", "found str"),
        (b"\x80\x04" + text("a") + text("b") + b".", "single value"),
        (b"\x80\x04" + text("a") + b"\x85Q.", "instruction BINPERSID"),
        (stored_frame(["a"], block(numbers([[1]], "i2"), stretch(0, 1, 1))), "type i2"),
    ],
)
def test_another_stream_is_refused(stream: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_frame(stream)
