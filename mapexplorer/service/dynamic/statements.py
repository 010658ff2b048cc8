"""Parse the SELECT of a query table: sqlglot builds the tree, an allow-list decides what may stand in it.

As with filter expressions, no text of a caller reaches the parser: every name is replaced by a quoted number
and every constant by a placeholder, so that what is parsed consists of the words of the language alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from mapexplorer.service.expressions.grammar import Leaf, Sentence, add_constant, add_language_word
from mapexplorer.service.expressions.lexer import Kind as LexemeKind
from mapexplorer.service.expressions.lexer import Lexeme, Misplaced, lexemes

MOST_TABLES: Final = 8

_WORDS: Final = frozenset(
    {"SELECT", "DISTINCT", "FROM", "JOIN", "INNER", "LEFT", "OUTER", "ON", "WHERE", "ORDER", "BY"}
    | {"ASC", "DESC", "LIMIT", "AS", "GROUP", "HAVING"}
)
AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})
_OTHERS: Final = frozenset(
    {"UNION", "EXCEPT", "INTERSECT", "INTO", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER"}
    | {"CREATE", "EXEC", "EXECUTE", "WITH", "CROSS", "FULL", "RIGHT", "NATURAL", "USING", "CASE", "WINDOW"}
    | {
        "OVER",
        "VALUES",
        "ATTACH",
        "PRAGMA",
        "GRANT",
        "MERGE",
        "CALL",
        "OFFSET",
        "TOP",
        "EXISTS",
        "ALL",
        "ANY",
    }
)
_SELECT_PARTS: Final = frozenset({"kind", "expressions", "distinct", "from", "from_", "joins", "where"}) | {
    "order",
    "limit",
    "group",
    "having",
}


@dataclass(frozen=True, slots=True)
class TableName:
    """A table of a statement: its name, the name it has in the statement, and where it stands; or the
    SELECT in its place.
    """

    name: str
    alias: str
    position: int
    query: Statement | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A further table and the pairs of columns that must be equal."""

    table: TableName
    outer: bool
    pairs: tuple[tuple[Any, Any], ...]


@dataclass(slots=True)
class Statement:
    """A checked SELECT: its tables, and the nodes of its other parts for the names to be looked up in."""

    sentence: Sentence
    names: dict[int, Lexeme]
    table: TableName
    joins: list[Join] = field(default_factory=list)
    outputs: list[tuple[Any, str | None]] = field(default_factory=list)
    where: Any = None
    order: list[tuple[Any, bool]] = field(default_factory=list)
    distinct: bool = False
    limit: int | None = None
    groups: list[Any] | None = None
    having: Any = None
    members: list[tuple[Any, Statement]] = field(default_factory=list)
    """The IN nodes of WHERE that take their values from a SELECT."""

    @property
    def grouped(self) -> bool:
        """Whether the rows are put together in groups, or all in one."""
        aggregated = any(node.find(exp.AggFunc) is not None for node, _ in self.outputs)
        return self.groups is not None or self.having is not None or aggregated

    def lexeme(self, node: Any) -> Lexeme:
        """Return the name behind a node."""
        return self.names[int(str(node.name)[1:])]

    def columns(self, node: Any) -> Iterator[tuple[int, Lexeme]]:
        """Yield number and name of every column below a node."""
        for column in node.find_all(exp.Column):
            number = int(str(column.name)[1:])
            if number in self.names:
                yield number, self.names[number]


def parse_statement(text: str) -> Statement:
    """Return a checked SELECT. Raises `Misplaced` for anything else."""
    found = lexemes(text)
    if found[0].upper != "SELECT":
        raise Misplaced("a query begins with SELECT", found[0].position)
    sentence, names = _sentence(found)
    try:
        trees = sqlglot.parse(sentence.text)
    except ParseError as error:
        column = int(error.errors[0].get("col") or 1) - 1 if error.errors else 0
        raise Misplaced("the query is incomplete or wrong here", sentence.origin(column)) from None
    except (TokenError, RecursionError):
        raise Misplaced("the query cannot be read", 0) from None
    if len(trees) != 1 or type(trees[0]).__name__ != "Select":
        raise Misplaced("a query is one SELECT", 0)
    return _Reader(sentence, names).statement(trees[0])


