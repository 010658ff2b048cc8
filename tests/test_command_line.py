"""What the command line says and does before any page is served."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mapexplorer
from mapexplorer.__main__ import main
from mapexplorer.app import lab, page
from mapexplorer.app.lab import FIRST, copy_notebooks, notebook_folder
from mapexplorer.app.target import (
    FOLDER_VARIABLE,
    TARGET_VARIABLE,
    TargetError,
    checked_target,
    open_target,
    served_target,
)
from mapexplorer.sample import document_path
from mapexplorer.service import catalog_from


def test_the_version_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"mapexplorer {mapexplorer.__version__}\n"


def test_the_command_starts_without_loading_maps_or_widgets() -> None:
    heavy = "{'geopandas', 'matplotlib', 'ipyleaflet', 'voila', 'jupyterlab', 'pyarrow'}"
    code = f"import sys, mapexplorer.__main__; print({heavy} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["no-such-file.gpkg"],
            "no-such-file.gpkg: there is no such file, and it is not an http or https address.",
        ),
        (["ftp://example.org/map"], "ftp://example.org/map: only http and https addresses can be opened."),
        (
            ["serve", "sample:moon"],
            "sample:moon: expected one of storms, world, usa, earthquakes behind sample:",
        ),
    ],
)
def test_what_cannot_be_opened_is_one_sentence_and_exit_code_1(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"mapexplorer: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "70000"], "70000 is not a port: expected a whole number from 0 to 65535"),
        (["--port", "http"], "http is not a port: expected a whole number from 0 to 65535"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["serve"], "the following arguments are required: target"),
        (
            ["serve", "map.json", "--cors", "maps.example"],
            "maps.example is no origin: expected something",
        ),
        (["serve", "map.json", "--cors", "https://maps.example/app"], "is no origin"),
        (["serve", "map.json", "--cors", "null"], "null is no origin"),
        (["serve", "map.json", "--token", ""], "expected a token that is not empty"),
    ],
)
def test_a_wrong_command_line_is_told_by_name_with_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [([], "voila"), (["--notebook"], "jupyterlab"), (["--no-browser"], "ipykernel")],
)
def test_a_part_that_is_not_installed_is_named_with_the_command_that_installs_it(
    arguments: list[str],
    missing: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(arguments) == 3
    said = capsys.readouterr().err
    assert said == f'mapexplorer: {missing} is not installed: run python -m pip install "mapexplorer[app]".\n'


def test_an_interruption_by_the_person_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "run_page", interrupted)
    assert main(["--no-browser"]) == 0


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], {"target": None, "port": 0, "open_browser": True}),
        (["--no-browser", "--port", "8123"], {"target": None, "port": 8123, "open_browser": False}),
        (["sample:usa"], {"target": "sample:usa", "port": 0, "open_browser": True}),
        (
            ["https://example.org/arcgis/rest/services/Map/MapServer"],
            {
                "target": "https://example.org/arcgis/rest/services/Map/MapServer",
                "port": 0,
                "open_browser": True,
            },
        ),
    ],
)
def test_the_page_is_opened_on_what_was_asked_for(
    arguments: list[str], wanted: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(
        page, "run_page", lambda target, **options: asked.append({"target": target, **options})
    )
    assert main(arguments) == 0
    assert asked == [wanted]


def test_a_file_is_handed_over_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rivers.geojson").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert checked_target("rivers.geojson") == str(tmp_path / "rivers.geojson")
    with pytest.raises(TargetError, match=r"lakes\.geojson"):
        checked_target("lakes.geojson")


def test_demos_are_served_by_name_and_others_are_refused() -> None:
    assert served_target("sample:usa") == document_path("usa")
    assert served_target("C:map.json") == "C:map.json"
    for check in (served_target, checked_target):
        with pytest.raises(TargetError, match="sample:nope: expected one of storms, world"):
            check("sample:nope")


def test_what_cannot_be_opened_is_told_above_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TARGET_VARIABLE, "no-such-file.gpkg")
    page = open_target()
    notice, explorer = page.children
    try:
        assert "no-such-file.gpkg cannot be opened" in notice.value
        assert 'role="alert"' in notice.value
        assert explorer.target == "sample:storms"
        assert explorer.header.address.value == "no-such-file.gpkg"
        explorer.open("sample:world")
        explorer.run_now()
        assert page.children == (explorer,)
    finally:
        explorer.close()


def test_the_notebooks_are_copied_and_a_changed_copy_stays_as_it_is(tmp_path: Path) -> None:
    first = copy_notebooks(tmp_path / "deep" / "mine")
    assert first == tmp_path / "deep" / "mine" / FIRST
    assert {path.name for path in first.parent.iterdir()} == {
        path.name for path in notebook_folder().glob("*.ipynb")
    }
    first.write_text("my own work")
    copy_notebooks(first.parent)
    assert first.read_text() == "my own work"


def test_lab_is_opened_in_the_folder_that_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []
    monkeypatch.setattr(lab, "run_lab", lambda folder, **options: asked.append((folder, options)))
    assert main(["--notebook", "--folder", str(tmp_path), "--no-browser"]) == 0
    assert asked == [(tmp_path, {"port": 0, "open_browser": False})]


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    assert main(["--notebook", "--folder", str(tmp_path / "taken"), "--no-browser"]) == 1
    assert "taken" in capsys.readouterr().err


def test_a_demo_map_can_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    monkeypatch.setattr("mapexplorer.service.serve", lambda target, **_: served.append(target))
    assert main(["serve", "sample:usa"]) == 0
    assert [catalog.name for catalog in catalog_from(served[0]).values()] == ["usa"]


def test_the_page_reads_and_writes_files_in_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv(TARGET_VARIABLE, "no-such-file.gpkg")
    shown = open_target()
    shown.children[1].close()
    shown.close()
    assert Path.cwd() == tmp_path
