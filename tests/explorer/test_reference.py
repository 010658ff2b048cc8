"""The reference page is current, and no parameter lacks a trait, a control, an effect or a test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mapexplorer.explorer.panels import PANELS
from mapexplorer.explorer.parameters import Parameters
from mapexplorer.explorer.reference import EFFECTS, PAGE, page, panels_of
from mapexplorer.protocol import PARAMETERS, Parameter

ROOT = Path(__file__).parents[2]
every_parameter = pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)


def test_the_page_is_current() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -m mapexplorer.explorer.reference"


@every_parameter
def test_a_parameter_is_a_trait(row: Parameter) -> None:
    assert row.name in Parameters.names
    assert Parameters().has_trait(row.name)


@every_parameter
def test_a_parameter_has_a_control(row: Parameter) -> None:
    assert panels_of(row)


@every_parameter
def test_a_parameter_is_obeyed_where_the_page_says_and_shown_by_its_test(row: Parameter) -> None:
    effect = EFFECTS[row.name]
    assert (ROOT / effect.source).is_file()
    module = ast.parse((ROOT / effect.test_file).read_text(encoding="utf-8"))
    functions = [node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    assert effect.test in functions


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in PANELS for name in kind.bound], ids=lambda item: str(item)
)
def test_a_panel_is_tested_with_every_parameter_it_sets(kind: type, name: str) -> None:
    stem = re.sub(r"Panel$", "", kind.__name__).lower()
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "tests/explorer").rglob(f"test_{stem}*.py")
    ]
    assert any(re.search(rf"\b{name}\b", source) for source in sources)


def test_nothing_is_explained_that_is_no_parameter() -> None:
    names = {row.name for row in PARAMETERS}
    assert set(EFFECTS) == names
    assert {name for kind in PANELS for name in kind.bound} <= names