def _sentence(found: Sequence[Lexeme]) -> tuple[Sentence, dict[int, Lexeme]]:
    """Write the statement for the parser: words of the language, numbered names, numbered constants."""
    sentence, names = Sentence(), {}
    index = selects = 0
    while index < len(found):
        lexeme, before = found[index], found[max(index - 2, 0) : index]
        following = found[index + 1] if index + 1 < len(found) else None
        index += 1
        if lexeme.kind is LexemeKind.OPERATOR:
            sentence.add(lexeme.value, lexeme.position)
        elif lexeme.kind in (LexemeKind.TEXT, LexemeKind.NUMBER):
            add_constant(sentence, lexeme)
        elif lexeme.kind is LexemeKind.PLACEHOLDER:
            raise Misplaced("a query has no parameters", lexeme.position)
        elif lexeme.upper in _OTHERS:
            raise Misplaced(f"{lexeme.upper} is not part of the query language", lexeme.position)
        elif lexeme.upper in _WORDS and not (lexeme.upper == "LEFT" and _opens(following)):
            selects += lexeme.upper == "SELECT"
            if selects > MOST_TABLES:
                raise Misplaced(f"a query has at most {MOST_TABLES} times SELECT", lexeme.position)
            sentence.add(lexeme.upper, lexeme.position)
        elif lexeme.upper in AGGREGATES and _opens(following):
            sentence.add(lexeme.upper, lexeme.position)
        else:
            taken = add_language_word(sentence, lexeme, following, before, frozenset())
            if taken is None:
                names[len(sentence.leaves)] = lexeme
                sentence.leaf(Leaf(lexeme.position), '"f#"')
            index += taken or 0
    return sentence, names


def _opens(lexeme: Lexeme | None) -> bool:
    return lexeme is not None and lexeme.upper == "("


