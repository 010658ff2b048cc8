"""What the README tells a person to type is there."""

from __future__ import annotations

import argparse
import ast
import re
import tomllib
from pathlib import Path

import pytest

import mapexplorer
from mapexplorer.__main__ import _explorer_options, _serve_options

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = sorted(set(re.findall(r"`(mapexplorer(?: [^`]+)?)`", README)))


def test_the_two_commands_stand_there_as_they_are_promised() -> None:
    assert '\npython -m pip install ".[app]" && mapexplorer\n' in README
    assert '\npython -m pip install ".[test]" && python -m pytest\n' in README


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood(command: str) -> None:
    words = command.split()[1:]
    parser: argparse.ArgumentParser = _serve_options() if words[:1] == ["serve"] else _explorer_options()
    parser.parse_args(words[1:] if words[:1] == ["serve"] else words)


@pytest.mark.parametrize("extra", sorted(set(re.findall(r'"?\.\[(\w+)\]', README))))
def test_an_extra_is_declared(extra: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert extra in settings["project"]["optional-dependencies"]


@pytest.mark.parametrize("source", PYTHON)
def test_a_python_example_is_python_and_imports_what_exists(source: str) -> None:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "mapexplorer":
            for alias in node.names:
                assert getattr(mapexplorer, alias.name)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_a_link_within_the_repository_leads_somewhere(link: str) -> None:
    assert link.startswith("https://") or (ROOT / link).exists()


def test_the_parameters_named_are_those_of_the_table() -> None:
    from mapexplorer.protocol import BY_NAME, PARAMETERS

    section = README.partition("## What can be set")[2].partition("\n## ")[0]
    assert f"{len(PARAMETERS)} parameters" in section
    listed = section.partition("`MapService.query_legends`, under its Python name:")[2].partition(
        "and so on"
    )[0]
    named = re.findall(r"`(\w+)`", listed)
    assert named
    assert [name for name in named if name not in BY_NAME] == []


def test_the_picture_is_there_and_small_enough_to_load_quickly() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\((\S+)\)", README)
    assert pictures
    assert all((ROOT / picture).stat().st_size <= 400 * 1024 for picture in pictures)


def test_every_notebook_of_the_repository_is_packaged() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    notebooks = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks == sorted(included)
    assert all(place == f"mapexplorer/{source}" for source, place in included.items())
