"""Rules that hold for every file of the package, each shown to catch what it forbids."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mapexplorer"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 500

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint"}
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml", "numexpr", "subprocess"}
FORBIDDEN_ATTRIBUTES = {
    "eval": "executes what a table is asked",
    "from_user_input": "accepts paths and addresses as coordinate systems",
    "make_valid": "takes minutes on a hostile ring",
    "LegendControl": "writes labels as markup",
    "MAX_IMAGE_PIXELS": "switches the guard against picture bombs off",
    "LOAD_TRUNCATED_IMAGES": "shows half a picture as a whole one",
    "set_trace": "stops the program",
}
FORBIDDEN_KEYWORDS = {"shell": (True,), "verify": (False,)}
# The script that builds the demo data is run by a maintainer, on packages that its source names.
ALLOWED = {
    "sample/packages.py": ("import of subprocess",),
    "sample/relief.py": ("MAX_IMAGE_PIXELS",),
}
# A spatial index is asked with a method of the same name as the one of a table that executes code.
SPATIAL_INDEX = re.compile(r"(tree|index)$")


def offences(source: str) -> Iterator[str]:
    """Name every forbidden construct of a module, with its line."""
    for node in ast.walk(ast.parse(source)):
        for offence in _offences_of(node):
            yield f"line {getattr(node, 'lineno', 0)}: {offence}"


def _offences_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from _offences_of_call(node)
    elif isinstance(node, ast.Attribute | ast.Name):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name in FORBIDDEN_ATTRIBUTES and not (name == "eval" and isinstance(node, ast.Name)):
            yield f"{name} {FORBIDDEN_ATTRIBUTES[name]}"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        named = [alias.name for alias in node.names]
        modules = named if isinstance(node, ast.Import) else [node.module or "", *named]
        yield from (f"import of {name}" for name in modules if name.partition(".")[0] in FORBIDDEN_IMPORTS)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "innerHTML" in node.value:
        yield "innerHTML"


def _offences_of_call(call: ast.Call) -> Iterator[str]:
    function = call.func
    if isinstance(function, ast.Name) and function.id in FORBIDDEN_CALLS:
        yield f"{function.id}()"
    if isinstance(function, ast.Attribute):
        receiver = ast.unparse(function.value)
        if function.attr == "query" and not SPATIAL_INDEX.search(receiver):
            yield f"{receiver}.query() executes what it is asked"
        if function.attr == "buffer" and call.args and getattr(call.args[0], "value", None) == 0:
            yield "buffer(0) takes minutes on a hostile ring"
        if function.attr in {"format", "format_map"} and not isinstance(function.value, ast.Constant):
            yield f"{receiver}.{function.attr}() with a template that is not written here"
    for keyword in call.keywords:
        values = FORBIDDEN_KEYWORDS.get(keyword.arg or "", ())
        if isinstance(keyword.value, ast.Constant) and keyword.value.value in values:
            yield f"{keyword.arg}={keyword.value.value}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_uses_what_a_hostile_input_could_turn_against_the_person(module: Path) -> None:
    allowed = ALLOWED.get(module.relative_to(PACKAGE).as_posix(), ())
    found = offences(module.read_text(encoding="utf-8"))
    assert [offence for offence in found if not any(reason in offence for reason in allowed)] == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "exec(text)",
        "table.query(text)",
        "table.eval(text)",
        "import pickle",
        "from pickle import loads",
        "import subprocess",
        "CRS.from_user_input(text)",
        "from shapely import make_valid\nmake_valid(ring)",
        "shapely.make_valid(ring)",
        "ring.buffer(0)",
        "requests.get(url, verify=False)",
        "run(command, shell=True)",
        "ipyleaflet.LegendControl({})",
        "Image.MAX_IMAGE_PIXELS = None",
        "ImageFile.LOAD_TRUNCATED_IMAGES = True",
        "template.format(name=label)",
        "script = 'element.innerHTML = label'",
    ],
)
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize("source", ["self.tree.query(box)", "frame.sindex.query(box)", "'{:>8}'.format(n)"])
def test_the_rule_lets_harmless_namesakes_pass(source: str) -> None:
    assert not list(offences(source))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_enough_to_read_and_says_what_it_is(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(ast.parse(source)), "no docstring at the head of the module"


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "core", "tools"}
    assert [module for module in MODULES if module.stem.strip("_") in vague] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    machine = re.compile(r"/(?:work|farm|root|opt/mx|home/[a-z]+)/|bash_jobs|\.\.[/]shared")
    texts = [*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    for folder in ("mapexplorer", "tests", "notebooks", "binder"):
        for kind in ("py", "md", "json", "ipynb", "j2", "txt"):
            texts += (ROOT / folder).rglob(f"*.{kind}")
    found = [(path.name, machine.search(path.read_text(encoding="utf-8"))) for path in texts]
    assert [name for name, match in found if match and name != Path(__file__).name] == []


def test_every_room_stands_in_the_layers_that_import_linter_holds() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = {name for layer in layers for name in re.findall(r"mapexplorer\.(\w+)", layer)}
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert rooms | modules == named


def test_a_public_name_is_what_it_says_whatever_was_imported_before() -> None:
    """A module of the same name would take the place of a function as soon as somebody imports it."""
    import mapexplorer

    assert [name for name in mapexplorer.__all__ if (PACKAGE / f"{name}.py").exists()] == []
    assert all(callable(getattr(mapexplorer, name)) for name in mapexplorer.__all__)