class _Reader:
    """Reads the tree of a SELECT; everything that is not known is refused."""

    def __init__(self, sentence: Sentence, names: dict[int, Lexeme]) -> None:
        self._sentence = sentence
        self._names = names

    def statement(self, tree: Any) -> Statement:
        """Return the statement of a tree. Raises `Misplaced`."""
        self._only(tree, _SELECT_PARTS)
        start = tree.args.get("from_") or tree.args.get("from")
        if start is None:
            raise Misplaced("a query takes its rows FROM a table", 0)
        self._only(start, {"this"})
        statement = Statement(self._sentence, self._names, self._table(start.this))
        statement.joins = [self._join(join) for join in tree.args.get("joins") or ()]
        if len(statement.joins) >= MOST_TABLES:
            raise Misplaced(f"a query takes at most {MOST_TABLES} tables", 0)
        if not tree.expressions:
            raise Misplaced("a query names the columns it gives, or *", 0)
        statement.outputs = [self._output(node) for node in tree.expressions]
        where, order = tree.args.get("where"), tree.args.get("order")
        if where is not None:
            self._only(where, {"this"})
            statement.where = where
            statement.members = self._members(where)
        if order is not None:
            self._only(order, {"expressions"})
            statement.order = [self._ordered(node) for node in order.expressions]
        group, having = tree.args.get("group"), tree.args.get("having")
        if group is not None:
            self._only(group, {"expressions"})
            statement.groups = [self._grouping(node) for node in group.expressions]
        if having is not None:
            self._only(having, {"this"})
            statement.having = having
        for part in (where, having, *tree.expressions):
            if part is not None and part.find(exp.Select) is not None:
                raise Misplaced("a SELECT may stand behind FROM, JOIN and IN only", self._position(part))
        distinct = tree.args.get("distinct")
        if distinct is not None:
            self._only(distinct, frozenset())
            statement.distinct = True
        statement.limit = self._limit(tree.args.get("limit"))
        return statement

    def _only(self, node: Any, parts: set[str] | frozenset[str]) -> None:
        filled = {name for name, value in node.args.items() if value not in (None, [], False, "")}
        if filled - parts:
            raise Misplaced("this is not part of the query language", self._position(node))

    def _position(self, node: Any) -> int:
        positions = [
            self._sentence.leaves[int(found.name[1:])].position
            for found in node.find_all(exp.Identifier, exp.Placeholder)
            if found.name[1:].isdigit()
        ]
        return min(positions, default=0)

    def _name(self, node: Any) -> Lexeme:
        if not isinstance(node, exp.Identifier) or not node.name[1:].isdigit():
            raise Misplaced("a name is needed here", self._position(node))
        return self._names[int(node.name[1:])]

    def _members(self, where: Any) -> list[tuple[Any, Statement]]:
        """Take the SELECTs out of IN (SELECT …)."""
        found = [node for node in where.find_all(exp.In) if node.args.get("query") is not None]
        members = []
        for node in found:
            if node.find_ancestor(exp.Select) is not where.parent:
                continue
            query = node.args["query"]
            self._only(query, {"this"})
            if not isinstance(query.this, exp.Select):
                raise Misplaced("IN takes values or one SELECT", self._position(node))
            statement = self.statement(query.this)
            if len(statement.outputs) != 1 or isinstance(statement.outputs[0][0], exp.Star):
                raise Misplaced("the SELECT of IN gives one column", statement.table.position)
            members.append((node, statement))
        for node, _ in members:
            node.set("query", None)
        return members

    def _grouping(self, node: Any) -> Any:
        if not isinstance(node, exp.Column):
            raise Misplaced("GROUP BY takes columns", self._position(node))
        return node

    def _subquery(self, node: Any) -> TableName:
        self._only(node, {"this", "alias"})
        alias = node.args.get("alias")
        if not isinstance(node.this, exp.Select):
            raise Misplaced("a query takes its rows from tables only", self._position(node))
        query = self.statement(node.this)
        if alias is None:
            raise Misplaced("a SELECT in brackets needs a name behind it", query.table.position)
        self._only(alias, {"this"})
        name = self._name(alias.this)
        return TableName(name.value, name.value, name.position, query)

    def _table(self, node: Any) -> TableName:
        if isinstance(node, exp.Subquery):
            return self._subquery(node)
        if not isinstance(node, exp.Table):
            raise Misplaced("a query takes its rows from tables only", self._position(node))
        self._only(node, {"this", "alias"})
        name = self._name(node.this)
        alias = node.args.get("alias")
        if alias is None:
            return TableName(name.value, name.value, name.position)
        self._only(alias, {"this"})
        return TableName(name.value, self._name(alias.this).value, name.position)

    def _join(self, node: Any) -> Join:
        self._only(node, {"this", "side", "kind", "on"})
        side, kind = str(node.args.get("side") or ""), str(node.args.get("kind") or "")
        if (side, kind) not in (("", ""), ("", "INNER"), ("LEFT", ""), ("LEFT", "OUTER")):
            raise Misplaced("tables are joined by INNER JOIN or LEFT JOIN", self._position(node))
        table = self._table(node.this)
        condition = node.args.get("on")
        if condition is None:
            raise Misplaced("a join needs ON with equal columns", table.position)
        return Join(table, side == "LEFT", tuple(self._pairs(condition)))

    def _pairs(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(node, exp.Paren):
            yield from self._pairs(node.this)
        elif isinstance(node, exp.And):
            yield from self._pairs(node.this)
            yield from self._pairs(node.expression)
        elif (
            isinstance(node, exp.EQ)
            and isinstance(node.this, exp.Column)
            and isinstance(node.expression, exp.Column)
        ):
            yield node.this, node.expression
        else:
            raise Misplaced("ON takes equal columns, joined by AND", self._position(node))

    def _output(self, node: Any) -> tuple[Any, str | None]:
        if isinstance(node, exp.Star):
            self._only(node, frozenset())
            return node, None
        if isinstance(node, exp.Alias):
            self._only(node, {"this", "alias"})
            return node.this, self._name(node.args["alias"]).value
        return node, None

    def _ordered(self, node: Any) -> tuple[Any, bool]:
        self._only(node, {"this", "desc", "nulls_first"})
        if not isinstance(node.this, exp.Column):
            raise Misplaced("ORDER BY takes columns", self._position(node))
        return node.this, bool(node.args.get("desc"))

    def _limit(self, node: Any) -> int | None:
        if node is None:
            return None
        self._only(node, {"expression"})
        leaf = node.expression
        if isinstance(leaf, exp.Placeholder):
            constant = self._sentence.leaves[int(leaf.name[1:])].constants[0]
            if constant.words is None and constant.data.dtype.kind == "i":
                return int(constant.data[0])
        raise Misplaced("LIMIT takes a whole number", self._position(node))
