"""Binder gets what repo2docker looks for; the image itself can only be built where there is Docker."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BINDER = ROOT / "binder"


def test_the_image_installs_the_application_from_this_repository() -> None:
    assert (BINDER / "requirements.txt").read_text().split() == [".[app]"]


def test_the_image_names_a_python_that_mapexplorer_supports() -> None:
    """Without this file repo2docker takes an older Python than mapexplorer needs."""
    named = re.fullmatch(r"python-3\.(\d+)\n", (BINDER / "runtime.txt").read_text())
    assert named
    assert int(named.group(1)) >= 11


def test_no_conda_environment_takes_the_place_of_the_requirements() -> None:
    for folder in (ROOT, BINDER, ROOT / ".binder"):
        assert not (folder / "environment.yml").exists()


def test_the_addresses_in_the_readme_open_files_that_exist() -> None:
    links = re.findall(r"urlpath=(?:voila/render|lab/tree)/([^\s`)]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


@pytest.mark.skipif(
    importlib.util.find_spec("repo2docker") is None, reason="jupyter-repo2docker is not installed"
)
def test_repo2docker_reads_the_files() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )
    said = shown.stdout + shown.stderr
    assert "binder/requirements.txt" in said
    assert "python=3.12" in said or "3.12" in said
