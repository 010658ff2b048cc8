"""Turn a syntax tree into something that can be evaluated, node by allowed node, with the kinds
checked once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from sqlglot import exp

from mapexplorer.service.expressions import functions, values
from mapexplorer.service.expressions.functions import FUNCTIONS
from mapexplorer.service.expressions.grammar import MAX_ITEMS, Leaf, Sentence
from mapexplorer.service.expressions.lexer import Misplaced
from mapexplorer.service.expressions.patterns import like
from mapexplorer.service.expressions.values import Columns, Kind, Values

Evaluate = Callable[[Columns], Values]


@dataclass(frozen=True, slots=True)
class Term:
    """A checked part of an expression: the kind of its value and how to evaluate it."""

    kind: Kind
    position: int
    evaluate: Evaluate


# Which parts of each node may be filled; anything else in a node is refused. A trap that this closes: newer
# releases of the parser write NOT LIKE as a flag of Like.
_PARTS: Final[dict[str, frozenset[str]]] = {
    "Paren": frozenset({"this"}),
    "Not": frozenset({"this"}),
    "Neg": frozenset({"this"}),
    "Column": frozenset({"this"}),
    "Placeholder": frozenset({"this"}),
    "Null": frozenset(),
    "Is": frozenset({"this", "expression"}),
    "In": frozenset({"this", "expressions"}),
    "Between": frozenset({"this", "low", "high"}),
    "Like": frozenset({"this", "expression", "negate"}),
    "Anonymous": frozenset({"this", "expressions"}),
    "Extract": frozenset({"this", "expression"}),
    "StrPosition": frozenset({"this", "substr"}),
    "Substring": frozenset({"this", "start", "length"}),
    "Trim": frozenset({"this", "expression", "position"}),
    **dict.fromkeys(("And", "Or", "EQ", "NEQ", "LT", "LTE", "GT", "GTE"), frozenset({"this", "expression"})),
    **dict.fromkeys(("Add", "Sub", "Mul"), frozenset({"this", "expression"})),
    "Div": frozenset({"this", "expression", "typed", "safe"}),
}
_LEAF: Final = re.compile(r"[fp][0-9]{1,3}")
_COMPARISONS: Final = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC: Final = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}


class Compiler:
    """Builds the terms of one expression."""

    def __init__(self, sentence: Sentence) -> None:
        self._leaves = sentence.leaves

    def condition(self, node: Any) -> Term:
        """Return the term of a node that must be true or false."""
        term = self.term(node)
        if term.kind is Kind.NULL:
            return term
        if term.kind is not Kind.TRUTH:
            raise Misplaced(f"a condition is needed here, not {term.kind.value}", term.position)
        return term

    def value(self, node: Any, wanted: Kind | None = None) -> Term:
        """Return the term of a node that must have a value, of the wanted kind when one is given."""
        term = self.term(node)
        if term.kind is Kind.TRUTH or (wanted is not None and term.kind not in (wanted, Kind.NULL)):
            needed = wanted.value if wanted is not None else "a value"
            raise Misplaced(f"{needed} is needed here, not {term.kind.value}", term.position)
        return term

    def term(self, node: Any) -> Term:
        """Return the term of any node; raises `Misplaced` for a node that the language does not have."""
        name = type(node).__name__
        allowed = _PARTS.get(name)
        if allowed is None or any(part not in allowed for part, filled in node.args.items() if filled):
            raise Misplaced("this is not part of the filter language", self._position(node))
        if name in _COMPARISONS:
            return self._comparison(node, _COMPARISONS[name])
        if name in _ARITHMETIC:
            return self._arithmetic(node, _ARITHMETIC[name])
        build: Callable[[Any], Term] = getattr(self, f"_{name.lower()}")
        return build(node)

    def _position(self, node: Any) -> int:
        if isinstance(node, exp.Expression):
            parts = [
                part for part in node.find_all(exp.Placeholder, exp.Column) if _LEAF.fullmatch(part.name)
            ]
            if parts:
                return min(self._leaf(part).position for part in parts)
        return 0

    # --- leaves ---

    def _leaf(self, node: Any) -> Leaf:
        """Return the leaf behind a name; the parser also takes a word of the language alone for a name."""
        if _LEAF.fullmatch(node.name) is None:
            raise Misplaced(f"a value is needed here, not {node.name}", 0)
        return self._leaves[int(node.name[1:])]

    def _column(self, node: Any) -> Term:
        leaf = self._leaf(node)
        assert leaf.field is not None  # noqa: S101 - the lexer writes quoted names for fields only
        name = leaf.field.name
        return Term(leaf.kind, leaf.position, lambda columns: columns[name])

    def _placeholder(self, node: Any) -> Term:
        leaf = self._leaf(node)
        if leaf.several:
            raise Misplaced("a parameter with several values may stand in IN (…) only", leaf.position)
        return Term(leaf.kind, leaf.position, lambda columns: leaf.values())

    def _null(self, node: Any) -> Term:
        return Term(Kind.NULL, 0, lambda columns: values.null())

    # --- logic ---

    def _paren(self, node: Any) -> Term:
        return self.term(node.this)

    def _not(self, node: Any) -> Term:
        inner = self.condition(node.this)
        return Term(Kind.TRUTH, inner.position, lambda columns: functions.negate(_truth(inner, columns)))

    def _and(self, node: Any) -> Term:
        return self._chain(node, exp.And, functions.both)

    def _or(self, node: Any) -> Term:
        return self._chain(node, exp.Or, functions.either)

    def _chain(self, node: Any, sort: type[Any], join: Callable[[Values, Values], Values]) -> Term:
        """Join a whole chain of one connective at once, so that its length costs no stack."""
        links = []
        while isinstance(node, sort):
            links.append(node.expression)
            node = node.this
        terms = [self.condition(link) for link in (node, *reversed(links))]

        def evaluate(columns: Columns) -> Values:
            return reduce(join, (_truth(term, columns) for term in terms))

        return Term(Kind.TRUTH, terms[0].position, evaluate)

    # --- comparisons ---

    def _pair(self, left: Any, right: Any) -> tuple[Term, Term]:
        first = self.value(left)
        second = self.value(right)
        if Kind.NULL not in (first.kind, second.kind) and first.kind is not second.kind:
            raise Misplaced(
                f"{first.kind.value} cannot be compared with {second.kind.value}{_hint(first, second)}",
                second.position,
            )
        return first, second

    def _comparison(self, node: Any, sign: str) -> Term:
        left, right = self._pair(node.this, node.expression)
        return Term(
            Kind.TRUTH,
            left.position,
            lambda columns: functions.compare(sign, left.evaluate(columns), right.evaluate(columns)),
        )

    def _is(self, node: Any) -> Term:
        inner = self.value(node.this)
        if not isinstance(node.expression, exp.Null):
            raise Misplaced("IS takes NULL or NOT NULL", self._position(node.expression))
        return Term(Kind.TRUTH, inner.position, lambda columns: functions.is_null(inner.evaluate(columns)))

    def _in(self, node: Any) -> Term:
        items = []
        inner = self.value(node.this)
        for item in node.expressions:
            leaf = self._leaf(item) if isinstance(item, exp.Placeholder) else None
            if leaf is not None and leaf.several:
                items += [_constant(one, leaf.position) for one in leaf.constants]
            else:
                items.append(self.value(item))
        if not node.expressions:
            raise Misplaced("IN needs at least one value", inner.position)
        if len(items) > MAX_ITEMS:
            raise Misplaced(f"IN takes at most {MAX_ITEMS} values", inner.position)
        for item in items:
            if Kind.NULL not in (inner.kind, item.kind) and item.kind is not inner.kind:
                problem = f"{inner.kind.value} cannot be compared with {item.kind.value}{_hint(inner, item)}"
                raise Misplaced(problem, item.position)
        if inner.kind is Kind.NULL:
            return self._null(node)
        return Term(
            Kind.TRUTH,
            inner.position,
            lambda columns: functions.contained(
                inner.evaluate(columns), [item.evaluate(columns) for item in items]
            ),
        )

    def _between(self, node: Any) -> Term:
        inner, low = self._pair(node.this, node.args["low"])
        _, high = self._pair(node.this, node.args["high"])

        def evaluate(columns: Columns) -> Values:
            value = inner.evaluate(columns)
            return functions.both(
                functions.compare(">=", value, low.evaluate(columns)),
                functions.compare("<=", value, high.evaluate(columns)),
            )

        return Term(Kind.TRUTH, inner.position, evaluate)

    def _like(self, node: Any) -> Term:
        inner = self.value(node.this, Kind.TEXT)
        leaf = self._leaf(node.expression) if isinstance(node.expression, exp.Placeholder) else None
        if leaf is None or leaf.several or leaf.kind is not Kind.TEXT:
            raise Misplaced("LIKE needs a pattern in quotes", self._position(node.expression))
        try:
            matches = like(str(leaf.constants[0].texts()[0]))
        except ValueError as error:
            raise Misplaced(str(error), leaf.position) from None
        if inner.kind is Kind.NULL:
            return self._null(node)
        negated = bool(node.args.get("negate"))

        def evaluate(columns: Columns) -> Values:
            answer = inner.evaluate(columns).map_words(matches, Kind.TRUTH, bool)
            return functions.negate(answer) if negated else answer

        return Term(Kind.TRUTH, inner.position, evaluate)

    # --- arithmetic and functions ---

    def _arithmetic(self, node: Any, sign: str) -> Term:
        left = self.value(node.this, Kind.NUMBER)
        right = self.value(node.expression, Kind.NUMBER)
        return Term(
            Kind.NUMBER,
            left.position,
            lambda columns: functions.calculate(sign, left.evaluate(columns), right.evaluate(columns)),
        )

    def _neg(self, node: Any) -> Term:
        inner = self.value(node.this, Kind.NUMBER)
        return Term(
            Kind.NUMBER,
            inner.position,
            lambda columns: functions.calculate("-", values.numbers(0), inner.evaluate(columns)),
        )

    def _anonymous(self, node: Any) -> Term:
        return self._call(str(node.this).removeprefix("fn_"), node.expressions, node)

    def _extract(self, node: Any) -> Term:
        return self._call(f"EXTRACT {node.this.name}", [node.expression], node)

    def _strposition(self, node: Any) -> Term:
        return self._call("POSITION", [node.args["substr"], node.this], node)

    def _substring(self, node: Any) -> Term:
        return self._call("SUBSTRING", [node.this, node.args.get("start"), node.args.get("length")], node)

    def _trim(self, node: Any) -> Term:
        side = node.args.get("position") or "BOTH"
        return self._call(f"TRIM {side}", [node.this, node.args.get("expression")], node)

    def _call(self, name: str, given: list[Any], node: Any) -> Term:
        function = FUNCTIONS.get(name)
        if function is None:
            raise Misplaced("unknown function", self._position(node))
        given = [argument for argument in given if argument is not None]
        if not function.takes(len(given)):
            wanted = len(function.arguments)
            raise Misplaced(
                f"{name.split()[0]} takes {wanted} arguments, not {len(given)}", self._position(node)
            )
        terms = [self.value(argument, function.kind(place)) for place, argument in enumerate(given)]
        position = terms[0].position
        if any(term.kind is Kind.NULL for term in terms):
            return Term(Kind.NULL, position, lambda columns: values.null())
        return Term(
            function.answer,
            position,
            lambda columns: function.evaluate(*(t.evaluate(columns) for t in terms)),
        )


def _constant(value: Values, position: int) -> Term:
    return Term(value.kind, position, lambda columns: value)


def _truth(term: Term, columns: Columns) -> Values:
    value = term.evaluate(columns)
    if term.kind is Kind.NULL:
        return Values(Kind.TRUTH, value.data.astype(bool), value.nulls)
    return value


def _hint(left: Term, right: Term) -> str:
    if {left.kind, right.kind} == {Kind.DATE, Kind.TEXT}:
        return "; write DATE 'yyyy-mm-dd' or TIMESTAMP 'yyyy-mm-dd hh:mm:ss'"
    return ""
