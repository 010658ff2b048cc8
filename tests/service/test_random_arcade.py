"""Whatever an Arcade expression is put together from, it gives every row a value or says what is wrong."""

import random
from contextlib import suppress

import pytest

from mapexplorer.service.arcade import ArcadeError, parse_program
from mapexplorer.service.arcade.arrays import ARRAY_FUNCTIONS
from mapexplorer.service.arcade.functions import FUNCTIONS
from tests.service.test_arcade import TABLE

NAMES = sorted(name for name in {*FUNCTIONS, *ARRAY_FUNCTIONS} if name.isalpha())
SIGNS = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]
ATOMS = [
    "$feature.n",
    "$feature.a",
    "$feature.name",
    "$feature.d",
    "$feature.flag",
    "1",
    "0",
    "-2",
    "2.5",
    "''",
]
ATOMS += ["'x, y'", "null", "true", "x", "y", "a", "[]", "[1, 2]", "a[0]", "DomainName($feature, 'n')"]
HEAD = "var x = 1; var y = 'q'; var a = [3, 'z'];\n"


class Writer:
    """Writes expressions, the same ones for the same seed."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def value(self, depth):
        pick, inner = self.source.random(), depth - 1
        if depth <= 0 or pick < 0.3:
            return self.source.choice(ATOMS)
        if pick < 0.55:
            return f"{self.value(inner)} {self.source.choice(SIGNS)} {self.value(inner)}"
        if pick < 0.85:
            count = self.source.choice([1, 1, 2, 2, 3])
            return f"{self.source.choice(NAMES)}({', '.join(self.value(inner) for _ in range(count))})"
        if pick < 0.92:
            return f"[{self.value(inner)}, {self.value(inner)}]"
        return f"{self.value(inner)}[{self.value(inner)}]"

    def statement(self, depth):
        inner = self.statement(depth - 1) if depth else "y += x;"
        jump = self.source.choice(["", "break;", "continue;", f"return {self.value(1)};"])
        return self.source.choice(
            [
                f"{self.source.choice('xya')} {self.source.choice(['=', '+=', '*='])} {self.value(2)};",
                f"a[{self.value(1)}] = {self.value(1)};",
                f"Push(a, {self.value(1)});",
                f"if ({self.value(2)}) {{ {inner} }} else {{ x = 5; }}",
                f"for (var i in a) {{ {inner} {jump} }}",
                f"for (var i = 0; i < $feature.n / 10; i++) {{ {inner} {jump} }}",
            ]
        )

    def expression(self):
        body = "\n".join(self.statement(2) for _ in range(self.source.randint(0, 3)))
        text = f"{HEAD}{body}\n{self.value(2)}"
        if self.source.random() < 0.2:
            at = self.source.randrange(len(text))
            text = text[:at] + self.source.choice("(){}[];,'+=.$ \n") + text[at + 1 :]
        return text


@pytest.mark.parametrize("seed", range(3))
def test_an_expression_gives_a_value_for_every_row_or_a_sentence(seed):
    writer = Writer(seed)
    lengths = set()
    for _ in range(300):
        with suppress(ArcadeError):
            lengths.add(len(parse_program(writer.expression()).evaluate(TABLE, {"n": {"10": "ten"}})))
    assert lengths == {len(TABLE)}
