"""Spatial references by code and by name."""

from __future__ import annotations

import pytest

from mapexplorer.explorer import references
from mapexplorer.protocol import SpatialReference


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("3035", 3035),
        ("EPSG:3035", 3035),
        ("esri:54030", 54030),
        ("54030 · Robinson, the world", 54030),
        ("Robinson", None),
        ("", None),
        ("12345678901234", None),
    ],
)
def test_a_code_is_read_from_what_people_write(words: str, code: int | None) -> None:
    assert references.code_of(words) == code


@pytest.mark.parametrize(
    ("words", "code"), [("robinson", 54030), ("LAEA europe 3035", 3035), ("pseudo mercator", 3857)]
)
def test_a_name_finds_its_code(words: str, code: int) -> None:
    found = [references.code_of(line) for line in references.search(words)]
    assert code in found


def test_a_search_gives_each_match_all_words_and_not_too_many() -> None:
    found = references.search("utm zone 32n")
    assert 1 < len(found) <= references.MOST
    assert all("utm zone 32n" in line.lower().replace("_", " ") for line in found)
    assert references.search("no such projection anywhere") == ()
    assert references.search("") == ()


def test_those_of_the_service_come_first() -> None:
    lines = references.usual([SpatialReference.of(2056), None])
    assert lines[0].startswith("2056 · CH1903+")
    assert references.line(102100, "Web Mercator") in lines
