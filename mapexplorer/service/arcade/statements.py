"""Read the statements of an Arcade expression: what it sets, decides, repeats and returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mapexplorer.service.arcade.syntax import (
    ArcadeError,
    Call,
    Constant,
    Item,
    Node,
    ValueParser,
    Variable,
    parts_of,
)

_CHANGES: Final = {"+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%"}
_STEPS: Final = {"++": "+", "--": "-"}
_ONE: Final = Constant(1.0)


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable gets a value, or with an index one of its items does."""

    name: str
    value: Node
    index: Node | None = None


@dataclass(frozen=True, slots=True)
class If:
    """Statements for the rows where a condition holds, and for the others."""

    condition: Node
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Statements that are repeated as long as a condition holds, each time followed by a step."""

    condition: Node
    body: tuple[Statement, ...]
    step: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """Statements that are repeated for every item of an array: for its number, or its value."""

    name: str
    array: Node
    body: tuple[Statement, ...]
    values: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """Leave the innermost loop, or go on with its next round."""

    leaves: bool


@dataclass(frozen=True, slots=True)
class Give:
    """A value, which is the result where no later one is; a final one ends the expression."""

    value: Node
    final: bool


Statement = Assign | If | Loop | Each | Jump | Give
Block = tuple[Statement, ...]


def parse_statements(text: str, knows: Callable[[str], bool]) -> Block:
    """Return the statements of an expression; `knows` tells functions by their name in small letters.

    Raises `ArcadeError` naming what is not understood.
    """
    return _StatementParser(text, knows).script()


def values_in(block: Block) -> Iterator[Node]:
    """Yield every value that stands in statements, with those it is made of."""
    for statement in block:
        match statement:
            case Assign():
                roots: tuple[Node | None, ...] = (statement.value, statement.index)
            case If() | Loop():
                roots = (statement.condition,)
            case Each():
                roots = (statement.array,)
            case Give():
                roots = (statement.value,)
            case Jump():
                roots = ()
        for root in roots:
            if root is not None:
                yield from _with_parts(root)
        for inner in _blocks_of(statement):
            yield from values_in(inner)


def _with_parts(node: Node) -> Iterator[Node]:
    yield node
    for part in parts_of(node):
        yield from _with_parts(part)


def _blocks_of(statement: Statement) -> tuple[Block, ...]:
    match statement:
        case If():
            return statement.then, statement.otherwise
        case Loop():
            return statement.body, statement.step
        case Each():
            return (statement.body,)
    return ()


class _StatementParser(ValueParser):
    """Reads statements from left to right."""

    _loops = 0

    def script(self) -> Block:
        statements: list[Statement] = []
        while self._next < len(self._tokens):
            statements += self._statement()
        if not any(isinstance(found, Give) for found in _all_of(tuple(statements))):
            raise ArcadeError("the expression gives no value")
        return tuple(statements)

    def _statement(self) -> Block:
        with self._deeper():
            return self._any_statement()

    def _any_statement(self) -> Block:
        match self._word():
            case "var":
                return self._ended(self._variables())
            case "if":
                return (self._if(),)
            case "for":
                return self._for()
            case "while":
                self._next += 1
                return (Loop(self._condition(), self._body()),)
            case "break" | "continue" as word:
                token = self._take()
                if not self._loops:
                    self._refuse(token)
                return self._ended((Jump(word == "break"),))
            case "return":
                self._next += 1
                empty = self._next >= len(self._tokens) or self._sign() in (";", "}")
                return self._ended((Give(Constant(None) if empty else self._expression(), True),))
        if self._sign() == ";":
            self._next += 1
            return ()
        return self._block() if self._sign() == "{" else self._ended((self._simple(),))

    def _ended(self, block: Block) -> Block:
        """Return statements after what ends them: a semicolon, a new line, a brace."""
        if self._sign() == ";":
            self._next += 1
        elif self._next < len(self._tokens) and self._sign() != "}" and self._word() != "else":
            before, token = self._tokens[self._next - 1], self._tokens[self._next]
            if "\n" not in self._text[before[2] + len(before[1]) : token[2]]:
                self._refuse(token)
        return block

    def _block(self) -> Block:
        self._expect("{")
        found: list[Statement] = []
        while self._sign() != "}":
            if self._next >= len(self._tokens):
                raise ArcadeError("the expression ends too early")
            found += self._statement()
        self._next += 1
        return tuple(found)

    def _variables(self) -> Block:
        self._next += 1
        found = []
        while True:
            name = self._new_name("a name is needed after var")
            value: Node = Constant(None)
            if self._sign() == "=":
                self._next += 1
                value = self._expression()
            found.append(Assign(name, value))
            self._names.add(name)
            if self._sign() != ",":
                return tuple(found)
            self._next += 1

    def _new_name(self, problem: str) -> str:
        kind, name, _ = self._take()
        if kind != "word" or name.startswith("$"):
            raise ArcadeError(problem)
        return name.lower()

    def _simple(self) -> Statement:
        """Return an assignment, a Push, or a value."""
        start = self._next
        if self._sign() in _STEPS:
            sign = self._take()[1]
            return self._changed(self._expression(), _STEPS[sign], _ONE, start)
        node = self._expression()
        sign = self._sign()
        if sign == "=":
            self._next += 1
            return self._set(node, self._expression(), start)
        if sign in _CHANGES:
            self._next += 1
            return self._changed(node, _CHANGES[sign], self._expression(), start)
        if sign in _STEPS:
            self._next += 1
            return self._changed(node, _STEPS[sign], _ONE, start)
        if isinstance(node, Call) and node.name == "push" and len(node.arguments) == 2:
            return self._set(node.arguments[0], node, start)
        return Give(node, False)

    def _changed(self, target: Node, sign: str, value: Node, start: int) -> Statement:
        return self._set(target, Call(sign, (target, value)), start)

    def _set(self, target: Node, value: Node, start: int) -> Statement:
        if isinstance(target, Variable):
            return Assign(target.name, value)
        if not isinstance(target, Item) or not isinstance(target.array, Variable):
            self._refuse(self._tokens[start], "only variables and their items can be set, not ")
        return Assign(target.array.name, value, target.index)

    def _condition(self) -> Node:
        self._expect("(")
        node = self._expression()
        self._expect(")")
        return node

    def _if(self) -> If:
        self._next += 1
        condition, then, otherwise = self._condition(), self._statement(), ()
        if self._word() == "else":
            self._next += 1
            return If(condition, then, self._statement())
        return If(condition, then, otherwise)

    def _body(self) -> Block:
        self._loops += 1
        body = self._statement()
        self._loops -= 1
        return body

    def _for(self) -> Block:
        self._next += 1
        self._expect("(")
        if self._word() == "var" and self._tokens[self._next + 2 :][:1]:
            word = self._tokens[self._next + 2][1].lower()
            if word in ("in", "of"):
                self._next += 1
                name = self._new_name("a name is needed after var")
                self._next += 1
                self._names.add(name)
                array = self._expression()
                self._expect(")")
                return (Each(name, array, self._body(), word == "of"),)
        first = self._variables() if self._word() == "var" else self._optional(";")
        self._expect(";")
        condition: Node = Constant(True) if self._sign() == ";" else self._expression()
        self._expect(";")
        step = self._optional(")")
        self._expect(")")
        return (*first, Loop(condition, self._body(), step))

    def _optional(self, end: str) -> Block:
        return () if self._sign() == end else (self._simple(),)


def _all_of(block: Block) -> Iterator[Statement]:
    for statement in block:
        yield statement
        for inner in _blocks_of(statement):
            yield from _all_of(inner)
