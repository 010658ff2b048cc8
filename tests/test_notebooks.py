"""The notebooks run from top to bottom on a machine without a network, and are kept without their outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.e2e.front_ends import isolated_environment

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALL = [*NOTEBOOKS, ROOT / "mapexplorer" / "app" / "explorer.ipynb"]

# Run by IPython before the first cell: whoever calls beyond this machine gets an error, not a wait.
NO_NETWORK = """
import socket

_connect = socket.socket.connect


def _connect_here(self, address):
    inet = self.family in (socket.AF_INET, socket.AF_INET6)
    if inet and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"no network in this test: {address[0]}")
    return _connect(self, address)


socket.socket.connect = _connect_here
"""


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom_without_a_network(path: Path, tmp_path: Path) -> None:
    from nbclient import NotebookClient

    environment = isolated_environment(tmp_path / "machine")
    startup = Path(environment["IPYTHONDIR"], "profile_default", "startup", "00-no-network.py")
    startup.parent.mkdir(parents=True)
    startup.write_text(NO_NETWORK)
    client = NotebookClient(
        read(path), kernel_name="python3", timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment)
    problems = [
        output
        for cell in client.nb.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert problems == []


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_a_notebook_is_valid_and_kept_without_outputs(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.source
            assert cell.source.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_code_cell_of_a_notebook_is_introduced_in_words(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    in_words = sum(cell.cell_type == "markdown" for cell in cells)
    assert in_words * 2 >= sum(cell.cell_type == "code" for cell in cells)
