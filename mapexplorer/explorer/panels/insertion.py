"""Putting a field into a filter expression that a person is writing."""

from __future__ import annotations

import re

AT_THE_END = "A field goes to the end of the expression: the page does not tell where the cursor stands."

_OPEN = re.compile(
    r"([(,<>=+*/|-]|\b(and|or|not|in|like|between|is|escape|from|select|distinct))\s*$", re.IGNORECASE
)
_CONDITION = re.compile(r"[<>=]|\b(like|in|between|is)\b", re.IGNORECASE)
_JOINT = re.compile(r"\b(and|or)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\b.*?\band\b", re.IGNORECASE)
_TEXT = re.compile(r"'[^']*'")


def with_field(expression: str, field: str) -> str:
    """The expression with a field at its end: behind an operator just so, behind a condition with AND.

    >>> with_field("POP > 5", "NAME")
    'POP > 5 AND NAME '
    >>> with_field("POP >", "AREA")
    'POP > AREA '
    """
    before = expression.rstrip()
    if not before:
        return f"{field} "
    if before.endswith("("):
        return f"{before}{field} "
    bare = _BETWEEN.sub("between", _TEXT.sub("''", before))
    last = _JOINT.split(bare)[-1]
    whole = bool(_CONDITION.search(last)) and not _OPEN.search(bare) and bare.count("(") == bare.count(")")
    return f"{before} AND {field} " if whole else f"{before} {field} "
