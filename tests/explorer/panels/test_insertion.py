"""Fields put into filter expressions: at the end, joined by what the expression lacks."""

import pytest

from mapexplorer.explorer.panels.insertion import with_field


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "F "),
        ("  ", "F "),
        ("POP >", "POP > F "),
        ("POP > 5", "POP > 5 AND F "),
        ("POP > 5  ", "POP > 5 AND F "),
        ("POP > 5 AND", "POP > 5 AND F "),
        ("POP > 5 or ", "POP > 5 or F "),
        ("NOT", "NOT F "),
        ("POP", "POP F "),
        ("POP +", "POP + F "),
        ("POP BETWEEN", "POP BETWEEN F "),
        ("POP BETWEEN 1 AND", "POP BETWEEN 1 AND F "),
        ("POP BETWEEN 1 AND 5", "POP BETWEEN 1 AND 5 AND F "),
        ("NAME LIKE 'a and b'", "NAME LIKE 'a and b' AND F "),
        ("NAME = 'it''s ('", "NAME = 'it''s (' AND F "),
        ("UPPER(", "UPPER(F "),
        ("(POP > 5", "(POP > 5 F "),
        ("KIND IN (1, 2)", "KIND IN (1, 2) AND F "),
        ("KIND IN (1,", "KIND IN (1, F "),
        ("NAME IS NOT NULL", "NAME IS NOT NULL AND F "),
    ],
)
def test_a_field_is_joined_to_what_stands_before(before, after):
    assert with_field(before, "F") == after
