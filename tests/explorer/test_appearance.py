"""Sharpness, base maps and files, with the embedded service behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import ipyleaflet
import pytest

from mapexplorer.explorer.explorer import MapExplorer
from mapexplorer.explorer.scheduler import ManualScheduler
from mapexplorer.protocol import ParameterError, Size

from .conftest import Bench
from .fake_service import FakeService


@pytest.fixture
def world(wire: object) -> Iterator[MapExplorer]:
    explorer = MapExplorer("sample:world", scheduler=ManualScheduler(), size="300,200")
    explorer.run_now()
    yield explorer
    explorer.close()


def test_a_sharper_picture_has_more_pixels_and_the_same_place_and_scale(bench: Bench) -> None:
    bench.display((400, 200))
    plain = bench.explorer.request()
    assert plain.dpi is None
    bench.explorer.sharpness = 2
    bench.settle()
    sharp = bench.service.exports[-1]
    assert sharp.size == Size(800, 400)
    assert sharp.dpi == 192
    assert sharp.bbox == plain.bbox
    view = bench.page.current
    bench.drag(40, 0)
    bench.settle()
    assert bench.page.current.resolution == pytest.approx(view.resolution)
    assert bench.service.exports[-1].size == Size(800, 400)


def test_a_size_of_its_own_is_not_made_sharper(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(), size="300,200", dpi=120)
    bench.explorer.sharpness = 3
    assert (bench.explorer.request().size, bench.explorer.request().dpi) == (Size(300, 200), 120)


def test_a_resolution_that_is_given_grows_with_the_sharpness(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(), dpi=120)
    bench.explorer.sharpness = 2
    assert bench.explorer.request().dpi == 240


@pytest.mark.parametrize("value", [0, 5, 1.5, True, "2"])
def test_a_sharpness_that_is_none_is_refused(bench: Bench, value: object) -> None:
    with pytest.raises(ValueError, match="sharpness: expected a whole number from 1 to 4"):
        bench.explorer.sharpness = value  # type: ignore[assignment]
    assert bench.explorer.sharpness == 1


def test_a_base_map_lies_below_the_picture_and_names_its_makers(bench: Bench) -> None:
    bench.explorer.basemap = "Streets (OpenStreetMap)"
    page = bench.page.widget
    assert isinstance(page.layers[0], ipyleaflet.TileLayer)
    assert page.layers[1] is bench.page.overlay
    assert "OpenStreetMap" in page.layers[0].attribution
    assert any(isinstance(control, ipyleaflet.AttributionControl) for control in page.controls)
    bench.explorer.basemap = None
    assert page.layers[0] is bench.page.overlay
    assert not any(isinstance(control, ipyleaflet.AttributionControl) for control in page.controls)
    with pytest.raises(ValueError, match="basemap: expected one of"):
        bench.explorer.basemap = "Nowhere"


@pytest.mark.parametrize(
    ("name", "format", "begins"),
    [
        ("map.png", None, b"\x89PNG"),
        ("map.jpg", None, b"\xff\xd8"),
        ("map.jpeg", None, b"\xff\xd8"),
        ("map.pdf", None, b"%PDF"),
        ("map.svg", None, b"<?xml"),
        ("map.kmz", None, b"PK"),
        ("map.anything", "png8", b"\x89PNG"),
    ],
)
def test_a_file_has_the_format_of_its_name_or_the_one_asked_for(
    world: MapExplorer, tmp_path: Path, name: str, format: str | None, begins: bytes
) -> None:
    path = world.download(tmp_path / name, format)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(begins)


def test_a_file_of_an_unknown_format_is_refused_and_not_written(world: MapExplorer, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="format: expected one of png"):
        world.download(tmp_path / "map.docx")
    assert not (tmp_path / "map.docx").exists()
