"""Filter expressions against another implementation of SQL, row for row, nulls included."""

import contextlib
import sqlite3

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mapexplorer.protocol import ExpressionError
from mapexplorer.service.expressions import Field, parse_expression
from mapexplorer.service.fields import columns_of, describe, tidy

ROWS = 400
RANDOM = np.random.default_rng(7)
WORDS = ["Anna", "anna", "O'Brien", "", "a%b", "x_y", "Zoë", "  pad ", "aab", "aaab"]
FRAME = pd.DataFrame(
    {
        "A": [None if RANDOM.random() < 0.15 else float(RANDOM.integers(-6, 7)) for _ in range(ROWS)],
        "B": [None if RANDOM.random() < 0.15 else float(RANDOM.integers(-40, 40)) / 4 for _ in range(ROWS)],
        "S": [None if RANDOM.random() < 0.15 else str(RANDOM.choice(WORDS)) for _ in range(ROWS)],
        "T": [None if RANDOM.random() < 0.15 else str(RANDOM.choice(WORDS)) for _ in range(ROWS)],
    }
)
TABLE = tidy(FRAME)
INFOS = describe(TABLE, "A", frozenset())
FIELDS = {info.name.casefold(): Field(info.name, info.kind) for info in INFOS}
COLUMNS = columns_of(TABLE, INFOS)


def _database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE t (A REAL, B REAL, S TEXT, T TEXT)")
    records = FRAME.astype(object).where(FRAME.notna(), None).itertuples(index=False)
    database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [tuple(record) for record in records])
    database.execute("PRAGMA case_sensitive_like = ON")
    return database


DATABASE = _database()

integers = st.integers(-8, 8).map(lambda number: f"({number})" if number < 0 else str(number))
decimals = st.sampled_from(["0.5", "2.25", "(-1.75)", "1e1"])
words = st.sampled_from([*WORDS, "%a%", "b"]).map(lambda word: "'" + word.replace("'", "''") + "'")
patterns = st.text("aAnxyb_%'", max_size=5).map(lambda word: "'" + word.replace("'", "''") + "'")
signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("({} / {}.0)".format, inner, st.integers(0, 4)),
        st.builds("ABS({})".format, inner),
        st.builds("(-{})".format, inner),
    )


numbers = st.recursive(
    st.one_of(st.sampled_from(["A", "B", "a"]), integers, decimals), _numbers, max_leaves=4
)
texts = st.recursive(
    st.one_of(st.sampled_from(["S", "T", '"s"']), words),
    lambda inner: st.one_of(st.builds("UPPER({})".format, inner), st.builds("LOWER({})".format, inner)),
    max_leaves=2,
)
comparisons = st.one_of(
    st.builds("{} {} {}".format, numbers, signs, numbers),
    st.builds("{} {} {}".format, texts, signs, texts),
    st.builds("{} {}BETWEEN {} AND {}".format, numbers, st.sampled_from(["", "NOT "]), numbers, numbers),
    st.builds(
        "{} {}IN ({}, {}, {})".format, numbers, st.sampled_from(["", "NOT "]), numbers, integers, integers
    ),
    st.builds("{} IN ({}, NULL)".format, texts, words),
    st.builds("{} NOT IN ({}, {})".format, texts, words, texts),
    st.builds("{} {}LIKE {}".format, st.sampled_from(["S", "T"]), st.sampled_from(["", "NOT "]), patterns),
    st.builds("{} IS {}NULL".format, st.one_of(numbers, texts), st.sampled_from(["", "NOT "])),
    st.builds("{} = NULL".format, texts),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("{} OR {}".format, inner, inner).map("({})".format),
        st.builds("NOT ({})".format, inner),
        st.builds("{} AND {} OR {}".format, inner, inner, inner).map("({})".format),
        st.builds("NOT {}".format, inner),
    ),
    max_leaves=5,
)


@given(conditions)
@settings(max_examples=400, deadline=None)
def test_both_select_the_same_rows(expression):
    ours = np.flatnonzero(parse_expression(expression, FIELDS, parameter="layerDefs").matches(COLUMNS))
    theirs = DATABASE.execute(f"SELECT rowid - 1 FROM t WHERE {expression}").fetchall()
    assert ours.tolist() == [row for (row,) in theirs]


def is_expression_or_fault(expression: str) -> bool:
    """Whether a text is either evaluated or refused as an expression, and nothing else happens."""
    with contextlib.suppress(ExpressionError):
        parse_expression(expression, FIELDS, parameter="layerDefs").matches(COLUMNS)
    return True


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_a_fault(expression):
    assert is_expression_or_fault(expression)


VOCABULARY = (
    "A S 1 'x' ( ) AND OR NOT = < IN , LIKE IS NULL BETWEEN UPPER TRIM BOTH FROM FOR "
    "EXTRACT YEAR DATE - + * / SUBSTRING POSITION CURRENT_DATE"
)


@given(st.lists(st.sampled_from(VOCABULARY.split()), max_size=14).map(" ".join))
@settings(max_examples=500, deadline=None)
def test_any_sequence_of_words_is_an_expression_or_a_fault(expression):
    assert is_expression_or_fault(expression)
