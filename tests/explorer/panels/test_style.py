"""The style sheet keeps to its own elements, fetches nothing, and knows every class that the panels use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapexplorer.explorer import panels, style

SHEET = re.sub(r"/\*.*?\*/", "", style.css(), flags=re.DOTALL)
OWN = re.compile(r"(body[.:][\w.:()-]+ )?\.mapexplorer")
"""A rule may ask for the theme of the page, and ends inside the explorer."""


def selectors():
    rules = re.sub(r"@keyframes [\w-]+ \{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", SHEET)
    for head in re.findall(r"([^{};]+)\{", rules):
        if not head.strip().startswith("@"):
            outside = re.sub(r"\([^()]*\)", "()", head)
            yield from (part.strip() for part in outside.split(","))


def test_the_braces_match():
    assert SHEET.count("{") == SHEET.count("}") > 100


@pytest.mark.parametrize("selector", sorted(set(selectors())))
def test_every_rule_stays_inside_the_explorer(selector):
    assert OWN.match(selector)


def test_nothing_is_fetched():
    assert "@import" not in SHEET
    assert all(address.startswith('"data:image/svg+xml,') for address in re.findall(r"url\(([^)]*)", SHEET))


def test_every_class_of_the_panels_is_styled():
    text = "".join(path.read_text(encoding="utf-8") for path in Path(panels.__file__).parent.glob("*.py"))
    used = set(re.findall(r'"(me-[a-z-]+)"', text))
    assert {name for name in used if f".{name}" not in SHEET} <= {"me-prose", "me-button"}


def test_the_sheet_takes_no_room():
    assert style.sheet().layout.display == "none"
